"""The transformations of ``autograd.func`` over every operation that users expect: what they give agrees."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, vjp, vmap
from tests.op_samples.record import Kink, Op, Sample, convert, leaves, records
from tests.parity.names import TIERS

SMALL = 40  # elements of inputs and outputs, above which no Jacobian is made
OF_SYMMETRIC = {"linalg.eigh"}  # its derivatives are those along symmetric matrices, as in PyTorch
EXPECTED = {name for names in TIERS[1].values() for name in names.split()}
RECORDS = [r for r in records() if r.grad and "float64" in r.dtypes and r.name.rpartition(".")[2] in EXPECTED]


def function(record: Op) -> tuple[Callable[..., list[ag.Tensor]], list[ag.Tensor]]:
    """The operation as a function of its float64 arrays to a list of float64 tensors, and these, of a small sample."""
    rng = np.random.default_rng(zlib.crc32(record.name.encode()))
    plain = [s for s in record.samples(rng) if not isinstance(s, Kink)]
    kept = [s for s in plain or record.samples(rng) if size(s)]
    sample = min(kept, key=lambda s: (size(s) < 2, size(s)))
    found: list[np.ndarray] = []

    def name(at: int | str, value: Any) -> Any:  # arrays that have a gradient become their numbers
        def number(a: np.ndarray) -> Any:
            if a.dtype != np.float64 or at in record.constant:
                return ag.tensor(a)
            found.append(a)
            return _At(len(found) - 1)

        return convert(value, number)

    args = [name(i, v) for i, v in enumerate(sample.args)]
    kwargs = {k: name(k, v) for k, v in sample.kwargs.items()}

    def call(*tensors: ag.Tensor) -> list[ag.Tensor]:
        ag.manual_seed(0)
        at = lambda place: tensors[place.index]
        result = record.function(*convert(args, at, _At), **convert(kwargs, at, _At))
        return [y for y in leaves(result) if isinstance(y, ag.Tensor) and y.dtype == ag.float64]

    return call, [ag.tensor(a) for a in found]


def size(sample: Sample) -> int:
    """How many elements of float64 a sample has."""
    arrays = [a for a in leaves(sample.args, sample.kwargs) if isinstance(a, np.ndarray)]
    return sum(a.size for a in arrays if a.dtype == np.float64)


class _At:
    def __init__(self, index: int) -> None:
        self.index = index


def near(found: Any, expected: Any) -> None:
    for a, b in zip(leaves(found), leaves(expected), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_transformations_agree(record: Op) -> None:
    f, xs = function(record)
    ys = f(*xs)
    rng = np.random.default_rng(1)
    ts, ws = ([ag.tensor(rng.standard_normal(tuple(x.shape))) for x in group] for group in (xs, ys))

    _, push = jvp(f, tuple(xs), tuple(ts))
    _, pull = vjp(f, *xs)
    pulled = pull(ws)
    near(sum(((w * y).sum() for w, y in zip(ws, push, strict=True)), ag.zeros(())).double(),
         sum(((t * x).sum() for t, x in zip(ts, pulled, strict=True)), ag.zeros(())).double())  # fmt: skip

    doubled = [ag.stack([x, x * 0.99]) for x in xs]
    near(
        vmap(lambda *a: tuple(f(*a)))(*doubled),
        [ag.stack(p) for p in zip(ys, f(*[x[1] for x in doubled]), strict=True)],
    )

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.x = nn.Parameter(ag.zeros_like(xs[0]))

        def forward(self, *others: ag.Tensor) -> list[ag.Tensor]:
            return f(self.x, *others)

    near(functional_call(Model(), {"x": xs[0]}, tuple(xs[1:])), ys)

    if xs[0].numel() * sum(y.numel() for y in ys) > SMALL**2:
        return
    near(jacfwd(f)(*xs), jacrev(f)(*xs))
    if record.order == 2 and xs[0].numel() <= SMALL:

        def total(*a: ag.Tensor) -> ag.Tensor:
            return sum(((w * y).sum() for w, y in zip(ws, f(*a), strict=True)), ag.zeros((), dtype=ag.float64))

        second = hessian(total)(*xs)
        near(second, jacrev(grad(total))(*xs))
        n = xs[0].numel()
        if record.name not in OF_SYMMETRIC:
            near(second.reshape(n, n), second.reshape(n, n).t())
