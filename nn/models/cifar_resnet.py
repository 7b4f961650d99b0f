"""ResNet for 32x32 images, and the plain network of the same depth that it was invented against."""

from __future__ import annotations

import autograd as ag
import nn
import nn.functional as F

__all__ = ["CifarBlock", "CifarResNet"]


class CifarBlock(nn.Module):
    """relu(x + F(x)) or, plain, relu(F(x)); F two 3x3 convolutions.

    The shortcut has no parameters: where the block halves the map, it takes every second pixel and appends zero maps.

    Args:
        in_channels: of the input.
        channels: of the output.
        stride: of the first convolution.
        residual: with the shortcut.

    Example:
        >>> from nn import models
        >>> models.CifarBlock(4, 8, stride=2)(ag.zeros(1, 4, 6, 6)).shape
        Size([1, 8, 3, 3])

    Source: He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015, shortcuts of kind A.
    """

    def __init__(self, in_channels: int, channels: int, stride: int = 1, residual: bool = True) -> None:
        super().__init__()
        self.stride, self.grown, self.residual = stride, channels - in_channels, residual
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """The block's output.

        Args:
            input: (N, in_channels, H, W).

        Returns:
            (N, channels, ceil(H/stride), ceil(W/stride)).
        """
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(input)))))
        if self.residual:
            shortcut = input[:, :, :: self.stride, :: self.stride] if self.stride > 1 else input
            y = y + (F.pad(shortcut, (0, 0, 0, 0, 0, self.grown)) if self.grown else shortcut)
        output: ag.Tensor = self.relu(y)
        return output


class CifarResNet(nn.Module):
    """A 3x3 convolution, three stages of n blocks with 16, 32 and 64 maps, the mean of each map, a linear layer.

    6n + 2 layers have weights: n = 3 is ResNet-20 with 269,722 parameters, n = 18 ResNet-110 with 1,727,962.

    Args:
        depth: 6n + 2, such as 8, 20, 32, 44, 56 or 110.
        num_classes: width of the output.
        in_channels: 3 for colour, 1 for grey images.
        width: maps of the first stage.
        residual: False gives the plain network.

    Raises:
        ValueError: a depth that is not 6n + 2.

    Example:
        >>> from nn import models
        >>> net = models.CifarResNet(20)
        >>> net(ag.zeros(2, 3, 32, 32)).shape, sum(p.numel() for p in net.parameters())
        (Size([2, 10]), 269722)

    Source: He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015, section 4.2.
    """

    def __init__(
        self, depth: int, num_classes: int = 10, in_channels: int = 3, width: int = 16, residual: bool = True
    ) -> None:
        super().__init__()
        if depth < 8 or depth % 6 != 2:
            raise ValueError(f"CifarResNet: expected depth 6n + 2 (8, 14, 20, ..., 110), got {depth}")
        self.conv1 = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        channels, stages = width, []
        for i in range(3):
            blocks = []
            for j in range(depth // 6):
                blocks.append(CifarBlock(channels, width << i, 2 if i and j == 0 else 1, residual))
                channels = width << i
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3 = stages
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of the classes.

        Args:
            input: (N, in_channels, H, W), 32x32 in the paper.

        Returns:
            (N, num_classes).
        """
        x = self.relu(self.bn1(self.conv1(input)))
        x = self.layer3(self.layer2(self.layer1(x)))
        logits: ag.Tensor = self.fc(ag.flatten(self.avgpool(x), 1))
        return logits
