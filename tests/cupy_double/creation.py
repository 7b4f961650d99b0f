"""Functions that make arrays, of data of the host or of nothing, and the way back."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cupy_double import log
from tests.cupy_double.array import Host, ndarray, new_like


def needs_device(a: Any, name: str) -> ndarray:
    """``a``; raises TypeError where it is no array of the device."""
    if not isinstance(a, ndarray):
        raise TypeError(f"Unsupported type {type(a)} ({name})")
    return a


def array(
    obj: Any,
    dtype: Any = None,
    copy: bool | None = True,
    order: str | None = "K",
    subok: bool = False,
    ndmin: int = 0,
    blocking: bool = False,
) -> ndarray:
    """An array of the device from an array of it or of the host, or from nested lists of either."""
    order = "K" if order is None else order.upper()
    if isinstance(obj, ndarray):
        result = obj.astype(obj.dtype if dtype is None else dtype, order, copy=copy)
    else:
        if _contains_device_array(obj):
            host = np.array(_nested(obj), dtype)
        else:
            host = np.asarray(obj, dtype)
            log.record("h2d", "array", host.nbytes)
        if host.dtype.kind not in "biufcV" or host.dtype.char in "gG":
            raise ValueError(f"Unsupported dtype {host.dtype}")
        fortran = order == "F" or (order in "KA" and isinstance(obj, np.ndarray) and obj.flags.fnc)
        result = ndarray(host.shape, host.dtype, order="F" if fortran else "C")
        result._host[...] = host
        if blocking:
            log.synchronize("array(blocking=True)")
    return result if result.ndim >= ndmin else result.reshape((1,) * (ndmin - result.ndim) + result.shape)


def _contains_device_array(obj: Any) -> bool:
    return isinstance(obj, ndarray) or (type(obj) in (list, tuple) and any(map(_contains_device_array, obj)))


def _nested(obj: Any) -> Any:
    """Lists of device arrays as lists of NumPy arrays."""
    if isinstance(obj, ndarray):
        return obj._host
    if type(obj) in (list, tuple):
        return [_nested(item) for item in obj]
    raise TypeError(f"Unsupported type {type(obj)} (a list of device arrays holds nothing else)")


def asarray(
    a: Any, dtype: Any = None, order: str | None = None, *, copy: bool | None = None, blocking: bool = False
) -> ndarray:
    """``a`` itself if it is an array of the device with this dtype and order, else a copy."""
    return array(a, dtype, copy, order, blocking=blocking)


def ascontiguousarray(a: Any, dtype: Any = None) -> ndarray:
    """``a``, or a copy in C order, at least 1-d."""
    return array(a, dtype, None, "C", ndmin=1)


def asfortranarray(a: Any, dtype: Any = None) -> ndarray:
    """``a``, or a copy in Fortran order, at least 1-d."""
    return array(a, dtype, None, "F", ndmin=1)


def copy(a: Any, order: str = "K") -> ndarray:
    """A copy that keeps the order of the axes in memory."""
    return needs_device(a, "copy").copy(order)


def asnumpy(a: Any, stream: Any = None, order: str = "C", out: Host | None = None, *, blocking: bool = True) -> Host:
    """A copy of a device array on the host; other things as NumPy takes them."""
    if isinstance(a, ndarray):
        return a.get(stream, order, out, blocking)
    return np.asarray(a, order=order)  # type: ignore[call-overload]


def empty(shape: Any, dtype: Any = float, order: str = "C") -> ndarray:
    """A new array, filled with NaN here and with anything in CuPy."""
    return ndarray(shape, dtype, order=order)


def zeros(shape: Any, dtype: Any = float, order: str = "C") -> ndarray:
    """A new array of zeros."""
    return full(shape, 0, dtype, order)


def ones(shape: Any, dtype: Any = float, order: str = "C") -> ndarray:
    """A new array of ones."""
    return full(shape, 1, dtype, order)


def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> ndarray:
    """A new array of one value."""
    if dtype is None:
        dtype = fill_value.dtype if isinstance(fill_value, ndarray) else np.array(fill_value).dtype
    result = ndarray(shape, dtype, order=order)
    _fill(result, fill_value)
    return result


def _fill(result: ndarray, value: Any) -> None:
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError(f"Unsupported type {np.ndarray} (full)")
    with np.errstate(all="ignore"):
        result._host[...] = value._host if isinstance(value, ndarray) else value


def _like(a: Any, dtype: Any, order: str, subok: None, shape: Any) -> ndarray:
    if subok is not None:
        raise TypeError("subok is not supported yet")
    a = needs_device(a, "a function ending in _like")
    shape = (shape,) if isinstance(shape, int) else shape
    return new_like(a, a.dtype if dtype is None else np.dtype(dtype), order.upper(), shape, poison=True)


def empty_like(prototype: Any, dtype: Any = None, order: str = "K", subok: None = None, shape: Any = None) -> ndarray:
    """A new array in the order of another."""
    return _like(prototype, dtype, order, subok, shape)


def zeros_like(a: Any, dtype: Any = None, order: str = "K", subok: None = None, shape: Any = None) -> ndarray:
    """Zeros in the order of another array."""
    result = _like(a, dtype, order, subok, shape)
    _fill(result, 0)
    return result


def ones_like(a: Any, dtype: Any = None, order: str = "K", subok: None = None, shape: Any = None) -> ndarray:
    """Ones in the order of another array."""
    result = _like(a, dtype, order, subok, shape)
    _fill(result, 1)
    return result


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: None = None, shape: Any = None
) -> ndarray:
    """One value in the order of another array."""
    result = _like(a, dtype, order, subok, shape)
    _fill(result, fill_value)
    return result
