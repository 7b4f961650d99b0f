"""The order of elements in memory: large copies are shared among threads."""

from __future__ import annotations

from math import prod

from backends.cpu.results import empty, empty_like
from backends.cpu.runtime import FLOATS, Kernels
from backends.protocol import Array, Backend

_kernels = Kernels("layout")
_COPY_FROM = 1 << 15  # elements; below, NumPy is as quick
_AXES = 4  # that the kernel knows


def contiguous(a: Array) -> Array:
    """``a``, copied to row-major order where it is in another; unlike np.ascontiguousarray it leaves 0-d arrays 0-d.

    Args:
        a: array of any strides.

    Returns:
        The array itself, or the copy.

    Example:
        >>> import numpy as np
        >>> contiguous(np.zeros((2, 3)).T).flags.c_contiguous
        True
    """
    if a.flags.c_contiguous:
        return a
    if a.size < _COPY_FROM or a.dtype.char not in FLOATS:
        return a.copy(order="C")
    turned = _turned(a)
    if turned is not None:
        y = empty(a.shape, a.dtype)
        _kernels.turn(a.size)(turned, y.reshape(turned.shape[0], turned.shape[2], turned.shape[1]))
        return y
    size = a.itemsize
    if (
        not 1 < a.ndim <= _AXES
        or a.shape[-1] == 1
        or a.strides[-1] != size
        or any(stride % size for stride in a.strides)
    ):
        return a.copy(order="C")
    y, added = empty(a.shape, a.dtype), (1,) * (_AXES - a.ndim)
    shape, strides = added + a.shape, [stride // size for stride in a.strides[:-1]]
    _kernels.copy_rows(a.size)(a.reshape(shape), (*added, *strides), y.reshape(shape))
    return y


def _turned(a: Array) -> Array | None:
    """The array (N,R,L) in row-major order of which ``a`` is the transpose (N,L,R), several axes being one; if it is."""
    order = sorted(range(a.ndim), key=lambda i: -a.strides[i])  # the axes as they lie in memory
    base = a.transpose(order)
    if not base.flags.c_contiguous:
        return None
    places = sorted(range(a.ndim), key=lambda i: order[i])  # where each axis lies
    same = next(i for i, place in enumerate(places) if place != i)  # axes before it are in order
    second = places[same]
    if places[same:] != [*range(second, a.ndim), *range(same, second)]:
        return None
    shape = base.shape
    return base.reshape(prod(shape[:same]), prod(shape[same:second]), prod(shape[second:]))


def reshape(be: Backend, a: Array, shape: tuple[int, ...]) -> Array:
    """See ``Backend.reshape``."""
    if a.size < _COPY_FROM or a.flags.c_contiguous or prod(shape) != a.size:
        return a.reshape(shape)
    try:
        return a.reshape(shape, copy=False)
    except ValueError:  # the elements lie in another order
        return contiguous(a).reshape(shape)


def rows(be: Backend, a: Array) -> Array:
    """See ``Backend.rows``."""
    return contiguous(a)


def dense(x: Array) -> Array:
    """x, copied where it has gaps; the order of the axes in memory is kept."""
    return x if x.flags.c_contiguous else x.copy(order="K")


def in_order_of(g: Array, x: Array) -> Array:
    """g, copied where its elements lie in memory in another order than those of x."""
    if g.strides == x.strides or (g.flags.c_contiguous and x.flags.c_contiguous):
        return g
    copy = empty_like(x)
    copy[...] = g
    return copy
