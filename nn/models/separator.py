"""Separating singing from its accompaniment with a recurrent network that ends in masks."""

from __future__ import annotations

import autograd as ag
import nn

__all__ = ["MaskSeparator"]


class MaskSeparator(nn.Module):
    """Magnitudes of a mixture to those of its two sources, through masks that are part of the network.

    The network estimates y1 and y2; what it returns is |y1| / (|y1| + |y2|) times the mixture, and the rest of the
    mixture: so that both add up to it, and the loss on both sources trains the masks themselves.

    Args:
        bins: frequencies of a frame.
        hidden: width of the layers.
        layers: GRU layers.

    Example:
        >>> from nn import models
        >>> first, second = models.MaskSeparator(bins=5, hidden=8)(ag.rand(2, 7, 5))
        >>> first.shape, second.shape
        (Size([2, 7, 5]), Size([2, 7, 5]))

    Source: Huang, Kim, Hasegawa-Johnson and Smaragdis, Singing-Voice Separation from Monaural Recordings Using Deep
    Recurrent Neural Networks, 2014.
    """

    def __init__(self, bins: int, hidden: int = 128, layers: int = 2) -> None:
        super().__init__()
        self.recurrent = nn.GRU(bins, hidden, layers, batch_first=True, bidirectional=True)
        self.sources = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2 * bins))

    def forward(self, magnitude: ag.Tensor) -> tuple[ag.Tensor, ag.Tensor]:
        """The magnitudes of both sources.

        Args:
            magnitude: (N, T, bins) of the mixture, not negative.

        Returns:
            Two tensors (N, T, bins), not negative, whose sum is the mixture.
        """
        features, _ = self.recurrent(ag.log1p(magnitude))
        first, second = self.sources(features).abs().chunk(2, dim=2)
        mask = first / (first + second + 1e-8)
        return mask * magnitude, (1 - mask) * magnitude

    @staticmethod
    def loss(
        estimates: tuple[ag.Tensor, ag.Tensor], sources: tuple[ag.Tensor, ag.Tensor], discrimination: float = 0.05
    ) -> ag.Tensor:
        """Mean of |e1 - s1|^2 + |e2 - s2|^2 - gamma (|e1 - s2|^2 + |e2 - s1|^2): near its own source, far from the other.

        Args:
            estimates: of ``forward``.
            sources: the true magnitudes, of the same shapes.
            discrimination: gamma.

        Returns:
            A scalar.
        """
        (e1, e2), (s1, s2) = estimates, sources
        own, other = (e1 - s1) ** 2 + (e2 - s2) ** 2, (e1 - s2) ** 2 + (e2 - s1) ** 2
        return (own - discrimination * other).mean()
