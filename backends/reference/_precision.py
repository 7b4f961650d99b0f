"""Which precision sums are kept in: float32 for half-precision arrays, the array's own otherwise."""

from __future__ import annotations

from backends.protocol import Array


def wide(a: Array) -> Array:
    """``a`` itself, or a float32 copy of a float16 array."""
    return a.astype("float32") if a.dtype.itemsize == 2 else a


def narrow(a: Array, like: Array) -> Array:
    """``a`` in the dtype of ``like``, copied only when it differs."""
    return a.astype(like.dtype, copy=False)
