"""What the losses share; users derive their own from it, too."""

from __future__ import annotations

from autograd.tensor import Tensor
from nn.functional.reduction import meant
from nn.module import Module


class _Loss(Module):
    """A loss with a ``reduction``, or what the two old arguments mean where they are given."""

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = meant(reduction, size_average, reduce)


class _WeightedLoss(_Loss):
    """A loss with weights, of classes or of elements, or with None."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
