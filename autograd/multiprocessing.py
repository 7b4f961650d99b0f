"""PyTorch's ``torch.multiprocessing``: Python's own, and ``spawn``.

Tensors travel between processes by value; those on memory that ``share_memory_`` gave are shared with forked processes.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing import *  # noqa: F403
from typing import Any

__all__ = [
    "ProcessRaisedException",
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "set_sharing_strategy",
    "spawn",
]


class ProcessRaisedException(Exception):
    """A process that ``spawn`` started ended with an error; its own traceback went to the standard error."""


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> Any:
    """Runs ``fn(i, *args)`` in processes of their own, i from 0 to nprocs - 1.

    Args:
        fn: a function of a module, which the new processes can import.
        args: its further arguments.
        nprocs: how many processes.
        join: wait until all have ended; the first error ends the others.
        daemon: they end with this process.
        start_method: "spawn", "fork" or "forkserver".

    Returns:
        None, or the list of processes where they are not waited for.

    Raises:
        ProcessRaisedException: one ended with an error.

    Example:
        >>> ag.multiprocessing.spawn(print, nprocs=0)
    """
    context: Any = multiprocessing.get_context(start_method)
    processes = [context.Process(target=fn, args=(i, *args), daemon=daemon) for i in range(nprocs)]
    for process in processes:
        process.start()
    if not join:
        return processes
    for i, process in enumerate(processes):
        process.join()
        if process.exitcode:
            for other in processes:
                other.terminate()
            raise ProcessRaisedException(f"spawn: expected process {i} to end well, got exit code {process.exitcode}")
    return None


def get_all_sharing_strategies() -> set[str]:
    """How tensors may be sent to other processes: by the file system only."""
    return {"file_system"}


def get_sharing_strategy() -> str:
    """How tensors are sent to other processes."""
    return "file_system"


def set_sharing_strategy(new_strategy: str) -> None:
    """Accepted for PyTorch's names; tensors are always sent in the same way.

    Args:
        new_strategy: "file_system" or "file_descriptor".

    Raises:
        ValueError: another name.

    Example:
        >>> ag.multiprocessing.set_sharing_strategy("file_system")
    """
    if new_strategy not in ("file_system", "file_descriptor"):
        raise ValueError(f"set_sharing_strategy: expected file_system or file_descriptor, got {new_strategy!r}")
