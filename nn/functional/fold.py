"""Windows taken out as columns, and columns added back into windows."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from autograd.dtypes import INEXACT
from autograd.errors import DtypeError, ShapeError
from autograd.formats import packed
from autograd.op import op
from backends.geometry import Pool
from nn.functional.arguments import batched, per_axis

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op
def _unfold(be: Any, x: Any, *, geo: Pool) -> Any:
    return be.unfold(x, geo)  # (N,C,*S) -> (N,C*prod(K),prod(OS))


@op
def _fold(be: Any, x: Any, *, geo: Pool) -> Any:
    return packed(be.fold(x, geo))  # (N,C*prod(K),prod(OS)) -> (N,C,*S)


_unfold.grad(x=lambda g, **p: _fold(g, **p))
_fold.grad(x=lambda g, **p: _unfold(g, **p))


def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Tensor:
    """The windows of an image as columns: column l holds the C*KH*KW elements of window l.

    Args:
        input: (N,C,H,W) or (C,H,W).
        kernel_size: (KH,KW) or one int for both.
        dilation: steps between the elements of a window.
        padding: zeros on either side.
        stride: steps between windows.

    Returns:
        (N,C*KH*KW,L) or (C*KH*KW,L), L the number of windows.

    Raises:
        ShapeError: another number of axes, or no window fits.

    Example:
        >>> F.unfold(ag.arange(4.0).reshape(1, 1, 2, 2), (1, 2))
        tensor([[[0., 2.],
                 [1., 3.]]])
    """
    x, is_batch = batched("unfold", input, 2, complex=True)
    geo = _windows("unfold", x.raw.shape, kernel_size, dilation, padding, stride)
    y: Tensor = _unfold(x, geo=geo)
    return y if is_batch else y.squeeze(0)


def fold(
    input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """Columns added back into an image, where windows overlap summed: the transpose of ``unfold``.

    Args:
        input: (N,C*KH*KW,L) or (C*KH*KW,L).
        output_size: (H,W) or one int for both.
        kernel_size, dilation, padding, stride: those of ``unfold``.

    Returns:
        (N,C,H,W) or (C,H,W).

    Raises:
        ShapeError: sizes that do not fit the windows.

    Example:
        >>> F.fold(ag.ones(1, 2, 2), (1, 3), (1, 2))
        tensor([[[[1., 2., 1.]]]])
    """
    shape = input.raw.shape
    if input.raw.dtype.kind not in INEXACT:
        raise DtypeError(
            f"fold: expected a floating or complex dtype, got {input.dtype}. Cast it, for example with .float()"
        )
    kernel = per_axis("fold", "kernel_size", kernel_size, 2, 1)
    if len(shape) not in (2, 3) or shape[-2] % prod(kernel):
        raise ShapeError(f"fold: expected input (N,C*{prod(kernel)},L) to match kernel_size {kernel}, got {shape}")
    size = per_axis("fold", "output_size", output_size, 2, 1)
    geo = _windows("fold", (1, 1, *size), kernel, dilation, padding, stride)
    if shape[-1] != prod(geo.out):
        raise ShapeError(f"fold: expected {prod(geo.out)} columns for output_size {size}, got {shape}")
    x = input if len(shape) == 3 else input.unsqueeze(0)
    y: Tensor = _fold(x, geo=geo)
    return y if len(shape) == 3 else y.squeeze(0)


def _windows(name: str, shape: Any, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Pool:
    geo = Pool.of(
        shape,
        kernel=per_axis(name, "kernel_size", kernel_size, 2, 1),
        stride=per_axis(name, "stride", stride, 2, 1),
        padding=per_axis(name, "padding", padding, 2, 0),
        dilation=per_axis(name, "dilation", dilation, 2, 1),
    )
    if min(geo.out) < 1:
        raise ShapeError(f"{name}: expected windows {geo.kernel} that fit the padded image, got an image {geo.size}")
    return geo
