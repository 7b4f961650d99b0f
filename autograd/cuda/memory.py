"""How the memory of a GPU is used. Without one, or before it is used, nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd.cuda.devices import backend
from backends import registry


@contextmanager
def _pool(device: Any) -> Iterator[Any]:
    """The counting pool, with the device as the current one; None where no GPU was used so far."""
    if not registry.made("cuda"):
        yield None
        return
    be = backend(device)
    with be.xp.cuda.Device(be.index):
        yield be.pool


def memory_allocated(device: Any = None) -> int:
    """Bytes that tensors on a GPU hold now.

    Args:
        device: which GPU; default: the current one.

    Returns:
        The number, in units of 512; 0 before a GPU is used.

    Example:
        >>> ag.cuda.memory_allocated() >= 0
        True
    """
    with _pool(device) as pool:
        return pool.used() if pool else 0


def max_memory_allocated(device: Any = None) -> int:
    """The most bytes that tensors on a GPU have held since the start, or since ``reset_peak_memory_stats``.

    Args:
        device: which GPU; default: the current one.

    Returns:
        The number; 0 before a GPU is used.

    Example:
        >>> ag.cuda.max_memory_allocated() >= ag.cuda.memory_allocated()
        True
    """
    with _pool(device) as pool:
        return pool.peak() if pool else 0


def memory_reserved(device: Any = None) -> int:
    """Bytes that the pool has taken from a GPU: what tensors hold, and what is kept for later.

    Args:
        device: which GPU; default: the current one.

    Returns:
        The number; 0 before a GPU is used.

    Example:
        >>> ag.cuda.memory_reserved() >= ag.cuda.memory_allocated()
        True
    """
    with _pool(device) as pool:
        return pool.reserved() if pool else 0


def max_memory_reserved(device: Any = None) -> int:
    """The most that ``memory_reserved`` has been since the start, or since ``reset_peak_memory_stats``.

    Args:
        device: which GPU; default: the current one.

    Returns:
        The number; 0 before a GPU is used.

    Example:
        >>> ag.cuda.max_memory_reserved() >= ag.cuda.memory_reserved()
        True
    """
    with _pool(device) as pool:
        return pool.peak_reserved() if pool else 0


def reset_peak_memory_stats(device: Any = None) -> None:
    """Peaks count from what is held now.

    Args:
        device: which GPU; default: the current one.

    Example:
        >>> ag.cuda.reset_peak_memory_stats()
    """
    with _pool(device) as pool:
        if pool:
            pool.reset_peak()


def empty_cache() -> None:
    """Gives memory that no tensor holds back to the GPU, for other programs; it does not make more for this one.

    Example:
        >>> ag.cuda.empty_cache()
    """
    with _pool(None) as pool:
        if pool:
            pool.free_cached()


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """What a GPU has, whoever uses it.

    Args:
        device: which GPU; default: the current one.

    Returns:
        Free and total bytes.

    Raises:
        DeviceError: there is no such GPU.

    Example:
        >>> if ag.cuda.is_available():
        ...     free, total = ag.cuda.mem_get_info()
    """
    be = backend(device)
    with be.xp.cuda.Device(be.index):
        free, total = be.xp.cuda.runtime.memGetInfo()
    return int(free), int(total)


def memory_stats(device: Any = None) -> dict[str, int]:
    """The counts of the pool under PyTorch's names.

    Args:
        device: which GPU; default: the current one.

    Returns:
        "allocated_bytes.all.current" and ".peak", "reserved_bytes.all.current" and ".peak", "num_ooms" (how often
        there was no room) and "allocation.all.allocated" (how many there were); empty before a GPU is used.

    Example:
        >>> isinstance(ag.cuda.memory_stats(), dict)
        True
    """
    with _pool(device) as pool:
        if not pool:
            return {}
        usage = pool.usage()
        return {
            "allocated_bytes.all.current": pool.used(),
            "allocated_bytes.all.peak": pool.peak(),
            "allocation.all.allocated": usage.requests,
            "num_ooms": usage.refused,
            "reserved_bytes.all.current": pool.reserved(),
            "reserved_bytes.all.peak": pool.peak_reserved(),
        }


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """The counts of the pool as a table to print.

    Args:
        device: which GPU; default: the current one.
        abbreviated: accepted.

    Returns:
        A few lines.

    Example:
        >>> print(ag.cuda.memory_summary() if not ag.cuda.is_initialized() else "No GPU was used so far")
        No GPU was used so far
    """
    stats = memory_stats(device)
    if not stats:
        return "No GPU was used so far"
    lines = [f"{'memory of cuda:' + str(backend(device).index):<16}{'now':>14}{'peak':>14}"]
    for title, name in (("tensors", "allocated_bytes"), ("pool", "reserved_bytes")):
        now, peak = (stats[f"{name}.all.{which}"] / 2**20 for which in ("current", "peak"))
        lines.append(f"{title:<16}{now:>10.1f} MiB{peak:>10.1f} MiB")
    lines.append(f"{stats['allocation.all.allocated']} allocations, {stats['num_ooms']} times out of memory")
    return "\n".join(lines)


def set_per_process_memory_fraction(fraction: float, device: Any = None) -> None:
    """Limits the pool to a share of a GPU's memory; beyond it ``OutOfMemoryError`` is raised.

    Args:
        fraction: in (0, 1].
        device: which GPU; default: the current one.

    Raises:
        ValueError: not such a number.
        DeviceError: there is no such GPU.

    Example:
        >>> if ag.cuda.is_available():
        ...     ag.cuda.set_per_process_memory_fraction(1.0)
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"set_per_process_memory_fraction: expected a number in (0, 1], got {fraction}")
    backend(device)
    with _pool(device) as pool:
        pool.limit(fraction)


def ipc_collect() -> None:
    """Does nothing: no memory is shared with other processes, so none is to be collected.

    Example:
        >>> ag.cuda.ipc_collect()
    """
