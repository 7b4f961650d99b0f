"""Depthwise convolution over two axes, the parts of ``conv.py`` that copy nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from backends.cpu.layout import contiguous
from backends.cpu.results import empty
from backends.cpu.runtime import Kernels, threads
from backends.geometry import Conv
from backends.protocol import Array

_kernels = Kernels("depthwise")


def served(geo: Conv, outs: int) -> bool:
    """Whether the functions below take it.

    Args:
        geo: the geometry.
        outs: output channels of all groups; each group has one input channel.

    Returns:
        True for one output channel a group, and windows of 3x3 or 5x5 that all meet the input, side by side or at step 2.

    Example:
        >>> sizes = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1)}
        >>> served(Conv.of((2, 8, 6, 6), (8, 1, 3, 3), groups=8, **sizes), 8)
        True
    """
    return (
        len(geo.size) == 2
        and outs == geo.groups
        and geo.kernel[0] == geo.kernel[1] in _kernels.SIZES
        and geo.stride[0] == geo.stride[1] in _kernels.STEPS
        and set(geo.dilation) == {1}
        and max(geo.padding) < geo.kernel[0]
    )


def conv(x: Array, w: Array, b: Array | None, geo: Conv, work: int) -> Array:
    """The convolution.

    Args:
        x: (N,C,H,W).
        w: (C,1,K,K).
        b: (C,) or None.
        geo: the geometry.
        work: multiplications.

    Returns:
        (N,C,OH,OW).

    Example:
        >>> geo = Conv.of((1, 1, 3, 3), (1, 1, 3, 3), stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1)
        >>> conv(np.ones((1, 1, 3, 3)), np.ones((1, 1, 3, 3)), None, geo, 9).item()
        9.0
    """
    y = empty((*x.shape[:2], *geo.out), x.dtype)
    bias = np.empty(0, x.dtype) if b is None else contiguous(b)
    sizes = x.shape[1], geo.size, geo.padding, geo.out
    kernel = _kernels.forward(geo.kernel[0], geo.stride[0])(work)
    kernel(_flat(x), _flat(w), bias, y.reshape(-1), sizes, threads(work))
    return y


def conv_input(g: Array, w: Array, geo: Conv, work: int) -> Array:
    """The gradient with respect to x.

    Args:
        g: (N,C,OH,OW).
        w: (C,1,K,K).
        geo: the geometry.
        work: multiplications.

    Returns:
        (N,C,H,W).

    Example:
        >>> geo = Conv.of((1, 1, 3, 3), (1, 1, 3, 3), stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1)
        >>> conv_input(np.ones((1, 1, 1, 1)), np.ones((1, 1, 3, 3)), geo, 9).sum().item()
        9.0
    """
    sizes: tuple[Any, ...]
    gx, size = empty((*g.shape[:2], *geo.size), g.dtype), geo.kernel[0]
    if geo.stride[0] == 1:
        top, left = geo.padding
        sizes = g.shape[1], geo.out, (size - 1 - top, size - 1 - left), geo.size
        turned = _flat(w[..., ::-1, ::-1])
        kernel = _kernels.forward(size, 1)(work)
        kernel(_flat(g), turned, np.empty(0, g.dtype), gx.reshape(-1), sizes, threads(work))
    else:
        kernel = _kernels.backward(size)(work)
        sizes = g.shape[1], geo.size, geo.padding, geo.out
        kernel(_flat(g), _flat(w), gx.reshape(-1), sizes, threads(work))
    return gx


def conv_weight(g: Array, x: Array, geo: Conv, work: int) -> Array:
    """The gradient with respect to w.

    Args:
        g: (N,C,OH,OW).
        x: (N,C,H,W).
        geo: the geometry.
        work: multiplications.

    Returns:
        (C,1,K,K).

    Example:
        >>> geo = Conv.of((1, 1, 3, 3), (1, 1, 3, 3), stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1)
        >>> conv_weight(np.ones((1, 1, 1, 1)), np.ones((1, 1, 3, 3)), geo, 9).sum().item()
        9.0
    """
    gw = np.empty((g.shape[1], 1, *geo.kernel), g.dtype)
    sizes = g.shape[1], geo.size, geo.padding, geo.out
    kernel = _kernels.weight(geo.kernel[0], geo.stride[0])(work)
    kernel(_flat(g), _flat(x), gw.reshape(len(gw), -1), sizes, threads(work))
    return gw


def _flat(a: Array) -> Array:
    """The elements in row-major order."""
    return contiguous(a).reshape(-1)
