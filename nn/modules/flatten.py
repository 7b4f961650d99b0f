"""Axes joined and taken apart, as layers."""

from __future__ import annotations

from typing import Any

from autograd.tensor import Tensor
from nn.module import Module

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Axes from ``start_dim`` to ``end_dim`` joined into one.

    Args:
        start_dim, end_dim: the first and the last of them; by default all but the batch.

    Example:
        >>> nn.Flatten()(ag.ones(2, 3, 4)).shape
        Size([2, 12])
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One axis taken apart into several.

    Args:
        dim: the axis.
        unflattened_size: the sizes it becomes.

    Example:
        >>> nn.Unflatten(1, (3, 4))(ag.ones(2, 12)).shape
        Size([2, 3, 4])
    """

    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
