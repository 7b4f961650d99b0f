"""Products of matrices: by cuBLASLt, by a kernel of our own for what it does not multiply."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from backends.cuda.compiler import TYPES
from backends.cuda.gemm import DTYPES
from backends.cuda.launch import Gpu, Strided
from backends.cuda.layout import dense
from backends.cuda.product import Product, product
from backends.protocol import Array
from backends.reference import matmul as reference

_TILE, _THREADS = 64, 256  # kernels/matmul.cu
_MOST_MATRICES = 65535  # of a grid's third axis


def matmul(be: Gpu, a: Array, b: Array) -> Array:
    """See ``Backend.matmul``."""
    if a.dtype != b.dtype or not _multiplied(a.dtype)[0]:
        return reference.matmul(be, a, b)
    return _multiply(be, a, b, None)


def linear(be: Gpu, x: Array, w: Array, b: Array | None) -> Array:
    """See ``Backend.linear``."""
    if x.dtype != w.dtype or not _multiplied(x.dtype)[0] or (b is not None and b.dtype != x.dtype):
        return reference.linear(be, x, w, b)
    return _multiply(be, x, w.T, b if b is None or b.ndim else be.xp.broadcast_to(b, w.shape[:1]))


@lru_cache
def _multiplied(dtype: Any) -> tuple[bool, bool]:
    """Whether there is a kernel for a dtype, and whether cuBLASLt multiplies it; a dtype's name is slow to ask for."""
    return dtype.name in TYPES, dtype.name in DTYPES


def _multiply(be: Gpu, a: Array, b: Array, bias: Array | None) -> Array:
    """a b, plus ``bias`` along the last axis."""
    p = product(a.shape, a.strides, b.shape, b.strides, a.itemsize)
    c = be.xp.empty(p.shape, a.dtype)
    if not c.size:
        return c
    if not p.k:
        c[...] = 0 if bias is None else bias
        return c
    if any(p.copies):
        a, b = (
            x if shape is None else be.xp.array(be.xp.broadcast_to(x, shape), order="C")
            for x, shape in zip((a, b), p.copies, strict=True)
        )
        p = product(a.shape, a.strides, b.shape, b.strides, a.itemsize)
    if bias is not None:
        bias = dense(bias)
    blas = be.device.blas
    if blas is None or not _multiplied(a.dtype)[1]:
        _by_kernel(be, p, a, b, c, bias)
    elif not blas(p, a, b, c, bias):
        if bias is None or not blas(p, a, b, c):
            _by_kernel(be, p, a, b, c, bias)
        else:
            c += bias
    return c


def _by_kernel(be: Gpu, p: Product, a: Array, b: Array, c: Array, bias: Array | None) -> None:
    """c = a b + bias on our own kernel."""
    x, y = Strided(a), Strided(b)
    kernel = be.kernel("matmul", "matmul", a.dtype)
    tiles = -(-p.m // _TILE) * -(-p.n // _TILE)
    grid = (tiles, 1, min(p.count, _MOST_MATRICES))
    for starts in p.starts:
        kernel(grid, _THREADS, x, y, bias, c, *starts, p.m, p.n, p.k, *p.a, *p.b, p.count, *p.steps)
