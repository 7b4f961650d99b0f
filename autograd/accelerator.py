"""PyTorch's ``torch.accelerator``: the questions of ``cuda`` for programs that do not ask which accelerator it is."""

from __future__ import annotations

from typing import Any

from autograd import cuda
from autograd.cuda.memory import (
    empty_cache,
    max_memory_allocated,
    max_memory_reserved,
    memory_allocated,
    memory_reserved,
    memory_stats,
    reset_peak_memory_stats,
)
from autograd.cuda.memory import mem_get_info as get_memory_info
from autograd.device import device as device_type

__all__ = [
    "current_accelerator",
    "current_device_index",
    "current_stream",
    "device_count",
    "device_index",
    "empty_cache",
    "get_memory_info",
    "is_available",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "memory_stats",
    "reset_peak_memory_stats",
    "set_device_index",
    "set_stream",
    "synchronize",
]

is_available, device_count, synchronize = cuda.is_available, cuda.device_count, cuda.synchronize
current_device_index, set_device_index, device_index = cuda.current_device, cuda.set_device, cuda.device
current_stream, set_stream = cuda.current_stream, cuda.set_stream


def current_accelerator(check_available: bool = False) -> Any:
    """The kind of accelerator that this library knows.

    Args:
        check_available: answer None where there is none on this machine.

    Returns:
        ``device("cuda")``, or None.

    Example:
        >>> ag.accelerator.current_accelerator()
        device(type='cuda')
    """
    return None if check_available and not is_available() else device_type("cuda")
