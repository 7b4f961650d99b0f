"""PyTorch's ``torch.distributed`` for programs that ask whether they run on several processes: they do not."""

from __future__ import annotations

__all__ = ["get_rank", "get_world_size", "is_available", "is_initialized"]


def is_available() -> bool:
    """False: there is no communication between processes here."""
    return False


def is_initialized() -> bool:
    """False: no group of processes was made."""
    return False


def _no_group(name: str) -> ValueError:
    return ValueError(f"{name}: expected a group of processes, got none. Ask is_initialized() first")


def get_rank() -> int:
    """The number of this process in its group.

    Raises:
        ValueError: there is no group.

    Example:
        >>> ag.distributed.get_rank() if ag.distributed.is_initialized() else 0
        0
    """
    raise _no_group("get_rank")


def get_world_size() -> int:
    """How many processes the group has.

    Raises:
        ValueError: there is no group.

    Example:
        >>> ag.distributed.get_world_size() if ag.distributed.is_initialized() else 1
        1
    """
    raise _no_group("get_world_size")
