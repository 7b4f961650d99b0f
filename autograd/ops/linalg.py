"""Products of vectors and matrices; sums over named axes are in einsum.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.errors import DtypeError, ShapeError
from autograd.op import elementwise, op
from autograd.ops.arithmetic import mul
from autograd.ops.arguments import axis_of
from autograd.ops.axes import mT
from autograd.ops.out import into
from autograd.ops.reduction import _sum
from autograd.ops.shape import _expand, _reshape, broadcast, sum_to

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- matmul -----------------------------------------------------------------------------------------------------------


@op
def matmul(be: Any, input: Any, other: Any) -> Any:
    """The product of vectors, matrices and batches of matrices; the operator ``@``.

    Args:
        input: shape (n,), or (..., m, n).
        other: shape (n,), or (..., n, p), of the same dtype; the batch axes broadcast.

    Returns:
        Shape (..., m, p), without the m or p that a vector does not have.

    Raises:
        DtypeError: the dtypes differ.
        ShapeError: the inner sizes differ, or an operand is 0-d.

    Example:
        >>> ag.tensor([[1.0, 2.0], [3.0, 4.0]]) @ ag.tensor([1.0, 1.0])
        tensor([3., 7.])
    """
    if input.dtype != other.dtype:
        raise DtypeError(f"matmul: expected one dtype, got {input.dtype} and {other.dtype}. Cast one with .to()")
    try:
        if other.ndim == 2 and input.ndim > 2:  # one product of large matrices in place of many small ones
            return be.xp.matmul(input.reshape(-1, input.shape[-1]), other).reshape(*input.shape[:-1], other.shape[1])
        return be.xp.matmul(input, other)
    except ValueError:
        raise ShapeError(
            f"matmul: expected (..., m, n) and (..., n, p) or vectors (n,), got {tuple(input.shape)} and "
            f"{tuple(other.shape)}. Is one to be transposed?"
        ) from None


def _column(x: Any) -> Any:
    return _reshape(x, shape=(*x.shape, 1))


def _row(x: Any) -> Any:
    return _reshape(x, shape=(*x.shape[:-1], 1, x.shape[-1]))


def _matmul_input(g: Any, other: Any, input_shape: tuple[int, ...]) -> Any:
    """The gradient of the left operand, a sum over the batch still to be done where it was broadcast."""
    if len(input_shape) == 1:
        if other.ndim == 1:
            return g * other
        gx = matmul(other, _column(g))  # (..., n, p) (..., p, 1) -> (..., n, 1)
        return _reshape(gx, shape=tuple(gx.shape[:-1]))
    if other.ndim == 1:
        return _column(g) * other  # (..., m, 1) (n,) -> (..., m, n)
    return matmul(g, mT(other) if not is_raw(other) else other.swapaxes(-1, -2))


def _matmul_other(g: Any, input: Any, other_shape: tuple[int, ...]) -> Any:
    """The gradient of the right operand, a sum over the batch still to be done where it was broadcast."""
    return g
