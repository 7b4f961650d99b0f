"""Losses that ask for a margin: between scores, classes, labels, or points in a space."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import autograd as ag
from autograd.casting import autocasts
from autograd.errors import ArgumentError, ShapeError
from nn.functional.distance import pairwise_distance
from nn.functional.reduction import reduced, reduction_of
from nn.functional.smooth_activation import logsigmoid

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- two alternatives, told apart by a target of 1 or -1 ---------------------------------------------------------------


@autocasts
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, -t * (x1 - x2) + margin): x1 should be larger where t is 1, smaller where t is -1.

    Args:
        input1, input2: scores of one shape.
        target: 1 or -1, of the same shape.
        margin: by how much.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ShapeError: another number of axes.
        ValueError: another reduction.

    Example:
        >>> F.margin_ranking_loss(ag.tensor([1.0]), ag.tensor([3.0]), ag.tensor([1.0]))
        tensor(2.)
    """
    reduction = reduction_of("margin_ranking_loss", reduction, size_average, reduce)
    shapes = [t.raw.shape for t in (input1, input2, target)]
    if len({len(s) for s in shapes}) > 1:
        raise ShapeError(f"margin_ranking_loss: expected tensors with as many axes, got {', '.join(map(str, shapes))}")
    return reduced((margin - target * (input1 - input2)).clamp_min(0), reduction)


@autocasts
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The distance x where t is 1; max(0, margin - x) where t is -1.

    Args:
        input: distances, any shape.
        target: 1 or -1, of the same shape.
        margin: how far apart the different should be.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ValueError: another reduction.

    Example:
        >>> F.hinge_embedding_loss(ag.tensor([0.5, 0.5]), ag.tensor([1, -1]), margin=2.0, reduction="none")
        tensor([0.5000, 1.5000])
    """
    reduction = reduction_of("hinge_embedding_loss", reduction, size_average, reduce)
    apart = ag.where(target != 1, (margin - input).clamp_min(0), 0)
    return reduced(apart + ag.where(target != -1, input, 0), reduction)


@autocasts
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos(x1, x2) where t is 1; max(0, cos(x1, x2) - margin) where t is -1.

    Args:
        input1, input2: vectors (N,D) or (D,).
        target: 1 or -1, (N,) or ().
        margin: the cosine that the different may have.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every pair.

    Raises:
        ShapeError: shapes that do not fit.
        ValueError: another reduction.

    Example:
        >>> F.cosine_embedding_loss(ag.tensor([[1.0, 0.0]]), ag.tensor([[0.0, 1.0]]), ag.tensor([1.0]))
        tensor(1.)
    """
    reduction = reduction_of("cosine_embedding_loss", reduction, size_average, reduce)
    if input1.raw.ndim not in (1, 2) or input1.raw.ndim != input2.raw.ndim or target.raw.ndim != input1.raw.ndim - 1:
        raise ShapeError(
            "cosine_embedding_loss: expected inputs (N,D) with target (N,), or (D,) with (), "
            f"got {input1.raw.shape}, {input2.raw.shape} and {target.raw.shape}"
        )
    dot, one, two = (a.mul(b).sum(-1) for a, b in ((input1, input2), (input1, input1), (input2, input2)))
    cos = dot / ((one + 1e-12) * (two + 1e-12)).sqrt()
    apart = ag.where(target == -1, (cos - margin).clamp_min(0), 0)
    return reduced(apart + ag.where(target == 1, 1 - cos, 0), reduction)


@autocasts
def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """log(1 + exp(-t * x)).

    Args:
        input: scores, any shape.
        target: 1 or -1, of the same shape.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ValueError: another reduction.

    Example:
        >>> F.soft_margin_loss(ag.tensor([0.0]), ag.tensor([1.0]))
        tensor(0.6931)
    """
    reduction = reduction_of("soft_margin_loss", reduction, size_average, reduce)
    return reduced(-logsigmoid(target * input), reduction)


# -- one class, or several labels, among many --------------------------------------------------------------------------


@autocasts
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """sum over c other than t of weight[t] * max(0, margin - x[t] + x[c])^p / C.

    Args:
        input: scores (N,C) or (C,).
        target: classes (N,) or (), int64.
        p: 1 or 2.
        margin: by how much the target's score should lead.
        weight: of each class (C,), or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every sample.

    Raises:
        ShapeError: shapes that do not fit.
        ValueError: another p or reduction.

    Example:
        >>> F.multi_margin_loss(ag.tensor([[0.0, 0.5]]), ag.tensor([1]))
        tensor(0.2500)
    """
    reduction = reduction_of("multi_margin_loss", reduction, size_average, reduce)
    if p not in (1, 2):
        raise ArgumentError(f"multi_margin_loss: expected p of 1 or 2, got {p}")
    _check_rows("multi_margin_loss", input, target, input.raw.shape[:-1])
    classes = target.unsqueeze(-1)
    others = ag.ones_like(input).scatter(-1, classes, 0.0)
    loss = (margin - input.gather(-1, classes) + input).clamp_min(0)
    loss = (loss if p == 1 else loss * loss) * others
    if weight is not None:
        loss = loss * weight[classes]
    return reduced(loss.sum(-1) / input.raw.shape[-1], reduction)


@autocasts
def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """sum over labels j and classes c that are no label of max(0, 1 - x[j] + x[c]) / C.

    Args:
        input: scores (N,C) or (C,).
        target: of the same shape, int64: the labels, ended by -1 where there are fewer than C.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every sample.

    Raises:
        ShapeError: shapes that do not fit.
        ValueError: another reduction.

    Example:
        >>> F.multilabel_margin_loss(ag.tensor([[0.0, 0.5]]), ag.tensor([[1, -1]]))
        tensor(0.2500)
    """
    reduction = reduction_of("multilabel_margin_loss", reduction, size_average, reduce)
    _check_rows("multilabel_margin_loss", input, target, input.raw.shape)
    listed = (target < 0).to(ag.int64).cumsum(-1) == 0  # up to the first -1
    labels = ag.where(listed, target, 0)
    is_label = ag.zeros_like(target).scatter_add(-1, labels, listed.to(target.dtype)) > 0
    gaps = 1 - input.gather(-1, labels).unsqueeze(-1) + input.unsqueeze(-2)  # (*,labels,C)
    counts = (listed.unsqueeze(-1) & is_label.logical_not().unsqueeze(-2)).to(input.dtype)
    return reduced((gaps.clamp_min(0) * counts).sum((-2, -1)) / input.raw.shape[-1], reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-mean over c of weight[c] * (t[c] * log sigmoid(x[c]) + (1 - t[c]) * log sigmoid(-x[c])).

    Args:
        input: scores (*,C).
        target: 0 or 1, of the same shape.
        weight: of each class (C,), or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every sample (*).

    Raises:
        ValueError: another reduction.

    Example:
        >>> F.multilabel_soft_margin_loss(ag.tensor([[0.0, 0.0]]), ag.tensor([[1.0, 0.0]]))
        tensor(0.6931)
    """
    reduction = reduction_of("multilabel_soft_margin_loss", reduction, size_average, reduce)
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    return reduced((loss if weight is None else loss * weight).sum(-1) / input.raw.shape[-1], reduction)


def _check_rows(name: str, input: Tensor, target: Tensor, expected: tuple[int, ...]) -> None:
    shape = input.raw.shape
    if len(shape) not in (1, 2) or not shape[-1] or target.raw.shape != expected:
        raise ShapeError(
            f"{name}: expected input (N,C) or (C,) and target {expected}, got {shape} and {target.raw.shape}"
        )


# -- triplets: an anchor nearer to its like than to another ------------------------------------------------------------


@autocasts
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(a, pos) - d(a, neg) + margin), d = |a - b + eps|_p.

    Args:
        anchor, positive, negative: points (*,D).
        margin: by how much nearer the positive should be.
        p: of the norm.
        eps: added to the difference, so that the gradient exists at 0.
        swap: take d(pos, neg) for d(a, neg) where it is smaller.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every triplet (*).

    Raises:
        ShapeError: another number of axes.
        ValueError: another reduction, or a margin that is not positive.

    Example:
        >>> F.triplet_margin_loss(ag.tensor([[0.0]]), ag.tensor([[1.0]]), ag.tensor([[1.5]]))
        tensor(0.5000)

    Source: Balntas and others, Learning Shallow Convolutional Feature Descriptors with Triplet Losses, 2016.
    """
    reduction = reduction_of("triplet_margin_loss", reduction, size_average, reduce)

    def distance(a: Tensor, b: Tensor) -> Tensor:
        return pairwise_distance(a, b, p, eps)

    return _triplet_loss("triplet_margin_loss", (anchor, positive, negative), distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """``triplet_margin_loss`` with a distance of one's own.

    Args:
        anchor, positive, negative: points (*,D).
        distance_function: of two tensors of points; default: ``pairwise_distance``.
        margin, swap, reduction: as for ``triplet_margin_loss``.

    Returns:
        A 0-d tensor, or with "none" the loss of every triplet (*).

    Raises:
        ShapeError: another number of axes.
        ValueError: another reduction, or a margin that is not positive.

    Example:
        >>> points = ag.tensor([[0.0]]), ag.tensor([[1.0]]), ag.tensor([[1.5]])
        >>> F.triplet_margin_with_distance_loss(*points, distance_function=lambda a, b: (a - b).abs().sum(-1))
        tensor(0.5000)
    """
    name = "triplet_margin_with_distance_loss"
    reduction = reduction_of(name, reduction)
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplet_loss(name, (anchor, positive, negative), distance, margin, swap, reduction)


def _triplet_loss(
    name: str,
    triplet: tuple[Tensor, Tensor, Tensor],
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    if margin <= 0:
        raise ArgumentError(f"{name}: expected margin above 0, got {margin}")
    if len({t.raw.ndim for t in triplet}) > 1:
        shapes = ", ".join(str(t.raw.shape) for t in triplet)
        raise ShapeError(f"{name}: expected anchor, positive and negative with as many axes, got {shapes}")
    anchor, positive, negative = triplet
    far = distance(anchor, negative)
    if swap:
        far = ag.minimum(far, distance(positive, negative))
    return reduced((margin + distance(anchor, positive) - far).clamp_min(0), reduction)
