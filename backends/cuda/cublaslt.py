"""cuBLASLt, NVIDIA's library of matrix products, by ctypes: as much of it as ``gemm`` needs, numbers as in its headers.

A call takes no handle's stream or workspace for granted: both are its arguments, so it can be captured in a graph.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from ctypes import POINTER, byref, c_float, c_int, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from functools import cache
from typing import Any

from backends.cuda.libraries import candidates
from backends.errors import BackendUnavailable

MISSING = (
    "cuda: cuBLASLt was not found, so matrices are multiplied by a kernel without tensor cores, several times slower. "
    "It comes with pip install 'twingrad[cuda12]' or 'twingrad[cuda13]'; with a CUDA toolkit of your own, set CUDA_PATH "
    "to its folder"
)

Attribute = tuple[int, type[Any]]  # its number, and the type of its value

# cublasComputeType_t
COMPUTE_32F = 68
COMPUTE_64F = 70
COMPUTE_32F_FAST_16BF = 75
COMPUTE_32F_FAST_TF32 = 77

# cudaDataType_t
R_32F, R_64F, R_16F, R_16BF = 0, 1, 2, 14

# cublasLtMatmulDescAttributes_t
DESC_TRANSA: Attribute = 3, c_int32
DESC_TRANSB: Attribute = 4, c_int32
DESC_EPILOGUE: Attribute = 7, c_uint32
DESC_BIAS_POINTER: Attribute = 8, c_uint64
OP_T = 1
EPILOGUE_BIAS = 4

# cublasLtMatrixLayoutAttribute_t
LAYOUT_BATCH_COUNT: Attribute = 5, c_int32
LAYOUT_STRIDED_BATCH_OFFSET: Attribute = 6, c_int64

# cublasLtMatmulPreferenceAttributes_t
PREF_MAX_WORKSPACE_BYTES: Attribute = 1, c_uint64
PREF_REDUCTION_SCHEME_MASK: Attribute = 3, c_uint32
PREF_MIN_ALIGNMENT_BYTES = tuple((number, c_uint32) for number in (5, 6, 7, 8))  # of A, B, C, D
REDUCTION_SCHEME_COMPUTE_TYPE = 2

_STATUS = {
    1: "NOT_INITIALIZED",
    3: "ALLOC_FAILED",
    7: "INVALID_VALUE",
    8: "ARCH_MISMATCH",
    11: "MAPPING_ERROR",
    13: "EXECUTION_FAILED",
    14: "INTERNAL_ERROR",
    15: "NOT_SUPPORTED",
    16: "LICENSE_ERROR",
}


class HeuristicResult(ctypes.Structure):
    """An algorithm, and what it needs."""

    _fields_ = (
        ("algo", c_uint64 * 8),
        ("workspace_size", c_size_t),
        ("state", c_int),
        ("waves_count", c_float),
        ("reserved", c_int * 4),
    )


_SET = [c_void_p, c_int, c_void_p, c_size_t]
SIGNATURES: dict[str, list[Any]] = {
    "cublasLtCreate": [POINTER(c_void_p)],
    "cublasLtMatmulDescCreate": [POINTER(c_void_p), c_int, c_int],
    "cublasLtMatmulDescSetAttribute": _SET,
    "cublasLtMatmulDescDestroy": [c_void_p],
    "cublasLtMatrixLayoutCreate": [POINTER(c_void_p), c_int, c_uint64, c_uint64, c_int64],
    "cublasLtMatrixLayoutSetAttribute": _SET,
    "cublasLtMatrixLayoutDestroy": [c_void_p],
    "cublasLtMatmulPreferenceCreate": [POINTER(c_void_p)],
    "cublasLtMatmulPreferenceSetAttribute": _SET,
    "cublasLtMatmulPreferenceDestroy": [c_void_p],
    "cublasLtMatmulAlgoGetHeuristic": [*[c_void_p] * 7, c_int, POINTER(HeuristicResult), POINTER(c_int)],
    "cublasLtMatmul": [*[c_void_p] * 14, c_size_t, c_void_p],
}


class Descriptor:
    """An object of the library, described by attributes; destroyed with this one.

    Args:
        library: the functions.
        kind: "MatmulDesc", "MatrixLayout" or "MatmulPreference".
        arguments: of its Create function, after the object.
        attributes: numbers and values.
    """

    def __init__(
        self, library: Any, kind: str, arguments: tuple[int, ...], attributes: Iterable[tuple[Attribute, int]]
    ) -> None:
        self.handle = c_void_p()
        self._set_attribute = getattr(library, f"cublasLt{kind}SetAttribute")
        self._destroy = getattr(library, f"cublasLt{kind}Destroy")
        _call(library, f"cublasLt{kind}Create", byref(self.handle), *arguments)
        for attribute, value in attributes:
            self.set(attribute, value)

    def set(self, attribute: Attribute, value: int) -> None:
        """Sets one attribute."""
        number, of = attribute
        if status := self._set_attribute(self.handle, number, byref(of(value)), ctypes.sizeof(of)):
            raise failed("cublasLt...SetAttribute", status)

    def __del__(self) -> None:
        if self.handle:
            self._destroy(self.handle)


class CublasLt:
    """The library, ready to compute on the current GPU.

    Args:
        library: its functions, as ``ctypes.CDLL`` gives them.

    Raises:
        BackendUnavailable: it finds no GPU that it can use.
    """

    def __init__(self, library: Any) -> None:
        for name, arguments in SIGNATURES.items():
            function = getattr(library, name)
            function.argtypes, function.restype = arguments, c_int
        self.library = library
        self.handle = c_void_p()
        if status := library.cublasLtCreate(byref(self.handle)):
            raise BackendUnavailable(
                f"cuda: cuBLASLt is installed but does not start (CUBLAS_STATUS_{_STATUS.get(status, status)}): there is "
                "no GPU that it can use, or the driver is older than the library. nvidia-smi shows both"
            )
        self.matmul = library.cublasLtMatmul  # called with the handle first; returns a status

    def operation(self, compute: int, scale: int, attributes: Iterable[tuple[Attribute, int]]) -> Descriptor:
        """What to compute: in which precision, which operands transposed, with what at the end."""
        return Descriptor(self.library, "MatmulDesc", (compute, scale), attributes)

    def layout(
        self, dtype: int, rows: int, columns: int, leading: int, attributes: Iterable[tuple[Attribute, int]]
    ) -> Descriptor:
        """How a matrix lies in memory: column by column, ``leading`` elements apart."""
        return Descriptor(self.library, "MatrixLayout", (dtype, rows, columns, leading), attributes)

    def preference(self, attributes: Iterable[tuple[Attribute, int]]) -> Descriptor:
        """What an algorithm may need."""
        return Descriptor(self.library, "MatmulPreference", (), attributes)

    def algorithm(
        self, operation: Descriptor, a: Descriptor, b: Descriptor, c: Descriptor, preference: Descriptor
    ) -> HeuristicResult | None:
        """The algorithm that the library thinks the fastest, None if it has none."""
        result, found = HeuristicResult(), c_int()
        layouts = (a.handle, b.handle, c.handle, c.handle)
        status = self.library.cublasLtMatmulAlgoGetHeuristic(
            self.handle, operation.handle, *layouts, preference.handle, 1, byref(result), byref(found)
        )
        if status not in (0, 7, 15):  # the library refuses what it cannot do as not supported or as an invalid value
            raise failed("cublasLtMatmulAlgoGetHeuristic", status)
        return result if not status and found.value and not result.state else None


def _call(library: Any, name: str, *arguments: Any) -> None:
    if status := getattr(library, name)(*arguments):
        raise failed(name, status)


def failed(name: str, status: int) -> RuntimeError:
    """The error for a function that returned a status other than success."""
    return RuntimeError(f"cuda: {name} failed with CUBLAS_STATUS_{_STATUS.get(status, status)}")


@cache
def load() -> Any | None:
    """The shared library of this machine, None if there is none."""
    for path in candidates("cublasLt", "cublas"):
        try:
            return ctypes.CDLL(path)
        except OSError:
            continue
    return None
