"""Images read at positions."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Kink, Op, Sample, uniform


def positions(rng: np.random.Generator, sizes: tuple[int, ...], points: tuple[int, ...], corners: bool) -> np.ndarray:
    """Positions inside and outside of the image, away from where neighbours change."""
    axes = []
    for n in reversed(sizes):
        at = rng.integers(-2, 2 * n, (1, *points)) / 2 + rng.uniform(0.1, 0.4, (1, *points))
        axes.append(2 * at / (n - 1) - 1 if corners else (2 * at + 1) / n - 1)
    return np.stack(axes, -1)


def images(rng: np.random.Generator) -> list[Sample]:
    image, volume = uniform(rng, (1, 2, 4, 5)), uniform(rng, (1, 1, 3, 2, 4))
    found = []
    for corners in (True, False):
        for padding in ("zeros", "border", "reflection"):
            at, inside = (positions(rng, x.shape[2:], (2,) * (x.ndim - 2), corners) for x in (image, volume))
            found += [Kink(image, at, mode, padding, corners) for mode in ("bilinear", "nearest", "bicubic")]
            found += [Kink(volume, inside, mode, padding, corners) for mode in ("bilinear", "nearest")]
    small = uniform(rng, (1, 1, 2, 3))
    for mode in ("bilinear", "bicubic"):  # and by differences, which takes longer
        found.append(Sample(small, positions(rng, (2, 3), (1, 2), False), mode, "reflection"))
    return found


def maps(rng: np.random.Generator) -> list[Sample]:
    plane, space = uniform(rng, (2, 2, 3)), uniform(rng, (1, 3, 4))
    return [
        *(Sample(plane, (2, 3, 4, 5), c) for c in (True, False)),
        *(Sample(space, (1, 3, 2, 4, 3), c) for c in (True, False)),
    ]


X, G = np.zeros((1, 2, 3, 4)), np.zeros((1, 2, 2, 2))

OPS = [
    Op(
        "F.grid_sample",
        images,
        rtol=2e-4,
        atol=1e-4,
        errors=(
            Error(ShapeError, r"grid_sample: expected input .*, got \(1, 2, 3, 4\) and \(1, 2, 2\)", X, G[..., 0]),
            Error(ValueError, "grid_sample: expected mode to be one of bilinear, nearest, bicubic, got 'x'", X, G, "x"),
            Error(ValueError, "expected mode to be one of bilinear, nearest, got 'bicubic'", X[None, :, :1],
                  np.zeros((1, 1, 1, 1, 3)), "bicubic"),
            Error(ValueError, "expected padding_mode to be one of zeros, border, reflection", X, G, "nearest", "x"),
        ),
    ),
    Op(
        "F.affine_grid",
        maps,
        errors=(
            Error(ShapeError, r"affine_grid: expected theta .*, got \(1, 2, 2\)", np.zeros((1, 2, 2)), (1, 1, 2, 2)),
        ),
    ),
]  # fmt: skip
