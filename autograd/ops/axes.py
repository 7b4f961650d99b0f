"""The order of the axes: transposed and permuted views."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from autograd.errors import ShapeError
from autograd.formats import inverse
from autograd.op import op
from autograd.ops.arguments import axes_of, axis_of, sizes
from autograd.ops.complex import conj
from autograd.ops.shape import rearrange_

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op(view=True)
def _permute(be: Any, x: Any, *, axes: tuple[int, ...]) -> Any:
    return x.transpose(axes)


_permute.grad(x=lambda g, *, axes: _permute(g, axes=inverse(axes)))


def permute(input: Tensor, *args: Any, dims: Any = None) -> Tensor:
    """The axes in another order, as a view.

    Args:
        input: shape (s_0, ..., s_{n-1}).
        args, dims: each axis once, one by one or as one sequence; negative ones count from the end.

    Returns:
        A view of shape (s_{dims[0]}, s_{dims[1]}, ...).

    Raises:
        ShapeError: an axis is missing or repeated.

    Example:
        >>> ag.zeros(2, 3, 4).permute(2, 0, 1).shape
        Size([4, 2, 3])
    """
    order = sizes(args if dims is None else dims)
    if len(order) != input.raw.ndim:
        raise ShapeError(f"permute: expected each of the {input.raw.ndim} axes once, got {order}")
    return _permute(input, axes=_ordered(order, input.raw.ndim))


@lru_cache(1024)
def _ordered(order: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    return axes_of("permute", order, ndim)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged, as a view.

    Args:
        input: any shape.
        dim0, dim1: the axes.

    Returns:
        A view with the two sizes exchanged.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.zeros(2, 3).transpose(0, 1).shape
        Size([3, 2])
    """
    return _permute(input, axes=_exchanged("transpose", input.raw.ndim, dim0, dim1))


def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """``transpose``, of the tensor itself; returns it.

    Args:
        input: any shape.
        dim0, dim1: the axes.

    Returns:
        ``input``.

    Example:
        >>> x = ag.zeros(2, 3); x.transpose_(0, 1).shape
        Size([3, 2])
    """
    return rearrange_(input, "transpose_", _permute, axes=_exchanged("transpose_", input.raw.ndim, dim0, dim1))


@lru_cache(1024)
def _exchanged(name: str, ndim: int, dim0: int, dim1: int) -> tuple[int, ...]:
    axes = list(range(ndim)) or [0]
    a, b = axis_of(name, dim0, ndim), axis_of(name, dim1, ndim)
    axes[a], axes[b] = axes[b], axes[a]
    return tuple(axes[:ndim])


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """Two axes exchanged, as a view; ``transpose`` under NumPy's name.

    Args:
        input: any shape.
        axis0, axis1: the axes.

    Returns:
        A view with the two sizes exchanged.

    Example:
        >>> ag.zeros(2, 3).swapaxes(0, 1).shape
        Size([3, 2])
    """
    return transpose(input, axis0, axis1)


def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged, as a view; the same as ``transpose``.

    Args:
        input: any shape.
        dim0, dim1: the axes.

    Returns:
        A view with the two sizes exchanged.

    Example:
        >>> ag.zeros(2, 3).swapdims(0, 1).shape
        Size([3, 2])
    """
    return transpose(input, dim0, dim1)


def t(input: Tensor) -> Tensor:
    """A matrix transposed, as a view; 0-d and 1-d tensors stay as they are.

    Args:
        input: at most two axes.

    Returns:
        A view with the axes reversed.

    Raises:
        ShapeError: there are more than two axes.

    Example:
        >>> ag.zeros(2, 3).t().shape
        Size([3, 2])
    """
    return _permute(input, axes=_reversed("t", input.raw.ndim))


def t_(input: Tensor) -> Tensor:
    """``t``, of the tensor itself; returns it.

    Args:
        input: at most two axes.

    Returns:
        ``input``.

    Example:
        >>> x = ag.zeros(2, 3); x.t_().shape
        Size([3, 2])
    """
    return rearrange_(input, "t_", _permute, axes=_reversed("t_", input.raw.ndim))


@lru_cache(64)
def _reversed(name: str, ndim: int) -> tuple[int, ...]:
    if ndim > 2:
        raise ShapeError(f"{name}: expected at most 2 axes, got {ndim}. Use mT for batches of matrices, or permute()")
    return tuple(range(ndim))[::-1]


def T(input: Tensor) -> Tensor:
    """All axes reversed, as a view: the transpose of a matrix.

    Args:
        input: any shape.

    Returns:
        A view of the reversed shape.

    Example:
        >>> ag.zeros(2, 3).T.shape
        Size([3, 2])
    """
    return _permute(input, axes=tuple(range(input.raw.ndim - 1, -1, -1)))


def mT(input: Tensor) -> Tensor:
    """The last two axes exchanged, as a view: every matrix of a batch transposed.

    Args:
        input: shape (..., m, n).

    Returns:
        A view of shape (..., n, m).

    Raises:
        ShapeError: there are fewer than two axes.

    Example:
        >>> ag.zeros(5, 2, 3).mT.shape
        Size([5, 3, 2])
    """
    return _permute(input, axes=_matrix_axes("mT", input.raw.ndim))


@lru_cache(64)
def _matrix_axes(name: str, ndim: int) -> tuple[int, ...]:
    if ndim < 2:
        raise ShapeError(f"{name}: expected matrices, got {ndim} axes. Use unsqueeze() first")
    return (*range(ndim - 2), ndim - 1, ndim - 2)


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Axes moved to other places, as a view; the rest keeps its order.

    Args:
        input: any shape.
        source: the axis or axes to move.
        destination: where each goes.

    Returns:
        A view with the axes in the new order.

    Raises:
        ShapeError: the two differ in length, or name an axis twice.

    Example:
        >>> ag.zeros(2, 3, 4).movedim(0, -1).shape
        Size([3, 4, 2])
    """
    ndim = input.raw.ndim
    from_, to = (axes_of("movedim", d, ndim) if d != () else () for d in (source, destination))
    if len(from_) != len(to):
        raise ShapeError(f"movedim: expected as many destinations as sources, got {source} and {destination}")
    rest = iter(a for a in range(ndim) if a not in from_)
    came = dict(zip(to, from_, strict=True))
    return _permute(input, axes=tuple(came[i] if i in came else next(rest) for i in range(ndim)))


def moveaxis(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Axes moved to other places, as a view; ``movedim`` under NumPy's name.

    Args:
        input: any shape.
        source: the axis or axes to move.
        destination: where each goes.

    Returns:
        A view with the axes in the new order.

    Example:
        >>> ag.zeros(2, 3, 4).moveaxis(0, -1).shape
        Size([3, 4, 2])
    """
    return movedim(input, source, destination)


# -- conjugate transposes ---------------------------------------------------------------------------------------------


def H(input: Tensor) -> Tensor:
    """The conjugate transpose of a matrix; for a real one a view.

    Args:
        input: shape (m, n).

    Returns:
        Shape (n, m).

    Raises:
        ShapeError: not a matrix.

    Example:
        >>> ag.zeros(2, 3).H.shape
        Size([3, 2])
    """
    if input.raw.ndim != 2:
        raise ShapeError(f"H: expected a matrix, got shape {tuple(input.raw.shape)}. Use mH for batches of matrices")
    return mH(input)


def mH(input: Tensor) -> Tensor:
    """The conjugate transposes of matrices; for real ones a view.

    Args:
        input: shape (..., m, n).

    Returns:
        Shape (..., n, m).

    Raises:
        ShapeError: there are fewer than two axes.

    Example:
        >>> ag.zeros(5, 2, 3).mH.shape
        Size([5, 3, 2])
    """
    y = _permute(input, axes=_matrix_axes("mH", input.raw.ndim))
    return conj(y)


def adjoint(input: Tensor) -> Tensor:
    """The conjugate transposes of matrices; the same as ``mH``.

    Args:
        input: shape (..., m, n).

    Returns:
        Shape (..., n, m).

    Example:
        >>> ag.zeros(5, 2, 3).adjoint().shape
        Size([5, 3, 2])
    """
    return mH(input)
