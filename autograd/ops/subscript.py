"""Square brackets: ``x[...]`` and ``x[...] = y`` with ints, slices, None, Ellipsis, masks, index arrays and mixtures.

An index is taken in two steps, as PyTorch does it. The basic part (ints, slices, None, Ellipsis) is a view. The fancy
part (bool masks, integer arrays) gathers from that view; its arrays broadcast with each other, and stand where they
stood if they were neighbours, in front otherwise. So an int between arrays does not count as one of them, which is
where PyTorch and NumPy differ.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from operator import index as as_int
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import ArgumentError, DeviceError, DtypeError, ShapeError
from autograd.formats import rows
from autograd.grad_mode import mode
from autograd.inplace import check_writable, history, inplace
from autograd.node import Variable
from autograd.op import op, refresh, wrap, written
from autograd.ops.arguments import index_of
from autograd.ops.shape import _reshape
from autograd.ops.views import _slice

if TYPE_CHECKING:
    from autograd.tensor import Tensor

_ALL = slice(None)
_BOOLS = (bool, np.bool_)
_BOUNDS = (int, type(None))

# -- the operations ---------------------------------------------------------------------------------------------------


@op
def _at(be: Any, x: Any, *, fancy: tuple[Any, ...]) -> Any:
    """The elements of x at index arrays or a mask."""
    return rows(x[fancy])  # NumPy lays the picked axis first in memory


@op
def _spread(be: Any, x: Any, *, fancy: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Zeros of ``shape`` with every element of x added at its place: the gradient of ``_at``."""
    y = be.xp.zeros(shape, x.dtype)
    if any(_is_mask(i) for i in fancy):
        y[fancy] = x  # a mask names no place twice
        return y
    return be.index_add_(y, fancy, x)


def _is_mask(item: Any) -> bool:
    return hasattr(item, "dtype") and item.dtype.kind == "b"


_at.grad(x=lambda g, x_shape, *, fancy: _spread(g, fancy=fancy, shape=x_shape))
_spread.grad(x=lambda g, *, fancy, shape: _at(g, fancy=fancy))


@op
def _put(be: Any, x: Any, value: Any, *, basic: Any, fancy: Any) -> Any:
    """A copy of x with ``value`` at an index."""
    y = be.xp.array(x, order="C")  # an array even of the scalar that NumPy makes of a 0-d gradient
    _assign(y, value, basic, fancy)
    return y


def _assign(y: Any, value: Any, basic: Any, fancy: Any) -> None:
    """``y[index] = value`` on raw arrays."""
    part = y if basic is None else y[basic]
    if fancy is not None and _is_mask(fancy[0]) and fancy[0].ndim == part.ndim and getattr(value, "ndim", 0) > 1:
        value = value.reshape(value.shape[-1:])  # axes of size 1 in front, which NumPy does not take here
    part[... if fancy is None else fancy] = value


def _region(g: Any, shape: tuple[int, ...], basic: Any, fancy: Any) -> Any:
    """The gradient of a value that was assigned: g there, with the axes of size 1 in front that the value had."""
    part = g if basic is None else _slice(g, index=basic)
    part = part if fancy is None else _at(part, fancy=fancy)
    missing = len(shape) - len(part.shape)
    return _reshape(part, shape=(1,) * missing + tuple(part.shape)) if missing > 0 else part


_put.grad(
    x=lambda g, **p: _put(g, 0, **p),
    value=lambda g, value_shape, *, basic, fancy: _region(g, value_shape, basic, fancy),
)


@op
def _put_add(be: Any, x: Any, value: Any, *, fancy: tuple[Any, ...]) -> Any:
    """A copy of x with ``value`` added at index arrays, as often as a place is named."""
    return be.index_add_(be.xp.array(x), fancy, value)


_put_add.grad(x=lambda g, **p: g, value=lambda g, value_shape, *, fancy: _region(g, value_shape, None, fancy))

# -- understanding an index -------------------------------------------------------------------------------------------


def _items(index: Any) -> Sequence[Any]:
    """The index as a sequence of one item per entry in the brackets."""
    if type(index) is tuple:
        return index
    if type(index) is list and _stands_for_tuple(index):
        warnings.warn(
            "index: a list with slices, None, tensors or lists in it is taken as a tuple, x[tuple(list)], and will be "
            "an index array one day. Write x[tuple(list)], or x[torch.tensor(list)] for an index array",
            UserWarning,
            stacklevel=4,
        )
        return index
    return (index,)


def _stands_for_tuple(index: list[Any]) -> bool:
    return len(index) < 32 and any(
        i is None or i is Ellipsis or isinstance(i, (slice, Variable, list, tuple, np.ndarray)) for i in index
    )


def _understood(item: Any, be: Any) -> Any:
    """One item as an int, slice, None, Ellipsis, bool, or an integer or bool array with at least one axis."""
    if item is None or item is Ellipsis or isinstance(item, _BOOLS):
        return item
    if isinstance(item, slice):
        if item.step is not None and as_int(item.step) <= 0:
            raise ArgumentError(f"index: expected a positive step, got {item.step}. Use flip() to reverse")
        if isinstance(item.start, Variable) or isinstance(item.stop, Variable):
            return slice(*[n if n is None else as_int(n) for n in (item.start, item.stop, item.step)])
        return item
    if isinstance(item, Variable):
        array = item.raw if item.backend is be else be.asarray(item.backend.to_numpy(item.raw))
    elif isinstance(item, (list, tuple, range, np.ndarray)) or hasattr(item, "__cuda_array_interface__"):
        array = be.asarray(item) if len(item) or isinstance(item, np.ndarray) else be.xp.empty(0, np.int64)
    else:
        try:
            return as_int(item)
        except TypeError:
            raise _unusable(type(item).__name__) from None
    kind = array.dtype
    if kind.kind != "i" and kind.kind != "b":
        raise _unusable(f"an array of {kind}")
    if not array.ndim:
        return array.item()
    return array


def _unusable(what: str) -> IndexError:
    hint = ". For a mask convert it to bool, for positions to int64" if "uint8" in what else ""
    return IndexError(
        f"index: expected ints, slices, None, Ellipsis, bool masks or integer index arrays, got {what}{hint}"
    )


def _plain(index: Any) -> tuple[Any, ...] | None:
    """An index of ints, slices of ints, None and Ellipsis as NumPy takes it, still to be checked; None for any other."""
    items = index if type(index) is tuple else (index,)
    rest = False
    for item in items:
        kind = type(item)
        if kind is slice:
            if item.step is not None or not (type(item.start) in _BOUNDS and type(item.stop) in _BOUNDS):
                return None
        elif item is Ellipsis and not rest:
            rest = True
        elif kind is not int and item is not None:
            return None
    return items if rest else (*items, ...)


def understand(index: Any, shape: tuple[int, ...], be: Any) -> tuple[Any, Any]:
    """The two parts of an index into an array of ``shape``, each None where there is none.

    Raises:
        IndexError: too many entries, a position out of range, a mask of another shape, or no index at all.
        ValueError: a negative step.
    """
    if type(index) is int and shape:
        return (index_of("index", index, shape[0]), ...), None
    items = [_understood(item, be) for item in _items(index)]
    free = len(shape) - sum(_consumed(item) for item in items)
    if free < 0:
        raise IndexError(f"index: expected at most {len(shape)} indices for shape {tuple(shape)}, got {len(items)}")
    basic: list[Any] = []  # one entry per axis of x, and one per axis that None or a bool adds
    fancy: list[Any] = []  # one entry per axis of the view x[basic]
    axis, viewing, gathering = 0, False, False
    for item in items:
        if item is Ellipsis:
            basic += [_ALL] * free
            fancy += [_ALL] * free
            axis, free = axis + free, 0
        elif item is None or isinstance(item, _BOOLS):
            basic.append(None)
            fancy.append(_ALL if item is None else be.xp.zeros(int(item), np.int64))
            viewing, gathering = True, gathering or item is not None
        elif isinstance(item, slice):
            basic.append(item)
            fancy.append(_ALL)
            axis, viewing = axis + 1, viewing or item != _ALL
        elif isinstance(item, int):
            basic.append(index_of("index", item, shape[axis]))
            axis, viewing = axis + 1, True
        else:
            count = _consumed(item)
            if _is_mask(item) and item.shape != tuple(shape[axis : axis + count]):
                raise IndexError(
                    f"index: expected a mask of shape {tuple(shape[axis : axis + count])} at axis {axis}, "
                    f"got {tuple(item.shape)}"
                )
            if be.name == "cuda" and not _is_mask(item):  # where a position out of range is no error but another one
                be.check_positions(item, -shape[axis], shape[axis])
            basic += [_ALL] * count
            fancy.append(item)
            axis, gathering = axis + count, True
    if not gathering:
        return (*basic, ...), None
    return (*basic, ...) if viewing else None, _without_masks(fancy, be)


def _consumed(item: Any) -> int:
    """How many axes of x an item is for."""
    if item is None or item is Ellipsis or isinstance(item, _BOOLS):
        return 0
    return item.ndim if _is_mask(item) else 1


def _without_masks(fancy: list[Any], be: Any) -> tuple[Any, ...]:
    """Masks among index arrays as index arrays; a mask alone stays one."""
    if sum(not isinstance(i, slice) for i in fancy) == 1:
        return tuple(fancy)
    out: list[Any] = []
    for i in fancy:
        out += be.xp.nonzero(i) if _is_mask(i) else [i]
    return tuple(out)


def _explained(name: str, error: Exception, shape: tuple[int, ...], fancy: tuple[Any, ...]) -> Exception:
    """What is wrong with index arrays that NumPy refused."""
    axis, shapes = 0, []
    for i in fancy:
        if not isinstance(i, slice) and not _is_mask(i):
            shapes.append(tuple(i.shape))
            n = shape[axis]
            if i.size and (i.min() < -n or i.max() >= n):
                wrong = int(i.max()) if i.max() >= n else int(i.min())
                return IndexError(
                    f"{name}: index {wrong} is out of range for size {n} of axis {axis}. Valid: {-n} to {n - 1}"
                )
        axis += 1 if isinstance(i, slice) or not _is_mask(i) else i.ndim
    if len(shapes) > 1 and "could not be broadcast together" in str(error):
        return IndexError(
            f"{name}: expected index arrays that broadcast with each other, got {' and '.join(map(str, shapes))}"
        )
    return ShapeError(f"{name}: {error}")


def _kept(fancy: Any) -> Any:
    """Index arrays that later writes cannot reach."""
    return None if fancy is None else tuple([i if isinstance(i, slice) else i.copy() for i in fancy])


# -- reading ----------------------------------------------------------------------------------------------------------


def getitem(input: Tensor, index: Any) -> Tensor:
    """``input[index]``: a view for ints, slices, None and Ellipsis, a copy where masks or index arrays take part.

    Args:
        input: any shape.
        index: as in NumPy, with PyTorch's rules for ints beside index arrays.

    Returns:
        The part of ``input``.

    Raises:
        IndexError: too many indices, one out of range, or a mask of another shape.
        ValueError: a negative step.

    Example:
        >>> x = ag.arange(6).view(2, 3); x[:, 1], x[x > 3], x[0, [0, 2]]
        (tensor([1, 4]), tensor([4, 5]), tensor([0, 2]))
    """
    plain = (index, ...) if type(index) is int else _plain(index)
    if plain is not None:
        try:
            return _slice(input, index=plain)
        except IndexError:
            pass  # the long way round says why
    basic, fancy = understand(index, input.raw.shape, input.backend)
    part = input if basic is None else _slice(input, index=basic)
    if fancy is None:
        return part
    try:
        return _at(part, fancy=_kept(fancy) if history(input) else fancy)
    except (IndexError, ValueError) as error:
        raise _explained("__getitem__", error, part.raw.shape, fancy) from None


# -- writing ----------------------------------------------------------------------------------------------------------


def setitem(input: Tensor, index: Any, value: Any) -> None:
    """``input[index] = value``, in place; gradients flow to what is kept of ``input`` and to ``value``.

    Args:
        input: any shape.
        index: as in ``getitem``.
        value: a tensor, array or number that broadcasts to the part; it is cast to the dtype of ``input``.

    Raises:
        GraphError: ``input`` is a leaf that requires grad, or has elements that share memory.
        IndexError: as in ``getitem``.
        ShapeError: the value does not broadcast.

    Example:
        >>> x = ag.zeros(3); x[1:] = ag.tensor([1.0, 2.0]); x
        tensor([0., 1., 2.])
    """
    _write(input, index, value, "__setitem__")


def _write(x: Any, index: Any, value: Any, name: str) -> None:
    be = x.backend
    basic, fancy = understand(index, x.raw.shape, be)
    value = _fitting(x, value, name)
    if fancy is None and _is_part(x, x.raw[basic], value):
        return  # the end of x[i] += y, which has written already
    check_writable(x, name)
    node = None
    if history(x, value):
        nodes = [t.node if t.alias is None else refresh(t) for t in (x, value)]
        params = {"basic": basic, "fancy": _kept(fancy)}
        needs = (nodes[0] is not None) | (nodes[1] is not None) << 1
        arrays, stamps = [x.raw, value.raw, x.raw], [x.stamp, value.stamp, x.stamp]
        node = _put.op.record(needs, nodes, arrays, stamps, params, x.raw.shape, be)
    try:
        _assign(x.raw, value.raw, basic, fancy)
    except (IndexError, ValueError) as error:
        raise _refused(name, error, x.raw, basic, fancy, value.raw.shape) from None
    written(x, name, node, track=bool(mode().enabled))


def _refused(name: str, error: Exception, raw: Any, basic: Any, fancy: Any, shape: tuple[int, ...]) -> Exception:
    """What is wrong with an assignment that NumPy refused: the index, or the shape of the value."""
    part = raw if basic is None else raw[basic]
    try:
        wanted = (part if fancy is None else part[fancy]).shape
    except (IndexError, ValueError):
        return _explained(name, error, part.shape, fancy)
    return ShapeError(f"{name}: expected a value that broadcasts to shape {tuple(wanted)}, got {tuple(shape)}")


def _fitting(x: Any, value: Any, name: str) -> Any:
    """The value as a tensor of the dtype and on the device of x."""
    be, dtype = x.backend, x.raw.dtype
    if not isinstance(value, Variable):
        if isinstance(value, complex) and dtype.kind != "c":
            raise TypeError(f"{name}: expected a value that fits {x.dtype}, got a complex number")
        return wrap(be.asarray(value, dtype), be)
    if value.backend is not be:
        if value.raw.ndim:
            raise DeviceError(
                f"{name}: expected a value on {x.device}, got one on another device. Move it with .to(device)"
            )
        value = value.to(x.device)  # type: ignore[attr-defined]
    return value if value.raw.dtype == dtype else value.to(x.dtype)


def _is_part(x: Any, part: Any, value: Any) -> bool:
    """Whether ``value`` is that part of x itself: another view of the same tensor on the same memory."""
    if value.alias is None or value._base is not (x if x.alias is None else x._base):
        return False
    same = (part.shape, part.strides) == (value.raw.shape, value.raw.strides)
    return same and bool(wrap(part, x.backend).data_ptr() == value.data_ptr())


def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of ``input`` with ``values`` at positions given by index tensors: ``out[indices] = values``.

    Args:
        input: any shape.
        indices: a sequence of integer or bool tensors (or None), one per axis from the first on.
        values: a tensor that broadcasts to ``input[indices]``, of the dtype of ``input``.
        accumulate: add instead, as often as a position is named.

    Returns:
        A tensor like ``input``.

    Raises:
        IndexError: an index is out of range.
        ShapeError: the values do not broadcast.
        DtypeError: the values have another dtype.

    Example:
        >>> ag.zeros(3).index_put((ag.tensor([0, 0, 2]),), ag.tensor(1.0), accumulate=True)
        tensor([2., 0., 1.])
    """
    fancy = _from_tensors(input, indices, values)
    try:
        return _put_add(input, values, fancy=fancy) if accumulate else _put(input, values, basic=None, fancy=fancy)
    except (IndexError, ValueError) as error:
        raise _refused("index_put", error, input.raw, None, fancy, values.raw.shape) from None


def _from_tensors(x: Any, indices: Any, values: Any) -> tuple[Any, ...]:
    if values.raw.dtype != x.raw.dtype:
        raise DtypeError(f"index_put: expected values of {x.dtype}, got {values.dtype}. Cast them with .to()")
    items = tuple(_ALL if i is None else i for i in indices)
    return _kept(understand(items, x.raw.shape, x.backend)[1])


_accumulate_ = inplace(index_put)


def index_put_(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """``index_put``, written into the tensor itself; returns it.

    Args:
        input: any shape.
        indices, values, accumulate: as in ``index_put``.

    Returns:
        ``input``.

    Example:
        >>> x = ag.zeros(3); x.index_put_((ag.tensor([0, 2]),), ag.tensor(1.0))
        tensor([1., 0., 1.])
    """
    if accumulate:
        return _accumulate_(input, indices, values, True)
    _from_tensors(input, indices, values)
    _write(input, tuple(_ALL if i is None else i for i in indices), values, "index_put_")
    return input
