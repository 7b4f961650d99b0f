"""Linear systems and inverses: exact, by triangles, and in the least squares sense."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.casting import autocasts
from autograd.dtypes import FROM_NUMPY, finfo
from autograd.errors import ArgumentError, ShapeError
from autograd.formats import rows
from autograd.node import Variable
from autograd.op import op, wrap
from autograd.ops.arguments import axis_of
from autograd.ops.arithmetic import abs
from autograd.ops.axes import movedim
from autograd.ops.linalg import _matmul, _transposed
from autograd.ops.matrix_algebra import adjoint, alike, lower, matrices, squares, succeeded, upper
from autograd.ops.out import into
from autograd.ops.power import square
from autograd.ops.reduction import _sum
from autograd.ops.shape import _reshape, broadcast

if TYPE_CHECKING:
    from autograd.tensor import Tensor

SINGULAR = "expected invertible matrices, got a singular one: there is no pivot in column {}"


class InverseInfo(NamedTuple):
    """Inverses, and whether each exists.

    Args:
        inverse: shape (..., n, n).
        info: int32 of shape (...): 0, or the column without a pivot, counted from 1.
    """

    inverse: Any
    info: Any


class ResultInfo(NamedTuple):
    """Solutions, and whether each exists.

    Args:
        result: the solutions.
        info: int32 of shape (...): 0, or the column without a pivot, counted from 1.
    """

    result: Any
    info: Any


class LeastSquares(NamedTuple):
    """Solutions in the least squares sense, and what was found on the way.

    Args:
        solution: shape (..., n, k).
        residuals: the squared distances (..., k), where there are more equations than unknowns and all ranks are full;
            otherwise, and for the driver "gelsy", empty.
        rank: int64 of shape (...); empty for the driver "gels".
        singular_values: shape (..., min(m, n)), for the drivers "gelsd" and "gelss"; otherwise empty.
    """

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


# -- inverses ---------------------------------------------------------------------------------------------------------


@op(outputs=("y", "info"), name="inv")
def _inv(be: Any, A: Any) -> Any:
    return be.linalg.inv(A)


_inv.grad(A=lambda g, y: -_matmul(adjoint(y), _matmul(g[0], adjoint(y))))


@autocasts
def inv(A: Tensor, *, out: Any = None) -> Tensor:
    """The inverses of square matrices.

    Args:
        A: shape (..., n, n), floating or complex.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n, n).

    Raises:
        LinAlgError: a matrix is singular.
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.inv(ag.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]])
    """
    y, info = _inv(squares("linalg.inv", A))
    succeeded("linalg.inv", info, SINGULAR)
    return into(out, y, "inv")


@autocasts
def inv_ex(A: Tensor, *, check_errors: bool = False, out: Any = None) -> InverseInfo:
    """``inv`` that reports singular matrices in place of raising.

    Args:
        A: shape (..., n, n), floating or complex.
        check_errors: raise all the same.
        out: a pair of tensors for the result.

    Returns:
        (inverse, info), a named tuple.

    Raises:
        LinAlgError: a matrix is singular, with ``check_errors``.
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.inv_ex(ag.zeros(1, 1)).info
        tensor(1, dtype=autograd.int32)
    """
    y, info = _inv(squares("linalg.inv_ex", A))
    if check_errors:
        succeeded("linalg.inv_ex", info, SINGULAR)
    return InverseInfo(*given("inv_ex", out, y, info))


def given(name: str, out: Any, *results: Any) -> Any:
    """Results, written into the tensors of ``out=`` where these are given."""
    return results if out is None else tuple(into(o, y, name) for o, y in zip(out, results, strict=True))


# -- systems ----------------------------------------------------------------------------------------------------------


@op(outputs=("y", "info"), name="solve")
def _solve(be: Any, A: Any, B: Any) -> Any:
    y, info = be.linalg.solve(A, B)
    return rows(y), info


@_solve.grad_all
def _solve_grad(needs: Any, g: Any, A: Any, y: Any) -> Any:
    gB = _solve(adjoint(A), g[0])[0]
    return (-_matmul(gB, adjoint(y)) if needs[0] else None, gB)


def is_vector(A: Any, B: Any) -> bool:
    """Whether the right side B of a system is a vector, or a batch of them."""
    a, b = A.raw.shape, B.raw.shape
    return len(b) == 1 or (len(a) - 1 == len(b) and tuple(a[:-1]) == tuple(b))


def _system(name: str, A: Any, B: Any, left: bool) -> None:
    """Refuses sides that do not fit: A (..., n, n) with B (..., n, k), or B (..., k, n) for x A = B."""
    alike(name, A, B)
    shape = B.raw.shape
    if len(shape) < 2 or shape[-2 if left else -1] != A.raw.shape[-1]:
        want = "(..., n, n) and (..., n, k)" if left else "(..., n, n) and (..., k, n)"
        raise ShapeError(f"{name}: expected {want} of one n, got {tuple(A.raw.shape)} and {tuple(shape)}")
    broadcast(name, A.raw.shape[:-2], shape[:-2])


def _solved(name: str, A: Any, B: Any, left: bool) -> Any:
    squares(name, A)
    vector = left and is_vector(A, B)
    if vector:
        B = _reshape(B, shape=(*B.raw.shape, 1))
    _system(name, A, B, left)
    y, info = _solve(A, B) if left else _solve(_transposed(A), _transposed(B))
    if not left:
        y = _transposed(y)
    return (_reshape(y, shape=y.raw.shape[:-1]) if vector else y), info


@autocasts
def solve(A: Tensor, B: Tensor, *, left: bool = True, out: Any = None) -> Tensor:
    """x of the linear systems A x = B.

    Args:
        A: shape (..., n, n), floating or complex, invertible.
        B: shape (..., n, k), or of vectors: (n,), or (..., n) of the batch of A; the batch axes broadcast.
        left: False: of x A = B, with B (..., k, n).
        out: a tensor to write the result into.

    Returns:
        Shape of B, with the broadcast batch axes.

    Raises:
        DtypeError: the dtypes differ.
        LinAlgError: a matrix is singular.
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.linalg.solve(ag.tensor([[2.0, 0.0], [0.0, 4.0]]), ag.tensor([1.0, 1.0]))
        tensor([0.5000, 0.2500])
    """
    y, info = _solved("linalg.solve", A, B, left)
    succeeded("linalg.solve", info, SINGULAR)
    return into(out, y, "solve")


@autocasts
def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False, out: Any = None) -> ResultInfo:
    """``solve`` that reports singular matrices in place of raising.

    Args:
        A: shape (..., n, n), floating or complex.
        B: shape (..., n, k), or of vectors: (n,), or (..., n) of the batch of A; the batch axes broadcast.
        left: False: of x A = B, with B (..., k, n).
        check_errors: raise all the same.
        out: a pair of tensors for the result.

    Returns:
        (result, info), a named tuple.

    Raises:
        DtypeError: the dtypes differ.
        LinAlgError: a matrix is singular, with ``check_errors``.
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.linalg.solve_ex(ag.zeros(1, 1), ag.ones(1)).info
        tensor(1, dtype=autograd.int32)
    """
    y, info = _solved("linalg.solve_ex", A, B, left)
    if check_errors:
        succeeded("linalg.solve_ex", info, SINGULAR)
    return ResultInfo(*given("solve_ex", out, y, info))


# -- triangular systems -----------------------------------------------------------------------------------------------


@op
def _solve_triangular(be: Any, A: Any, B: Any, *, upper: bool, unitriangular: bool = False) -> Any:
    return be.linalg.solve_triangular(A, B, upper, unitriangular)


@_solve_triangular.grad_all
def _solve_triangular_grad(needs: Any, g: Any, A: Any, y: Any, **p: Any) -> Any:
    above, unit = p["upper"], p.get("unitriangular", False)
    gB = _solve_triangular(adjoint(A), g, upper=not above, unitriangular=unit)
    if not needs[0]:
        return None, gB
    gA = -_matmul(gB, adjoint(y))
    return (upper(gA, int(unit)) if above else lower(gA, -int(unit))), gB


def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False, out: Any = None
) -> Tensor:
    """x of the linear systems A x = B with triangular A; the other triangle is not looked at.

    Args:
        A: shape (..., n, n), floating or complex.
        B: shape (..., n, k); the batch axes broadcast.
        upper: A is upper triangular; otherwise lower.
        left: False: of x A = B, with B (..., k, n).
        unitriangular: the diagonal counts as ones and is not looked at.
        out: a tensor to write the result into.

    Returns:
        Shape of B, with the broadcast batch axes; inf and NaN where A is singular.

    Raises:
        DtypeError: the dtypes differ.
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.linalg.solve_triangular(ag.tensor([[2.0, 1.0], [0.0, 4.0]]), ag.ones(2, 1), upper=True)
        tensor([[0.3750],
                [0.2500]])
    """
    name = "linalg.solve_triangular"
    _system(name, squares(name, A), B, left)
    if left:
        y = _solve_triangular(A, B, upper=upper, unitriangular=unitriangular)
    else:
        y = _solve_triangular(_transposed(A), _transposed(B), upper=not upper, unitriangular=unitriangular)
        y = _transposed(y)
    return into(out, y, "solve_triangular")


# -- pseudoinverses and least squares ---------------------------------------------------------------------------------


def _cut(be: Any, S: Any, atol: Any, rtol: Any) -> Any:
    """Below what a singular value of S (..., k) counts as zero: (..., 1)."""
    xp = be.xp
    largest = S.max(-1, keepdims=True) if S.shape[-1] else xp.zeros((*S.shape[:-1], 1), S.dtype)
    atol, rtol = (t[..., None] if getattr(t, "ndim", 0) else t for t in (atol, rtol))
    return xp.maximum(largest * rtol, xp.asarray(atol, dtype=S.dtype))


@op(outputs=("y", "values", "rank"), name="pinv")
def _pinv(be: Any, A: Any, *, atol: Any, rtol: Any, hermitian: bool) -> Any:
    xp = be.xp
    if hermitian:
        values, V = be.linalg.eigh(A, "L")
        U, Vh, S = V, xp.conj(V.mT), xp.absolute(values)
    else:
        U, S, Vh = be.linalg.svd(A, False)
        values = S
    kept = _cut(be, S, atol, rtol) < S
    inverted = xp.where(kept, 1 / xp.where(kept, values, 1), 0).astype(S.dtype)
    y = be.matmul(xp.conj(Vh.mT) * inverted[..., None, :], xp.conj(U.mT))
    return y, S, kept.sum(-1, dtype="int64")


def _pinv_grad(g: Any, A: Any, y: Any) -> Any:
    """By what changes within the range of A and what turns it.

    Source: Golub and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems, 1973.
    """
    gh, yh = adjoint(g[0]), adjoint(y)
    if A.shape[-2] <= A.shape[-1]:
        K = _matmul(gh, y)
        Kyh = _matmul(K, yh)
        turned = Kyh - _matmul(_matmul(A, y), Kyh) + _matmul(_matmul(yh, y), gh - _matmul(K, A))
        return turned - adjoint(_matmul(y, K))
    K = _matmul(y, gh)
    yhK = _matmul(yh, K)
    turned = yhK - _matmul(_matmul(yhK, y), A) + _matmul(_matmul(gh - _matmul(A, K), y), yh)
    return turned - adjoint(_matmul(K, y))


_pinv.grad(A=_pinv_grad)


def tolerances(A: Any, atol: Any, rtol: Any) -> dict[str, Any]:
    """The tolerances of a rank as raw arrays or numbers: rtol is max(m, n) * eps unless one is given."""
    if rtol is None:
        eps = finfo(FROM_NUMPY[A.raw.dtype]).eps * max(A.raw.shape[-2:])
        given = atol is not None
        rtol = (
            A.backend.xp.where(atol.raw > 0, 0.0, eps) if isinstance(atol, Variable) else 0.0 if given and atol else eps
        )
    atol = 0.0 if atol is None else atol
    return {"atol": getattr(atol, "raw", atol), "rtol": getattr(rtol, "raw", rtol)}


def pinv(
    A: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None, out: Any = None
) -> Tensor:
    """The pseudoinverses of Moore and Penrose.

    Args:
        A: shape (..., m, n), floating or complex.
        rcond: a second name of ``rtol``.
        hermitian: A is Hermitian: only its lower triangle is looked at.
        atol: singular values up to it count as zero; a number, or a tensor of the batch's shape.
        rtol: the same, relative to the largest one; by default max(m, n) * eps, 0 where ``atol`` is given.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n, m).

    Raises:
        LinAlgError: values are not finite.
        ShapeError: not matrices.

    Example:
        >>> ag.linalg.pinv(ag.tensor([[1.0], [1.0]]))
        tensor([[0.5000, 0.5000]])
    """
    (squares if hermitian else matrices)("linalg.pinv", A)
    found = tolerances(A, atol, rcond if rtol is None else rtol)
    return into(out, _pinv(A, hermitian=hermitian, **found)[0], "pinv")


_DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


@autocasts
def lstsq(A: Tensor, B: Tensor, rcond: Any = None, *, driver: str | None = None) -> LeastSquares:
    """x of least ||A x - B||, and among several the shortest.

    Args:
        A: shape (..., m, n), floating or complex.
        B: shape (..., m, k), or of vectors: (m,), or (..., m) of the batch of A.
        rcond: singular values up to rcond times the largest count as zero; by default max(m, n) * eps.
        driver: which of LAPACK's routines says what is returned: "gels", "gelsy" (None, too), "gelsd" or "gelss"; all
            compute by singular values here.

    Returns:
        (solution, residuals, rank, singular_values), a named tuple.

    Raises:
        DtypeError: the dtypes differ.
        LinAlgError: values are not finite.
        ShapeError: the shapes do not fit.
        ValueError: no such driver.

    Example:
        >>> ag.linalg.lstsq(ag.tensor([[2.0], [0.0]]), ag.tensor([[4.0], [1.0]])).solution
        tensor([[2.]])
    """
    name = "linalg.lstsq"
    alike(name, matrices(name, A), B)
    if driver not in (None, *_DRIVERS):
        raise ArgumentError(f"{name}: expected a driver of {', '.join(_DRIVERS)}, got {driver!r}")
    (m, n), b = A.raw.shape[-2:], B.raw.shape
    vector = is_vector(A, B)
    right = _reshape(B, shape=(*b, 1)) if vector else B
    if right.raw.ndim < 2 or right.raw.shape[-2] != m:
        raise ShapeError(
            f"{name}: expected (..., m, n) and (..., m, k) of one m, got {tuple(A.raw.shape)} and {tuple(b)}"
        )
    broadcast(name, A.raw.shape[:-2], right.raw.shape[:-2])
    inverse, values, rank = _pinv(A, hermitian=False, **tolerances(A, None, rcond))
    x = _matmul(inverse, right)
    be = A.backend
    empty = wrap(be.xp.zeros(0, values.raw.dtype), be)
    residuals = empty
    if driver in ("gels", "gelsd", "gelss") and m > n and bool((rank.raw == n).all()):
        residuals = _sum(square(abs(_matmul(A, x) - right)), axes=(x.raw.ndim - 2,), keepdim=False)
        residuals = _reshape(residuals, shape=residuals.raw.shape[:-1]) if vector else residuals
    return LeastSquares(
        _reshape(x, shape=x.raw.shape[:-1]) if vector else x,
        residuals,
        rank if driver != "gels" else wrap(be.xp.zeros(0, "int64"), be),
        wrap(values.raw, be) if driver in ("gelsd", "gelss") else empty,
    )


# -- tensors as matrices ----------------------------------------------------------------------------------------------


@autocasts
def tensorinv(A: Tensor, ind: int = 2, *, out: Any = None) -> Tensor:
    """The inverse of a tensor as a linear map: tensordot(tensorinv(A), A, A.ndim - ind) is the identity.

    Args:
        A: of sizes whose products before and from axis ``ind`` on are the same.
        ind: how many of the first axes are the rows; at least 1.
        out: a tensor to write the result into.

    Returns:
        Shape A.shape[ind:] + A.shape[:ind].

    Raises:
        LinAlgError: the map is singular.
        ShapeError: the products differ.
        ValueError: ``ind`` is below 1.

    Example:
        >>> ag.linalg.tensorinv(ag.eye(4).reshape(2, 2, 4)).shape
        Size([4, 2, 2])
    """
    if ind < 1:
        raise ArgumentError(f"linalg.tensorinv: expected ind >= 1, got {ind}")
    before, after = tuple(A.raw.shape[:ind]), tuple(A.raw.shape[ind:])
    if prod(before) != prod(after):
        raise ShapeError(f"linalg.tensorinv: expected as many elements in {before} as in {after}. Choose another ind")
    y = inv(_reshape(A, shape=(prod(before), prod(after))))
    return into(out, _reshape(y, shape=after + before), "tensorinv")


@autocasts
def tensorsolve(A: Tensor, B: Tensor, dims: Any = None, *, out: Any = None) -> Tensor:
    """x of tensordot(A, x, x.ndim) = B.

    Args:
        A: shape B.shape + X, once ``dims`` are moved to its end; the products of B.shape and X are the same.
        B: any shape.
        dims: axes of A to move to its end first.
        out: a tensor to write the result into.

    Returns:
        Shape X.

    Raises:
        LinAlgError: the map is singular.
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.linalg.tensorsolve(ag.eye(4).reshape(2, 2, 4), ag.ones(2, 2))
        tensor([1., 1., 1., 1.])
    """
    if dims is not None:
        axes = [axis_of("linalg.tensorsolve", d, A.raw.ndim) for d in dims]
        A = movedim(A, tuple(axes), tuple(range(A.raw.ndim - len(axes), A.raw.ndim)))
    shape, size = tuple(A.raw.shape[B.raw.ndim :]), B.raw.size
    if prod(shape) != size or A.raw.size != size * size:
        raise ShapeError(
            f"linalg.tensorsolve: expected A of B's sizes and then as many elements again, got {tuple(A.raw.shape)} and "
            f"{tuple(B.raw.shape)}. Name other dims"
        )
    x = solve(_reshape(A, shape=(size, size)), _reshape(B, shape=(size,)))
    return into(out, _reshape(x, shape=shape), "tensorsolve")
