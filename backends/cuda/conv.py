"""Convolution over 1, 2 or 3 axes: chooses the algorithm that computes it."""

from __future__ import annotations

from typing import Any

from backends.cuda import conv_columns, conv_direct, conv_tensor
from backends.cuda.autotune import Tuner
from backends.cuda.conv_algorithm import Case, Choice, choices
from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, is_channels_last
from backends.geometry import Conv
from backends.precision import settings
from backends.protocol import Array, Shape
from backends.reference import conv as reference

_DTYPES = FLOATS | {"bfloat16"}
_FILES = {"tensor": conv_tensor, "columns": conv_columns, "direct": conv_direct}
_tuner = Tuner(
    "conv", ("conv", "conv_columns", "conv_narrow", "conv_tensor", "conv_tensor_layout", "conv_tensor_weight")
)


def conv(be: Gpu, x: Array, w: Array, b: Array | None, geo: Conv) -> Array:
    """See ``Backend.conv``."""
    if not _served(x.shape, (x.shape[0], w.shape[0], *geo.out), geo, x, w, x if b is None else b):
        return reference.conv(be, x, w, b, geo)
    case = Case("forward", x.dtype.name, x.shape[0], x.shape[1], w.shape[0], is_channels_last(x), geo)
    return _run(be, case, "forward", x, w, b, geo)


def conv_input(be: Gpu, g: Array, w: Array, geo: Conv) -> Array:
    """See ``Backend.conv_input``."""
    n, channels = g.shape[0], w.shape[1] * geo.groups
    if not _served((n, channels, *geo.size), g.shape, geo, g, w):
        return reference.conv_input(be, g, w, geo)
    case = Case("input", g.dtype.name, n, channels, w.shape[0], is_channels_last(g), geo)
    return _run(be, case, "input_gradient", g, w, geo)


def conv_weight(be: Gpu, g: Array, x: Array, geo: Conv) -> Array:
    """See ``Backend.conv_weight``."""
    if not _served(x.shape, g.shape, geo, x, g):
        return reference.conv_weight(be, g, x, geo)
    case = Case("weight", x.dtype.name, x.shape[0], x.shape[1], g.shape[1], is_channels_last(x), geo)
    return _run(be, case, "weight_gradient", g, x, geo)


def _served(x_shape: Shape, y_shape: Shape, geo: Conv, *arrays: Array) -> bool:
    """Whether the kernels take these: one floating dtype, sizes that 32-bit offsets reach."""
    dtype = arrays[0].dtype
    return dtype.name in _DTYPES and all(a.dtype == dtype for a in arrays) and conv_direct.fits(x_shape, y_shape, geo)


def _run(be: Gpu, case: Case, function: str, *arguments: Any) -> Array:
    """The result of ``function`` by the algorithm that is presumably, or with ``benchmark`` measurably, the fastest."""
    found = choices(be, case, settings.conv_tf32)

    def run(choice: Choice) -> Array:
        work = getattr(_FILES[choice.algorithm], function)
        return work(be, *arguments) if choice.tile is None else work(be, *arguments, tile=choice.tile)

    if not settings.benchmark or settings.deterministic:  # two algorithms round differently
        return run(found[0])
    problem = case, settings.conv_tf32, settings.matmul_tf32, settings.matmul_bf16
    return run(_tuner.fastest(be.device, problem, found, run))
