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
def _scale_shift(be: Any, x: Any, scale: Any, shift: Any) -> Any:
    return be.channel_affine(x, scale, shift)


@op
def _channel_dot(be: Any, dy: Any, x: Any) -> Any:
    return be.channel_dot(dy, x)


_channel_dot.grad(dy=lambda g, x: channel_affine(x, g, None), x=lambda g, dy: channel_affine(dy, g, None))
_scale_shift.grad(
    x=lambda g, scale: channel_affine(g, scale, None),
    scale=_channel_dot,
    shift=lambda g: channel_sum(g),
)


def channel_affine(x: Any, scale: Any, shift: Any) -> Any:
    """x * scale + shift with x (N,C,*S), scale and shift (C,) or None; for tensors and raw arrays."""
    return x if scale is None and shift is None else _scale_shift(x, scale, shift)
