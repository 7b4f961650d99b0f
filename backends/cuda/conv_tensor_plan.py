"""What the kernels of ``conv_tensor`` must know of a geometry, as the struct ``Problem`` of conv_tensor.cuh."""

from __future__ import annotations

import struct
from functools import lru_cache
from math import gcd, prod
from typing import NamedTuple

from backends.geometry import Conv, Sizes

SIZE = {"float32": 4, "float16": 2, "bfloat16": 2}  # bytes
MOST_PARTS = 16
_PROBLEM, _PART = struct.Struct("22i"), struct.Struct("q10i")


class Part(NamedTuple):
    """Outputs that share their taps. Each field has a number for either axis."""

    outputs: Sizes  # how many in one image
    taps: Sizes
    first: Sizes  # where tap 0 of output 0 reads
    out: Sizes  # where output 0 lies
    tap: Sizes  # which element of the kernel tap 0 is


class Steps(NamedTuple):
    """What is between neighbours."""

    read: Sizes  # between what the same tap of two outputs reads
    taps: Sizes  # between what two taps of an output read
    out: Sizes  # between two outputs of a part
    kernel: Sizes  # between two taps, in elements of the kernel


class Plan(NamedTuple):
    """What a launch needs."""

    problem: bytes  # the struct
    rows: int  # outputs of the largest part, in all images
    outs: int  # of a group
    channels: int  # of a group, with padding
    depth: int  # elements of the longest window
    groups: int
    parts: int
    weights: int  # elements of the packed weights
    exchanged: bool  # C and O have changed their roles


def padded(channels: int) -> int:
    """Channels in memory: so many that a pixel is made of copies of 8 or 16 bytes.

    Example:
        >>> padded(3), padded(64)
        (4, 64)
    """
    return -(-channels // 4) * 4


@lru_cache(1024)
def forward(geo: Conv, images: int, channels: int, outs: int, pitch: int) -> Plan:
    """The plan of a convolution, and of the gradient of its weights.

    Args:
        geo: the geometry, of one axis or two.
        images, channels, outs: N, C, O.
        pitch: O as it is in memory.

    Returns:
        The plan, of one part.

    Example:
        >>> geo = Conv.of((2, 3, 8, 8), (4, 3, 3, 3), stride=(2, 2), padding=(1, 1), dilation=(1, 1), groups=1)
        >>> plan = forward(geo, 2, 3, 4, 4)
        >>> plan.rows, plan.depth, plan.parts, len(plan.problem)
        (32, 36, 1, 856)
    """
    size, kernel, stride, padding, dilation, out = _plane(geo)
    part = Part(out, kernel, (-padding[0], -padding[1]), (0, 0), (0, 0))
    steps = Steps(stride, dilation, (1, 1), (1, 1))
    return _plan([part], steps, geo.groups, images, channels, outs, size, out, pitch, kernel, exchanged=False)


@lru_cache(1024)
def backward(geo: Conv, images: int, channels: int, outs: int) -> Plan:
    """The plan of the gradient with respect to the input: a convolution from O channels to C.

    Args:
        geo, images, channels, outs: as for ``forward``.

    Returns:
        The plan, with a part for each residue modulo the stride, the one with the most taps first.

    Example:
        >>> geo = Conv.of((2, 3, 8, 8), (4, 3, 3, 3), stride=(2, 2), padding=(1, 1), dilation=(1, 1), groups=1)
        >>> plan = backward(geo, 2, 3, 4)
        >>> plan.rows, plan.depth, plan.parts
        (32, 16, 4)
    """
    size, kernel, stride, padding, dilation, out = _plane(geo)
    high, wide = (_residues(*axis) for axis in zip(size, kernel, stride, padding, dilation, strict=True))
    parts = [Part(*zip(h, w, strict=True)) for h in high for w in wide]
    parts = [part if prod(part.taps) else part._replace(taps=(0, 1)) for part in parts]  # kernels divide by the latter
    parts.sort(key=lambda part: -prod(part.taps))
    taps = tuple(s // gcd(s, d) for s, d in zip(stride, dilation, strict=True))
    reads = tuple(-t * d // s for t, d, s in zip(taps, dilation, stride, strict=True))
    steps = Steps((1, 1), reads, stride, taps)
    return _plan(parts, steps, geo.groups, images, outs, channels, out, size, channels, kernel, exchanged=True)


def _plane(geo: Conv) -> tuple[Sizes, ...]:
    """Size, kernel, stride, padding, dilation and output of two axes: a line is a plane of height 1."""
    line = len(geo.size) == 1
    fields = (geo.size, 1), (geo.kernel, 1), (geo.stride, 1), (geo.padding, 0), (geo.dilation, 1), (geo.out, 1)
    return tuple((fill, *sizes) if line else sizes for sizes, fill in fields)


def _residues(size: int, kernel: int, stride: int, padding: int, dilation: int) -> list[tuple[int, ...]]:
    """The fields of ``Part`` along one axis, for inputs a, a + stride, a + 2*stride, ... and every a < stride.

    Input a + p*stride met tap r in output (a + p*stride + padding - r*dilation) / stride, if that is a whole number:
    so every stride/gcd(stride, dilation)-th tap counts, from the first for which it is.

    Example:
        >>> _residues(size=7, kernel=3, stride=2, padding=1, dilation=1)
        [(4, 1, 0, 0, 1), (3, 2, 1, 1, 0)]
    """
    step = stride // gcd(stride, dilation)
    found: list[tuple[int, ...]] = []
    for a in range(min(stride, size)):
        count = -(-(size - a) // stride)
        tap = next((r for r in range(min(step, kernel)) if (a + padding - r * dilation) % stride == 0), kernel)
        found.append((count, -(-(kernel - tap) // step), (a + padding - tap * dilation) // stride, a, tap))
    return found


def _plan(
    parts: list[Part],
    steps: Steps,
    groups: int,
    images: int,
    channels: int,
    outs: int,
    size: Sizes,
    out: Sizes,
    pitch: int,
    kernel: Sizes,
    *,
    exchanged: bool,
) -> Plan:
    """Packs the struct. ``channels``, ``outs``, ``size``, ``out`` are those of the product's operand and result."""
    c, o = channels // groups, outs // groups
    width = padded(c)
    head = images, groups, width, o, *size, groups * width, *out, pitch
    packed, weights = (
        [_PROBLEM.pack(*head, *steps.read, *steps.taps, *steps.out, *steps.kernel, *kernel, c, len(parts))],
        0,
    )
    for part in parts:
        packed.append(_PART.pack(weights, *part.outputs, *part.taps, *part.first, *part.out, *part.tap))
        weights += outs * prod(part.taps) * width
    problem = b"".join(packed).ljust(_PROBLEM.size + MOST_PARTS * _PART.size, b"\0")
    rows = images * max(prod(part.outputs) for part in parts)
    depth = max(prod(part.taps) for part in parts) * width
    return Plan(problem, rows, o, width, depth, groups, len(parts), weights, exchanged)
