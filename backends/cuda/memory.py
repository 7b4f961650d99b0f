"""Device memory: CuPy's pool, counted, and with an error that says where the memory is."""

from __future__ import annotations

from functools import cache
from typing import Any

from backends.errors import OutOfMemoryError

UNIT = 512  # bytes in which the pool counts
_KIB = 1024.0


class Usage:
    """What one device's arrays hold, and the most they have held.

    The pool does not say when memory comes back, and asking it takes long. But what is in use cannot have passed the
    peak before as much was asked for as was missing to it when the pool was last asked: only then it is asked again.
    So the peak is exact, and most allocations cost an addition.
    """

    __slots__ = ("measured", "peak", "peak_reserved", "refused", "requested", "requests")

    def __init__(self) -> None:
        self.measured = self.requested = 0  # in use when the pool was last asked; asked for since
        self.peak = self.peak_reserved = 0
        self.requests = self.refused = 0


class Pool:
    """An allocator for ``cupy.cuda.set_allocator``: CuPy's memory pool, with peaks and a helpful error.

    Args:
        xp: cupy, or a double of it.
        pool: the pool to count; default: CuPy's own.
    """

    def __init__(self, xp: Any, pool: Any = None) -> None:
        self.xp = xp
        self.pool = xp.get_default_memory_pool() if pool is None else pool
        self._refused = xp.cuda.memory.OutOfMemoryError
        self._usage: dict[int, Usage] = {}

    def malloc(self, size: int) -> Any:
        """Memory on the current device.

        Args:
            size: in bytes.

        Returns:
            A ``cupy.cuda.MemoryPointer``.

        Raises:
            OutOfMemoryError: the device has no room; the message says who holds it, and the ways out.
        """
        usage = self.usage()
        try:
            pointer = self.pool.malloc(size)
        except self._refused:
            usage.refused += 1
            raise OutOfMemoryError(self._explained(size)) from None
        usage.requests += 1
        usage.requested += -(-size // UNIT) * UNIT
        if usage.measured + usage.requested > usage.peak:
            self._measure(usage)
        return pointer

    def usage(self) -> Usage:
        """The counts of the current device."""
        index = self.xp.cuda.get_device_id()
        usage = self._usage.get(index)
        return self._usage.setdefault(index, Usage()) if usage is None else usage

    def _measure(self, usage: Usage) -> None:
        usage.measured, usage.requested = self.pool.used_bytes(), 0
        usage.peak = max(usage.peak, usage.measured)
        usage.peak_reserved = max(usage.peak_reserved, self.pool.total_bytes())

    def used(self) -> int:
        """Bytes that arrays of the current device hold."""
        return int(self.pool.used_bytes())

    def reserved(self) -> int:
        """Bytes that the pool has taken from the current device, in use or kept for later."""
        return int(self.pool.total_bytes())

    def peak(self) -> int:
        """The most that ``used`` has been since the start or the last ``reset_peak``."""
        return self.usage().peak

    def peak_reserved(self) -> int:
        """The most that ``reserved`` has been since then."""
        usage = self.usage()
        usage.peak_reserved = max(usage.peak_reserved, self.reserved())
        return usage.peak_reserved

    def reset_peak(self) -> None:
        """Peaks count from what is in use now."""
        usage = self.usage()
        usage.peak = usage.peak_reserved = 0
        self._measure(usage)

    def free_cached(self) -> None:
        """Gives memory that no array holds back to the device."""
        usage = self.usage()
        usage.peak_reserved = max(usage.peak_reserved, self.reserved())
        self.pool.free_all_blocks()

    def limit(self, fraction: float) -> None:
        """The pool takes at most this share of the current device's memory."""
        self.pool.set_limit(fraction=fraction)

    def _explained(self, size: int) -> str:
        free, total = self.xp.cuda.runtime.memGetInfo()
        used, kept = self.used(), self.pool.free_bytes()
        limit = self.pool.get_limit()
        bound = f" The pool is limited to {in_units(limit)}." if limit else ""
        return (
            f"cuda: out of memory, asked for {in_units(size)}: arrays hold {in_units(used)}, the pool keeps "
            f"{in_units(kept)} for later, and {in_units(free)} of the device's {in_units(total)} are free.{bound} "
            "Use a smaller batch, autograd.utils.checkpoint, or autograd.cuda.empty_cache() where the pool keeps much"
        )


def in_units(size: int) -> str:
    """A number of bytes for people.

    Args:
        size: in bytes.

    Returns:
        Such as "1.50 GiB".

    Example:
        >>> in_units(512), in_units(3 << 29)
        ('512 bytes', '1.50 GiB')
    """
    if size < _KIB:
        return f"{size} bytes"
    value, unit = size / _KIB, "KiB"
    for larger in ("MiB", "GiB"):
        if value < _KIB:
            break
        value, unit = value / _KIB, larger
    return f"{value:.2f} {unit}"


@cache
def pool_of(xp: Any) -> Pool:
    """The one pool of this process, which serves all new arrays of all GPUs from the first call on.

    Args:
        xp: cupy, or a double of it.

    Returns:
        The same pool on every call.
    """
    pool = Pool(xp)
    xp.cuda.set_allocator(pool.malloc)
    return pool
