"""Copies between host and device: order in memory, pinned memory, and copies beside the current stream."""

from __future__ import annotations

import numpy as np
import pytest

from backends.cuda.transfer import Transfers
from tests.backends.sample import LAYOUTS


@pytest.fixture
def transfers(cuda) -> Transfers:
    return Transfers(cuda.xp, cuda.index)


ARRAYS = [(2, 3, 4, 5), (4, 1, 5, 5), (3, 4), (7,), (), (0, 3), (2, 0, 4, 5)]


@pytest.mark.parametrize("shape", ARRAYS, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "int64", "bool", "complex64"])
def test_there_and_back(transfers, shape, layout, dtype) -> None:
    a = LAYOUTS[layout](np, np.random.default_rng(0).integers(0, 2, shape).astype(dtype))
    for source in (a, transfers.pin(a)):
        for non_blocking in (False, True):
            there = transfers.upload(source, non_blocking)
            assert (type(there), there.dtype) == (transfers.xp.ndarray, a.dtype)
            back = transfers.download(there)
            assert type(back) is np.ndarray
            np.testing.assert_array_equal(back, a)


def test_channels_last_stays(transfers) -> None:
    a = np.moveaxis(np.arange(120.0).reshape(2, 4, 5, 3), -1, 1)
    for there in (transfers.upload(a), transfers.upload(transfers.pin(a), True), transfers.begin(a).array):
        assert there.strides == a.strides
    assert transfers.pin(a).strides == transfers.download(transfers.upload(a)).strides == a.strides


def test_what_is_pinned(transfers) -> None:
    a = np.ones((3, 4))
    pinned = transfers.pin(a)
    assert transfers.is_pinned(pinned)
    assert transfers.is_pinned(pinned[1:].T)
    assert not transfers.is_pinned(a)
    assert not transfers.is_pinned(pinned.copy())
    assert transfers.pin(pinned) is pinned
    empty = np.ones((0, 3))
    assert transfers.pin(empty) is empty


def test_a_blocking_copy_from_pinned_memory_has_read_it(transfers) -> None:
    pinned = transfers.pin(np.ones(1000))
    there = transfers.upload(pinned)
    pinned[...] = 2
    np.testing.assert_array_equal(transfers.download(there), np.ones(1000))


def test_pinned_memory_is_held_until_it_was_read(transfers) -> None:
    def held() -> list[int]:
        return [source.size for _, source in transfers._held]

    first = transfers.upload(transfers.pin(np.ones(10)), True)
    assert held() == [10]
    transfers.xp.cuda.get_current_stream().synchronize()
    second = transfers.upload(transfers.pin(np.ones(20)), True)
    assert held() == [20]
    assert transfers.upload(np.ones(30), True).size == 30  # pageable memory was read when the call returned
    assert held() == [20]
    assert (first.size, second.size) == (10, 20)


def test_a_copy_beside_the_current_stream_is_waited_for(transfers) -> None:
    arrays = [np.full(50, float(i)) for i in range(5)]
    copies = [transfers.begin(transfers.pin(a)) for a in arrays]
    for a, c in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(transfers.download(transfers.arrive(c) * 2), a * 2)


def test_other_dtypes_are_refused(transfers) -> None:
    with pytest.raises(TypeError) as caught:
        transfers.upload(np.ones(2, np.longdouble))
    name = np.dtype(np.longdouble).name
    assert (
        str(caught.value)
        == f"cuda: expected bool, integers, floats or complex numbers of up to 64 bits a part, got {name}"
    )
