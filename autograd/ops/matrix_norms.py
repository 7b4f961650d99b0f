"""Norms of vectors and of matrices, and what is made of singular values: rank, condition."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.casting import autocasts
from autograd.errors import ArgumentError, ShapeError
from autograd.op import op
from autograd.ops.arguments import axes_of, axis_of
from autograd.ops.arithmetic import abs
from autograd.ops.axes import movedim
from autograd.ops.comparison import where
from autograd.ops.extremum import amax, amin
from autograd.ops.matrix_algebra import conjugate, matrices, squares
from autograd.ops.norms import _norm, nuclear
from autograd.ops.out import into
from autograd.ops.reduction import _sum, as_float
from autograd.ops.shape import _reshape
from autograd.ops.solving import _cut, _inv, tolerances
from autograd.ops.spectrum import eigvalsh, svdvals

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def vector_norm(
    x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Tensor:
    """The length of the vector of all elements, or of those along axes: sum(|x|^ord)^(1/ord).

    Args:
        x: any shape, floating or complex.
        ord: a number (0 counts what is not zero), inf or -inf.
        dim: an axis, several, or None for all.
        keepdim: keep the reduced axes with size 1.
        dtype: cast to it first.
        out: a tensor to write the result into.

    Returns:
        A tensor of the shape without the reduced axes.

    Raises:
        DtypeError: integers.
        IndexError: no such axis.

    Example:
        >>> ag.linalg.vector_norm(ag.tensor([3.0, 4.0])), ag.linalg.vector_norm(ag.tensor([3.0, -4.0]), 1)
        (tensor(5.), tensor(7.))
    """
    name = "linalg.vector_norm"
    x = as_float(name, x, dtype)
    return into(out, _norm(x, p=float(ord), axes=axes_of(name, dim, x.raw.ndim), keepdim=keepdim), "vector_norm")


def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None, out: Any = None
) -> Tensor:
    """A norm of matrices: of the elements, of the singular values, or the largest sum of a row or column.

    Args:
        A: at least two axes, floating or complex.
        ord: "fro": the root of the sum of squares; "nuc": the sum of singular values; 2 and -2: the largest and smallest
            of them; 1 and -1: the largest and smallest sum of a column; inf and -inf: of a row.
        dim: the axes of rows and of columns.
        keepdim: keep the two axes with size 1.
        dtype: cast to it first.
        out: a tensor to write the result into.

    Returns:
        A tensor of the shape without the two axes.

    Raises:
        DtypeError: integers.
        IndexError: no such axis.
        ShapeError: not two axes.
        ValueError: no such norm.

    Example:
        >>> A = ag.tensor([[3.0, 0.0], [0.0, 4.0]])
        >>> ag.linalg.matrix_norm(A), ag.linalg.matrix_norm(A, "nuc"), ag.linalg.matrix_norm(A, 1)
        (tensor(5.), tensor(7.), tensor(4.))
    """
    name = "linalg.matrix_norm"
    x = as_float(name, A, dtype)
    if len(dim) != 2 or x.raw.ndim < 2:
        raise ShapeError(f"{name}: expected two axes of matrices, got dim={dim!r} and shape {tuple(x.raw.shape)}")
    row, column = axes_of(name, dim, x.raw.ndim)
    if isinstance(ord, str):
        if ord == "fro":
            return into(out, _norm(x, p=2.0, axes=(row, column), keepdim=keepdim), "matrix_norm")
        if ord != "nuc":
            raise ArgumentError(f"{name}: expected ord to be 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2, got {ord!r}")
        return into(out, nuclear(name, x, (row, column), keepdim), "matrix_norm")
    elif math.fabs(ord) == 2:
        values = svdvals(movedim(x, (row, column), (-2, -1)))
        y = (amax if ord > 0 else amin)(values, -1)
    elif math.fabs(ord) in (1, math.inf):
        along, across = (row, column) if math.fabs(ord) == 1 else (column, row)
        sums = _sum(abs(x), axes=(along,), keepdim=True)
        y = (amax if ord > 0 else amin)(sums, (along, across))
    else:
        raise ArgumentError(f"{name}: expected ord to be 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2, got {ord!r}")
    if keepdim:
        y = _reshape(y, shape=tuple(1 if i in (row, column) else n for i, n in enumerate(x.raw.shape)))
    return into(out, y, "matrix_norm")


def norm(
    input: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, out: Any = None, dtype: Any = None
) -> Tensor:
    """``vector_norm`` or ``matrix_norm``, as the axes say.

    Args:
        input: any shape, floating or complex.
        ord: which norm; None is the root of the sum of squares over any axes.
        dim: one axis: of vectors; two: of matrices. None: all axes, one or two where ``ord`` is given.
        keepdim: keep the reduced axes with size 1.
        out: a tensor to write the result into.
        dtype: cast to it first.

    Returns:
        A tensor of the shape without the reduced axes.

    Raises:
        DtypeError: integers.
        IndexError: no such axis.
        ShapeError: more than two axes, with ``ord``.
        ValueError: no such norm.

    Example:
        >>> ag.linalg.norm(ag.tensor([[3.0, 0.0], [0.0, 4.0]])), ag.linalg.norm(ag.tensor([3.0, 4.0]), 1)
        (tensor(5.), tensor(7.))
    """
    if ord is None:
        return vector_norm(input, 2, dim, keepdim, dtype=dtype, out=out)
    axes = tuple(range(input.raw.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if len(axes) > 2 or not axes:
        raise ShapeError(f"linalg.norm: expected one or two axes with ord={ord!r}, got {len(axes)}. Name them in dim=")
    if len(axes) == 2:
        return matrix_norm(input, ord, axes, keepdim, dtype=dtype, out=out)
    if isinstance(ord, str):
        raise ArgumentError(f"linalg.norm: expected a number as ord of vectors, got {ord!r}")
    return vector_norm(input, ord, axes, keepdim, dtype=dtype, out=out)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Any = None) -> Tensor:
    """Inner products along an axis: sum(conj(x) * y).

    Args:
        x, y: broadcastable, of as many elements along ``dim``.
        dim: the axis of the vectors.
        out: a tensor to write the result into.

    Returns:
        A tensor of the broadcast shape without the axis.

    Raises:
        IndexError: no such axis.
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.linalg.vecdot(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([1.0, 1.0]))
        tensor([3., 7.])
    """
    products = conjugate(x) * y
    axis = axis_of("linalg.vecdot", dim, products.raw.ndim)
    return into(out, _sum(products, axes=(axis,), keepdim=False), "vecdot")


# -- rank and condition -----------------------------------------------------------------------------------------------


@op
def _rank(be: Any, S: Any, *, atol: Any, rtol: Any) -> Any:
    return (_cut(be, S, atol, rtol) < S).sum(-1, dtype="int64")


@autocasts
def matrix_rank(
    A: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None, out: Any = None
) -> Tensor:
    """How many singular values are not zero.

    Args:
        A: shape (..., m, n), floating or complex.
        tol: a second name of ``atol``.
        hermitian: A is Hermitian: only its lower triangle is looked at.
        atol: singular values up to it count as zero; a number, or a tensor of the batch's shape.
        rtol: the same, relative to the largest one; by default max(m, n) * eps, 0 where ``atol`` is given.
        out: a tensor to write the result into.

    Returns:
        int64, shape (...).

    Raises:
        LinAlgError: values are not finite.
        ShapeError: not matrices.

    Example:
        >>> ag.linalg.matrix_rank(ag.ones(2, 2))
        tensor(1)
    """
    (squares if hermitian else matrices)("linalg.matrix_rank", A)
    found = tolerances(A, tol if atol is None else atol, rtol)
    values = abs(eigvalsh(A.detach())) if hermitian else svdvals(A.detach())
    return into(out, _rank(values, **found), "matrix_rank")


@autocasts
def cond(A: Tensor, p: Any = None, *, out: Any = None) -> Tensor:
    """The condition of matrices: norm(A) * norm(inverse of A).

    Args:
        A: shape (..., m, n), floating or complex; square unless p is None, 2 or -2.
        p: which norm, as in ``matrix_norm``; None and 2: the largest singular value over the smallest.
        out: a tensor to write the result into.

    Returns:
        Shape (...), real; inf where A is singular.

    Raises:
        LinAlgError: values are not finite.
        ShapeError: not matrices, or not square ones.
        ValueError: no such norm.

    Example:
        >>> ag.linalg.cond(ag.tensor([[2.0, 0.0], [0.0, 8.0]]))
        tensor(4.)
    """
    if p in (None, 2, -2):
        values = svdvals(matrices("linalg.cond", A))
        y = values[..., -1] / values[..., 0] if p == -2 else values[..., 0] / values[..., -1]
        return into(out, y, "cond")
    inverse, info = _inv(squares("linalg.cond", A))
    y = matrix_norm(A, p) * matrix_norm(where((info != 0)[..., None, None], 0, inverse), p)
    return into(out, where(info != 0, math.inf, y), "cond")
