"""Dropout: elements, or whole channels, set to zero at random in training, the others scaled up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd import random
from autograd.errors import ArgumentError, ShapeError
from autograd.inplace import inplace as in_place
from autograd.op import op

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op(kept=("mask",))
def _dropout(be: Any, x: Any, *, p: float, seed: int, offset: int) -> Any:
    return be.dropout(x, p, seed, offset)


@op
def _masked(be: Any, x: Any, mask: Any, *, scale: float) -> Any:
    return x * (mask * be.scalar(scale, x.dtype))


_dropout.grad(x=lambda g, mask, *, p, seed, offset: _masked(g, mask, scale=_scale(p)))
_masked.grad(x=lambda g, mask, **how: _masked(g, mask, **how))


def _scale(p: float) -> float:
    return 1 / (1 - p) if p < 1 else 0.0


def _dropped(input: Tensor, p: float) -> Tensor:
    seed, offset = random.default_generator(input.device).reserve("dropout", input.raw.size, input.raw.itemsize)
    y: Tensor = _dropout(input, p=p, seed=seed, offset=offset)
    return y


def _check(name: str, p: float) -> None:
    if not 0 <= p <= 1:
        raise ArgumentError(f"{name}: expected p from 0 to 1, got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element 0 with probability p, else x / (1 - p); outside of training x itself.

    Args:
        input: any shape, floating.
        p: the share that is dropped.
        training: drop at all.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Raises:
        ValueError: p outside of [0, 1].

    Example:
        >>> F.dropout(ag.ones(4), 0.5).sort().values.unique().tolist() in ([0.0], [2.0], [0.0, 2.0])
        True

    Source: Srivastava and others, Dropout, 2014.
    """
    _check("dropout", p)
    if not training or p == 0:
        return input
    y: Tensor = in_place(dropout)(input, p) if inplace else _dropped(input, p)
    return y


# -- whole channels ----------------------------------------------------------------------------------------------------


def _channels_dropped(
    name: str, input: Tensor, p: float, training: bool, inplace: bool, axes: tuple[int, ...]
) -> Tensor:
    """Channels of (N,C,*S) dropped; a (C,*S) of ``axes[0]`` axes counts as a batch of one."""
    _check(name, p)
    shape = input.raw.shape
    if len(shape) not in axes:
        raise ShapeError(f"{name}: expected input with {' or '.join(map(str, axes))} axes, got {shape}")
    if not training or p == 0:
        return input
    lead = 1 if len(shape) == axes[0] else 2
    noise = _dropped(ag.ones(*shape[:lead], *[1] * (len(shape) - lead), dtype=input.dtype, device=input.device), p)
    y: Tensor = input.mul_(noise) if inplace else input * noise
    return y


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each channel 0 with probability p, else x / (1 - p).

    Args:
        input: (N,C,L) or (C,L).
        p: the share of channels that is dropped.
        training: drop at all.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: another number of axes.
        ValueError: p outside of [0, 1].

    Example:
        >>> F.dropout1d(ag.ones(1, 8, 2), 1.0).sum()
        tensor(0.)

    Source: Tompson and others, Efficient Object Localization Using Convolutional Networks, 2015.
    """
    return _channels_dropped("dropout1d", input, p, training, inplace, (2, 3))


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each channel 0 with probability p, else x / (1 - p).

    Args:
        input: (N,C,H,W); of three axes, the first counts as N and the second as C.
        p, training, inplace: as for ``dropout1d``.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: another number of axes.
        ValueError: p outside of [0, 1].

    Example:
        >>> F.dropout2d(ag.ones(1, 8, 2, 2), 1.0).sum()
        tensor(0.)
    """
    return _channels_dropped("dropout2d", input, p, training, inplace, (0, 2, 3, 4))


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each channel 0 with probability p, else x / (1 - p).

    Args:
        input: (N,C,D,H,W) or (C,D,H,W).
        p, training, inplace: as for ``dropout1d``.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: another number of axes.
        ValueError: p outside of [0, 1].

    Example:
        >>> F.dropout3d(ag.ones(1, 8, 2, 2, 2), 1.0).sum()
        tensor(0.)
    """
    return _channels_dropped("dropout3d", input, p, training, inplace, (4, 5))


# -- for selu: what is dropped goes to minus its limit, then mean 0 and variance 1 are restored ------------------------

_LIMIT = -1.7580993408473766  # of selu at -inf


def _alpha_noise(input: Tensor, shape: tuple[int, ...], p: float) -> tuple[Tensor, Tensor]:
    """(a, b) such that x * a + b drops where a is 0."""
    kept = _dropped(ag.ones(*shape, dtype=input.dtype, device=input.device), p) * (1 - p)
    a = ((1 - p) * (1 + p * _LIMIT**2)) ** -0.5 if p < 1 else 0.0
    return kept * a, (1 - kept) * (a * _LIMIT) - a * p * _LIMIT


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that keeps mean 0 and variance 1 of the inputs of ``selu``: dropped elements take its limit at -inf.

    Args:
        input: any shape, floating.
        p: the share that is dropped.
        training: drop at all.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Raises:
        ValueError: p outside of [0, 1].

    Example:
        >>> F.alpha_dropout(ag.ones(2), 0.5, training=False)
        tensor([1., 1.])

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks, 2017.
    """
    _check("alpha_dropout", p)
    return _alpha_dropped(input, input.raw.shape, p, training, inplace)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """``alpha_dropout`` of whole channels.

    Args:
        input: (N,C,*S).
        p, training, inplace: as for ``alpha_dropout``.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: fewer than two axes.
        ValueError: p outside of [0, 1].

    Example:
        >>> F.feature_alpha_dropout(ag.ones(1, 2, 2), 0.5, training=False).sum()
        tensor(4.)
    """
    _check("feature_alpha_dropout", p)
    shape = input.raw.shape
    if len(shape) < 2:
        raise ShapeError(f"feature_alpha_dropout: expected input (N,C,*S), got {shape}")
    return _alpha_dropped(input, (*shape[:2], *[1] * (len(shape) - 2)), p, training, inplace)


def _alpha_dropped(input: Tensor, shape: tuple[int, ...], p: float, training: bool, inplace: bool) -> Tensor:
    if not training or p == 0:
        return input
    a, b = _alpha_noise(input, shape, p)
    y: Tensor = input.mul_(a).add_(b) if inplace else input * a + b
    return y
