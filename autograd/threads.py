"""How many threads compute, as ``torch.set_num_threads``."""

from __future__ import annotations


def get_num_threads() -> int:
    """How many threads share a kernel's work on the CPU.

    Returns:
        The number.

    Example:
        >>> ag.get_num_threads() >= 1
        True
    """
    import numba

    return int(numba.get_num_threads())


def set_num_threads(threads: int) -> None:
    """Sets how many threads share a kernel's work on the CPU.

    Args:
        threads: at least 1; no more are used than the process started with, the environment's NUMBA_NUM_THREADS or
            the number of cores.

    Raises:
        ValueError: less than 1.

    Example:
        >>> ag.set_num_threads(ag.get_num_threads())
    """
    import numba

    if threads < 1:
        raise ValueError(f"set_num_threads: expected at least 1 thread, got {threads}")
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))


def get_num_interop_threads() -> int:
    """How many operations run at the same time on the CPU: one."""
    return 1


def set_num_interop_threads(threads: int) -> None:
    """Accepted: operations run one after the other.

    Args:
        threads: at least 1.

    Raises:
        ValueError: less than 1.

    Example:
        >>> ag.set_num_interop_threads(1)
    """
    if threads < 1:
        raise ValueError(f"set_num_interop_threads: expected at least 1 thread, got {threads}")
