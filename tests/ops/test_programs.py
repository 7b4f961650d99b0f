"""Random programs: the same steps on our tensors and on PyTorch's, compared in values and gradients of two orders.

A program is a list of steps over a pool of tensors; a step takes some of them, by number, and adds its result. Steps
are written once, in methods and operators that both libraries have.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograd.engine import gradients
from tests.op_samples.record import tensor

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies


def scaled_into(x: Any, y: Any) -> Any:
    """A clone of x, multiplied in place by y where that fits."""
    z = x.clone()
    if np.broadcast_shapes(tuple(x.shape), tuple(y.shape)) == tuple(x.shape):
        z *= y
    return z


def written_through_a_view(x: Any, y: Any) -> Any:
    """A clone of x, of which one slice was changed through a view of a view."""
    z = x.clone() * 1
    if z.ndim:
        z.transpose(0, -1)[:1].mul_(0.5).add_(1.0)
    return z + y


def reused(x: Any, y: Any) -> Any:
    """Several paths from one tensor, some of them twice."""
    z = x * y
    return z + z * x - x


def softmax(x: Any) -> Any:
    """Written out, so that the maximum has a gradient which must cancel."""
    e = (x - x.amax(-1, keepdim=True)).exp()
    return e / e.sum(-1, keepdim=True)


UNARY: dict[str, Callable[[Any], Any]] = {
    "sin": lambda x: x.sin(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "exp": lambda x: (-x.abs()).exp(),
    "log1p": lambda x: x.abs().log1p(),
    "square": lambda x: x.square() * 0.1,
    "cube": lambda x: (x / 4) ** 3,
    "sqrt": lambda x: (x * x + 1).sqrt(),
    "relu": lambda x: x.relu(),
    "clamp": lambda x: x.clamp(-0.5, 0.75),
    "reciprocal": lambda x: 1 / (2 + x.cos()),
    "erf": lambda x: x.erf(),
    "round": lambda x: x - x.detach().round(),
    "detached": lambda x: x * x.detach(),
    "transposed": lambda x: x.transpose(0, -1) if x.ndim else x,
    "flat": lambda x: x.reshape(-1),
    "first": lambda x: x[0] if x.ndim and x.shape[0] else x,
    "backwards": lambda x: x.flip(0) if x.ndim else x,
    "column": lambda x: x.unsqueeze(-1),
    "sum": lambda x: x.sum(),
    "sum of rows": lambda x: x.sum(-1, keepdim=True),
    "mean": lambda x: x.mean(0),
    "amax": lambda x: x.amax(-1),
    "max": lambda x: x.max(-1).values if x.ndim else x.max(),
    "min": lambda x: x.min(),
    "norm": lambda x: (x.square().sum(-1) + 1).sqrt(),
    "var": lambda x: x.var(-1, correction=0),
    "logsumexp": lambda x: x.logsumexp(-1, keepdim=True),
    "prod": lambda x: x.tanh().prod(-1),
    "cumsum": lambda x: x.cumsum(-1),
    "cumprod": lambda x: x.tanh().cumprod(-1),
    "softmax": softmax,
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "add alpha": lambda x, y: x.add(y, alpha=-0.5),
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (y * y + 1),
    "pow": lambda x, y: (x.abs() + 0.5) ** y.tanh(),
    "maximum": lambda x, y: x.maximum(y),
    "minimum": lambda x, y: x.minimum(y),
    "where": lambda x, y: x.where(x > y, y * 2),
    "masked": lambda x, y: (x + y).masked_fill(x > y, 0.25),
    "lerp": lambda x, y: x.lerp(y + 0 * x, 0.3),
    "atan2": lambda x, y: x.atan2(y * y + 1),
    "in place": scaled_into,
    "through a view": written_through_a_view,
    "reused": reused,
}
STEPS = UNARY | BINARY
SHAPES = [(), (3,), (1,), (2, 3), (2, 1), (1, 3), (2, 2, 3)]
LIMIT = 64  # elements of one tensor


class Program(NamedTuple):
    """The leaves' shapes, a seed for their values, and steps: a name and the numbers of the operands."""

    shapes: list[tuple[int, ...]]
    seed: int
    steps: list[tuple[str, int, int]]

    def run(self, leaves: list[Any]) -> list[Any]:
        """The pool at the end; steps whose operands do not fit are passed over."""
        pool = list(leaves)
        for name, i, j in self.steps:
            x, y = pool[i % len(pool)], pool[j % len(pool)]
            if name in UNARY:
                pool.append(UNARY[name](x))
            elif fits(tuple(x.shape), tuple(y.shape)):
                pool.append(BINARY[name](x, y))
        return pool


def fits(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    try:
        return int(np.prod(np.broadcast_shapes(a, b))) <= LIMIT
    except ValueError:
        return False


programs = st.builds(
    Program,
    st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3),
    st.integers(0, 2**16),
    st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=12),
)


def both_orders(pool: list[Any], leaves: list[Any], weights: list[np.ndarray], make: Any, grad: Any) -> list[Any]:
    """The gradients of a weighted sum of the pool, and those of the sum of their squares."""
    loss = sum((t * make(w)).sum() for t, w in zip(pool, weights, strict=True))
    first = grad(loss, leaves, True)
    second = grad(sum((g * g).sum() for g in first), leaves, False)
    return [*first, *second]


@hypothesis.given(program=programs)
@hypothesis.settings(max_examples=300, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_programs_agree(program: Program, torch: ModuleType) -> None:
    rng = np.random.default_rng(program.seed)
    values = [np.array(rng.uniform(-1.5, 1.5, shape)) for shape in program.shapes]
    ours = [tensor(v.copy(), requires_grad=True) for v in values]
    theirs = [torch.tensor(v, requires_grad=True) for v in values]

    pool, expected = program.run(ours), program.run(theirs)
    for at, (a, b) in enumerate(zip(pool, expected, strict=True)):
        compare(f"value {at}", a.numpy(force=True), b.detach().numpy())

    weights = [rng.standard_normal(tuple(t.shape)) for t in expected]
    got = both_orders(pool, ours, weights, tensor, our_gradients)
    want = both_orders(expected, theirs, weights, torch.tensor, lambda y, xs, c: their_gradients(torch, y, xs, c))
    for at, (a, b) in enumerate(zip(got, want, strict=True)):
        compare(f"gradient {at}", a.numpy(force=True), b.detach().numpy())


def our_gradients(y: Any, xs: list[Any], create_graph: bool) -> list[Any]:
    if not y.requires_grad:
        return [x.detach() * 0 for x in xs]
    found = gradients([y], xs, [None], create_graph=create_graph)
    return [x.detach() * 0 if g is None else g for x, g in zip(xs, found, strict=True)]


def their_gradients(torch: ModuleType, y: Any, xs: list[Any], create_graph: bool) -> list[Any]:
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in xs]
    found = torch.autograd.grad(y, xs, create_graph=create_graph, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(xs, found, strict=True)]


def compare(what: str, got: np.ndarray, want: np.ndarray) -> None:
    assert got.shape == want.shape, f"{what}: shape {got.shape}, expected {want.shape}"
    assert got.dtype == want.dtype, f"{what}: {got.dtype}, expected {want.dtype}"
    scale = np.abs(want).max(initial=1.0)
    np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-9 * scale, err_msg=what)
