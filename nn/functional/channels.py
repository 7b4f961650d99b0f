"""What acts on each channel alone: the second axis of (N,C,*S)."""

from __future__ import annotations

from typing import Any

from autograd.op import op
from autograd.ops.shape import _expand, _reshape


@op
def channel_sum(be: Any, x: Any) -> Any:
    """Sum over all axes but the second: (N,C,*S) -> (C,)."""
    return be.channel_sum(x)


channel_sum.grad(x=lambda g, x_shape: _expand(channel_view(g, len(x_shape)), shape=x_shape))


def channel_view(v: Any, ndim: int) -> Any:
    """v (C,) in the shape (1,C,1,...) that broadcasts against (N,C,*S); for tensors and raw arrays."""
    return _reshape(v, shape=(1, v.shape[0], *[1] * (ndim - 2)))


@op
def channel_affine(be: Any, x: Any, scale: Any, shift: Any) -> Any:
    """x * scale + shift with scale and shift (C,), either of them None for none: (N,C,*S) -> (N,C,*S)."""
    shape = (1, -1, *[1] * (x.ndim - 2))
    y = x * scale.reshape(shape) if scale is not None else x + shift.reshape(shape)
    if scale is not None and shift is not None:
        y += shift.reshape(shape)
    return y


channel_affine.grad(
    x=lambda g, scale: g if scale is None else channel_affine(g, scale, None),
    scale=lambda g, x: channel_sum(g * x),
    shift=lambda g: channel_sum(g),
)
