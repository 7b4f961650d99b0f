"""Borders as layers."""

from __future__ import annotations

from typing import Any

from autograd.tensor import Tensor
from nn.functional.arguments import per_axis
from nn.functional.padding import pad
from nn.module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    """A border of (N,C,*S) or (C,*S). ``nd``: the number of spatial axes; ``mode``: what stands in it."""

    nd: int
    mode: str
    value: float | None = None

    def __init__(self, padding: Any) -> None:
        super().__init__()
        least = -(2**62)  # negative widths cut off
        self.padding = per_axis(type(self).__name__, "padding", padding, 2 * self.nd, least)

    def forward(self, input: Tensor) -> Tensor:
        return pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_Pad):
    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ReflectionPadNd(_Pad):
    mode = "reflect"


class _ReplicationPadNd(_Pad):
    mode = "replicate"


class _CircularPadNd(_Pad):
    mode = "circular"


class ConstantPad1d(_ConstantPadNd):
    """A constant border of (N,C,L), with or without N.

    Args:
        padding: an int for all sides, or left, right.
        value: the constant.

    Example:
        >>> nn.ConstantPad1d(1, 0.0)(ag.ones(1, 2, 3)).shape
        Size([1, 2, 5])
    """

    nd = 1


class ConstantPad2d(_ConstantPadNd):
    """A constant border of (N,C,H,W), with or without N.

    Args:
        padding: an int for all sides, or left, right, top, bottom.
        value: the constant.

    Example:
        >>> nn.ConstantPad2d(1, 0.0)(ag.ones(1, 2, 3, 3)).shape
        Size([1, 2, 5, 5])
    """

    nd = 2


class ConstantPad3d(_ConstantPadNd):
    """A constant border of (N,C,D,H,W), with or without N.

    Args:
        padding: an int for all sides, or left, right, top, bottom, front, back.
        value: the constant.

    Example:
        >>> nn.ConstantPad3d(1, 0.0)(ag.ones(1, 2, 3, 3, 3)).shape
        Size([1, 2, 5, 5, 5])
    """

    nd = 3


class ZeroPad1d(_Pad):
    """A border of zeros around (N,C,L), with or without N.

    Args:
        padding: an int for all sides, or left, right.

    Example:
        >>> nn.ZeroPad1d(1)(ag.ones(1, 2, 3)).shape
        Size([1, 2, 5])
    """

    nd, mode, value = 1, "constant", 0.0


class ZeroPad2d(_Pad):
    """A border of zeros around (N,C,H,W), with or without N.

    Args:
        padding: an int for all sides, or left, right, top, bottom.

    Example:
        >>> nn.ZeroPad2d(1)(ag.ones(1, 2, 3, 3)).shape
        Size([1, 2, 5, 5])
    """

    nd, mode, value = 2, "constant", 0.0


class ZeroPad3d(_Pad):
    """A border of zeros around (N,C,D,H,W), with or without N.

    Args:
        padding: an int for all sides, or left, right, top, bottom, front, back.

    Example:
        >>> nn.ZeroPad3d(1)(ag.ones(1, 2, 3, 3, 3)).shape
        Size([1, 2, 5, 5, 5])
    """

    nd, mode, value = 3, "constant", 0.0


class ReflectionPad1d(_ReflectionPadNd):
    """A border that mirrors the inside, without repeating the edge, around (N,C,L), with or without N.

    Args:
        padding: an int for all sides, or left, right.

    Example:
        >>> nn.ReflectionPad1d(1)(ag.ones(1, 2, 3)).shape
        Size([1, 2, 5])
    """

    nd = 1


class ReflectionPad2d(_ReflectionPadNd):
    """A border that mirrors the inside, without repeating the edge, around (N,C,H,W), with or without N.

    Args:
        padding: an int for all sides, or left, right, top, bottom.

    Example:
        >>> nn.ReflectionPad2d(1)(ag.ones(1, 2, 3, 3)).shape
        Size([1, 2, 5, 5])
    """

    nd = 2


class ReflectionPad3d(_ReflectionPadNd):
    """A border that mirrors the inside, without repeating the edge, around (N,C,D,H,W), with or without N.

    Args:
        padding: an int for all sides, or left, right, top, bottom, front, back.

    Example:
        >>> nn.ReflectionPad3d(1)(ag.ones(1, 2, 3, 3, 3)).shape
        Size([1, 2, 5, 5, 5])
    """

    nd = 3


class ReplicationPad1d(_ReplicationPadNd):
    """A border that repeats the edge around (N,C,L), with or without N.

    Args:
        padding: an int for all sides, or left, right.

    Example:
        >>> nn.ReplicationPad1d(1)(ag.ones(1, 2, 3)).shape
        Size([1, 2, 5])
    """

    nd = 1


class ReplicationPad2d(_ReplicationPadNd):
    """A border that repeats the edge around (N,C,H,W), with or without N.

    Args:
        padding: an int for all sides, or left, right, top, bottom.

    Example:
        >>> nn.ReplicationPad2d(1)(ag.ones(1, 2, 3, 3)).shape
        Size([1, 2, 5, 5])
    """

    nd = 2


class ReplicationPad3d(_ReplicationPadNd):
    """A border that repeats the edge around (N,C,D,H,W), with or without N.

    Args:
        padding: an int for all sides, or left, right, top, bottom, front, back.

    Example:
        >>> nn.ReplicationPad3d(1)(ag.ones(1, 2, 3, 3, 3)).shape
        Size([1, 2, 5, 5, 5])
    """

    nd = 3


class CircularPad1d(_CircularPadNd):
    """A border that repeats the other end around (N,C,L), with or without N.

    Args:
        padding: an int for all sides, or left, right.

    Example:
        >>> nn.CircularPad1d(1)(ag.ones(1, 2, 3)).shape
        Size([1, 2, 5])
    """

    nd = 1


class CircularPad2d(_CircularPadNd):
    """A border that repeats the other end around (N,C,H,W), with or without N.

    Args:
        padding: an int for all sides, or left, right, top, bottom.

    Example:
        >>> nn.CircularPad2d(1)(ag.ones(1, 2, 3, 3)).shape
        Size([1, 2, 5, 5])
    """

    nd = 2


class CircularPad3d(_CircularPadNd):
    """A border that repeats the other end around (N,C,D,H,W), with or without N.

    Args:
        padding: an int for all sides, or left, right, top, bottom, front, back.

    Example:
        >>> nn.CircularPad3d(1)(ag.ones(1, 2, 3, 3, 3)).shape
        Size([1, 2, 5, 5, 5])
    """

    nd = 3
