"""Small random changes of the training images."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.ops.sampling import rand
from autograd.random import Generator
from autograd.utils.data import Dataset


class Augmented(Dataset[tuple[Any, Any]]):
    """Images that are turned, scaled and shifted a little, anew in every epoch.

    What happens to image i depends on the seed, the epoch and i alone, so that neither worker processes nor an
    interruption change it.

    Args:
        images: float32 (N,C,H,W), background 0.
        labels: int64 (N,).
        seed: of the run.
        epoch: which epoch, from 0.
        turn: largest angle, in degrees.
        scale: largest relative change of size.
        shift: largest displacement, as a fraction of the side.

    Example:
        >>> data = Augmented(np.ones((2, 1, 32, 32), np.float32), np.array([3, 4]), seed=0, epoch=0)
        >>> image, label = data[1]
        >>> image.shape, int(label)
        ((1, 32, 32), 4)
    """

    def __init__(
        self,
        images: Any,
        labels: Any,
        seed: int,
        epoch: int,
        turn: float = 12.0,
        scale: float = 0.12,
        shift: float = 0.08,
    ) -> None:
        self.images, self.labels = images, labels
        draws = rand(len(labels), 4, generator=stream(seed, epoch, 1), device="cpu").numpy() * 2 - 1  # in [-1, 1)
        self.moves = draws * [math.radians(turn), scale, shift, shift]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        angle, size, right, down = self.moves[index]
        return affine(self.images[index], angle, math.exp(size), right, down), self.labels[index]


def affine(image: Any, angle: float, factor: float, right: float, down: float) -> Any:
    """An image turned about its centre, scaled and shifted, by Pillow's bilinear filter; zeros come in from outside.

    Args:
        image: float32 (C,H,W).
        angle: in radians, clockwise.
        factor: of the size.
        right: shift to the right, as a fraction of the width.
        down: shift down, as a fraction of the height.

    Returns:
        float32 (C,H,W).

    Example:
        >>> affine(np.array([[[1, 0], [0, 0]]], np.float32), 0.0, 1.0, 0.5, 0.0).tolist()
        [[[0.0, 1.0], [0.0, 0.0]]]
    """
    from PIL import Image

    height, width = image.shape[1:]
    c, s = math.cos(angle) / factor, math.sin(angle) / factor
    x, y = width * (0.5 + right), height * (0.5 + down)  # here comes the centre; Pillow asks whence a pixel comes
    matrix = (c, s, width / 2 - c * x - s * y, -s, c, height / 2 + s * x - c * y)
    planes = [
        Image.fromarray(plane).transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        for plane in image
    ]
    return np.stack(planes)


def stream(seed: int, *place: int) -> Generator:
    """A random stream of its own for each place in a run.

    Args:
        seed: of the run.
        place: numbers that name the place, such as epoch and purpose.

    Returns:
        A generator at the beginning of its stream.

    Example:
        >>> stream(0, 1, 2).initial_seed() == stream(0, 2, 1).initial_seed()
        False
    """
    for number in place:
        seed = (seed * 6364136223846793005 + number + 1442695040888963407) % (1 << 64)
    return Generator().manual_seed(seed)
