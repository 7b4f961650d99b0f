"""Functions of square matrices, products of several, and other names that PyTorch has under ``torch.linalg``."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

from autograd.casting import autocasts
from autograd.errors import ArgumentError, ShapeError
from autograd.op import op, wrap
from autograd.ops import linalg as products
from autograd.ops import views
from autograd.ops.arguments import numpy_names
from autograd.ops.joining import cat
from autograd.ops.linalg import _cheapest, _column, _matmul
from autograd.ops.matrix_algebra import adjoint, beside, columns, matrices, padded, rows, squares
from autograd.ops.out import into
from autograd.ops.product import cumprod
from autograd.ops.rearrange import flip
from autograd.ops.shape import _expand, _reshape
from autograd.ops.solving import inv

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- powers and exponentials ------------------------------------------------------------------------------------------


def power(name: str, A: Any, n: Any) -> Any:
    """A^n by repeated squares."""
    n = index(n)
    if n < 0:
        A, n = inv(matrices(name, A)), -n
    shape = A.raw.shape
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError(f"{name}: expected square matrices (..., n, n), got shape {tuple(shape)}")
    be = A.backend
    y = None
    while n:
        if n & 1:
            y = A if y is None else _matmul(y, A)
        n >>= 1
        A = _matmul(A, A) if n else A
    if y is None:
        return wrap(be.xp.array(be.broadcast_to(be.xp.eye(shape[-1], dtype=A.raw.dtype), shape)), be)
    return y


@autocasts
def matrix_power(A: Tensor, n: int, *, out: Any = None) -> Tensor:
    """The n-th powers of square matrices.

    Args:
        A: shape (..., n, n).
        n: an integer; a negative one means powers of the inverse.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n, n).

    Raises:
        LinAlgError: ``n`` is negative and a matrix singular.
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.matrix_power(ag.tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
        tensor([[1., 5.],
                [0., 1.]])
    """
    return into(out, power("linalg.matrix_power", A, n), "matrix_power")


@op
def _expm(be: Any, A: Any) -> Any:
    return be.linalg.expm(A)


def _expm_grad(g: Any, A: Any) -> Any:
    """The upper right block of exp([[A^H, g], [0, A^H]]).

    Source: Mathias, A chain rule for matrix functions and applications, 1996.
    """
    n, last = A.shape[-1], A.ndim - 1
    Ah = adjoint(A)
    blocks = beside(beside(Ah, g, axis=last), padded(Ah, n=2 * n, before=True), axis=last - 1)
    return rows(columns(_expm(blocks), n, 2 * n), 0, n)


_expm.grad(A=_expm_grad)


def matrix_exp(A: Tensor) -> Tensor:
    """The exponentials of square matrices: sum of A^k / k!.

    Args:
        A: shape (..., n, n), floating or complex.

    Returns:
        Shape (..., n, n).

    Raises:
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.matrix_exp(ag.tensor([[0.0, 1.0], [0.0, 0.0]]))
        tensor([[1., 1.],
                [0., 1.]])
    """
    return _expm(squares("linalg.matrix_exp", A))


# -- products ---------------------------------------------------------------------------------------------------------


def multi_dot(tensors: Any, *, out: Any = None) -> Tensor:
    """The product of several matrices, multiplied in the order that costs least.

    Args:
        tensors: at least two: shapes (n_0, n_1), (n_1, n_2), ...; the first and the last may be vectors.
        out: a tensor to write the result into.

    Returns:
        Shape (n_0, n_k), without the axes that vectors do not have.

    Raises:
        ShapeError: the sizes do not fit.
        ValueError: fewer than two tensors.

    Example:
        >>> ag.linalg.multi_dot([ag.ones(3), ag.ones(3, 4), ag.ones(4, 1)])
        tensor([12.])
    """
    factors = list(tensors)
    if len(factors) < 2:
        raise ArgumentError(f"linalg.multi_dot: expected at least two tensors, got {len(factors)}")
    begins, ends = factors[0].raw.ndim == 1, factors[-1].raw.ndim == 1
    if begins:
        factors[0] = _reshape(factors[0], shape=(1, factors[0].raw.size))
    if ends:
        factors[-1] = _column(factors[-1])
    if wrong := [tuple(x.raw.shape) for x in factors if x.raw.ndim != 2]:
        raise ShapeError(f"linalg.multi_dot: expected matrices, got shapes {wrong}. The first and last may be vectors")
    y = _cheapest("linalg.multi_dot", factors)
    m, n = y.raw.shape
    return into(out, _reshape(y, shape=(() if begins else (m,)) + (() if ends else (n,))), "multi_dot")


@numpy_names
def cross(input: Tensor, other: Tensor, *, dim: int = -1, out: Any = None) -> Tensor:
    """The cross product of vectors of three elements.

    Args:
        input, other: broadcastable, of as many axes, with size 3 along ``dim``.
        dim: the axis of the vectors.
        out: a tensor to write the result into.

    Returns:
        A tensor of the broadcast shape.

    Raises:
        ShapeError: the axis has not size 3, or the shapes do not fit.

    Example:
        >>> ag.linalg.cross(ag.tensor([1, 0, 0]), ag.tensor([0, 1, 0]))
        tensor([0, 0, 1])
    """
    return products.cross(input, other, dim, out=out)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices, as a view.

    Args:
        A: at least two axes.
        offset: which diagonal: above the main one if positive, below if negative.
        dim1, dim2: the axes of rows and of columns.

    Returns:
        A view of shape (..., n), without ``dim1`` and ``dim2``.

    Raises:
        IndexError: no such axis.
        ShapeError: the two axes are the same.

    Example:
        >>> ag.linalg.diagonal(ag.arange(8).view(2, 2, 2))
        tensor([[0, 3],
                [4, 7]])
    """
    return views.diagonal(A, offset, dim1, dim2)


# -- Vandermonde's matrices -------------------------------------------------------------------------------------------


def _powers(name: str, x: Any, N: Any) -> Any:
    count = x.raw.shape[-1] if N is None else index(N)
    if count < 0:
        raise ArgumentError(f"{name}: expected N >= 0, got {N}")
    be = x.backend
    ones = wrap(be.xp.ones((*x.raw.shape, min(count, 1)), x.raw.dtype), be)
    if count < 2:
        return ones
    return cat([ones, cumprod(_expand(_column(x), shape=(*x.raw.shape, count - 1)), -1).to(x.dtype)], -1)


def vander(x: Tensor, N: int | None = None) -> Tensor:
    """Vandermonde's matrices: column j is x^j.

    Args:
        x: shape (..., n).
        N: how many columns; n unless given.

    Returns:
        Shape (..., n, N).

    Raises:
        ValueError: ``N`` is negative.

    Example:
        >>> ag.linalg.vander(ag.tensor([1, 2, 3]))
        tensor([[1, 1, 1],
                [1, 2, 4],
                [1, 3, 9]])
    """
    return _powers("linalg.vander", x, N)


def falling_powers(x: Any, N: Any, increasing: bool) -> Any:
    """Vandermonde's matrix of a vector, the highest power first unless ``increasing``."""
    if x.raw.ndim != 1:
        raise ShapeError(f"vander: expected a vector, got shape {tuple(x.raw.shape)}")
    y = _powers("vander", x, N)
    return y if increasing else flip(y, (1,))
