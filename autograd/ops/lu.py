"""LU factorization with partial pivoting, A = P L U, and LDL of symmetric matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.casting import autocasts
from autograd.errors import ShapeError
from autograd.op import op, wrap
from autograd.ops.linalg import _matmul
from autograd.ops.matrix_algebra import (
    adjoint,
    alike,
    beside,
    columns,
    conjugate,
    lower,
    matrices,
    plus_identity,
    rows,
    squares,
    succeeded,
    upper,
)
from autograd.ops.out import into
from autograd.ops.shape import broadcast
from autograd.ops.solving import _solve_triangular, given

if TYPE_CHECKING:
    from autograd.tensor import Tensor

ZERO_PIVOT = "expected matrices with all pivots, got one without a pivot in column {}. See linalg.lu, lu_factor_ex"


class PLU(NamedTuple):
    """The factors of A = P L U.

    Args:
        P: the permutation, shape (..., m, m).
        L: unit lower triangular, shape (..., m, k) with k = min(m, n).
        U: upper triangular, shape (..., k, n).
    """

    P: Any
    L: Any
    U: Any


class LUPivots(NamedTuple):
    """L and U in one, and the exchanges of rows.

    Args:
        LU: shape (..., m, n).
        pivots: int32 of shape (..., min(m, n)), from 1.
    """

    LU: Any
    pivots: Any


class LUPivotsInfo(NamedTuple):
    """L and U in one, the exchanges of rows, and whether there is a pivot in every column.

    Args:
        LU: shape (..., m, n).
        pivots: int32 of shape (..., min(m, n)), from 1.
        info: int32 of shape (...): 0, or the first column without a pivot, counted from 1.
    """

    LU: Any
    pivots: Any
    info: Any


# -- permutations of rows ---------------------------------------------------------------------------------------------


@op
def _ordered_rows(be: Any, x: Any, order: Any) -> Any:
    """The rows of x (..., m, n) in an order (..., m) of int64."""
    return be.xp.take_along_axis(x, order[..., None], -2)


@op
def _inverse(be: Any, order: Any) -> Any:
    """The permutation back."""
    return be.xp.argsort(order, -1)


_ordered_rows.grad(x=lambda g, order: _ordered_rows(g, _inverse(order)))


@op
def _order(be: Any, pivots: Any, *, m: int) -> Any:
    """The order (..., m) of rows that LAPACK's pivots stand for."""
    return be.linalg.order(pivots, m)


def _permutation(order: Any, dtype: Any) -> Any:
    """P (..., m, m) of A = P L U, where A's rows in that order are L U."""
    xp = order.backend.xp
    P = xp.arange(order.raw.shape[-1])[:, None] == order.raw[..., None, :]
    return wrap(P.astype(dtype), order.backend)


# -- the factorization ------------------------------------------------------------------------------------------------


@op(outputs=("y", "pivots", "order", "info"), name="lu")
def _lu(be: Any, A: Any) -> Any:
    packed, pivots, info = be.linalg.lu(A)
    return packed, pivots, be.linalg.order(pivots, A.shape[-2]), info


def _lu_grad(g: Any, y: Any, order: Any) -> Any:
    """With the square part first, B = L U; then L's rest is B' U^-1, and U's rest L^-1 B''."""
    m, n = y.shape[-2:]
    k = min(m, n)
    square, g = rows(columns(y, 0, k), 0, k), g[0]
    L, U = plus_identity(lower(square, -1)), upper(square)
    gsquare = rows(columns(g, 0, k), 0, k)
    gL, gU = lower(gsquare, -1), upper(gsquare)
    rest = None
    if m > k:
        rest = adjoint(_solve_triangular(U, adjoint(rows(g, k, m)), upper=True))  # g U^-H
        gU = gU - _matmul(adjoint(rows(y, k, m)), rest)
    elif n > k:
        rest = _solve_triangular(adjoint(L), columns(g, k, n), upper=True, unitriangular=True)  # L^-H g
        gL = gL - _matmul(rest, adjoint(columns(y, k, n)))
    inner = lower(_matmul(adjoint(L), gL), -1) + upper(_matmul(gU, adjoint(U)))
    inner = _solve_triangular(adjoint(L), inner, upper=True, unitriangular=True)
    gB = adjoint(_solve_triangular(U, adjoint(inner), upper=True))
    if rest is not None:
        gB = beside(gB, rest, axis=gB.ndim - 2 if m > k else gB.ndim - 1)
    return _ordered_rows(gB, _inverse(order))


_lu.grad(A=_lu_grad)


def _with_pivots(name: str, A: Any, pivot: bool) -> Any:
    if not pivot:
        raise NotImplementedError(
            f"{name}: expected pivot=True, got False: there is no factorization without pivots here"
        )
    return _lu(matrices(name, A))


@autocasts
def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False, out: Any = None) -> LUPivotsInfo:
    """``lu_factor`` that reports singular matrices in place of raising.

    Args:
        A: shape (..., m, n), floating or complex.
        pivot: only True.
        check_errors: raise all the same.
        out: three tensors for the result.

    Returns:
        (LU, pivots, info), a named tuple.

    Raises:
        LinAlgError: there is no pivot in a column, with ``check_errors``.
        ShapeError: not matrices.

    Example:
        >>> ag.linalg.lu_factor_ex(ag.zeros(1, 1)).info
        tensor(1, dtype=autograd.int32)
    """
    y, pivots, _, info = _with_pivots("linalg.lu_factor_ex", A, pivot)
    if check_errors:
        succeeded("linalg.lu_factor_ex", info, ZERO_PIVOT)
    return LUPivotsInfo(*given("lu_factor_ex", out, y, pivots, info))


@autocasts
def lu_factor(A: Tensor, *, pivot: bool = True, out: Any = None) -> LUPivots:
    """L and U of A = P L U in one matrix, for ``lu_solve``.

    Args:
        A: shape (..., m, n), floating or complex.
        pivot: only True.
        out: a pair of tensors for the result.

    Returns:
        (LU, pivots), a named tuple.

    Raises:
        LinAlgError: there is no pivot in a column.
        ShapeError: not matrices.

    Example:
        >>> ag.linalg.lu_factor(ag.tensor([[1.0, 2.0], [2.0, 2.0]]))
        LUPivots(LU=tensor([[2.0000, 2.0000],
                [0.5000, 1.0000]]), pivots=tensor([2, 2], dtype=autograd.int32))
    """
    y, pivots, _, info = _with_pivots("linalg.lu_factor", A, pivot)
    succeeded("linalg.lu_factor", info, ZERO_PIVOT)
    return LUPivots(*given("lu_factor", out, y, pivots))


def _unpacked(y: Any) -> tuple[Any, Any]:
    m, n = y.raw.shape[-2:]
    k = min(m, n)
    return plus_identity(lower(columns(y, 0, k), -1)), upper(rows(y, 0, k))


def lu(A: Tensor, *, pivot: bool = True, out: Any = None) -> PLU:
    """P, L and U of A = P L U.

    Args:
        A: shape (..., m, n), floating or complex.
        pivot: only True.
        out: three tensors for the result.

    Returns:
        (P, L, U), a named tuple.

    Raises:
        ShapeError: not matrices.

    Example:
        >>> ag.linalg.lu(ag.tensor([[1.0, 2.0], [2.0, 2.0]])).L
        tensor([[1.0000, 0.0000],
                [0.5000, 1.0000]])
    """
    y, _, order, _ = _with_pivots("linalg.lu", A, pivot)
    return PLU(*given("lu", out, _permutation(order, y.raw.dtype), *_unpacked(y)))


def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True, *, out: Any = None
) -> PLU:
    """P, L and U from what ``lu_factor`` gives.

    Args:
        LU_data: shape (..., m, n).
        LU_pivots: int32 of shape (..., min(m, n)).
        unpack_data: False: L and U are empty.
        unpack_pivots: False: P is empty.
        out: three tensors for the result.

    Returns:
        (P, L, U), a named tuple.

    Raises:
        ShapeError: not matrices.

    Example:
        >>> ag.lu_unpack(*ag.linalg.lu_factor(ag.tensor([[1.0, 2.0], [2.0, 2.0]]))).P
        tensor([[0., 1.],
                [1., 0.]])
    """
    y, be = matrices("lu_unpack", LU_data), LU_data.backend
    P = L = U = wrap(be.xp.zeros(0, y.raw.dtype), be)
    if unpack_pivots:
        P = _permutation(_order(LU_pivots, m=y.raw.shape[-2]), y.raw.dtype)
    if unpack_data:
        L, U = _unpacked(y)
    return PLU(*given("lu_unpack", out, P, L, U))


# -- systems ----------------------------------------------------------------------------------------------------------


@autocasts
def lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False, out: Any = None
) -> Tensor:
    """x of A x = B, by what ``lu_factor`` gives of A.

    Args:
        LU: shape (..., n, n).
        pivots: int32 of shape (..., n).
        B: shape (..., n, k); the batch axes broadcast.
        left: False: of x A = B, with B (..., k, n).
        adjoint: with A^H in place of A.
        out: a tensor to write the result into.

    Returns:
        Shape of B, with the broadcast batch axes.

    Raises:
        DtypeError: the dtypes differ.
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.linalg.lu_solve(*ag.linalg.lu_factor(ag.tensor([[2.0]])), ag.tensor([[8.0]]))
        tensor([[4.]])
    """
    name = "linalg.lu_solve"
    alike(name, squares(name, LU), B)
    if B.raw.ndim < 2 or B.raw.shape[-2 if left else -1] != LU.raw.shape[-1]:
        raise ShapeError(
            f"{name}: expected (..., n, n) and {'(..., n, k)' if left else '(..., k, n)'} of one n, got "
            f"{tuple(LU.raw.shape)} and {tuple(B.raw.shape)}"
        )
    order = _order(pivots, m=LU.raw.shape[-1])
    y = _substituted(LU, order, B, adjoint) if left else _conj_solved(LU, order, B, adjoint)
    return into(out, y, "lu_solve")


def _conj_solved(LU: Any, order: Any, B: Any, conj: bool) -> Any:
    """x A = B: A^H x^H = B^H."""
    return adjoint(_substituted(LU, order, adjoint(B), not conj))


def _substituted(LU: Any, order: Any, B: Any, conj: bool) -> Any:
    """A x = B, or A^H x = B, with A's rows in that order being L U."""
    batch = broadcast("linalg.lu_solve", LU.raw.shape[:-2], B.raw.shape[:-2])
    order = wrap(order.backend.broadcast_to(order.raw, (*batch, order.raw.shape[-1])), order.backend)
    if not conj:
        B = _ordered_rows(_expanded(B, batch), order)
        return _solve_triangular(LU, _solve_triangular(LU, B, upper=False, unitriangular=True), upper=True)
    LUh = adjoint(LU)
    y = _solve_triangular(LUh, _solve_triangular(LUh, B, upper=False), upper=True, unitriangular=True)
    return _ordered_rows(y, _inverse(order))


def _expanded(B: Any, batch: tuple[int, ...]) -> Any:
    return B.expand(*batch, *B.raw.shape[-2:])


# -- symmetric matrices -----------------------------------------------------------------------------------------------


class LDLPivots(NamedTuple):
    """L and D in one, and LAPACK's pivots.

    Args:
        LD: shape (..., n, n).
        pivots: int32 of shape (..., n); negative ones belong to blocks of two.
    """

    LD: Any
    pivots: Any


class LDLPivotsInfo(NamedTuple):
    """L and D in one, LAPACK's pivots, and whether D is invertible.

    Args:
        LD: shape (..., n, n).
        pivots: int32 of shape (..., n); negative ones belong to blocks of two.
        info: int32 of shape (...): 0, or the first zero of D, counted from 1.
    """

    LD: Any
    pivots: Any
    info: Any


@op(outputs=("y", "pivots", "info"), name="ldl_factor")
def _ldl(be: Any, A: Any, *, hermitian: bool) -> Any:
    return be.linalg.ldl(A, hermitian)


@op
def _ldl_solve(be: Any, LD: Any, pivots: Any, B: Any, *, hermitian: bool) -> Any:
    return be.linalg.ldl_solve(LD, pivots, B, hermitian)


def _ldl_solve_grad(g: Any, LD: Any, pivots: Any, *, hermitian: bool) -> Any:
    if hermitian:
        return _ldl_solve(LD, pivots, g, hermitian=True)
    return conjugate(_ldl_solve(LD, pivots, conjugate(g), hermitian=False))


_ldl_solve.grad(B=_ldl_solve_grad)


def ldl_factor_ex(A: Tensor, *, hermitian: bool = False, check_errors: bool = False, out: Any = None) -> LDLPivotsInfo:
    """``ldl_factor`` that reports singular matrices in place of raising.

    Args:
        A: shape (..., n, n), symmetric, or Hermitian; only the lower triangle is looked at.
        hermitian: complex A is Hermitian, not symmetric.
        check_errors: raise all the same.
        out: three tensors for the result.

    Returns:
        (LD, pivots, info), a named tuple; without derivatives.

    Raises:
        LinAlgError: D is singular, with ``check_errors``.
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.ldl_factor_ex(ag.zeros(1, 1)).info
        tensor(1, dtype=autograd.int32)
    """
    y, pivots, info = _ldl(squares("linalg.ldl_factor_ex", A), hermitian=hermitian)
    if check_errors:
        succeeded("linalg.ldl_factor_ex", info, "expected an invertible D, got one with a zero in place {}")
    return LDLPivotsInfo(*given("ldl_factor_ex", out, y, pivots, info))


def ldl_factor(A: Tensor, *, hermitian: bool = False, out: Any = None) -> LDLPivots:
    """L and D of A = L D L^T (or L D L^H) in one matrix, for ``ldl_solve``.

    Args:
        A: shape (..., n, n), symmetric, or Hermitian; only the lower triangle is looked at.
        hermitian: complex A is Hermitian, not symmetric.
        out: a pair of tensors for the result.

    Returns:
        (LD, pivots), a named tuple; without derivatives.

    Raises:
        LinAlgError: D is singular.
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.ldl_factor(ag.tensor([[2.0, 1.0], [1.0, 2.0]])).LD
        tensor([[2.0000, 0.0000],
                [0.5000, 1.5000]])
    """
    LD, pivots, _ = ldl_factor_ex(A, hermitian=hermitian, check_errors=True)
    return LDLPivots(*given("ldl_factor", out, LD, pivots))


def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool = False, out: Any = None) -> Tensor:
    """x of A x = B, by what ``ldl_factor`` gives of A.

    Args:
        LD: shape (..., n, n); without a derivative.
        pivots: int32 of shape (..., n).
        B: shape (..., n, k); the batch axes broadcast.
        hermitian: as A was factorized.
        out: a tensor to write the result into.

    Returns:
        Shape of B, with the broadcast batch axes.

    Raises:
        DtypeError: the dtypes differ.
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.linalg.ldl_solve(*ag.linalg.ldl_factor(ag.tensor([[2.0]])), ag.tensor([[8.0]]))
        tensor([[4.]])
    """
    name = "linalg.ldl_solve"
    alike(name, squares(name, LD), B)
    if B.raw.ndim < 2 or B.raw.shape[-2] != LD.raw.shape[-1]:
        raise ShapeError(
            f"{name}: expected (..., n, n) and (..., n, k) of one n, got {tuple(LD.raw.shape)} and {tuple(B.raw.shape)}"
        )
    return into(out, _ldl_solve(LD, pivots, B, hermitian=hermitian), "ldl_solve")
