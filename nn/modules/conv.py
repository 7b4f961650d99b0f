"""Convolutions as layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd as ag
from autograd.tensor import Tensor
from nn import functional as F
from nn import init
from nn.functional.arguments import per_axis
from nn.functional.padding import pad
from nn.module import Module
from nn.parameter import Parameter
from nn.registration import registered

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What all convolutions share. ``nd``: the number of spatial axes; ``function``: the one in nn.functional."""

    nd: int
    function: Callable[..., Tensor]
    transposed = False
    weight: Parameter = registered()
    bias: Parameter | None = registered()

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        name, nd = type(self).__name__, self.nd
        if groups < 1 or in_channels % groups or out_channels % groups:
            channels = f"{in_channels} input and {out_channels} output channels"
            raise ValueError(f"{name}: expected groups that divide {channels}, got {groups}")
        if padding_mode not in _MODES:
            raise ValueError(f"{name}: expected padding_mode to be one of {', '.join(_MODES)}, got {padding_mode!r}")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, nd, 1)
        self.stride = per_axis(name, "stride", stride, nd, 1)
        self.dilation = per_axis(name, "dilation", dilation, nd, 1)
        self.output_padding = per_axis(name, "output_padding", output_padding, nd, 0)
        self.padding_mode = padding_mode
        self.padding: Any = padding if isinstance(padding, str) else per_axis(name, "padding", padding, nd, 0)
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f'{name}: expected padding "same", "valid" or ints, got {padding!r}')
            if padding == "same" and max(self.stride) > 1:
                raise ValueError(f'{name}: expected stride 1 with padding "same", got {self.stride}')
        ends = (in_channels, out_channels // groups) if self.transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(ag.empty(*ends, *self.kernel_size, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        fan_in = self.weight.raw.size // max(self.weight.raw.shape[0], 1)
        if self.bias is not None and fan_in:
            init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def _border(self) -> list[int]:
        """The widths for ``pad`` that padding stands for, the last axis first."""
        if self.padding == "same":
            totals = [d * (k - 1) for k, d in zip(self.kernel_size, self.dilation, strict=True)]
            pairs = [(n // 2, n - n // 2) for n in totals]
        else:
            pairs = [(0, 0)] * self.nd if self.padding == "valid" else [(p, p) for p in self.padding]
        return [side for pair in reversed(pairs) for side in pair]

    def forward(self, input: Tensor) -> Tensor:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input, padding = pad(input, self._border(), self.padding_mode), 0
        function = type(self).function
        return function(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        zeros, ones = (0,) * self.nd, (1,) * self.nd
        defaults = {"padding": zeros, "dilation": ones, "output_padding": zeros, "groups": 1}
        text += "".join(f", {k}={getattr(self, k)}" for k, v in defaults.items() if getattr(self, k) != v)
        text += "" if self.bias is not None else ", bias=False"
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"


class _Conv(_ConvNd):
    def __init__(
        self,
        in_channels: int,
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
        how = (kernel_size, stride, padding, dilation, 0, groups, bias, padding_mode, device, dtype)
        super().__init__(in_channels, out_channels, *how)


class Conv1d(_Conv):
    """Cross-correlation over the last axis of (N,C,L) or (C,L); see ``Conv2d`` and ``conv1d``.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype: as
            for ``Conv2d``.

    Example:
        >>> nn.Conv1d(3, 8, 3, padding="same")(ag.ones(1, 3, 10)).shape
        Size([1, 8, 10])
    """

    nd, function = 1, F.conv1d


class Conv2d(_Conv):
    """Cross-correlation over the last two axes of (N,C,H,W) or (C,H,W), see ``conv2d``.

    Weight and bias start uniform in +-1/sqrt(C/groups*KH*KW).

    Args:
        in_channels, out_channels: C and O.
        kernel_size: of the window, an int or one for each axis.
        stride: steps between windows.
        padding: on either side, ints; "valid" for none, "same" to keep the size (stride 1).
        dilation: steps between the elements of a window.
        groups: channels are split into so many groups that do not see each other.
        bias: add b.
        padding_mode: what stands in the padding: "zeros", "reflect", "replicate" or "circular".
        device, dtype: of the parameters.

    Attributes:
        weight: (O,C/groups,KH,KW).
        bias: (O,), or None.

    Raises:
        ValueError: groups that do not divide the channels, or another padding (mode).

    Example:
        >>> nn.Conv2d(3, 8, 3, stride=2, padding=1)(ag.ones(1, 3, 10, 10)).shape
        Size([1, 8, 5, 5])
    """

    nd, function = 2, F.conv2d


class Conv3d(_Conv):
    """Cross-correlation over the last three axes of (N,C,D,H,W) or (C,D,H,W); see ``Conv2d`` and ``conv3d``.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype: as
            for ``Conv2d``.

    Example:
        >>> nn.Conv3d(2, 4, 3)(ag.ones(1, 2, 5, 5, 5)).shape
        Size([1, 4, 3, 3, 3])
    """

    nd, function = 3, F.conv3d


class _ConvTransposeNd(_ConvNd):
    transposed = True

    def __init__(
        self,
        in_channels: int,
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
        if padding_mode != "zeros" or isinstance(padding, str):
            raise ValueError(
                f'{type(self).__name__}: expected padding in ints and padding_mode "zeros", got {padding!r} and '
                f"{padding_mode!r}"
            )
        how = (kernel_size, stride, padding, dilation, output_padding, groups, bias, padding_mode, device, dtype)
        super().__init__(in_channels, out_channels, *how)

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        how = (self.stride, self.padding, extra, self.groups, self.dilation)
        return type(self).function(input, self.weight, self.bias, *how)

    def _extra(self, input: Tensor, output_size: Any) -> tuple[int, ...]:
        """The output padding that gives the wanted spatial sizes."""
        wanted = tuple(output_size)[-self.nd :]
        axes = zip(input.raw.shape[-self.nd :], self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        least = tuple((n - 1) * s - 2 * p + d * (k - 1) + 1 for n, k, s, p, d in axes)
        extra = tuple(w - n for w, n in zip(wanted, least, strict=False))
        if len(extra) != self.nd or any(not 0 <= e < s for e, s in zip(extra, self.stride, strict=True)):
            most = tuple(n + s - 1 for n, s in zip(least, self.stride, strict=True))
            raise ValueError(
                f"{type(self).__name__}: expected output_size from {least} to {most} for input {input.raw.shape}, "
                f"got {tuple(output_size)}"
            )
        return extra


class ConvTranspose1d(_ConvTransposeNd):
    """The transpose of ``Conv1d``; see ``ConvTranspose2d`` and ``conv_transpose1d``.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode,
            device, dtype: as for ``ConvTranspose2d``.

    Example:
        >>> nn.ConvTranspose1d(3, 8, 2, stride=2)(ag.ones(1, 3, 5)).shape
        Size([1, 8, 10])
    """

    nd, function = 1, F.conv_transpose1d


class ConvTranspose2d(_ConvTransposeNd):
    """The transpose of ``Conv2d``: every element stamps the weight on the output, see ``conv_transpose2d``.

    Called with ``output_size`` it gives that size, which ``output_padding`` must otherwise choose among the possible.

    Args:
        in_channels, out_channels: C and O.
        kernel_size: of the stamp, an int or one for each axis.
        stride: steps between stamps.
        padding: how much of the result is cut off on either side.
        output_padding: how much more is kept on the right.
        groups: channels are split into so many groups that do not see each other.
        bias: add b.
        dilation: steps between the elements of a stamp.
        padding_mode: only "zeros".
        device, dtype: of the parameters.

    Attributes:
        weight: (C,O/groups,KH,KW).
        bias: (O,), or None.

    Raises:
        ValueError: groups that do not divide the channels, or another padding mode.

    Example:
        >>> nn.ConvTranspose2d(3, 8, 2, stride=2)(ag.ones(1, 3, 5, 5)).shape
        Size([1, 8, 10, 10])
    """

    nd, function = 2, F.conv_transpose2d


class ConvTranspose3d(_ConvTransposeNd):
    """The transpose of ``Conv3d``; see ``ConvTranspose2d`` and ``conv_transpose3d``.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode,
            device, dtype: as for ``ConvTranspose2d``.

    Example:
        >>> nn.ConvTranspose3d(1, 1, 2, stride=2)(ag.ones(1, 1, 2, 2, 2)).shape
        Size([1, 1, 4, 4, 4])
    """

    nd, function = 3, F.conv_transpose3d
