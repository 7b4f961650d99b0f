"""How arrays lie in memory, and how many blocks cover them."""

from __future__ import annotations

from typing import Any

from backends.protocol import Array, Shape

THREADS = 256  # of a block, in kernels without a shape of their own
FLOATS = {"float16", "float32", "float64"}


def dense(x: Array) -> Array:
    """x in C order: itself, or a copy.

    Example:
        >>> import numpy as np
        >>> dense(np.zeros((2, 3)).T).flags.c_contiguous
        True
    """
    return x if x.flags.c_contiguous else x.copy(order="C")


def like(xp: Any, x: Array) -> tuple[Array, Array]:
    """x without gaps and a new array that lies in memory as it does, channels-last included.

    Example:
        >>> import numpy as np
        >>> x, y = like(np, np.zeros((2, 4, 5, 3)).transpose(0, 3, 1, 2))
        >>> y.shape, y.strides == x.strides
        ((2, 3, 4, 5), True)
    """
    if is_channels_last(x):
        return x, empty_channels_last(xp, x.shape, x.dtype)
    x = dense(x)
    return x, xp.empty(x.shape, x.dtype)


def same(xp: Any, a: Array, x: Array) -> Array:
    """a, copied if need be so that it lies in memory as x does (x from ``like``).

    Example:
        >>> import numpy as np
        >>> x = np.zeros((2, 4, 5, 3)).transpose(0, 3, 1, 2)
        >>> same(np, np.ones((2, 3, 4, 5)), x).strides == x.strides
        True
    """
    if x.flags.c_contiguous:
        return dense(a)
    if a.strides == x.strides and a.dtype == x.dtype:
        return a
    copy = empty_channels_last(xp, x.shape, a.dtype)
    copy[...] = a
    return copy


def is_channels_last(x: Array) -> bool:
    """Whether x (N,C,*S) lies in memory as (N,*S,C), and not also as (N,C,*S).

    Example:
        >>> import numpy as np
        >>> x = np.zeros((2, 4, 5, 3))
        >>> is_channels_last(np.moveaxis(x, -1, 1)), is_channels_last(x)
        (True, False)
    """
    return x.ndim > 2 and not x.flags.c_contiguous and moved(x).flags.c_contiguous


def moved(x: Array) -> Array:
    """x (N,C,*S) as (N,*S,C), a view.

    Example:
        >>> import numpy as np
        >>> moved(np.zeros((2, 3, 4, 5))).shape
        (2, 4, 5, 3)
    """
    return x.transpose(0, *range(2, x.ndim), 1)


def empty_channels_last(xp: Any, shape: Shape, dtype: Any) -> Array:
    """A new array (N,C,*S) that lies in memory as (N,*S,C).

    Example:
        >>> import numpy as np
        >>> is_channels_last(empty_channels_last(np, (2, 3, 4, 5), np.float32))
        True
    """
    n, c, *s = shape
    return xp.empty((n, *s, c), dtype).transpose(0, len(s) + 1, *range(1, len(s) + 1))


def blocks(n: int, threads: int = THREADS, most: int = 1 << 20) -> int:
    """Blocks of a one-dimensional grid that covers n elements, at most ``most`` (the kernel loops).

    Example:
        >>> blocks(1000), blocks(0)
        (4, 0)
    """
    return min(-(-n // threads), most)
