"""Cholesky's factorization: A = L L^H of Hermitian, positive-definite matrices, and what is solved by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.casting import autocasts
from autograd.errors import ShapeError
from autograd.op import op, wrap
from autograd.ops.linalg import _matmul
from autograd.ops.matrix_algebra import adjoint, alike, lower, squares, succeeded
from autograd.ops.out import into
from autograd.ops.solving import _solve_triangular, given

if TYPE_CHECKING:
    from autograd.tensor import Tensor

INDEFINITE = "expected positive-definite matrices, got one whose leading minor of order {} is not"


class CholeskyInfo(NamedTuple):
    """Cholesky factors, and whether each exists.

    Args:
        L: shape (..., n, n).
        info: int32 of shape (...): 0, or the order of the first leading minor that is not positive-definite.
    """

    L: Any
    info: Any


@op(outputs=("y", "info"), name="cholesky")
def _cholesky(be: Any, A: Any) -> Any:
    return be.linalg.cholesky(A)


def _cholesky_grad(g: Any, y: Any) -> Any:
    """L^-H P L^-1, with the lower triangle of L^H g, mirrored and halved, as P.

    Source: Murray, Differentiation of the Cholesky decomposition, 2016.
    """
    yh = adjoint(y)
    P = lower(_matmul(yh, g[0]))
    P = (P + adjoint(lower(P, -1))) * 0.5
    P = _solve_triangular(yh, P, upper=True)  # L^-H P, and (L^-H (L^-H P)^H)^H = L^-H P L^-1
    return adjoint(_solve_triangular(yh, adjoint(P), upper=True))


_cholesky.grad(A=_cholesky_grad)


def factorized(name: str, A: Any, upper: bool, check: bool) -> tuple[Any, Any]:
    """L, or L^H, and info; with ``upper`` the upper triangle of A is looked at."""
    squares(name, A)
    y, info = _cholesky(adjoint(A) if upper else A)
    if check:
        succeeded(name, info, INDEFINITE)
    return adjoint(y) if upper else y, info


@autocasts
def cholesky(A: Tensor, *, upper: bool = False, out: Any = None) -> Tensor:
    """L, lower triangular, of A = L L^H.

    Args:
        A: shape (..., n, n), Hermitian and positive-definite; only one triangle is looked at.
        upper: return L^H, from the upper triangle.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n, n).

    Raises:
        LinAlgError: a matrix is not positive-definite.
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.cholesky(ag.tensor([[4.0, 2.0], [2.0, 2.0]]))
        tensor([[2., 0.],
                [1., 1.]])
    """
    return into(out, factorized("linalg.cholesky", A, upper, True)[0], "cholesky")


@autocasts
def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False, out: Any = None) -> CholeskyInfo:
    """``cholesky`` that reports what is not positive-definite in place of raising.

    Args:
        A: shape (..., n, n), Hermitian; only one triangle is looked at.
        upper: return L^H, from the upper triangle.
        check_errors: raise all the same.
        out: a pair of tensors for the result.

    Returns:
        (L, info), a named tuple.

    Raises:
        LinAlgError: a matrix is not positive-definite, with ``check_errors``.
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.cholesky_ex(ag.zeros(1, 1)).info
        tensor(1, dtype=autograd.int32)
    """
    y, info = factorized("linalg.cholesky_ex", A, upper, check_errors)
    return CholeskyInfo(*given("cholesky_ex", out, y, info))


@autocasts
def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False, *, out: Any = None) -> Tensor:
    """x of A x = B, by the factor of A = L L^H.

    Args:
        B: shape (..., n, k).
        L: shape (..., n, n), as ``cholesky`` gives it; the batch axes broadcast.
        upper: L is the upper triangular factor: A = L^H L.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n, k).

    Raises:
        DtypeError: the dtypes differ.
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.cholesky_solve(ag.tensor([[8.0]]), ag.tensor([[2.0]]))
        tensor([[2.]])
    """
    alike("cholesky_solve", B, squares("cholesky_solve", L))
    if B.raw.ndim < 2 or B.raw.shape[-2] != L.raw.shape[-1]:
        raise ShapeError(
            f"cholesky_solve: expected (..., n, k) and (..., n, n) of one n, got {tuple(B.raw.shape)} and {tuple(L.raw.shape)}"
        )
    Lh = adjoint(L)
    first, second = (Lh, L) if upper else (L, Lh)
    y = _solve_triangular(second, _solve_triangular(first, B, upper=False), upper=True)
    return into(out, y, "cholesky_solve")


@autocasts
def cholesky_inverse(L: Tensor, upper: bool = False, *, out: Any = None) -> Tensor:
    """The inverse of A, by the factor of A = L L^H.

    Args:
        L: shape (..., n, n), as ``cholesky`` gives it.
        upper: L is the upper triangular factor: A = L^H L.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n, n).

    Raises:
        ShapeError: not square matrices.

    Example:
        >>> ag.cholesky_inverse(ag.tensor([[2.0]]))
        tensor([[0.2500]])
    """
    be = squares("cholesky_inverse", L).backend
    identity = wrap(be.xp.eye(L.raw.shape[-1], dtype=L.raw.dtype), be)
    return into(out, cholesky_solve(identity, L, upper), "cholesky_inverse")
