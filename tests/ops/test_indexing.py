"""Square brackets: every kind of index, read and written, values and gradients, against torch and by differences."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.gradcheck import gradcheck, gradgradcheck
from tests.devices import raises_in_time

ALL = slice(None)
SHAPE = (3, 3, 4)
MASK = np.array([[True, False, True], [False, True, True], [False, False, False]])  # of its first two axes
ROWS, PLANES = np.array([True, False, True]), np.array([False, True, False])
AT, J, TWICE, GRID = np.array([1, 0]), np.array([2, -1]), np.array([2, 0, 2]), np.array([[0, 1], [-1, 0]])
NONE = np.zeros(0, "int64")

BASIC = [  # indices of a tensor of that shape that give views; arrays stand for tensors
    0, -1, np.array(1), np.int64(0), (1, 2), (1, 2, 3), (-1, -3, -4), ALL, slice(1, None), slice(None, -1),
    slice(0, 9), slice(5, 9), slice(-9, 1), slice(None, None, 2), (ALL, slice(1, None, 2)),
    (ALL, ALL, slice(None, None, 3)), ..., (..., 0), (0, ...), (..., 1, slice(2)), (0, ..., 1), (..., slice(1, 3), 0),
    (..., ...), (), None, (None, 0), (0, None), (ALL, None, 1), (..., None), (None, None, ..., None), (1, 2, 3, None),
    (1, 2, 3, ...), (np.array(1), ALL, np.array(-1)), slice(np.array(1), None), (0, slice(2, 1)), (slice(0, 0), 1),
]  # fmt: skip
FANCY = [  # indices that gather
    AT, TWICE, GRID, NONE, (AT,), [0, 1], [1, 1, 0], [-1], [True, False, True], [], range(2), (ALL, TWICE),
    (ALL, [0, 2]), (ALL, ALL, J), (..., TWICE), (AT, J), (AT, J, AT), (GRID, GRID), (AT[:, None], J),
    (AT[:, None], J[None], TWICE[:, None, None]), (AT, ALL, J), (ALL, AT, J), (AT, None, J), (AT, ..., J), (None, AT),
    (AT, None), (ALL, None, TWICE), (0, TWICE), (TWICE * 0, 1), (0, ALL, J), (AT, 1, J), (ALL, 1, TWICE),
    (0, ALL, [0, 1]), (ALL, [0, 1], slice(1, 3)), (ALL, [0, 1], 2), (slice(1, None), TWICE, slice(None, None, 2)),
    (..., AT, 0), ([0, 1], [1, 2]), ([[0], [1]], [1, 2]), ((0, 1),), ([[0, 1], [1, 0]],), (0, AT, J), (AT, 0, ...),
    (None, 1, AT, None, J), MASK, ~MASK & MASK, PLANES, (ALL, ROWS), (..., ROWS, ALL), (MASK, 0), (MASK, slice(1, 3)),
    (MASK, J[:1]), (0, ROWS), (PLANES, J[:1]), (PLANES, 1), (0, MASK[0], J), (PLANES[:, None] & MASK,), (None, MASK),
    (MASK, None), True, False, (True, 0), (ALL, True, AT), (True, False), np.array(True), (np.array(False), 0),
    (0, True, TWICE), np.ones((3, 3, 4), bool), (AT.astype("int32"), J.astype("int32")), (slice(0, 0), TWICE),
    (NONE, ALL, 1), (True, True),
]  # fmt: skip
CASES = [(SHAPE, index) for index in BASIC + FANCY] + [
    ((), ()), ((), ...), ((), None), ((), True), ((), False), ((), np.array(True)), ((5,), np.array([[0, 4], [-1, 2]])),
    ((5,), np.array([True, False, True, True, False])), ((0,), NONE), ((0, 3), (ALL, 1)), ((0, 3), (ALL, [0, 2])), ((3, 0), 1),
]  # fmt: skip


def name(case: Any) -> str:
    shape, index = case
    return f"{'x'.join(map(str, shape))}{index!r}".replace("\n", "").replace("slice(None, None, None)", ":")


every_case = pytest.mark.parametrize("shape, index", CASES, ids=map(name, CASES))


def converted(index: Any, tensor: Any) -> Any:
    """The index with its arrays made tensors."""
    if isinstance(index, np.ndarray):
        return tensor(index)
    if isinstance(index, slice):
        return slice(*(converted(n, tensor) for n in (index.start, index.stop, index.step)))
    return tuple(converted(i, tensor) for i in index) if isinstance(index, tuple) else index


def data(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.array(np.random.default_rng(seed).uniform(1, 2, shape))


def leaf(array: np.ndarray) -> Any:
    return ag.tensor(array, requires_grad=True)


# -- reading ----------------------------------------------------------------------------------------------------------


@every_case
def test_reading_is_torchs(shape: tuple[int, ...], index: Any, torch: ModuleType) -> None:
    x, t = leaf(data(shape)), torch.tensor(data(shape), requires_grad=True)
    y, u = x[converted(index, ag.tensor)], t[converted(index, torch.tensor)]
    assert y.shape == tuple(u.shape)
    np.testing.assert_array_equal(y.numpy(force=True), u.detach().numpy())
    g = data(tuple(u.shape), 1)
    y.backward(ag.tensor(g))
    u.backward(torch.tensor(g))
    np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), rtol=1e-12)


@every_case
def test_reading_is_differentiable_twice(shape: tuple[int, ...], index: Any) -> None:
    at = converted(index, ag.tensor)
    x = leaf(data(shape))
    if x[at].numel():
        gradcheck(lambda x: x[at] * x[at], [x], fast_mode=True)
        gradgradcheck(lambda x: x[at] * x[at], [x], fast_mode=True)


@pytest.mark.parametrize("index", BASIC, ids=repr)
def test_basic_indices_give_views(index: Any) -> None:
    x = ag.tensor(data(SHAPE))
    part = x[converted(index, ag.tensor)]
    assert part._base is x
    part.fill_(7.0)
    assert int((x == 7).sum()) == part.numel()


@pytest.mark.parametrize("index", FANCY, ids=repr)
def test_fancy_indices_give_copies(index: Any) -> None:
    x = ag.tensor(data(SHAPE))
    part = x[converted(index, ag.tensor)]
    part.fill_(7.0)
    assert part._base is None
    assert not (x == 7).any()


@pytest.mark.parametrize("index", [AT, MASK, GRID, (AT, J), (0, ROWS), (ALL, TWICE)], ids=repr)
def test_numpy_arrays_are_indices(index: Any) -> None:
    x = ag.tensor(data(SHAPE))
    np.testing.assert_array_equal(x[index].numpy(), x[converted(index, ag.tensor)].numpy())


def test_a_list_of_lists_is_a_tuple_as_in_torch(torch: ModuleType) -> None:
    x, t = ag.tensor(data(SHAPE)), torch.tensor(data(SHAPE))
    for index in ([[0, 1], [1, 2]], [0, ALL], [None, 0], [..., [0, 1]]):
        with pytest.warns(UserWarning, match=r"a list with slices, None, tensors or lists .* Write x\[tuple\(list\)\]"):
            y = x[index]
        with pytest.warns(UserWarning, match="non-tuple sequence"):
            u = t[index]
        np.testing.assert_array_equal(y.numpy(), u.numpy())


def test_later_changes_of_the_index_do_not_matter() -> None:
    i, mask, x = ag.tensor([0, 2]), ag.tensor([True, False, True]), leaf(data((3,)))
    y = x[i] + x[mask]
    z = x.clone()
    z[i] = x[mask] * 2
    i.fill_(1)
    mask.fill_(False)
    (y.sum() + z.sum()).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [4, 1, 4])


# -- writing ----------------------------------------------------------------------------------------------------------


def values_for(shape: tuple[int, ...]) -> list[Any]:
    """Values that broadcast to a part: of its shape, a number, 0-d, with axes of size 1 in front, broadcast."""
    found = [data(shape, 2), 0.5, data((), 3), data((1, 1, *shape), 4)]
    return [*found, data((1,) * len(shape), 5), data(shape[-1:], 6)] if shape else found


def names_once(shape: tuple[int, ...], index: Any) -> bool:
    """Whether no place is named twice: else it is not defined which value stays."""
    places = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    found = ag.tensor(places)[converted(index, ag.tensor)].numpy()
    return len(np.unique(found)) == found.size


WRITABLE = [case for case in CASES if names_once(*case)]
every_writable_case = pytest.mark.parametrize("shape, index", WRITABLE, ids=map(name, WRITABLE))


@every_writable_case
def test_writing_is_torchs(shape: tuple[int, ...], index: Any, torch: ModuleType) -> None:
    for value in values_for(tuple(torch.tensor(data(shape))[converted(index, torch.tensor)].shape)):
        results = []
        for tensor, at in ((ag.tensor, converted(index, ag.tensor)), (torch.tensor, converted(index, torch.tensor))):
            x = tensor(data(shape), requires_grad=True)
            v = tensor(value, requires_grad=True) if isinstance(value, np.ndarray) else value
            y = x * 1
            y[at] = v
            (y * tensor(data(shape, 1))).sum().backward()
            none = np.zeros_like(value)  # of a value that was written nowhere
            results.append((y.detach(), x.grad, none if getattr(v, "grad", None) is None else v.grad))
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@every_writable_case
def test_writing_is_differentiable_twice(shape: tuple[int, ...], index: Any) -> None:
    at = converted(index, ag.tensor)

    def write(x: Any, v: Any) -> Any:
        y = x * x
        y[at] = v * v
        return y * y

    x, v = leaf(data(shape)), leaf(data(tuple(ag.tensor(data(shape))[at].shape), 1))
    if v.numel():
        gradcheck(write, [x, v], fast_mode=True)
        gradgradcheck(write, [x, v], fast_mode=True)


@pytest.mark.parametrize(
    "value", [True, 7, 2.5, np.float64(2.5), np.array([1, 2, 3, 4]), [1.0, 2.0, 3.0, 4.0], "a tensor"]
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "int8", "bool"])
def test_values_are_cast(value: Any, dtype: str) -> None:
    if isinstance(value, str):
        value = ag.tensor([1, 2, 3, 4])
    x = ag.tensor(np.zeros((2, 4), dtype))
    x[1] = value
    expected = np.zeros((2, 4), dtype)
    expected[1] = value.numpy() if isinstance(value, ag.Tensor) else value
    assert x.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(x.numpy(), expected)


def test_a_value_of_another_dtype_gets_its_gradient() -> None:
    v = ag.tensor([1.0, 2.0], requires_grad=True)
    x = ag.zeros(2, 2, dtype=ag.float64)
    x[0] = v
    (x * x).sum().backward()
    assert v.grad.dtype == ag.float32
    np.testing.assert_array_equal(v.grad.numpy(), [2, 4])


def test_writing_touches_only_the_region() -> None:
    x = ag.zeros(1000, 1000)
    before = x.raw
    x[3, 4:6] = 1.0
    assert x.raw is before
    assert x._version == 1


def test_adding_to_a_part_records_one_write() -> None:
    """``y[0] += v`` is a write into the view and then an assignment of the view to itself."""
    x, v = leaf(data((2, 3))), leaf(data((3,), 1))
    y = x * 1
    y[0] += v
    assert y._version == 1
    assert y.grad_fn.name() == "view_scatterBackward"
    y.sum().backward()
    np.testing.assert_array_equal(v.grad.numpy(), np.ones(3))
    np.testing.assert_array_equal(x.grad.numpy(), np.ones((2, 3)))


def test_assigning_a_detached_alias_cuts_the_gradient(torch: ModuleType) -> None:
    grads = []
    for m in (ag, torch):
        x = m.ones(3, requires_grad=True)
        y = x * 2
        y[0] = y.detach()[0]
        y.sum().backward()
        grads.append(x.grad.tolist())
    assert grads[0] == grads[1] == [0.0, 2.0, 2.0]


def test_index_put() -> None:
    x, v = leaf(data((3, 4))), leaf(data((2,), 1))
    at = (ag.tensor([0, 0]), ag.tensor([1, 1]))
    for accumulate in (False, True):
        places = at if accumulate else (ag.tensor([0, 2]), ag.tensor([1, 1]))
        gradcheck(lambda x, v, p=places, a=accumulate: x.index_put(p, v, a) ** 2, [x, v], fast_mode=True)
        gradgradcheck(lambda x, v, p=places, a=accumulate: x.index_put(p, v, a) ** 2, [x, v], fast_mode=True)
        gradcheck(lambda x, v, p=places, a=accumulate: (x * 1).index_put_(p, v, a) ** 2, [x, v], fast_mode=True)
    y = x.detach().index_put(at, v.detach(), accumulate=True)
    expected = data((3, 4))
    np.add.at(expected, ([0, 0], [1, 1]), data((2,), 1))
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12)
    np.testing.assert_array_equal(
        x.index_put((None, ag.tensor([1])), ag.tensor(9.0, dtype=ag.float64)).detach().numpy()[:, 1], 9
    )


# -- what torch cannot do, and records leave out ----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["scatter", "scatter_add", "scatter_reduce"])
def test_a_src_longer_than_the_index_gets_zeros(method: str) -> None:
    index = ag.tensor([[0, 2, 1], [1, 0, 2]])
    more = ("prod",) if method == "scatter_reduce" else ()

    def write(x: Any, src: Any) -> Any:
        return getattr(x, method)(0, index, src, *more) ** 2

    x, src = leaf(data((3, 4))), leaf(data((4, 5), 1))
    gradcheck(write, [x, src], fast_mode=True)
    gradgradcheck(write, [x, src], fast_mode=True)
    write(x, src).sum().backward()
    assert not src.grad[2:].any()
    assert not src.grad[:, 3:].any()


@pytest.mark.parametrize("reduce, combine", [("add", np.add), ("multiply", np.multiply)])
def test_scatter_can_combine(reduce: str, combine: Any) -> None:
    index, x, src = ag.tensor([[0, 0, 2]]), leaf(data((3, 3))), leaf(data((1, 3), 1))
    expected = data((3, 3))
    combine.at(expected, ([0, 0, 2], [0, 1, 2]), data((1, 3), 1)[0])
    np.testing.assert_allclose(x.scatter(0, index, src, reduce=reduce).detach().numpy(), expected, rtol=1e-12)
    gradcheck(lambda x, s: x.scatter(0, index, s, reduce=reduce) ** 2, [x, src], fast_mode=True)
    y = x.detach().scatter(0, index, 2.0, reduce=reduce)
    combine.at(expected := data((3, 3)), ([0, 0, 2], [0, 1, 2]), 2.0)
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12)


# -- errors -----------------------------------------------------------------------------------------------------------

BAD = [
    (3, IndexError, "index: index 3 is out of range for size 3. Valid are -3 to 2"),
    ((0, -4), IndexError, "index: index -4 is out of range for size 3"),
    ((0, 0, 0, 0), IndexError, r"index: expected at most 3 indices for shape \(3, 3, 4\), got 4"),
    ((AT, TWICE), IndexError, r"expected index arrays that broadcast with each other, got \(2,\) and \(3,\)"),
    (MASK[0, :2], IndexError, r"index: expected a mask of shape \(3,\) at axis 0, got \(2,\)"),
    ((0, MASK), IndexError, r"index: expected a mask of shape \(3, 4\) at axis 1, got \(3, 3\)"),
    (1.0, IndexError, "index: expected ints, slices, None, Ellipsis, bool masks or integer index arrays, got float"),
    ("a", IndexError, "index: .* got str"),
    (np.array([0.0]), IndexError, "index: .* got an array of float64"),
    ([0.5], IndexError, "index: .* got an array of float64"),
    (
        np.array([1, 0], "uint8"),
        IndexError,
        "got an array of uint8. For a mask convert it to bool, for positions to int64",
    ),
    (slice(None, None, -1), ValueError, r"index: expected a positive step, got -1. Use flip\(\) to reverse"),
    ((0, slice(None, None, 0)), ValueError, "index: expected a positive step, got 0"),
    (slice(0, 1.5), TypeError, "slice indices must be integers"),
]


@pytest.mark.parametrize("index, kind, text", BAD, ids=[repr(i) for i, *_ in BAD])
def test_bad_indices(index: Any, kind: type[Exception], text: str) -> None:
    x, at = ag.zeros(*SHAPE), converted(index, ag.tensor)
    with pytest.raises(kind, match=text):
        x[at]
    with pytest.raises(kind, match=text):
        x[at] = 0.0


OUT_OF_RANGE = [
    ([0, 5], "index 5 is out of range for size 3 of axis 0. Valid: -3 to 2"),
    ((ALL, np.array([[0, -4]])), "index -4 is out of range for size 3 of axis 1"),
    ((1, np.array([3])), "index 3 is out of range for size 3 of axis 0"),
    ((AT, AT + 2), "index 3 is out of range for size 3 of axis 1"),
]


@pytest.mark.parametrize("index, text", OUT_OF_RANGE, ids=[repr(i) for i, _ in OUT_OF_RANGE])
def test_positions_out_of_range(index: Any, text: str) -> None:
    x, at = ag.zeros(*SHAPE), converted(index, ag.tensor)
    with raises_in_time(IndexError, text):
        x[at]
    with raises_in_time(IndexError, text):
        x[at] = 0.0


BAD_VALUES = [
    (0, np.zeros(2), ShapeError, r"__setitem__: expected a value that broadcasts to shape \(3, 4\), got \(2,\)"),
    (0, np.zeros((2, 3, 4)), ShapeError, r"broadcasts to shape \(3, 4\), got \(2, 3, 4\)"),
    (AT, np.zeros((3, 3, 4)), ShapeError, r"broadcasts to shape \(2, 3, 4\), got \(3, 3, 4\)"),
    (MASK[..., None] & np.ones(4, bool), np.zeros((2, 8)), ShapeError, r"broadcasts to shape \(16,\), got \(2, 8\)"),
    (0, 1j, TypeError, "__setitem__: expected a value that fits autograd.float32, got a complex number"),
]


@pytest.mark.parametrize("index, value, kind, text", BAD_VALUES)
def test_bad_values(index: Any, value: Any, kind: type[Exception], text: str) -> None:
    x = ag.zeros(*SHAPE)
    with pytest.raises(kind, match=text):
        x[index] = ag.tensor(value) if isinstance(value, np.ndarray) else value


def test_refused_writes() -> None:
    x = ag.ones(3, requires_grad=True)
    with pytest.raises(
        GraphError, match="__setitem__: expected a tensor that may change, got a leaf that requires grad"
    ):
        x[0] = 1.0
    with pytest.raises(GraphError, match="__setitem__: expected memory of its own, got an expanded tensor"):
        ag.zeros(1).expand(3)[1:] = 1.0
    with pytest.raises(
        DtypeError, match=r"index_put: expected values of autograd.float32, got autograd.int64. Cast them"
    ):
        ag.zeros(3).index_put((ag.tensor([0]),), ag.tensor([1]))
    with raises_in_time(IndexError, "index_put: index 3 is out of range for size 3"):
        ag.zeros(3).index_put((ag.tensor([3]),), ag.tensor([1.0]), True)
