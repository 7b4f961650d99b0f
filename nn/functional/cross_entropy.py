"""Losses between classes and logits or log-probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd.casting import autocasts
from autograd.dtypes import REAL
from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.op import op
from nn.functional.reduction import reduced, reduction_of

INT64 = ag.int64.numpy

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- class indices: x (M,C) or (N,C,L) logits, target (M,) or (N,L) int64, weight (C,) or None -------------------------


@op(kept=("lse", "total"))
def _cross_entropy(
    be: Any, x: Any, target: Any, weight: Any, *, ignore_index: int, smoothing: float, reduction: str
) -> Any:
    if reduction == "mean":
        return be.cross_entropy_mean(x, target, weight, ignore_index, smoothing)
    loss, lse = be.cross_entropy(x, target, weight, ignore_index, smoothing)
    return loss if reduction == "none" else loss.sum(dtype=lse.dtype).astype(x.dtype), lse, None


@op
def _cross_entropy_grad(
    be: Any, g: Any, x: Any, target: Any, weight: Any, lse: Any, total: Any, *, ignore_index: int, smoothing: float
) -> Any:
    if total is None and not g.ndim:  # of the sum
        g = be.xp.full(target.shape, g, g.dtype)
    return be.cross_entropy_grad(g, x, target, lse, weight, ignore_index, smoothing, total)


_cross_entropy.grad(
    x=lambda g, x, target, weight, lse, total, *, reduction, **p: _cross_entropy_grad(
        g, x, target, weight, lse, total, **p
    )
)


@_cross_entropy.composed
def _cross_entropy_definition(
    x: Any, target: Any, weight: Any, *, ignore_index: int, smoothing: float, reduction: str
) -> Any:
    kept = target != ignore_index
    log_p = x.log_softmax(1)
    weighted = log_p if weight is None else log_p * weight.reshape(-1, *[1] * (x.ndim - 2))
    safe = ag.where(kept, target, 0).unsqueeze(1)
    loss = -(1 - smoothing) * weighted.gather(1, safe).squeeze(1)
    if smoothing:
        loss = loss - smoothing / x.shape[1] * weighted.sum(1)
    loss = ag.where(kept, loss, 0)
    if reduction == "mean":
        return loss.sum() / (kept.sum() if weight is None else (weight[safe.squeeze(1)] * kept).sum())
    return reduced(loss, reduction)


@autocasts
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """How badly logits predict classes: -sum over c of q[c] * weight[c] * log softmax(x)[c].

    With class indices q is 1 at the target (with ``label_smoothing`` s: 1-s there and s/C spread over all classes), and
    the mean is weighted: the sum of the losses over the sum of weight[target].

    Args:
        input: logits (N,C), (C,) or (N,C,*S).
        target: class indices (N,), () or (N,*S), integers; or probabilities of the input's shape and dtype.
        weight: of each class, (C,) or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        ignore_index: a target that does not count.
        reduction: "mean", "sum" or "none".
        label_smoothing: s, from 0 to 1.

    Returns:
        A 0-d tensor, or with "none" the loss of every target.

    Raises:
        ShapeError: a target or weight of another shape.
        IndexError: a class outside of [0, C-1].
        ValueError: another reduction, or smoothing outside of [0, 1].

    Example:
        >>> F.cross_entropy(ag.tensor([[0.0, 0.0], [2.0, 0.0]]), ag.tensor([1, 0]), reduction="none")
        tensor([0.6931, 0.1269])
    """
    reduction = reduction_of("cross_entropy", reduction, size_average, reduce)
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"cross_entropy: expected label_smoothing from 0 to 1, got {label_smoothing}")
    _check("cross_entropy", input, target, weight, probabilities=target.raw.dtype.kind in REAL)
    if target.raw.dtype.kind in REAL:
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    classes = target if target.raw.dtype is INT64 else target.to(ag.int64)
    shape = input.raw.shape
    if len(shape) == 1:
        input, classes = input.unsqueeze(0), classes.unsqueeze(0)
    elif len(shape) > 3:
        input, classes = input.flatten(2), classes.flatten(1)
    how = {"ignore_index": ignore_index, "smoothing": float(label_smoothing), "reduction": reduction}
    loss: Tensor = _cross_entropy(input, classes, weight, **how)
    return loss.reshape(target.raw.shape) if reduction == "none" else loss


def _soft_cross_entropy(input: Tensor, target: Tensor, weight: Any, reduction: str, smoothing: float) -> Tensor:
    """Against probabilities: target of the input's shape."""
    axis = 0 if input.raw.ndim == 1 else 1
    classes = input.raw.shape[axis]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes
    if weight is not None:
        target = target * weight.reshape(-1, *[1] * (input.raw.ndim - axis - 1))
    loss = -(input.log_softmax(axis) * target).sum(axis)
    return loss.sum() / (input.raw.size / classes) if reduction == "mean" else reduced(loss, reduction)


@autocasts
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of classes: -weight[t] * x[t]; the mean is the sum over the sum of weight[t].

    Args:
        input: log-probabilities (N,C), (C,) or (N,C,*S), for example from ``log_softmax``.
        target: class indices (N,), () or (N,*S), integers.
        weight: of each class, (C,) or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        ignore_index: a target that does not count.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every target.

    Raises:
        ShapeError: a target or weight of another shape.
        IndexError: a class outside of [0, C-1].
        ValueError: another reduction.

    Example:
        >>> F.nll_loss(ag.tensor([[-0.5, -1.0], [-3.0, -0.1]]), ag.tensor([0, 1]))
        tensor(0.3000)
    """
    reduction = reduction_of("nll_loss", reduction, size_average, reduce)
    _check("nll_loss", input, target, weight, probabilities=False)
    axis = 0 if input.raw.ndim == 1 else 1
    classes = target.to(ag.int64)
    kept = classes != ignore_index
    safe = ag.where(kept, classes, 0)
    count = input.raw.shape[axis]
    if (wrong := target.backend.check_positions(safe.raw, 0, count)) is not None:
        raise IndexError(f"nll_loss: expected classes in [0, {count - 1}] or ignore_index {ignore_index}, got {wrong}")
    counts = kept.to(input.dtype) if weight is None else weight[safe] * kept
    loss = ag.where(kept, -input.gather(axis, safe.unsqueeze(axis)).squeeze(axis), 0) * counts
    return loss.sum() / counts.sum() if reduction == "mean" else reduced(loss, reduction)


def _check(name: str, input: Tensor, target: Tensor, weight: Tensor | None, probabilities: bool) -> None:
    shape = input.raw.shape
    if not shape:
        raise ShapeError(f"{name}: expected input (C,), (N,C) or (N,C,*S), got a 0-d tensor")
    if input.raw.dtype.kind not in REAL:
        raise DtypeError(f"{name}: expected input of a floating dtype, got {input.dtype}")
    classes = shape[0] if len(shape) == 1 else shape[1]
    expected = shape if probabilities else () if len(shape) == 1 else (shape[0], *shape[2:])
    if target.raw.shape != expected:
        kind = "probabilities" if probabilities else "class indices"
        raise ShapeError(f"{name}: expected {kind} of shape {expected} for input {shape}, got {target.raw.shape}")
    if not probabilities and target.raw.dtype.kind not in "iu":
        raise DtypeError(f"{name}: expected class indices of an integer dtype, got {target.dtype}. Cast with .long()")
    if weight is not None and weight.raw.shape != (classes,):
        raise ShapeError(f"{name}: expected weight of shape ({classes},) for input {shape}, got {weight.raw.shape}")
