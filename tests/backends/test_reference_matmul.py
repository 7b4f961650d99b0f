"""The matrix product against PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

from tests.backends.oracle import match, rows
from tests.backends.sample import REFERENCE


def matmul(torch, a, b):
    return torch.matmul(a, b)


def linear(torch, x, w, b):
    return torch.nn.functional.linear(x, w, b if b is None else b.expand(len(w)))


def linear_grad(torch, g, x, w, needs):
    x, w, b = (a.clone().requires_grad_(need) for a, need in zip((x, w, g.new_zeros(w.shape[0])), needs, strict=True))
    linear(torch, x, w, b).backward(g)
    return tuple(a.grad for a in (x, w, b))


ORACLES = {"matmul": matmul, "linear": linear, "linear_grad": linear_grad}


@rows(ORACLES)
def test_as_torch(torch, sample, dtype) -> None:
    match(torch, ORACLES, sample, dtype)


def test_sums_of_float16_are_kept_in_float32() -> None:
    ones = np.ones((1, 4096), np.float16)  # where a sum in float16 stops at 2048
    y = REFERENCE.matmul(ones, ones.T)
    assert (y.dtype, y.item()) == (np.float16, 4096)


@pytest.mark.parametrize("left, right", [((2, 3), (2, 3)), ((3,), (4,)), ((2, 3, 4), (3, 4, 5)), ((), (2,))])
def test_shapes_that_do_not_fit_are_refused(left, right) -> None:
    with pytest.raises(ValueError, match=r"matmul|broadcast"):
        REFERENCE.matmul(np.ones(left), np.ones(right))
