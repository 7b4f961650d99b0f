"""When compiled kernels are loaded, on how many threads they run, and where they keep scratch memory.

Nothing here imports numba: the first kernel that is asked for does, through ``Kernels``.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module
from typing import Any

import numpy as np

SERIAL_BELOW = 8192  # elements; below, waking a second thread costs more than it saves
_LINE = 64  # bytes of a line of the cache; a vector that lies in two of them is loaded twice
FLOATS = "fd"  # dtype characters that the kernels are compiled for: float32, float64

_parallel_from = SERIAL_BELOW
_scratch = threading.local()


class Kernels:
    """The compiled kernels of one family, imported when the first of them is asked for.

    Args:
        family: name of a module in ``backends/cpu/kernels``.

    Example:
        >>> Kernels("elementwise").relu.name
        'relu'
    """

    def __init__(self, family: str) -> None:
        self._family = family

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # a look-up by copy or inspect must not start the compiler
            raise AttributeError(name)
        value = getattr(import_module(f"backends.cpu.kernels.{self._family}"), name)
        setattr(self, name, value)  # from now on found without coming here
        return value


_jit = Kernels("jit")


def parallel_from() -> int:
    """Elements from which a kernel runs on all threads.

    Returns:
        ``SERIAL_BELOW``, or a number never reached where threads must not be used.

    Example:
        >>> parallel_from() >= SERIAL_BELOW
        True
    """
    return _parallel_from


def threads(work: int) -> int:
    """How many threads should share so much work.

    Args:
        work: in elements, or what takes as long as one.

    Returns:
        1, or numba's number of threads.

    Example:
        >>> threads(1)
        1
    """
    count: int = _jit.get_num_threads() if work >= _parallel_from else 1
    return count


def serial_only() -> None:
    """Keeps this process to one thread from now on.

    Example:
        >>> serial_only.__name__  # not called here: it cannot be undone
        'serial_only'
    """
    global _parallel_from
    _parallel_from = sys.maxsize


def scratch(name: str, size: int, dtype: Any) -> Any:
    """Memory for intermediate values, kept for the next call of the same thread.

    Args:
        name: whose memory; two arrays that live at the same time need two names.
        size: in elements.
        dtype: of the elements.

    Returns:
        Uninitialised array (at least size,), C-contiguous, from the beginning of a line of the cache.

    Example:
        >>> scratch("doc", 100, np.float32).size >= 100
        True
    """
    held: dict[Any, Any] = _scratch.__dict__
    key = (name, dtype)
    array = held.get(key)
    if array is None or array.size < size:
        memory = np.empty(size + _LINE // np.dtype(dtype).itemsize, dtype)
        first = -memory.ctypes.data % _LINE // memory.itemsize
        array = held[key] = memory[first : first + size]
    return array


def scratch_rows(name: str, rows: int, size: int, dtype: Any) -> Any:
    """Memory as of ``scratch``, a row for each thread of a kernel.

    Args:
        name: whose memory.
        rows: how many threads.
        size: of a row, in elements.
        dtype: of the elements.

    Returns:
        Uninitialised array (rows, at least size), C-contiguous.

    Example:
        >>> scratch_rows("doc rows", 2, 100, np.float32).shape
        (2, 100)
    """
    held: dict[Any, Any] = _scratch.__dict__
    key = (name, dtype, rows)
    array = held.get(key)
    if array is None or array.shape[1] < size:
        array = held[key] = scratch(name, rows * size, dtype)[: rows * size].reshape(rows, size)
    return array


def stream(seed: int, offset: int) -> tuple[np.uint64, np.uint64]:
    """A place in the random stream as the kernels take it.

    Args:
        seed: 64 bits, of either sign.
        offset: number of the first block.

    Returns:
        Both as uint64.

    Example:
        >>> stream(-1, 2)
        (np.uint64(18446744073709551615), np.uint64(2))
    """
    return np.uint64(seed & 0xFFFFFFFFFFFFFFFF), np.uint64(offset & 0xFFFFFFFFFFFFFFFF)


# A forked child (a data loader's worker) has the parent's thread pool in its memory, but not its threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=serial_only)
