"""Autoencoders: plain and denoising, stacked layer by layer, and variational."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import autograd as ag
import nn
import nn.functional as F

__all__ = ["VAE", "Autoencoder", "VAEOutput"]


def _layers(widths: Sequence[int], activation: type[nn.Module]) -> nn.Sequential:
    """Linear layers between the widths, with an activation behind each but the last."""
    layers: list[nn.Module] = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), activation()]
    return nn.Sequential(*layers[:-1])


class Autoencoder(nn.Module):
    """An encoder to a narrow code and a decoder back: x' = D(E(x)).

    With ``noise`` it is a denoising autoencoder: in training the encoder gets x with a part of its elements set to 0,
    and x' is compared with x itself. Trained pair after pair of layers (``pair``) it is a stacked one.

    Args:
        widths: of the input, of each layer of the encoder, and last of the code; the decoder mirrors them.
        noise: the part of the input's elements that is set to 0 in training.
        activation: between the layers, and of the code in a stack.

    Raises:
        ValueError: fewer than two widths.

    Example:
        >>> from nn import models
        >>> net = models.Autoencoder((64, 32, 8))
        >>> net(ag.zeros(5, 64)).shape, net.encoder(ag.zeros(5, 64)).shape
        (Size([5, 64]), Size([5, 8]))

    Source: Hinton and Salakhutdinov, Reducing the Dimensionality of Data with Neural Networks, 2006; Vincent et al.,
    Extracting and Composing Robust Features with Denoising Autoencoders, 2008.
    """

    def __init__(self, widths: Sequence[int], noise: float = 0.0, activation: type[nn.Module] = nn.Sigmoid) -> None:
        super().__init__()
        if len(widths) < 2:
            raise ValueError(f"Autoencoder: expected the widths of input and code at least, got {tuple(widths)}")
        self.noise = noise
        self.encoder = _layers(widths, activation)
        self.decoder = _layers(widths[::-1], activation)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """The reconstruction.

        Args:
            input: (N, widths[0]).

        Returns:
            (N, widths[0]).
        """
        if self.training and self.noise:
            input = input * (ag.rand_like(input) >= self.noise)
        reconstruction: ag.Tensor = self.decoder(self.encoder(input))
        return reconstruction

    def pair(self, level: int) -> tuple[nn.Linear, nn.Linear]:
        """The layer of the encoder at a level, and that of the decoder which undoes it.

        Args:
            level: 0 is the one at the input.

        Returns:
            Both layers: those of a stack that are trained together before the next.
        """
        down, up = self.encoder[2 * level], self.decoder[len(self.decoder) - 1 - 2 * level]
        assert isinstance(down, nn.Linear) and isinstance(up, nn.Linear)
        return down, up


class VAEOutput(NamedTuple):
    """What a variational autoencoder returns.

    Attributes:
        logits: (N, widths[0]), of the reconstruction.
        mean: (N, latent), of the code's distribution.
        log_variance: (N, latent).

    Example:
        >>> from nn import models
        >>> models.VAE((4,), latent=2)(ag.zeros(3, 4)).log_variance.shape
        Size([3, 2])
    """

    logits: ag.Tensor
    mean: ag.Tensor
    log_variance: ag.Tensor


class VAE(nn.Module):
    """A code that is a normal distribution, and the bound on the likelihood that it is trained by.

    z = mean + exp(log_variance / 2) epsilon, so that gradients reach both; ELBO = E[log p(x|z)] - KL(q(z|x) || N(0, 1)).

    Args:
        widths: of the input and of the encoder's layers; the decoder mirrors them.
        latent: of the code.

    Example:
        >>> from nn import models
        >>> net = models.VAE((64, 32), latent=2)
        >>> net(ag.zeros(5, 64)).mean.shape, net.decode(ag.zeros(3, 2)).shape
        (Size([5, 2]), Size([3, 64]))

    Source: Kingma and Welling, Auto-Encoding Variational Bayes, 2013.
    """

    def __init__(self, widths: Sequence[int], latent: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(_layers(widths, nn.ReLU), nn.ReLU())
        self.mean = nn.Linear(widths[-1], latent)
        self.log_variance = nn.Linear(widths[-1], latent)
        self.decoder = _layers((latent, *widths[::-1]), nn.ReLU)

    def forward(self, input: ag.Tensor) -> VAEOutput:
        """The reconstruction of a draw from the code, and its distribution.

        Args:
            input: (N, widths[0]) in [0, 1].

        Returns:
            ``VAEOutput``.
        """
        features = self.encoder(input)
        mean, log_variance = self.mean(features), self.log_variance(features)
        z = mean + ag.exp(log_variance / 2) * ag.randn_like(mean)
        return VAEOutput(self.decoder(z), mean, log_variance)

    def decode(self, z: ag.Tensor) -> ag.Tensor:
        """What codes stand for.

        Args:
            z: (N, latent).

        Returns:
            (N, widths[0]) in [0, 1].
        """
        image: ag.Tensor = ag.sigmoid(self.decoder(z))
        return image

    @staticmethod
    def elbo(output: VAEOutput, target: ag.Tensor) -> ag.Tensor:
        """The evidence lower bound of each sample, in nats, for elements that are Bernoulli variables.

        Args:
            output: of ``forward``.
            target: (N, widths[0]) in [0, 1].

        Returns:
            (N,); the loss is its negative mean.
        """
        likelihood = -F.binary_cross_entropy_with_logits(output.logits, target, reduction="none").sum(1)
        divergence = -0.5 * (1 + output.log_variance - output.mean**2 - output.log_variance.exp()).sum(1)
        bound: ag.Tensor = likelihood - divergence
        return bound
