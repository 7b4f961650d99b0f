"""Borders around the last axes: a constant, a reflection, the edge repeated, or the other end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.op import op

if TYPE_CHECKING:
    from autograd.tensor import Tensor

Widths = tuple[
    tuple[int, int], ...
]  # of every axis: how much is added on the left and on the right, negative to cut off


@op
def _pad_constant(be: Any, x: Any, *, widths: Widths, value: float) -> Any:
    inner, kept = [], []
    for n, (left, right) in zip(x.shape, widths, strict=True):
        kept.append(slice(max(-left, 0), n - max(-right, 0)))
        inner.append(slice(max(left, 0), max(left, 0) + kept[-1].stop - kept[-1].start))
    part = x[tuple(kept)]
    if max(map(max, widths), default=0) <= 0:  # nothing is added, as in the gradient
        return part.copy() if part.flags.c_contiguous else be.rows(part)
    out = be.xp.full([n + left + right for n, (left, right) in zip(x.shape, widths, strict=True)], value, x.dtype)
    out[tuple(inner)] = part
    return out


_pad_constant.grad(x=lambda g, *, widths, value: _pad_constant(g, widths=_negative(widths), value=0))


def _negative(widths: Widths) -> Widths:
    return tuple((-left, -right) for left, right in widths)


@op
def _pad_border(be: Any, x: Any, *, widths: Widths, mode: str) -> Any:
    for axis, (left, right) in enumerate(widths):
        if left or right:
            x = be.xp.take(x, _sources_on(be, x.shape[axis], left, right, mode), axis)
    return x


@op
def _pad_border_transposed(be: Any, x: Any, *, widths: Widths, mode: str, shape: tuple[int, ...]) -> Any:
    """The transpose: every element of the border is added to the element it was copied from."""
    for axis, (left, right) in enumerate(widths):
        if left or right:
            n, wide = shape[axis], be.xp.moveaxis(x, axis, 0)
            start = max(-left, 0)
            stop = max(n - max(-right, 0), start)
            narrow = be.xp.zeros((n, *wide.shape[1:]), x.dtype)
            narrow[start:stop] = wide[start + left : stop + left]
            for at, source in enumerate(_sources(n, left, right, mode).tolist()):
                if not start <= at - left < stop:
                    narrow[source] += wide[at]
            x = be.xp.moveaxis(narrow, 0, axis)
    return x


_pad_border.grad(x=lambda g, x_shape, **p: _pad_border_transposed(g, shape=x_shape, **p))
_pad_border_transposed.grad(x=lambda g, *, widths, mode, shape: _pad_border(g, widths=widths, mode=mode))


@lru_cache(maxsize=256)
def _sources_on(be: Any, *args: Any) -> Any:
    """``_sources``, on the device: sent once."""
    return be.asarray(_sources(*args))


@lru_cache(maxsize=256)
def _sources(n: int, left: int, right: int, mode: str) -> Any:
    """Which of n elements stands at each of the left + n + right places."""
    at = np.arange(-left, n + right)
    if mode == "replicate":
        return at.clip(0, n - 1)
    if mode == "circular":
        first, last = max(-left, 0), n - max(-right, 0)  # what is cut off does not come back at the other end
        return (at - first) % max(last - first, 1) + first
    return n - 1 - abs(n - 1 - abs(at))  # reflect: 2 1 | 0 1 2 | 1 0


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """A border around the last axes.

    Args:
        input: any shape for "constant"; (N,C,*S) or (C,*S) with 1 to 3 spatial axes for the other modes.
        pad: left and right width for the last axis, then for the one before it, ...; negative ones cut off.
        mode: "constant", "reflect" (without repeating the edge), "replicate" (the edge) or "circular" (the other end).
        value: the constant; default 0.

    Returns:
        A tensor whose axes are longer by left + right.

    Raises:
        ShapeError: an odd number of widths, more widths than axes, or a border wider than the mode can fill.
        ValueError: another mode, or a value for a mode that takes none.

    Example:
        >>> F.pad(ag.tensor([[1, 2, 3]]), (2, 1), mode="reflect")
        tensor([[3, 2, 1, 2, 3, 2]])
    """
    shape, given = input.raw.shape, tuple(map(int, pad))
    if len(given) % 2 or len(given) > 2 * len(shape):
        raise ShapeError(f"pad: expected left and right widths for at most {len(shape)} axes, got {len(given)} widths")
    pairs = tuple(zip(given[::2], given[1::2], strict=True))[::-1]
    widths = ((0, 0),) * (len(shape) - len(pairs)) + pairs
    if any(n + left + right < 0 for n, (left, right) in zip(shape, widths, strict=True)):
        raise ShapeError(f"pad: expected widths that leave sizes of at least 0, got {given} for shape {shape}")
    if mode == "constant":
        y: Tensor = _pad_constant(input, widths=widths, value=0 if value is None else value)
        return y
    _check_border(shape, widths, len(pairs), mode, value)
    y = _pad_border(input, widths=widths, mode=mode)
    return y


def _check_border(shape: tuple[int, ...], widths: Widths, nd: int, mode: str, value: float | None) -> None:
    if mode not in ("reflect", "replicate", "circular"):
        raise ArgumentError(f'pad: expected mode "constant", "reflect", "replicate" or "circular", got {mode!r}')
    if value:
        raise ArgumentError(f'pad: expected no value with mode "{mode}", got {value}')
    if nd not in (1, 2, 3) or len(shape) not in (nd + 1, nd + 2):
        raise ShapeError(
            f"pad: expected (N,C,*S) or (C,*S) with {nd} spatial axes to match {2 * nd} widths, got {shape}"
        )
    for n, pair in zip(shape, widths, strict=True):
        limit = {"reflect": n - 1, "circular": n, "replicate": max(pair) if n else 0}[mode]
        if max(pair) > limit:
            raise ShapeError(
                f'pad: expected widths of at most {limit} for an axis of {n} with mode "{mode}", got {max(pair)}'
            )
