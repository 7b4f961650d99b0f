"""Batch and layer normalization with their fused gradients. Statistics are kept in at least float32."""

from __future__ import annotations

from backends.protocol import Array, Backend
from backends.reference._precision import narrow, wide
from backends.reference.elementwise import relu_grad


def _per_channel(v: Array, x: Array) -> Array:
    """v (C,) in a shape that broadcasts against x (N,C,*S)."""
    return wide(v).reshape(1, -1, *[1] * (x.ndim - 2))


def batch_norm(
    be: Backend, x: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """Normalizes each channel over batch and space.

    y = (x - mean) / sqrt(var + eps) * weight + bias, var the biased variance.

    Args:
        x: (N,C,*S).
        weight: (C,) or None.
        bias: (C,) or None.
        eps: added to the variance.

    Returns:
        y like x, mean (C,), var (C,).

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> y, mean, var = Reference(np).batch_norm(np.array([[1.0], [3.0]]), None, None, 0.0)
        >>> y.ravel(), mean, var
        (array([-1.,  1.]), array([2.]), array([1.]))

    Source: Ioffe and Szegedy, Batch Normalization, 2015.
    """
    y, mean, var = _batch_normalized(be, x, weight, bias, eps)
    return narrow(y, x), mean, var


def _batch_normalized(
    be: Backend, x: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """What ``batch_norm`` returns, in at least float32."""
    values, axes = wide(x), (0, *range(2, x.ndim))
    count = max(x.size // max(x.shape[1], 1), 1)
    mean = values.sum(axes) / count
    centred = values - _per_channel(mean, x)
    var = (centred * centred).sum(axes) / count
    y = centred / _per_channel(be.xp.sqrt(var + eps), x)
    if weight is not None:
        y = y * _per_channel(weight, x)
    if bias is not None:
        y = y + _per_channel(bias, x)
    return y, mean, var


def batch_norm_grad(
    be: Backend, g: Array, x: Array, weight: Array | None, mean: Array, var: Array, eps: float
) -> tuple[Array, Array, Array]:
    """Gradients of ``batch_norm``'s y, mean and var being functions of x.

    With h = (x - mean) / sqrt(var + eps) and n elements a channel,
    gx = weight / sqrt(var + eps) * (g - sum(g)/n - h * sum(g*h)/n).

    Args:
        g: like x.
        x: (N,C,*S).
        weight: (C,) or None.
        mean, var: as ``batch_norm`` returned them, (C,).
        eps: as in ``batch_norm``.

    Returns:
        Gradients of x (N,C,*S), weight (C,), bias (C,).
    """
    upstream, axes = wide(g), (0, *range(2, x.ndim))
    count = max(x.size // max(x.shape[1], 1), 1)
    rstd = 1 / be.xp.sqrt(var + eps)
    h = (wide(x) - _per_channel(mean, x)) * _per_channel(rstd, x)
    g_bias = upstream.sum(axes)
    g_weight = (upstream * h).sum(axes)
    scale = rstd if weight is None else rstd * wide(weight)
    gx = upstream - _per_channel(g_bias / count, x) - h * _per_channel(g_weight / count, x)
    like = x if weight is None else weight
    return narrow(gx * _per_channel(scale, x), x), narrow(g_weight, like), narrow(g_bias, like)


def batch_norm_relu(
    be: Backend, x: Array, weight: Array | None, bias: Array | None, residual: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """Normalizes each channel, adds another branch, and cuts off what is negative.

    y = max(batch_norm(x) + residual, 0)

    Args:
        x: (N,C,*S).
        weight: (C,) or None.
        bias: (C,) or None.
        residual: like x, or None.
        eps: added to the variance.

    Returns:
        y like x, mean (C,), var (C,).

    Source: He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015.
    """
    y, mean, var = _batch_normalized(be, x, weight, bias, eps)
    if residual is not None:
        y = y + wide(residual)
    return narrow(be.xp.maximum(y, be.scalar(0, y.dtype)), x), mean, var


def batch_norm_relu_grad(
    be: Backend,
    g: Array,
    y: Array,
    x: Array,
    weight: Array | None,
    mean: Array,
    var: Array,
    eps: float,
    residual: bool,
) -> tuple[Array, Array, Array, Array | None]:
    """Gradients of ``batch_norm_relu``'s y: those of ``batch_norm`` at g where y > 0, else 0.

    Args:
        g: like x.
        y: the output.
        x: (N,C,*S).
        weight: (C,) or None.
        mean, var: as ``batch_norm_relu`` returned them, (C,).
        eps: as in ``batch_norm_relu``.
        residual: its gradient is wanted, too.

    Returns:
        Gradients of x (N,C,*S), weight (C,), bias (C,), residual (N,C,*S) or None.
    """
    g = relu_grad(be, g, y)
    return (*batch_norm_grad(be, g, x, weight, mean, var, eps), g if residual else None)


def layer_norm(
    be: Backend, x: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """Normalizes each row.

    y = (x - mean) * rstd * weight + bias, rstd = 1 / sqrt(var + eps), var the biased variance.

    Args:
        x: (M,D).
        weight: (D,) or None.
        bias: (D,) or None.
        eps: added to the variance.

    Returns:
        y (M,D), mean (M,), rstd (M,).

    Source: Ba, Kiros and Hinton, Layer Normalization, 2016.
    """
    values, count = wide(x), max(x.shape[1], 1)
    mean = values.sum(1) / count
    centred = values - mean[:, None]
    rstd = 1 / be.xp.sqrt((centred * centred).sum(1) / count + eps)
    y = centred * rstd[:, None]
    if weight is not None:
        y = y * wide(weight)
    if bias is not None:
        y = y + wide(bias)
    return narrow(y, x), mean, rstd


def layer_norm_grad(
    be: Backend, g: Array, x: Array, weight: Array | None, mean: Array, rstd: Array, sums: bool = True
) -> tuple[Array, Array | None, Array | None]:
    """Gradients of ``layer_norm``'s y, mean and rstd being functions of x.

    With h = (x - mean) * rstd and u = g * weight, gx = rstd * (u - mean(u) - h * mean(u*h)).

    Args:
        g: (M,D).
        x: (M,D).
        weight: (D,) or None.
        mean, rstd: as ``layer_norm`` returned them, (M,).
        sums: whether the gradients of weight and bias are wanted.

    Returns:
        Gradients of x (M,D), weight (D,), bias (D,); the last two are None without ``sums``.
    """
    upstream, count = wide(g), max(x.shape[1], 1)
    h = (wide(x) - mean[:, None]) * rstd[:, None]
    u = upstream if weight is None else upstream * wide(weight)
    gx = rstd[:, None] * (u - u.sum(1, keepdims=True) / count - h * ((u * h).sum(1, keepdims=True) / count))
    if not sums:
        return narrow(gx, x), None, None
    like = x if weight is None else weight
    return narrow(gx, x), narrow((upstream * h).sum(0), like), narrow(upstream.sum(0), like)


def channel_affine(be: Backend, x: Array, scale: Array | None, shift: Array | None) -> Array:
    """x * scale + shift, one scale and shift for each channel.

    Args:
        x: (N,C,*S).
        scale, shift: (C,), or one of them None.

    Returns:
        Like x.
    """
    shape = (1, -1, *[1] * (x.ndim - 2))
    y = x + shift.reshape(shape) if scale is None and shift is not None else x
    if scale is not None:
        y = x * scale.reshape(shape)
        if shift is not None:
            y += shift.reshape(shape)
    return y
