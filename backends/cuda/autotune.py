"""The fastest of several algorithms, found by trying them once, and remembered in memory and on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from backends.cuda import compiler
from backends.cuda.launch import Device

_ROUNDS = 3  # timed after one that compiles and fills caches; the shortest counts


class Tuner:
    """What was fastest, for one family of kernels.

    The file belongs to the text of the kernels: other kernels begin anew. It is read once, and written after each trial
    together with what other processes have written; one that cannot be read or written costs a trial, no more.

    Args:
        family: the file's name.
        kernels: names of kernel files.

    Example:
        >>> class Device:
        ...     name, clock = "a GPU without a clock", None
        >>> Tuner("conv", ("conv",)).fastest(Device(), "3x3", {"direct": print, "columns": print})
        'direct'
    """

    def __init__(self, family: str, kernels: tuple[str, ...]) -> None:
        self._family, self._kernels = family, kernels
        self._known: dict[str, str] | None = None

    @cached_property
    def path(self) -> Path:
        """Where winners are kept."""
        text = "".join(compiler.source(name) for name in self._kernels)
        return compiler.folder() / f"{self._family}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"

    def fastest(self, device: Device, case: str, candidates: Mapping[str, Callable[[], Any]]) -> str:
        """The name of the fastest candidate; the first one's where the device cannot tell.

        Args:
            device: its ``clock`` times a call in milliseconds; None, or a result of None, says that it cannot now.
            case: the problem, in words.
            candidates: by name, the presumably fastest first; each does the whole work.

        Returns:
            A name among the candidates.
        """
        first = next(iter(candidates))
        if device.clock is None or len(candidates) == 1:
            return first
        if self._known is None:
            self._known = self._read()
        key = f"{device.name}: {case}"
        known = self._known.get(key)
        if known is not None and known in candidates:
            return known
        winner = _try(device.clock, candidates)
        if winner is None:
            return first
        self._known = {**self._read(), **self._known, key: winner}
        with suppress(OSError):
            compiler.write(self.path, json.dumps(self._known, indent=1, sort_keys=True).encode())
        return winner

    def _read(self) -> dict[str, str]:
        """The file's content, nothing if it is missing or something else."""
        try:
            known = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(known, dict):
            return {}
        return {key: winner for key, winner in known.items() if isinstance(winner, str)}


def _try(clock: Callable[[Callable[[], Any]], float | None], candidates: Mapping[str, Callable[[], Any]]) -> str | None:
    """The name of the fastest, None if the clock stands still."""
    times: dict[str, float] = {}
    for name, run in candidates.items():
        try:
            rounds = [clock(run) for _ in range(1 + _ROUNDS)]
        except MemoryError:  # a faster one that does not fit is of no use
            continue
        timed = [time for time in rounds[1:] if time is not None]
        if len(timed) < _ROUNDS:
            return None
        times[name] = min(timed)
    return min(times, key=times.__getitem__, default=None)
