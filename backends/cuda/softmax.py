"""Softmax and its logarithm along one axis."""

from __future__ import annotations

from math import prod

from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, like, same
from backends.cuda.rows import LONGEST, THREADS, plan
from backends.protocol import Array
from backends.reference import softmax as reference

_COLUMNS = 32  # of a block of softmax_strided
_SLICES = 8  # threads of a column
_MOST = 1 << 31  # columns of one launch


def _served(x: Array, other: Array, axis: int) -> bool:
    """Whether the kernels take these."""
    n = x.shape[axis] if x.ndim else 1
    return x.dtype.name in FLOATS and other.dtype == x.dtype and 0 < x.size < _MOST * n and n <= LONGEST


def _split(x: Array, axis: int) -> tuple[int, int, int]:
    """Sizes of x before, along and after the axis in memory order (x from ``like``)."""
    if not x.ndim:
        return 1, 1, 1
    shape, axis = x.shape, axis % x.ndim
    if not x.flags.c_contiguous:  # channels last
        shape = (shape[0], *shape[2:], shape[1])
        axis = (axis - 2) % (x.ndim - 1) + 1 if axis else 0
    return prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])


def _forward(be: Gpu, x: Array, axis: int, in_log: int) -> Array:
    """y from x."""
    x, y = like(be.xp, x)
    outer, n, inner = _split(x, axis)
    if inner > 1:
        grid = -(-outer * inner // _COLUMNS)
        be.kernel("softmax", "softmax_strided", x.dtype)(
            grid, (_COLUMNS, _SLICES), x, y, outer * inner, n, inner, in_log
        )
        return y
    rows = plan(outer, n, x.itemsize)
    kernel = be.kernel("softmax", f"softmax_{rows.kind}", x.dtype)
    if rows.kind == "block":
        kernel(rows.grid, THREADS, x, y, n, in_log, int(rows.shared > 0), shared=rows.shared)
    else:
        kernel(rows.grid, THREADS, x, y, outer, n, in_log)
    return y


def _backward(be: Gpu, g: Array, y: Array, axis: int, in_log: int) -> Array:
    """gx from g and y."""
    y, gx = like(be.xp, y)
    g = same(be.xp, g, y)
    outer, n, inner = _split(y, axis)
    if inner > 1:
        grid = -(-outer * inner // _COLUMNS)
        be.kernel("softmax", "softmax_grad_strided", y.dtype)(
            grid, (_COLUMNS, _SLICES), g, y, gx, outer * inner, n, inner, in_log
        )
        return gx
    rows = plan(outer, n, y.itemsize)
    kernel = be.kernel("softmax", f"softmax_grad_{rows.kind}", y.dtype)
    if rows.kind == "block":
        kernel(rows.grid, THREADS, g, y, gx, n, in_log)
    else:
        kernel(rows.grid, THREADS, g, y, gx, outer, n, in_log)
    return gx


def softmax(be: Gpu, x: Array, axis: int) -> Array:
    """See ``Backend.softmax``."""
    return _forward(be, x, axis, 0) if _served(x, x, axis) else reference.softmax(be, x, axis)


def softmax_grad(be: Gpu, g: Array, y: Array, axis: int) -> Array:
    """See ``Backend.softmax_grad``."""
    return _backward(be, g, y, axis, 0) if _served(y, g, axis) else reference.softmax_grad(be, g, y, axis)


def log_softmax(be: Gpu, x: Array, axis: int) -> Array:
    """See ``Backend.log_softmax``."""
    return _forward(be, x, axis, 1) if _served(x, x, axis) else reference.log_softmax(be, x, axis)


def log_softmax_grad(be: Gpu, g: Array, y: Array, axis: int) -> Array:
    """See ``Backend.log_softmax_grad``."""
    return _backward(be, g, y, axis, 1) if _served(y, g, axis) else reference.log_softmax_grad(be, g, y, axis)
