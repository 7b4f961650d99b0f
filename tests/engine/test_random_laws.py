"""Random numbers of other laws, and the stream kept over a block."""

from __future__ import annotations

import math

import pytest

import autograd as ag
from autograd.errors import DtypeError

N = 4000


def share(t: ag.Tensor) -> float:
    return t.float().mean().item()


def test_cauchy_has_its_quartiles_at_the_median_and_one_sigma_beside() -> None:
    x = ag.empty(N, dtype=ag.float64).cauchy_(2.0, 3.0)
    assert abs(share(x < 2) - 0.5) < 0.04
    assert abs(share(x < -1) - 0.25) < 0.04
    assert abs(share(x < 5) - 0.75) < 0.04


def test_the_logarithm_of_log_normal_numbers_is_normal() -> None:
    x = ag.empty(N).log_normal_(0.5, 0.25).log()
    assert abs(x.mean().item() - 0.5) < 0.02
    assert abs(x.std().item() - 0.25) < 0.02


@pytest.mark.parametrize("dtype", [ag.float32, ag.int64])
def test_geometric_counts_trials(dtype: ag.dtype) -> None:
    x = ag.empty(N, dtype=dtype).geometric_(0.25)
    assert x.min().item() == 1
    assert abs(share(x) - 4) < 0.3
    assert abs(share(x == 2) - 0.25 * 0.75) < 0.03


ERRORS = {
    "cauchy_ sigma": (lambda: ag.empty(1).cauchy_(sigma=0), ValueError, "cauchy_: expected sigma > 0, got 0"),
    "cauchy_ dtype": (lambda: ag.tensor([1]).cauchy_(), DtypeError, "cauchy_: expected a floating dtype, got .*int64"),
    "log_normal_": (lambda: ag.empty(1).log_normal_(std=-1), ValueError, "log_normal_: expected std > 0, got -1"),
    "geometric_": (lambda: ag.empty(1).geometric_(1.0), ValueError, "geometric_: expected p between 0 and 1, got 1.0"),
}


@pytest.mark.parametrize("call, kind, text", ERRORS.values(), ids=ERRORS)
def test_errors(call, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


def test_fork_rng_leaves_the_stream_where_it_was() -> None:
    ag.manual_seed(1)
    expected = ag.rand(2).tolist()
    ag.manual_seed(1)
    with ag.random.fork_rng():
        assert ag.rand(2).tolist() == expected
    assert ag.rand(2).tolist() == expected
    with ag.random.fork_rng(enabled=False):
        after = ag.rand(2).tolist()
    assert after != expected != ag.rand(2).tolist()


def test_the_laws_take_a_generator() -> None:
    for draw in ("cauchy_", "log_normal_", "geometric_"):
        args = (0.5,) if draw == "geometric_" else ()
        first, second = (
            getattr(ag.empty(3), draw)(*args, generator=ag.Generator().manual_seed(4)).tolist() for _ in range(2)
        )
        assert first == second
        assert all(map(math.isfinite, first))
