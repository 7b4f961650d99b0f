"""The larger or smaller of two, and values kept between bounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.errors import ArgumentError
from autograd.node import Variable
from autograd.op import ordered
from autograd.ops.activation import activation
from autograd.ops.comparison import isnan, where
from autograd.ops.out import into

if TYPE_CHECKING:
    from autograd.tensor import Tensor

_NUMBERS = (int, float)


@ordered
def maximum(be: Any, input: Any, other: Any) -> Any:
    """The larger of the two, element by element; NaN if either is. Equal ones share the gradient.

    Args:
        input, other: broadcastable tensors.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Example:
        >>> ag.maximum(ag.tensor([1.0, 5.0]), ag.tensor([3.0, 2.0]))
        tensor([3., 5.])
    """
    return be.xp.maximum(input, other)


maximum.grad(
    input=lambda g, input, other: where(input < other, 0, where(input == other, g / 2, g)),
    other=lambda g, input, other: where(input > other, 0, where(input == other, g / 2, g)),
)


@ordered
def minimum(be: Any, input: Any, other: Any) -> Any:
    """The smaller of the two, element by element; NaN if either is. Equal ones share the gradient.

    Args:
        input, other: broadcastable tensors.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Example:
        >>> ag.minimum(ag.tensor([1.0, 5.0]), ag.tensor([3.0, 2.0]))
        tensor([1., 2.])
    """
    return be.xp.minimum(input, other)


minimum.grad(
    input=lambda g, input, other: where(input > other, 0, where(input == other, g / 2, g)),
    other=lambda g, input, other: where(input < other, 0, where(input == other, g / 2, g)),
)


@ordered
def fmax(be: Any, input: Any, other: Any) -> Any:
    """The larger of the two, element by element; the number where one is NaN.

    Args:
        input, other: broadcastable tensors.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Example:
        >>> ag.fmax(ag.tensor([1.0, float("nan")]), ag.tensor([3.0, 2.0]))
        tensor([3., 2.])
    """
    return be.xp.fmax(input, other)


fmax.grad(
    input=lambda g, input, other: where((input >= other) | isnan(other), g, 0),
    other=lambda g, input, other: where((input >= other) | isnan(other), 0, g),
)


@ordered
def fmin(be: Any, input: Any, other: Any) -> Any:
    """The smaller of the two, element by element; the number where one is NaN.

    Args:
        input, other: broadcastable tensors.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Example:
        >>> ag.fmin(ag.tensor([1.0, float("nan")]), ag.tensor([3.0, 2.0]))
        tensor([1., 2.])
    """
    return be.xp.fmin(input, other)


fmin.grad(
    input=lambda g, input, other: where((input <= other) | isnan(other), g, 0),
    other=lambda g, input, other: where((input <= other) | isnan(other), 0, g),
)


@ordered
def _clamp(be: Any, input: Any, min: Any, max: Any) -> Any:
    return be.xp.clip(input, min, max)


def _inside(x: Any, min: Any, max: Any) -> Any:
    if min is None:
        return x <= max
    return x >= min if max is None else (x >= min) & (x <= max)


_clamp.grad(
    input=lambda g, input, min, max: where(_inside(input, min, max), g, 0),
    min=lambda g, input, min, max: where(input < min if max is None else (input < min) & (min < max), g, 0),
    max=lambda g, input, min, max: where(input > max if min is None else (input > max) | (max < min), g, 0),
)


_between = activation("clamp", lambda g, x, low, high: where((x >= low) & (x <= high), g, 0))


def _clamped(input: Any, min: Any, max: Any) -> Any:
    """The elements of floating tensors between two numbers, which is most of all calls, or else between tensors."""
    low, high = -math.inf if min is None else min, math.inf if max is None else max
    numbers = type(low) in _NUMBERS and type(high) in _NUMBERS and low == low and high == high  # and not NaN
    if numbers and isinstance(input, Variable) and input.raw.dtype.kind == "f":
        return _between(input, params=(low, high))
    return _clamp(input, min, max)


def clamp(input: Tensor, min: Any = None, max: Any = None, *, out: Tensor | None = None) -> Any:
    """The elements, those outside the bounds moved to the nearer one: minimum(maximum(input, min), max).

    Args:
        input: any shape.
        min, max: numbers, or tensors broadcastable with it; one may be None.
        out: a tensor for the result.

    Returns:
        A tensor of the broadcast shape and the promoted dtype. The gradient passes at the bounds, not outside.

    Raises:
        ValueError: both bounds are None.

    Example:
        >>> ag.clamp(ag.tensor([-2.0, 0.5, 3.0]), 0, 1)
        tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise ArgumentError("clamp: expected min, max or both, got neither")
    return into(out, _clamped(input, min, max), "clamp")


def clamp_min(input: Tensor, min: Any, *, out: Tensor | None = None) -> Any:
    """The elements, those below a bound moved to it.

    Args:
        input: any shape.
        min: a number, or a tensor broadcastable with it.
        out: a tensor for the result.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Example:
        >>> ag.clamp_min(ag.tensor([-2.0, 0.5]), 0)
        tensor([0.0000, 0.5000])
    """
    return into(out, _clamped(input, min, None), "clamp_min")


def clamp_max(input: Tensor, max: Any, *, out: Tensor | None = None) -> Any:
    """The elements, those above a bound moved to it.

    Args:
        input: any shape.
        max: a number, or a tensor broadcastable with it.
        out: a tensor for the result.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Example:
        >>> ag.clamp_max(ag.tensor([2.0, 0.5]), 1)
        tensor([1.0000, 0.5000])
    """
    return into(out, _clamped(input, None, max), "clamp_max")
