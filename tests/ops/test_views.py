"""Memory seen by several tensors: what a write through one of them does to the others, to values and to gradients.

Each program runs on our tensors and on torch's. ``m`` is the library, ``x`` a leaf (2, 3), ``w`` a leaf (3,).
"""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.gradcheck import gradcheck, gradgradcheck

X, W = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]) / 3, np.array([0.5, -1.0, 2.0])


def start(x: Any) -> Any:
    """A tensor with memory of its own and a history."""
    return x * 2


def write_into_a_view(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    y[0].mul_(w)
    return y


def write_into_the_base(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    v = y[:, 1]
    y.mul_(w)
    return v * v, y


def write_into_a_view_twice(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    v = y[1]
    v.mul_(w)
    v.add_(w)
    return y, v


def write_into_overlapping_views(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    row, column = y[0], y[:, 0]
    row.mul_(w)
    column.add_(row[1])
    row.add_(column[1])
    return y, row, column


def chain_of_views(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    a = y.t()
    b = a[1:]
    c = b[:, 1]
    c.mul_(w[:2])
    b.add_(w[0])
    return y, a, b, c


def view_of_a_reshaped_view(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    flat = y.view(-1)
    flat[2:5].mul_(w)
    flat.view(3, 2)[0] = w[1]
    return y, flat


def views_of_all_kinds(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    for i, part in enumerate(
        [
            y.narrow(1, 1, 2), y.select(0, 1), y.diagonal(), y.unsqueeze(0), y.transpose(0, 1), y.permute(1, 0), y.flatten(),
            y.movedim(0, 1), y.unflatten(1, (3, 1)), y.expand(2, 3), y.unfold(1, 2, 2), y.T, y.mT, y.swapaxes(0, 1), y.squeeze(),
            y.as_strided((2, 2), (3, 1)), y.view_as(y), y[None], y.reshape(6), y.detach().clone()[0], y.adjoint(),
        ]
    ):  # fmt: skip
        part.mul_(w[i % 3] + i)
    return y


def untouched_view_before_and_after(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    v = y[0]
    before = v * 3
    y[1] = w
    after = v * 3
    return before, after, y


def saved_before_the_write(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    z = y + w  # keeps nothing of y
    y.mul_(w)
    return z, y


def assign_into_a_view(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    v = y[1]
    v[1:] = w[:2] * x[0, 0]
    return y, v


def assign_a_column(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    y[..., 0] = x.sum()
    y[:, 1] += w[:2]
    y[1] *= w
    return y


def assign_by_mask_and_index(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    y[y > 2.1] = w[0]
    y[m.tensor([0, 1]), m.tensor([1, 2])] = w[1:]
    y[[0, 1], [0, 0]] += w[:2]
    return y


def assign_into_a_constant(m: Any, x: Any, w: Any) -> Any:
    y = m.zeros(2, 3, dtype=m.float64)
    row = y[0]
    row[:] = w
    y[0, 1:].mul_(x[1, :2])
    return y, row


def copy_into_a_constants_view(m: Any, x: Any, w: Any) -> Any:
    y = m.zeros(3, 2, dtype=m.float64)
    y.t()[1].copy_(w)
    y.t()[0, 1:].copy_(x[:, 0])
    return y


def fill_and_zero(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    y[0, 1:].zero_()
    y[1, :1].fill_(5.0)
    return y * y


def write_under_no_grad(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    v = y[0]
    with m.no_grad():
        v.mul_(3)
        y[1] = 7.0
    return y + 0, v + 0


def view_under_no_grad(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    with m.no_grad():
        v = y[0]
        v.mul_(3)
    return y + 0


def write_through_a_detached_alias(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    y.detach()[0] = 9.0
    return y + w


def iterate(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    return [row * w for row in y] + list(y.t().unbind(1)) + list(y.split(2, 1)) + list(y.chunk(3, 1)[1:2])


def transpose_itself(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    row = y[0]
    y.t_()
    row.mul_(w)
    column = y[:, 1]
    y.add_(w[:2])
    return y, row, column


def reshape_itself(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    v = y[1]
    y.unsqueeze_(0)
    v.mul_(w)
    y.transpose_(0, 2)
    y.squeeze_(-1)
    y[0, 0] = w[0]
    return y, v


def transpose_a_view_itself(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    v = y[:, :2]
    v.t_()
    v[0].mul_(w[:2])
    return y, v


def expanded(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    e = y[0].expand(4, 3)
    y[0].mul_(w)
    return e * e


def single_element(m: Any, x: Any, w: Any) -> Any:
    s = x.sum() * 2
    s.view(1).mul_(w[0])
    s.view(1, 1)[0, 0] = x.sum() * w[1]
    return s


def put_and_scatter_into_a_view(m: Any, x: Any, w: Any) -> Any:
    y = start(x)
    y[0].index_put_((m.tensor([2, 0]),), w[:2])
    y.t()[0].scatter_(0, m.tensor([1]), w[2:])
    y[1].index_add_(0, m.tensor([1, 1]), w[:2])
    y[:, :2].tril_()
    return y


PROGRAMS: list[Callable[..., Any]] = [
    write_into_a_view, write_into_the_base, write_into_a_view_twice, write_into_overlapping_views, chain_of_views,
    view_of_a_reshaped_view, views_of_all_kinds, untouched_view_before_and_after, saved_before_the_write, assign_into_a_view,
    assign_a_column, assign_by_mask_and_index, assign_into_a_constant, copy_into_a_constants_view,
    fill_and_zero, write_under_no_grad, view_under_no_grad, write_through_a_detached_alias, iterate, transpose_itself,
    reshape_itself, transpose_a_view_itself, expanded, single_element, put_and_scatter_into_a_view,
]  # fmt: skip
every_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
UNWATCHED = {
    write_under_no_grad,
    view_under_no_grad,
    write_through_a_detached_alias,
}  # no derivatives of what is written


def outcome(m: Any, program: Callable[..., Any]) -> list[Any]:
    """The results of a program, and the gradients of their weighted sum."""
    x, w = (m.tensor(a, requires_grad=True) for a in (X, W))
    results = program(m, x, w)
    results = results if isinstance(results, (tuple, list)) else [results]
    total = sum((r * m.tensor(np.arange(1.0, r.numel() + 1).reshape(tuple(r.shape)))).sum() for r in results)
    total.backward()
    return [*(r.detach() for r in results), *(m.zeros(1) if leaf.grad is None else leaf.grad for leaf in (x, w))]


@every_program
def test_programs_are_torchs(program: Callable[..., Any], torch: ModuleType) -> None:
    for ours, theirs in zip(outcome(ag, program), outcome(torch, program), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12, err_msg=program.__name__)


@every_program
def test_programs_have_two_derivatives(program: Callable[..., Any]) -> None:
    if program in UNWATCHED:
        return

    def function(x: Any, w: Any) -> Any:
        results = program(ag, x, w)
        return tuple(results) if isinstance(results, (tuple, list)) else results

    leaves = [ag.tensor(a, requires_grad=True) for a in (X, W)]
    gradcheck(function, leaves, fast_mode=True)
    gradgradcheck(function, leaves, fast_mode=True)


# -- what is shared ---------------------------------------------------------------------------------------------------


def test_views_share_memory_and_version() -> None:
    x = ag.zeros(2, 3)
    row, flat, again = x[0], x.view(-1), x.detach()
    row[1] = 1.0
    flat[5] = 2.0
    again[1, 0] = 3.0
    assert x.tolist() == [[0.0, 1.0, 0.0], [3.0, 0.0, 2.0]]
    assert x._version == row._version == flat._version == again._version == 3
    assert row._base is x
    assert flat[2:]._base is x
    assert not again._is_view()


def test_reshape_copies_only_where_it_must() -> None:
    x = ag.zeros(2, 3)
    assert x.reshape(3, 2)._base is x
    assert x.t().reshape(3, 2)._base is x
    assert x.t().reshape(6)._base is None
    assert x.contiguous() is x
    assert not np.shares_memory(x.t().contiguous().raw, x.raw)


@pytest.mark.parametrize("shape", [(6,), (3, 2, 1), (1, 6), (2, 3)])
@pytest.mark.parametrize(
    "layout", ["x", "x.t()", "x[:, :3]", "x[:, ::2]", "x.t()[:, :1]", "x[0].expand(2, 3)", "x[:, None]", "x[:0]"]
)
def test_view_takes_what_torch_takes(layout: str, shape: tuple[int, ...], torch: ModuleType) -> None:
    x, t = eval(layout, {"x": ag.zeros(2, 3)}), eval(layout, {"x": torch.zeros(2, 3)})
    outcomes = []
    for a in (x, t):
        try:
            outcomes.append(tuple(a.view(shape if a.numel() == 6 else (-1,)).stride()))
        except RuntimeError:
            outcomes.append("refused")
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    "layout", ["x", "x.t()", "x[0]", "x[:, ::2]", "x.expand(3, 2, 3)", "x.diagonal()", "x.unfold(1, 2, 1)"]
)
def test_strides_are_torchs(layout: str, torch: ModuleType) -> None:
    x, t = eval(layout, {"x": ag.zeros(2, 3)}), eval(layout, {"x": torch.zeros(2, 3)})
    assert (tuple(x.shape), tuple(x.stride())) == (tuple(t.shape), t.stride())


def test_as_strided() -> None:
    x = ag.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)
    y = x.as_strided((3, 2), (1, 2), 1)
    assert y.tolist() == [[1, 3], [2, 4], [3, 5]]
    gradcheck(lambda x: x.as_strided((3, 2), (1, 2), 1) ** 2, [x], fast_mode=True)
    gradgradcheck(lambda x: x.as_strided((3, 2), (1, 2), 1) ** 2, [x], fast_mode=True)
    with pytest.raises(
        ShapeError, match=r"as_strided: expected a contiguous tensor, got shape \(3, 2\). Use contiguous\(\)"
    ):
        x.t().as_strided((2,), (1,))
    with pytest.raises(
        ShapeError, match=r"as_strided: expected a view inside 6 elements, got size \(4,\), stride \(2,\)"
    ):
        x.as_strided((4,), (2,))


def test_view_as_a_dtype() -> None:
    x = ag.tensor([1.0, 2.0, 3.0, 4.0])
    bits = x.view(ag.int32)
    bits[0] = 0
    assert x.tolist() == [0.0, 2.0, 3.0, 4.0]
    assert x.view(ag.float64).shape == (2,)
    assert x.view(ag.int16).shape == (8,)
    assert not ag.ones(2, requires_grad=True).view(ag.int32).requires_grad
    with pytest.raises(DtypeError, match="view: expected a contiguous last axis"):
        x[::2].view(ag.float64)


def test_channels_last() -> None:
    x = ag.tensor(np.arange(24.0).reshape(1, 2, 3, 4), requires_grad=True)
    y = x.contiguous(memory_format=ag.channels_last)
    assert (y.shape, y.stride()) == ((1, 2, 3, 4), (24, 1, 8, 2))
    assert y.contiguous(memory_format=ag.channels_last) is y
    np.testing.assert_array_equal(y.detach().numpy(), x.detach().numpy())
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * x.detach().numpy())
    with pytest.raises(ShapeError, match="contiguous: expected 4 axes for channels_last, got shape"):
        x[0, 0].contiguous(memory_format=ag.channels_last)


def test_broadcast_shapes() -> None:
    assert ag.broadcast_shapes((2, 1), 3, (1, 1, 1)) == (1, 2, 3)
    assert ag.broadcast_shapes() == ()
    assert ag.broadcast_shapes((0, 1), (3,)).numel() == 0
    with pytest.raises(ShapeError, match=r"broadcast_shapes: expected shapes that broadcast, got \(2, 4\) and \(3,\)"):
        ag.broadcast_shapes((2, 4), 3)


def test_pieces_may_be_written_where_torch_refuses() -> None:
    """torch forbids writes into the pieces of split, chunk and unbind; here they are views like others."""
    x = ag.tensor(X, requires_grad=True)

    def program(x: Any) -> Any:
        y = start(x)
        a, b = y.split([1, 2], 1)
        a.mul_(3)
        y[1].mul_(x[0, 0])
        return a, b * b, y

    gradcheck(program, [x], fast_mode=True)
    gradgradcheck(program, [x], fast_mode=True)


def test_parts_that_overlap_are_read_before_they_are_written() -> None:
    """What torch gives here depends on the order in which it happens to copy."""
    x = ag.tensor(X, requires_grad=True)

    def program(x: Any) -> Any:
        y = start(x)
        y[:, 1:] = y[:, :-1]
        return y

    np.testing.assert_array_equal(program(x).detach().numpy(), 2 * X[:, [0, 0, 1]])
    gradcheck(program, [x], fast_mode=True)


def test_a_view_made_before_its_base_had_a_history_can_be_written() -> None:
    """torch takes the base for a leaf then."""

    def program(w: Any) -> Any:
        y = ag.zeros(2, 3, dtype=ag.float64)
        row, corner = y[0], y[0, 1:]
        row[:] = w
        corner.mul_(w[:2])
        return y, row, corner

    gradcheck(program, [ag.tensor(W, requires_grad=True)], fast_mode=True)


def test_pieces_leave_one_node() -> None:
    x = ag.tensor(X, requires_grad=True)
    nodes = {piece.grad_fn.next_functions[0][0] for piece in start(x).unbind(1)}
    assert [node.name() for node in nodes] == ["splitBackward"]


def test_a_graph_of_views_needs_no_garbage_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        x = ag.tensor(X, requires_grad=True)
        y = start(x)
        v = y[0]
        v.mul_(2)
        y.t_()
        (y.sum() + v.sum()).backward()
        seen = [weakref.ref(t) for t in (y, v)]
        del y, v
        assert [ref() for ref in seen] == [None, None]
    finally:
        gc.enable()


# -- refusals ---------------------------------------------------------------------------------------------------------


def modified_by_mul(x: Any) -> Any:
    y = start(x)
    z = y * y
    y.mul_(2)
    return z


def modified_through_a_view(x: Any) -> Any:
    y = start(x)
    z = y.exp() * 3
    w = y * y
    y[0].add_(1)
    return z + w


def modified_by_assignment(x: Any) -> Any:
    y = start(x)
    z = y[0] * y[1]
    y[1, 2] = 0.0
    return z


def modified_through_an_alias(x: Any) -> Any:
    y = start(x)
    z = y.sin()
    y.detach().zero_()
    return z


def modified_under_no_grad(x: Any) -> Any:
    y = start(x)
    z = y.log()
    with ag.no_grad():
        y.t()[0].copy_(y[0, :2])
    return z


def modified_output(x: Any) -> Any:
    y = x.exp()
    y.add_(1)
    return y


MODIFIED = [
    (modified_by_mul, "mul", (2, 3), "mul_", "z = y * y"),
    (modified_through_a_view, "mul", (2, 3), "add_", "w = y * y"),
    (modified_by_assignment, "mul", (3,), "__setitem__", "z = y[0] * y[1]"),
    (modified_through_an_alias, "sin", (2, 3), "zero_", "z = y.sin()"),
    (modified_under_no_grad, "log", (2, 3), "copy_", "z = y.log()"),
    (modified_output, "exp", (2, 3), "add_", "y = x.exp()"),
]


@pytest.mark.parametrize("program, op, shape, write, line", MODIFIED, ids=lambda p: getattr(p, "__name__", None))
def test_a_saved_tensor_that_was_modified_is_reported(
    program: Callable[..., Any], op: str, shape: tuple[int, ...], write: str, line: str
) -> None:
    z = program(ag.tensor(X, requires_grad=True)).sum()
    what = f"backward: {op} needs a tensor of shape {shape} that {write} has since modified in place. "
    where = f"The forward ran at {__file__}"
    with pytest.raises(GraphError, match=re.escape(what + where) + r", line \d+, in \w+: " + re.escape(line)):
        z.backward()


def leaf() -> Any:
    return ag.tensor(X, requires_grad=True)


def view_made_under_no_grad() -> Any:
    y = start(leaf())
    with ag.no_grad():
        return y[0]


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: leaf().add_(1),
        "add_: expected a tensor that may change, got a leaf that requires grad. Write under no_grad()",
    ),
    (lambda: leaf()[0].add_(1), "add_: expected a tensor that may change, got a view of a leaf that requires grad"),
    (lambda: leaf().t_(), "t_: expected a tensor that may change, got a leaf that requires grad. Use t()"),
    (
        lambda: leaf()[0].unsqueeze_(0),
        "unsqueeze_: expected a tensor that may change, got a leaf that requires grad. Use unsqueeze()",
    ),
    (
        lambda: ag.zeros(3, 1).expand(3, 4).add_(1),
        "add_: expected memory of its own, got an expanded tensor of shape (3, 4). clone() it first",
    ),
    (
        lambda: ag.zeros(5).unfold(0, 3, 1).zero_(),
        "zero_: expected memory of its own, got an expanded tensor of shape (3, 3)",
    ),
    (lambda: ag.zeros(4).as_strided((2, 2), (1, 1)).mul_(2), "mul_: expected memory of its own"),
    (
        lambda: ag.zeros(3, 1).expand(3, 4)[:, 0].add_(1),
        "add_: expected memory that may be written, got a read-only array",
    ),
    (
        lambda: view_made_under_no_grad().mul_(2),
        "mul_: expected a view with a history, got one that was made under no_grad()",
    ),
]


READ_ONLY = pytest.mark.cpu_only("no array on a GPU is read-only")


@pytest.mark.parametrize(
    "write, text",
    [pytest.param(*row, id=row[1], marks=READ_ONLY if "read-only" in row[1] else ()) for row in REFUSED],
)
def test_refused_writes(write: Callable[[], Any], text: str) -> None:
    with pytest.raises(GraphError, match=re.escape(text)):
        write()


def test_a_leaf_may_be_written_under_no_grad() -> None:
    x = leaf()
    with ag.no_grad():
        x[0] = 0.0
        x.t_()
        x.t_()
        x.mul_(2)
    assert x.is_leaf
    assert x.requires_grad
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * x.detach().numpy())
