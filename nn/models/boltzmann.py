"""Restricted Boltzmann machines, and the deep belief network that is a stack of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import autograd as ag
import nn
import nn.functional as F

__all__ = ["DBN", "RBM"]


class RBM(nn.Module):
    """Binary visible and hidden units: p(v, h) ~ exp(v'b + h'c + h'Wv).

    The gradient of the log-likelihood is that of the free energy of samples, less that of data: ``contrastive_divergence``
    gives the scalar whose gradient it is, with samples from a short Gibbs chain that starts at the data.

    Args:
        visible: number of visible units.
        hidden: number of hidden units.

    Example:
        >>> from nn import models
        >>> rbm = models.RBM(6, 4)
        >>> rbm.contrastive_divergence(ag.zeros(3, 6)).backward(); rbm.weight.grad.shape
        Size([4, 6])

    Source: Hinton, Training Products of Experts by Minimizing Contrastive Divergence, 2002.
    """

    def __init__(self, visible: int, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(0.01 * ag.randn(hidden, visible))
        self.visible_bias = nn.Parameter(ag.zeros(visible))
        self.hidden_bias = nn.Parameter(ag.zeros(hidden))

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """p(h = 1 | v).

        Args:
            input: (N, visible) in [0, 1].

        Returns:
            (N, hidden).
        """
        return ag.sigmoid(F.linear(input, self.weight, self.hidden_bias))

    def visible_given(self, hidden: ag.Tensor) -> ag.Tensor:
        """p(v = 1 | h).

        Args:
            hidden: (N, hidden) in [0, 1].

        Returns:
            (N, visible).
        """
        return ag.sigmoid(F.linear(hidden, self.weight.t(), self.visible_bias))

    def free_energy(self, visible: ag.Tensor) -> ag.Tensor:
        """-log of the unnormalised p(v): -v'b - sum_j log(1 + exp(c_j + W_j v)).

        Args:
            visible: (N, visible).

        Returns:
            (N,).
        """
        hidden: ag.Tensor = F.softplus(F.linear(visible, self.weight, self.hidden_bias)).sum(1)
        return -(visible @ self.visible_bias) - hidden

    @ag.no_grad()
    def sample(self, visible: ag.Tensor, steps: int = 1) -> ag.Tensor:
        """A Gibbs chain: hidden units given visible ones, visible ones given hidden, in turn.

        Args:
            visible: (N, visible) where the chain starts.
            steps: how often both are drawn.

        Returns:
            (N, visible), zeros and ones.
        """
        for _ in range(steps):
            visible = ag.bernoulli(self.visible_given(ag.bernoulli(self(visible))))
        return visible

    def contrastive_divergence(self, visible: ag.Tensor, steps: int = 1) -> ag.Tensor:
        """The mean free energy of data less that of samples; descending it is CD-k.

        Args:
            visible: (N, visible), data in [0, 1].
            steps: k, of the chain.

        Returns:
            A scalar.
        """
        return (self.free_energy(visible) - self.free_energy(self.sample(visible, steps))).mean()


class DBN(nn.Module):
    """Restricted Boltzmann machines, each on the hidden units of the one below.

    Trained greedily, one after the other; as a feed-forward network it is then fine-tuned under a classifier.

    Args:
        widths: of the visible units and of each layer of hidden ones.

    Example:
        >>> from nn import models
        >>> dbn = models.DBN((6, 5, 4))
        >>> dbn(ag.zeros(3, 6)).shape, dbn.generate(ag.zeros(3, 5), steps=2).shape
        (Size([3, 4]), Size([3, 6]))

    Source: Hinton, Osindero and Teh, A Fast Learning Algorithm for Deep Belief Nets, 2006.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.machines = nn.ModuleList(RBM(*pair) for pair in pairwise(widths))

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Probabilities of the topmost hidden units.

        Args:
            input: (N, widths[0]).

        Returns:
            (N, widths[-1]).
        """
        for machine in self.machines:
            input = machine(input)
        return input

    @ag.no_grad()
    def below(self, input: ag.Tensor, level: int) -> ag.Tensor:
        """What the machine at a level is trained on.

        Args:
            input: (N, widths[0]).
            level: 0 is the lowest machine.

        Returns:
            (N, widths[level]).
        """
        for machine in self.machines[:level]:
            input = machine(input)
        return input

    @ag.no_grad()
    def generate(self, start: ag.Tensor, steps: int) -> ag.Tensor:
        """Samples: a chain in the topmost machine, then downwards.

        Args:
            start: (N, widths[-2]), visible units of the topmost machine.
            steps: of the chain.

        Returns:
            (N, widths[0]), probabilities.
        """
        *lower, top = self.machines
        units = top.sample(start, steps)
        for machine in reversed(lower):
            units = machine.visible_given(units)
        return units
