"""Losses between two tensors of one shape: distances, cross-entropies of probabilities, likelihoods."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd.casting import autocasts
from autograd.errors import ArgumentError, ShapeError
from autograd.grad_mode import no_grad
from autograd.op import elementwise
from autograd.ops.activation import activation
from autograd.ops.comparison import where
from autograd.ops.elementwise import log, log1p, sigmoid
from nn.functional.reduction import reduced, reduction_of, warn_of_broadcasting
from nn.functional.smooth_activation import softplus

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- distances ---------------------------------------------------------------------------------------------------------


_square = activation("square", lambda g, d: g * (d * 2))


@autocasts
def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The squared error (x - t)^2.

    Args:
        input: any shape.
        target: of the same shape.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".
        weight: of each element, of the same shape; the mean is then the sum over the sum of the weights.

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ShapeError: shapes that cannot be broadcast.
        ValueError: another reduction.

    Example:
        >>> F.mse_loss(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0]))
        tensor(2.)
    """
    reduction = reduction_of("mse_loss", reduction, size_average, reduce)
    warn_of_broadcasting("mse_loss", input, target)
    loss = _weighted("mse_loss", _square(input - target), weight)
    return loss.sum() / weight.sum() if weight is not None and reduction == "mean" else reduced(loss, reduction)


@autocasts
def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The absolute error |x - t|.

    Args:
        input: any shape.
        target: of the same shape.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".
        weight: of each element, of the same shape; the mean is then the sum over the sum of the weights.

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ShapeError: shapes that cannot be broadcast.
        ValueError: another reduction.

    Example:
        >>> F.l1_loss(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0]))
        tensor(1.)
    """
    reduction = reduction_of("l1_loss", reduction, size_average, reduce)
    warn_of_broadcasting("l1_loss", input, target)
    loss = _weighted("l1_loss", (input - target).abs(), weight)
    return loss.sum() / weight.sum() if weight is not None and reduction == "mean" else reduced(loss, reduction)


def _weighted(name: str, loss: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return loss
    if weight.raw.shape != loss.raw.shape:
        raise ShapeError(f"{name}: expected weight of the input's shape {loss.raw.shape}, got {weight.raw.shape}")
    y: Tensor = loss * weight
    return y


_huber = activation("huber", lambda g, d, delta: g * where(d > delta, delta, where(d < -delta, -delta, d)))


@autocasts
def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Squared error near, absolute error far: d^2 / 2 where d = |x - t| <= delta, else delta * (d - delta/2).

    Args:
        input: any shape.
        target: of the same shape.
        reduction: "mean", "sum" or "none".
        delta: where the two meet; positive.
        weight: of each element, of the same shape.

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ShapeError: shapes that cannot be broadcast.
        ValueError: another reduction, or a delta that is not positive.

    Example:
        >>> F.huber_loss(ag.tensor([1.0, 2.0]), ag.tensor([1.5, 4.0]), reduction="none")
        tensor([0.1250, 1.5000])

    Source: Huber, Robust Estimation of a Location Parameter, 1964.
    """
    reduction = reduction_of("huber_loss", reduction)
    if delta <= 0:
        raise ArgumentError(f"huber_loss: expected delta above 0, got {delta}")
    warn_of_broadcasting("huber_loss", input, target)
    return reduced(_weighted("huber_loss", _huber(input - target, params=(delta,)), weight), reduction)


@autocasts
def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Absolute error with its bend rounded: d^2 / (2 beta) where d = |x - t| < beta, else d - beta/2.

    Args:
        input: any shape.
        target: of the same shape.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".
        beta: how far the rounding reaches; 0 is ``l1_loss``.

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ShapeError: shapes that cannot be broadcast.
        ValueError: another reduction, or a negative beta.

    Example:
        >>> F.smooth_l1_loss(ag.tensor([1.0, 2.0]), ag.tensor([1.5, 4.0]), reduction="none")
        tensor([0.1250, 1.5000])

    Source: Girshick, Fast R-CNN, 2015.
    """
    reduction = reduction_of("smooth_l1_loss", reduction, size_average, reduce)
    if beta < 0:
        raise ArgumentError(f"smooth_l1_loss: expected beta of at least 0, got {beta}")
    warn_of_broadcasting("smooth_l1_loss", input, target)
    difference = input - target
    loss = _huber(difference, params=(beta,)) if beta else difference.abs()
    return reduced(loss if beta in (0, 1) else loss / beta, reduction)


# -- cross-entropies of probabilities ----------------------------------------------------------------------------------


@elementwise
def _binary_cross_entropy(be: Any, x: Any, t: Any) -> Any:
    xp = be.xp
    return (t - 1) * xp.maximum(xp.log1p(-x), -100) - t * xp.maximum(xp.log(x), -100)


def _log_odds(x: Any) -> Any:
    """log(x) - log(1 - x), each at least -100."""
    return _at_least(log(x), -100) - _at_least(log1p(-x), -100)


def _at_least(x: Any, least: float) -> Any:
    return where(x < least, least, x)


_binary_cross_entropy.grad(
    x=lambda g, x, t: g * (x - t) / _at_least((1 - x) * x, 1e-12),
    t=lambda g, x: -g * _log_odds(x),
)


@autocasts
def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy of a probability: -(t * log x + (1 - t) * log(1 - x)), logarithms at least -100.

    Args:
        input: probabilities in [0, 1], any shape.
        target: of the same shape, in [0, 1].
        weight: broadcastable factors on the losses, or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ShapeError: a target of another shape.
        ValueError: another reduction, or values outside of [0, 1].

    Example:
        >>> F.binary_cross_entropy(ag.tensor([0.5, 0.5]), ag.tensor([1.0, 0.0]))
        tensor(0.6931)
    """
    reduction = reduction_of("binary_cross_entropy", reduction, size_average, reduce)
    x = input.raw
    if target.raw.shape != x.shape:
        raise ShapeError(
            f"binary_cross_entropy: expected target of the input's shape {x.shape}, got {target.raw.shape}"
        )
    if not input.is_cuda and x.size and not 0 <= x.min() <= x.max() <= 1:
        raise ArgumentError(
            f"binary_cross_entropy: expected input in [0, 1], got values from {x.min()} to {x.max()}. "
            "For logits use binary_cross_entropy_with_logits"
        )
    loss = _binary_cross_entropy(input, target)
    return reduced(loss if weight is None else loss * weight, reduction)


@elementwise
def _logit_cross_entropy(be: Any, x: Any, t: Any) -> Any:
    return be.sub(be.sub(be.relu(x), be.mul(x, t)), be.activation(be.xp.abs(x), "logsigmoid", ()))


_logit_cross_entropy.grad(x=lambda g, x, t: g * (sigmoid(x) - t), t=lambda g, x: -g * x)


@autocasts
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """``binary_cross_entropy`` of sigmoid(x), in one step and without overflow.

    -(pos_weight * t * log sigmoid(x) + (1 - t) * log(1 - sigmoid(x))).

    Args:
        input: logits, any shape.
        target: of the same shape, in [0, 1].
        weight: broadcastable factors on the losses, or None.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum" or "none".
        pos_weight: broadcastable factors on the share of the targets that is 1, or None.

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ShapeError: a target of another shape.
        ValueError: another reduction.

    Example:
        >>> F.binary_cross_entropy_with_logits(ag.tensor([0.0, -1000.0]), ag.tensor([1.0, 0.0]), reduction="none")
        tensor([0.6931, 0.0000])
    """
    reduction = reduction_of("binary_cross_entropy_with_logits", reduction, size_average, reduce)
    if target.raw.shape != input.raw.shape:
        raise ShapeError(
            f"binary_cross_entropy_with_logits: expected target of the input's shape {input.raw.shape}, "
            f"got {target.raw.shape}"
        )
    if pos_weight is None:
        loss = _logit_cross_entropy(input, target)
    else:  # log(1 - sigmoid(x)) = -x - softplus(-x)
        loss = (1 - target) * input + ((pos_weight - 1) * target + 1) * softplus(-input, 1.0, math.inf)
    return reduced(loss if weight is None else loss * weight, reduction)


@autocasts
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Kullback-Leibler divergence: t * (log t - x), 0 where t is 0.

    Args:
        input: log-probabilities, any shape.
        target: probabilities of the same shape, or with ``log_target`` their logarithms.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        reduction: "mean", "sum", "none", or "batchmean": the sum over the size of the first axis, as it is defined.
        log_target: the target is given by its logarithm.

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ValueError: another reduction.

    Example:
        >>> F.kl_div(ag.tensor([[0.5, 0.5]]).log(), ag.tensor([[1.0, 0.0]]), reduction="batchmean")
        tensor(0.6931)
    """
    by_batch = reduction == "batchmean" and size_average is None and reduce is None
    reduction = reduction_of("kl_div", "sum" if by_batch else reduction, size_average, reduce)
    loss = target.exp() * (target - input) if log_target else ag.xlogy(target, target) - target * input
    return reduced(loss, reduction) / input.raw.shape[0] if by_batch and input.raw.ndim else reduced(loss, reduction)


# -- likelihoods -------------------------------------------------------------------------------------------------------


@autocasts
def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The negative log-likelihood of counts: exp(x) - t * x, or x - t * log(x + eps) without ``log_input``.

    Args:
        input: the (logarithm of the) expected count, any shape.
        target: counts of the same shape.
        log_input: whether ``input`` is the logarithm.
        full: add Stirling's approximation of log t!, where t > 1.
        size_average, reduce: accepted for old programs; ``reduction`` says the same.
        eps: keeps the logarithm finite.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ValueError: another reduction.

    Example:
        >>> F.poisson_nll_loss(ag.tensor([0.0]), ag.tensor([3.0]))
        tensor(1.)
    """
    reduction = reduction_of("poisson_nll_loss", reduction, size_average, reduce)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        many = ag.where(target > 1, target, 1)
        loss = loss + ag.where(target > 1, many * many.log() - many + 0.5 * (2 * math.pi * many).log(), 0)
    return reduced(loss, reduction)


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """The negative log-likelihood of a normal distribution: (log(var) + (x - t)^2 / var) / 2, var at least eps.

    Args:
        input: expected values (*).
        target: of the same shape, or one that broadcasts to it.
        var: variances: a number, of the input's shape, with sizes 1 in it, or without the last axis.
        full: add log(2 pi) / 2.
        eps: the least variance; the gradient of ``var`` passes through this limit.
        reduction: "mean", "sum" or "none".

    Returns:
        A 0-d tensor, or with "none" the loss of every element.

    Raises:
        ShapeError: variances of another shape.
        ValueError: another reduction, or a negative variance.

    Example:
        >>> F.gaussian_nll_loss(ag.tensor([1.0]), ag.tensor([3.0]), ag.tensor([1.0]))
        tensor(2.)
    """
    reduction = reduction_of("gaussian_nll_loss", reduction)
    shape = input.raw.shape
    if isinstance(var, (int, float)):
        var = ag.full_like(input, var)
    elif var.raw.shape == shape[:-1] and var.raw.shape != shape:
        var = var.unsqueeze(-1)
    elif var.raw.ndim != len(shape) or any(v not in (1, n) for v, n in zip(var.raw.shape, shape, strict=True)):
        raise ShapeError(f"gaussian_nll_loss: expected var of shape {shape} or {shape[:-1]}, got {var.raw.shape}")
    if not var.is_cuda and (var.raw < 0).any():
        raise ArgumentError(f"gaussian_nll_loss: expected var of at least 0, got {var.raw.min()}")
    var = var.clone()
    with no_grad():
        var.clamp_(eps)
    loss = (var.log() + _square(input - target) / var) * 0.5
    return reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)
