"""A convolution or linear layer and the batch normalisation behind it as one layer, for evaluation."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import autograd as ag
from autograd.tensor import Tensor
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]

Layer = TypeVar("Layer", bound=Module)


def _fused(
    weight: Tensor, bias: Any, mean: Tensor, var: Tensor, eps: float, bn_weight: Any, bn_bias: Any, axis: int
) -> tuple[Parameter, Parameter]:
    scale = (var.detach() + eps).rsqrt()
    if bn_weight is not None:
        scale = scale * bn_weight.detach()
    shape = [1] * weight.ndim
    shape[axis] = -1
    shift = (0.0 if bias is None else bias.detach()) - mean.detach()
    moved = shift * scale if bn_bias is None else shift * scale + bn_bias.detach()
    trained = weight.requires_grad, weight.requires_grad if bias is None else bias.requires_grad
    scaled = weight.detach() * scale.reshape(shape)
    return Parameter(scaled.to(weight.dtype), trained[0]), Parameter(moved.to(weight.dtype), trained[1])


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the convolution that does both: w * s, (b - mean) * s + beta with s = gamma / sqrt(var + eps).

    Args:
        conv_w: (O, I, *K), with ``transpose`` (I, O, *K).
        conv_b: (O,) or None.
        bn_rm, bn_rv: running mean and variance, (O,).
        bn_eps: eps of the normalisation.
        bn_w, bn_b: gamma and beta, (O,) or None.
        transpose: the weight of a transposed convolution.

    Returns:
        The weight, like ``conv_w``, and the bias (O,).

    Example:
        >>> w, b = nn.utils.fuse_conv_bn_weights(
        ...     ag.ones(1, 1, 1), None, ag.zeros(1), ag.ones(1), 0.0, 2 * ag.ones(1), None)
        >>> w.item(), b.item()
        (2.0, 0.0)
    """
    return _fused(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 1 if transpose else 0)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of the linear layer that does both; see ``fuse_conv_bn_weights``.

    Args:
        linear_w: (O, I).
        linear_b: (O,) or None.
        bn_rm, bn_rv: running mean and variance, (O,).
        bn_eps: eps of the normalisation.
        bn_w, bn_b: gamma and beta, (O,) or None.

    Returns:
        The weight (O, I) and the bias (O,).

    Example:
        >>> w, b = nn.utils.fuse_linear_bn_weights(
        ...     ag.ones(1, 1), None, ag.ones(1), ag.ones(1), 0.0, None, None)
        >>> w.item(), b.item()
        (1.0, -1.0)
    """
    return _fused(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 0)


def fuse_conv_bn_eval(conv: Layer, bn: Any, transpose: bool = False) -> Layer:
    """A convolution that gives what ``bn(conv(x))`` gives in evaluation.

    Args:
        conv: the convolution, in evaluation.
        bn: the batch normalisation behind it, in evaluation, with running statistics.
        transpose: ``conv`` is a transposed one.

    Returns:
        A new layer of the class of ``conv``.

    Raises:
        ValueError: one of the two is in training, or there are no running statistics.

    Example:
        >>> fused = nn.utils.fuse_conv_bn_eval(nn.Conv2d(1, 2, 3).eval(), nn.BatchNorm2d(2).eval())
        >>> fused(ag.ones(1, 1, 3, 3)).shape
        Size([1, 2, 1, 1])
    """
    return _fuse("fuse_conv_bn_eval", conv, bn, 1 if transpose else 0)


def fuse_linear_bn_eval(linear: Layer, bn: Any) -> Layer:
    """A linear layer that gives what ``bn(linear(x))`` gives in evaluation.

    Args:
        linear: the linear layer, in evaluation.
        bn: the batch normalisation behind it, in evaluation, with running statistics.

    Returns:
        A new layer of the class of ``linear``.

    Raises:
        ValueError: one of the two is in training, or there are no running statistics.

    Example:
        >>> fused = nn.utils.fuse_linear_bn_eval(nn.Linear(3, 2).eval(), nn.BatchNorm1d(2).eval())
        >>> fused(ag.ones(1, 3)).shape
        Size([1, 2])
    """
    return _fuse("fuse_linear_bn_eval", linear, bn, 0)


def _fuse(name: str, layer: Layer, bn: Any, axis: int) -> Layer:
    if layer.training or bn.training or bn.running_mean is None:
        raise ValueError(
            f"{name}: expected both layers in evaluation and running statistics, got "
            f"training={layer.training} and {bn.training}. Call eval() on both"
        )
    fused = copy.deepcopy(layer)
    with ag.no_grad():
        fused.weight, fused.bias = _fused(
            layer.weight, layer.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, axis
        )
    return fused
