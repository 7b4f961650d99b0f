"""VGG, the networks that showed what depth does with 3x3 convolutions alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd as ag
import nn

__all__ = ["VGG", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"]

_BLOCKS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # convolutions
_CHANNELS = (64, 128, 256, 512, 512)


class VGG(nn.Module):
    """Five blocks of 3x3 convolutions, each halved by pooling, and three linear layers.

    Names and shapes of the weights are torchvision's.

    Args:
        blocks: convolutions of each block.
        channels: of each block.
        num_classes: width of the output.
        batch_norm: normalize after each convolution.
        hidden: width of the two hidden linear layers.
        dropout: probability after each hidden linear layer.

    Example:
        >>> from nn import models
        >>> net = models.VGG((1, 1, 2, 2, 2), (4, 8, 16, 16, 16), num_classes=10, hidden=32)
        >>> net(ag.zeros(1, 3, 32, 32)).shape
        Size([1, 10])

    Source: Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, 2014.
    """

    def __init__(
        self,
        blocks: Sequence[int],
        channels: Sequence[int] = _CHANNELS,
        num_classes: int = 1000,
        batch_norm: bool = False,
        hidden: int = 4096,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for count, width in zip(blocks, channels, strict=True):
            for _ in range(count):
                layers.append(nn.Conv2d(before, width, 3, padding=1))
                if batch_norm:
                    layers.append(nn.BatchNorm2d(width))
                layers.append(nn.ReLU(inplace=True))
                before = width
            layers.append(nn.MaxPool2d(2, stride=2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(before * 7 * 7, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0, 0.01)
            if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of the classes.

        Args:
            input: (N,3,H,W), H and W at least 32.

        Returns:
            (N, num_classes).
        """
        logits: ag.Tensor = self.classifier(ag.flatten(self.avgpool(self.features(input)), 1))
        return logits


def vgg11(**options: Any) -> VGG:
    """VGG with 11 layers (configuration A): 132,863,336 parameters.

    Args:
        options: of ``VGG``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.vgg11(hidden=8).features)
        21
    """
    return VGG(_BLOCKS[11], **options)


def vgg11_bn(**options: Any) -> VGG:
    """``vgg11`` with batch normalization: 132,868,840 parameters.

    Args:
        options: of ``VGG``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.vgg11_bn(hidden=8).features)
        29
    """
    return VGG(_BLOCKS[11], batch_norm=True, **options)


def vgg13(**options: Any) -> VGG:
    """VGG with 13 layers (configuration B): 133,047,848 parameters.

    Args:
        options: of ``VGG``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.vgg13(hidden=8).features)
        25
    """
    return VGG(_BLOCKS[13], **options)


def vgg13_bn(**options: Any) -> VGG:
    """``vgg13`` with batch normalization: 133,053,736 parameters.

    Args:
        options: of ``VGG``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.vgg13_bn(hidden=8).features)
        35
    """
    return VGG(_BLOCKS[13], batch_norm=True, **options)


def vgg16(**options: Any) -> VGG:
    """VGG with 16 layers (configuration D): 138,357,544 parameters.

    Args:
        options: of ``VGG``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.vgg16(hidden=8).features)
        31
    """
    return VGG(_BLOCKS[16], **options)


def vgg16_bn(**options: Any) -> VGG:
    """``vgg16`` with batch normalization: 138,365,992 parameters.

    Args:
        options: of ``VGG``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.vgg16_bn(hidden=8).features)
        44
    """
    return VGG(_BLOCKS[16], batch_norm=True, **options)


def vgg19(**options: Any) -> VGG:
    """VGG with 19 layers (configuration E): 143,667,240 parameters.

    Args:
        options: of ``VGG``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.vgg19(hidden=8).features)
        37
    """
    return VGG(_BLOCKS[19], **options)


def vgg19_bn(**options: Any) -> VGG:
    """``vgg19`` with batch normalization: 143,678,248 parameters.

    Args:
        options: of ``VGG``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.vgg19_bn(hidden=8).features)
        53
    """
    return VGG(_BLOCKS[19], batch_norm=True, **options)
