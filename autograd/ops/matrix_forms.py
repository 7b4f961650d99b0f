"""The older names that PyTorch has at its top and on ``Tensor`` for what ``torch.linalg`` does, with their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.casting import autocasts
from autograd.op import wrap
from autograd.ops import determinants, matrix_functions
from autograd.ops import lu as factors
from autograd.ops.cholesky import factorized
from autograd.ops.determinants import SignLogabsdet
from autograd.ops.lu import _with_pivots
from autograd.ops.matrix_algebra import adjoint, alike, matrices, squares, succeeded
from autograd.ops.orthogonal import QR, _qr
from autograd.ops.out import into
from autograd.ops.solving import SINGULAR, _inv, _pinv, _solve_triangular, given, tolerances
from autograd.ops.spectrum import _svd, svdvals

if TYPE_CHECKING:
    from autograd.tensor import Tensor


class USV(NamedTuple):
    """The factors of A = U diag(S) V^H.

    Args:
        U: with orthonormal columns.
        S: the singular values, descending, real.
        V: with orthonormal columns.
    """

    U: Any
    S: Any
    V: Any


class TriangularSolution(NamedTuple):
    """The solution of a triangular system, and its matrix.

    Args:
        solution: shape (..., n, k).
        cloned_coefficient: a copy of the matrix.
    """

    solution: Any
    cloned_coefficient: Any


@autocasts
def cholesky(input: Tensor, upper: bool = False, *, out: Any = None) -> Tensor:
    """L, lower triangular, of A = L L^H; see ``linalg.cholesky``.

    Args:
        input: shape (..., n, n), Hermitian and positive-definite.
        upper: return L^H, from the upper triangle.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n, n).

    Raises:
        LinAlgError: a matrix is not positive-definite.
        ShapeError: not square matrices.

    Example:
        >>> ag.cholesky(ag.tensor([[4.0]]))
        tensor([[2.]])
    """
    return into(out, factorized("cholesky", input, upper, True)[0], "cholesky")


@autocasts
def svd(input: Tensor, some: bool = True, compute_uv: bool = True, *, out: Any = None) -> USV:
    """The singular value decomposition A = U diag(S) V^H; see ``linalg.svd``, which gives V^H.

    Args:
        input: shape (..., m, n), floating or complex.
        some: U (..., m, k) and V (..., n, k), k = min(m, n); otherwise (..., m, m) and (..., n, n).
        compute_uv: False: U and V are zeros.
        out: three tensors for the result.

    Returns:
        (U, S, V), a named tuple.

    Raises:
        LinAlgError: values are not finite.
        ShapeError: not matrices.

    Example:
        >>> ag.svd(ag.tensor([[3.0, 0.0], [0.0, 4.0]])).S
        tensor([4., 3.])
    """
    A, be = matrices("svd", input), input.backend
    if compute_uv:
        U, S, Vh = _svd(A, full_matrices=not some)
        return USV(*given("svd", out, U, S, adjoint(Vh)))
    *batch, m, n = A.raw.shape
    U, V = (wrap(be.xp.zeros((*batch, size, size), A.raw.dtype), be) for size in (m, n))
    return USV(*given("svd", out, U, svdvals(A), V))


@autocasts
def qr(input: Tensor, some: bool = True, *, out: Any = None) -> QR:
    """The factors of A = Q R; see ``linalg.qr``.

    Args:
        input: shape (..., m, n), floating or complex.
        some: Q (..., m, k) and R (..., k, n), k = min(m, n); otherwise (..., m, m) and (..., m, n).
        out: a pair of tensors for the result.

    Returns:
        (Q, R), a named tuple.

    Raises:
        ShapeError: not matrices.

    Example:
        >>> ag.qr(ag.tensor([[3.0], [4.0]])).R
        tensor([[-5.]])
    """
    return QR(*given("qr", out, *_qr(matrices("qr", input), mode="reduced" if some else "complete")))


def lu(A: Tensor, pivot: bool = True, get_infos: bool = False, out: Any = None) -> tuple[Tensor, ...]:
    """L and U of A = P L U in one matrix; see ``linalg.lu_factor_ex``.

    Args:
        A: shape (..., m, n), floating or complex.
        pivot: only True.
        get_infos: return the info, too, and raise nothing.
        out: two tensors for the result, or three.

    Returns:
        (LU, pivots), or (LU, pivots, info).

    Raises:
        LinAlgError: there is no pivot in a column, and ``get_infos`` is False.
        ShapeError: not matrices.

    Example:
        >>> ag.lu(ag.tensor([[1.0, 2.0], [2.0, 2.0]]))[1]
        tensor([2, 2], dtype=autograd.int32)
    """
    y, pivots, _, info = _with_pivots("lu", A, pivot)
    if not get_infos:
        succeeded("lu", info, factors.ZERO_PIVOT)
    return tuple(given("lu", out, *((y, pivots, info) if get_infos else (y, pivots))))


@autocasts
def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor, *, out: Any = None) -> Tensor:
    """x of A x = b, by what ``lu`` gives of A; see ``linalg.lu_solve``.

    Args:
        b: shape (..., n, k).
        LU_data: shape (..., n, n).
        LU_pivots: int32 of shape (..., n).
        out: a tensor to write the result into.

    Returns:
        Shape (..., n, k).

    Raises:
        DtypeError: the dtypes differ.
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.lu_solve(ag.tensor([[8.0]]), *ag.lu(ag.tensor([[2.0]])))
        tensor([[4.]])
    """
    return factors.lu_solve(LU_data, LU_pivots, b, out=out)


@autocasts
def triangular_solve(
    b: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False, *, out: Any = None
) -> TriangularSolution:
    """x of A x = b with triangular A; see ``linalg.solve_triangular``.

    Args:
        b: shape (..., n, k).
        A: shape (..., n, n); the batch axes broadcast.
        upper: A is upper triangular; otherwise lower.
        transpose: with A^T in place of A.
        unitriangular: the diagonal counts as ones.
        out: a pair of tensors for the result.

    Returns:
        (solution, cloned_coefficient), a named tuple.

    Raises:
        DtypeError: the dtypes differ.
        ShapeError: not square matrices.

    Example:
        >>> ag.triangular_solve(ag.ones(1, 1), ag.tensor([[2.0]])).solution
        tensor([[0.5000]])
    """
    alike("triangular_solve", squares("triangular_solve", A), matrices("triangular_solve", b))
    matrix = A.mT if transpose else A
    x = _solve_triangular(matrix, b, upper=upper != transpose, unitriangular=unitriangular)
    return TriangularSolution(*given("triangular_solve", out, x, A.clone()))


@autocasts
def inverse(input: Tensor, *, out: Any = None) -> Tensor:
    """The inverses of square matrices; see ``linalg.inv``.

    Args:
        input: shape (..., n, n), floating or complex.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n, n).

    Raises:
        LinAlgError: a matrix is singular.
        ShapeError: not square matrices.

    Example:
        >>> ag.inverse(ag.tensor([[4.0]]))
        tensor([[0.2500]])
    """
    y, info = _inv(squares("inverse", input))
    succeeded("inverse", info, SINGULAR)
    return into(out, y, "inverse")


@autocasts
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The pseudoinverses of Moore and Penrose; see ``linalg.pinv``.

    Args:
        input: shape (..., m, n), floating or complex.
        rcond: singular values up to rcond times the largest count as zero.

    Returns:
        Shape (..., n, m).

    Raises:
        LinAlgError: values are not finite.
        ShapeError: not matrices.

    Example:
        >>> ag.pinverse(ag.tensor([[1.0], [1.0]]))
        tensor([[0.5000, 0.5000]])
    """
    return _pinv(matrices("pinverse", input), hermitian=False, **tolerances(input, None, rcond))[0]


def det(input: Tensor) -> Tensor:
    """The determinants of square matrices; see ``linalg.det``.

    Args:
        input: shape (..., n, n), floating or complex.

    Returns:
        Shape (...).

    Raises:
        ShapeError: not square matrices.

    Example:
        >>> ag.det(2 * ag.eye(3))
        tensor(8.)
    """
    return determinants.det(input)


def slogdet(input: Tensor) -> SignLogabsdet:
    """The signs of determinants and the logarithms of their sizes; see ``linalg.slogdet``.

    Args:
        input: shape (..., n, n), floating or complex.

    Returns:
        (sign, logabsdet), a named tuple.

    Raises:
        ShapeError: not square matrices.

    Example:
        >>> ag.slogdet(2 * ag.eye(3)).logabsdet
        tensor(2.0794)
    """
    return determinants.slogdet(input)


@autocasts
def matrix_power(input: Tensor, n: int, *, out: Any = None) -> Tensor:
    """The n-th powers of square matrices; see ``linalg.matrix_power``.

    Args:
        input: shape (..., n, n).
        n: an integer; a negative one means powers of the inverse.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n, n).

    Raises:
        LinAlgError: ``n`` is negative and a matrix singular.
        ShapeError: not square matrices.

    Example:
        >>> ag.matrix_power(2 * ag.eye(1), 3)
        tensor([[8.]])
    """
    return into(out, matrix_functions.power("matrix_power", input, n), "matrix_power")


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Vandermonde's matrix of a vector; see ``linalg.vander``, which begins with the lowest power.

    Args:
        x: shape (n,).
        N: how many columns; n unless given.
        increasing: begin with the lowest power.

    Returns:
        Shape (n, N).

    Raises:
        ShapeError: not a vector.
        ValueError: ``N`` is negative.

    Example:
        >>> ag.vander(ag.tensor([2, 3]), 3)
        tensor([[4, 2, 1],
                [9, 3, 1]])
    """
    return matrix_functions.falling_powers(x, N, increasing)
