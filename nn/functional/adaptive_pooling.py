"""Pooling whose windows are laid so that the output has a wanted size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.casting import autocasts
from autograd.errors import ShapeError
from autograd.formats import packed
from autograd.op import op
from nn.functional.arguments import batched, per_axis
from nn.functional.pooling import to_their_places, with_indices

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op(outputs=("values", "indices"))
def _adaptive_max_pool(be: Any, x: Any, *, wanted: tuple[int, ...]) -> Any:
    return be.adaptive_max_pool(x, wanted)


_adaptive_max_pool.grad_all(to_their_places)


@op
def _adaptive_avg_pool(be: Any, x: Any, *, wanted: tuple[int, ...]) -> Any:
    return packed(be.adaptive_avg_pool(x, wanted))


@op
def _adaptive_avg_pool_transposed(be: Any, x: Any, *, size: tuple[int, ...]) -> Any:
    return be.adaptive_avg_pool_grad(x, size)


_adaptive_avg_pool.grad(x=lambda g, x_shape, **_: _adaptive_avg_pool_transposed(g, size=x_shape[2:]))
_adaptive_avg_pool_transposed.grad(x=lambda g, x_shape, **_: _adaptive_avg_pool(g, wanted=x_shape[2:]))


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The mean of windows laid so that the output has the wanted size; ``adaptive_avg_pool2d`` with one axis less.

    Args:
        input: (N,C,L) or (C,L).
        output_size: OL; None keeps an axis as it is.

    Returns:
        (N,C,OL) or (C,OL).

    Raises:
        ShapeError: another number of axes or sizes.

    Example:
        >>> F.adaptive_avg_pool1d(ag.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        tensor([[2., 1.]])
    """
    x, is_batch = batched("adaptive_avg_pool1d", input, 1)
    y: Tensor = _adaptive_avg_pool(x, wanted=_output_sizes("adaptive_avg_pool1d", 1, x, output_size))
    return y if is_batch else y.squeeze(0)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The mean of windows laid so that the output has the wanted size.

    Window i covers floor(i*H/OH) up to ceil((i+1)*H/OH), likewise along W.

    Args:
        input: (N,C,H,W) or (C,H,W).
        output_size: OH and OW, or one int for both; None keeps an axis as it is.

    Returns:
        (N,C,OH,OW) or (C,OH,OW).

    Raises:
        ShapeError: another number of axes or sizes.

    Example:
        >>> F.adaptive_avg_pool2d(ag.ones(1, 3, 5, 7), (2, None)).shape
        Size([1, 3, 2, 7])
    """
    x, is_batch = batched("adaptive_avg_pool2d", input, 2)
    y: Tensor = _adaptive_avg_pool(x, wanted=_output_sizes("adaptive_avg_pool2d", 2, x, output_size))
    return y if is_batch else y.squeeze(0)


@autocasts
def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The mean of windows laid so that the output has the wanted size; ``adaptive_avg_pool2d`` with one axis more.

    Args:
        input: (N,C,D,H,W) or (C,D,H,W).
        output_size: OD, OH, OW, or one int for all; None keeps an axis as it is.

    Returns:
        (N,C,OD,OH,OW) or (C,OD,OH,OW).

    Raises:
        ShapeError: another number of axes or sizes.

    Example:
        >>> F.adaptive_avg_pool3d(ag.ones(1, 3, 5, 7, 4), 1).shape
        Size([1, 3, 1, 1, 1])
    """
    x, is_batch = batched("adaptive_avg_pool3d", input, 3)
    y: Tensor = _adaptive_avg_pool(x, wanted=_output_sizes("adaptive_avg_pool3d", 3, x, output_size))
    return y if is_batch else y.squeeze(0)


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of windows laid as in ``adaptive_avg_pool1d``.

    Args:
        input: (N,C,L) or (C,L).
        output_size: as for ``adaptive_avg_pool1d``.
        return_indices: also return where the maxima are.

    Returns:
        (N,C,OL) or (C,OL), with ``return_indices`` also the flat positions, int64.

    Raises:
        ShapeError: another number of axes or sizes.

    Example:
        >>> F.adaptive_max_pool1d(ag.tensor([[1.0, 3.0, 2.0, 0.0]]), 2)
        tensor([[3., 2.]])
    """
    x, is_batch = batched("adaptive_max_pool1d", input, 1)
    found = _adaptive_max_pool(x, wanted=_output_sizes("adaptive_max_pool1d", 1, x, output_size))
    return with_indices(found, is_batch, return_indices)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of windows laid as in ``adaptive_avg_pool2d``.

    Args:
        input: (N,C,H,W) or (C,H,W).
        output_size: as for ``adaptive_avg_pool2d``.
        return_indices: also return where the maxima are.

    Returns:
        (N,C,OH,OW) or (C,OH,OW), with ``return_indices`` also the flat positions, int64.

    Raises:
        ShapeError: another number of axes or sizes.

    Example:
        >>> F.adaptive_max_pool2d(ag.ones(1, 3, 5, 7), (2, None)).shape
        Size([1, 3, 2, 7])
    """
    x, is_batch = batched("adaptive_max_pool2d", input, 2)
    found = _adaptive_max_pool(x, wanted=_output_sizes("adaptive_max_pool2d", 2, x, output_size))
    return with_indices(found, is_batch, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The maximum of windows laid as in ``adaptive_avg_pool3d``.

    Args:
        input: (N,C,D,H,W) or (C,D,H,W).
        output_size: as for ``adaptive_avg_pool3d``.
        return_indices: also return where the maxima are.

    Returns:
        (N,C,OD,OH,OW) or (C,OD,OH,OW), with ``return_indices`` also the flat positions, int64.

    Raises:
        ShapeError: another number of axes or sizes.

    Example:
        >>> F.adaptive_max_pool3d(ag.ones(1, 3, 5, 7, 4), 1).shape
        Size([1, 3, 1, 1, 1])
    """
    x, is_batch = batched("adaptive_max_pool3d", input, 3)
    found = _adaptive_max_pool(x, wanted=_output_sizes("adaptive_max_pool3d", 3, x, output_size))
    return with_indices(found, is_batch, return_indices)


def _output_sizes(name: str, nd: int, x: Tensor, output_size: Any) -> tuple[int, ...]:
    given = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * nd
    if len(given) != nd:
        raise ShapeError(f"{name}: expected output_size to be an int or {nd} ints, got {output_size}")
    size = x.raw.shape[2:]
    if 0 in size:
        raise ShapeError(f"{name}: expected spatial sizes of at least 1, got {x.raw.shape}")
    return per_axis(name, "output_size", [n if o is None else o for o, n in zip(given, size, strict=True)], nd, 0)
