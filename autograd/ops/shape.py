"""Views and rearrangements: what changes the shape and not the values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.errors import ShapeError
from autograd.op import op
from autograd.ops.arguments import axis_of, axes_of, sizes

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- the rearrangements themselves ------------------------------------------------------------------------------------


@op(view=True)
def identity(be: Any, x: Any) -> Any:
    """The same values, as a node of its own."""
    return x.view()


identity.grad(x=lambda g: g)


@op
def sum_to(be: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which ``shape`` was broadcast: the gradient of broadcasting."""
    lead = x.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(i + lead for i, n in enumerate(shape) if n == 1 and x.shape[i + lead] != 1)
    return x.sum(axes, keepdims=True).reshape(shape)


sum_to.grad(x=lambda g, x_shape, *, shape: _expand(_reshape(g, shape=_aligned(shape, len(x_shape))), shape=x_shape))


def _aligned(shape: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    return (1,) * (ndim - len(shape)) + shape


@op(view=True)
def _expand(be: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    return be.xp.broadcast_to(x, shape)


_expand.grad(x=lambda g, x_shape, **p: sum_to(g, shape=x_shape))


@op(view=True)
def _reshape(be: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    return x.reshape(shape)


_reshape.grad(x=lambda g, x_shape, **p: _reshape(g, shape=x_shape))


@op(view=True)
def _permute(be: Any, x: Any, *, axes: tuple[int, ...]) -> Any:
    return x.transpose(axes)


_permute.grad(x=lambda g, *, axes: _permute(g, axes=inverse(axes)))


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes ``axes``."""
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


# -- public -----------------------------------------------------------------------------------------------------------


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same values in another shape: a view where the memory allows it, else a copy.

    Args:
        input: any shape and dtype.
        shape: sizes with the same product; one may be -1 and is then inferred.

    Returns:
        A tensor of shape ``shape``.

    Raises:
        ShapeError: the product differs.

    Example:
        >>> ag.arange(6).reshape(2, -1).shape
        Size([2, 3])
    """
    return _reshape(input, shape=resolve_shape("reshape", input.raw.size, sizes(shape)))


def resolve_shape(name: str, size: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """``shape`` with its -1 inferred, checked to hold ``size`` elements."""
    known = 1
    for n in shape:
        known *= n if n >= 0 else 1
    unknown = [i for i, n in enumerate(shape) if n < 0]
    if len(unknown) == 1 and shape[unknown[0]] == -1 and known and size % known == 0:
        at = unknown[0]
        return (*shape[:at], size // known, *shape[at + 1 :])
    if unknown or known != size:
        raise ShapeError(f"{name}: expected sizes that hold {size} elements (at most one -1), got {tuple(shape)}")
    return shape


def permute(input: Tensor, *dims: Any) -> Tensor:
    """The axes in another order, as a view.

    Args:
        input: shape (s_0, ..., s_{n-1}).
        dims: each axis once; negative ones count from the end.

    Returns:
        A view of shape (s_{dims[0]}, s_{dims[1]}, ...).

    Raises:
        ShapeError: an axis is missing or repeated.

    Example:
        >>> ag.zeros(2, 3, 4).permute(2, 0, 1).shape
        Size([4, 2, 3])
    """
    axes = axes_of("permute", sizes(dims), input.raw.ndim)
    if len(axes) != input.raw.ndim:
        raise ShapeError(f"permute: expected every one of {input.raw.ndim} axes once, got {sizes(dims)}")
    return _permute(input, axes=axes)


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
    ndim = input.raw.ndim
    axes = list(range(ndim)) or [0]
    a, b = axis_of("transpose", dim0, ndim), axis_of("transpose", dim1, ndim)
    axes[a], axes[b] = axes[b], axes[a]
    return _permute(input, axes=tuple(axes[:ndim]))


def expand(input: Tensor, *size: Any) -> Tensor:
    """Axes of size 1 repeated without copying, as a view; new axes may be put in front.

    Args:
        input: any shape.
        size: the sizes wanted; -1 keeps an axis.

    Returns:
        A view of shape ``size`` whose repeated elements share memory.

    Raises:
        ShapeError: an axis of another size than 1 would have to change.

    Example:
        >>> ag.zeros(3, 1).expand(2, -1, 4).shape
        Size([2, 3, 4])
    """
    wanted, have = sizes(size), _aligned(input.raw.shape, len(sizes(size)))
    if len(have) > len(wanted):
        raise ShapeError(f"expand: expected at least {len(have)} sizes for shape {input.raw.shape}, got {wanted}")
    lead = len(wanted) - input.raw.ndim
    shape = tuple(h if n == -1 and i >= lead else n for i, (n, h) in enumerate(zip(wanted, have, strict=True)))
    if any(n < 0 or (h not in (1, n)) for n, h in zip(shape, have, strict=True)):
        raise ShapeError(f"expand: expected sizes equal to {tuple(input.raw.shape)} or expanding its ones, got {wanted}")
    return _expand(input, shape=shape)
