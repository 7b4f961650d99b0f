"""Samples of the kernels over windows: conv, pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backends.geometry import Conv, Pool
from tests.backends.sample import REFERENCE, Draw, Table

SAMPLES = Table()
add = SAMPLES.add

# -- conv: x, w, stride, padding, dilation, groups; "rest": the last rows belong to no window --------------------------
CONVS: dict[str, tuple[Any, ...]] = {
    "1d": ((2, 3, 11), (4, 3, 3), (1,), (1,), (1,), 1),
    "1d-dilated": ((2, 2, 17), (3, 2, 4), (3,), (2,), (2,), 1),
    "2d": ((2, 3, 8, 9), (4, 3, 3, 3), (1, 1), (0, 0), (1, 1), 1),
    "2d-same": ((3, 4, 7, 7), (5, 4, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    "2d-1x1": ((3, 6, 5, 4), (7, 6, 1, 1), (1, 1), (0, 0), (1, 1), 1),
    "2d-1x1-strided": ((2, 3, 7, 8), (4, 3, 1, 1), (2, 3), (0, 0), (1, 1), 1),
    "2d-rest": ((2, 3, 10, 11), (4, 3, 3, 2), (3, 2), (1, 0), (1, 1), 1),
    "2d-dilated": ((2, 3, 12, 11), (2, 3, 3, 2), (2, 1), (2, 3), (2, 4), 1),
    "2d-groups": ((2, 6, 6, 5), (4, 3, 3, 3), (1, 2), (1, 1), (1, 1), 2),
    "2d-depthwise": ((2, 6, 9, 9), (6, 1, 3, 3), (1, 1), (1, 1), (1, 1), 6),
    "2d-depthwise-strided": ((2, 4, 9, 10), (4, 1, 5, 5), (2, 2), (2, 2), (1, 1), 4),
    "2d-depthwise-twice": ((2, 3, 6, 6), (6, 1, 3, 3), (1, 1), (0, 0), (1, 1), 3),
    "2d-padding-only": ((2, 1, 2, 2), (2, 1, 3, 3), (1, 1), (3, 3), (1, 1), 1),
    "2d-whole": ((3, 2, 4, 5), (3, 2, 4, 5), (1, 1), (0, 0), (1, 1), 1),
    "2d-lenet": ((16, 1, 28, 28), (6, 1, 5, 5), (1, 1), (2, 2), (1, 1), 1),
    "2d-large": ((8, 16, 24, 24), (32, 16, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    "2d-large-strided": ((4, 24, 31, 29), (40, 24, 3, 3), (2, 2), (1, 1), (1, 1), 1),
    "2d-pixels": ((5, 32, 7, 9), (22, 16, 2, 3), (1, 1), (1, 2), (1, 1), 2),
    "2d-pixels-few": ((7, 6, 14, 13), (16, 6, 5, 4), (1, 1), (0, 1), (1, 1), 1),
    "2d-pixels-tall": ((1, 32, 150, 30), (9, 32, 3, 2), (1, 1), (0, 1), (1, 1), 1),
    "2d-pixels-deep": ((3, 256, 5, 6), (32, 256, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    "2d-tiles": ((5, 33, 9, 7), (38, 33, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    "2d-tiles-wide": ((1, 40, 7, 41), (32, 40, 3, 3), (1, 1), (2, 0), (1, 1), 1),
    "2d-stem": ((2, 3, 40, 40), (16, 3, 7, 7), (2, 2), (3, 3), (1, 1), 1),
    "2d-no-images": ((0, 3, 8, 8), (4, 3, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    "2d-no-channels": ((2, 0, 5, 5), (4, 0, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    "3d": ((2, 2, 5, 6, 7), (3, 2, 2, 3, 3), (1, 2, 1), (1, 0, 1), (1, 1, 2), 1),
    "3d-groups": ((1, 4, 4, 5, 4), (4, 2, 3, 3, 3), (1, 1, 1), (1, 1, 1), (1, 1, 1), 2),
}

for label, (x, w, stride, padding, dilation, groups) in CONVS.items():
    geo = Conv.of(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    y = x[0], w[0], *geo.out
    add("conv", label, lambda d, x=x, w=w, geo=geo: (d(*x), d(*w), d(w[0]), geo))
    add("conv_input", label, lambda d, y=y, w=w, geo=geo: (d(*y), d(*w), geo))
    tolerance = 8 if label == "2d-pixels-tall" else 3  # sums of 4,500 products, all equal where an axis is expanded
    add("conv_weight", label, lambda d, y=y, x=x, geo=geo: (d(*y), d(*x), geo), tolerance=tolerance)
    if label in ("1d", "2d", "2d-depthwise", "2d-large", "3d"):
        add("conv", label + "-no-bias", lambda d, x=x, w=w, geo=geo: (d(*x), d(*w), None, geo))

# -- pooling: x, kernel, stride, padding, dilation, ceil ---------------------------------------------------------------
POOLS: dict[str, tuple[Any, ...]] = {
    "1d": ((2, 3, 10), (3,), (2,), (1,), (1,), False),
    "2d": ((2, 3, 8, 8), (2, 2), (2, 2), (0, 0), (1, 1), False),
    "2d-overlap": ((2, 3, 9, 8), (3, 3), (2, 2), (1, 1), (1, 1), False),
    "2d-ceil": ((2, 3, 7, 10), (3, 2), (2, 3), (1, 0), (1, 1), True),
    "2d-ceil-drop": ((1, 2, 6, 6), (2, 2), (3, 3), (1, 1), (1, 1), True),
    "2d-dilated": ((2, 2, 9, 10), (3, 2), (1, 2), (1, 1), (2, 3), False),
    "1d-whole": ((3, 2, 70), (70,), (1,), (0,), (1,), False),
    "2d-whole": ((2, 3, 5, 4), (5, 4), (5, 4), (0, 0), (1, 1), False),
    "2d-large": ((4, 16, 24, 24), (2, 2), (2, 2), (0, 0), (1, 1), False),
    "2d-large-overlap": ((4, 16, 23, 24), (3, 3), (2, 2), (1, 1), (1, 1), False),
    "2d-no-images": ((0, 3, 8, 8), (2, 2), (2, 2), (0, 0), (1, 1), False),
    "3d": ((1, 2, 4, 5, 6), (2, 3, 2), (1, 2, 2), (1, 1, 0), (1, 1, 1), False),
    "3d-ceil": ((1, 2, 5, 5, 5), (2, 2, 2), (2, 2, 2), (0, 0, 0), (1, 1, 1), True),
}


def _index(d: Draw, *shape: int, plane: int) -> np.ndarray:
    """Flat positions, int32, some of them repeated."""
    return d.ints(plane, *shape).astype(np.int32)


def _maxima(d: Draw, x: tuple[int, ...], geo: Pool) -> np.ndarray:
    """Flat positions as max_pool finds them."""
    return REFERENCE.max_pool(d(*x), geo)[1]


for label, (x, kernel, stride, padding, dilation, ceil) in POOLS.items():
    shape = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation, "ceil": ceil}
    geo = Pool.of(x, **shape)
    y = *x[:2], *geo.out
    plane = math.prod(geo.size)
    cols = x[0], x[1] * math.prod(kernel), math.prod(geo.out)
    add("max_pool", label, lambda d, x=x, geo=geo: (d(*x), geo))
    add("max_pool", label + "-ties", lambda d, x=x, geo=geo: (d.tied(*x), geo))
    add("pool_scatter", label, lambda d, y=y, geo=geo, n=plane: (d(*y), _index(d, *y, plane=n), geo.size), tolerance=3)
    add("pool_scatter", label + "-geo", lambda d, x=x, y=y, geo=geo: (d(*y), _maxima(d, x, geo), geo.size, geo))
    add("pool_gather", label, lambda d, x=x, y=y, n=plane: (d(*x), _index(d, *y, plane=n)))
    for name, extra in {"": {}, "-inside": {"count_include_pad": False}, "-divisor": {"divisor": 3}}.items():
        average = Pool.of(x, **shape, **extra)
        add("avg_pool", label + name, lambda d, x=x, geo=average: (d(*x), geo))
        add("avg_pool_grad", label + name, lambda d, y=y, geo=average: (d(*y), geo))
    if not ceil:
        add("unfold", label, lambda d, x=x, geo=geo: (d(*x), geo))
        add("fold", label, lambda d, cols=cols, geo=geo: (d(*cols), geo))


_small = Pool.of((2, 3, 8, 8), kernel=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1))
_plane = Pool.of((2, 3, 6, 6), kernel=(6, 6), stride=(6, 6), padding=(0, 0), dilation=(1, 1))
_padded = Pool.of((2, 3, 6, 6), kernel=(3, 3), stride=(2, 2), padding=(1, 1), dilation=(1, 1))
# Windows of padding only, which point at place 0.
_missed = Pool.of((2, 3, 1, 4), kernel=(2, 2), stride=(1, 1), padding=(1, 0), dilation=(2, 1))
add("pool_scatter", "missed-geo", lambda d: (d(2, 3, *_missed.out), _maxima(d, (2, 3, 1, 4), _missed), (1, 4), _missed))
add("max_pool", "nan", lambda d: (d.marked(math.nan, 2, 3, 8, 8), _small))
add("max_pool", "nan-whole", lambda d: (d.marked(math.nan, 2, 3, 6, 6), _plane))
add("max_pool", "inf", lambda d: (d.marked(math.inf, 2, 3, 8, 8), _small))
add("max_pool", "only-minus-inf", lambda d: (np.full((2, 3, 6, 6), -math.inf, d.dtype), _padded))

ADAPTIVE: dict[str, tuple[Any, ...]] = {
    "1d": ((2, 3, 10), (4,)),
    "2d": ((2, 3, 8, 8), (4, 2)),
    "2d-uneven": ((2, 3, 7, 10), (3, 4)),
    "2d-one": ((2, 5, 7, 6), (1, 1)),
    "2d-larger": ((1, 2, 3, 4), (5, 7)),
    "2d-large": ((4, 32, 16, 16), (1, 1)),
    "2d-no-images": ((0, 3, 8, 8), (2, 2)),
    "3d": ((1, 2, 5, 4, 6), (2, 3, 4)),
}

for label, (x, out) in ADAPTIVE.items():
    add("adaptive_max_pool", label, lambda d, x=x, out=out: (d(*x), out))
    add("adaptive_avg_pool", label, lambda d, x=x, out=out: (d(*x), out))
    add("adaptive_avg_pool_grad", label, lambda d, x=x, out=out: (d(*x[:2], *out), x[2:]))
add("adaptive_max_pool", "ties", lambda d: (d.tied(2, 3, 7, 6), (3, 2)))
add("adaptive_max_pool", "nan", lambda d: (d.marked(math.nan, 2, 3, 8, 8), (4, 4)))
add("adaptive_max_pool", "only-minus-inf", lambda d: (np.full((1, 2, 4, 4), -math.inf, d.dtype), (2, 2)))
