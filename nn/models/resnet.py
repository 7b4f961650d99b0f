"""ResNet: layers that learn what to add to their input, which is how networks became a hundred layers deep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd as ag
import nn

__all__ = ["BasicBlock", "Bottleneck", "ResNet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]


class BasicBlock(nn.Module):
    """relu(x + F(x)), F two 3x3 convolutions; where sizes change, x passes a 1x1 convolution (``downsample``).

    Args:
        in_channels: of the input.
        channels: of the output.
        stride: of the first convolution and of the shortcut.

    Example:
        >>> from nn.models.resnet import BasicBlock
        >>> BasicBlock(4, 8, stride=2)(ag.zeros(1, 4, 6, 6)).shape
        Size([1, 8, 3, 3])

    Source: He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015.
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = _shortcut(in_channels, channels, stride)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """The block's output.

        Args:
            input: (N, in_channels, H, W).

        Returns:
            (N, channels, ceil(H/stride), ceil(W/stride)).
        """
        x = self.relu(self.bn1(self.conv1(input)))
        x = self.bn2(self.conv2(x))
        y: ag.Tensor = self.relu(x + (input if self.downsample is None else self.downsample(input)))
        return y


class Bottleneck(nn.Module):
    """relu(x + F(x)), F a 1x1 convolution down, a 3x3, and a 1x1 up to four times the channels.

    The stride is that of the 3x3 convolution, as in torchvision, which is more accurate than the paper's first 1x1.

    Args:
        in_channels: of the input.
        channels: of the 3x3 convolution; the output has four times as many.
        stride: of the 3x3 convolution and of the shortcut.

    Example:
        >>> from nn.models.resnet import Bottleneck
        >>> Bottleneck(4, 2, stride=2)(ag.zeros(1, 4, 6, 6)).shape
        Size([1, 8, 3, 3])

    Source: He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015.
    """

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(in_channels, 4 * channels, stride)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """The block's output.

        Args:
            input: (N, in_channels, H, W).

        Returns:
            (N, 4 * channels, ceil(H/stride), ceil(W/stride)).
        """
        x = self.relu(self.bn1(self.conv1(input)))
        x = self.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        y: ag.Tensor = self.relu(x + (input if self.downsample is None else self.downsample(input)))
        return y


def _shortcut(in_channels: int, channels: int, stride: int) -> nn.Sequential | None:
    """What x passes where the block changes its shape."""
    if stride == 1 and in_channels == channels:
        return None
    return nn.Sequential(nn.Conv2d(in_channels, channels, 1, stride=stride, bias=False), nn.BatchNorm2d(channels))


class ResNet(nn.Module):
    """A 7x7 convolution, pooling, four stages of residual blocks, the mean of each map, a linear layer.

    Names and shapes of the weights are torchvision's.

    Args:
        block: BasicBlock or Bottleneck.
        layers: blocks of each stage; every stage after the first halves the map.
        num_classes: width of the output.
        zero_init_residual: begin with F = 0, by weights 0 in each block's last normalization.
        width: channels of the first stage; the next have twice as many each.

    Example:
        >>> from nn import models
        >>> net = models.ResNet(models.BasicBlock, (1, 1, 1, 1), num_classes=10, width=4)
        >>> net(ag.zeros(1, 3, 64, 64)).shape
        Size([1, 10])

    Source: He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        width: int = 64,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        channels = width
        stages = []
        for i, count in enumerate(layers):
            blocks = []
            for j in range(count):
                blocks.append(block(channels, width << i, stride=2 if i and j == 0 else 1))
                channels = (width << i) * block.expansion
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif zero_init_residual and isinstance(module, BasicBlock | Bottleneck):
                last = module.bn3 if isinstance(module, Bottleneck) else module.bn2
                assert last.weight is not None  # the blocks' normalizations are affine
                nn.init.zeros_(last.weight)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of the classes.

        Args:
            input: (N,3,H,W).

        Returns:
            (N, num_classes).
        """
        x = self.maxpool(self.relu(self.bn1(self.conv1(input))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        logits: ag.Tensor = self.fc(ag.flatten(self.avgpool(x), 1))
        return logits


def resnet18(**options: Any) -> ResNet:
    """ResNet with 18 layers: 11,689,512 parameters.

    Args:
        options: of ``ResNet``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.resnet18(width=4).layer4)
        2
    """
    return ResNet(BasicBlock, (2, 2, 2, 2), **options)


def resnet34(**options: Any) -> ResNet:
    """ResNet with 34 layers: 21,797,672 parameters.

    Args:
        options: of ``ResNet``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.resnet34(width=4).layer3)
        6
    """
    return ResNet(BasicBlock, (3, 4, 6, 3), **options)


def resnet50(**options: Any) -> ResNet:
    """ResNet with 50 layers: 25,557,032 parameters.

    Args:
        options: of ``ResNet``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> models.resnet50(width=4).fc.in_features
        128
    """
    return ResNet(Bottleneck, (3, 4, 6, 3), **options)


def resnet101(**options: Any) -> ResNet:
    """ResNet with 101 layers: 44,549,160 parameters.

    Args:
        options: of ``ResNet``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.resnet101(width=2).layer3)
        23
    """
    return ResNet(Bottleneck, (3, 4, 23, 3), **options)


def resnet152(**options: Any) -> ResNet:
    """ResNet with 152 layers: 60,192,808 parameters.

    Args:
        options: of ``ResNet``.

    Returns:
        The network, initialised.

    Example:
        >>> from nn import models
        >>> len(models.resnet152(width=2).layer3)
        36
    """
    return ResNet(Bottleneck, (3, 8, 36, 3), **options)
