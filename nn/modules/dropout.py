"""Dropout as layers: active in training, nothing in evaluation."""

from __future__ import annotations

from autograd.tensor import Tensor
from nn import functional as F
from nn.module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _DropoutNd(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: expected p from 0 to 1, got {p}")
        self.p, self.inplace = p, inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Each element 0 with probability p, else x / (1 - p), in training.

    Args:
        p: the share that is dropped.
        inplace: write the result into the input.

    Raises:
        ValueError: p outside of [0, 1].

    Example:
        >>> nn.Dropout(0.2).eval()(ag.ones(2))
        tensor([1., 1.])

    Source: Srivastava and others, Dropout, 2014.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """Each channel of (N,C,L) or (C,L) 0 with probability p, else x / (1 - p), in training.

    Args:
        p: the share of channels that is dropped.
        inplace: write the result into the input.

    Example:
        >>> nn.Dropout1d(1.0)(ag.ones(1, 1, 2))
        tensor([[[0., 0.]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """Each channel of (N,C,H,W) 0 with probability p, else x / (1 - p), in training.

    Args:
        p: the share of channels that is dropped.
        inplace: write the result into the input.

    Example:
        >>> nn.Dropout2d(1.0)(ag.ones(1, 1, 1, 2))
        tensor([[[[0., 0.]]]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_DropoutNd):
    """Each channel of (N,C,D,H,W) or (C,D,H,W) 0 with probability p, else x / (1 - p), in training.

    Args:
        p: the share of channels that is dropped.
        inplace: write the result into the input.

    Example:
        >>> nn.Dropout3d(1.0)(ag.ones(1, 1, 1, 2)).sum()
        tensor(0.)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps mean 0 and variance 1 of the inputs of ``SELU``, in training.

    Args:
        p: the share that is dropped.
        inplace: write the result into the input.

    Example:
        >>> nn.AlphaDropout().eval()(ag.ones(2))
        tensor([1., 1.])

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks, 2017.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_DropoutNd):
    """``AlphaDropout`` of whole channels of (N,C,*S).

    Args:
        p: the share of channels that is dropped.
        inplace: write the result into the input.

    Example:
        >>> nn.FeatureAlphaDropout().eval()(ag.ones(1, 2))
        tensor([[1., 1.]])
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)
