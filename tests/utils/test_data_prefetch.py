"""Batches on a GPU: copied in advance, on the card or on the double, which leaves garbage in what is used too early."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset
from backends.cuda.transfer import Transfers

pytestmark = pytest.mark.cpu_only("batches are made on the CPU here, and copied to the GPU whatever the default is")


@pytest.fixture
def gpu(cuda, monkeypatch) -> Any:
    """The backend with transfers that are its own for this test."""
    transfers = Transfers(cuda.xp, cuda.index)
    monkeypatch.setattr(cuda, "transfers", transfers, raising=False)
    monkeypatch.setattr(cuda, "upload", transfers.upload, raising=False)
    return cuda


def data(n: int = 7) -> TensorDataset:
    return TensorDataset(ag.arange(n * 3.0).reshape(n, 3), ag.arange(n))


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_on_the_device_and_right(gpu, workers) -> None:
    plain = [(x.numpy(), y.numpy()) for x, y in DataLoader(data(), 2)]
    loader = DataLoader(data(), 2, device="cuda", num_workers=workers)
    for _ in range(2):
        batches = list(loader)
        assert len(batches) == len(loader) == 4
        for (x, y), (a, b) in zip(batches, plain, strict=True):
            assert x.is_cuda and y.is_cuda
            np.testing.assert_array_equal((x * 1).cpu().numpy(), a)
            np.testing.assert_array_equal(y.cpu().numpy(), b)


def test_the_next_copy_begins_before_a_batch_is_handed_out(gpu, monkeypatch) -> None:
    events: list[str] = []

    class Watched(Transfers):
        def begin(self, a: Any) -> Any:
            assert self.is_pinned(a)
            events.append("begin")
            return super().begin(a)

        def arrive(self, copy: Any) -> Any:
            events.append("arrive")
            return super().arrive(copy)

    monkeypatch.setattr(gpu, "transfers", Watched(gpu.xp))
    for (x,) in DataLoader(TensorDataset(ag.arange(3.0)), device="cuda:0"):
        events.append(f"step {x.item():.0f}")
    assert events == ["begin", "arrive", "begin", "step 0", "arrive", "begin", "step 1", "arrive", "step 2"]


def test_what_is_no_tensor_stays(gpu) -> None:
    samples = [{"x": np.float32(i), "name": f"n{i}", "pair": (i, ag.ones(1))} for i in range(2)]

    class Named(Dataset):
        def __len__(self) -> int:
            return len(samples)

        def __getitem__(self, i: int) -> Any:
            return samples[i]

    (batch,) = DataLoader(Named(), 2, device="cuda")
    assert batch["name"] == ["n0", "n1"]
    assert batch["x"].is_cuda
    assert [t.is_cuda for t in batch["pair"]] == [True, True]


def test_an_error_comes_when_its_batch_is_asked_for(gpu) -> None:
    class Broken(IterableDataset):
        def __iter__(self) -> Iterator[Any]:
            yield ag.ones(1)
            raise KeyError("the second")

    batches = iter(DataLoader(Broken(), batch_size=1, device="cuda"))
    assert next(batches).is_cuda
    with pytest.raises(KeyError, match="the second"):
        next(batches)


def test_pinned_batches_for_programs_that_copy_themselves(gpu) -> None:
    for x, y in DataLoader(data(), 4, pin_memory=True):
        assert x.is_pinned() and y.is_pinned()
        a = x.to("cuda", non_blocking=True) + 1
        np.testing.assert_array_equal(a.cpu().numpy(), x.numpy() + 1)


def test_the_cpu_needs_no_copies() -> None:
    (batch,) = DataLoader(TensorDataset(ag.arange(2)), 2, device="cpu")
    assert batch[0].device == ag.device("cpu")
    with pytest.raises(ag.DeviceError, match="expected one of cpu, cuda"):
        DataLoader(data(), device="tpu")
