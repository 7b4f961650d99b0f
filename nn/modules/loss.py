"""Losses as layers: distances, cross-entropies, likelihoods."""

from __future__ import annotations

from typing import Any

from autograd.tensor import Tensor
from nn import functional as F
from nn.modules.loss_base import _Loss, _WeightedLoss
from nn.modules.margin import CosineEmbeddingLoss as CosineEmbeddingLoss  # PyTorch has these here, too
from nn.modules.margin import HingeEmbeddingLoss as HingeEmbeddingLoss
from nn.modules.margin import MarginRankingLoss as MarginRankingLoss
from nn.modules.margin import MultiLabelMarginLoss as MultiLabelMarginLoss
from nn.modules.margin import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from nn.modules.margin import MultiMarginLoss as MultiMarginLoss
from nn.modules.margin import SoftMarginLoss as SoftMarginLoss
from nn.modules.margin import TripletMarginLoss as TripletMarginLoss
from nn.modules.margin import TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
]


class L1Loss(_Loss):
    """The absolute error |x - t|, see ``l1_loss``.

    Args:
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.L1Loss()(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0]))
        tensor(1.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """The squared error (x - t)^2, see ``mse_loss``.

    Args:
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.MSELoss()(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0]))
        tensor(2.)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class HuberLoss(_Loss):
    """Squared error near, absolute error far, see ``huber_loss``.

    Args:
        reduction: "mean", "sum" or "none".
        delta: where the two meet; positive.

    Example:
        >>> nn.HuberLoss()(ag.tensor([2.0]), ag.tensor([4.0]))
        tensor(1.5000)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, self.reduction, self.delta)


class SmoothL1Loss(_Loss):
    """Absolute error with its bend rounded, see ``smooth_l1_loss``.

    Args:
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".
        beta: how far the rounding reaches.

    Example:
        >>> nn.SmoothL1Loss()(ag.tensor([2.0]), ag.tensor([4.0]))
        tensor(1.5000)
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class BCELoss(_WeightedLoss):
    """Cross-entropy of probabilities, see ``binary_cross_entropy``.

    Args:
        weight: broadcastable factors on the losses, or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.BCELoss()(ag.tensor([0.5]), ag.tensor([1.0]))
        tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """Cross-entropy of the sigmoid of logits, see ``binary_cross_entropy_with_logits``.

    Args:
        weight: broadcastable factors on the losses, or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".
        pos_weight: broadcastable factors on the share of the targets that is 1, or None.

    Example:
        >>> nn.BCEWithLogitsLoss()(ag.tensor([0.0]), ag.tensor([1.0]))
        tensor(0.6931)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class KLDivLoss(_Loss):
    """Kullback-Leibler divergence of probabilities from log-probabilities, see ``kl_div``.

    Args:
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum", "none" or "batchmean".
        log_target: the target is given by its logarithm.

    Example:
        >>> nn.KLDivLoss(reduction="batchmean")(ag.tensor([[0.5, 0.5]]).log(), ag.tensor([[1.0, 0.0]]))
        tensor(0.6931)
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class CrossEntropyLoss(_WeightedLoss):
    """How badly logits (N,C,*S) predict classes, see ``cross_entropy``.

    Args:
        weight: of each class, (C,) or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        ignore_index: a target that does not count.
        reduction: "mean", "sum" or "none".
        label_smoothing: the share of each target that is spread over all classes.

    Example:
        >>> nn.CrossEntropyLoss()(ag.zeros(1, 2), ag.tensor([1]))
        tensor(0.6931)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(_WeightedLoss):
    """The negative log-likelihood of classes, of log-probabilities (N,C,*S), see ``nll_loss``.

    Args:
        weight: of each class, (C,) or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        ignore_index: a target that does not count.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.NLLLoss()(ag.tensor([[-0.5, -1.0]]), ag.tensor([0]))
        tensor(0.5000)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class PoissonNLLLoss(_Loss):
    """The negative log-likelihood of counts, see ``poisson_nll_loss``.

    Args:
        log_input: whether the input is the logarithm of the expected count.
        full: add Stirling's approximation of log t!.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        eps: keeps the logarithm finite.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.PoissonNLLLoss()(ag.tensor([0.0]), ag.tensor([3.0]))
        tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        return F.poisson_nll_loss(log_input, target, self.log_input, self.full, eps=self.eps, reduction=self.reduction)


class GaussianNLLLoss(_Loss):
    """The negative log-likelihood of a normal distribution, see ``gaussian_nll_loss``.

    Args:
        full: add log(2 pi) / 2.
        eps: the least variance.
        reduction: "mean", "sum" or "none".

    Example:
        >>> nn.GaussianNLLLoss()(ag.tensor([1.0]), ag.tensor([3.0]), ag.tensor([1.0]))
        tensor(2.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor) -> Tensor:
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class CTCLoss(_Loss):
    """-log of the probability of a sequence of labels whose places in time are not known, see ``ctc_loss``.

    Args:
        blank: the class of no label.
        reduction: "mean", "sum" or "none".
        zero_infinity: 0 in place of an infinite loss.

    Example:
        >>> p = ag.full((4, 1, 3), 1 / 3).log()
        >>> nn.CTCLoss(reduction="sum")(p, ag.tensor([[1, 2]]), [4], [2]).exp()
        tensor(5.4000)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any) -> Tensor:
        how = (self.blank, self.reduction, self.zero_infinity)
        return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, *how)
