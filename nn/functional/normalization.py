"""Normalisation over a batch, a sample, groups of channels or neighbouring channels."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd.casting import autocasts
from autograd.errors import ArgumentError, ShapeError
from autograd.formats import packed
from autograd.op import op, written
from nn.functional.channels import channel_affine
from nn.functional.padding import pad
from nn.functional.pooling import avg_pool2d

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- over a batch ------------------------------------------------------------------------------------------------------


@op(outputs=("y", "mean", "var"))
def _batch_norm(be: Any, x: Any, weight: Any, bias: Any, *, eps: float) -> Any:
    y, mean, var = be.batch_norm(x, weight, bias, eps)  # (N,C,*S) -> (N,C,*S), (C,), (C,)
    return packed(y), mean, var


@op(outputs=("x_grad", "weight_grad", "bias_grad"))
def _batch_norm_grad(be: Any, g: Any, x: Any, weight: Any, mean: Any, var: Any, *, eps: float) -> Any:
    return be.batch_norm_grad(g, x, weight, mean, var, eps)


@_batch_norm.grad_all
def _batch_norm_gradients(needs: Any, g: Any, x: Any, weight: Any, mean: Any, var: Any, *, eps: float) -> Any:
    return _batch_norm_grad(g[0], x, weight, mean, var, eps=eps)


@_batch_norm.composed
def _batch_norm_definition(x: Any, weight: Any, bias: Any, *, eps: float) -> Any:
    axes = (0, *range(2, x.ndim))
    centred = x - x.mean(axes, keepdim=True)
    y = centred * ((centred * centred).mean(axes, keepdim=True) + eps).rsqrt()
    return channel_affine(y, weight, bias)


@op(outputs=("y", "mean", "var"))
def _batch_norm_relu(be: Any, x: Any, weight: Any, bias: Any, residual: Any, *, eps: float) -> Any:
    y, mean, var = be.batch_norm_relu(x, weight, bias, residual, eps)
    return packed(y), mean, var


@op(outputs=("x_grad", "weight_grad", "bias_grad", "residual_grad"))
def _batch_norm_relu_grad(
    be: Any, g: Any, y: Any, x: Any, weight: Any, mean: Any, var: Any, *, eps: float, residual: bool
) -> Any:
    return be.batch_norm_relu_grad(g, y, x, weight, mean, var, eps, residual)


@_batch_norm_relu.grad_all
def _batch_norm_relu_gradients(
    needs: Any, g: Any, y: Any, x: Any, weight: Any, mean: Any, var: Any, *, eps: float
) -> Any:
    return _batch_norm_relu_grad(g[0], y, x, weight, mean, var, eps=eps, residual=needs[3])


@_batch_norm_relu.composed
def _batch_norm_relu_definition(x: Any, weight: Any, bias: Any, residual: Any, *, eps: float) -> Any:
    y = _batch_norm_definition(x, weight, bias, eps=eps)
    return ag.relu(y if residual is None else y + residual)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """Each channel normalised over batch and space: (x - mean) / sqrt(var + eps) * weight + bias.

    In training mean and (biased) variance are those of the batch, and the running ones, with the unbiased variance,
    follow in place: running = (1 - momentum) * running + momentum * batch. Otherwise the running ones are used.

    Args:
        input: (N,C) or (N,C,*S).
        running_mean, running_var: (C,); None in training to keep none.
        weight, bias: (C,) or None.
        training: use the statistics of the batch.
        momentum: how fast the running statistics follow.
        eps: added to the variance.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: no channel axis, statistics or weights of another shape, or one value per channel in training.
        ValueError: not in training, without running statistics.

    Example:
        >>> F.batch_norm(ag.tensor([[1.0], [3.0]]), None, None, training=True)
        tensor([[-1.0000],
                [ 1.0000]])

    Source: Ioffe and Szegedy, Batch Normalization, 2015.
    """
    count = _values_per_channel(input, running_mean, running_var, weight, bias, training)
    if not training:
        return _by_statistics(input, running_mean, running_var, weight, bias, eps)
    y: Tensor
    y, mean, var = _batch_norm(input, weight, bias, eps=eps)
    _follow(running_mean, mean.raw, momentum)
    _follow(running_var, var.raw, momentum, count / (count - 1) if count else 1.0)
    return y


def batch_norm_relu(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-05,
    residual: Tensor | None = None,
) -> Tensor:
    """``batch_norm``, the sum with another branch and ``relu`` at once: max(batch_norm(input) + residual, 0).

    In training one pass over the memory stands for two or three, in both directions. ``Sequential`` calls it where
    a batch normalization is followed by a ReLU.

    Args:
        input: (N,C) or (N,C,*S).
        running_mean, running_var, weight, bias, training, momentum, eps: as for ``batch_norm``.
        residual: like ``input``, or None.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError, ValueError: as ``batch_norm``; or ``residual`` has another shape than ``input``.

    Example:
        >>> F.batch_norm_relu(ag.tensor([[1.0], [3.0]]), None, None, training=True)
        tensor([[0.0000],
                [1.0000]])

    Source: He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015.
    """
    count = _values_per_channel(input, running_mean, running_var, weight, bias, training)
    if residual is not None:
        if residual.raw.shape != input.raw.shape:
            raise ShapeError(
                f"batch_norm_relu: expected residual of the input's shape {input.raw.shape}, got {residual.raw.shape}"
            )
        residual = residual.to(input.dtype)
    y: Tensor
    if not training:
        y = _by_statistics(input, running_mean, running_var, weight, bias, eps)
        y = ag.relu(y if residual is None else y + residual)
        return y
    y, mean, var = _batch_norm_relu(input, weight, bias, residual, eps=eps)
    _follow(running_mean, mean.raw, momentum)
    _follow(running_var, var.raw, momentum, count / (count - 1) if count else 1.0)
    return y


def _values_per_channel(
    input: Tensor, mean: Tensor | None, var: Tensor | None, weight: Any, bias: Any, training: bool
) -> int:
    """How many values a batch norm takes the statistics of; its arguments are checked."""
    shape = input.raw.shape
    _check_channels("batch_norm", shape, running_mean=mean, running_var=var, weight=weight, bias=bias)
    if not training and (mean is None or var is None):
        raise ArgumentError(
            "batch_norm: expected running_mean and running_var outside of training, got None. Pass training=True"
        )
    count = prod(shape) // shape[1] if shape[1] else 0
    if training and count == 1:
        raise ShapeError(f"batch_norm: expected more than 1 value per channel in training, got shape {shape}")
    return count


def _by_statistics(input: Tensor, mean: Any, var: Any, weight: Any, bias: Any, eps: float) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias as one product and one sum."""
    scale = (var + eps).rsqrt()
    if weight is not None:
        scale = scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    y: Tensor = channel_affine(input, scale.to(input.dtype), shift.to(input.dtype))
    return y


def _follow(running: Tensor | None, batch: Any, momentum: float, factor: float = 1.0) -> None:
    """running = (1 - momentum) * running + momentum * factor * batch (raw), in place and outside the graph."""
    if running is not None:
        running.raw *= 1 - momentum
        running.raw += batch * (momentum * factor)
        written(running, "batch_norm", None, track=False)


def _check_channels(name: str, shape: tuple[int, ...], **per_channel: Tensor | None) -> None:
    if len(shape) < 2:
        raise ShapeError(f"{name}: expected input (N,C) or (N,C,*S), got {shape}")
    for argument, v in per_channel.items():
        if v is not None and v.raw.shape != (shape[1],):
            raise ShapeError(
                f"{name}: expected {argument} of shape ({shape[1]},) to match input {shape}, got {v.raw.shape}. "
                "Is the layout NCHW?"
            )


# -- over a sample -----------------------------------------------------------------------------------------------------


@op(kept=("mean", "rstd"))
def _layer_norm(be: Any, x: Any, weight: Any, bias: Any, *, dims: int, eps: float) -> Any:
    rows, width = _rows(x.shape, dims)
    y, mean, rstd = be.layer_norm(x.reshape(rows, width), _flat(weight), _flat(bias), eps)
    return y.reshape(x.shape), mean, rstd


@op(outputs=("x_grad", "weight_grad", "bias_grad"))
def _layer_norm_grad(be: Any, g: Any, x: Any, weight: Any, mean: Any, rstd: Any, *, dims: int, sums: bool) -> Any:
    rows = _rows(x.shape, dims)
    gx, gw, gb = be.layer_norm_grad(g.reshape(rows), x.reshape(rows), _flat(weight), mean, rstd, sums)
    shape = x.shape[x.ndim - dims :]
    return (gx.reshape(x.shape), gw.reshape(shape), gb.reshape(shape)) if sums else (gx.reshape(x.shape), None, None)


@_layer_norm.grad_all
def _layer_norm_gradients(
    needs: Any, g: Any, x: Any, weight: Any, mean: Any, rstd: Any, *, dims: int, eps: float
) -> Any:
    return _layer_norm_grad(g, x, weight, mean, rstd, dims=dims, sums=needs[1] or needs[2])


@_layer_norm.composed
def _layer_norm_definition(x: Any, weight: Any, bias: Any, *, dims: int, eps: float) -> Any:
    axes = tuple(range(-dims, 0))
    centred = x - x.mean(axes, keepdim=True)
    y = centred * ((centred * centred).mean(axes, keepdim=True) + eps).rsqrt()
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _rows(shape: tuple[int, ...], dims: int) -> tuple[int, int]:
    """Rows and their width when the last ``dims`` axes are one."""
    at = len(shape) - dims
    return prod(shape[:at]), prod(shape[at:])


def _flat(v: Any) -> Any:
    return None if v is None else v.reshape(-1)


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """Each sample normalised over its last axes: (x - mean) / sqrt(var + eps) * weight + bias, var the biased variance.

    Args:
        input: (*, *normalized_shape).
        normalized_shape: the sizes of the axes that are normalised together.
        weight, bias: of shape ``normalized_shape``, or None.
        eps: added to the variance.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: the last sizes are others, or weight or bias have another shape.

    Example:
        >>> F.layer_norm(ag.tensor([[1.0, 3.0], [2.0, 8.0]]), (2,))
        tensor([[-1.0000,  1.0000],
                [-1.0000,  1.0000]])

    Source: Ba, Kiros and Hinton, Layer Normalization, 2016.
    """
    shape = _normalized("layer_norm", input, normalized_shape, weight=weight, bias=bias)
    y: Tensor = _layer_norm(input, weight, bias, dims=len(shape), eps=eps)
    return y


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    """Each sample divided by its root mean square over the last axes: x / sqrt(mean(x^2) + eps) * weight.

    Args:
        input: (*, *normalized_shape).
        normalized_shape: the sizes of the axes that are normalised together.
        weight: of shape ``normalized_shape``, or None.
        eps: added to the mean of the squares; default: the spacing of 1 in the input's dtype.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: the last sizes are others, or the weight has another shape.

    Example:
        >>> F.rms_norm(ag.tensor([3.0, 4.0]), (2,))
        tensor([0.8485, 1.1314])

    Source: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.
    """
    shape = _normalized("rms_norm", input, normalized_shape, weight=weight)
    x = input.to(ag.float32) if input.element_size() < 4 else input
    squares = (x * x).mean(tuple(range(-len(shape), 0)), keepdim=True)
    y: Tensor = (x * (squares + (ag.finfo(input.dtype).eps if eps is None else eps)).rsqrt()).to(input.dtype)
    if weight is not None:
        y = y * weight
    return y


def _normalized(name: str, input: Tensor, normalized_shape: Any, **affine: Tensor | None) -> tuple[int, ...]:
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or input.raw.shape[-len(shape) :] != shape:
        raise ShapeError(f"{name}: expected input whose last sizes are normalized_shape {shape}, got {input.raw.shape}")
    for argument, v in affine.items():
        if v is not None and v.raw.shape != shape:
            raise ShapeError(f"{name}: expected {argument} of normalized_shape {shape}, got {v.raw.shape}")
    return shape


# -- over groups of channels -------------------------------------------------------------------------------------------


@autocasts
def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-05
) -> Tensor:
    """Each group of channels of each sample normalised: (x - mean) / sqrt(var + eps) * weight + bias.

    Args:
        input: (N,C,*S).
        num_groups: how many groups; divides C.
        weight, bias: (C,) or None.
        eps: added to the variance.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: groups that do not divide the channels, or weights of another shape.

    Example:
        >>> F.group_norm(ag.tensor([[1.0, 3.0, 2.0, 8.0]]), 2)
        tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])

    Source: Wu and He, Group Normalization, 2018.
    """
    shape = input.raw.shape
    _check_channels("group_norm", shape, weight=weight, bias=bias)
    if num_groups < 1 or shape[1] % num_groups:
        raise ShapeError(
            f"group_norm: expected num_groups that divides the {shape[1]} channels of {shape}, got {num_groups}"
        )
    rows = input.reshape(shape[0] * num_groups, prod(shape[1:]) // num_groups)
    y: Tensor = channel_affine(_layer_norm(rows, None, None, dims=1, eps=eps).reshape(shape), weight, bias)
    return y


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """Each channel of each sample normalised over space: (x - mean) / sqrt(var + eps) * weight + bias.

    Args:
        input: (N,C,*S).
        running_mean, running_var: (C,) or None; with ``use_input_stats`` they follow in place as in ``batch_norm``, by
            the mean over the samples.
        weight, bias: (C,) or None.
        use_input_stats: normalise by the input's own statistics, else by the running ones.
        momentum: how fast the running statistics follow.
        eps: added to the variance.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: no spatial axis, statistics or weights of another shape, or one spatial element.
        ValueError: neither the input's nor running statistics.

    Example:
        >>> F.instance_norm(ag.tensor([[[1.0, 3.0], [2.0, 8.0]]]))
        tensor([[[-1.0000,  1.0000],
                 [-1.0000,  1.0000]]])

    Source: Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016.
    """
    shape = input.raw.shape
    _check_channels(
        "instance_norm", shape, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise ArgumentError(
                "instance_norm: expected running_mean and running_var without use_input_stats, got None"
            )
        return _by_statistics(input, running_mean, running_var, weight, bias, eps)
    count = prod(shape[2:])
    if count < 2:
        raise ShapeError(f"instance_norm: expected more than 1 spatial element, got shape {shape}")
    n, c = shape[:2]
    y, mean, var = _batch_norm(input.reshape(1, n * c, *shape[2:]), None, None, eps=eps)
    _follow(running_mean, mean.raw.reshape(n, c).mean(0), momentum)
    _follow(running_var, var.raw.reshape(n, c).mean(0), momentum, count / (count - 1))
    affine: Tensor = channel_affine(y.reshape(shape), weight, bias)
    return affine


# -- by neighbours and by length ---------------------------------------------------------------------------------------


def local_response_norm(input: Tensor, size: int, alpha: float = 0.0001, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Each element damped by its neighbouring channels: x / (k + alpha * mean of x^2 over ``size`` channels)^beta.

    Args:
        input: (N,C,*S) with at least one spatial axis.
        size: how many channels, the element's own in their middle; zeros stand beyond the ends.
        alpha, beta, k: of the formula.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: no spatial axis.

    Example:
        >>> F.local_response_norm(ag.ones(1, 2, 1), size=2, alpha=2.0, beta=1.0)
        tensor([[[0.5000],
                 [0.3333]]])

    Source: Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012.
    """
    shape = input.raw.shape
    if len(shape) < 3:
        raise ShapeError(f"local_response_norm: expected input (N,C,*S) with a spatial axis, got {shape}")
    if not input.raw.size:
        return input
    squares = (input * input).reshape(shape[0], 1, shape[1], prod(shape[2:]))
    squares = pad(squares, (0, 0, size // 2, (size - 1) // 2))
    means = avg_pool2d(squares, (size, 1), stride=1).reshape(shape)
    y: Tensor = input / (means * alpha + k).pow(beta)
    return y


@autocasts
def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None) -> Tensor:
    """Vectors along an axis brought to length 1: x / max(norm_p(x), eps).

    Args:
        input: any shape.
        p: of the norm.
        dim: the axis (or axes) along which the vectors lie.
        eps: below it, lengths count as ``eps``.
        out: a tensor to write the result into, outside of the graph.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.normalize(ag.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """
    y = input / input.norm(p, dim, keepdim=True).clamp_min(eps)
    return y if out is None else out.copy_(y)
