"""What a loss returns: every element, their sum or their mean."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from autograd.errors import ArgumentError

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def reduction_of(name: str, reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """The reduction meant, where the two old arguments, if given, decide.

    Raises:
        ValueError: another word than "mean", "sum" or "none".
    """
    reduction = meant(reduction, size_average, reduce)
    if reduction not in ("mean", "sum", "none"):
        raise ArgumentError(f'{name}: expected reduction "mean", "sum" or "none", got {reduction!r}')
    return reduction


def meant(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """``reduction``, or what the two old arguments mean where they are given."""
    if size_average is None and reduce is None:
        return reduction
    return "none" if reduce is False else "sum" if size_average is False else "mean"


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """The loss of every element reduced."""
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def warn_of_broadcasting(name: str, input: Tensor, target: Tensor) -> None:
    """Warns when a target of another shape would be broadcast, which is rarely meant."""
    if input.raw.shape != target.raw.shape:
        warnings.warn(
            f"{name}: expected target of the input's shape {input.raw.shape}, got {target.raw.shape}; they are "
            "broadcast against each other. Reshape one if that is not meant",
            stacklevel=3,
        )
