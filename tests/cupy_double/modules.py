"""The modules ``cupy`` and ``cupyx`` of the double."""

from __future__ import annotations

import contextlib
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special

from tests.cupy_double import device, functions, memory, operators, pinned, random, stream
from tests.cupy_double.array import DOUBLE, ndarray
from tests.cupy_double.surface import SURFACE, VERSION, absent, checker
from tests.cupy_double.ufunc import ufunc

assert operators  # gives ndarray its operators


class DoubleModule(types.ModuleType):
    """A module that knows what CuPy has and the double has not."""

    def __init__(self, name: str, space: str | None, contents: dict[str, Any]) -> None:
        super().__init__(name, f"Double of {name}.")
        self._space = space
        self.__path__: list[str] = []
        unknown = [key for key in contents if space is not None and key not in SURFACE[space]]
        assert not unknown, f"{name} has no {unknown}"
        self.__dict__.update(contents)
        DOUBLE[name] = self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self._space is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        raise absent(self._space, f"module {self.__name__!r}", name)


@contextlib.contextmanager
def using_allocator(allocator: Any = None) -> Iterator[None]:
    """``set_allocator`` for the length of a block."""
    before = memory.get_allocator()
    memory.set_allocator(allocator)
    try:
        yield
    finally:
        memory.set_allocator(before)


def _linalg() -> dict[str, Any]:
    """Functions of ``numpy.linalg`` that CuPy has, but for half precision, which CuPy refuses."""
    found: dict[str, Any] = {"LinAlgError": np.linalg.LinAlgError}
    for name, described in SURFACE["linalg"].items():
        if isinstance(described, list) and hasattr(np.linalg, name):
            found[name] = _linear(name)
    return found


_status = {"linalg": "ignore"}  # what CuPy does where a factorization fails: "ignore" or "raise"


@contextlib.contextmanager
def errstate(*, linalg: str | None = None) -> Iterator[None]:
    """Sets what happens where a factorization fails for the length of a block."""
    before = dict(_status)
    _status.update({} if linalg is None else {"linalg": linalg})
    try:
        yield
    finally:
        _status.update(before)


def _linear(name: str) -> Any:
    check = checker("linalg", name)

    def call(*args: Any, **options: Any) -> Any:
        check(len(args), options)
        if name not in ("norm", "matmul", "outer", "trace", "diagonal") and any(
            isinstance(a, ndarray) and a.dtype == np.float16 for a in args
        ):
            raise TypeError("float16 is unsupported in linalg")
        try:
            return functions.run(f"linalg.{name}", getattr(np.linalg, name), args, options)
        except np.linalg.LinAlgError as error:
            if _status["linalg"] == "raise":
                raise
            raise NotImplementedError(
                f"linalg.{name} gives garbage here unless errstate says 'raise': {error}"
            ) from None

    call.__name__ = name
    return call


def _triangular(a: Any, b: Any, **options: Any) -> Any:
    """Stacks of triangular systems; a zero on the diagonal gives inf and NaN."""
    if a.shape[:-1] != b.shape[: a.ndim - 1]:
        raise ValueError("incompatible batch count or dimensions")

    def solve(a: Any, b: Any, lower: bool = False, unit_diagonal: bool = False, **_: Any) -> Any:
        (trsm,) = scipy.linalg.get_blas_funcs(("trsm",), (a, b))
        x = np.array(b, order="C")
        for i in np.ndindex(a.shape[:-2]):
            x[i] = trsm(1, a[i], x[i], lower=lower, diag=unit_diagonal)
        return x

    checker("scipy.linalg", "solve_triangular")(2, options)
    return functions.run("solve_triangular", solve, (a, b), options)


def _matrices(name: str) -> Any:
    """A function of ``scipy.linalg`` of one matrix."""
    check = checker("scipy.linalg", name)

    def call(a: Any, **options: Any) -> Any:
        check(1, options)
        if a.ndim != 2:
            raise np.linalg.LinAlgError(f"{a.ndim}-dimensional array given. Array must be two-dimensional")
        return functions.run(name, getattr(scipy.linalg, name), (a,), options)

    return call


def _fft() -> dict[str, Any]:
    """Functions of ``numpy.fft`` that CuPy has."""

    def transform(name: str) -> Any:
        check, function = checker("fft", name), getattr(np.fft, name)

        def call(*args: Any, **options: Any) -> Any:
            check(len(args), options)
            return functions.run(f"fft.{name}", function, args, options)

        return call

    return {name: transform(name) for name, parameters in SURFACE["fft"].items() if parameters and "norm" in parameters}


def _special() -> dict[str, Any]:
    """Elementwise functions of ``scipy.special`` that CuPy has."""
    return {
        name: ufunc(name, described["ufunc"], scipy.special)
        for name, described in SURFACE["scipy.special"].items()
        if isinstance(described, dict)
    }


def _plain() -> dict[str, Any]:
    """Constants and dtypes, which are NumPy's."""
    found: dict[str, Any] = {}
    for name, described in SURFACE["cupy"].items():
        value = getattr(np, name, None)
        if described is None and (isinstance(value, int | float) or (isinstance(value, type) and name != "ndarray")):
            found[name] = value
    return found | {"newaxis": None, "Inf": np.inf, "NaN": np.nan, "float_": np.float64, "complex_": np.complex128}


class Grid:
    """``ogrid`` and ``mgrid``."""

    def __init__(self, grid: Any) -> None:
        self._grid = grid

    def __getitem__(self, key: Any) -> Any:
        result = self._grid[key]
        return functions.device(result)


def build() -> dict[str, types.ModuleType]:
    """Every module by its full name."""
    runtime = {**{k: v for k, v in SURFACE["runtime"].items() if isinstance(v, int)}, **device.RUNTIME}
    blocks = {
        "OutOfMemoryError": memory.OutOfMemoryError,
        "MemoryPointer": memory.MemoryPointer,
        "MemoryPool": memory.MemoryPool,
        "UnownedMemory": memory.UnownedMemory,
        "alloc": memory.alloc,
        "set_allocator": memory.set_allocator,
        "get_allocator": memory.get_allocator,
        "using_allocator": using_allocator,
    }
    cuda = {
        **{name: value for name, value in blocks.items() if name != "OutOfMemoryError"},
        "Stream": stream.Stream,
        "Event": stream.Event,
        "Device": device.Device,
        "get_current_stream": stream.current,
        "get_elapsed_time": stream.get_elapsed_time,
        "get_device_id": lambda: 0,
        "is_available": lambda: True,
        "alloc_pinned_memory": pinned.alloc_pinned_memory,
        "set_pinned_memory_allocator": pinned.set_pinned_memory_allocator,
        "PinnedMemoryPointer": pinned.PinnedMemoryPointer,
        "PinnedMemoryPool": pinned.PinnedMemoryPool,
    }
    cupy = {
        **_plain(),
        **functions.FUNCTIONS,
        "ndarray": ndarray,
        "ufunc": ufunc,
        "ogrid": Grid(np.ogrid),
        "mgrid": Grid(np.mgrid),
        "is_available": lambda: True,
        "get_default_memory_pool": lambda: memory.default_pool,
        "get_default_pinned_memory_pool": lambda: pinned.default_pool,
    }
    cupyx = {
        "errstate": errstate,
        "empty_pinned": pinned.empty_pinned,
        "empty_like_pinned": pinned.empty_like_pinned,
        "zeros_pinned": pinned.zeros_pinned,
        "zeros_like_pinned": pinned.zeros_like_pinned,
    }
    tricks = {"as_strided": functions.as_strided, "sliding_window_view": functions.sliding_window_view}
    top = DoubleModule("cupy", "cupy", cupy)
    top.__dict__.update(__version__=VERSION, _default_memory_pool=memory.default_pool)
    top.__dict__["cuda"] = DoubleModule("cupy.cuda", "cuda", cuda)
    top.__dict__["linalg"] = DoubleModule("cupy.linalg", "linalg", _linalg())
    top.__dict__["fft"] = DoubleModule("cupy.fft", "fft", _fft())
    top.__dict__["random"] = DoubleModule("cupy.random", "random", random.CONTENTS)
    top.__dict__["lib"] = DoubleModule("cupy.lib", None, {})
    top.lib.__dict__["stride_tricks"] = DoubleModule("cupy.lib.stride_tricks", "stride_tricks", tricks)
    top.cuda.__dict__["runtime"] = DoubleModule("cupy.cuda.runtime", "runtime", runtime)
    top.cuda.__dict__["memory"] = DoubleModule("cupy.cuda.memory", None, blocks)
    extras = DoubleModule("cupyx", "cupyx", cupyx)
    extras.__dict__["scipy"] = DoubleModule("cupyx.scipy", None, {})
    matrices = {"lu_factor": _matrices("lu_factor"), "expm": _matrices("expm"), "solve_triangular": _triangular}
    extras.scipy.__dict__["linalg"] = DoubleModule("cupyx.scipy.linalg", "scipy.linalg", matrices)
    extras.scipy.__dict__["special"] = DoubleModule("cupyx.scipy.special", "scipy.special", _special())
    return DOUBLE
