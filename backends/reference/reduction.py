"""Sums over axes, over everything but one axis, and over lists of arrays."""

from __future__ import annotations

from collections.abc import Sequence

from backends.protocol import Array, Backend
from backends.reference._precision import narrow, wide


def axes_sum(be: Backend, x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    """Sum over axes.

    Args:
        x: any shape, floating or complex.
        axes: from 0 on; none gives x itself.
        keepdims: keep them with size 1.

    Returns:
        Array of the shape without the axes, in the dtype of x.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).axes_sum(np.ones((2, 3, 4)), (0, 2), False)
        array([8., 8., 8.])
    """
    return narrow(wide(x).sum(axes, keepdims=keepdims), x)


def cumsum(be: Backend, x: Array, axis: int, backwards: bool) -> Array:
    """Running sums along an axis: x[0] + ... + x[i], or x[i] + ... + x[n-1].

    Args:
        x: at least one axis, any dtype.
        axis: from 0 on.
        backwards: begin at the end.

    Returns:
        Array of the same shape and dtype; of integers and bools int64.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).cumsum(np.array([1.0, 2.0, 3.0]), 0, True)
        array([6., 5., 3.])
    """
    values = wide(x) if x.dtype.kind == "f" else x.astype("int64") if x.dtype.kind in "iub" else x
    values = be.xp.flip(values, axis) if backwards else values
    y = be.xp.cumsum(values, axis)
    y = be.rows(be.xp.flip(y, axis) if backwards else y)
    return narrow(y, x) if x.dtype.kind == "f" else y


def channel_sum(be: Backend, g: Array) -> Array:
    """Sum over all axes but the second: the gradient of a bias per channel.

    Args:
        g: (N,C,*S).

    Returns:
        (C,).

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).channel_sum(np.ones((2, 3, 4)))
        array([8., 8., 8.])
    """
    return narrow(wide(g).sum((0, *range(2, g.ndim))), g)


def channel_dot(be: Backend, g: Array, x: Array) -> Array:
    """Sum of g * x over all axes but the second: the gradient of a scale per channel.

    Args:
        g, x: (N,C,*S).

    Returns:
        (C,).
    """
    return narrow((wide(g) * wide(x)).sum((0, *range(2, g.ndim))), g)


def square_sum(be: Backend, arrays: Sequence[Array]) -> Array:
    """Sum of the squares of all elements of all arrays.

    Args:
        arrays: any shapes and floating dtypes.

    Returns:
        0-d, in the widest of their dtypes and float32.
    """
    total = be.xp.zeros((), be.xp.result_type("float32", *[a.dtype for a in arrays]))
    for a in arrays:
        total += be.xp.square(wide(a)).sum()
    return total
