"""Which models and data the command line knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import nn
from autograd.utils.datasets import CIFAR10, MNIST, Digits, FashionMNIST
from autograd.utils.datasets.optional import need
from nn.models import LeNet5

SIDE = 32  # every image is brought to this size, LeNet-5's


class Images(NamedTuple):
    """One split of a data set in memory: images (N,C,32,32) float32 in [0, 1], labels (N,) int64."""

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
    return LeNet5(num_classes=classes, in_channels=channels, activation="relu", pooling="max")


def mlp(channels: int, classes: int) -> Any:
    """Two hidden layers on the pixels of 32x32 images."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * SIDE * SIDE, 256),
        nn.ReLU(),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Linear(128, classes),
    )


def digits(folder: Path) -> Splits:
    """The 1,797 handwritten digits that scikit-learn ships, 8x8 pixels, 1,347 for training and 450 for testing."""
    return split(Digits("train"), Digits("test"), 10)


def mnist(folder: Path) -> Splits:
    """MNIST, downloaded into the folder if it is not there."""
    return split(MNIST(folder, train=True, download=True), MNIST(folder, train=False, download=True), 10)


def fashion_mnist(folder: Path) -> Splits:
    """Fashion-MNIST, downloaded into the folder if it is not there."""
    return split(FashionMNIST(folder, train=True, download=True), FashionMNIST(folder, train=False, download=True), 10)


def cifar10(folder: Path) -> Splits:
    """CIFAR-10, downloaded into the folder if it is not there."""
    return split(CIFAR10(folder, train=True, download=True), CIFAR10(folder, train=False, download=True), 10)


MODELS: dict[str, Callable[[int, int], Any]] = {"lenet5": lenet5, "mlp": mlp}
DATASETS: dict[str, Callable[[Path], Splits]] = {
    "digits": digits, "mnist": mnist, "fashion-mnist": fashion_mnist, "cifar10": cifar10,
}  # fmt: skip


def split(train: Any, test: Any, classes: int) -> Splits:
    """Keeps every tenth training image of each class for validation, so that the test set chooses nothing.

    Args:
        train, test: data sets with ``data`` and ``targets``.
        classes: number of labels.

    Returns:
        The three splits, 32x32 pixels.

    Example:
        >>> from types import SimpleNamespace
        >>> data = SimpleNamespace(data=np.zeros((20, 28, 28), np.uint8), targets=[0, 1] * 10)
        >>> splits = split(data, data, 2)
        >>> splits.train.images.shape, splits.validation.labels.tolist()
        ((18, 1, 32, 32), [0, 1])
    """
    images, labels = _arrays(train)
    held = np.zeros(len(labels), bool)
    for c in range(classes):
        held[np.flatnonzero(labels == c)[::10]] = True
    return Splits(
        Images(images[~held], labels[~held]), Images(images[held], labels[held]), Images(*_arrays(test)), classes
    )


def _arrays(data: Any) -> tuple[Any, Any]:
    """Images as float32 (N,C,32,32) in [0, 1], and labels."""
    images = np.asarray(data.data)
    if images.ndim == 3:  # (N,H,W) -> (N,1,H,W)
        images = images[:, None]
    elif images.shape[-1] == 3:  # (N,H,W,3) -> (N,3,H,W)
        images = images.transpose(0, 3, 1, 2)
    if images.dtype == np.uint8:
        images = images / np.float32(255)
    return _enlarge(np.ascontiguousarray(images)), np.asarray(data.targets, np.int64)


def _enlarge(images: Any) -> Any:
    """(N,C,H,W) -> (N,C,32,32): 28x28 images get a border, as for LeNet-5; others are resized."""
    side = images.shape[-1]
    if side == SIDE:
        return images
    if side == 28:
        return np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
    image = need("PIL.Image", "a data set of another size than 32x32")
    planes = [
        image.fromarray(plane).resize((SIDE, SIDE), image.Resampling.BILINEAR)
        for plane in images.reshape(-1, *images.shape[2:])
    ]
    return np.stack(planes).reshape(*images.shape[:2], SIDE, SIDE)
