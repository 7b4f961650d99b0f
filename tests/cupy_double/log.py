"""What the double was asked to do, and a guard against waiting for the device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Entry(NamedTuple):
    """One event: ``kind`` is "launch", "h2d", "d2h", "d2d", "sync", "stream" or "memory"."""

    kind: str
    what: str
    nbytes: int = 0


_recordings: list[list[Entry]] = []  # those that are going on
_forbidden: list[bool] = []


class HostSynchronized(AssertionError):
    """The host waited for the device where ``forbid_sync`` did not allow it."""


def record(kind: str, what: str, nbytes: int = 0) -> None:
    """Adds an entry to the recordings that are going on."""
    for entries in _recordings:
        entries.append(Entry(kind, what, nbytes))


def synchronize(what: str) -> None:
    """Notes that the host waits for the device here.

    Raises:
        HostSynchronized: inside ``forbid_sync``.
    """
    record("sync", what)
    if _forbidden:
        raise HostSynchronized(f"{what} makes the host wait for the device")


@contextmanager
def forbid_sync() -> Iterator[None]:
    """``with forbid_sync(): step()`` raises at the first place of the step that waits for the device."""
    _forbidden.append(True)
    try:
        yield
    finally:
        _forbidden.pop()


@contextmanager
def recording() -> Iterator[list[Entry]]:
    """``with recording() as entries:`` collects what happens inside."""
    entries: list[Entry] = []
    _recordings.append(entries)
    try:
        yield entries
    finally:
        _recordings[:] = [other for other in _recordings if other is not entries]
