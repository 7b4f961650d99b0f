"""Max pooling whose windows begin at places drawn by chance, so that an image shrinks by a factor that is no integer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd.errors import ArgumentError, ShapeError
from autograd.op import wrap
from nn.functional.arguments import batched, per_axis

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The maximum of windows over two spatial axes, which begin at places drawn for each channel.

    Window i begins at floor((i + u) a) - floor(u a) with a = (H - KH) / (OH - 1), u uniform in [0, 1); the last at H - KH.

    Args:
        input: (N,C,H,W) or (C,H,W).
        kernel_size: of the windows, an int or one for each axis.
        output_size: OH and OW, an int or one for each axis.
        output_ratio: or OH/H and OW/W, between 0 and 1.
        return_indices: also return where the maxima are.
        _random_samples: u, (N,C,2), for W and for H; None: drawn.

    Returns:
        (N,C,OH,OW) or (C,OH,OW); with ``return_indices`` also flat positions in the (H,W) plane, int64.

    Raises:
        ShapeError: windows that do not fit, or another number of axes.
        ValueError: not exactly one of size and ratio.

    Example:
        >>> F.fractional_max_pool2d(ag.ones(1, 3, 9, 9), 2, output_ratio=0.7).shape
        Size([1, 3, 6, 6])

    Source: Graham, Fractional Max-Pooling, 2014.
    """
    how = (kernel_size, output_size, output_ratio, return_indices, _random_samples)
    return _pooled("fractional_max_pool2d", 2, (1, 0), input, *how)


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The maximum of windows over three spatial axes, which begin at places drawn for each channel.

    Args:
        input: (N,C,D,H,W) or (C,D,H,W).
        kernel_size, output_size, output_ratio, return_indices: as for ``fractional_max_pool2d``.
        _random_samples: u, (N,C,3), for D, H and W; None: drawn.

    Returns:
        (N,C,OD,OH,OW) or (C,OD,OH,OW); with ``return_indices`` also flat positions, int64.

    Raises:
        ShapeError: windows that do not fit, or another number of axes.
        ValueError: not exactly one of size and ratio.

    Example:
        >>> F.fractional_max_pool3d(ag.ones(1, 3, 6, 6, 6), 2, 3).shape
        Size([1, 3, 3, 3, 3])
    """
    how = (kernel_size, output_size, output_ratio, return_indices, _random_samples)
    return _pooled("fractional_max_pool3d", 3, (0, 1, 2), input, *how)


def _pooled(
    name: str,
    nd: int,
    columns: tuple[int, ...],
    input: Tensor,
    kernel_size: Any,
    output_size: Any,
    output_ratio: Any,
    return_indices: bool,
    samples: Tensor | None,
) -> Any:
    """Both; ``columns``: which of the drawn numbers belongs to each axis."""
    x, is_batch = batched(name, input, nd)
    n, c, *sizes = x.shape
    if (output_size is None) == (output_ratio is None):
        raise ArgumentError(
            f"{name}: expected one of output_size and output_ratio, got {'none' if output_size is None else 'both'}"
        )
    if output_ratio is not None:
        ratios = tuple(output_ratio) if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * nd
        if len(ratios) != nd or not all(0 < r < 1 for r in ratios):
            raise ArgumentError(f"{name}: expected output_ratio between 0 and 1 for each axis, got {output_ratio}")
        output_size = tuple(int(s * r) for s, r in zip(sizes, ratios, strict=True))
    kernel, out = per_axis(name, "kernel_size", kernel_size, nd, 1), per_axis(name, "output_size", output_size, nd, 1)
    if any(o + k - 1 > s for o, k, s in zip(out, kernel, sizes, strict=True)):
        raise ShapeError(f"{name}: expected windows {kernel} that fit {out} times into {tuple(sizes)}, they do not")
    if samples is None:
        samples = ag.rand((n, c, nd), dtype=x.dtype, device=x.device)
    elif tuple(samples.shape) != (n, c, nd):
        raise ShapeError(f"{name}: expected _random_samples {(n, c, nd)}, got {tuple(samples.shape)}")
    xp: Any = x.backend.xp
    places: Any = None
    for axis, column in enumerate(columns):
        at = _starts(xp, samples.raw[:, :, column, None], sizes[axis], out[axis], kernel[axis])
        at = at[..., None] + xp.arange(kernel[axis])  # (N,C,O,K)
        shape = [n, c, *[1] * (2 * nd)]
        shape[2 + axis], shape[2 + nd + axis] = out[axis], kernel[axis]
        at = at.reshape(shape)
        places = at if places is None else places * sizes[axis] + at
    index = wrap(places.reshape(n, c, -1), x.backend)  # (N,C,O...,K...)
    windows = x.flatten(2).gather(2, index).reshape(n, c, *out, -1)
    values, which = windows.max(-1)
    y = values if is_batch else values.squeeze(0)
    if not return_indices:
        return y
    found = index.reshape(n, c, *out, -1).gather(-1, which.unsqueeze(-1)).squeeze(-1)
    return y, found if is_batch else found.squeeze(0)


def _starts(xp: Any, u: Any, size: int, out: int, kernel: int) -> Any:
    """Where the windows along an axis begin, (N,C,O)."""
    last = xp.full((*u.shape[:2], 1), size - kernel)
    if out == 1:
        return last
    step = u.dtype.type((size - kernel) / (out - 1))
    first = ((xp.arange(out - 1).astype(u.dtype) + u) * step).astype("int64") - (u * step).astype("int64")
    return xp.concatenate([first, last], 2)
