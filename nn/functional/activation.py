"""Activations with bends: the relu family, hard versions of smooth functions, shrinkage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd.errors import ArgumentError, ShapeError
from autograd.inplace import inplace as in_place
from autograd.inplace import over
from autograd.op import elementwise, floating, op
from autograd.ops.activation import activation
from autograd.ops.comparison import where
from autograd.ops.elementwise import relu as _relu

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0).

    Args:
        input: any shape.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.relu(ag.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    y: Tensor = over(_relu, "relu_", input) if inplace else _relu(input)
    return y


_hardtanh = activation(
    "hardtanh", lambda g, x, low, high: where((x <= low) | (x >= high), 0, g), promote="", by_result=True
)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x brought into [min_val, max_val].

    Args:
        input: any shape.
        min_val, max_val: the ends.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Raises:
        ValueError: the ends are in the wrong order.

    Example:
        >>> F.hardtanh(ag.tensor([-3.0, 0.5, 3.0]))
        tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ArgumentError(f"hardtanh: expected min_val up to max_val {max_val}, got {min_val}")
    params = (min_val, max_val)
    y: Tensor = over(_hardtanh, "hardtanh_", input, params=params) if inplace else _hardtanh(input, params=params)
    return y


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(x, 0), 6).

    Args:
        input: any shape.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.relu6(ag.tensor([-1.0, 2.0, 7.0]))
        tensor([0., 2., 6.])
    """
    y: Tensor = over(_hardtanh, "relu6_", input, params=(0, 6)) if inplace else _hardtanh(input, params=(0, 6))
    return y


@op
def _threshold(be: Any, x: Any, *, threshold: float, value: float) -> Any:
    return be.xp.where(x <= threshold, be.scalar(value, x.dtype), x)


_threshold.grad(x=lambda g, x, *, threshold, value: where(x <= threshold, 0, g))


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where x > threshold, else ``value``.

    Args:
        input: any shape.
        threshold: up to which x is replaced.
        value: by what.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.threshold(ag.tensor([-1.0, 2.0]), 0.5, 9.0)
        tensor([9., 2.])
    """
    by = {"threshold": threshold, "value": value}
    y: Tensor = in_place(_threshold)(input, **by) if inplace else _threshold(input, **by)
    return y


_leaky_relu = activation("leaky_relu", lambda g, x, slope: where(x > 0, g, g * slope), by_result=True)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else negative_slope * x.

    Args:
        input: any shape.
        negative_slope: below 0.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.leaky_relu(ag.tensor([-1.0, 2.0]), 0.5)
        tensor([-0.5000,  2.0000])
    """
    params = (negative_slope,)
    if inplace and negative_slope >= 0:  # else the result does not tell the sign of x
        y: Tensor = over(_leaky_relu, "leaky_relu_", input, params=params)
    else:
        y = in_place(leaky_relu)(input, negative_slope) if inplace else _leaky_relu(input, params=params)
    return y


@elementwise
def _prelu(be: Any, x: Any, weight: Any) -> Any:
    return be.where(x > 0, x, x * weight)


_prelu.grad(
    x=lambda g, x, weight: where(x > 0, g, g * weight),
    weight=lambda g, x: where(x > 0, 0, g * x),
)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """x where x > 0, else weight * x, with a slope that is learned.

    Args:
        input: any shape; the second axis holds the channels.
        weight: one slope (1,), or one for each channel (C,).

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: another number of slopes than channels.

    Example:
        >>> F.prelu(ag.tensor([[-1.0, -1.0]]), ag.tensor([0.5, 2.0]))
        tensor([[-0.5000, -2.0000]])

    Source: He, Zhang, Ren and Sun, Delving Deep into Rectifiers, 2015.
    """
    slopes, shape = weight.raw.size, input.raw.shape
    channels = shape[1] if len(shape) > 1 else 1
    if slopes not in (1, channels):
        raise ShapeError(
            f"prelu: expected weight with 1 or {channels} slopes for input {shape}, got {weight.raw.shape}"
        )
    y: Tensor = _prelu(input, weight.reshape(() if slopes == 1 else (slopes, *[1] * (len(shape) - 2))))
    return y


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, inplace: bool = False
) -> Tensor:
    """x where x > 0, else a * x: a is random in [lower, upper) for each element in training, their middle otherwise.

    Args:
        input: any shape.
        lower, upper: the range of slopes.
        training: draw them.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Raises:
        ValueError: the range is in the wrong order.

    Example:
        >>> F.rrelu(ag.tensor([-2.0, 2.0]), 0.25, 0.75)
        tensor([-1.,  2.])

    Source: Xu, Wang, Chen and Li, Empirical Evaluation of Rectified Activations in Convolutional Network, 2015.
    """
    if lower > upper:
        raise ArgumentError(f"rrelu: expected lower up to upper {upper}, got {lower}")
    if inplace:
        y: Tensor = in_place(rrelu)(input, lower, upper, training)
    elif training:
        y = _prelu(input, ag.rand_like(input) * (upper - lower) + lower)
    else:
        y = _leaky_relu(input, params=((lower + upper) / 2,))
    return y


# -- hard versions -----------------------------------------------------------------------------------------------------


_hardsigmoid = activation("hardsigmoid", lambda g, x: where((x > -3) & (x < 3), g / 6, 0))


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """x/6 + 1/2 brought into [0, 1].

    Args:
        input: any shape.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.hardsigmoid(ag.tensor([-4.0, 0.0, 1.5]))
        tensor([0.0000, 0.5000, 0.7500])
    """
    y: Tensor = in_place(hardsigmoid)(input) if inplace else _hardsigmoid(input)
    return y


_hardswish = activation("hardswish", lambda g, x: where(x <= -3, 0, where(x < 3, g * (x / 3 + 0.5), g)))


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * hardsigmoid(x).

    Args:
        input: any shape.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.hardswish(ag.tensor([-4.0, 1.5, 4.0]))
        tensor([-0.0000,  1.1250,  4.0000])

    Source: Howard and others, Searching for MobileNetV3, 2019.
    """
    y: Tensor = in_place(hardswish)(input) if inplace else _hardswish(input)
    return y


# -- shrinkage ---------------------------------------------------------------------------------------------------------


@floating
def _hardshrink(be: Any, x: Any, *, lambd: float) -> Any:
    return be.xp.where((x >= -lambd) & (x <= lambd), 0, x)


_hardshrink.grad(x=lambda g, x, *, lambd: where((x >= -lambd) & (x <= lambd), 0, g))


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x, but 0 where |x| <= lambd.

    Args:
        input: any shape.
        lambd: up to where x is dropped.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.hardshrink(ag.tensor([-2.0, 0.3]))
        tensor([-2.,  0.])
    """
    y: Tensor = _hardshrink(input, lambd=lambd)
    return y


@floating
def _softshrink(be: Any, x: Any, *, lambd: float) -> Any:
    return x - x.clip(-lambd, lambd)


_softshrink.grad(x=lambda g, x, *, lambd: where((x >= -lambd) & (x <= lambd), 0, g))


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """x brought nearer to 0 by lambd, and 0 where |x| <= lambd.

    Args:
        input: any shape.
        lambd: by how much; not negative.

    Returns:
        A tensor like ``input``.

    Raises:
        ValueError: lambd is negative.

    Example:
        >>> F.softshrink(ag.tensor([-2.0, 0.3]))
        tensor([-1.5000,  0.0000])
    """
    if lambd < 0:
        raise ArgumentError(f"softshrink: expected lambd of at least 0, got {lambd}")
    y: Tensor = _softshrink(input, lambd=lambd)
    return y
