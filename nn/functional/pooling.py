"""Pooling: the maximum, the mean or a power mean of each window, and the way back from maxima."""

from __future__ import annotations

import math
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

from autograd.casting import autocasts
from autograd.errors import ArgumentError, ShapeError
from autograd.op import op, wrap
from backends.geometry import Pool
from nn.functional.arguments import batched, per_axis

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- maxima: what moves is chosen by index, flat positions in the spatial plane ---------------------------------------


@op(outputs=("values", "indices"))
def _max_pool(be: Any, x: Any, *, geo: Pool) -> Any:
    return be.max_pool(x, geo)  # (N,C,*S) -> (N,C,*OS) twice


def to_their_places(needs: Any, g: Any, indices: Any, x_shape: Any, *, geo: Pool | None = None, **_: Any) -> Any:
    """The gradient of a maximum: each g at the place its maximum had."""
    return (_pool_scatter(g[0], indices, size=x_shape[2:], geo=geo),)


_max_pool.grad_all(to_their_places)


@op
def _pool_scatter(be: Any, x: Any, index: Any, *, size: tuple[int, ...], geo: Pool | None = None) -> Any:
    return be.pool_scatter(x, index, size, geo)  # (N,C,*OS) -> (N,C,*S), repeated positions added up


@op
def _pool_gather(be: Any, x: Any, index: Any) -> Any:
    return be.pool_gather(x, index)  # (N,C,*S) -> (N,C,*OS)


_pool_scatter.grad(x=lambda g, index, **_: _pool_gather(g, index))
_pool_gather.grad(x=lambda g, index, x_shape: _pool_scatter(g, index, size=x_shape[2:]))


@op
def _max_unpool(be: Any, x: Any, index: Any, *, size: tuple[int, ...]) -> Any:
    n, c = x.shape[:2]  # (N,C,*OS) -> (N,C,*S), of repeated positions the last
    out = be.xp.zeros((n * c, prod(size)), x.dtype)
    out[be.xp.arange(n * c)[:, None], index.reshape(n * c, prod(index.shape[2:]))] = x.reshape(n * c, prod(x.shape[2:]))
    return out.reshape(n, c, *size)


_max_unpool.grad(x=lambda g, index, **_: _pool_gather(g, index))


# -- means: linear, so that the gradient of the gradient is the mean again ---------------------------------------------


@op
def _avg_pool(be: Any, x: Any, *, geo: Pool) -> Any:
    return be.avg_pool(x, geo)


@op
def _avg_pool_transposed(be: Any, x: Any, *, geo: Pool) -> Any:
    return be.avg_pool_grad(x, geo)


_avg_pool.grad(x=lambda g, **p: _avg_pool_transposed(g, **p))
_avg_pool_transposed.grad(x=lambda g, **p: _avg_pool(g, **p))


def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window over one spatial axis; ``max_pool2d`` with one axis less.

    Args:
        input: (N,C,L) or (C,L).
        kernel_size, stride, padding, dilation, ceil_mode, return_indices: as for ``max_pool2d``.

    Returns:
        (N,C,OL) or (C,OL), with ``return_indices`` also the flat positions, int64.

    Raises:
        ShapeError: another number of axes, or no window fits.

    Example:
        >>> F.max_pool1d(ag.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        tensor([[3., 2.]])
    """
    return _max_pooled("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window over two spatial axes.

    y[n,c,i,j] = max over k,l of x[n,c, i*stride - padding + k*dilation, ...]; outside of x stands -inf. Of
    equal values the first gets the gradient.

    Args:
        input: (N,C,H,W) or (C,H,W).
        kernel_size: of the window, an int or one for each axis.
        stride: steps between windows; default: ``kernel_size``.
        padding: on either side, at most half of the window.
        dilation: steps between the elements of a window.
        ceil_mode: round the output size up, so that a last window may hang over the right edge.
        return_indices: also return where the maxima are, for ``max_unpool2d``.

    Returns:
        (N,C,OH,OW) or (C,OH,OW), OH = floor((H + 2*padding - dilation*(KH-1) - 1) / stride) + 1. With
        ``return_indices`` also the flat positions in the (H,W) plane, int64, of the same shape.

    Raises:
        ShapeError: another number of axes, or no window fits.
        ValueError: padding of more than half of the window.

    Example:
        >>> F.max_pool2d(ag.arange(16.0).reshape(1, 1, 4, 4), 2)
        tensor([[[[ 5.,  7.],
                  [13., 15.]]]])
    """
    return _max_pooled("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


@autocasts
def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The maximum of each window over three spatial axes; ``max_pool2d`` with one axis more.

    Args:
        input: (N,C,D,H,W) or (C,D,H,W).
        kernel_size, stride, padding, dilation, ceil_mode, return_indices: as for ``max_pool2d``.

    Returns:
        (N,C,OD,OH,OW) or (C,OD,OH,OW), with ``return_indices`` also the flat positions, int64.

    Raises:
        ShapeError: another number of axes, or no window fits.

    Example:
        >>> F.max_pool3d(ag.ones(1, 2, 4, 4, 4), 2).shape
        Size([1, 2, 2, 2, 2])
    """
    return _max_pooled("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window over one spatial axis; ``avg_pool2d`` with one axis less.

    Args:
        input: (N,C,L) or (C,L).
        kernel_size, stride, padding, ceil_mode, count_include_pad: as for ``avg_pool2d``.

    Returns:
        (N,C,OL) or (C,OL).

    Raises:
        ShapeError: another number of axes, or no window fits.

    Example:
        >>> F.avg_pool1d(ag.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        tensor([[2., 1.]])
    """
    how = (ceil_mode, count_include_pad, None)
    return _avg_pooled("avg_pool1d", 1, input, kernel_size, stride, padding, *how)


def avg_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window over two spatial axes.

    y[n,c,i,j] = sum over k,l of x[n,c, i*stride - padding + k, ...] / count.

    Args:
        input: (N,C,H,W) or (C,H,W).
        kernel_size: of the window, an int or one for each axis.
        stride: steps between windows; default: ``kernel_size``.
        padding: zeros on either side, at most half of the window.
        ceil_mode: round the output size up, so that a last window may hang over the right edge.
        count_include_pad: the zeros of the padding count as elements.
        divisor_override: divide by this instead of the count.

    Returns:
        (N,C,OH,OW) or (C,OH,OW), OH = floor((H + 2*padding - KH) / stride) + 1.

    Raises:
        ShapeError: another number of axes, or no window fits.
        ValueError: padding of more than half of the window, or a divisor of 0.

    Example:
        >>> F.avg_pool2d(ag.arange(16.0).reshape(1, 1, 4, 4), 2)
        tensor([[[[ 2.5000,  4.5000],
                  [10.5000, 12.5000]]]])
    """
    how = (ceil_mode, count_include_pad, divisor_override)
    return _avg_pooled("avg_pool2d", 2, input, kernel_size, stride, padding, *how)


@autocasts
def avg_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window over three spatial axes; ``avg_pool2d`` with one axis more.

    Args:
        input: (N,C,D,H,W) or (C,D,H,W).
        kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override: as for ``avg_pool2d``.

    Returns:
        (N,C,OD,OH,OW) or (C,OD,OH,OW).

    Raises:
        ShapeError: another number of axes, or no window fits.

    Example:
        >>> F.avg_pool3d(ag.ones(1, 2, 4, 4, 4), 2).shape
        Size([1, 2, 2, 2, 2])
    """
    how = (ceil_mode, count_include_pad, divisor_override)
    return _avg_pooled("avg_pool3d", 3, input, kernel_size, stride, padding, *how)


def lp_pool1d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The power mean of each window, times its size; ``lp_pool2d`` with one axis less.

    Args:
        input: (N,C,L) or (C,L).
        norm_type, kernel_size, stride, ceil_mode: as for ``lp_pool2d``.

    Returns:
        (N,C,OL) or (C,OL).

    Raises:
        ShapeError: another number of axes, or no window fits.

    Example:
        >>> F.lp_pool1d(ag.tensor([[3.0, 4.0]]), 2, 2)
        tensor([[5.]])
    """
    return _lp_pooled("lp_pool1d", 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The power mean of each window, times its size: (sum of x^p)^(1/p).

    Args:
        input: (N,C,H,W) or (C,H,W).
        norm_type: p; 1 gives sums, inf the largest magnitude, -inf the smallest.
        kernel_size: of the window, an int or one for each axis.
        stride: steps between windows; default: ``kernel_size``.
        ceil_mode: as for ``avg_pool2d``.

    Returns:
        (N,C,OH,OW) or (C,OH,OW).

    Raises:
        ShapeError: another number of axes, or no window fits.

    Example:
        >>> F.lp_pool2d(ag.ones(1, 1, 4, 4), 2, 2)
        tensor([[[[2., 2.],
                  [2., 2.]]]])
    """
    return _lp_pooled("lp_pool2d", 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """The power mean of each window, times its size; ``lp_pool2d`` with one axis more.

    Args:
        input: (N,C,D,H,W) or (C,D,H,W).
        norm_type, kernel_size, stride, ceil_mode: as for ``lp_pool2d``.

    Returns:
        (N,C,OD,OH,OW) or (C,OD,OH,OW).

    Raises:
        ShapeError: another number of axes, or no window fits.

    Example:
        >>> F.lp_pool3d(ag.ones(1, 1, 2, 2, 2), 1, 2)
        tensor([[[[[8.]]]]])
    """
    return _lp_pooled("lp_pool3d", 3, input, norm_type, kernel_size, stride, ceil_mode)


def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """The way back from ``max_pool1d``; ``max_unpool2d`` with one axis less.

    Args:
        input: the maxima, (N,C,OL) or (C,OL).
        indices: their flat positions, int64.
        kernel_size, stride, padding, output_size: as for ``max_unpool2d``.

    Returns:
        (N,C,L) or (C,L), by default L = (OL-1)*stride - 2*padding + kernel_size.

    Raises:
        ShapeError: indices of another shape, or an output size that pooling cannot have come from.
        IndexError: a position outside of the output.

    Example:
        >>> x = ag.tensor([[1.0, 3.0, 2.0, 0.0]])
        >>> F.max_unpool1d(*F.max_pool1d(x, 2, return_indices=True), 2)
        tensor([[0., 3., 2., 0.]])
    """
    return _unpooled("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


@autocasts
def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """The way back from ``max_pool2d``: each value at the place its maximum had, zeros elsewhere.

    Args:
        input: the maxima, (N,C,OH,OW) or (C,OH,OW).
        indices: their flat positions as ``max_pool2d(..., return_indices=True)`` gave them, int64.
        kernel_size, stride, padding: those of the pooling.
        output_size: (H,W) where pooling to (OH,OW) allows several; also the whole shape.

    Returns:
        (N,C,H,W) or (C,H,W), by default H = (OH-1)*stride - 2*padding + kernel_size.

    Raises:
        ShapeError: indices of another shape, or an output size that pooling cannot have come from.
        IndexError: a position outside of the output.

    Example:
        >>> y, where = F.max_pool2d(ag.arange(4.0).reshape(1, 1, 2, 2), 2, return_indices=True)
        >>> F.max_unpool2d(y, where, 2)
        tensor([[[[0., 0.],
                  [0., 3.]]]])
    """
    return _unpooled("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


@autocasts
def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """The way back from ``max_pool3d``; ``max_unpool2d`` with one axis more.

    Args:
        input: the maxima, (N,C,OD,OH,OW) or (C,OD,OH,OW).
        indices: their flat positions, int64.
        kernel_size, stride, padding, output_size: as for ``max_unpool2d``.

    Returns:
        (N,C,D,H,W) or (C,D,H,W), by default D = (OD-1)*stride - 2*padding + kernel_size.

    Raises:
        ShapeError: indices of another shape, or an output size that pooling cannot have come from.
        IndexError: a position outside of the output.

    Example:
        >>> y, where = F.max_pool3d(ag.ones(1, 1, 2, 2, 2), 2, return_indices=True)
        >>> F.max_unpool3d(y, where, 2).shape
        Size([1, 1, 2, 2, 2])
    """
    return _unpooled("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)


# -- the doors ---------------------------------------------------------------------------------------------------------


def _max_pooled(
    name: str,
    nd: int,
    input: Tensor,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    x, is_batch = batched(name, input, nd)
    kernel, steps, border = _window(name, nd, kernel_size, stride, padding)
    spread = per_axis(name, "dilation", dilation, nd, 1)
    found = _max_pool(x, geo=_geometry(name, x.raw.shape, kernel, steps, border, spread, bool(ceil_mode)))
    return with_indices(found, is_batch, return_indices)


def with_indices(found: tuple[Tensor, Tensor], is_batch: bool, return_indices: bool) -> Any:
    """What a pooling returns: the values, unbatched again, and on demand their places as int64."""
    values, indices = found
    y = values if is_batch else values.squeeze(0)
    if not return_indices:
        return y
    return y, wrap(indices.raw.astype("int64").reshape(y.raw.shape), indices.backend)


def _avg_pooled(
    name: str,
    nd: int,
    input: Tensor,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Tensor:
    if divisor == 0:
        raise ArgumentError(f"{name}: expected divisor_override other than 0, got 0")
    x, is_batch = batched(name, input, nd)
    windows = (*_window(name, nd, kernel_size, stride, padding), (1,) * nd)
    geo = _geometry(name, x.raw.shape, *windows, bool(ceil_mode), bool(count_include_pad), divisor or 0)
    y: Tensor = _avg_pool(x, geo=geo)
    return y if is_batch else y.squeeze(0)


def _lp_pooled(
    name: str, nd: int, input: Tensor, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool
) -> Tensor:
    if math.isinf(norm_type):
        sign = 1 if norm_type > 0 else -1
        extreme = _max_pooled(name, nd, input.abs() * sign, kernel_size, stride, 0, 1, ceil_mode, False)
        y: Tensor = extreme * sign
        return y
    count = prod(per_axis(name, "kernel_size", kernel_size, nd, 1))
    means = _avg_pooled(name, nd, input.pow(norm_type), kernel_size, stride, 0, ceil_mode, True, None)
    y = (means * count).pow(1.0 / norm_type)
    return y


def _unpooled(
    name: str,
    nd: int,
    input: Tensor,
    indices: Tensor,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    output_size: Any,
) -> Tensor:
    x, is_batch = batched(name, input, nd)
    if indices.raw.shape != input.raw.shape or indices.raw.dtype.kind != "i":
        raise ShapeError(
            f"{name}: expected integer indices of the input's shape {input.raw.shape}, got {indices.dtype} of shape "
            f"{indices.raw.shape}"
        )
    axes = tuple(zip(x.raw.shape[2:], *_window(name, nd, kernel_size, stride, padding), strict=True))
    size = tuple((n - 1) * s - 2 * p + k for n, k, s, p in axes)
    if output_size is not None:
        wanted = tuple(output_size)[-nd:]
        if len(wanted) != nd or any(abs(w - n) >= s for w, n, (_, _, s, _) in zip(wanted, size, axes, strict=True)):
            raise ShapeError(f"{name}: expected output_size within a stride of {size}, got {tuple(output_size)}")
        size = wanted
    if (wrong := indices.backend.check_positions(indices.raw, 0, prod(size))) is not None:
        raise IndexError(f"{name}: expected indices in [0, {prod(size) - 1}] for an output {size}, got {wrong}")
    y: Tensor = _max_unpool(x, indices if is_batch else indices.unsqueeze(0), size=size)
    return y if is_batch else y.squeeze(0)


def _window(name: str, nd: int, kernel_size: Any, stride: Any, padding: Any) -> tuple[Any, Any, Any]:
    kernel = per_axis(name, "kernel_size", kernel_size, nd, 1)
    steps = kernel if stride is None or stride == [] else per_axis(name, "stride", stride, nd, 1)
    return kernel, steps, per_axis(name, "padding", padding, nd, 0)


@lru_cache(maxsize=1024)
def _geometry(
    name: str,
    shape: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil: bool,
    count_include_pad: bool = True,
    divisor: int = 0,
) -> Pool:
    """The geometry of windows that fit the input; remembered, so that a layer checks them once."""
    if any(2 * p > d * (k - 1) + 1 for p, k, d in zip(padding, kernel, dilation, strict=True)):
        raise ArgumentError(f"{name}: expected padding of at most half of the window {kernel}, got {padding}")
    geo = Pool.of(
        shape,
        kernel=kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil=ceil,
        count_include_pad=count_include_pad,
        divisor=divisor,
    )
    if min(geo.out) < 1:
        padded = tuple(n + 2 * p for n, p in zip(geo.size, padding, strict=True))
        span = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
        raise ShapeError(f"{name}: expected windows that fit the padded input {padded}, got {span}")
    return geo
