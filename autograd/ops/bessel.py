"""Bessel functions, and Airy's; those of the first and second kind have no derivatives, as in PyTorch."""

from __future__ import annotations

import math
from typing import Any

from autograd.op import floating_real
from autograd.ops.arithmetic import sign
from autograd.ops.comparison import where

# -- modified, of the first kind --------------------------------------------------------------------------------------


@floating_real
def i0(be: Any, input: Any) -> Any:
    """The modified Bessel function of the first kind, of order 0.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.i0(ag.tensor([0.0, 1.0]))
        tensor([1.0000, 1.2661])
    """
    return be.special.i0(input)


@floating_real
def i0e(be: Any, input: Any) -> Any:
    """``i0`` scaled: exp(-|x|) i0(x), which does not overflow.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.i0e(ag.tensor([0.0, 1.0]))
        tensor([1.0000, 0.4658])
    """
    return be.special.i0e(input)


@floating_real
def i1(be: Any, input: Any) -> Any:
    """The modified Bessel function of the first kind, of order 1.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.i1(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 0.5652])
    """
    return be.special.i1(input)


@floating_real
def i1e(be: Any, input: Any) -> Any:
    """``i1`` scaled: exp(-|x|) i1(x), which does not overflow.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.i1e(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 0.2079])
    """
    return be.special.i1e(input)


def _over(y: Any, x: Any) -> Any:
    """y / x of an odd y that begins as x / 2, also at x = 0."""
    return where(x == 0, 0.5, y / where(x == 0, 1, x))


i0.grad(input=lambda g, input: g * i1(input))
i0e.grad(input=lambda g, input, y: g * (i1e(input) - sign(input) * y))
i1.grad(input=lambda g, input, y: g * (i0(input) - _over(y, input)))
i1e.grad(input=lambda g, input, y: g * (i0e(input) - _over(y, input) - sign(input) * y))


@floating_real
def modified_bessel_i0(be: Any, input: Any) -> Any:
    """``i0`` under its second name, without a derivative.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.modified_bessel_i0(ag.tensor([0.0, 1.0]))
        tensor([1.0000, 1.2661])
    """
    return be.special.i0(input)


@floating_real
def modified_bessel_i1(be: Any, input: Any) -> Any:
    """``i1`` under its second name, without a derivative.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.modified_bessel_i1(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 0.5652])
    """
    return be.special.i1(input)


# -- modified, of the second kind -------------------------------------------------------------------------------------


@floating_real
def modified_bessel_k0(be: Any, input: Any) -> Any:
    """The modified Bessel function of the second kind, of order 0.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape; inf at 0, NaN below.

    Example:
        >>> ag.special.modified_bessel_k0(ag.tensor([1.0, 2.0]))
        tensor([0.4210, 0.1139])
    """
    return be.special.k0(input)


@floating_real
def modified_bessel_k1(be: Any, input: Any) -> Any:
    """The modified Bessel function of the second kind, of order 1.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape; inf at 0, NaN below.

    Example:
        >>> ag.special.modified_bessel_k1(ag.tensor([1.0, 2.0]))
        tensor([0.6019, 0.1399])
    """
    return be.special.k1(input)


@floating_real
def scaled_modified_bessel_k0(be: Any, input: Any) -> Any:
    """exp(x) ``modified_bessel_k0(x)``, which does not underflow.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape; inf at 0, NaN below.

    Example:
        >>> ag.special.scaled_modified_bessel_k0(ag.tensor([1.0, 200.0]))
        tensor([1.1445, 0.0886])
    """
    return be.special.k0e(input)


@floating_real
def scaled_modified_bessel_k1(be: Any, input: Any) -> Any:
    """exp(x) ``modified_bessel_k1(x)``, which does not underflow.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape; inf at 0, NaN below.

    Example:
        >>> ag.special.scaled_modified_bessel_k1(ag.tensor([1.0, 200.0]))
        tensor([1.6362, 0.0888])
    """
    return be.special.k1e(input)


# -- of the first and second kind, and their relatives ----------------------------------------------------------------


@floating_real
def bessel_j0(be: Any, input: Any) -> Any:
    """The Bessel function of the first kind, of order 0.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.bessel_j0(ag.tensor([0.0, 1.0]))
        tensor([1.0000, 0.7652])
    """
    return be.special.j0(input)


@floating_real
def bessel_j1(be: Any, input: Any) -> Any:
    """The Bessel function of the first kind, of order 1.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.bessel_j1(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 0.4401])
    """
    return be.special.j1(input)


@floating_real
def bessel_y0(be: Any, input: Any) -> Any:
    """The Bessel function of the second kind, of order 0.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape; -inf at 0, NaN below.

    Example:
        >>> ag.special.bessel_y0(ag.tensor([1.0, 2.0]))
        tensor([0.0883, 0.5104])
    """
    return be.special.y0(input)


@floating_real
def bessel_y1(be: Any, input: Any) -> Any:
    """The Bessel function of the second kind, of order 1.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape; -inf at 0, NaN below.

    Example:
        >>> ag.special.bessel_y1(ag.tensor([1.0, 2.0]))
        tensor([-0.7812, -0.1070])
    """
    return be.special.y1(input)


@floating_real
def spherical_bessel_j0(be: Any, input: Any) -> Any:
    """The spherical Bessel function of the first kind, of order 0: sin(x) / x.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape; 1 at 0.

    Example:
        >>> ag.special.spherical_bessel_j0(ag.tensor([0.0, 1.0]))
        tensor([1.0000, 0.8415])
    """
    return be.xp.where(be.xp.isinf(input), be.scalar(0, input.dtype), be.xp.sinc(input / math.pi))


@floating_real
def airy_ai(be: Any, input: Any) -> Any:
    """The Airy function Ai, which solves y'' = x y and falls for large x.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.airy_ai(ag.tensor([0.0, 1.0]))
        tensor([0.3550, 0.1353])
    """
    return be.special.airy(input)[0]
