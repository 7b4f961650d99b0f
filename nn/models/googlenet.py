"""GoogLeNet: filters of several sizes side by side, and classifiers half-way that keep the gradient alive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import autograd as ag
import nn
import nn.functional as F

__all__ = ["BasicConv2d", "GoogLeNet", "GoogLeNetOutputs", "Inception", "InceptionAux", "googlenet"]

# Maps of each branch: 1x1; 1x1 before 3x3, 3x3; 1x1 before the second 3x3, that; 1x1 after pooling.
_SIZES: dict[str, tuple[int, ...]] = {
    "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64), "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64), "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128), "5b": (384, 192, 384, 48, 128, 128),
}  # fmt: skip


class GoogLeNetOutputs(NamedTuple):
    """What a network with auxiliary classifiers returns in training.

    Attributes:
        logits: (N, num_classes).
        aux_logits2: of the classifier on inception 4d.
        aux_logits1: of the classifier on inception 4a.

    Example:
        >>> from nn import models
        >>> out = models.GoogLeNetOutputs(ag.zeros(1, 2), ag.ones(1, 2), ag.ones(1, 2))
        >>> out.logits + 0.3 * (out.aux_logits1 + out.aux_logits2)
        tensor([[0.6000, 0.6000]])
    """

    logits: ag.Tensor
    aux_logits2: ag.Tensor | None
    aux_logits1: ag.Tensor | None


class BasicConv2d(nn.Module):
    """relu(batch norm(convolution)).

    Args:
        in_channels, out_channels: of the convolution.
        options: of ``Conv2d``.

    Example:
        >>> from nn.models.googlenet import BasicConv2d
        >>> BasicConv2d(3, 8, kernel_size=3, padding=1)(ag.zeros(1, 3, 5, 5)).shape
        Size([1, 8, 5, 5])
    """

    def __init__(self, in_channels: int, out_channels: int, **options: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, bias=False, **options)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """The activations.

        Args:
            input: (N, in_channels, H, W).

        Returns:
            (N, out_channels, H', W').
        """
        y: ag.Tensor = F.relu(self.bn(self.conv(input)), inplace=True)
        return y


class Inception(nn.Module):
    """Four branches on one input, their maps joined: 1x1, 3x3, a second 3x3 behind fewer maps, and pooling.

    The paper's third branch has 5x5 filters; torchvision's published weights have 3x3, and so has this one.

    Args:
        in_channels: of the input.
        sizes: maps of (1x1, reduction, 3x3, reduction, second 3x3, projection of the pooled).

    Example:
        >>> from nn import models
        >>> models.Inception(4, (1, 2, 3, 1, 2, 1))(ag.zeros(1, 4, 6, 6)).shape
        Size([1, 7, 6, 6])

    Source: Szegedy et al., Going Deeper with Convolutions, 2014.
    """

    def __init__(self, in_channels: int, sizes: Sequence[int]) -> None:
        super().__init__()
        single, reduce3, triple, reduce5, second, pooled = sizes
        self.branch1 = BasicConv2d(in_channels, single, kernel_size=1)
        self.branch2 = nn.Sequential(
            BasicConv2d(in_channels, reduce3, kernel_size=1), BasicConv2d(reduce3, triple, kernel_size=3, padding=1)
        )
        self.branch3 = nn.Sequential(
            BasicConv2d(in_channels, reduce5, kernel_size=1), BasicConv2d(reduce5, second, kernel_size=3, padding=1)
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True), BasicConv2d(in_channels, pooled, kernel_size=1)
        )

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """The joined maps.

        Args:
            input: (N, in_channels, H, W).

        Returns:
            (N, single + 3x3 + second 3x3 + pooled, H, W).
        """
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        y: ag.Tensor = ag.cat([branch(input) for branch in branches], 1)
        return y


class InceptionAux(nn.Module):
    """A classifier on maps in the middle: 4x4 means, a 1x1 convolution, two linear layers.

    Args:
        in_channels: of the maps.
        num_classes: width of the output.
        dropout: probability in front of the last layer.
        width: half the channels of the convolution; the hidden linear layer has 16 times as many.

    Example:
        >>> from nn import models
        >>> models.InceptionAux(8, 10)(ag.zeros(2, 8, 14, 14)).shape
        Size([2, 10])

    Source: Szegedy et al., Going Deeper with Convolutions, 2014.
    """

    def __init__(self, in_channels: int, num_classes: int, dropout: float = 0.7, width: int = 64) -> None:
        super().__init__()
        self.conv = BasicConv2d(in_channels, 2 * width, kernel_size=1)
        self.fc1 = nn.Linear(2 * width * 4 * 4, 16 * width)
        self.fc2 = nn.Linear(16 * width, num_classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of the classes.

        Args:
            input: (N, in_channels, H, W).

        Returns:
            (N, num_classes).
        """
        x = self.conv(F.adaptive_avg_pool2d(input, (4, 4)))
        x = self.dropout(F.relu(self.fc1(ag.flatten(x, 1)), inplace=True))
        logits: ag.Tensor = self.fc2(x)
        return logits


class GoogLeNet(nn.Module):
    """A stem, nine inception modules, the mean of each map, one linear layer: 22 layers deep.

    Names and shapes of the weights are torchvision's; with batch normalization, which the paper had not.

    Args:
        num_classes: width of the output.
        aux_logits: with the two auxiliary classifiers, which answer in training only.
        init_weights: weights from a truncated normal distribution of deviation 0.01.
        dropout, dropout_aux: probabilities in front of the last layers.
        width: channels of the first convolution, a multiple of 8; all others are in proportion.

    Raises:
        ValueError: a width that is not a multiple of 8.

    Example:
        >>> from nn import models
        >>> net = models.GoogLeNet(num_classes=10, aux_logits=False, init_weights=False).eval()
        >>> net(ag.zeros(1, 3, 64, 64)).shape
        Size([1, 10])

    Source: Szegedy et al., Going Deeper with Convolutions, 2014.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        aux_logits: bool = True,
        init_weights: bool = True,
        dropout: float = 0.2,
        dropout_aux: float = 0.7,
        width: int = 64,
    ) -> None:
        super().__init__()
        if width < 8 or width % 8:
            raise ValueError(f"GoogLeNet: expected a width that is a multiple of 8, got {width}")
        sizes = {name: [size * width // 64 for size in full] for name, full in _SIZES.items()}
        joined = {name: one + three + second + pooled for name, (one, _, three, _, second, pooled) in sizes.items()}
        self.aux_logits = aux_logits
        self.conv1 = BasicConv2d(3, width, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.conv2 = BasicConv2d(width, width, kernel_size=1)
        self.conv3 = BasicConv2d(width, 3 * width, kernel_size=3, padding=1)
        self.maxpool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception3a = Inception(3 * width, sizes["3a"])
        self.inception3b = Inception(joined["3a"], sizes["3b"])
        self.maxpool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.inception4a = Inception(joined["3b"], sizes["4a"])
        self.inception4b = Inception(joined["4a"], sizes["4b"])
        self.inception4c = Inception(joined["4b"], sizes["4c"])
        self.inception4d = Inception(joined["4c"], sizes["4d"])
        self.inception4e = Inception(joined["4d"], sizes["4e"])
        self.maxpool4 = nn.MaxPool2d(2, stride=2, ceil_mode=True)
        self.inception5a = Inception(joined["4e"], sizes["5a"])
        self.inception5b = Inception(joined["5a"], sizes["5b"])
        self.aux1 = InceptionAux(joined["4a"], num_classes, dropout_aux, width) if aux_logits else None
        self.aux2 = InceptionAux(joined["4d"], num_classes, dropout_aux, width) if aux_logits else None
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(joined["5b"], num_classes)
        if init_weights:
            for module in self.modules():
                if isinstance(module, nn.Conv2d | nn.Linear):
                    nn.init.trunc_normal_(module.weight, 0.0, 0.01, -2, 2)

    def forward(self, input: ag.Tensor) -> ag.Tensor | GoogLeNetOutputs:
        """Logits of the classes; in training with auxiliary classifiers theirs, too.

        The paper's loss adds 0.3 times each auxiliary one.

        Args:
            input: (N,3,H,W).

        Returns:
            (N, num_classes), or ``GoogLeNetOutputs``.
        """
        helping = self.training and self.aux_logits
        x = self.maxpool2(self.conv3(self.conv2(self.maxpool1(self.conv1(input)))))
        x = self.inception4a(self.maxpool3(self.inception3b(self.inception3a(x))))
        first = self.aux1(x) if helping and self.aux1 is not None else None
        x = self.inception4d(self.inception4c(self.inception4b(x)))
        second = self.aux2(x) if helping and self.aux2 is not None else None
        x = self.inception5b(self.inception5a(self.maxpool4(self.inception4e(x))))
        logits: ag.Tensor = self.fc(self.dropout(ag.flatten(self.avgpool(x), 1)))
        return GoogLeNetOutputs(logits, second, first) if helping else logits


def googlenet(**options: Any) -> GoogLeNet:
    """GoogLeNet with 1,000 classes and its auxiliary classifiers: 13,004,888 parameters.

    Args:
        options: of ``GoogLeNet``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> models.googlenet(aux_logits=False, init_weights=False).fc.in_features
        1024
    """
    return GoogLeNet(**options)
