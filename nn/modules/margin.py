"""Losses that ask for a margin, as layers."""

from __future__ import annotations

from collections.abc import Callable

from autograd.tensor import Tensor
from nn import functional as F
from nn.modules.distance import PairwiseDistance
from nn.modules.loss_base import _Loss, _WeightedLoss

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class MarginRankingLoss(_Loss):
    """max(0, -t * (x1 - x2) + margin), see ``margin_ranking_loss``.

    Args:
        margin: by how much the right score should lead.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.MarginRankingLoss()(ag.tensor([1.0]), ag.tensor([3.0]), ag.tensor([1.0]))
        tensor(2.)
    """

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(_Loss):
    """Distances that should be small where t is 1 and large where t is -1, see ``hinge_embedding_loss``.

    Args:
        margin: how far apart the different should be.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.HingeEmbeddingLoss()(ag.tensor([0.5]), ag.tensor([-1.0]))
        tensor(0.5000)
    """

    def __init__(
        self, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_Loss):
    """Vectors that should point alike where t is 1 and not where t is -1, see ``cosine_embedding_loss``.

    Args:
        margin: the cosine that the different may have.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.CosineEmbeddingLoss()(ag.tensor([[1.0, 0.0]]), ag.tensor([[0.0, 1.0]]), ag.tensor([1.0]))
        tensor(1.)
    """

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """log(1 + exp(-t * x)), see ``soft_margin_loss``.

    Args:
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.SoftMarginLoss()(ag.tensor([0.0]), ag.tensor([1.0]))
        tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """The target's score should lead all others by a margin, see ``multi_margin_loss``.

    Args:
        p: 1 or 2, the power of what is missing.
        margin: by how much.
        weight: of each class, (C,) or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.MultiMarginLoss()(ag.tensor([[0.0, 0.5]]), ag.tensor([1]))
        tensor(0.2500)
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.p, self.margin = p, margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multi_margin_loss(input, target, self.p, self.margin, self.weight, reduction=self.reduction)


class MultiLabelMarginLoss(_Loss):
    """Every label's score should lead all that are no labels by 1, see ``multilabel_margin_loss``.

    Args:
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.MultiLabelMarginLoss()(ag.tensor([[0.0, 0.5]]), ag.tensor([[1, -1]]))
        tensor(0.2500)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """The mean cross-entropy of the sigmoids of all classes, see ``multilabel_soft_margin_loss``.

    Args:
        weight: of each class, (C,) or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.MultiLabelSoftMarginLoss()(ag.zeros(1, 2), ag.tensor([[1.0, 0.0]]))
        tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """An anchor should be nearer to its like than to another, see ``triplet_margin_loss``.

    Args:
        margin: by how much nearer.
        p: of the norm that measures distance.
        eps: added to differences.
        swap: take d(pos, neg) for d(a, neg) where it is smaller.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.TripletMarginLoss()(ag.tensor([[0.0]]), ag.tensor([[1.0]]), ag.tensor([[1.5]]))
        tensor(0.5000)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(_Loss):
    """``TripletMarginLoss`` with a distance of one's own.

    Args:
        distance_function: of two tensors of points; default: ``pairwise_distance``.
        margin: by how much nearer.
        swap: take d(pos, neg) for d(a, neg) where it is smaller.
        reduction: "mean", "sum" or "none".

    Example:
        >>> loss = nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1))
        >>> loss(ag.tensor([[0.0]]), ag.tensor([[1.0]]), ag.tensor([[1.5]]))
        tensor(0.5000)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
