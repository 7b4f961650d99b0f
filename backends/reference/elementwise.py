"""Elementwise functions that array libraries lack."""

from __future__ import annotations

import math

import numpy as np

from backends.protocol import Array, Backend
from backends.reference._precision import narrow, wide


def add(be: Backend, a: Array, b: Array) -> Array:
    """a + b, element by element.

    Args:
        a, b: broadcastable.

    Returns:
        Array of the broadcast shape.
    """
    return be.xp.add(a, b)


def sub(be: Backend, a: Array, b: Array) -> Array:
    """a - b, element by element.

    Args:
        a, b: broadcastable.

    Returns:
        Array of the broadcast shape.
    """
    return be.xp.subtract(a, b)


def mul(be: Backend, a: Array, b: Array) -> Array:
    """a * b, element by element.

    Args:
        a, b: broadcastable.

    Returns:
        Array of the broadcast shape.
    """
    return be.xp.multiply(a, b)


def div(be: Backend, a: Array, b: Array) -> Array:
    """a / b, element by element; of integers in floating numbers.

    Args:
        a, b: broadcastable.

    Returns:
        Array of the broadcast shape.
    """
    return be.xp.true_divide(a, b)


def where(be: Backend, condition: Array, a: Array, b: Array) -> Array:
    """a where the condition holds, else b, element by element.

    Args:
        condition: bool.
        a, b: broadcastable with it; one may be a Python number.

    Returns:
        Array of the broadcast shape.
    """
    return be.xp.where(condition, a, b)


def add_(be: Backend, a: Array, b: Array) -> None:
    """a += b in its memory.

    Args:
        a: any shape, written.
        b: like a, or 0-d; shares no memory with it, unless it is a itself.
    """
    be.xp.add(a, b, out=a)


def sub_(be: Backend, a: Array, b: Array) -> None:
    """a -= b in its memory.

    Args:
        a: any shape, written.
        b: like a, or 0-d; shares no memory with it, unless it is a itself.
    """
    be.xp.subtract(a, b, out=a)


def mul_(be: Backend, a: Array, b: Array) -> None:
    """a *= b in its memory.

    Args:
        a: any shape, written.
        b: like a, or 0-d; shares no memory with it, unless it is a itself.
    """
    be.xp.multiply(a, b, out=a)


def erf(be: Backend, x: Array) -> Array:
    """2/sqrt(pi) * integral of exp(-t^2) from 0 to x.

    Args:
        x: any shape.

    Returns:
        Like x, computed in float64 one element at a time.

    Example:
        >>> from backends.reference import Reference
        >>> Reference(np).erf(np.array([0.0, 1.0])).round(4)
        array([0.    , 0.8427])
    """
    values = np.fromiter(map(math.erf, be.to_numpy(x).ravel().tolist()), np.float64, x.size)
    return be.asarray(values.astype(x.dtype)).reshape(x.shape)


def sigmoid(be: Backend, x: Array) -> Array:
    """1 / (1 + exp(-x)), by exp(-|x|), which cannot overflow.

    Args:
        x: any shape.

    Returns:
        Like x.
    """
    values = wide(x)
    e = be.xp.exp(-be.xp.abs(values))
    return narrow(be.xp.where(values >= 0, 1, e) / (1 + e), x)


def sigmoid_grad(be: Backend, g: Array, y: Array) -> Array:
    """g * y * (1 - y).

    Args:
        g: like y.
        y: the output of ``sigmoid``.

    Returns:
        Gradient with respect to x, like y.
    """
    return g * (y * (be.scalar(1, y.dtype) - y))


def tanh(be: Backend, x: Array) -> Array:
    """The hyperbolic tangent: sinh(x) / cosh(x).

    Args:
        x: any shape.

    Returns:
        Like x.
    """
    return be.xp.tanh(x)


def tanh_grad(be: Backend, g: Array, y: Array) -> Array:
    """g * (1 - y^2).

    Args:
        g: like y.
        y: the output of ``tanh``.

    Returns:
        Gradient with respect to x, like y.
    """
    return g - (g * y) * y


def relu(be: Backend, x: Array) -> Array:
    """max(x, 0); NaN stays NaN.

    Args:
        x: any shape.

    Returns:
        Like x.
    """
    return be.xp.maximum(x, be.scalar(0, x.dtype))


def relu_(be: Backend, x: Array) -> None:
    """x = max(x, 0) in its memory.

    Args:
        x: any shape, written.
    """
    be.xp.maximum(x, be.scalar(0, x.dtype), out=x)


def relu_grad(be: Backend, g: Array, y: Array) -> Array:
    """g where y > 0, else 0.

    Args:
        g: like y.
        y: the output of ``relu``.

    Returns:
        Gradient with respect to x, like y.
    """
    return be.xp.where(y > be.scalar(0, y.dtype), g, be.scalar(0, g.dtype))


def gelu(be: Backend, x: Array, tanh: bool) -> Array:
    """x * Phi(x), Phi the normal distribution function, or its tanh approximation.

    Phi(x) = (1 + erf(x / sqrt(2))) / 2, or about (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))) / 2.

    Args:
        x: any shape.
        tanh: take the approximation.

    Returns:
        Like x.

    Source: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.
    """
    values = wide(x)
    if tanh:
        phi = be.xp.tanh(math.sqrt(2 / math.pi) * (values + 0.044715 * values * values * values))
    else:
        phi = be.erf(values * math.sqrt(0.5))
    return narrow(0.5 * values * (1 + phi), x)


def gelu_grad(be: Backend, g: Array, x: Array, tanh: bool) -> Array:
    """g * (Phi(x) + x Phi'(x)).

    Args:
        g: like x.
        x: any shape.
        tanh: as in ``gelu``.

    Returns:
        Gradient with respect to x, like x.
    """
    values = wide(x)
    square = values * values
    if tanh:
        phi = be.xp.tanh(math.sqrt(2 / math.pi) * (values + 0.044715 * values * square))
        slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * square) * (1 - phi * phi) / 2
    else:
        phi = be.erf(values * math.sqrt(0.5))
        slope = be.xp.exp(-0.5 * square) / math.sqrt(2 * math.pi)
    return narrow(wide(g) * ((1 + phi) / 2 + values * slope), x)
