"""PyTorch's ``torch.cuda``: asking about GPUs. Everything answers on a machine without one."""

from __future__ import annotations

from autograd.device import backend_of
from autograd.random import default_generator
from backends import registry
from backends.errors import BackendUnavailable

__all__ = ["device_count", "is_available", "manual_seed", "manual_seed_all", "synchronize"]


def is_available() -> bool:
    """Whether tensors can be put on a GPU here.

    Returns:
        False where CuPy, a driver or a device is missing; ``python -m autograd info`` says which.

    Example:
        >>> isinstance(ag.cuda.is_available(), bool)
        True
    """
    return registry.available()["cuda"] == "ok"


def device_count() -> int:
    """How many GPUs there are.

    Returns:
        0 where there is none.

    Example:
        >>> ag.cuda.device_count() >= 0
        True
    """
    count = 0
    try:
        while True:
            registry.get("cuda", count)
            count += 1
    except BackendUnavailable:
        return count


def synchronize(device: int | None = None) -> None:
    """Waits until all work given to a GPU is done; for measuring times.

    Args:
        device: which GPU.

    Raises:
        DeviceError: there is no such GPU.

    Example:
        >>> if ag.cuda.is_available():
        ...     ag.cuda.synchronize()
    """
    backend_of(f"cuda:{device or 0}").synchronize()


def manual_seed(seed: int) -> None:
    """Starts the default stream of random numbers: one stream serves all devices.

    Args:
        seed: any integer.

    Example:
        >>> ag.cuda.manual_seed(0)
    """
    default_generator().manual_seed(seed)


manual_seed_all = manual_seed
