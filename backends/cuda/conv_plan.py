"""What the kernels of a convolution are told: the structs of kernels/conv_geometry.cuh, packed once per geometry."""

from __future__ import annotations

from functools import cache, lru_cache
from math import gcd, prod
from struct import pack
from typing import NamedTuple

from backends.geometry import Conv, Sizes

RUN = 4  # conv_narrow.cu: positions of a thread


@cache
def divisor(d: int) -> tuple[int, int, int]:
    """A number to divide by: (d, multiplier, shift) with n // d == ((n * multiplier >> 32) + n) >> shift.

    Exact for 0 <= n < 2^31.

    Args:
        d: from 0 to 2^31 - 1; 0 is a count of nothing, by which nobody divides.

    Returns:
        The struct Divisor.

    Example:
        >>> d, multiplier, shift = divisor(7)
        >>> [((n * multiplier >> 32) + n) >> shift for n in (6, 7, 2**31 - 1)]
        [0, 1, 306783378]
    """
    shift = max(d - 1, 0).bit_length()
    return d, ((1 << 32) * ((1 << shift) - d) // max(d, 1) + 1) & 0xFFFFFFFF, shift


class Plan(NamedTuple):
    """One direction of a convolution: its struct Geometry, and what the host needs for the grid."""

    geometry: bytes
    defines: tuple[str, ...]
    classes: int
    groups: int
    columns: int  # of a group
    channels: int  # of a group, in the source
    taps: int  # in the largest class
    positions: int  # of all images, in the largest class
    runs: int  # likewise, RUN positions along y counted as one


class _Axis(NamedTuple):
    """An axis before it is packed: positions and taps in a class, most first, then the other fields of struct Axis."""

    positions: int
    taps: int
    fields: tuple[int, ...]
    runs: tuple[int, int]
    classes: int


@lru_cache(4096)
def forward(geo: Conv, n: int, channels: int, outs: int, last: bool, weight_last: bool) -> Plan:
    """Source x, target y (in the weight gradient g): the positions are y's.

    Args:
        geo: the geometry.
        n: images.
        channels, outs: of x and y, all groups together.
        last: whether x and y have their channels last in memory.
        weight_last: whether the weights have.

    Returns:
        The plan.

    Example:
        >>> geo = Conv.of((2, 3, 8, 8), (4, 3, 3, 3), stride=(2, 2), padding=(1, 1), dilation=(1, 1), groups=1)
        >>> plan = forward(geo, 2, 3, 4, False, False)
        >>> plan.positions, plan.channels * plan.taps, plan.columns
        (32, 27, 4)
    """
    x, y = _steps(geo.size, channels, last), _steps(geo.out, outs, last)
    w = _steps(geo.kernel, channels // geo.groups, weight_last)
    axes = [
        _whole(o, k, (s, stride, -padding, dilation, xs, ys, ws))
        for o, k, s, stride, padding, dilation, xs, ys, ws in zip(
            geo.out, geo.kernel, geo.size, geo.stride, geo.padding, geo.dilation, x.axes, y.axes, w.axes, strict=True
        )
    ]
    c, o = channels // geo.groups, outs // geo.groups
    steps = (x.image, x.channel, c * x.channel, y.image, y.channel, o * y.channel, w.channel, w.image, o * w.image)
    return _plan(geo, n, c, o, axes, steps)


@lru_cache(4096)
def backward(geo: Conv, n: int, channels: int, outs: int, last: bool, weight_last: bool) -> Plan:
    """Source g, target the gradient of x: the positions are x's, in as many classes as strides make.

    Args:
        geo: the geometry of the forward.
        n: images.
        channels, outs: of x and g, all groups together.
        last: whether x and g have their channels last in memory.
        weight_last: whether the weights have.

    Returns:
        The plan.

    Example:
        >>> geo = Conv.of((2, 3, 8, 8), (4, 3, 3, 3), stride=(2, 2), padding=(1, 1), dilation=(1, 1), groups=1)
        >>> plan = backward(geo, 2, 3, 4, False, False)
        >>> plan.classes, plan.positions, plan.taps
        (4, 32, 4)
    """
    x, g = _steps(geo.size, channels, last), _steps(geo.out, outs, last)
    w = _steps(geo.kernel, channels // geo.groups, weight_last)
    axes = [
        _whole(s, k, (out, 1, padding, -dilation, gs, xs, ws))
        if stride == 1
        else _classes(s, k, out, stride, padding, dilation, (gs, xs, ws))
        for s, k, out, stride, padding, dilation, gs, xs, ws in zip(
            geo.size, geo.kernel, geo.out, geo.stride, geo.padding, geo.dilation, g.axes, x.axes, w.axes, strict=True
        )
    ]
    c, o = channels // geo.groups, outs // geo.groups
    steps = (g.image, g.channel, o * g.channel, x.image, x.channel, c * x.channel, w.image, w.channel, o * w.image)
    return _plan(geo, n, o, c, axes, steps)


class _Steps(NamedTuple):
    """Elements of memory between neighbours in an array (N,C,*S)."""

    image: int
    channel: int
    axes: Sizes


def _steps(sizes: Sizes, channels: int, last: bool) -> _Steps:
    """Those of an array without gaps."""
    inner = channels if last else 1
    axes = tuple(prod(sizes[i + 1 :]) * inner for i in range(len(sizes)))
    return _Steps(channels * prod(sizes), 1 if last else prod(sizes), axes)


def _whole(positions: int, taps: int, steps: tuple[int, ...]) -> _Axis:
    """An axis in one class; ``steps``: size, stride, start, dilation, source, target, weight."""
    runs = -(-positions // RUN)
    fields = (*divisor(positions), *divisor(positions), *divisor(taps), *divisor(taps), *steps, 1, *[0] * 7)
    return _Axis(positions, taps, fields, (runs, runs), 1)


def _classes(
    size: int, kernel: int, out: int, stride: int, padding: int, dilation: int, steps: tuple[int, ...]
) -> _Axis:
    """An axis of the input gradient; ``steps``: source, target, weight."""
    common = gcd(dilation, stride)
    tap_step = stride // common
    few, few_taps = size // stride, kernel // tap_step
    counts = (*divisor(few), *divisor(few + 1), *divisor(few_taps), *divisor(few_taps + 1))
    affine = (out, 1, 0, -(dilation // common), *steps)
    inverse = pow(dilation // common, -1, tap_step)
    rest = (stride, size % stride, kernel % tap_step, padding, dilation, common, tap_step, inverse)
    runs = (-(-few // RUN), -(-(few + 1) // RUN))
    most, most_taps = few + (size % stride > 0), few_taps + (kernel % tap_step > 0)
    return _Axis(most, most_taps, (*counts, *affine, *rest), runs, stride)


def _plan(geo: Conv, n: int, channels: int, columns: int, axes: list[_Axis], steps: tuple[int, ...]) -> Plan:
    """The axes of the space, z, y, x, where lines and planes are of size 1 along the first ones."""
    missing = _whole(1, 1, (1, 1, 0, 1, 0, 0, 0))
    space = [missing] * (3 - len(axes)) + axes
    fields = [
        *[field for axis in space for field in axis.fields],
        *divisor(channels),
        *divisor(columns),
        *divisor(columns * geo.groups),
        *[field for runs in space[1].runs for field in divisor(runs)],
        n,
        geo.groups,
        *steps,
    ]
    z, y, x = (axis.positions for axis in space)
    return Plan(
        geometry=pack(f"{len(fields)}I", *[field & 0xFFFFFFFF for field in fields]),
        defines=("AXES=3",) if len(axes) == 3 else (),
        classes=prod(axis.classes for axis in space),
        groups=geo.groups,
        columns=columns,
        channels=channels,
        taps=prod(axis.taps for axis in space),
        positions=n * z * y * x,
        runs=n * z * max(space[1].runs) * x,
    )
