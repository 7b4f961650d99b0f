"""Products of matrices by cuBLASLt: descriptors and algorithms are chosen once per kind of product, then reused.

The library counts its matrices column by column. A matrix in C order is its own transpose in that reading, so what is
asked for is c^T = b^T a^T: the operands change places, and nothing is copied.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import byref
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

from backends.cuda import cublaslt as lt
from backends.cuda.product import Product, leading
from backends.precision import settings
from backends.protocol import Array

_TYPES = {"float16": lt.R_16F, "bfloat16": lt.R_16BF, "float32": lt.R_32F, "float64": lt.R_64F}
DTYPES = frozenset(_TYPES)
_ALIGNMENT = 256  # bytes; of what arrays begin at, more does not matter


_SINGLE = ctypes.c_float(1), ctypes.c_float(0)  # factors of the product and of what c held
_DOUBLE = ctypes.c_double(1), ctypes.c_double(0)


class _Plan(NamedTuple):
    """All that a call needs besides addresses, as ctypes passes it on. ``left`` and ``right`` are the library's: b, a."""

    operation: lt.Descriptor
    layouts: tuple[lt.Descriptor, lt.Descriptor, lt.Descriptor]  # of left, right and c; kept for their handles
    left: Any
    right: Any
    out: Any
    one: Any
    zero: Any
    algorithm: Any
    workspace: int  # bytes
    starts: tuple[tuple[int, int, int], ...]  # in bytes


class Gemm:
    """Matrix products on one GPU.

    Args:
        library: cuBLASLt.
        stream: the handle of the current stream.
        allocate: device memory of so many bytes, an object with ``ptr``.
        workspace: bytes that an algorithm may use; every stream gets them once.
    """

    def __init__(
        self, library: lt.CublasLt, stream: Callable[[], int], allocate: Callable[[int], Any], workspace: int
    ) -> None:
        self._library, self._stream, self._allocate, self._size = library, stream, allocate, workspace
        self._workspaces: dict[int, Any] = {}
        self._lock = Lock()  # threads share workspaces and operations, of which a bias's address is part
        self._plans = lru_cache(maxsize=4096)(self._plan)

    def __call__(self, p: Product, a: Array, b: Array, c: Array, bias: Array | None = None) -> bool:
        """c = a b, plus ``bias`` in every row.

        Args:
            p: the product of ``a`` and ``b``, neither to be copied, none of its sizes 0.
            a, b: the operands.
            c: (*p.shape) in C order, of their dtype; what it held does not matter.
            bias: (N,) in C order, of their dtype, or None.

        Returns:
            False if the library has no algorithm for this; then c is as it was.
        """
        left, right, out = b.data.ptr, a.data.ptr, c.data.ptr
        added = 0 if bias is None else bias.data.ptr
        place = (left | right | out | added) % _ALIGNMENT
        plan = self._plans(p, a.dtype, bias is not None, _compute(a.dtype.char), place & -place)
        if plan is None:
            return False
        stream = self._stream()
        workspace = self._workspace(stream) if plan.workspace else 0
        run, handle, o = self._library.matmul, self._library.handle, plan.out
        with self._lock:
            if added:
                plan.operation.set(lt.DESC_BIAS_POINTER, added)
            for i, j, k in plan.starts:
                status = run(
                    handle, plan.operation.handle, plan.one, left + j, plan.left, right + i, plan.right, plan.zero,
                    out + k, o, out + k, o, plan.algorithm, workspace, plan.workspace, stream,
                )  # fmt: skip
                if status:
                    raise lt.failed("cublasLtMatmul", status)
        return True

    def _workspace(self, stream: int) -> int:
        """The stream's own memory: products on one stream come one after the other, so they can share it."""
        memory = self._workspaces.get(stream)
        if memory is None:
            memory = self._workspaces.setdefault(stream, self._allocate(self._size))
        return int(memory.ptr)

    def _plan(self, p: Product, dtype: Any, bias: bool, compute: int, alignment: int) -> _Plan | None:
        """The plan of a product; ``alignment`` is that of the worst aligned array, 0 for the best."""
        a, b = leading(p.m, p.k, p.a), leading(p.k, p.n, p.b)
        if a is None or b is None:
            raise ValueError(
                "Gemm: expected operands with lines of adjacent elements. Copy them as Product.copies says"
            )
        of, itemsize = _TYPES[dtype.name], dtype.itemsize
        starts = tuple((i * itemsize, j * itemsize, k * itemsize) for i, j, k in p.starts)
        for i, j, k in starts:
            alignment |= i | j | k
        alignment = min(alignment & -alignment or _ALIGNMENT, _ALIGNMENT)
        one, zero = _DOUBLE if of == lt.R_64F else _SINGLE
        attributes = [(lt.DESC_TRANSA, lt.OP_T)] * b[1] + [(lt.DESC_TRANSB, lt.OP_T)] * a[1]
        if bias:  # of the address, the library takes only the alignment now
            attributes += [(lt.DESC_EPILOGUE, lt.EPILOGUE_BIAS), (lt.DESC_BIAS_POINTER, alignment)]
        operation = self._library.operation(compute, lt.R_64F if of == lt.R_64F else lt.R_32F, attributes)
        left = self._layout(of, (p.n, p.k), b, p.count, p.steps[1])
        right = self._layout(of, (p.k, p.m), a, p.count, p.steps[0])
        out = self._layout(of, (p.n, p.m), (p.n, False), p.count, p.steps[2])
        needs = [(attribute, alignment) for attribute in lt.PREF_MIN_ALIGNMENT_BYTES]
        if itemsize == 2:  # sums of parts are kept in float32 too
            needs.append((lt.PREF_REDUCTION_SCHEME_MASK, lt.REDUCTION_SCHEME_COMPUTE_TYPE))
        preference = self._library.preference([(lt.PREF_MAX_WORKSPACE_BYTES, self._size), *needs])
        algorithm = self._library.algorithm(operation, left, right, out, preference)
        if algorithm is None:
            return None
        return _Plan(
            operation, (left, right, out), left.handle, right.handle, out.handle, byref(one), byref(zero),
            byref(algorithm), algorithm.workspace_size, starts,
        )  # fmt: skip

    def _layout(self, of: int, size: tuple[int, int], lines: tuple[int, bool], count: int, step: int) -> lt.Descriptor:
        """A matrix that the operation sees as ``size`` (rows, columns), after transposing it if its lines are turned."""
        rows, columns = size[::-1] if lines[1] else size
        batch = [(lt.LAYOUT_BATCH_COUNT, count), (lt.LAYOUT_STRIDED_BATCH_OFFSET, step)] if count > 1 else []
        return self._library.layout(of, rows, columns, lines[0], batch)


def _compute(kind: str) -> int:
    """The precision in which arrays of a dtype, told by its ``char``, are multiplied."""
    if kind == "d":
        return lt.COMPUTE_64F
    if kind != "f":
        return lt.COMPUTE_32F
    if settings.matmul_bf16:
        return lt.COMPUTE_32F_FAST_16BF
    return lt.COMPUTE_32F_FAST_TF32 if settings.matmul_tf32 else lt.COMPUTE_32F
