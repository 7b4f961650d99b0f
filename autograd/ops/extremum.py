"""The largest and the smallest, their places, and who gets the gradient when several are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.errors import ShapeError
from autograd.formats import rows
from autograd.node import Variable
from autograd.op import op
from autograd.ops.arguments import axes_of, axis_of, numpy_names
from autograd.ops.bounds import maximum, minimum
from autograd.ops.out import into
from autograd.ops.reduction import count, restore
from autograd.ops.shape import _reshape

if TYPE_CHECKING:
    from autograd.tensor import Tensor


class ValuesIndices(NamedTuple):
    """Values found along an axis, and where they stood.

    Args:
        values: the values.
        indices: int64, their positions along the axis.

    Example:
        >>> ag.max(ag.tensor([3.0, 7.0]), 0).indices
        tensor(1)
    """

    values: Any
    indices: Any


class MinMax(NamedTuple):
    """The smallest and the largest value.

    Args:
        min: the smallest.
        max: the largest.

    Example:
        >>> ag.aminmax(ag.tensor([3.0, 7.0])).max
        tensor(7.)
    """

    min: Any
    max: Any


# -- picking one element along an axis, and putting it back -----------------------------------------------------------


@op
def pick(be: Any, x: Any, index: Any, *, axis: int) -> Any:
    """The elements at int64 positions along an axis; the index has as many axes as x."""
    return rows(be.xp.take_along_axis(x, index, axis))


@op
def put(be: Any, g: Any, index: Any, *, axis: int, size: int) -> Any:
    """Adds the elements at their positions along an axis of zeros: the gradient of ``pick``."""
    out = be.xp.zeros(g.shape[:axis] + (size,) + g.shape[axis + 1 :], g.dtype)
    return be.scatter_add_(out, index, g, axis)


pick.grad(x=lambda g, x_shape, index, *, axis: put(g, index, axis=axis, size=x_shape[axis]))
put.grad(g=lambda g, index, *, axis, size: pick(g, index, axis=axis))


# -- ties share the gradient ------------------------------------------------------------------------------------------


@op
def _even(be: Any, x: Any, y: Any, *, axes: tuple[int, ...]) -> Any:
    """1/k at each of the k places where x equals its extremum y, else 0: how ties share a gradient."""
    here = ((x == y) | ((x != x) & (y != y))).astype(x.dtype)
    return here / here.sum(axes, keepdims=True)


def _tied(g: Any, x: Any, y: Any, *, axes: tuple[int, ...], keepdim: bool) -> Any:
    y = restore(y, x.shape, axes, keepdim)
    return restore(g, x.shape, axes, keepdim) * _even(x, y, axes=axes)


@op(complex="refused")
def _amax(be: Any, x: Any, *, axes: tuple[int, ...], keepdim: bool) -> Any:
    return rows(x.max(axes, keepdims=keepdim))


@op(complex="refused")
def _amin(be: Any, x: Any, *, axes: tuple[int, ...], keepdim: bool) -> Any:
    return rows(x.min(axes, keepdims=keepdim))


_amax.grad(x=_tied)
_amin.grad(x=_tied)


def _axes(name: str, input: Tensor, dim: Any) -> tuple[int, ...]:
    """The axes to reduce, of which none may be empty."""
    axes = axes_of(name, dim, input.raw.ndim)
    if not count(input.raw.shape, axes):
        raise ShapeError(f"{name}: expected at least one element to choose from, got shape {tuple(input.raw.shape)}")
    return axes


@numpy_names
def amax(input: Tensor, dim: Any = (), keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The largest element along axes. Equal ones share the gradient.

    Args:
        input: any shape and real dtype.
        dim: an axis, several, or () for all.
        keepdim: keep the reduced axes with size 1.
        out: a tensor for the result.

    Returns:
        A tensor of the shape without the reduced axes.

    Raises:
        IndexError: no such axis.
        ShapeError: there is no element to choose from.

    Example:
        >>> ag.amax(ag.tensor([[1.0, 5.0], [7.0, 2.0]]), 1)
        tensor([5., 7.])
    """
    return into(out, _amax(input, axes=_axes("amax", input, dim), keepdim=keepdim), "amax")


@numpy_names
def amin(input: Tensor, dim: Any = (), keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The smallest element along axes. Equal ones share the gradient.

    Args:
        input: any shape and real dtype.
        dim: an axis, several, or () for all.
        keepdim: keep the reduced axes with size 1.
        out: a tensor for the result.

    Returns:
        A tensor of the shape without the reduced axes.

    Raises:
        IndexError: no such axis.
        ShapeError: there is no element to choose from.

    Example:
        >>> ag.amin(ag.tensor([[1.0, 5.0], [7.0, 2.0]]), 1)
        tensor([1., 2.])
    """
    return into(out, _amin(input, axes=_axes("amin", input, dim), keepdim=keepdim), "amin")


@numpy_names
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False, out: Any = None) -> MinMax:
    """The smallest and the largest element, of all or along an axis. Equal ones share the gradient.

    Args:
        input: any shape and real dtype.
        dim: an axis, or None for all.
        keepdim: keep the reduced axes with size 1.
        out: a pair of tensors for the result.

    Returns:
        ``(min, max)``, a named tuple of tensors of the shape without the reduced axes.

    Raises:
        IndexError: no such axis.
        ShapeError: there is no element to choose from.

    Example:
        >>> ag.aminmax(ag.tensor([1.0, 5.0, 3.0]))
        MinMax(min=tensor(1.), max=tensor(5.))
    """
    axes = _axes("aminmax", input, dim)
    found = _amin(input, axes=axes, keepdim=keepdim), _amax(input, axes=axes, keepdim=keepdim)
    return MinMax(*(found if out is None else (into(o, y, "aminmax") for o, y in zip(out, found, strict=True))))


# -- one of several gets the gradient ---------------------------------------------------------------------------------


@op(complex="refused")
def _argmax(be: Any, x: Any, *, axis: int) -> Any:
    return be.xp.argmax(x, axis, keepdims=True)


@op(complex="refused")
def _argmin(be: Any, x: Any, *, axis: int) -> Any:
    return be.xp.argmin(x, axis, keepdims=True)


def _along(name: str, position: Any, input: Tensor, dim: Any, keepdim: bool) -> ValuesIndices:
    """The extremum along one axis: its first place there, and the value."""
    shape = input.raw.shape or (1,)
    axis = axis_of(name, dim, input.raw.ndim)
    if not shape[axis]:
        raise ShapeError(f"{name}: expected at least one element along dim {dim}, got shape {tuple(shape)}")
    x = input if input.raw.ndim else _reshape(input, shape=(1,))
    index = position(x, axis=axis)
    values = pick(x, index, axis=axis)
    kept = keepdim and input.raw.ndim
    shape = shape[:axis] + ((1,) if kept else ()) + shape[axis + 1 :]
    return ValuesIndices(_reshape(values, shape=shape), _reshape(index, shape=shape))


@numpy_names
def max(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None) -> Any:
    """The largest element: of all, along an axis with its place, or of two tensors element by element.

    Args:
        input: any shape and real dtype.
        dim: None: the largest of all, equal ones sharing the gradient; an axis: the largest along it, the first of
            equal ones getting the gradient; a tensor: ``maximum(input, dim)``.
        keepdim: keep the reduced axis with size 1.
        other: the second tensor, by its name in PyTorch.
        out: a tensor, or along an axis a pair of them, for the result.

    Returns:
        A tensor; along an axis ``(values, indices)``, a named tuple.

    Raises:
        IndexError: no such axis.
        ShapeError: there is no element to choose from.

    Example:
        >>> x = ag.tensor([[1.0, 5.0], [7.0, 2.0]])
        >>> x.max(), x.max(1)
        (tensor(7.), ValuesIndices(values=tensor([5., 7.]), indices=tensor([1, 0])))
    """
    return _extremum("max", _amax, _argmax, maximum, input, dim if other is None else other, keepdim, out)


@numpy_names
def min(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None) -> Any:
    """The smallest element: of all, along an axis with its place, or of two tensors element by element.

    Args:
        input: any shape and real dtype.
        dim: None: the smallest of all, equal ones sharing the gradient; an axis: the smallest along it, the first of
            equal ones getting the gradient; a tensor: ``minimum(input, dim)``.
        keepdim: keep the reduced axis with size 1.
        other: the second tensor, by its name in PyTorch.
        out: a tensor, or along an axis a pair of them, for the result.

    Returns:
        A tensor; along an axis ``(values, indices)``, a named tuple.

    Raises:
        IndexError: no such axis.
        ShapeError: there is no element to choose from.

    Example:
        >>> x = ag.tensor([[1.0, 5.0], [7.0, 2.0]])
        >>> x.min(), x.min(1)
        (tensor(1.), ValuesIndices(values=tensor([1., 2.]), indices=tensor([0, 1])))
    """
    return _extremum("min", _amin, _argmin, minimum, input, dim if other is None else other, keepdim, out)


def _extremum(
    name: str, whole: Any, position: Any, pairwise: Any, input: Tensor, dim: Any, keepdim: bool, out: Any
) -> Any:
    """``max`` and ``min`` in all their forms."""
    if isinstance(dim, Variable):
        return into(out, pairwise(input, dim), name)
    if dim is None:
        return into(out, whole(input, axes=_axes(name, input, None), keepdim=False), name)
    found = _along(name, position, input, dim, keepdim)
    if out is None:
        return found
    return ValuesIndices(into(out[0], found.values, name), into(out[1], found.indices, name))


@numpy_names
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Where the largest element is: in the flattened tensor, or along an axis; the first of equal ones.

    Args:
        input: any shape and real dtype.
        dim: an axis, or None for the flattened tensor.
        keepdim: keep the reduced axes with size 1.
        out: a tensor for the result.

    Returns:
        An int64 tensor of the shape without the reduced axes.

    Raises:
        IndexError: no such axis.
        ShapeError: there is no element to choose from.

    Example:
        >>> x = ag.tensor([[1.0, 5.0], [7.0, 2.0]])
        >>> ag.argmax(x), ag.argmax(x, 1)
        (tensor(2), tensor([1, 0]))
    """
    return into(out, _place("argmax", _argmax, input, dim, keepdim), "argmax")


@numpy_names
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Tensor | None = None) -> Tensor:
    """Where the smallest element is: in the flattened tensor, or along an axis; the first of equal ones.

    Args:
        input: any shape and real dtype.
        dim: an axis, or None for the flattened tensor.
        keepdim: keep the reduced axes with size 1.
        out: a tensor for the result.

    Returns:
        An int64 tensor of the shape without the reduced axes.

    Raises:
        IndexError: no such axis.
        ShapeError: there is no element to choose from.

    Example:
        >>> x = ag.tensor([[1.0, 5.0], [7.0, 2.0]])
        >>> ag.argmin(x), ag.argmin(x, 1)
        (tensor(0), tensor([0, 1]))
    """
    return into(out, _place("argmin", _argmin, input, dim, keepdim), "argmin")


def _place(name: str, position: Any, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    """``argmax`` and ``argmin``."""
    _axes(name, input, dim)
    shape = input.raw.shape
    if dim is None:
        axis, x = 0, _reshape(input, shape=(input.raw.size,))
        kept = (1,) * len(shape) if keepdim else ()
    else:
        axis, x = axis_of(name, dim, len(shape)), input if shape else _reshape(input, shape=(1,))
        kept = shape[:axis] + ((1,) if keepdim and shape else ()) + shape[axis + 1 :]
    return _reshape(position(x, axis=axis), shape=kept)
