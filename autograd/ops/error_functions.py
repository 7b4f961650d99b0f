"""The error function's family and the normal distribution; ``erf`` itself is in elementwise.py."""

from __future__ import annotations

import math
from typing import Any

from autograd.op import floating_real
from autograd.ops.elementwise import exp

_SLOPE = 2 / math.sqrt(math.pi)  # of erf at zero
_DENSITY = 1 / math.sqrt(2 * math.pi)  # of the normal distribution at zero


@floating_real
def erfc(be: Any, input: Any) -> Any:
    """The complementary error function: 1 - erf(x), accurate where that is small.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.erfc(ag.tensor([0.0, 1.0]))
        tensor([1.0000, 0.1573])
    """
    return be.special.erfc(input)


erfc.grad(input=lambda g, input: g * (exp(-(input * input)) * -_SLOPE))


@floating_real
def erfinv(be: Any, input: Any) -> Any:
    """The inverse of ``erf``; NaN outside [-1, 1].

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.erfinv(ag.tensor([0.0, 0.5]))
        tensor([0.0000, 0.4769])
    """
    return be.special.erfinv(input)


erfinv.grad(input=lambda g, y: g * (exp(y * y) / _SLOPE))


@floating_real
def erfcx(be: Any, input: Any) -> Any:
    """The scaled complementary error function: exp(x^2) erfc(x).

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.erfcx(ag.tensor([0.0, 10.0]))
        tensor([1.0000, 0.0561])
    """
    return be.special.erfcx(input)


erfcx.grad(input=lambda g, input, y: g * (input * y * 2 - _SLOPE))


@floating_real
def ndtr(be: Any, input: Any) -> Any:
    """The normal distribution function: (1 + erf(x / sqrt(2))) / 2.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.ndtr(ag.tensor([0.0, 1.0]))
        tensor([0.5000, 0.8413])
    """
    return be.special.ndtr(input)


ndtr.grad(input=lambda g, input: g * (exp(input * input * -0.5) * _DENSITY))


@floating_real
def ndtri(be: Any, input: Any) -> Any:
    """The inverse of ``ndtr``: the quantiles of the normal distribution; NaN outside [0, 1].

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.ndtri(ag.tensor([0.5, 0.975]))
        tensor([0.0000, 1.9600])
    """
    return be.special.ndtri(input)


ndtri.grad(input=lambda g, y: g * (exp(y * y * 0.5) / _DENSITY))


@floating_real
def log_ndtr(be: Any, input: Any) -> Any:
    """The logarithm of ``ndtr``, accurate where that is small.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.log_ndtr(ag.tensor([0.0, -20.0]))
        tensor([  -0.6931, -203.9172])
    """
    return be.special.log_ndtr(input)


log_ndtr.grad(input=lambda g, input: g * (math.sqrt(2 / math.pi) / erfcx(input * -math.sqrt(0.5))))
