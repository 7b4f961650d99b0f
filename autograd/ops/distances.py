"""Distances: of two tensors, of the rows of two matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.casting import autocasts
from autograd.errors import ArgumentError, ShapeError
from autograd.op import op
from autograd.ops.arithmetic import quotient_or_zero
from autograd.ops.linalg import _matmul
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


_MODES = {  # of cdist: from how many rows on distances are made of a product; by none they are made of differences
    "use_mm_for_euclid_dist_if_necessary": 26,
    "use_mm_for_euclid_dist": 0,
    "donot_use_mm_for_euclid_dist": None,
}


@op
def _euclidean(be: Any, a: Any, b: Any) -> Any:
    """(..., m, d) and (..., n, d) to (..., m, n) by |a|^2 + |b|^2 - 2 a.b, which loses digits where a and b are close."""
    y = be.matmul(a, b.swapaxes(-1, -2)) * -2
    y += (a * a).sum(-1)[..., None]
    y += (b * b).sum(-1)[..., None, :]
    return be.xp.sqrt(be.xp.maximum(y, 0))


def _euclidean_grad(pull: Any, a: Any, b: Any) -> Any:
    """sum over j of pull_ij * (a_i - b_j)."""
    return pull.sum(-1)[..., None] * a - _matmul(pull, b)


_euclidean.grad(
    a=lambda g, a, b, y: _euclidean_grad(quotient_or_zero(g, y), a, b),
    b=lambda g, a, b, y: _euclidean_grad(quotient_or_zero(g, y).swapaxes(-1, -2), b, a),
)


@autocasts
def cdist(
    x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:
    """The p-norm distance of every row of one matrix to every row of another.

    Args:
        x1: shape (..., m, d), floating.
        x2: shape (..., n, d), the batch axes broadcastable.
        p: which norm.
        compute_mode: "use_mm_for_euclid_dist_if_necessary" makes distances with p = 2 of a matrix product where one of the
            matrices has more than 25 rows, "use_mm_for_euclid_dist" always, "donot_use_mm_for_euclid_dist" never.

    Returns:
        Shape (..., m, n).

    Raises:
        ShapeError: not matrices, or rows of different lengths.
        ValueError: another mode.

    Example:
        >>> ag.cdist(ag.tensor([[0.0, 0.0]]), ag.tensor([[3.0, 4.0], [0.0, 1.0]]))
        tensor([[5., 1.]])
    """
    a, b = x1.raw.shape, x2.raw.shape
    if len(a) < 2 or len(b) < 2 or a[-1] != b[-1]:
        raise ShapeError(f"cdist: expected (..., m, d) and (..., n, d), got {tuple(a)} and {tuple(b)}")
    if compute_mode is not None and compute_mode not in _MODES:
        raise ArgumentError(f"cdist: expected compute_mode to be one of {', '.join(_MODES)}, got {compute_mode!r}")
    least = _MODES[compute_mode or "use_mm_for_euclid_dist_if_necessary"]
    fits = x1.dtype is x2.dtype and x1.is_floating_point() and x1.element_size() >= 4
    if p == 2 and fits and least is not None and max(a[-2], b[-2]) >= least:
        return _euclidean(x1, x2)
    rows = _reshape(x1, shape=(*a[:-1], 1, a[-1]))
    columns = _reshape(x2, shape=(*b[:-2], 1, *b[-2:]))
    return norm(rows - columns, p, -1)  # (..., m, n, d) -> (..., m, n)
