"""Packed sequences, in integers: which rows belong to which time step.

Rows of all steps lie one after the other: ``sizes[t]`` of them belong to step t. Sequences are sorted by length, the longest
first, so that step t works on the first ``sizes[t]`` rows of the state. With sequences of equal length all sizes are N.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

Sizes = tuple[int, ...]


def steps(sizes: Sizes, reverse: bool) -> list[tuple[int, slice]]:
    """Every step in the order of processing.

    Args:
        sizes: rows of every step.
        reverse: from the last step to the first.

    Returns:
        (number of rows, their place) of each.

    Example:
        >>> steps((2, 1), reverse=True)
        [(1, slice(2, 3, None)), (2, slice(0, 2, None))]
    """
    found = [(n, slice(end - n, end)) for n, end in zip(sizes, accumulate(sizes), strict=True)]
    return found[::-1] if reverse else found


def before(xp: Any, states: Any, first: Any, sizes: Sizes, reverse: bool) -> Any:
    """The state that every step started from.

    Args:
        xp: the array module.
        states: after each step, (L,H).
        first: before all, (N,H).
        sizes: rows of every step.
        reverse: from the last step to the first.

    Returns:
        (L,H).

    Example:
        >>> import numpy as np
        >>> before(np, np.array([[1.0], [2.0]]), np.array([[0.0]]), (1, 1), reverse=False)
        array([[0.],
               [1.]])
    """
    n = len(first)
    if sizes and sizes[-1] == n:  # all sequences are equally long
        return xp.concatenate([states[n:], first] if reverse else [first, states[: len(states) - n]])
    out, now = xp.empty_like(states), first.copy()
    for count, rows in steps(sizes, reverse):
        out[rows] = now[:count]
        now[:count] = states[rows]
    return out
