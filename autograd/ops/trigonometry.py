"""Angles and hyperbolic functions, element by element; integers are computed in the default float dtype."""

from __future__ import annotations

import math
from typing import Any

from autograd.op import floating, op
from autograd.ops.comparison import where
from autograd.ops.elementwise import rsqrt


@floating
def sin(be: Any, input: Any) -> Any:
    """The sine of an angle in radians.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.sin(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8415])
    """
    return be.xp.sin(input)


@floating
def cos(be: Any, input: Any) -> Any:
    """The cosine of an angle in radians.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.cos(ag.tensor([0.0, 1.0]))
        tensor([1.0000, 0.5403])
    """
    return be.xp.cos(input)


sin.grad(input=lambda g, input: g * cos(input))
cos.grad(input=lambda g, input: g * -sin(input))


@floating
def tan(be: Any, input: Any) -> Any:
    """The tangent of an angle in radians.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.tan(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5574])
    """
    return be.xp.tan(input)


tan.grad(input=lambda g, y: g * (y * y + 1))


@floating
def asin(be: Any, input: Any) -> Any:
    """The angle in [-pi/2, pi/2] whose sine it is; NaN outside [-1, 1].

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.asin(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5708])
    """
    return be.xp.arcsin(input)


asin.grad(input=lambda g, input: g * rsqrt(1 - input * input))


@floating
def acos(be: Any, input: Any) -> Any:
    """The angle in [0, pi] whose cosine it is; NaN outside [-1, 1].

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.acos(ag.tensor([1.0, 0.0]))
        tensor([0.0000, 1.5708])
    """
    return be.xp.arccos(input)


acos.grad(input=lambda g, input: g * -rsqrt(1 - input * input))


@floating
def atan(be: Any, input: Any) -> Any:
    """The angle in (-pi/2, pi/2) whose tangent it is.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.atan(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7854])
    """
    return be.xp.arctan(input)


atan.grad(input=lambda g, input: g / (input * input + 1))


@op(promote="float", complex="refused")
def atan2(be: Any, input: Any, other: Any) -> Any:
    """The angle in [-pi, pi] of the point with ordinate ``input`` and abscissa ``other``.

    Args:
        input, other: broadcastable tensors.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.atan2(ag.tensor([1.0, 0.0]), ag.tensor([0.0, -1.0]))
        tensor([1.5708, 3.1416])
    """
    return be.xp.arctan2(input, other)


atan2.grad(
    input=lambda g, input, other: g * other / (input * input + other * other),
    other=lambda g, input, other: g * -input / (input * input + other * other),
)


@floating
def sinh(be: Any, input: Any) -> Any:
    """The hyperbolic sine: (exp(x) - exp(-x)) / 2.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.sinh(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 1.1752])
    """
    return be.xp.sinh(input)


@floating
def cosh(be: Any, input: Any) -> Any:
    """The hyperbolic cosine: (exp(x) + exp(-x)) / 2.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.cosh(ag.tensor([0.0, 1.0]))
        tensor([1.0000, 1.5431])
    """
    return be.xp.cosh(input)


sinh.grad(input=lambda g, input: g * cosh(input))
cosh.grad(input=lambda g, input: g * sinh(input))


@floating
def tanh(be: Any, input: Any) -> Any:
    """The hyperbolic tangent: sinh(x) / cosh(x).

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.tanh(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7616])
    """
    return be.tanh(input)


@op(complex="analytic")
def _tanh_grad(be: Any, dy: Any, y: Any) -> Any:
    return be.tanh_grad(dy, y)


tanh.grad(input=_tanh_grad)
_tanh_grad.grad(dy=_tanh_grad, y=lambda g, dy, y: g * (dy * y * -2))


@floating
def asinh(be: Any, input: Any) -> Any:
    """The inverse of sinh.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.asinh(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8814])
    """
    return be.xp.arcsinh(input)


asinh.grad(input=lambda g, input: g * rsqrt(input * input + 1))


@floating
def acosh(be: Any, input: Any) -> Any:
    """The inverse of cosh on [1, inf); NaN below.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.acosh(ag.tensor([1.0, 2.0]))
        tensor([0.0000, 1.3170])
    """
    return be.xp.arccosh(input)


acosh.grad(input=lambda g, input: g * rsqrt(input * input - 1))


@floating
def atanh(be: Any, input: Any) -> Any:
    """The inverse of tanh; NaN outside [-1, 1].

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.atanh(ag.tensor([0.0, 0.5]))
        tensor([0.0000, 0.5493])
    """
    return be.xp.arctanh(input)


atanh.grad(input=lambda g, input: g / (1 - input * input))


@floating
def sinc(be: Any, input: Any) -> Any:
    """sin(pi x) / (pi x), and 1 at zero.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.sinc(ag.tensor([0.0, 0.5]))
        tensor([1.0000, 0.6366])
    """
    return be.xp.sinc(input)


sinc.grad(
    input=lambda g, input: where(
        input == 0,
        0,
        g * ((math.pi * input) * cos(math.pi * input) - sin(math.pi * input)) / (math.pi * input * input),
    )
)


@op(promote="float", complex="refused")
def deg2rad(be: Any, input: Any) -> Any:
    """Degrees to radians: x * pi / 180.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.deg2rad(ag.tensor([180.0]))
        tensor([3.1416])
    """
    return input * (math.pi / 180)


deg2rad.grad(input=lambda g: g * (math.pi / 180))


@op(promote="float", complex="refused")
def rad2deg(be: Any, input: Any) -> Any:
    """Radians to degrees: x * 180 / pi.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.rad2deg(ag.tensor([0.0, 1.0]))
        tensor([ 0.0000, 57.2958])
    """
    return input * (180 / math.pi)


rad2deg.grad(input=lambda g: g * (180 / math.pi))
