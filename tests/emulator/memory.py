"""Which memory kernels may touch, for check mode: the double of CuPy says so of every allocation."""

from __future__ import annotations

from collections.abc import Callable

_new: dict[int, tuple[int, str]] = {}  # ranges that nobody has been told of, by address
_told: set[int] = set()
_ended: list[int] = []  # ranges that have been told, and are no more


def register(address: int, nbytes: int, label: str = "memory") -> None:
    """Kernels may touch these bytes from now on; ``label`` names them in messages."""
    _new[address] = nbytes, label


def unregister(address: int) -> None:
    """Kernels may no longer touch what was registered at this address, if anything was."""
    _new.pop(address, None)
    if address in _told:
        _told.remove(address)
        _ended.append(address)


def tell(begun: Callable[[int, int, str], None], ended: Callable[[int], None]) -> None:
    """Calls ``ended(address)`` and ``begun(address, nbytes, label)`` for what has changed since the last call."""
    while _ended:
        ended(_ended.pop())
    for address, (nbytes, label) in list(_new.items()):
        begun(address, nbytes, label)
        _told.add(address)
    _new.clear()
