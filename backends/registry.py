"""From a device's name, or an array, to the backend that serves it. Backends are made on first use and kept."""

from __future__ import annotations

import os
import sys
from threading import RLock
from typing import Any

import numpy as np

from backends.cpu import Cpu
from backends.errors import BackendUnavailable
from backends.meta import Meta
from backends.protocol import Array, Backend
from backends.reference import Reference

NAMES = "cpu", "cuda", "meta", "reference"

_backends: dict[tuple[str, int], Backend] = {}
_by_type: dict[type, Backend] = {}  # NumPy's types only: a CuPy array must be asked for its device
known = _by_type.get  # the backend of a type whose arrays are on one device, None before the first ``of`` such an array
_lock = RLock()


def get(name: str, index: int = 0) -> Backend:
    """The backend of one device; the same object on every call.

    The environment variable TWINGRAD_CPU=reference, read when "cpu" is first asked for, serves it by plain NumPy.

    Args:
        name: "cpu", "cuda", "meta" (shapes without values), or "reference" (plain NumPy).
        index: which of several GPUs.

    Returns:
        The backend.

    Raises:
        BackendUnavailable: when the machine lacks something; the message says what.
        ValueError: for another name.

    Example:
        >>> get("cpu").name, get("cpu") is get("cpu")
        ('cpu', True)
    """
    backend = _backends.get((name, index))
    return _create(name, index) if backend is None else backend


def of(array: Array) -> Backend:
    """The backend that an array, or a NumPy scalar, belongs to.

    Args:
        array: numpy.ndarray, NumPy scalar or cupy.ndarray.

    Returns:
        The backend.

    Raises:
        TypeError: for anything else.

    Example:
        >>> of(np.zeros(2)).name
        'cpu'
    """
    backend = _by_type.get(type(array))
    return _resolve(array) if backend is None else backend


def register(backend: Backend) -> None:
    """Serves the device of ``backend.name`` and ``backend.index`` by this object from now on.

    For tests on a double of a device, and for backends from outside.

    Args:
        backend: answers the protocol.

    Example:
        >>> register(get("cpu"))
    """
    with _lock:
        _backends[backend.name, backend.index] = backend


def made(name: str) -> list[Backend]:
    """The backends that were asked for so far.

    Args:
        name: "cpu", "cuda" or "reference".

    Returns:
        Those of that name, in the order of their index.

    Example:
        >>> get("cpu") in made("cpu")
        True
    """
    with _lock:
        return [_backends[key] for key in sorted(_backends) if key[0] == name]


def available() -> dict[str, str]:
    """What can be used here: "ok", or the sentence that says what is missing, for each device name.

    Returns:
        A dictionary with the keys "cpu" and "cuda".

    Example:
        >>> available()["cpu"]
        'ok'
    """
    return {name: _state(name) for name in ("cpu", "cuda")}


def _state(name: str) -> str:
    """One entry of ``available``."""
    try:
        get(name)
    except BackendUnavailable as reason:
        return str(reason)
    return "ok"


def _create(name: str, index: int) -> Backend:
    """Makes and keeps a backend, once even when threads ask together."""
    if name not in NAMES:
        raise ValueError(f"device: expected one of {', '.join(NAMES)}, got {name!r}")
    if name != "cuda" and index != 0:
        raise BackendUnavailable(f"{name}: index {index} is out of range, there is one {name} device, index 0")
    with _lock:
        if (name, index) not in _backends:
            _backends[name, index] = _make(name, index)
        return _backends[name, index]


def _make(name: str, index: int) -> Backend:
    """A new backend; what it needs is imported here."""
    if name == "reference":
        return Reference(np)
    if name == "meta":
        return Meta(np, name="meta")
    if name == "cuda":
        from backends import cuda

        return cuda.create(index)
    np.seterr(all="ignore")  # see README.md, "Floating-point warnings"
    if os.environ.get("TWINGRAD_CPU") == "reference":
        return Reference(np, name="cpu")
    return Cpu(np, name="cpu")


def _resolve(array: Array) -> Backend:
    """``of`` for a type not met before, and for CuPy arrays."""
    if isinstance(array, np.ndarray | np.generic):
        return _by_type.setdefault(type(array), get("cpu"))
    cupy: Any = sys.modules.get("cupy")  # an array of a library that is not loaded cannot exist
    if cupy is not None and isinstance(array, cupy.ndarray):
        return get("cuda", array.device.id)
    raise TypeError(
        f"backend: expected a numpy or cupy array, got {type(array).__module__}.{type(array).__qualname__}. "
        "Make it an array first, for example by numpy.asarray"
    )
