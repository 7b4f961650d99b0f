"""AlexNet, the network that won ImageNet in 2012."""

from __future__ import annotations

import autograd as ag
import nn

__all__ = ["AlexNet", "AlexNetTwoTower"]


class AlexNet(nn.Module):
    """Five convolutions and three linear layers in one tower: 61,100,840 parameters at 1,000 classes.

    The form of the 2014 paper, without groups and response normalization; names and shapes of the weights are
    torchvision's. Images of 224x224 give maps of 55, 27, 13, 13, 13 and 6; other sizes from 63x63 are averaged to 6x6.

    Args:
        num_classes: width of the output.
        dropout: probability in front of the first two linear layers.

    Example:
        >>> from nn import models
        >>> net = models.AlexNet(num_classes=10)
        >>> net(ag.zeros(1, 3, 64, 64)).shape
        Size([1, 10])

    Source: Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014.
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2),  # (N,3,224,224) -> (N,64,55,55)
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),  # (N,64,27,27)
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),  # (N,192,13,13)
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),  # (N,256,6,6)
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of the classes.

        Args:
            input: (N,3,H,W), H and W at least 63.

        Returns:
            (N, num_classes).
        """
        logits: ag.Tensor = self.classifier(ag.flatten(self.avgpool(self.features(input)), 1))
        return logits


class AlexNetTwoTower(nn.Module):
    """The paper's network, in two groups that meet at the third convolution: 60,965,224 parameters at 1,000 classes.

    Each group lived on a GPU of its own. Local response normalization follows the first two convolutions, pooling
    windows overlap. An image of 227x227 gives 290,400 + 186,624 + 64,896 + 64,896 + 43,264 + 4,096 + 4,096 + 1,000
    units: 659,272, the paper's 650,000 neurons.

    Args:
        num_classes: width of the output.
        dropout: probability in front of the first two linear layers.

    Example:
        >>> from nn import models
        >>> sum(p.numel() for p in models.AlexNetTwoTower(num_classes=10).features.parameters())
        2334080

    Source: Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012.
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, stride=4),  # (N,3,227,227) -> (N,96,55,55)
            nn.ReLU(inplace=True),
            nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0),  # alpha is divided by the size: the paper's 1e-4
            nn.MaxPool2d(3, stride=2),  # (N,96,27,27)
            nn.Conv2d(96, 256, 5, padding=2, groups=2),
            nn.ReLU(inplace=True),
            nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0),
            nn.MaxPool2d(3, stride=2),  # (N,256,13,13)
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 384, 3, padding=1, groups=2),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1, groups=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),  # (N,256,6,6)
        )
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of the classes.

        Args:
            input: (N,3,227,227).

        Returns:
            (N, num_classes).
        """
        logits: ag.Tensor = self.classifier(ag.flatten(self.features(input), 1))
        return logits
