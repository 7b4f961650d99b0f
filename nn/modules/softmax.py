"""Softmax and its relatives as layers."""

from __future__ import annotations

from autograd.errors import ShapeError
from autograd.tensor import Tensor
from nn.functional import softmax as F
from nn.module import Module

__all__ = ["LogSoftmax", "Softmax", "Softmax2d", "Softmin"]


class Softmax(Module):
    """exp(x) / sum of exp(x) along an axis.

    Args:
        dim: the axis that sums to 1.

    Example:
        >>> nn.Softmax(dim=0)(ag.tensor([0.0, 0.0]))
        tensor([0.5000, 0.5000])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """x - log of the sum of exp(x) along an axis.

    Args:
        dim: the axis whose exponentials sum to 1.

    Example:
        >>> nn.LogSoftmax(dim=0)(ag.tensor([0.0, 1000.0]))
        tensor([-1000.,     0.])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmin(Module):
    """exp(-x) / sum of exp(-x) along an axis.

    Args:
        dim: the axis that sums to 1.

    Example:
        >>> nn.Softmin(dim=0)(ag.tensor([0.0, 0.0]))
        tensor([0.5000, 0.5000])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax2d(Module):
    """Softmax over the channels at every place of (N,C,H,W) or (C,H,W).

    Raises:
        ShapeError: another number of axes.

    Example:
        >>> nn.Softmax2d()(ag.zeros(2, 1, 1)).flatten()
        tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.raw.ndim not in (3, 4):
            raise ShapeError(f"Softmax2d: expected input (N,C,H,W) or (C,H,W), got {input.raw.shape}")
        return F.softmax(input, -3)
