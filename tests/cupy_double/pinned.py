"""Pinned memory of the host: memory that the device copies from and to while the host goes on."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np


class PinnedMemoryPointer(bytearray):
    """A block of pinned memory; a buffer in Python's sense."""

    def __init__(self, size: int) -> None:
        super().__init__(max(size, 1))
        self._size = size
        self._held = (ctypes.c_ubyte * max(size, 1)).from_buffer(self)  # keeps the block where it is
        self.ptr = ctypes.addressof(self._held)
        self.mem = self
        _blocks[self.ptr] = weakref.ref(self)

    def size(self) -> int:
        """Bytes from here to the end of the block."""
        return self._size

    def __int__(self) -> int:
        return self.ptr

    def __del__(self) -> None:
        _blocks.pop(self.ptr, None)

    __hash__ = object.__hash__


_blocks: dict[int, weakref.ref[PinnedMemoryPointer]] = {}
_allocator: Callable[[int], PinnedMemoryPointer] = PinnedMemoryPointer


class PinnedMemoryPool:
    """Keeps nothing."""

    def __init__(self, allocator: Any = None) -> None:
        pass

    def malloc(self, size: int) -> PinnedMemoryPointer:
        """``size`` bytes."""
        return PinnedMemoryPointer(size)

    def free_all_blocks(self) -> None:
        """Returns free memory to the system."""

    def n_free_blocks(self) -> int:
        """Number of free blocks."""
        return 0


default_pool = PinnedMemoryPool()


def set_pinned_memory_allocator(allocator: Callable[[int], PinnedMemoryPointer] | None = None) -> None:
    """Makes ``allocator(size)`` serve pinned memory."""
    global _allocator
    _allocator = allocator or PinnedMemoryPointer


def alloc_pinned_memory(size: int) -> PinnedMemoryPointer:
    """``size`` bytes of pinned memory."""
    return _allocator(size)


def is_pinned(array: np.ndarray[Any, Any]) -> bool:
    """Whether an array of the host lies in pinned memory."""
    address = array.__array_interface__["data"][0]
    blocks = [reference() for reference in list(_blocks.values())]
    return any(block is not None and block.ptr <= address < block.ptr + block._size for block in blocks)


def empty_pinned(shape: Any, dtype: Any = float, order: Any = "C") -> np.ndarray[Any, Any]:
    """As numpy.empty, in pinned memory."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    return np.ndarray(shape, dtype, alloc_pinned_memory(size), order=order)


def zeros_pinned(shape: Any, dtype: Any = float, order: Any = "C") -> np.ndarray[Any, Any]:
    """As numpy.zeros, in pinned memory."""
    array = empty_pinned(shape, dtype, order)
    array[...] = 0
    return array


def empty_like_pinned(
    a: Any, dtype: Any = None, order: Any = "K", subok: None = None, shape: Any = None
) -> np.ndarray[Any, Any]:
    """As numpy.empty_like, in pinned memory, dense and in the order of ``a`` where that is C or Fortran."""
    fortran = a.flags.f_contiguous and not a.flags.c_contiguous
    order = ("F" if fortran else "C") if order in "KA" else order
    return empty_pinned(a.shape if shape is None else shape, a.dtype if dtype is None else dtype, order)


def zeros_like_pinned(
    a: Any, dtype: Any = None, order: Any = "K", subok: None = None, shape: Any = None
) -> np.ndarray[Any, Any]:
    """As numpy.zeros_like, in pinned memory."""
    array = empty_like_pinned(a, dtype, order, subok, shape)
    array[...] = 0
    return array
