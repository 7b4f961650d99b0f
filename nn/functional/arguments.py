"""Arguments brought to one form at the door: one size or several, one image or a batch."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import TYPE_CHECKING, Any

from autograd.dtypes import REAL
from autograd.errors import ArgumentError, DtypeError, ShapeError

if TYPE_CHECKING:
    from autograd.tensor import Tensor

LAYOUT = {1: "(N,C,L) or (C,L)", 2: "(N,C,H,W) or (C,H,W)", 3: "(N,C,D,H,W) or (C,D,H,W)"}


def per_axis(name: str, argument: str, value: Any, nd: int, least: int) -> tuple[int, ...]:
    """An int for all spatial axes, or one int for each, as a tuple of ``nd`` ints, none below ``least``.

    Raises:
        ShapeError: another number of ints.
        ValueError: one is too small.
    """
    sizes = tuple(map(index, value)) if isinstance(value, Iterable) else (index(value),) * nd
    if len(sizes) == 1:
        sizes *= nd
    if len(sizes) != nd:
        raise ShapeError(f"{name}: expected {argument} to be an int or {nd} ints, got {value}")
    if min(sizes) < least:
        raise ArgumentError(f"{name}: expected {argument} of at least {least}, got {value}")
    return sizes


def batched(name: str, input: Tensor, nd: int, complex: bool = False) -> tuple[Tensor, bool]:
    """``input`` (N,C,*S) as it is, (C,*S) as a batch of one; and whether it was one.

    Raises:
        ShapeError: another number of axes.
        DtypeError: not floating, nor complex where that is allowed.
    """
    raw = input.raw
    if raw.dtype.kind not in REAL and not (complex and raw.dtype.kind == "c"):
        raise DtypeError(f"{name}: expected a floating dtype, got {input.dtype}. Cast it, for example with .float()")
    if raw.ndim == nd + 2:
        return input, True
    if raw.ndim == nd + 1:
        return input.unsqueeze(0), False
    raise ShapeError(f"{name}: expected input {LAYOUT[nd]}, got {raw.shape}")
