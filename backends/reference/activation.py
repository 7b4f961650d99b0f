"""Activations, and losses, of one number: by name, with their parameters, and with their gradients at x."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from backends.protocol import Array, Backend
from backends.reference._precision import narrow, wide


class Activation(NamedTuple):
    """A function of x and its parameters.

    Attributes:
        value: ``value(be, x, *params)``.
        grad: ``grad(be, g, x, *params)``, g times the derivative at x.
    """

    value: Callable[..., Array]
    grad: Callable[..., Array]


def activation(be: Backend, x: Array, kind: str, params: tuple[float, ...]) -> Array:
    """One of ``ACTIVATIONS``.

    Args:
        x: any shape, floating; for the bends without a slope also integer.
        kind: its name.
        params: its parameters, as many as it has.

    Returns:
        Like x.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).activation(np.array([-1.0, 2.0]), "leaky_relu", (0.5,))
        array([-0.5,  2. ])
    """
    return narrow(ACTIVATIONS[kind].value(be, wide(x), *params), x)


def activation_(be: Backend, x: Array, kind: str, params: tuple[float, ...]) -> None:
    """``activation`` written over x.

    Args:
        x, kind, params: as there; x is written.
    """
    x[...] = activation(be, x, kind, params)


def activation_grad(be: Backend, g: Array, x: Array, kind: str, params: tuple[float, ...]) -> Array:
    """g * dy/dx of one of ``ACTIVATIONS``.

    Args:
        g: like x.
        x, kind, params: as for ``activation``.

    Returns:
        Like x.
    """
    return narrow(ACTIVATIONS[kind].grad(be, wide(g), wide(x), *params), x)


# -- bends: where x is cut off the gradient is 0, whatever g is ----------------------------------------------------------------


def _masked(be: Backend, cut: Array, g: Array) -> Array:
    return be.xp.where(cut, be.scalar(0, g.dtype), g)


def _clip(be: Backend, x: Array, low: float, high: float) -> Array:
    return x.clip(low, high)


def _clamp_grad(be: Backend, g: Array, x: Array, low: float, high: float) -> Array:
    return be.xp.where((x >= low) & (x <= high), g, be.scalar(0, g.dtype))


def _hardtanh_grad(be: Backend, g: Array, x: Array, low: float, high: float) -> Array:
    return _masked(be, (x <= low) | (x >= high), g)


def _leaky_relu(be: Backend, x: Array, slope: float) -> Array:
    return be.xp.where(x > 0, x, x * slope)


def _leaky_relu_grad(be: Backend, g: Array, x: Array, slope: float) -> Array:
    return be.xp.where(x > 0, g, g * slope)


def _hardsigmoid(be: Backend, x: Array) -> Array:
    return (x / 6 + 0.5).clip(0, 1)


def _hardsigmoid_grad(be: Backend, g: Array, x: Array) -> Array:
    return be.xp.where((x > -3) & (x < 3), g / 6, be.scalar(0, g.dtype))


def _hardswish(be: Backend, x: Array) -> Array:
    return x * (x / 6 + 0.5).clip(0, 1)


def _hardswish_grad(be: Backend, g: Array, x: Array) -> Array:
    return _masked(be, x <= -3, be.xp.where(x < 3, g * (x / 3 + 0.5), g))


# -- smooth, or smooth on either side of zero: what is not chosen stays finite, too ------------------------------------


def _elu(be: Backend, x: Array, alpha: float, scale: float, rate: float) -> Array:
    below = be.xp.expm1(be.xp.minimum(x, 0) * rate)
    return be.xp.where(x > 0, x * scale, below * (alpha * scale))


def _elu_grad(be: Backend, g: Array, x: Array, alpha: float, scale: float, rate: float) -> Array:
    below = be.xp.exp(be.xp.minimum(x, 0) * rate)
    return be.xp.where(x <= 0, g * (below * (alpha * scale * rate)), g * scale)


def _silu(be: Backend, x: Array) -> Array:
    return x * be.sigmoid(x)


def _silu_grad(be: Backend, g: Array, x: Array) -> Array:
    s = be.sigmoid(x)
    return g * (s * (x * (1 - s) + 1))


def _log1p_exp(be: Backend, z: Array) -> Array:
    """log(1 + exp(z)) without overflow."""
    return be.xp.maximum(z, 0) + be.xp.log1p(be.xp.exp(-be.xp.abs(z)))


def _softplus(be: Backend, x: Array, beta: float, threshold: float) -> Array:
    z = x * beta
    return be.xp.where(z > threshold, x, _log1p_exp(be, z) / beta)


def _softplus_grad(be: Backend, g: Array, x: Array, beta: float, threshold: float) -> Array:
    z = x * beta
    return be.xp.where(z > threshold, g, g * be.sigmoid(z))


def _logsigmoid(be: Backend, x: Array) -> Array:
    return -_log1p_exp(be, -x)


def _logsigmoid_grad(be: Backend, g: Array, x: Array) -> Array:
    return g * be.sigmoid(-x)


def _mish(be: Backend, x: Array) -> Array:
    return x * be.xp.tanh(_log1p_exp(be, x))


def _mish_grad(be: Backend, g: Array, x: Array) -> Array:
    t = be.xp.tanh(_log1p_exp(be, x))
    return g * (t + x * be.sigmoid(x) * (1 - t * t))


def _magnitude(be: Backend, x: Array) -> Array:
    return be.xp.abs(x)


def _magnitude_grad(be: Backend, g: Array, x: Array) -> Array:
    return g * ((x > 0).astype(x.dtype) - (x < 0))


def _square(be: Backend, x: Array) -> Array:
    return x * x


def _square_grad(be: Backend, g: Array, x: Array) -> Array:
    return g * (x * 2)


def _huber(be: Backend, x: Array, delta: float) -> Array:
    d = be.xp.abs(x)
    return be.xp.where(d < delta, d * d * 0.5, (d - 0.5 * delta) * delta)


def _huber_grad(be: Backend, g: Array, x: Array, delta: float) -> Array:
    return g * x.clip(-delta, delta)


ACTIVATIONS = {
    "clamp": Activation(_clip, _clamp_grad),  # low, high
    "hardtanh": Activation(_clip, _hardtanh_grad),  # low, high
    "leaky_relu": Activation(_leaky_relu, _leaky_relu_grad),  # slope
    "hardsigmoid": Activation(_hardsigmoid, _hardsigmoid_grad),
    "hardswish": Activation(_hardswish, _hardswish_grad),
    "elu": Activation(_elu, _elu_grad),  # alpha, scale, rate: scale * (x > 0 ? x : alpha * (exp(rate * x) - 1))
    "silu": Activation(_silu, _silu_grad),
    "softplus": Activation(_softplus, _softplus_grad),  # beta, threshold
    "logsigmoid": Activation(_logsigmoid, _logsigmoid_grad),
    "mish": Activation(_mish, _mish_grad),
    "magnitude": Activation(_magnitude, _magnitude_grad),
    "square": Activation(_square, _square_grad),
    "huber": Activation(_huber, _huber_grad),  # delta: from where on the square x^2/2 goes on as a line
}
