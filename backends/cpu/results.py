"""Memory of large results, used again once the result is gone.

Above ``process.LARGEST_KEPT`` malloc takes memory from the system for every array and gives it back with it, and the system
zeroes each new page: for the gradient of a large weight that takes longer than to compute it. So the last large results stay
known here; one that nobody else refers to, as array or by a view, is handed out again.
"""

from __future__ import annotations

from math import prod
from sys import getrefcount
from typing import Any

import numpy as np

from backends.cpu.process import LARGEST_KEPT
from backends.protocol import Array

_MOST = 1 << 29  # bytes of results that stay known
_known: list[
    Array
] = []  # the oldest first; the list is only changed by single operations, which threads may interleave


def _references(arrays: list[Array]) -> int:
    """References to the first of some arrays, this function's own among them."""
    array = arrays[0]
    return getrefcount(array)


_UNUSED = _references([np.empty(0)])  # those of an array that nobody but one list knows


def empty(shape: tuple[int, ...], dtype: Any) -> Array:
    """A new array for a result.

    Args:
        shape: its shape.
        dtype: of its elements.

    Returns:
        Uninitialised array, C-contiguous, that shares no memory with any other.

    Example:
        >>> empty((2, 3), np.float32).shape
        (2, 3)
    """
    return _large(shape, dtype) if prod(shape) * np.dtype(dtype).itemsize > LARGEST_KEPT else np.empty(shape, dtype)


def empty_like(x: Array) -> Array:
    """A new array for a result that lies in memory as its argument does.

    Args:
        x: array without gaps, its axes in any order.

    Returns:
        Uninitialised array of the shape, dtype and order of axes of x.

    Example:
        >>> empty_like(np.zeros((2, 3)).T).strides
        (8, 24)
    """
    return _large(x.shape, x.dtype) if x.nbytes > LARGEST_KEPT and x.flags.c_contiguous else np.empty_like(x)


def _large(shape: tuple[int, ...], dtype: Any) -> Array:
    """A known array of that shape that is not used any more, or a new one."""
    for _ in range(
        len(_known)
    ):  # each is taken out, so that no other thread can take it, and put back behind the others
        try:
            taken = [_known.pop(0)]
        except IndexError:  # another thread looks at the last one
            break
        unused = taken[0].shape == shape and taken[0].dtype == dtype and _references(taken) == _UNUSED
        _known.extend(taken)
        if unused:
            return taken[0]
    array = np.empty(shape, dtype)
    _known.append(array)
    while sum(known.nbytes for known in _known) > _MOST:
        del _known[:1]
    return array
