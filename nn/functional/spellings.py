"""Second spellings of functions: in place, with a trailing underscore, and names that PyTorch keeps for old programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn.functional.activation import hardtanh, leaky_relu, relu, rrelu
from nn.functional.activation import threshold as _threshold
from nn.functional.adaptive_pooling import adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d
from nn.functional.conv import conv1d
from nn.functional.pooling import max_pool1d, max_pool2d, max_pool3d
from nn.functional.smooth_activation import celu, elu, selu
from nn.functional.vision import interpolate

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def relu_(input: Tensor) -> Tensor:
    """``relu`` in place.

    Args:
        input: any shape.

    Returns:
        ``input``.

    Example:
        >>> F.relu_(ag.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    return relu(input, inplace=True)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """``elu`` in place.

    Args:
        input: any shape.
        alpha: as for ``elu``.

    Returns:
        ``input``.

    Example:
        >>> F.elu_(ag.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000])
    """
    return elu(input, alpha, inplace=True)


def selu_(input: Tensor) -> Tensor:
    """``selu`` in place.

    Args:
        input: any shape.

    Returns:
        ``input``.

    Example:
        >>> F.selu_(ag.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])
    """
    return selu(input, inplace=True)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """``celu`` in place.

    Args:
        input: any shape.
        alpha: as for ``celu``.

    Returns:
        ``input``.

    Example:
        >>> F.celu_(ag.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000])
    """
    return celu(input, alpha, inplace=True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """``leaky_relu`` in place.

    Args:
        input: any shape.
        negative_slope: as for ``leaky_relu``.

    Returns:
        ``input``.

    Example:
        >>> F.leaky_relu_(ag.tensor([-1.0, 2.0]))
        tensor([-0.0100,  2.0000])
    """
    return leaky_relu(input, negative_slope, inplace=True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """``hardtanh`` in place.

    Args:
        input: any shape.
        min_val, max_val: as for ``hardtanh``.

    Returns:
        ``input``.

    Example:
        >>> F.hardtanh_(ag.tensor([-1.0, 2.0]))
        tensor([-1.,  1.])
    """
    return hardtanh(input, min_val, max_val, inplace=True)


def rrelu_(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Tensor:
    """``rrelu`` in place.

    Args:
        input: any shape.
        lower, upper, training: as for ``rrelu``.

    Returns:
        ``input``.

    Example:
        >>> F.rrelu_(ag.tensor([-1.0, 2.0]))
        tensor([-0.2292,  2.0000])
    """
    return rrelu(input, lower, upper, training, inplace=True)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """``threshold`` in place.

    Args:
        input: any shape.
        threshold, value: as for ``threshold``.

    Returns:
        ``input``.

    Example:
        >>> F.threshold_(ag.tensor([-1.0, 2.0]), 0.0, 0.0)
        tensor([0., 2.])
    """
    return _threshold(input, threshold, value, inplace=True)


def max_pool1d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """``max_pool1d`` with the positions of the maxima.

    Args:
        input: (N,C,L), or without N.
        kernel_size, stride, padding, dilation, ceil_mode: as for ``max_pool1d``.
        return_indices: accepted; they are returned always.

    Returns:
        (values, positions).

    Example:
        >>> [t.shape for t in F.max_pool1d_with_indices(ag.ones(1, 1, 4), 2)]
        [Size([1, 1, 2]), Size([1, 1, 2])]
    """
    return max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def adaptive_max_pool1d_with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """``adaptive_max_pool1d`` with the positions of the maxima.

    Args:
        input: (N,C,L), or without N.
        output_size: as for ``adaptive_max_pool1d``.
        return_indices: accepted; they are returned always.

    Returns:
        (values, positions).

    Example:
        >>> [t.shape for t in F.adaptive_max_pool1d_with_indices(ag.ones(1, 1, 4), 2)]
        [Size([1, 1, 2]), Size([1, 1, 2])]
    """
    return adaptive_max_pool1d(input, output_size, True)


def max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """``max_pool2d`` with the positions of the maxima.

    Args:
        input: (N,C,H,W), or without N.
        kernel_size, stride, padding, dilation, ceil_mode: as for ``max_pool2d``.
        return_indices: accepted; they are returned always.

    Returns:
        (values, positions).

    Example:
        >>> [t.shape for t in F.max_pool2d_with_indices(ag.ones(1, 1, 4, 4), 2)]
        [Size([1, 1, 2, 2]), Size([1, 1, 2, 2])]
    """
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def adaptive_max_pool2d_with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """``adaptive_max_pool2d`` with the positions of the maxima.

    Args:
        input: (N,C,H,W), or without N.
        output_size: as for ``adaptive_max_pool2d``.
        return_indices: accepted; they are returned always.

    Returns:
        (values, positions).

    Example:
        >>> [t.shape for t in F.adaptive_max_pool2d_with_indices(ag.ones(1, 1, 4, 4), 2)]
        [Size([1, 1, 2, 2]), Size([1, 1, 2, 2])]
    """
    return adaptive_max_pool2d(input, output_size, True)


def max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """``max_pool3d`` with the positions of the maxima.

    Args:
        input: (N,C,D,H,W), or without N.
        kernel_size, stride, padding, dilation, ceil_mode: as for ``max_pool3d``.
        return_indices: accepted; they are returned always.

    Returns:
        (values, positions).

    Example:
        >>> [t.shape for t in F.max_pool3d_with_indices(ag.ones(1, 1, 4, 4, 4), 2)]
        [Size([1, 1, 2, 2, 2]), Size([1, 1, 2, 2, 2])]
    """
    return max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def adaptive_max_pool3d_with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """``adaptive_max_pool3d`` with the positions of the maxima.

    Args:
        input: (N,C,D,H,W), or without N.
        output_size: as for ``adaptive_max_pool3d``.
        return_indices: accepted; they are returned always.

    Returns:
        (values, positions).

    Example:
        >>> [t.shape for t in F.adaptive_max_pool3d_with_indices(ag.ones(1, 1, 4, 4, 4), 2)]
        [Size([1, 1, 2, 2, 2]), Size([1, 1, 2, 2, 2])]
    """
    return adaptive_max_pool3d(input, output_size, True)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The old name of ``interpolate`` with mode "nearest".

    Args:
        input, size, scale_factor: as for ``interpolate``.

    Returns:
        (N,C,*size).

    Example:
        >>> F.upsample_nearest(ag.tensor([[[1.0, 2.0]]]), scale_factor=2)
        tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """The old name of ``interpolate`` with mode "bilinear" and ``align_corners=True``.

    Args:
        input, size, scale_factor: as for ``interpolate``.

    Returns:
        (N,C,*size).

    Example:
        >>> F.upsample_bilinear(ag.tensor([[[[1.0, 3.0]]]]), size=(1, 3))
        tensor([[[[1., 2., 3.]]]])
    """
    return interpolate(input, size, scale_factor, "bilinear", True)


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """``conv1d`` with the axes of sequences: time, batch, channels.

    Args:
        input: (L,N,C).
        weight: (K,C,O).
        bias: (O,).
        pad: zeros at either end of time.

    Returns:
        (L + 2*pad - K + 1, N, O).

    Example:
        >>> F.conv_tbc(ag.ones(5, 2, 3), ag.ones(2, 3, 4), ag.zeros(4)).shape
        Size([4, 2, 4])
    """
    y = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return y.permute(2, 0, 1)
