"""Runs of places side by side: how work along the middle axis of (N,D,L) is shared out."""

from __future__ import annotations

from typing import Any

from backends.cpu.kernels.jit import helper

RUN = 256  # places that one thread takes at a time: a few rows of them stay in the first cache


@helper
def runs(x: Any) -> Any:
    """How many runs there are."""
    return x.shape[0] * ((x.shape[2] + RUN - 1) // RUN)


@helper
def place(t: Any, length: Any) -> tuple[Any, Any, Any]:
    """The image of a run, its first place and the one behind its last."""
    count = (length + RUN - 1) // RUN
    first = t % count * RUN
    return t // count, first, min(first + RUN, length)
