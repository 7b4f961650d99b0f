"""``ndarray``: the double's array. It holds a NumPy array, but is none, so NumPy does not take it by mistake."""

from __future__ import annotations

import functools
import math
import operator
import types
import warnings
from collections.abc import Iterator
from typing import Any

import ml_dtypes  # NumPy learns "E", bfloat16, from it
import numpy as np

from tests.cupy_double import log, memory, pinned, stream
from tests.cupy_double.surface import absent

Host = np.ndarray[Any, Any]

DOUBLE: dict[str, types.ModuleType] = {}  # the double's modules by full name
SCALARS = frozenset({bool, int, float, complex, *(np.dtype(c).type for c in "?bhilqBHILQefdFD"), ml_dtypes.bfloat16})
_NAMES = {np.dtype(c): np.dtype(c).name for c in "?bhilqBHILQefdFD"} | {np.dtype("bfloat16"): "bfloat16"}


class Flags:
    """``c_contiguous``, ``f_contiguous``, ``owndata``, and no other."""

    def __init__(self, host: Host, owndata: bool) -> None:
        self.c_contiguous: bool = host.flags.c_contiguous
        self.f_contiguous: bool = host.flags.f_contiguous
        self.owndata = owndata
        self.fnc = self.f_contiguous and not self.c_contiguous
        self.forc = self.f_contiguous or self.c_contiguous

    def __getitem__(self, name: str) -> bool:
        if name not in ("C_CONTIGUOUS", "F_CONTIGUOUS", "OWNDATA"):
            raise KeyError(f"{name} is not defined for cupy.ndarray.flags")
        return bool(getattr(self, name.lower()))


class ndarray:
    """An array on the device. Conversion to and from NumPy is always explicit.

    Args:
        shape, dtype, order: as in NumPy.
        memptr: where the data begin, by default in new memory.
        strides: in bytes.
    """

    __slots__ = ("__weakref__", "_host", "_memory", "base")
    __hash__ = None  # type: ignore[assignment]
    __array_priority__ = 100

    def __init__(
        self,
        shape: Any,
        dtype: Any = float,
        memptr: memory.MemoryPointer | None = None,
        strides: Any = None,
        order: str | None = "C",
    ) -> None:
        shape = (shape,) if isinstance(shape, int | np.integer) else tuple(map(operator.index, shape))
        if shape and min(shape) < 0:
            raise ValueError("Negative dimensions are not allowed")
        dtype = np.dtype(dtype)
        if memptr is None:
            made = _new(shape, dtype, "C" if order is None else order.upper(), True)
            self._host, self._memory = made._host, made._memory
        else:
            self._memory = memptr.mem
            start = memptr.mem.offset + memptr._offset
            self._host = np.ndarray(shape, dtype, memptr.mem.host, start, strides, order or "C")
        self.base: ndarray | None = None

    # -- facts -------------------------------------------------------------------------------------------------------
    @property
    def shape(self) -> tuple[int, ...]:
        return self._host.shape

    @shape.setter
    def shape(self, shape: Any) -> None:
        view = self._host.view()
        view.shape = shape
        self._host = view

    @property
    def strides(self) -> tuple[int, ...]:
        return self._host.strides

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._host.dtype

    @property
    def size(self) -> int:
        return self._host.size

    @property
    def ndim(self) -> int:
        return self._host.ndim

    @property
    def nbytes(self) -> int:
        return self._host.nbytes

    @property
    def itemsize(self) -> int:
        return self._host.itemsize

    @property
    def flags(self) -> Flags:
        return Flags(self._host, self.base is None)

    @property
    def data(self) -> memory.MemoryPointer:
        if not self._memory.size:
            return memory.MemoryPointer(self._memory, 0)
        return memory.MemoryPointer(self._memory, self._host.__array_interface__["data"][0] - self._memory.ptr)

    @property
    def device(self) -> Any:
        return self.data.device

    @property
    def T(self) -> ndarray:
        return self if self.ndim < 2 else view(self, self._host.T)

    @property
    def mT(self) -> ndarray:
        if self.ndim < 2:
            raise ValueError("matrix transpose with ndim < 2 is undefined")
        return view(self, self._host.mT)

    @property
    def real(self) -> ndarray:
        return view(self, self._host.real) if self.dtype.kind == "c" else self

    @property
    def imag(self) -> ndarray:
        return view(self, self._host.imag) if self.dtype.kind == "c" else fresh(self._host.imag)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "descr": self.dtype.descr,
            "stream": 1,
            "version": 3,
            "strides": None if self._host.flags.c_contiguous else self.strides,
            "data": (self.data.ptr if self.size else 0, False),
        }

    def __getattr__(self, name: str) -> Any:
        raise absent("ndarray", "cupy.ndarray", name)

    # -- to the host -------------------------------------------------------------------------------------------------
    def get(self, stream: Any = None, order: str = "C", out: Host | None = None, blocking: bool = True) -> Host:
        """A copy on the host; not blocking and into pinned memory: there when the stream is synchronised."""
        return to_host(self, stream, order, out, blocking, "get()")

    def set(self, arr: Host, stream: Any = None) -> None:
        """Copies from an array of the host with the same shape and dtype."""
        from_host(self, arr, stream)

    def item(self) -> Any:
        """The one element as a Python number."""
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return to_host(self, what="item()").item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return to_host(self, what="tolist()").tolist()

    def tobytes(self, order: Any = "C") -> bytes:
        """The elements as bytes."""
        return to_host(self, what="tobytes()").tobytes(order)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Host:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    def __dlpack__(self, **options: Any) -> Any:
        raise BufferError("the double of CuPy has no memory that DLPack could share")

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, 0

    def __float__(self) -> float:
        return float(to_host(self, what="float()"))

    def __int__(self) -> int:
        return int(to_host(self, what="int()"))

    def __complex__(self) -> complex:
        return complex(to_host(self, what="complex()"))

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()"
            )
        if self.size == 0:
            warnings.warn("The truth value of an empty array is ambiguous.", DeprecationWarning, stacklevel=2)
            return False
        return bool(to_host(self, what="bool()"))

    def __repr__(self) -> str:
        return repr(to_host(self, what="repr()"))

    def __str__(self) -> str:
        return str(to_host(self, what="str()"))

    def __format__(self, spec: str) -> str:
        return format(to_host(self, what="format()"), spec)

    def __reduce__(self) -> Any:
        return DOUBLE["cupy"].array, (self.get(order="A"),)

    # -- copies ------------------------------------------------------------------------------------------------------
    def copy(self, order: str = "C") -> ndarray:
        """A copy; ``order`` as in NumPy, "C" by default."""
        return self.astype(self.dtype, order)

    def __copy__(self) -> ndarray:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> ndarray:
        return self.copy()

    def astype(
        self, dtype: Any, order: str | None = "K", casting: None = None, subok: None = None, copy: bool | None = True
    ) -> ndarray:
        """A copy of another dtype; itself if ``copy`` is false and nothing changes."""
        if casting is not None or subok is not None:
            raise TypeError("casting is not supported yet" if casting is not None else "subok is not supported yet")
        dtype, order = np.dtype(dtype), "K" if order is None else order.upper()
        flags = self._host.flags
        fits = {"K": True, "A": flags.forc, "C": flags.c_contiguous, "F": flags.f_contiguous}[order]
        if not copy and dtype == self.dtype and fits:
            return self
        out = new_like(self, dtype, order)
        log.record("launch", "copy")
        with np.errstate(all="ignore"):
            out._host[...] = self._host
        return out

    def view(self, dtype: Any = None, type: Any = None) -> ndarray:
        """The same memory, as another dtype."""
        return view(self, self._host.view() if dtype is None else self._host.view(dtype))

    def fill(self, value: Any) -> None:
        """Sets every element to a scalar."""
        if isinstance(value, ndarray):
            if value.shape != ():
                raise ValueError("non-scalar cupy.ndarray cannot be used for fill")
            host = value._host.astype(self.dtype)
        else:
            host = np.asarray(value, self.dtype)
            if host.shape != ():
                raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        log.record("launch", "fill")
        self._host[...] = host

    # -- container ---------------------------------------------------------------------------------------------------
    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[ndarray]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    # -- NumPy's functions on the double's arrays --------------------------------------------------------------------
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        out = options.get("out", ())
        if out:
            if len(out) != 1:
                raise ValueError("The 'out' parameter must have exactly one array value")
            options["out"] = out[0]
        function = getattr(DOUBLE["cupy"], ufunc.__name__, None)
        if function is None or any(type(x) not in SCALARS and not isinstance(x, ndarray | np.ndarray) for x in inputs):
            return NotImplemented
        if ufunc.__name__ in _COMPARISONS:
            inputs = tuple(x.item() if isinstance(x, np.ndarray) and x.ndim == 0 else x for x in inputs)
        return (function if method == "__call__" else getattr(function, method))(*inputs, **options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        try:
            module = functools.reduce(getattr, function.__module__.split(".")[1:], DOUBLE["cupy"])
            own = getattr(module, function.__name__)
        except AttributeError:
            return NotImplemented
        if own is function or not all(issubclass(t, ndarray | np.ndarray) for t in types):
            return NotImplemented
        return own(*args, **options)


_COMPARISONS = "greater", "greater_equal", "less", "less_equal", "equal", "not_equal"


# -- making arrays -------------------------------------------------------------------------------------------------


def _new(shape: tuple[int, ...], dtype: np.dtype[Any], order: str = "C", poison: bool = False) -> ndarray:
    """A new array, without checks of the shape."""
    name = _NAMES.get(dtype)
    if name is None and dtype.kind != "V":
        raise ValueError(f"Unsupported dtype {dtype}")
    array = object.__new__(ndarray)
    block, offset = memory.allocate(math.prod(shape) * dtype.itemsize, poison, (name, shape))
    array._host = np.ndarray(shape, dtype, block.host, block.offset + offset, order=order)
    array._memory = block
    array.base = None
    return array


def new(shape: tuple[int, ...], dtype: np.dtype[Any]) -> ndarray:
    """A new array in C order, its elements to be written."""
    return _new(shape, dtype)


def new_like(like: ndarray, dtype: np.dtype[Any], order: str = "K", shape: Any = None, poison: bool = False) -> ndarray:
    """A new array in the order of ``like``: "K" keeps the order of the axes in memory and leaves no gaps."""
    kept = like.shape if shape is None else shape
    flags = like._host.flags
    if order == "K" and len(kept) != like.ndim:
        order = "C"
    elif order == "A":
        order = "F" if flags.fnc else "C"
    elif order == "K" and flags.forc:
        order = "C" if flags.c_contiguous else "F"
    if order != "K":
        return _new(kept, dtype, order, poison)
    out, step = _new(kept, dtype, "C", poison), dtype.itemsize
    strides = [0] * like.ndim
    for axis in sorted(range(like.ndim), key=lambda i: (abs(like.strides[i]), -i)):
        strides[axis] = step
        step *= kept[axis]
    out._host = np.ndarray(kept, dtype, out._memory.host, out._memory.offset + out.data._offset, strides)
    return out


def view(of: ndarray, host: Host) -> ndarray:
    """An array over part of another's memory."""
    array = object.__new__(ndarray)
    array._host = host
    array._memory = of._memory
    array.base = of if of.base is None else of.base
    return array


def fresh(host: Any) -> ndarray:
    """A result computed on the host, as a new array in C order."""
    host = np.asarray(host)
    array = _new(host.shape, host.dtype)
    array._host[...] = host
    return array


def device(result: Any, sources: tuple[ndarray, ...] | list[ndarray] = ()) -> Any:
    """A NumPy function's result as device arrays: a view where it shares a source's memory, a new array elsewhere."""
    if isinstance(result, np.ndarray):
        block = memory.owner(result)
        for source in sources:
            if block is not None and source._memory is block:
                return view(source, result)
        return fresh(result)
    if isinstance(result, tuple | list):
        parts = [device(part, sources) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    return fresh(result) if isinstance(result, np.generic | bool | int | float) else result


# -- transfers -----------------------------------------------------------------------------------------------------


def to_host(
    array: ndarray,
    on: Any = None,
    order: str = "C",
    out: Host | None = None,
    blocking: bool = True,
    what: str = "get()",
) -> Host:
    """A copy on the host; see ``ndarray.get``."""
    where = stream.current() if on is None else on
    if out is not None:
        if not isinstance(out, np.ndarray):
            raise TypeError("Only numpy.ndarray can be obtained from cupy.ndarray")
        if out.dtype != array.dtype:
            raise TypeError(f"{out.dtype} array cannot be obtained from {array.dtype} array")
        if out.shape != array.shape:
            raise ValueError(f"Shape mismatch. Expected shape: {array.shape}, actual shape: {out.shape}")
        if not out.flags.forc:
            raise RuntimeError("`out` cannot be specified when copying to non-contiguous ndarray")
    log.record("d2h", what, array.nbytes)
    if blocking or out is None or not pinned.is_pinned(out):  # a copy into pageable memory waits
        log.synchronize(what)
        where._finish()
        if out is None:
            return array._host.copy(order=order.upper())
        out[...] = array._host
        return out
    source = array._host.copy()
    _spoil(out)
    where._waiting.append(lambda: np.copyto(out, source))
    return out


def from_host(array: ndarray, arr: Host, on: Any = None) -> None:
    """Copies into ``array``; see ``ndarray.set``."""
    if not isinstance(arr, np.ndarray):
        raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
    if array.dtype != arr.dtype:
        raise TypeError(f"{arr.dtype} array cannot be set to {array.dtype} array")
    if array.shape != arr.shape:
        raise ValueError(f"Shape mismatch. Old shape: {array.shape}, new shape: {arr.shape}")
    if not array._host.flags.forc:
        raise RuntimeError("Cannot set to non-contiguous array")
    log.record("h2d", "set()", array.nbytes)
    where = stream.current() if on is None else on
    if not pinned.is_pinned(arr):  # a copy from pageable memory has read it all when it returns
        log.synchronize("set() from memory that is not pinned")
        array._host[...] = arr
        return
    sent, ordered = arr.copy(), where == stream.current()
    array._host[...] = sent
    if not ordered:
        _spoil(array._host)

    def deliver() -> None:
        if sent.tobytes() != arr.tobytes():
            raise RuntimeError("pinned memory was changed before the copy from it was done")
        if not ordered:
            array._host[...] = sent

    where._waiting.append(deliver)


def _spoil(host: Host) -> None:
    """Overwrites an array that nobody may read yet."""
    host.reshape(-1, order="A").view(np.uint8)[...] = 0xA5
