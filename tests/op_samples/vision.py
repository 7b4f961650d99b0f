"""Resizing and shuffling."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform


def images(rng: np.random.Generator) -> list[Sample]:
    line, image, volume = (uniform(rng, (2, 2, *size)) for size in [(5,), (4, 5), (3, 4, 2)])
    found = []
    for mode in ("nearest", "nearest-exact", "area"):
        found += [Sample(x, 7, mode=mode) for x in (line, image, volume)]
        found += [Sample(image, (3, 4), mode=mode), Sample(image, scale_factor=(1.5, 0.6), mode=mode)]
    for x, mode in ((line, "linear"), (image, "bilinear"), (image, "bicubic"), (volume, "trilinear")):
        for corners in (True, False):
            found += [
                Sample(x, 7, None, mode, corners),
                Sample(x, 2, mode=mode, align_corners=corners),
                Sample(x, 1, mode=mode, align_corners=corners),
                Sample(x, scale_factor=1.7, mode=mode, align_corners=corners),
                Sample(x, scale_factor=2, mode=mode, align_corners=corners, recompute_scale_factor=True),
            ]
    found += [Sample(image, scale_factor=1.7, mode="bilinear", recompute_scale_factor=True)]
    for mode in ("bilinear", "bicubic"):
        wide = uniform(rng, (1, 2, 11, 9))
        found += [
            Sample(wide, (4, 5), mode=mode, antialias=True),
            Sample(wide, (3, 12), mode=mode, align_corners=True, antialias=True),
            Sample(wide, scale_factor=0.3, mode=mode, antialias=True),
        ]
    return [*found, Sample(image[:0], 3)]


def repeated(rng: np.random.Generator) -> list[Sample]:
    x = uniform(rng, (1, 2, 3, 4))
    return [Sample(x, 5), Sample(x, scale_factor=2.0), Sample(x, 5, mode="bilinear", align_corners=True)]


def into_space(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample(uniform(rng, (2, 8, 2, 3)), 2),
        Sample(uniform(rng, (9, 1, 2)), 3),
    ]


def into_channels(rng: np.random.Generator) -> list[Sample]:
    return [Sample(uniform(rng, (2, 2, 4, 6)), 2), Sample(uniform(rng, (1, 3, 6)), 3)]


def dealt(rng: np.random.Generator) -> list[Sample]:
    return [Sample(uniform(rng, (2, 6, 3)), 2), Sample(uniform(rng, (1, 6, 2, 2)), 3)]


X = np.zeros((1, 2, 3, 4))

OPS = [
    Op(
        "F.interpolate",
        images,
        rtol=1e-4,
        errors=(
            Error(ShapeError, r"interpolate: expected input .*, got \(2, 2\)", np.zeros((2, 2)), 3),
            Error(ValueError, "interpolate: expected one of size and scale_factor, got none", X),
            Error(ValueError, "interpolate: expected one of size and scale_factor, got both", X, 2, 2),
            Error(ValueError, r"interpolate: expected one number or 2, got \(1, 2, 3\)", X, (1, 2, 3)),
            Error(
                ShapeError, r"interpolate: expected a result of at least 1 along each axis, got \(0, 0\)", X, None, 0.1
            ),
            Error(ValueError, "interpolate: expected mode to be one of nearest, .*, got 'cubic'", X, 2, mode="cubic"),
            Error(ValueError, 'interpolate: expected a mode for 2 spatial axes .*, got "linear"', X, 2, mode="linear"),
            Error(ValueError, "interpolate: expected align_corners only with linear", X, 2, align_corners=False),
            Error(ValueError, "interpolate: expected antialias only with", X, 2, antialias=True),
        ),
    ),
    Op("F.upsample", repeated),
    Op(
        "F.pixel_shuffle",
        into_space,
        errors=(
            Error(
                ShapeError,
                r"pixel_shuffle: expected input \(\*,C,H,W\) with C divisible by 2\*2, got \(1, 2, 3, 4\)",
                X,
                2,
            ),
        ),
    ),
    Op(
        "F.pixel_unshuffle",
        into_channels,
        errors=(
            Error(ShapeError, r"pixel_unshuffle: expected .* with H and W divisible by 2, got \(1, 2, 3, 4\)", X, 2),
        ),
    ),
    Op(
        "F.channel_shuffle",
        dealt,
        errors=(
            Error(ShapeError, r"channel_shuffle: expected .* with C divisible by groups 3, got \(1, 2, 3, 4\)", X, 3),
        ),
    ),
]
