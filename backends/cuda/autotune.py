"""The fastest of several algorithms, found by trying them once, and remembered in memory and on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

from backends.cuda import compiler
from backends.cuda.launch import Device

_ROUNDS = 3  # timed after one that compiles and one that tells how often to repeat; the shortest counts
_LEAST, _MOST_RUNS = 1.0, 20  # milliseconds of a round, and runs in it: the host must not be what is measured

C = TypeVar("C")


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
        >>> Tuner("conv", ("conv",)).fastest(Device(), "3x3", ("direct", "columns"), print)
        'direct'
    """

    def __init__(self, family: str, kernels: tuple[str, ...]) -> None:
        self._family, self._kernels = family, kernels
        self._known: dict[str, str] | None = None  # the file: names by device and case
        self._winners: dict[tuple[str, Hashable], Any] = {}  # candidates by device and case

    @cached_property
    def path(self) -> Path:
        """Where winners are kept."""
        text = "".join(compiler.source(name) for name in self._kernels)
        return compiler.folder() / f"{self._family}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"

    def fastest(self, device: Device, case: Hashable, candidates: Sequence[C], run: Callable[[C], Any]) -> C:
        """The fastest candidate; the first one where the device cannot tell.

        Args:
            device: its ``clock`` times a call in milliseconds; None, or a result of None, says that it cannot now.
            case: the problem; its ``str`` names it in the file.
            candidates: the presumably fastest first; known in the file by their ``str``.
            run: does the whole work by one of them.

        Returns:
            One of the candidates.
        """
        if device.clock is None or len(candidates) == 1:
            return candidates[0]
        key = device.name, case
        winner: C | None = self._winners.get(key)
        if winner is None:
            winner = self._winner(device, f"{device.name}: {case}", candidates, run)
            if winner is None:
                return candidates[0]
            self._winners[key] = winner
        return winner

    def _winner(self, device: Device, key: str, candidates: Sequence[C], run: Callable[[C], Any]) -> C | None:
        """The candidate that the file names, else the one that a trial finds, which is written there."""
        if self._known is None:
            self._known = self._read()
        names = {str(candidate): candidate for candidate in candidates}
        if (known := self._known.get(key)) in names:
            return names[known]
        assert device.clock is not None
        winner = _try(device.clock, candidates, run)
        if winner is not None:
            self._known = {**self._read(), **self._known, key: str(winner)}
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


def _try(
    clock: Callable[[Callable[[], Any]], float | None], candidates: Sequence[C], run: Callable[[C], Any]
) -> C | None:
    """The fastest candidate, None if the clock stands still."""
    times: list[tuple[float, C]] = []
    for candidate in candidates:

        def repeat(count: int, candidate: C = candidate) -> None:
            for _ in range(count):
                run(candidate)

        try:
            clock(partial(repeat, 1))
            once = clock(partial(repeat, 1))
            count = max(1, min(_MOST_RUNS, int(_LEAST / once))) if once else 1
            rounds = [clock(partial(repeat, count)) for _ in range(_ROUNDS)]
        except MemoryError:  # a faster one that does not fit is of no use
            continue
        timed = [time / count for time in rounds if time is not None]
        if len(timed) < _ROUNDS:
            return None
        times.append((min(timed), candidate))
    return min(times, key=lambda entry: entry[0])[1] if times else None
