"""Distances: of two tensors, of the rows of two matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.casting import autocasts
from autograd.errors import ShapeError
from autograd.ops.norms import norm
from autograd.ops.shape import _reshape

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@autocasts
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of the difference of two tensors.

    Args:
        input, other: broadcastable, floating.
        p: which norm.

    Returns:
        A 0-d tensor.

    Raises:
        DtypeError: the dtype is not floating.

    Example:
        >>> ag.dist(ag.tensor([0.0, 3.0]), ag.tensor([4.0, 0.0]))
        tensor(5.)
    """
    return norm(input - other, p)


@autocasts
def cdist(
    x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:
    """The p-norm distance of every row of one matrix to every row of another.

    Args:
        x1: shape (..., m, d), floating.
        x2: shape (..., n, d), the batch axes broadcastable.
        p: which norm.
        compute_mode: accepted.

    Returns:
        Shape (..., m, n).

    Raises:
        ShapeError: not matrices, or rows of different lengths.

    Example:
        >>> ag.cdist(ag.tensor([[0.0, 0.0]]), ag.tensor([[3.0, 4.0], [0.0, 1.0]]))
        tensor([[5., 1.]])
    """
    a, b = x1.raw.shape, x2.raw.shape
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-1]:
        raise ShapeError(f"cdist: expected (..., m, d) and (..., n, d), got {tuple(a)} and {tuple(b)}")
    rows = _reshape(x1, shape=(*a[:-1], 1, a[-1]))
    columns = _reshape(x2, shape=(*b[:-2], 1, *b[-2:]))
    return norm(rows - columns, p, -1)  # (..., m, n, d) -> (..., m, n)
