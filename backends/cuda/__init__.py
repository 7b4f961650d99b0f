"""The backend of NVIDIA GPUs, on CuPy's arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from backends.errors import BackendUnavailable
from backends.protocol import Array
from backends.reference import Reference

INSTALL = "pip install 'twingrad[cuda12]' or pip install 'twingrad[cuda13]'"


class Cuda(Reference):
    """The protocol on a GPU.

    Args:
        xp: the array module: cupy, or a double of it in tests.
        launch: starts a compiled kernel; None where every kernel is to be an array expression.
        index: which GPU.

    Example:
        >>> Cuda(np, launch=None, index=1).index
        1
    """

    def __init__(self, xp: Any, launch: Callable[..., None] | None, index: int = 0) -> None:
        super().__init__(xp, "cuda", index)
        self.launch = launch

    def asarray(self, data: Any, dtype: Any = None) -> Array:
        """This GPU's array of ``data``, copied only when it must be."""
        with self.xp.cuda.Device(self.index):
            return self.xp.asarray(data, dtype)

    def scalar(self, value: float, dtype: Any) -> Any:
        """``value`` as a NumPy scalar, which travels as a kernel's argument and needs no device memory."""
        return np.dtype(dtype).type(value)

    def synchronize(self) -> None:
        """Wait until all work given to this GPU is done."""
        self.xp.cuda.Device(self.index).synchronize()


def create(index: int = 0) -> Cuda:
    """The backend of one GPU.

    Args:
        index: which GPU, from 0.

    Returns:
        The backend.

    Raises:
        BackendUnavailable: when CuPy, the driver, a GPU, or a GPU of that index is missing; the message says which.
    """
    cupy, broken = _import_cupy()
    if cupy is None:
        raise BackendUnavailable(broken)
    count = _device_count(cupy)
    if not 0 <= index < count:
        has = "1 GPU, index 0" if count == 1 else f"{count} GPUs, index 0 to {count - 1}"
        raise BackendUnavailable(f"cuda: index {index} is out of range, this machine has {has}")
    return Cuda(cupy, None, index)


@cache  # a failed import is not tried again: the second error of a half-loaded library says less than the first
def _import_cupy() -> tuple[Any, str]:
    """CuPy and "", or None and why not."""
    try:
        import cupy
    except ModuleNotFoundError as error:
        if error.name == "cupy":
            return None, f"cuda: CuPy is not installed: {INSTALL}"
        return None, _broken(error)
    except Exception as error:
        return None, _broken(error)
    return cupy, ""


def _broken(error: BaseException) -> str:
    """The sentence for a CuPy that does not import, with the first cause."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"cuda: CuPy is installed but does not import ({type(error).__name__}: {error}). Reinstall it: {INSTALL}"


def _device_count(cupy: Any) -> int:
    """How many GPUs the CUDA runtime sees, at least one."""
    runtime = cupy.cuda.runtime
    try:
        if runtime.driverGetVersion() == 0:
            raise BackendUnavailable("cuda: CuPy is installed, but there is no NVIDIA driver on this machine")
        count = int(runtime.getDeviceCount())
    except runtime.CUDARuntimeError as error:
        if error.status != runtime.cudaErrorNoDevice:
            raise BackendUnavailable(f"cuda: CuPy is installed, but the CUDA runtime fails: {error}") from error
        count = 0
    if count == 0:
        raise BackendUnavailable("cuda: CuPy and the NVIDIA driver are installed, but there is no GPU they can use")
    return count
