"""Which memory kernels may touch, for check mode: the double of CuPy says so of every allocation."""

from __future__ import annotations

from collections.abc import Callable

_ranges: dict[int, tuple[int, str]] = {}
_listeners: list[Callable[[int, int, str], None]] = []


def register(address: int, nbytes: int, label: str = "memory") -> None:
    """Kernels may touch these bytes from now on; ``label`` names them in messages."""
    _ranges[address] = (nbytes, label)
    for listener in _listeners:
        listener(address, nbytes, label)


def unregister(address: int) -> None:
    """Kernels may no longer touch what was registered at this address, if anything was."""
    if _ranges.pop(address, None) is None:
        return
    for listener in _listeners:
        listener(address, 0, "")


def listen(listener: Callable[[int, int, str], None]) -> None:
    """Calls ``listener(address, nbytes, label)`` for every range, present and future; 0 bytes end a range."""
    for address, (nbytes, label) in _ranges.items():
        listener(address, nbytes, label)
    _listeners.append(listener)
