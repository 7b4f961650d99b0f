"""LeNet-5, the convolutional network that read handwritten digits."""

from __future__ import annotations

from collections.abc import Callable

import autograd as ag
import nn

__all__ = ["LeNet5"]

_ACTIVATIONS: dict[str, Callable[..., nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU}
_POOLINGS: dict[str, Callable[..., nn.Module]] = {"avg": nn.AvgPool2d, "max": nn.MaxPool2d}
_PADDING = {32: 0, 28: 2}  # the paper centres 28x28 digits in 32x32


class LeNet5(nn.Module):
    """Two convolutions with pooling, a third that sees all of its input, and two linear layers: 61,706 parameters.

    C1 6 maps 5x5, S2 pooling by 2, C3 16 maps 5x5, S4 pooling by 2, C5 120 maps 5x5, F6 84, output; on a 32x32 image
    the maps are 28x28, 14x14, 10x10, 5x5 and 1x1. What differs from the paper: C3 sees all maps of S2 instead of a
    choice, pooling has no parameters, tanh is not scaled, and the output is linear (logits for ``cross_entropy``)
    instead of radial basis functions.

    28x28 images (MNIST) are padded by 2 in C1, as the paper does. Images of any other size are to be resized to 32x32
    before, such as 8x8 digits enlarged four times: so that every data set trains this same network.

    Args:
        num_classes: width of the output.
        in_channels: 1 for grey images, 3 for colour.
        image_size: 32, or 28.
        activation: "tanh" (the paper's) or "relu".
        pooling: "avg" (the paper's) or "max".

    Raises:
        ValueError: another image size, activation or pooling.

    Example:
        >>> from nn import models
        >>> net = models.LeNet5()
        >>> net(ag.zeros(2, 1, 32, 32)).shape, sum(p.numel() for p in net.parameters())
        (Size([2, 10]), 61706)

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-Based Learning Applied to Document Recognition, 1998.
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        image_size: int = 32,
        activation: str = "tanh",
        pooling: str = "avg",
    ) -> None:
        super().__init__()
        if image_size not in _PADDING:
            raise ValueError(
                f"LeNet5: expected image_size 28 or 32, got {image_size}. Resize the images to 32x32, such as 8x8 by 4"
            )
        if activation not in _ACTIVATIONS or pooling not in _POOLINGS:
            raise ValueError(
                "LeNet5: expected activation 'tanh' or 'relu' and pooling 'avg' or 'max', "
                f"got {activation!r} and {pooling!r}"
            )
        f, pool = _ACTIVATIONS[activation], _POOLINGS[pooling]
        self.image_size = image_size
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, 5, padding=_PADDING[image_size]),  # C1 (N,C,32,32) -> (N,6,28,28)
            f(),
            pool(2),  # S2 -> (N,6,14,14)
            nn.Conv2d(6, 16, 5),  # C3 -> (N,16,10,10)
            f(),
            pool(2),  # S4 -> (N,16,5,5)
            nn.Conv2d(16, 120, 5),  # C5 -> (N,120,1,1)
            f(),
            nn.Flatten(),
        )
        self.classifier = nn.Sequential(nn.Linear(120, 84), f(), nn.Linear(84, num_classes))  # F6, output

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of the classes.

        Args:
            input: (N, in_channels, image_size, image_size).

        Returns:
            (N, num_classes).

        Raises:
            ShapeError: other axes.
        """
        logits: ag.Tensor = self.classifier(self.features(input))
        return logits
