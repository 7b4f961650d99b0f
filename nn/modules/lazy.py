"""Layers that learn the size of their input from the first one: until then their parameters have no shape."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import autograd as ag
from autograd.errors import ShapeError
from autograd.tensor import Tensor
from nn.module import Module
from nn.modules.conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nn.modules.linear import Linear
from nn.modules.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
)
from nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
    "LazyModuleMixin",
]


class LazyModuleMixin(Module):
    """What lazy layers share: put it before the layer's class, and define ``initialize_parameters``.

    The first call runs ``initialize_parameters`` with the arguments of ``forward``; then the layer becomes one of the class
    ``cls_to_become``. A ``state_dict`` that is loaded before gives the shapes too.

    Args:
        args, kwargs: what the layer takes.

    Attributes:
        cls_to_become: the class afterwards; None: it stays as it is.

    Example:
        >>> class Scale(nn.modules.lazy.LazyModuleMixin, nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.weight = nn.UninitializedParameter()
        ...     def initialize_parameters(self, x):
        ...         self.weight.materialize(x.shape[-1:])
        ...         nn.init.ones_(self.weight)
        ...     def forward(self, x):
        ...         return x * self.weight
        >>> Scale()(ag.ones(2, 3)).shape
        Size([2, 3])
    """

    cls_to_become: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self.register_load_state_dict_pre_hook(self._take_shapes)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Gives the parameters their shapes and values; called before the first forward.

        Args:
            args, kwargs: those of forward.
        """
        raise NotImplementedError(
            f"{type(self).__name__}: expected the class to define initialize_parameters(). Write it"
        )

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer waits for its shape."""
        return any(is_lazy(t) for _, t in self._own())

    def _own(self) -> Iterator[tuple[str, Any]]:
        return chain(self._parameters.items(), self._buffers.items())

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        for name, t in self._own():
            if is_lazy(t) and prefix + name in destination:
                destination[prefix + name] = t

    def _take_shapes(self, module: Module, entries: Any, prefix: str, *rest: Any) -> None:
        """Before a state is loaded: the shapes are those that it has."""
        for name, t in self._own():
            saved = entries.get(prefix + name)
            if is_lazy(t) and isinstance(saved, Tensor) and not is_lazy(saved):
                t.materialize(saved.shape)

    def _infer_parameters(self, module: Module, args: Any, kwargs: Any) -> None:
        """Before the first forward."""
        self.initialize_parameters(*args, **kwargs)
        if self.has_uninitialized_params():
            raise RuntimeError(
                f"{type(self).__name__}: expected initialize_parameters() to give every parameter a shape. "
                "Call materialize() on each"
            )
        self._initialize_hook.remove()
        self._load_hook.remove()
        del self._initialize_hook, self._load_hook
        if self.cls_to_become is not None:
            self.__class__ = self.cls_to_become


class LazyLinear(LazyModuleMixin, Linear):
    """A ``Linear`` whose ``in_features`` is the size of the last axis of the first input.

    Args:
        out_features: O.
        bias: add b.
        device, dtype: of the parameters.

    Example:
        >>> layer = nn.LazyLinear(4)
        >>> layer(ag.ones(2, 3)).shape, layer
        (Size([2, 4]), Linear(in_features=3, out_features=4, bias=True))
    """

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False, device, dtype)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draws new initial values, once there are shapes."""
        if not self.has_uninitialized_params() and self.in_features:
            super().reset_parameters()

    def initialize_parameters(self, input: Tensor) -> None:
        if self.has_uninitialized_params():
            self.in_features = input.shape[-1]
            self.weight.materialize((self.out_features, self.in_features))  # type: ignore[attr-defined]
            if self.bias is not None:
                self.bias.materialize((self.out_features,))  # type: ignore[attr-defined]
            self.reset_parameters()
        self.in_features = self.weight.shape[1]


# -- convolutions ------------------------------------------------------------------------------------------------------


class _LazyChannels(LazyModuleMixin):
    """Convolutions without ``in_channels``."""

    def _start(self, out_channels: int, bias: bool, device: Any, dtype: Any) -> None:
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_channels = out_channels
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """Draws new initial values, once there are shapes."""
        if not self.has_uninitialized_params() and self.in_channels:
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        name, nd, groups = type(self).__name__, self.nd, self.groups
        if input.ndim not in (nd + 1, nd + 2):
            raise ShapeError(f"{name}: expected input with {nd + 1} or {nd + 2} axes, got {tuple(input.shape)}")
        channels = input.shape[-nd - 1]
        if self.has_uninitialized_params():
            if channels % groups or self.out_channels % groups:
                raise ValueError(
                    f"{name}: expected groups that divide {channels} input and {self.out_channels} output channels, "
                    f"got {groups}"
                )
            inner, outer = (self.out_channels, channels) if self.transposed else (channels, self.out_channels)
            self.weight.materialize((outer, inner // groups, *self.kernel_size))
            if self.bias is not None:
                self.bias.materialize((self.out_channels,))
            self.in_channels = channels
            self.reset_parameters()
        self.in_channels = channels


class _LazyConv(_LazyChannels):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device=device, dtype=dtype
        )
        self._start(out_channels, bias, device, dtype)


class _LazyConvTranspose(_LazyChannels):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        how = (kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode)
        super().__init__(0, 0, *how, device=device, dtype=dtype)
        self._start(out_channels, bias, device, dtype)


class LazyConv1d(_LazyConv, Conv1d):  # type: ignore[misc]
    """A ``Conv1d`` that takes ``in_channels`` from its first input.

    Args:
        out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype: as for ``Conv1d``.

    Example:
        >>> nn.LazyConv1d(4, 2)(ag.ones(1, 3, 5)).shape
        Size([1, 4, 4])
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):  # type: ignore[misc]
    """A ``Conv2d`` that takes ``in_channels`` from its first input.

    Args:
        out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype: as for ``Conv2d``.

    Example:
        >>> nn.LazyConv2d(4, 2)(ag.ones(1, 3, 5, 5)).shape
        Size([1, 4, 4, 4])
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):  # type: ignore[misc]
    """A ``Conv3d`` that takes ``in_channels`` from its first input.

    Args:
        out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype: as for ``Conv3d``.

    Example:
        >>> nn.LazyConv3d(4, 2)(ag.ones(1, 3, 5, 5, 5)).shape
        Size([1, 4, 4, 4, 4])
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):  # type: ignore[misc]
    """A ``ConvTranspose1d`` that takes ``in_channels`` from its first input.

    Args:
        out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, device, dtype: as
            for ``ConvTranspose1d``.

    Example:
        >>> nn.LazyConvTranspose1d(4, 2)(ag.ones(1, 3, 5)).shape
        Size([1, 4, 6])
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):  # type: ignore[misc]
    """A ``ConvTranspose2d`` that takes ``in_channels`` from its first input.

    Args:
        out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, device, dtype: as
            for ``ConvTranspose2d``.

    Example:
        >>> nn.LazyConvTranspose2d(4, 2)(ag.ones(1, 3, 5, 5)).shape
        Size([1, 4, 6, 6])
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):  # type: ignore[misc]
    """A ``ConvTranspose3d`` that takes ``in_channels`` from its first input.

    Args:
        out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, device, dtype: as
            for ``ConvTranspose3d``.

    Example:
        >>> nn.LazyConvTranspose3d(4, 2)(ag.ones(1, 3, 5, 5, 5)).shape
        Size([1, 4, 6, 6, 6])
    """

    cls_to_become = ConvTranspose3d


# -- normalisation -----------------------------------------------------------------------------------------------------


class _LazyNorm(LazyModuleMixin):
    """Normalisation by channel without ``num_features``."""

    def _start(self, affine: bool, track: bool, bias: bool, device: Any, dtype: Any) -> None:
        self.affine, self.track_running_stats = affine, track
        place = {"device": device, "dtype": dtype}
        if affine:
            self.weight = UninitializedParameter(**place)
            if bias:
                self.bias = UninitializedParameter(**place)
        if track:
            self.running_mean, self.running_var = UninitializedBuffer(**place), UninitializedBuffer(**place)
            self.num_batches_tracked = ag.tensor(0, device=device)

    def reset_parameters(self) -> None:
        """Sets the initial values, once there are shapes."""
        if not self.has_uninitialized_params() and self.num_features:
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Tensor) -> None:
        if self.has_uninitialized_params():
            self.num_features = input.shape[1]
            for _, t in self._own():
                if is_lazy(t):
                    t.materialize((self.num_features,))
            self.reset_parameters()
        self.num_features = input.shape[1]


class _LazyBatchNorm(_LazyNorm):
    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, False, False, device, dtype)
        self._start(affine, track_running_stats, bias, device, dtype)


class _LazyInstanceNorm(_LazyNorm):
    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, False, False, device, dtype)
        self._start(affine, track_running_stats, bias, device, dtype)


class LazyBatchNorm1d(_LazyBatchNorm, BatchNorm1d):  # type: ignore[misc]
    """A ``BatchNorm1d`` that takes ``num_features`` from its first input.

    Args:
        eps, momentum, affine, track_running_stats, device, dtype, bias: as for ``BatchNorm1d``.

    Example:
        >>> layer = nn.LazyBatchNorm1d()
        >>> layer(ag.ones(2, 3, 5)).shape, layer.num_features
        (Size([2, 3, 5]), 3)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyBatchNorm, BatchNorm2d):  # type: ignore[misc]
    """A ``BatchNorm2d`` that takes ``num_features`` from its first input.

    Args:
        eps, momentum, affine, track_running_stats, device, dtype, bias: as for ``BatchNorm2d``.

    Example:
        >>> layer = nn.LazyBatchNorm2d()
        >>> layer(ag.ones(2, 3, 5, 5)).shape, layer.num_features
        (Size([2, 3, 5, 5]), 3)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyBatchNorm, BatchNorm3d):  # type: ignore[misc]
    """A ``BatchNorm3d`` that takes ``num_features`` from its first input.

    Args:
        eps, momentum, affine, track_running_stats, device, dtype, bias: as for ``BatchNorm3d``.

    Example:
        >>> layer = nn.LazyBatchNorm3d()
        >>> layer(ag.ones(2, 3, 5, 5, 5)).shape, layer.num_features
        (Size([2, 3, 5, 5, 5]), 3)
    """

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):  # type: ignore[misc]
    """A ``InstanceNorm1d`` that takes ``num_features`` from its first input.

    Args:
        eps, momentum, affine, track_running_stats, device, dtype, bias: as for ``InstanceNorm1d``.

    Example:
        >>> layer = nn.LazyInstanceNorm1d()
        >>> layer(ag.ones(2, 3, 5)).shape, layer.num_features
        (Size([2, 3, 5]), 3)
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):  # type: ignore[misc]
    """A ``InstanceNorm2d`` that takes ``num_features`` from its first input.

    Args:
        eps, momentum, affine, track_running_stats, device, dtype, bias: as for ``InstanceNorm2d``.

    Example:
        >>> layer = nn.LazyInstanceNorm2d()
        >>> layer(ag.ones(2, 3, 5, 5)).shape, layer.num_features
        (Size([2, 3, 5, 5]), 3)
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):  # type: ignore[misc]
    """A ``InstanceNorm3d`` that takes ``num_features`` from its first input.

    Args:
        eps, momentum, affine, track_running_stats, device, dtype, bias: as for ``InstanceNorm3d``.

    Example:
        >>> layer = nn.LazyInstanceNorm3d()
        >>> layer(ag.ones(2, 3, 5, 5, 5)).shape, layer.num_features
        (Size([2, 3, 5, 5, 5]), 3)
    """

    cls_to_become = InstanceNorm3d
