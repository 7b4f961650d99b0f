"""A stand-in for the shared library cuBLASLt: the same C functions, answered by NumPy on the memory they point to.

The functions are C function pointers, with signatures written down from cublasLt.h a second time: what the binding passes
goes through the same conversions as on a GPU. Whatever the library's documentation forbids is refused, and said.
"""

from __future__ import annotations

import ctypes
import itertools
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ml_dtypes
import numpy as np

from backends.cuda.cublaslt import CublasLt
from backends.cuda.gemm import Gemm
from tests.cupy_double import log

SUCCESS, INVALID_VALUE, INTERNAL_ERROR, NOT_SUPPORTED = 0, 7, 14, 15
WORKSPACE = 1 << 20  # bytes that a Gemm on this library gives
SPLIT_FROM = 512  # length of sums that an algorithm shares out, for which it wants a workspace

_I, _U, _Q, _P, _Z = ctypes.c_int, ctypes.c_uint64, ctypes.c_int64, ctypes.c_void_p, ctypes.c_size_t
_SIGNATURES = {
    "cublasLtCreate": (_P,),
    "cublasLtMatmulDescCreate": (_P, _I, _I),
    "cublasLtMatmulDescSetAttribute": (_P, _I, _P, _Z),
    "cublasLtMatmulDescDestroy": (_P,),
    "cublasLtMatrixLayoutCreate": (_P, _I, _U, _U, _Q),
    "cublasLtMatrixLayoutSetAttribute": (_P, _I, _P, _Z),
    "cublasLtMatrixLayoutDestroy": (_P,),
    "cublasLtMatmulPreferenceCreate": (_P,),
    "cublasLtMatmulPreferenceSetAttribute": (_P, _I, _P, _Z),
    "cublasLtMatmulPreferenceDestroy": (_P,),
    "cublasLtMatmulAlgoGetHeuristic": (_P, _P, _P, _P, _P, _P, _P, _I, _P, _P),
    "cublasLtMatmul": (_P, _P, _P, _P, _P, _P, _P, _P, _P, _P, _P, _P, _P, _P, _Z, _P),
}
_ATTRIBUTES: dict[str, dict[int, tuple[str, str]]] = {  # number: name, format
    "MatmulDesc": {3: ("transa", "i"), 4: ("transb", "i"), 7: ("epilogue", "I"), 8: ("bias", "Q")},
    "MatrixLayout": {5: ("count", "i"), 6: ("step", "q")},
    "MatmulPreference": {
        1: ("workspace", "Q"), 3: ("reduction", "I"), 5: ("a", "I"), 6: ("b", "I"), 7: ("c", "I"), 8: ("d", "I"),
    },
}  # fmt: skip
_DEFAULTS: dict[str, dict[str, int]] = {
    "MatmulDesc": {"transa": 0, "transb": 0, "epilogue": 1, "bias": 0},
    "MatrixLayout": {"count": 1, "step": 0},
    "MatmulPreference": {"workspace": 0, "reduction": 7, "a": 256, "b": 256, "c": 256, "d": 256},
}
_DTYPES = {0: np.float32, 1: np.float64, 2: np.float16, 14: ml_dtypes.bfloat16}
_SUMS = {68: np.float32, 70: np.float64, 75: np.float32, 77: np.float32}  # by compute type
_BITS = {75: 7, 77: 10}  # that are kept of operands, after the leading one


class Refused(Exception):
    """The library returns this status."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass
class Object:
    """What a handle stands for."""

    kind: str
    created: tuple[int, ...]
    values: dict[str, int] = field(default_factory=dict)

    def __getattr__(self, name: str) -> int:
        return self.values[name]

    def described(self, but: tuple[str, ...] = ()) -> tuple[Any, ...]:
        return self.kind, self.created, tuple((k, v) for k, v in self.values.items() if k not in but)


class Library:
    """The functions as attributes, like a ``ctypes.CDLL``.

    Args:
        stream: the handle of the stream that products must be given; None: any.
        starts: whether there is a GPU.
    """

    def __init__(self, stream: Callable[[], int] | None = None, starts: bool = True) -> None:
        self._stream, self._starts = stream, starts
        self.objects: dict[int, Object] = {}
        self.calls: list[str] = []
        self.problem = ""  # why the last call was refused
        self.reductions: list[int] = []  # masks of the preferences that algorithms were asked with
        self._handles = itertools.count(0x7000_0000, 0x100)
        self._algorithms: dict[bytes, tuple[Any, ...]] = {}
        for name, arguments in _SIGNATURES.items():
            setattr(self, name, ctypes.CFUNCTYPE(_I, *arguments)(self._answer(name)))

    def _answer(self, name: str) -> Callable[..., int]:
        kind = next((kind for kind in _ATTRIBUTES if name[8:].startswith(kind)), "")
        action = name[8:].removeprefix(kind)
        f = {"Create": self._create, "SetAttribute": self._set, "Destroy": self._destroy}.get(action) if kind else None
        f = f or {"Create": self._start, "MatmulAlgoGetHeuristic": self._heuristic, "Matmul": self._matmul}[name[8:]]

        def answer(*arguments: Any) -> int:
            self.calls.append(name)
            try:
                f(*((kind, *arguments) if kind else arguments))
            except Refused as refusal:
                self.problem = f"{name}: {refusal}"
                return refusal.status
            except Exception as error:  # C has no exceptions
                self.problem = f"{name}: {type(error).__name__}: {error}"
                return INTERNAL_ERROR
            return SUCCESS

        return answer

    def _start(self, handle: int) -> None:
        if not self._starts:
            raise Refused(1, "no GPU")
        self._new(handle, Object("Handle", ()))

    def _new(self, place: int, thing: Object) -> None:
        handle = next(self._handles)
        self.objects[handle] = thing
        ctypes.c_uint64.from_address(place).value = handle

    def _get(self, handle: int | None, kind: str) -> Object:
        thing = self.objects.get(handle or 0)
        if thing is None or thing.kind != kind:
            raise Refused(INVALID_VALUE, f"expected a {kind}, got {handle!r}, {thing and thing.kind}")
        return thing

    def _create(self, kind: str, place: int, *arguments: int) -> None:
        if kind == "MatmulDesc" and arguments[0] not in _SUMS:
            raise Refused(INVALID_VALUE, f"compute type {arguments[0]}")
        self._new(place, Object(kind, arguments, dict(_DEFAULTS[kind])))

    def _set(self, kind: str, handle: int, number: int, buffer: int, size: int) -> None:
        name, code = _ATTRIBUTES[kind][number]
        if size != struct.calcsize(code):
            raise Refused(INVALID_VALUE, f"{name} of {size} bytes")
        (self._get(handle, kind).values[name],) = struct.unpack(code, ctypes.string_at(buffer, size))

    def _destroy(self, kind: str, handle: int) -> None:
        self._get(handle, kind)
        del self.objects[handle]

    def _heuristic(
        self, handle: int, operation: int, a: int, b: int, c: int, d: int, wish: int, most: int, result: int, found: int
    ) -> None:
        self._get(handle, "Handle")
        preference, op = self._get(wish, "MatmulPreference"), self._get(operation, "MatmulDesc")
        layouts = [self._get(layout, "MatrixLayout") for layout in (a, b, c, d)]
        m, n, k = sizes(op, *layouts)
        if op.epilogue != 1 and layouts[3].created[0] == 1:
            raise Refused(NOT_SUPPORTED, "float64 with an epilogue")
        self.reductions.append(preference.reduction)
        wanted = WORKSPACE if k >= SPLIT_FROM and m * n * 16 <= preference.workspace else 0
        algorithm = struct.pack("Q", len(self._algorithms) + 1) + b"algo" * 14
        alignment = tuple(preference.values[name] for name in "abcd")
        self._algorithms[algorithm] = (op.described(("bias",)), *[x.described() for x in layouts], alignment, wanted)
        ctypes.memmove(result, algorithm + struct.pack("Qif4i", wanted, 0, 1.0, 0, 0, 0, 0), 96)
        ctypes.c_int.from_address(found).value = min(most, 1)

    def _matmul(
        self, handle: int, operation: int, alpha: int, a: int, la: int, b: int, lb: int, beta: int, c: int, lc: int,
        d: int, ld: int, algorithm: int, workspace: int | None, size: int, stream: int | None,
    ) -> None:  # fmt: skip
        self._get(handle, "Handle")
        op, layouts = self._get(operation, "MatmulDesc"), [self._get(x, "MatrixLayout") for x in (la, lb, lc, ld)]
        *chosen_for, alignment, wanted = self._algorithms[ctypes.string_at(algorithm, 64)]
        if chosen_for != [op.described(("bias",)), *[x.described() for x in layouts]]:
            raise Refused(INVALID_VALUE, "the algorithm was chosen for another product")
        if any(address % least for address, least in zip((a, b, c, d), alignment, strict=True)):
            raise Refused(
                INVALID_VALUE, f"addresses {a:#x}, {b:#x}, {c:#x}, {d:#x} are not aligned to {alignment} bytes"
            )
        if size < wanted or (wanted and (not workspace or workspace % 256)):
            raise Refused(INVALID_VALUE, f"workspace of {size} bytes at {workspace}, the algorithm needs {wanted}")
        if self._stream is not None and (stream or 0) != self._stream():
            raise Refused(INVALID_VALUE, f"stream {stream}, current is {self._stream()}")
        if wanted:
            ctypes.memset(workspace or 0, 0xFF, wanted)
        log.record("launch", "cublasLtMatmul")
        compute, scale = op.created
        dtype, sums = _DTYPES[layouts[3].created[0]], _SUMS[compute]
        factors = [ctypes.c_double if scale == 1 else ctypes.c_float] * 2
        one, zero = (of.from_address(at).value for of, at in zip(factors, (alpha, beta), strict=True))
        left, right = (
            kept(matrices(at, x).astype(sums), _BITS.get(compute)) for at, x in zip((a, b), layouts, strict=False)
        )
        left, right = (x.swapaxes(1, 2) if turned else x for x, turned in ((left, op.transa), (right, op.transb)))
        out = one * np.matmul(left, right)
        if zero:
            out = out + zero * matrices(c, layouts[2]).astype(sums)
        if op.epilogue & 4:
            of = np.dtype(dtype)
            if op.bias % of.itemsize or op.bias < 4096:
                raise Refused(INVALID_VALUE, f"bias at {op.bias:#x}")
            bias = np.frombuffer((ctypes.c_ubyte * (out.shape[1] * of.itemsize)).from_address(op.bias), of)
            out = out + bias.astype(sums)[:, None]
        matrices(d, layouts[3])[...] = out.astype(dtype)


def sizes(op: Object, a: Object, b: Object, c: Object, d: Object) -> tuple[int, int, int]:
    """Rows, columns and length of sums; refuses what does not fit."""
    for x in (a, b, c, d):
        _, rows, columns, leading = x.created
        if not rows or not columns or leading < rows or max(rows, columns) >= 1 << 31 or x.count < 1:
            raise Refused(INVALID_VALUE, f"a matrix of {rows} x {columns}, {leading} apart, {x.count} of them")
    (m, k), (other, n) = (x.created[1:3][:: -1 if turned else 1] for x, turned in ((a, op.transa), (b, op.transb)))
    same = len({x.created[0] for x in (a, b, c, d)}) == 1 and len({x.count for x in (a, b, c, d)}) == 1
    if k != other or c.created[1:3] != (m, n) or d.created[1:3] != (m, n) or not same or c.described() != d.described():
        raise Refused(INVALID_VALUE, f"{m} x {k} times {other} x {n} into {d.created}")
    if d.count > 1 and d.step < d.created[3] * n:
        raise Refused(INVALID_VALUE, "results overlap")
    return m, n, k


def matrices(address: int, layout: Object) -> np.ndarray[Any, Any]:
    """A layout's matrices (count, rows, columns), as a view of the memory."""
    of, rows, columns, leading = layout.created
    dtype = np.dtype(_DTYPES[of])
    length = (layout.count - 1) * layout.step + (columns - 1) * leading + rows
    memory = (ctypes.c_ubyte * (length * dtype.itemsize)).from_address(address)
    steps = tuple(step * dtype.itemsize for step in (layout.step, 1, leading))
    return np.ndarray((layout.count, rows, columns), dtype, memory, 0, steps)


def kept(a: np.ndarray[Any, Any], bits: int | None) -> np.ndarray[Any, Any]:
    """float32 numbers rounded to so many bits after the leading one."""
    if bits is None:
        return a
    drop = 23 - bits
    words = np.ascontiguousarray(a).view(np.uint32)
    return ((words + np.uint32(1 << drop - 1)) >> np.uint32(drop) << np.uint32(drop)).view(np.float32)


def gemm(cupy: Any, library: Library | None = None) -> Gemm:
    """Matrix products on the double of CuPy, by ``library``."""

    def stream() -> int:
        return int(cupy.cuda.get_current_stream().ptr)

    return Gemm(CublasLt(library or Library(stream)), stream, cupy.cuda.alloc, WORKSPACE)
