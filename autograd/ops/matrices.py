"""Triangles and diagonals of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.errors import ShapeError
from autograd.formats import rows
from autograd.inplace import inplace
from autograd.op import op
from autograd.ops.arguments import axis_of
from autograd.ops.out import into
from autograd.ops.shape import _expand, ravel
from autograd.ops.views import _diagonal, _undiagonal

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op
def _tril(be: Any, x: Any, *, k: int) -> Any:
    return rows(be.xp.tril(x, k))


@op
def _triu(be: Any, x: Any, *, k: int) -> Any:
    return rows(be.xp.triu(x, k))


_tril.grad(x=lambda g, *, k: _tril(g, k=k))
_triu.grad(x=lambda g, *, k: _triu(g, k=k))


def tril(input: Tensor, diagonal: int = 0, *, out: Any = None) -> Tensor:
    """The lower triangles of matrices, zero elsewhere; a copy.

    Args:
        input: shape (..., m, n).
        diagonal: the highest diagonal that is kept: above the main one if positive, below if negative.
        out: a tensor to write the result into.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: there are fewer than two axes.

    Example:
        >>> ag.ones(2, 2).tril()
        tensor([[1., 0.],
                [1., 1.]])
    """
    return into(out, _tril(_matrices("tril", input), k=diagonal), "tril")


def triu(input: Tensor, diagonal: int = 0, *, out: Any = None) -> Tensor:
    """The upper triangles of matrices, zero elsewhere; a copy.

    Args:
        input: shape (..., m, n).
        diagonal: the lowest diagonal that is kept: above the main one if positive, below if negative.
        out: a tensor to write the result into.

    Returns:
        A tensor like ``input``.

    Raises:
        ShapeError: there are fewer than two axes.

    Example:
        >>> ag.ones(2, 2).triu()
        tensor([[1., 1.],
                [0., 1.]])
    """
    return into(out, _triu(_matrices("triu", input), k=diagonal), "triu")


def _matrices(name: str, input: Any) -> Any:
    if input.raw.ndim < 2:
        raise ShapeError(f"{name}: expected matrices, got shape {tuple(input.raw.shape)}. Use unsqueeze() first")
    return input


tril_, triu_ = inplace(tril), inplace(triu)


@op
def trace(be: Any, input: Any) -> Any:
    """The sum of the main diagonal of a matrix.

    Args:
        input: shape (m, n).

    Returns:
        A 0-d tensor.

    Raises:
        ShapeError: not a matrix.

    Example:
        >>> ag.eye(3).trace()
        tensor(3.)
    """
    if input.ndim != 2:
        raise ShapeError(f"trace: expected a matrix, got shape {tuple(input.shape)}")
    return input.trace(dtype="int64" if input.dtype.kind in "biu" else None)


def _on_diagonal(g: Any, shape: tuple[int, ...]) -> Any:
    return _undiagonal(_expand(g, shape=(min(shape),)), offset=0, axis1=0, axis2=1, shape=shape)


trace.grad(input=lambda g, input_shape: _on_diagonal(g, input_shape))


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices of zeros with the last axis on a diagonal.

    Args:
        input: shape (..., n).
        offset: which diagonal: above the main one if positive, below if negative.
        dim1, dim2: where the two axes of the matrices are in the result.

    Returns:
        A tensor with one axis more, (..., n + abs(offset), n + abs(offset)) by default.

    Raises:
        ShapeError: the two axes are the same.

    Example:
        >>> ag.tensor([1, 2]).diag_embed()
        tensor([[1, 0],
                [0, 2]])
    """
    ndim = input.raw.ndim + 1
    a, b = (axis_of("diag_embed", d, ndim) if ndim > 1 else 0 for d in (dim1, dim2))
    if a == b:
        raise ShapeError(
            f"diag_embed: expected two different axes, got dim1={dim1} and dim2={dim2} "
            f"for shape {tuple(input.raw.shape)}"
        )
    n = input.raw.shape[-1] + abs(offset)
    rest = iter(input.raw.shape[:-1])
    shape = tuple(n if i in (a, b) else next(rest) for i in range(ndim))
    return _undiagonal(input, offset=offset, axis1=a, axis2=b, shape=shape)


def diag(input: Tensor, diagonal: int = 0, *, out: Any = None) -> Tensor:
    """The diagonal of a matrix, or the matrix with a given diagonal; a copy.

    Args:
        input: shape (m, n), or (n,).
        diagonal: which one: above the main one if positive, below if negative.
        out: a tensor to write the result into.

    Returns:
        One axis for a matrix, a square matrix for one axis.

    Raises:
        ShapeError: neither one nor two axes.

    Example:
        >>> ag.diag(ag.tensor([[1, 2], [3, 4]])), ag.diag(ag.tensor([1, 2]))
        (tensor([1, 4]), tensor([[1, 0],
                [0, 2]]))
    """
    if input.raw.ndim == 1:
        return into(out, diag_embed(input, diagonal), "diag")
    if input.raw.ndim != 2:
        raise ShapeError(
            f"diag: expected one or two axes, got shape {tuple(input.raw.shape)}. Use diagonal() or diag_embed()"
        )
    return into(out, _diagonal(input, offset=diagonal, axis1=0, axis2=1).clone(), "diag")


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A square matrix with the elements of a tensor, flattened, on a diagonal.

    Args:
        input: any shape, n elements.
        offset: which diagonal: above the main one if positive, below if negative.

    Returns:
        Shape (n + abs(offset), n + abs(offset)).

    Example:
        >>> ag.tensor([[1], [2]]).diagflat()
        tensor([[1, 0],
                [0, 2]])
    """
    return diag_embed(ravel(input), offset)
