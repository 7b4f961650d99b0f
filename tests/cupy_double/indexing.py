"""Indexing: views where there are only integers and slices, new arrays elsewhere, hidden transfers logged.

Positions out of range in an index array are wrapped around, in silence. Stricter than CuPy: an assignment to one place
twice, whose result CuPy leaves open, raises.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cupy_double import log
from tests.cupy_double.array import Host, fresh, ndarray, view

_order = np.random.default_rng(12345)  # of atomic operations


def prepare(key: Any) -> tuple[tuple[Any, ...], bool]:
    """The index for NumPy, and whether there are arrays in it."""
    parts: list[Any] = []
    advanced = False
    for part in key if isinstance(key, tuple) else (key,):
        if part is None or part is Ellipsis or isinstance(part, slice):
            parts.append(part)
            continue
        if np.isscalar(part) and not isinstance(part, bool | np.bool_):
            if not isinstance(part, int | np.integer):
                raise IndexError(
                    "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or "
                    "boolean arrays are valid indices"
                )
            parts.append(int(part))
            continue
        advanced = True
        parts.append(_array(part))
    return tuple(parts), advanced


def _wrapped(index: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The index with the positions in its arrays taken modulo the length of their axis."""
    used = [0 if p is None or p is Ellipsis else p.ndim if _is_mask(p) else 1 for p in index]
    axis, parts = 0, []
    for part, axes in zip(index, used, strict=True):
        if isinstance(part, np.ndarray) and not _is_mask(part) and axis < len(shape) and shape[axis]:
            part = part.astype(np.int64) % shape[axis]
        axis += len(shape) - sum(used) if part is Ellipsis else axes
        parts.append(part)
    return tuple(parts)


def _is_mask(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind == "b"


def _array(part: Any) -> Host:
    """An array in an index, as NumPy's."""
    if isinstance(part, ndarray):
        host = part._host
    else:
        host = np.asarray(part)
        if isinstance(part, list | tuple) and host.size == 0:
            host = host.astype(np.int32)
        log.record("h2d", "index", host.nbytes)
    if host.dtype.kind not in "biu":
        raise IndexError(f"arrays used as indices must be of integer or boolean type. (actual: {host.dtype.type})")
    if host.dtype.kind == "b" and host.size:
        log.synchronize("indexing by a boolean array")
    return host


def get(self: ndarray, key: Any) -> ndarray:
    """``self[key]``."""
    index, advanced = prepare(key)
    if advanced:
        log.record("launch", "take")
        return fresh(self._host[_wrapped(index, self.shape)])
    if not any(part is Ellipsis for part in index):
        index = (*index, Ellipsis)  # a view, of 0-d too, never a number
    return view(self, self._host[index])


def assign(self: ndarray, key: Any, value: Any) -> None:
    """``self[key] = value``."""
    index, advanced = prepare(key)
    if not advanced and not isinstance(value, ndarray):
        if not any(part is Ellipsis for part in index):
            index = (*index, Ellipsis)
        view(self, self._host[index]).fill(value)
        return
    host, index = _source(value, self.dtype), _wrapped(index, self.shape)
    if advanced and host.size > 1:
        _refuse_duplicates(index, self.shape)
    log.record("launch", "setitem")
    with np.errstate(all="ignore"):
        self._host[index] = host


def _source(value: Any, dtype: np.dtype[Any]) -> Host:
    """The value to assign; one from the host is copied to the device first."""
    if isinstance(value, ndarray):
        return value._host
    host = np.asarray(value, dtype)
    log.record("h2d", "value", host.nbytes)
    return host


def _refuse_duplicates(index: tuple[Any, ...], shape: tuple[int, ...]) -> None:
    """Raises where integer arrays name one place twice."""
    arrays = [part for part in index if isinstance(part, np.ndarray) and part.dtype.kind in "iu"]
    if not arrays:
        return
    places = np.arange(int(np.prod(shape))).reshape(shape)[index]
    if np.unique(places).size < places.size:
        raise RuntimeError("assignment to one place through several indices: CuPy leaves open which value stays")


def scatter(self: ndarray, key: Any, value: Any, function: Any, dtypes: list[str], name: str, whole: Any) -> None:
    """``function.at(self, key, value)`` by atomic operations, whose order is not certain."""
    index, advanced = prepare(key)
    if not advanced:
        target = get(self, key)
        whole(target, value, out=target)
        return
    if isinstance(value, ndarray):
        value = value._host
    value = np.asarray(value, self.dtype)
    if not any(map(_is_mask, index)) and self.dtype.name not in dtypes:
        raise TypeError(f"{name} only supports {', '.join(dtypes)} as data type")
    log.record("launch", name)
    places = np.arange(self.size).reshape(self.shape)[_wrapped(index, self.shape)]
    values = np.broadcast_to(value, places.shape).reshape(-1)
    order = _order.permutation(places.size)
    result = self._host.reshape(-1).copy()
    with np.errstate(all="ignore"):
        function.at(result, places.reshape(-1)[order], values[order])
    self._host[...] = result.reshape(self.shape)


ndarray.__getitem__ = get  # type: ignore[attr-defined]
ndarray.__setitem__ = assign  # type: ignore[attr-defined]
