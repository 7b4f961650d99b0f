"""Images made larger and smaller, and elements moved between channels and space."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.formats import packed
from autograd.op import op
from nn.functional.adaptive_pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from nn.functional.arguments import batched

if TYPE_CHECKING:
    from autograd.tensor import Tensor


class Resize(NamedTuple):
    """How one axis is resized: y[o] = sum over k of weight[k,o] * x[index[k,o]]."""

    size: int
    out: int
    mode: str
    scale: float  # steps along the input for one step along the output
    align_corners: bool
    antialias: bool


@op
def _resample(be: Any, x: Any, *, axes: tuple[Resize, ...], transposed: bool) -> Any:
    for axis, resize in enumerate(axes, start=2):
        shape = (-1, *[1] * (x.ndim - 1 - axis))
        y = None
        for places, factors in _taps_on(be, resize, transposed, x.dtype):
            part = be.xp.take(x, places, axis)
            if resize.mode[:7] != "nearest" or transposed:
                part *= factors.reshape(shape)
            y = part if y is None else be.xp.add(y, part, out=y)
        x = y
    return packed(x)


_resample.grad(x=lambda g, *, axes, transposed: _resample(g, axes=axes, transposed=not transposed))


@lru_cache(maxsize=64)
def _taps_on(be: Any, r: Resize, transposed: bool, dtype: Any) -> list[tuple[Any, Any]]:
    """index and weight (out,) for each k, on the device: sent once."""
    index, weight = _transposed_taps(r) if transposed else _taps(r)
    return [(be.asarray(i), be.asarray(w, dtype)) for i, w in zip(index, weight, strict=True)]


@lru_cache(maxsize=64)
def _taps(r: Resize) -> tuple[Any, Any]:
    """index and weight (K,out): what each output is made of."""
    at = np.arange(r.out)
    if r.mode[:7] == "nearest":
        shift = 0.5 if r.mode == "nearest-exact" else 0.0
        index = np.floor((at.astype(np.float32) + np.float32(shift)) * np.float32(r.scale)).astype(np.int64)
        return index.clip(0, r.size - 1)[None], np.ones((1, r.out))
    if r.antialias:
        return _filter_taps(r)
    middle = at * r.scale if r.align_corners else (at + 0.5) * r.scale - 0.5
    if r.mode == "linear":
        middle = middle.clip(0)
        first = np.floor(middle).astype(np.int64).clip(0, r.size - 1)
        share = middle - first
        return np.stack([first, (first + 1).clip(0, r.size - 1)]), np.stack([1 - share, share])
    first = np.floor(middle).astype(np.int64)
    index = np.stack([first + k for k in (-1, 0, 1, 2)])
    return index.clip(0, r.size - 1), _cubic(middle - index, -0.75)


def _filter_taps(r: Resize) -> tuple[Any, Any]:
    """As ``_taps``, with a kernel as wide as a step along the input, so that making smaller averages."""
    wide = max(r.scale, 1.0)
    reach = (1 if r.mode == "linear" else 2) * wide
    middle = (np.arange(r.out) + 0.5) * r.scale
    first = (middle - reach + 0.5).astype(np.int64).clip(0)
    last = (middle + reach + 0.5).astype(np.int64).clip(None, r.size)
    index = first + np.arange((last - first).max())[:, None]
    d = (index + 0.5 - middle) / wide
    weight = np.maximum(1 - abs(d), 0) if r.mode == "linear" else _cubic(d, -0.5)
    weight = np.where(index < last, weight, 0)
    return index.clip(0, r.size - 1), weight / weight.sum(0)


def _cubic(d: Any, a: float) -> Any:
    """Keys' cubic convolution kernel at the distance d."""
    d = abs(d)
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((d - 5) * d + 8) * d * a - 4 * a
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


@lru_cache(maxsize=64)
def _transposed_taps(r: Resize) -> tuple[Any, Any]:
    """index and weight (T,size): which outputs each input went into, with weight 0 where there are fewer than T."""
    index, weight = _taps(r)
    source, factor = index.ravel(), weight.ravel()
    output = np.broadcast_to(np.arange(r.out), index.shape).ravel()
    order = source.argsort(kind="stable")
    source, factor, output = source[order], factor[order], output[order]
    counts = np.bincount(source, minlength=r.size)
    nth = np.arange(source.size) - (counts.cumsum() - counts)[source]
    shape = (max(int(counts.max()), 1), r.size)
    places, factors = np.zeros(shape, np.int64), np.zeros(shape)
    places[nth, source], factors[nth, source] = output, factor
    return places, factors


_LINEAR = {"linear": 1, "bilinear": 2, "trilinear": 3}


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """An image made larger or smaller.

    Args:
        input: (N,C,L), (N,C,H,W) or (N,C,D,H,W).
        size: the spatial sizes wanted, an int for all or one for each axis.
        scale_factor: or by how much each axis grows, a number for all or one for each.
        mode: "nearest", "nearest-exact", "area" (means of adaptive windows), "linear" (one spatial axis), "bilinear"
            and "bicubic" (two), "trilinear" (three).
        align_corners: the centres of the corner elements stay where they are, else the corners of the image do; for
            linear and cubic modes.
        recompute_scale_factor: take the positions from the sizes, rather than from ``scale_factor``.
        antialias: average over what an output covers when making smaller; for "bilinear" and "bicubic".

    Returns:
        (N,C,*size), with ``scale_factor`` size = floor(S * scale_factor).

    Raises:
        ShapeError: another number of axes, or an empty result.
        ValueError: another mode, arguments that do not go with it, or not exactly one of size and scale_factor.

    Example:
        >>> F.interpolate(ag.tensor([[[1.0, 2.0]]]), scale_factor=2)
        tensor([[[1., 1., 2., 2.]]])
        >>> F.interpolate(ag.tensor([[[1.0, 3.0]]]), size=3, mode="linear", align_corners=True)
        tensor([[[1., 2., 3.]]])
    """
    nd = input.raw.ndim - 2
    if nd not in (1, 2, 3):
        raise ShapeError(f"interpolate: expected input (N,C,L), (N,C,H,W) or (N,C,D,H,W), got {input.raw.shape}")
    _check_mode(nd, mode, align_corners, antialias, input.raw.shape)
    batched("interpolate", input, nd)
    out, scales = _sizes(nd, input.raw.shape[2:], size, scale_factor)
    if mode == "area":
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[nd - 1](input, out)
    kind = "linear" if mode in _LINEAR else "cubic" if mode == "bicubic" else mode
    axes = []
    for n, o, scale in zip(input.raw.shape[2:], out, scales, strict=True):
        step = n / o if scale is None or recompute_scale_factor else 1 / scale
        if align_corners:
            step = (n - 1) / (o - 1) if o > 1 else 0.0
        axes.append(Resize(n, o, kind, step, bool(align_corners), antialias))
    y: Tensor = _resample(input, axes=tuple(axes), transposed=False)
    return y


def _check_mode(nd: int, mode: str, align_corners: bool | None, antialias: bool, shape: tuple[int, ...]) -> None:
    modes = ("nearest", "nearest-exact", "area", *_LINEAR, "bicubic")
    if mode not in modes:
        raise ArgumentError(f"interpolate: expected mode to be one of {', '.join(modes)}, got {mode!r}")
    if (_LINEAR | {"bicubic": 2}).get(mode, nd) != nd:
        raise ArgumentError(f'interpolate: expected a mode for {nd} spatial axes of input {shape}, got "{mode}"')
    if align_corners is not None and mode not in (*_LINEAR, "bicubic"):
        raise ArgumentError(
            f'interpolate: expected align_corners only with linear and cubic modes, got it with "{mode}"'
        )
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ArgumentError(f'interpolate: expected antialias only with "bilinear" and "bicubic", got it with "{mode}"')
    if 0 in shape[1:]:
        raise ShapeError(f"interpolate: expected sizes of at least 1, got input {shape}")


def _sizes(nd: int, have: tuple[int, ...], size: Any, scale_factor: Any) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """The output sizes, and the scale of each axis where it was given."""
    if (size is None) == (scale_factor is None):
        raise ArgumentError(
            "interpolate: expected one of size and scale_factor, got " + ("none" if size is None else "both")
        )
    given = scale_factor if size is None else size
    each = tuple(given) if isinstance(given, (tuple, list)) else (given,) * nd
    if len(each) != nd:
        raise ArgumentError(f"interpolate: expected one number or {nd}, got {given}")
    out = each if size is not None else tuple(math.floor(n * float(s)) for n, s in zip(have, each, strict=True))
    if min(out) < 1:
        raise ShapeError(f"interpolate: expected a result of at least 1 along each axis, got {out}")
    return tuple(map(int, out)), each if size is None else (None,) * nd


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """The old name of ``interpolate``.

    Args:
        input, size, scale_factor, mode, align_corners: as for ``interpolate``.

    Returns:
        (N,C,*size).

    Example:
        >>> F.upsample(ag.tensor([[[1.0, 2.0]]]), scale_factor=2)
        tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


# -- between channels and space ----------------------------------------------------------------------------------------


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels moved into space: r*r channels become r times r neighbouring elements.

    Args:
        input: (*,C*r*r,H,W).
        upscale_factor: r.

    Returns:
        (*,C,H*r,W*r).

    Raises:
        ShapeError: channels that r*r does not divide.

    Example:
        >>> F.pixel_shuffle(ag.arange(4.0).reshape(1, 4, 1, 1), 2)
        tensor([[[[0., 1.],
                  [2., 3.]]]])

    Source: Shi and others, Real-Time Single Image and Video Super-Resolution, 2016.
    """
    r, shape = upscale_factor, input.raw.shape
    if len(shape) < 3 or r < 1 or shape[-3] % (r * r):
        raise ShapeError(f"pixel_shuffle: expected input (*,C,H,W) with C divisible by {r}*{r}, got {shape}")
    *lead, c, h, w = shape
    x = input.reshape(*lead, c // (r * r), r, r, h, w)
    n = len(lead)
    x = x.permute(*range(n), n, n + 3, n + 1, n + 4, n + 2)  # (*,C,r,r,H,W) -> (*,C,H,r,W,r)
    return x.reshape(*lead, c // (r * r), h * r, w * r)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Space moved into channels: the way back from ``pixel_shuffle``.

    Args:
        input: (*,C,H*r,W*r).
        downscale_factor: r.

    Returns:
        (*,C*r*r,H,W).

    Raises:
        ShapeError: sizes that r does not divide.

    Example:
        >>> F.pixel_unshuffle(ag.arange(4.0).reshape(1, 1, 2, 2), 2).shape
        Size([1, 4, 1, 1])
    """
    r, shape = downscale_factor, input.raw.shape
    if len(shape) < 3 or r < 1 or shape[-1] % r or shape[-2] % r:
        raise ShapeError(f"pixel_unshuffle: expected input (*,C,H,W) with H and W divisible by {r}, got {shape}")
    *lead, c, h, w = shape
    x = input.reshape(*lead, c, h // r, r, w // r, r)
    n = len(lead)
    x = x.permute(*range(n), n, n + 2, n + 4, n + 1, n + 3)  # (*,C,H,r,W,r) -> (*,C,r,r,H,W)
    return x.reshape(*lead, c * r * r, h // r, w // r)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Channels dealt out anew: the first of each group, then the second of each, ...

    Args:
        input: (N,C,*S).
        groups: how many; divides C.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: groups that do not divide the channels.

    Example:
        >>> F.channel_shuffle(ag.arange(4.0).reshape(1, 4, 1), 2).flatten()
        tensor([0., 2., 1., 3.])

    Source: Zhang and others, ShuffleNet, 2017.
    """
    shape = input.raw.shape
    if len(shape) < 3 or groups < 1 or shape[1] % groups:
        raise ShapeError(f"channel_shuffle: expected input (N,C,*S) with C divisible by groups {groups}, got {shape}")
    n, c = shape[:2]
    return input.reshape(n, groups, c // groups, *shape[2:]).transpose(1, 2).reshape(*shape)
