"""Normalisation as layers, which hold weights and, where asked, running statistics."""

from __future__ import annotations

import numbers
from typing import Any

import autograd as ag
from autograd.errors import ShapeError
from autograd.op import written
from autograd.tensor import Tensor
from nn import functional as F
from nn import init
from nn.module import Module
from nn.parameter import Parameter
from nn.registration import registered

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "CrossMapLRN2d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "LocalResponseNorm",
    "RMSNorm",
    "SyncBatchNorm",
]

# -- with running statistics -------------------------------------------------------------------------------------------


class _NormBase(Module):
    """Weights per channel and running statistics. ``axes``: how many axes an input may have."""

    _version = 2
    axes: tuple[int, ...]
    weight: Parameter | None = registered()
    bias: Parameter | None = registered()
    running_mean: Tensor | None = registered("_buffers")
    running_var: Tensor | None = registered("_buffers")
    num_batches_tracked: Tensor | None = registered("_buffers")

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: Any,
        dtype: Any,
        bias: bool,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        place = {"device": device, "dtype": dtype}
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(name, Parameter(ag.empty(num_features, **place)) if wanted else None)
        tracked = track_running_stats
        self.register_buffer("running_mean", ag.zeros(num_features, **place) if tracked else None)
        self.register_buffer("running_var", ag.ones(num_features, **place) if tracked else None)
        self.register_buffer("num_batches_tracked", ag.tensor(0, device=device) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Running mean 0, variance 1, no batch seen."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Weight 1, bias 0, and ``reset_running_stats``."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_axes(self, input: Tensor) -> None:
        if input.raw.ndim not in self.axes:
            expected = " or ".join(map(str, self.axes))
            raise ShapeError(f"{type(self).__name__}: expected input with {expected} axes, got {input.raw.shape}")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_NormBase):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.batch_norm(input, **self._prepared(input))

    def forward_relu(self, input: Tensor, residual: Tensor | None = None) -> Tensor:
        """max(self(input) + residual, 0) as one operation, ``batch_norm_relu``; hooks are not called.

        Args:
            input: as for the module itself.
            residual: like ``input``, or None.

        Returns:
            A tensor like ``input``.

        Example:
            >>> nn.BatchNorm1d(1).forward_relu(ag.tensor([[1.0], [3.0]])).flatten().detach()
            tensor([0.0000, 1.0000])
        """
        return F.batch_norm_relu(input, **self._prepared(input), residual=residual)

    def _prepared(self, input: Tensor) -> dict[str, Any]:
        """What ``batch_norm`` wants behind the input, which is checked; and one more batch is counted."""
        self._check_axes(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and (tracked := self.num_batches_tracked) is not None:
            tracked.raw += 1
            written(tracked, "batch_norm", None, track=False)
            if self.momentum is None:  # the mean over all batches so far
                momentum = 1.0 / tracked.item()
        own = self.training or (self.running_mean is None and self.running_var is None)
        keep = not self.training or self.track_running_stats
        mean, var = (self.running_mean, self.running_var) if keep else (None, None)
        return {
            "running_mean": mean,
            "running_var": var,
            "weight": self.weight,
            "bias": self.bias,
            "training": own,
            "momentum": momentum,
            "eps": self.eps,
        }


class BatchNorm1d(_BatchNorm):
    """Each channel of (N,C) or (N,C,L) normalised over batch and space, see ``batch_norm``.

    In training by the statistics of the batch, in evaluation by the running ones.

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: how fast the running statistics follow; None for the plain mean over all batches.
        affine: learn a weight and a bias for each channel.
        track_running_stats: keep running statistics; without them evaluation uses those of the batch too.
        device, dtype: of parameters and statistics.
        bias: learn the bias, where ``affine``.

    Attributes:
        weight, bias: (C,), from 1 and 0; or None.
        running_mean, running_var: (C,); or None.
        num_batches_tracked: 0-d, int64; or None.

    Example:
        >>> nn.BatchNorm1d(1)(ag.tensor([[1.0], [3.0]])).flatten().detach()
        tensor([-1.0000,  1.0000])

    Source: Ioffe and Szegedy, Batch Normalization, 2015.
    """

    axes = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Each channel of (N,C,H,W) normalised over batch and space; else as ``BatchNorm1d``.

    Args:
        num_features, eps, momentum, affine, track_running_stats, device, dtype, bias: as for ``BatchNorm1d``.

    Example:
        >>> nn.BatchNorm2d(3)(ag.ones(2, 3, 4, 4)).shape
        Size([2, 3, 4, 4])
    """

    axes = (4,)


class BatchNorm3d(_BatchNorm):
    """Each channel of (N,C,D,H,W) normalised over batch and space; else as ``BatchNorm1d``.

    Args:
        num_features, eps, momentum, affine, track_running_stats, device, dtype, bias: as for ``BatchNorm1d``.

    Example:
        >>> nn.BatchNorm3d(3)(ag.ones(2, 3, 2, 2, 2)).shape
        Size([2, 3, 2, 2, 2])
    """

    axes = (5,)


class SyncBatchNorm(_BatchNorm):
    """``BatchNorm`` for inputs of any number of axes; one process has all of the batch, so there is nothing to gather.

    Args:
        num_features, eps, momentum, affine, track_running_stats, device, dtype: as for ``BatchNorm1d``.
        process_group: accepted.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
        >>> nn.SyncBatchNorm.convert_sync_batchnorm(net)[1]
        SyncBatchNorm(2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    axes = (2, 3, 4, 5)

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype)
        self.process_group = process_group

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """The module with every batch norm in it made one of this class, with the same parameters.

        Args:
            module: a layer or model.
            process_group: accepted.

        Returns:
            The module, or what stands for it if it is a batch norm itself.
        """
        made = module
        if isinstance(module, _BatchNorm):
            made = cls(
                module.num_features, module.eps, module.momentum, module.affine, module.track_running_stats,
                process_group,
            )  # fmt: skip
            for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                setattr(made, name, getattr(module, name))
            made.training = module.training
        for name, child in module.named_children():
            made.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return made


BATCH_NORMS = (BatchNorm1d, BatchNorm2d, BatchNorm3d, SyncBatchNorm)


class _InstanceNorm(_NormBase):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check_axes(input)
        is_batch = input.raw.ndim == self.axes[1]
        if input.raw.shape[1 if is_batch else 0] != self.num_features and (self.affine or self.track_running_stats):
            raise ShapeError(
                f"{type(self).__name__}: expected input with {self.num_features} channels, got {input.raw.shape}"
            )
        x = input if is_batch else input.unsqueeze(0)
        own = self.training or not self.track_running_stats
        momentum = 0.0 if self.momentum is None else self.momentum
        stats = (self.running_mean, self.running_var)
        y = F.instance_norm(x, *stats, self.weight, self.bias, own, momentum, self.eps)
        return y if is_batch else y.squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each sample of (N,C,L) or (C,L) normalised over space, see ``instance_norm``.

    Args:
        num_features: C.
        eps: added to the variance.
        momentum: how fast the running statistics follow.
        affine: learn a weight and a bias for each channel.
        track_running_stats: keep running statistics, and use them in evaluation.
        device, dtype: of parameters and statistics.
        bias: learn the bias, where ``affine``.

    Attributes:
        weight, bias: (C,), from 1 and 0; or None.
        running_mean, running_var: (C,); or None.

    Example:
        >>> nn.InstanceNorm1d(1)(ag.tensor([[[1.0, 3.0]]]))
        tensor([[[-1.0000,  1.0000]]])

    Source: Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016.
    """

    axes = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each sample of (N,C,H,W) or (C,H,W) normalised over space; else as ``InstanceNorm1d``.

    Args:
        num_features, eps, momentum, affine, track_running_stats, device, dtype, bias: as for ``InstanceNorm1d``.

    Example:
        >>> nn.InstanceNorm2d(3)(ag.ones(2, 3, 4, 4)).shape
        Size([2, 3, 4, 4])
    """

    axes = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Each channel of each sample of (N,C,D,H,W) or (C,D,H,W) normalised over space; else as ``InstanceNorm1d``.

    Args:
        num_features, eps, momentum, affine, track_running_stats, device, dtype, bias: as for ``InstanceNorm1d``.

    Example:
        >>> nn.InstanceNorm3d(3)(ag.ones(2, 3, 2, 2, 2)).shape
        Size([2, 3, 2, 2, 2])
    """

    axes = (4, 5)


# -- of each sample alone ----------------------------------------------------------------------------------------------


def _shape_of(normalized_shape: Any) -> tuple[int, ...]:
    return (int(normalized_shape),) if isinstance(normalized_shape, numbers.Integral) else tuple(normalized_shape)


class LayerNorm(Module):
    """Each sample normalised over its last axes, see ``layer_norm``.

    Args:
        normalized_shape: the sizes of these axes, or one int.
        eps: added to the variance.
        elementwise_affine: learn a weight and a bias of that shape.
        bias: with a bias.
        device, dtype: of the parameters.

    Attributes:
        weight, bias: of shape ``normalized_shape``, from 1 and 0; or None.

    Example:
        >>> nn.LayerNorm(2)(ag.tensor([[1.0, 3.0]])).detach()
        tensor([[-1.0000,  1.0000]])

    Source: Ba, Kiros and Hinton, Layer Normalization, 2016.
    """

    weight: Parameter | None = registered()
    bias: Parameter | None = registered()

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape_of(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        for name, wanted in (("weight", elementwise_affine), ("bias", elementwise_affine and bias)):
            param = Parameter(ag.empty(*self.normalized_shape, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, param)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        text = f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        return f"{text}, bias={self.bias is not None}"


class RMSNorm(Module):
    """Each sample divided by its root mean square over the last axes, see ``rms_norm``.

    Args:
        normalized_shape: the sizes of these axes, or one int.
        eps: added to the mean of the squares; None for the spacing of 1 in the input's dtype.
        elementwise_affine: learn a weight of that shape.
        device, dtype: of the weight.

    Attributes:
        weight: of shape ``normalized_shape``, from 1; or None.

    Example:
        >>> nn.RMSNorm(2)(ag.tensor([3.0, 4.0])).detach()
        tensor([0.8485, 1.1314])

    Source: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape_of(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        weight = Parameter(ag.empty(*self.normalized_shape, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", weight)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Each group of channels of each sample of (N,C,*S) normalised, see ``group_norm``.

    Args:
        num_groups: how many; divides C.
        num_channels: C.
        eps: added to the variance.
        affine: learn a weight and a bias for each channel.
        device, dtype: of the parameters.
        bias: with a bias.

    Attributes:
        weight, bias: (C,), from 1 and 0; or None.

    Raises:
        ShapeError: groups that do not divide the channels.

    Example:
        >>> nn.GroupNorm(2, 4)(ag.tensor([[1.0, 3.0, 2.0, 8.0]])).detach()
        tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])

    Source: Wu and He, Group Normalization, 2018.
    """

    weight: Parameter | None = registered()
    bias: Parameter | None = registered()

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ShapeError(f"GroupNorm: expected num_groups that divides {num_channels} channels, got {num_groups}")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            self.register_parameter(
                name, Parameter(ag.empty(num_channels, device=device, dtype=dtype)) if wanted else None
            )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        text = f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"
        return f"{text}, bias={self.bias is not None}"


class LocalResponseNorm(Module):
    """Each element damped by its neighbouring channels, see ``local_response_norm``.

    Args:
        size: how many channels.
        alpha, beta, k: of x / (k + alpha * mean of x^2)^beta.

    Example:
        >>> nn.LocalResponseNorm(2)(ag.ones(1, 4, 2)).shape
        Size([1, 4, 2])
    """

    def __init__(self, size: int, alpha: float = 0.0001, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(Module):
    """``LocalResponseNorm`` of images, its window centred on each channel: an even ``size`` counts as the odd one below.

    Args:
        size: how many channels.
        alpha, beta, k: of x / (k + alpha / size * sum of x^2)^beta.

    Raises:
        ShapeError: the input is not (N,C,H,W).

    Example:
        >>> nn.CrossMapLRN2d(3)(ag.ones(1, 4, 2, 2)).shape
        Size([1, 4, 2, 2])
    """

    def __init__(self, size: int, alpha: float = 0.0001, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim != 4:
            raise ShapeError(f"CrossMapLRN2d: expected input (N, C, H, W), got {tuple(input.shape)}")
        width = (self.size - 1) // 2 * 2 + 1
        return F.local_response_norm(input, width, self.alpha * width / self.size, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
