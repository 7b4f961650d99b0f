"""A small model and small data, known to the command line under the name "small"; run as a program, it is that command line.

The model has dropout and batch norm, so that a run depends on the random state and on buffers as well as on parameters.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import nn
from autograd.cli import recipes
from autograd.cli.main import main
from autograd.cli.recipes import Images, Splits


def model(channels: int, classes: int) -> Any:
    """3,354 parameters."""
    return nn.Sequential(
        nn.MaxPool2d(4),
        nn.Flatten(),
        nn.Linear(channels * 8 * 8, 40),
        nn.BatchNorm1d(40),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(40, classes),
    )


def data(folder: Path) -> Splits:
    """A bright bar in one of ten places, in noise: 96 images to train, 20 to validate, 20 to test."""
    random = np.random.default_rng(5)

    def images(count: int) -> Images:
        labels = np.arange(count) % 10
        made = random.random((count, 1, 32, 32), np.float32)
        for image, label in zip(made, labels, strict=True):
            image[:, :, 3 * label : 3 * label + 3] += 1.0
        return Images(made / 2, labels)

    return Splits(images(96), images(20), images(20), 10)


def register() -> None:
    recipes.MODELS["small"], recipes.DATASETS["small"] = model, data


if __name__ == "__main__":
    register()
    sys.exit(main())
