"""Arguments brought to one form at the door: axes counted from the front, sizes as tuples of ints."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any

from autograd.errors import ShapeError
from autograd.node import Variable


def axis_of(name: str, dim: Any, ndim: int) -> int:
    """``dim`` counted from the front; a 0-d tensor is treated as having one axis, as in PyTorch.

    Raises:
        IndexError: there is no such axis.
    """
    axis = index(dim)
    size = ndim or 1
    if not -size <= axis < size:
        raise IndexError(f"{name}: expected dim in [{-size}, {size - 1}], got {axis}")
    return axis + size if axis < 0 else axis


def axes_of(name: str, dims: Any, ndim: int) -> tuple[int, ...]:
    """Several axes, each once. None and the empty tuple mean all.

    Raises:
        IndexError: there is no such axis.
        ShapeError: one is repeated.
    """
    if dims is None or (not isinstance(dims, int) and isinstance(dims, Iterable) and not tuple(dims)):
        return tuple(range(ndim))
    axes = tuple(axis_of(name, d, ndim) for d in ((dims,) if not isinstance(dims, Iterable) else dims))
    if len(set(axes)) != len(axes):
        raise ShapeError(f"{name}: expected each axis once, got dim {tuple(dims)}")
    return axes if ndim else ()


def sizes(args: Any) -> tuple[int, ...]:
    """Sizes given one by one or as one sequence: ``f(2, 3)`` and ``f((2, 3))``."""
    if len(args) == 1 and isinstance(args[0], Iterable) and not isinstance(args[0], Variable):
        args = args[0]
    return tuple(map(index, args))
