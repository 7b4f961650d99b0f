"""Pooling as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.tensor import Tensor
from nn import functional as F
from nn.functional.arguments import per_axis
from nn.module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


class _MaxPoolNd(Module):
    function: Callable[..., Any]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        how = (self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices)
        return type(self).function(input, *how)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The maximum of each window of (N,C,L) or (C,L), see ``max_pool1d``.

    Args:
        kernel_size, stride, padding, dilation, return_indices, ceil_mode: as for ``MaxPool2d``.

    Example:
        >>> nn.MaxPool1d(2)(ag.ones(1, 3, 8)).shape
        Size([1, 3, 4])
    """

    function = F.max_pool1d


class MaxPool2d(_MaxPoolNd):
    """The maximum of each window of (N,C,H,W) or (C,H,W), see ``max_pool2d``.

    Args:
        kernel_size: of the window, an int or one for each axis.
        stride: steps between windows; default: ``kernel_size``.
        padding: of -inf on either side, at most half of the window.
        dilation: steps between the elements of a window.
        return_indices: also return where the maxima are, for ``MaxUnpool2d``.
        ceil_mode: round the output size up.

    Example:
        >>> nn.MaxPool2d(2)(ag.ones(1, 3, 8, 8)).shape
        Size([1, 3, 4, 4])
    """

    function = F.max_pool2d


class MaxPool3d(_MaxPoolNd):
    """The maximum of each window of (N,C,D,H,W) or (C,D,H,W), see ``max_pool3d``.

    Args:
        kernel_size, stride, padding, dilation, return_indices, ceil_mode: as for ``MaxPool2d``.

    Example:
        >>> nn.MaxPool3d(2)(ag.ones(1, 3, 8, 8, 8)).shape
        Size([1, 3, 4, 4, 4])
    """

    function = F.max_pool3d


class _AvgPoolNd(Module):
    function: Callable[..., Any]

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        how = (self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)
        y: Tensor = type(self).function(input, *how, self.divisor_override)
        return y

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(Module):
    """The mean of each window of (N,C,L) or (C,L), see ``avg_pool1d``.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad: as for ``AvgPool2d``.

    Example:
        >>> nn.AvgPool1d(2)(ag.ones(1, 3, 8)).shape
        Size([1, 3, 4])
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = per_axis("AvgPool1d", "kernel_size", kernel_size, 1, 1)
        self.stride = self.kernel_size if stride is None else per_axis("AvgPool1d", "stride", stride, 1, 1)
        self.padding = per_axis("AvgPool1d", "padding", padding, 1, 0)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        how = (self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)
        return F.avg_pool1d(input, *how)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPoolNd):
    """The mean of each window of (N,C,H,W) or (C,H,W), see ``avg_pool2d``.

    Args:
        kernel_size: of the window, an int or one for each axis.
        stride: steps between windows; default: ``kernel_size``.
        padding: zeros on either side, at most half of the window.
        ceil_mode: round the output size up.
        count_include_pad: the zeros of the padding count as elements.
        divisor_override: divide by this instead of the count.

    Example:
        >>> nn.AvgPool2d(2)(ag.ones(1, 3, 8, 8)).shape
        Size([1, 3, 4, 4])
    """

    function = F.avg_pool2d


class AvgPool3d(_AvgPoolNd):
    """The mean of each window of (N,C,D,H,W) or (C,D,H,W), see ``avg_pool3d``.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: as for ``AvgPool2d``.

    Example:
        >>> nn.AvgPool3d(2)(ag.ones(1, 3, 8, 8, 8)).shape
        Size([1, 3, 4, 4, 4])
    """

    function = F.avg_pool3d


class _LPPoolNd(Module):
    function: Callable[..., Any]

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = type(self).function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)
        return y

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """The power mean of each window of (N,C,L) or (C,L), times its size, see ``lp_pool1d``.

    Args:
        norm_type, kernel_size, stride, ceil_mode: as for ``LPPool2d``.

    Example:
        >>> nn.LPPool1d(2, 2)(ag.ones(1, 3, 8)).shape
        Size([1, 3, 4])
    """

    function = F.lp_pool1d


class LPPool2d(_LPPoolNd):
    """The power mean of each window of (N,C,H,W) or (C,H,W), times its size, see ``lp_pool2d``.

    Args:
        norm_type: p of (sum of x^p)^(1/p).
        kernel_size: of the window, an int or one for each axis.
        stride: steps between windows; default: ``kernel_size``.
        ceil_mode: round the output size up.

    Example:
        >>> nn.LPPool2d(2, 2)(ag.ones(1, 3, 8, 8)).shape
        Size([1, 3, 4, 4])
    """

    function = F.lp_pool2d


class LPPool3d(_LPPoolNd):
    """The power mean of each window of (N,C,D,H,W) or (C,D,H,W), times its size, see ``lp_pool3d``.

    Args:
        norm_type, kernel_size, stride, ceil_mode: as for ``LPPool2d``.

    Example:
        >>> nn.LPPool3d(2, 2)(ag.ones(1, 3, 8, 8, 8)).shape
        Size([1, 3, 4, 4, 4])
    """

    function = F.lp_pool3d


class _MaxUnpoolNd(Module):
    nd: int
    function: Callable[..., Any]

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        name, nd = type(self).__name__, self.nd
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, nd, 1)
        self.stride = self.kernel_size if stride is None else per_axis(name, "stride", stride, nd, 1)
        self.padding = per_axis(name, "padding", padding, nd, 0)

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        how = (self.kernel_size, self.stride, self.padding, output_size)
        y: Tensor = type(self).function(input, indices, *how)
        return y

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """The way back from ``MaxPool1d(..., return_indices=True)``, see ``max_unpool1d``.

    Args:
        kernel_size, stride, padding: those of the pooling.

    Example:
        >>> y, where = nn.MaxPool1d(2, return_indices=True)(ag.ones(1, 3, 8))
        >>> nn.MaxUnpool1d(2)(y, where).shape
        Size([1, 3, 8])
    """

    nd, function = 1, F.max_unpool1d


class MaxUnpool2d(_MaxUnpoolNd):
    """The way back from ``MaxPool2d(..., return_indices=True)``, see ``max_unpool2d``.

    Args:
        kernel_size, stride, padding: those of the pooling.

    Example:
        >>> y, where = nn.MaxPool2d(2, return_indices=True)(ag.ones(1, 3, 8, 8))
        >>> nn.MaxUnpool2d(2)(y, where).shape
        Size([1, 3, 8, 8])
    """

    nd, function = 2, F.max_unpool2d


class MaxUnpool3d(_MaxUnpoolNd):
    """The way back from ``MaxPool3d(..., return_indices=True)``, see ``max_unpool3d``.

    Args:
        kernel_size, stride, padding: those of the pooling.

    Example:
        >>> y, where = nn.MaxPool3d(2, return_indices=True)(ag.ones(1, 3, 8, 8, 8))
        >>> nn.MaxUnpool3d(2)(y, where).shape
        Size([1, 3, 8, 8, 8])
    """

    nd, function = 3, F.max_unpool3d


class _Adaptive(Module):
    function: Callable[..., Any]

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveAvgPoolNd(_Adaptive):
    def forward(self, input: Tensor) -> Tensor:
        y: Tensor = type(self).function(input, self.output_size)
        return y


class _AdaptiveMaxPoolNd(_Adaptive):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        return type(self).function(input, self.output_size, self.return_indices)


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean of windows of (N,C,L) or (C,L) laid so that the output has the wanted size.

    Args:
        output_size: an int; None keeps an axis as it is.

    Example:
        >>> nn.AdaptiveAvgPool1d(2)(ag.ones(1, 3, 8)).shape
        Size([1, 3, 2])
    """

    function = F.adaptive_avg_pool1d


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The maximum of windows of (N,C,L) or (C,L) laid so that the output has the wanted size.

    Args:
        output_size: an int; None keeps an axis as it is.
        return_indices: also return where the maxima are.

    Example:
        >>> nn.AdaptiveMaxPool1d(2)(ag.ones(1, 3, 8)).shape
        Size([1, 3, 2])
    """

    function = F.adaptive_max_pool1d


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean of windows of (N,C,H,W) or (C,H,W) laid so that the output has the wanted size.

    Args:
        output_size: an int for all axes, or one for each; None keeps an axis as it is.

    Example:
        >>> nn.AdaptiveAvgPool2d(2)(ag.ones(1, 3, 8, 8)).shape
        Size([1, 3, 2, 2])
    """

    function = F.adaptive_avg_pool2d


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The maximum of windows of (N,C,H,W) or (C,H,W) laid so that the output has the wanted size.

    Args:
        output_size: an int for all axes, or one for each; None keeps an axis as it is.
        return_indices: also return where the maxima are.

    Example:
        >>> nn.AdaptiveMaxPool2d(2)(ag.ones(1, 3, 8, 8)).shape
        Size([1, 3, 2, 2])
    """

    function = F.adaptive_max_pool2d


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean of windows of (N,C,D,H,W) or (C,D,H,W) laid so that the output has the wanted size.

    Args:
        output_size: an int for all axes, or one for each; None keeps an axis as it is.

    Example:
        >>> nn.AdaptiveAvgPool3d(2)(ag.ones(1, 3, 8, 8, 8)).shape
        Size([1, 3, 2, 2, 2])
    """

    function = F.adaptive_avg_pool3d


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The maximum of windows of (N,C,D,H,W) or (C,D,H,W) laid so that the output has the wanted size.

    Args:
        output_size: an int for all axes, or one for each; None keeps an axis as it is.
        return_indices: also return where the maxima are.

    Example:
        >>> nn.AdaptiveMaxPool3d(2)(ag.ones(1, 3, 8, 8, 8)).shape
        Size([1, 3, 2, 2, 2])
    """

    function = F.adaptive_max_pool3d


class _FractionalMaxPool(Module):
    function: Callable[..., Any]
    nd: int

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if (output_size is None) == (output_ratio is None):
            got = "none" if output_size is None else "both"
            raise ValueError(f"{name}: expected one of output_size and output_ratio, got {got}")
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, self.nd, 1)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else per_axis(name, "output_size", output_size, self.nd, 1)
        ratio = output_ratio if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * self.nd
        self.output_ratio = None if output_ratio is None else tuple(ratio)
        if self.output_ratio is not None and not all(0 < r < 1 for r in self.output_ratio):
            raise ValueError(f"{name}: expected output_ratio between 0 and 1, got {output_ratio}")

    def forward(self, input: Tensor) -> Any:
        how = (self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples)
        return type(self).function(input, *how)


class FractionalMaxPool2d(_FractionalMaxPool):
    """The maximum of windows that begin at places drawn by chance, see ``fractional_max_pool2d``.

    Args:
        kernel_size, output_size, output_ratio, return_indices: as for ``fractional_max_pool2d``.
        _random_samples: the numbers drawn, instead of new ones at each call.

    Raises:
        ValueError: not exactly one of size and ratio.

    Example:
        >>> nn.FractionalMaxPool2d(2, output_ratio=0.7)(ag.ones(1, 3, 9, 9)).shape
        Size([1, 3, 6, 6])
    """

    nd, function = 2, F.fractional_max_pool2d


class FractionalMaxPool3d(_FractionalMaxPool):
    """The maximum of windows that begin at places drawn by chance, see ``fractional_max_pool3d``.

    Args:
        kernel_size, output_size, output_ratio, return_indices: as for ``fractional_max_pool3d``.
        _random_samples: the numbers drawn, instead of new ones at each call.

    Raises:
        ValueError: not exactly one of size and ratio.

    Example:
        >>> nn.FractionalMaxPool3d(2, 3)(ag.ones(1, 3, 6, 6, 6)).shape
        Size([1, 3, 3, 3, 3])
    """

    nd, function = 3, F.fractional_max_pool3d
