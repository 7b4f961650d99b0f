"""DCGAN: a generator and a discriminator of convolutions alone."""

from __future__ import annotations

from itertools import pairwise

import autograd as ag
import nn

__all__ = ["DCGANDiscriminator", "DCGANGenerator"]


def _levels(image_size: int) -> int:
    """How often 4x4 is doubled to reach the image."""
    levels = image_size.bit_length() - 3
    if image_size < 8 or 4 << levels != image_size:
        raise ValueError(f"DCGAN: expected image_size 8, 16, 32, 64, ..., got {image_size}. Resize the images")
    return levels


def _initialise(module: nn.Module) -> None:
    """Weights from a normal distribution of deviation 0.02, as in the paper."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)  # type: ignore[arg-type]  # affine, so not None


class DCGANGenerator(nn.Module):
    """Noise to an image in [-1, 1]: transposed convolutions, batch normalization, ReLU; tanh at the end.

    3,576,704 parameters for 64x64 colour images at width 64.

    Args:
        latent: channels of the noise.
        channels: of the image.
        width: maps in front of the image; twice as many per level below.
        image_size: 8, 16, 32, 64, ...

    Raises:
        ValueError: another size.

    Example:
        >>> from nn import models
        >>> models.DCGANGenerator(latent=10, channels=1, width=4, image_size=8)(ag.randn(2, 10, 1, 1)).shape
        Size([2, 1, 8, 8])

    Source: Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional Generative
    Adversarial Networks, 2015.
    """

    def __init__(self, latent: int = 100, channels: int = 3, width: int = 64, image_size: int = 64) -> None:
        super().__init__()
        widths = [width << i for i in reversed(range(_levels(image_size)))]
        layers: list[nn.Module] = [nn.ConvTranspose2d(latent, widths[0], 4, bias=False)]
        for before, after in pairwise([*widths, channels]):
            layers += [nn.BatchNorm2d(before), nn.ReLU(inplace=True)]
            layers.append(nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=False))
        self.main = nn.Sequential(*layers, nn.Tanh())
        self.apply(_initialise)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Images.

        Args:
            input: (N, latent, 1, 1), standard normal.

        Returns:
            (N, channels, image_size, image_size) in [-1, 1].
        """
        images: ag.Tensor = self.main(input)
        return images


class DCGANDiscriminator(nn.Module):
    """An image to the logit that it is real: strided convolutions, batch normalization, leaky ReLU.

    2,765,568 parameters for 64x64 colour images at width 64.

    Args:
        channels: of the image.
        width: maps of the first layer; twice as many per level.
        image_size: 8, 16, 32, 64, ...

    Raises:
        ValueError: another size.

    Example:
        >>> from nn import models
        >>> models.DCGANDiscriminator(channels=1, width=4, image_size=8)(ag.zeros(2, 1, 8, 8)).shape
        Size([2])

    Source: as ``DCGANGenerator``; the sigmoid is left to ``binary_cross_entropy_with_logits``.
    """

    def __init__(self, channels: int = 3, width: int = 64, image_size: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, stride=2, padding=1, bias=False)]
        layers.append(nn.LeakyReLU(0.2, inplace=True))
        for i in range(1, _levels(image_size)):
            layers.append(nn.Conv2d(width << (i - 1), width << i, 4, stride=2, padding=1, bias=False))
            layers += [nn.BatchNorm2d(width << i), nn.LeakyReLU(0.2, inplace=True)]
        layers.append(nn.Conv2d(width << (_levels(image_size) - 1), 1, 4, bias=False))
        self.main = nn.Sequential(*layers)
        self.apply(_initialise)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits.

        Args:
            input: (N, channels, image_size, image_size).

        Returns:
            (N,), positive where the image looks real.
        """
        logits: ag.Tensor = self.main(input).flatten()
        return logits
