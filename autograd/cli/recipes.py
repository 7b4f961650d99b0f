"""Which models and data the command line knows, and how the data reach a model."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograd.random import Generator


class Images(NamedTuple):
    """One split of a data set in memory: images (N, C, H, W) float32 in [0, 1], labels (N,) int64."""

    images: Any
    labels: Any


class Splits(NamedTuple):
    """Training, validation and test data, and the number of classes."""

    train: Images
    validation: Images
    test: Images
    classes: int


def lenet5(channels: int, classes: int) -> Any:
    """LeNet-5 in today's form (ReLU, max pooling) on 32x32 images."""
    from nn.models import LeNet5

    return LeNet5(num_classes=classes, in_channels=channels, activation="relu", pooling="max")


def mlp(channels: int, classes: int) -> Any:
    """Two hidden layers on the pixels of 32x32 images."""
    import nn

    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * 32 * 32, 256),
        nn.ReLU(),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Linear(128, classes),
    )


MODELS: dict[str, Callable[[int, int], Any]] = {"lenet5": lenet5, "mlp": mlp}
SIDE = 32  # every image is brought to this size, LeNet-5's


def digits(folder: Path) -> Splits:
    """The 1,797 handwritten digits that scikit-learn ships, 8x8 pixels, 1,347 for training and 450 for testing."""
    from autograd.utils.datasets import Digits

    return _split(Digits("train"), Digits("test"), 10)


def mnist(folder: Path) -> Splits:
    """MNIST, downloaded into the folder if it is not there."""
    from autograd.utils.datasets import MNIST

    return _split(MNIST(folder, train=True, download=True), MNIST(folder, train=False, download=True), 10)


def fashion_mnist(folder: Path) -> Splits:
    """Fashion-MNIST, downloaded into the folder if it is not there."""
    from autograd.utils.datasets import FashionMNIST

    return _split(FashionMNIST(folder, train=True, download=True), FashionMNIST(folder, train=False, download=True), 10)


def cifar10(folder: Path) -> Splits:
    """CIFAR-10, downloaded into the folder if it is not there."""
    from autograd.utils.datasets import CIFAR10

    return _split(CIFAR10(folder, train=True, download=True), CIFAR10(folder, train=False, download=True), 10)


DATASETS: dict[str, Callable[[Path], Splits]] = {
    "digits": digits, "mnist": mnist, "fashion-mnist": fashion_mnist, "cifar10": cifar10,
}  # fmt: skip


def _split(train: Any, test: Any, classes: int) -> Splits:
    """Every tenth training image of each class is kept for validation: the test set chooses nothing."""
    images, labels = _arrays(train)
    held = np.zeros(len(labels), bool)
    for c in range(classes):
        held[np.flatnonzero(labels == c)[::10]] = True
    return Splits(
        Images(images[~held], labels[~held]), Images(images[held], labels[held]), Images(*_arrays(test)), classes
    )


def _arrays(data: Any) -> tuple[Any, Any]:
    """A data set as two arrays, its images enlarged to 32x32."""
    pairs = [data[i] for i in range(len(data))]
    images = np.stack([np.asarray(image, np.float32) for image, _ in pairs])  # (N,C,H,W)
    return enlarge(images), np.array([int(label) for _, label in pairs], np.int64)


def enlarge(images: Any) -> Any:
    """Images (N,C,H,W) resized to (N,C,32,32) by Pillow's bilinear filter."""
    from PIL import Image

    if images.shape[2:] == (SIDE, SIDE):
        return images
    planes = [
        Image.fromarray(plane).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        for plane in images.reshape(-1, *images.shape[2:])
    ]
    return np.stack([np.asarray(p) for p in planes]).reshape(*images.shape[:2], SIDE, SIDE)


class Augmented:
    """A data set whose images are turned, scaled and shifted a little at every reading.

    What happens to image i in epoch e depends on (seed, e, i) alone, so neither workers nor an interruption change it.

    Args:
        data: images and labels.
        seed: of the run.
        turn: largest angle, in degrees.
        scale: largest relative change of size.
        shift: largest displacement, as a fraction of the side.

    Example:
        >>> data = Images(np.ones((2, 1, 32, 32), np.float32), np.array([3, 4]))
        >>> augmented = Augmented(data, seed=0)
        >>> image, label = augmented[1]; image.shape, label
        ((1, 32, 32), 4)
    """

    def __init__(self, data: Images, seed: int, turn: float = 12.0, scale: float = 0.12, shift: float = 0.08) -> None:
        self.data, self.seed, self.epoch = data, seed, 0
        self.turn, self.scale, self.shift = turn, scale, shift

    def __len__(self) -> int:
        return len(self.data.labels)

    def __getitem__(self, i: int) -> tuple[Any, Any]:
        from autograd.ops.sampling import rand

        draws = rand(4, generator=stream(self.seed, self.epoch, 1 + i), device="cpu").numpy() * 2 - 1  # in [-1, 1)
        angle = math.radians(self.turn * float(draws[0]))
        factor = math.exp(self.scale * float(draws[1]))
        dx, dy = (float(d) * self.shift * SIDE for d in draws[2:])
        return affine(self.data.images[i], angle, factor, dx, dy), self.data.labels[i]


def affine(image: Any, angle: float, factor: float, dx: float, dy: float) -> Any:
    """An image (C,H,W) turned about its centre, scaled and shifted, by Pillow's bilinear filter; zeros come in."""
    from PIL import Image

    middle = (image.shape[-1] - 1) / 2
    c, s = math.cos(angle) / factor, math.sin(angle) / factor
    matrix = (
        c,
        s,
        middle - c * (middle + dx) - s * (middle + dy),
        -s,
        c,
        middle + s * (middle + dx) - c * (middle + dy),
    )
    planes = [
        Image.fromarray(p).transform(p.shape[::-1], Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        for p in image
    ]
    return np.stack([np.asarray(p) for p in planes])


def stream(seed: int, *place: int) -> Generator:
    """A generator of its own for each place in the run: (epoch, 0) orders an epoch, (epoch, 1 + i) moves image i."""
    mixed = seed
    for number in place:
        mixed = (mixed * 6364136223846793005 + number + 1442695040888963407) % (1 << 64)
    return Generator().manual_seed(mixed)
