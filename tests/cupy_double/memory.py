"""Device memory: aligned blocks between red zones, filled with NaN, counted by a pool that can run out.

A device array of the double is a view into such a block. Real memory has no red zones and keeps what the last owner left
in it; here a kernel that writes past its array, or reads what nobody wrote, is noticed.
"""

from __future__ import annotations

import ctypes
import sys
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.cupy_double import log

ALIGNMENT = 512  # of every block, and the unit in which the pool counts, as in CuPy
CAPACITY = 16 << 30  # bytes of the device
_ZONE = 256
_MARK = b"\xa5" * _ZONE
_POISON = 0xFF  # NaN in every floating format

_KEPT = 64  # blocks of one size that wait for the next array, as in a pool
_SMALL = 1 << 14  # bytes of such a block at most
_UNSHARED = 2  # references to a NumPy array that getrefcount finds: the attribute, its own argument

_free: dict[int, list[tuple[Any, int, int]]] = {}  # by size: (host, offset, address) of blocks with whole red zones
_blocks: dict[int, weakref.ref[Memory]] = {}  # by id of the NumPy array that holds the block
_damages: list[str] = []
_register: Callable[[int, int, str], None] | None = None
_unregister: Callable[[int], None] | None = None


class OutOfMemoryError(MemoryError):
    """The device's memory, or the pool's limit, does not suffice."""

    def __init__(self, size: int, total: int, limit: int = 0) -> None:
        bound = f", limit set to: {limit:,} bytes" if limit else ""
        super().__init__(f"Out of memory allocating {size:,} bytes (allocated so far: {total:,} bytes{bound}).")


class Memory:
    """A block of ``size`` bytes at address ``ptr``, between two red zones; ``what``: dtype and shape, for messages."""

    __slots__ = ("__weakref__", "_pool", "host", "offset", "ptr", "size")

    def __init__(self, size: int, pool: MemoryPool | None = None, poison: bool = True, what: Any = None) -> None:
        if pool is not None:
            pool._take(size)
        self._pool = pool
        self.size = size
        try:
            self.host, self.offset, self.ptr = _free[size].pop()
        except LookupError:
            self.host = np.empty(size + 2 * _ZONE + ALIGNMENT, np.uint8)
            start = self.host.__array_interface__["data"][0]
            self.offset = _ZONE + -(start + _ZONE) % ALIGNMENT
            self.ptr = start + self.offset if size else 0
            self.host[self.offset - _ZONE : self.offset] = 0xA5
            self.host[self.offset + size : self.offset + size + _ZONE] = 0xA5
        if poison:
            self.host[self.offset : self.offset + size] = _POISON
        _blocks[id(self.host)] = weakref.ref(self)
        if size and _register is not None:
            _register(self.ptr, size, "{} array {}".format(*what) if what else f"buffer of {size} bytes")

    def damage(self) -> str:
        """What a write outside of the block left in its red zones, or an empty string."""
        start, end = self.offset, self.offset + self.size
        if self.host[start - _ZONE : start].tobytes() != _MARK:
            return f"the memory before a buffer of {self.size} bytes was written"
        if self.host[end : end + _ZONE].tobytes() != _MARK:
            return f"the memory after a buffer of {self.size} bytes was written"
        return ""

    def __del__(self) -> None:
        if not hasattr(self, "ptr") or _blocks is None:  # the pool refused, or the interpreter ends
            return
        _blocks.pop(id(self.host), None)
        if self._pool is not None:
            self._pool._give_back(self.size)
        if self.size and _unregister is not None:
            _unregister(self.ptr)
        if damage := self.damage():
            _damages.append(damage)
        elif self.size <= _SMALL and sys.getrefcount(self.host) == _UNSHARED:
            free = _free.setdefault(self.size, [])
            if len(free) < _KEPT:
                free.append((self.host, self.offset, self.ptr))


class UnownedMemory:
    """Memory at an address that something else owns."""

    def __init__(self, ptr: int, size: int, owner: Any, device_id: int = -1) -> None:
        self.ptr, self.size, self.offset = ptr, size, 0
        self._owner = owner
        self.host = np.frombuffer((ctypes.c_ubyte * size).from_address(ptr), np.uint8)


class MemoryPointer:
    """A place inside of a block."""

    __slots__ = ("_offset", "mem", "ptr")

    def __init__(self, mem: Memory | UnownedMemory, offset: int) -> None:
        self.mem, self._offset = mem, offset
        self.ptr = mem.ptr + offset if mem.size else 0

    device_id = 0

    @property
    def device(self) -> Any:
        from tests.cupy_double.device import Device

        return Device(0)

    def __int__(self) -> int:
        return self.ptr

    def __add__(self, offset: int) -> MemoryPointer:
        return MemoryPointer(self.mem, self._offset + offset)

    def __sub__(self, offset: int) -> MemoryPointer:
        return MemoryPointer(self.mem, self._offset - offset)

    def _bytes(self, size: int) -> np.ndarray[Any, Any]:
        start = self.mem.offset + self._offset
        return self.mem.host[start : start + size]

    def memset(self, value: int, size: int) -> None:
        """Sets ``size`` bytes to ``value``."""
        self._bytes(size)[...] = value

    def memset_async(self, value: int, size: int, stream: Any = None) -> None:
        """As memset, in the order of the stream."""
        self._bytes(size)[...] = value

    def copy_from_device(self, src: MemoryPointer, size: int) -> None:
        """Copies ``size`` bytes from another place on the device."""
        log.record("d2d", "copy_from_device", size)
        self._bytes(size)[...] = src._bytes(size)

    def copy_from_device_async(self, src: MemoryPointer, size: int, stream: Any = None) -> None:
        """As copy_from_device, in the order of the stream."""
        self.copy_from_device(src, size)


class MemoryPool:
    """Counts what is in use and what was given back but is kept; memory is in units of 512 bytes."""

    def __init__(self, allocator: Any = None) -> None:
        self._used = self._total = self._limit = 0

    def _take(self, size: int) -> None:
        if _damages:
            raise_damages()
        size = -(-size // ALIGNMENT) * ALIGNMENT
        needed = self._used + size
        if needed > self._total:
            if needed > (self._limit or CAPACITY):
                raise OutOfMemoryError(size, self._total, self._limit)
            self._total = needed
        self._used = needed

    def _give_back(self, size: int) -> None:
        self._used -= -(-size // ALIGNMENT) * ALIGNMENT

    def malloc(self, size: int) -> MemoryPointer:
        """``size`` bytes of device memory."""
        return MemoryPointer(Memory(size, self), 0)

    def used_bytes(self) -> int:
        """Bytes in use."""
        return self._used

    def free_bytes(self) -> int:
        """Bytes that were given back and are kept for later."""
        return self._total - self._used

    def total_bytes(self) -> int:
        """Bytes that the pool holds, in use or not."""
        return self._total

    def n_free_blocks(self) -> int:
        """Number of free blocks; free memory is one block here."""
        return int(self._total > self._used)

    def free_all_blocks(self, stream: Any = None) -> None:
        """Returns free memory to the device, which waits for the device."""
        if self._total > self._used:
            log.synchronize("free_all_blocks")
        self._total = self._used

    def set_limit(self, size: int | None = None, fraction: float | None = None) -> None:
        """The most bytes that the pool may hold, 0 for no limit."""
        if size is not None and fraction is not None:
            raise ValueError("size and fraction cannot be specified at one time")
        self._limit = int(CAPACITY * fraction) if fraction is not None else size or 0

    def get_limit(self) -> int:
        """The most bytes that the pool may hold, 0 for no limit."""
        return self._limit


default_pool = MemoryPool()
_allocator: Callable[[int], MemoryPointer] | None = None  # None: the default pool


def set_allocator(allocator: Callable[[int], MemoryPointer] | None = None) -> None:
    """Makes ``allocator(size)`` serve new arrays; None: memory outside of any pool."""
    global _allocator
    _allocator = (lambda size: MemoryPointer(Memory(size), 0)) if allocator is None else allocator
    if _allocator == default_pool.malloc:
        _allocator = None


def get_allocator() -> Callable[[int], MemoryPointer]:
    """The function that serves new arrays."""
    return default_pool.malloc if _allocator is None else _allocator


def alloc(size: int) -> MemoryPointer:
    """``size`` bytes from the current allocator."""
    return get_allocator()(size)


def allocate(size: int, poison: bool, what: Any) -> tuple[Memory | UnownedMemory, int]:
    """A block of at least ``size`` bytes, and the offset of the memory in it."""
    if _allocator is None:
        return Memory(size, default_pool, poison, what), 0
    pointer = _allocator(size)
    return pointer.mem, pointer._offset


def owner(array: np.ndarray[Any, Any]) -> Memory | None:
    """The block that a NumPy array is a view into."""
    root: Any = array
    while (base := getattr(root, "base", None)) is not None:
        root = base
    reference = _blocks.get(id(root))
    return None if reference is None else reference()


def watch(register: Callable[[int, int, str], None] | None, unregister: Callable[[int], None] | None) -> None:
    """``register(address, nbytes, label)`` and ``unregister(address)`` hear of every block from now on."""
    global _register, _unregister
    _register, _unregister = register, unregister


def check() -> None:
    """Raises RuntimeError if something wrote outside of a block since the last check."""
    for reference in list(_blocks.values()):
        memory = reference()
        if memory is not None and (damage := memory.damage()):
            _damages.append(damage)
            memory.host[memory.offset - _ZONE : memory.offset] = 0xA5
            memory.host[memory.offset + memory.size : memory.offset + memory.size + _ZONE] = 0xA5
    if _damages:
        raise_damages()


def raise_damages() -> None:
    """Raises RuntimeError with the damages found so far, and forgets them."""
    text = "; ".join(_damages)
    _damages.clear()
    raise RuntimeError(f"device memory: {text}")
