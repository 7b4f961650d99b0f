"""Row-major order: large copies are shared among threads."""

from __future__ import annotations

from math import prod

from backends.cpu.results import empty
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
    size = a.itemsize
    if (
        a.size < _COPY_FROM
        or a.dtype.char not in FLOATS
        or not 1 < a.ndim <= _AXES
        or a.shape[-1] == 1
        or a.strides[-1] != size
        or any(stride % size for stride in a.strides)
    ):
        return a.copy(order="C")
    y, added = empty(a.shape, a.dtype), (1,) * (_AXES - a.ndim)
    shape, strides = added + a.shape, [stride // size for stride in a.strides[:-1]]
    _kernels.copy_rows(a.size)(a.reshape(shape), (*added, *strides), y.reshape(shape))
    return y


def reshape(be: Backend, a: Array, shape: tuple[int, ...]) -> Array:
    """See ``Backend.reshape``."""
    if a.size < _COPY_FROM or a.flags.c_contiguous or prod(shape) != a.size:
        return a.reshape(shape)
    try:
        return a.reshape(shape, copy=False)
    except ValueError:  # the elements lie in another order
        return contiguous(a).reshape(shape)
