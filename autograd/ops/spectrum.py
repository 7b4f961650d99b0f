"""Eigenvalues and singular values, with their vectors.

The gradients through vectors divide by differences of values: where two are equal they are infinite or NaN, as in PyTorch.
A function of vectors must not depend on their signs (of complex ones: phases), which are not determined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.casting import autocasts
from autograd.errors import ArgumentError
from autograd.op import op
from autograd.ops.complex import _real
from autograd.ops.linalg import _matmul
from autograd.ops.matrix_algebra import (
    adjoint,
    columns,
    conjugate,
    diagonal_of,
    is_complex,
    matrices,
    on_diagonal,
    plus_identity,
    recorded,
    rows,
    squares,
)
from autograd.ops.out import into
from autograd.ops.solving import _solve, given

if TYPE_CHECKING:
    from autograd.tensor import Tensor


class Eigen(NamedTuple):
    """Eigenvalues and eigenvectors: A V = V diag(values).

    Args:
        eigenvalues: shape (..., n).
        eigenvectors: shape (..., n, n), as columns of length 1.
    """

    eigenvalues: Any
    eigenvectors: Any


class SVD(NamedTuple):
    """The factors of A = U diag(S) Vh.

    Args:
        U: shape (..., m, m) or (..., m, k), with k = min(m, n).
        S: the singular values, descending, real, shape (..., k).
        Vh: shape (..., n, n) or (..., k, n).
    """

    U: Any
    S: Any
    Vh: Any


# -- Hermitian matrices -----------------------------------------------------------------------------------------------


@op(outputs=("values", "vectors"), name="eigh")
def _eigh(be: Any, A: Any, *, UPLO: str) -> Any:
    return be.linalg.eigh(A, UPLO)


def _differences(values: Any) -> Any:
    """values[j] - values[i], and ones on the diagonal."""
    return plus_identity(values[..., None, :] - values[..., :, None])


def _without_diagonal(x: Any) -> Any:
    return x - on_diagonal(diagonal_of(x))


def _eigh_grad(g: Any, values: Any, vectors: Any) -> Any:
    gvalues, gvectors = g
    Vh = adjoint(vectors)
    if gvectors is None:
        return _matmul(vectors * gvalues[..., None, :], Vh)
    inner = _without_diagonal(_matmul(Vh, gvectors)) / _differences(values)
    if gvalues is not None:
        inner = inner + on_diagonal(gvalues)
    return _matmul(vectors, _matmul(inner, Vh))


_eigh.grad(A=_eigh_grad)


@op(name="eigvalsh")
def _eigvalsh(be: Any, A: Any, *, UPLO: str) -> Any:
    return be.linalg.eigvalsh(A, UPLO)


def _triangle(name: str, UPLO: str) -> str:
    if UPLO.upper() not in ("L", "U"):
        raise ArgumentError(f"{name}: expected UPLO to be 'L' or 'U', got {UPLO!r}")
    return UPLO.upper()


@autocasts
def eigh(A: Tensor, UPLO: str = "L", *, out: Any = None) -> Eigen:
    """The eigenvalues of Hermitian matrices, ascending, and orthonormal eigenvectors: A = V diag(values) V^H.

    Args:
        A: shape (..., n, n), Hermitian; only one triangle is looked at.
        UPLO: "L": the lower one; "U": the upper one.
        out: a pair of tensors for the result.

    Returns:
        (eigenvalues, eigenvectors), a named tuple; the values are real.

    Raises:
        LinAlgError: values are not finite.
        ShapeError: not square matrices.
        ValueError: no such triangle.

    Example:
        >>> ag.linalg.eigh(ag.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
        tensor([1., 2.])
    """
    found = _eigh(squares("linalg.eigh", A), UPLO=_triangle("linalg.eigh", UPLO))
    return Eigen(*given("eigh", out, *found))


@autocasts
def eigvalsh(A: Tensor, UPLO: str = "L", *, out: Any = None) -> Tensor:
    """The eigenvalues of Hermitian matrices, ascending.

    Args:
        A: shape (..., n, n), Hermitian; only one triangle is looked at.
        UPLO: "L": the lower one; "U": the upper one.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n), real.

    Raises:
        LinAlgError: values are not finite.
        ShapeError: not square matrices.
        ValueError: no such triangle.

    Example:
        >>> ag.linalg.eigvalsh(ag.tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([1., 2.])
    """
    UPLO = _triangle("linalg.eigvalsh", UPLO)
    squares("linalg.eigvalsh", A)
    return into(out, _eigh(A, UPLO=UPLO)[0] if recorded(A) else _eigvalsh(A, UPLO=UPLO), "eigvalsh")


# -- any square matrices ----------------------------------------------------------------------------------------------


@op(outputs=("values", "vectors"), name="eig")
def _eig(be: Any, A: Any) -> Any:
    return be.linalg.eig(A)


def _eig_grad(g: Any, A: Any, values: Any, vectors: Any) -> Any:
    """V^-H (diag(g) + off-diagonal(V^H gV - V^H V diag(Re V^H gV)) / conj(differences)) V^H.

    The subtracted term keeps the vectors' lengths at 1.
    """
    gvalues, gvectors = g
    Vh = adjoint(vectors)
    if gvectors is None:
        inner = on_diagonal(gvalues)
    else:
        turned = _matmul(Vh, gvectors)
        turned = turned - _matmul(Vh, vectors) * _real(diagonal_of(turned))[..., None, :]
        inner = _without_diagonal(turned) / conjugate(_differences(values))
        if gvalues is not None:
            inner = inner + on_diagonal(gvalues)
    gA = _solve(Vh, _matmul(inner, Vh))[0]
    return gA if is_complex(A) else _real(gA)


_eig.grad(A=_eig_grad)


@op(name="eigvals")
def _eigvals(be: Any, A: Any) -> Any:
    return be.linalg.eigvals(A)


@autocasts
def eig(A: Tensor, *, out: Any = None) -> Eigen:
    """The eigenvalues of square matrices, in no certain order, and eigenvectors: A V = V diag(values).

    Args:
        A: shape (..., n, n), floating or complex.
        out: a pair of tensors for the result.

    Returns:
        (eigenvalues, eigenvectors), a named tuple, both complex.

    Raises:
        LinAlgError: values are not finite.
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.eig(ag.tensor([[2.0]])).eigenvalues
        tensor([2.+0.j])
    """
    return Eigen(*given("eig", out, *_eig(squares("linalg.eig", A))))


@autocasts
def eigvals(A: Tensor, *, out: Any = None) -> Tensor:
    """The eigenvalues of square matrices, in no certain order.

    Args:
        A: shape (..., n, n), floating or complex.
        out: a tensor to write the result into.

    Returns:
        Shape (..., n), complex.

    Raises:
        LinAlgError: values are not finite.
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.eigvals(ag.tensor([[2.0]]))
        tensor([2.+0.j])
    """
    squares("linalg.eigvals", A)
    return into(out, _eig(A)[0] if recorded(A) else _eigvals(A), "eigvals")


# -- singular values --------------------------------------------------------------------------------------------------


@op(outputs=("U", "S", "Vh"), name="svd")
def _svd(be: Any, A: Any, *, full_matrices: bool) -> Any:
    return be.linalg.svd(A, full_matrices)


def _skew(x: Any) -> Any:
    return x - adjoint(x)


def _svd_grad(g: Any, U: Any, S: Any, Vh: Any, *, full_matrices: bool) -> Any:
    """U (skew(U^H gU) / E S + S skew(V^H gV) / E + diag(gS)) V^H, E[i,j] = S[j]^2 - S[i]^2, and what leaves the ranges.

    Of full matrices only the first k columns count: the others are not determined.
    Source: Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation, 2008.
    """
    gU, gS, gVh = g
    k, m, n = S.shape[-1], U.shape[-2], Vh.shape[-1]
    if full_matrices:
        U, Vh = columns(U, 0, k), rows(Vh, 0, k)
        gU, gVh = gU if gU is None else columns(gU, 0, k), gVh if gVh is None else rows(gVh, 0, k)
    if gU is None and gVh is None:
        return _matmul(U * gS[..., None, :], Vh)
    E = plus_identity((S[..., None, :] - S[..., :, None]) * (S[..., None, :] + S[..., :, None]))
    inner = None if gS is None else on_diagonal(gS)
    if gU is not None:
        of_U = _skew(_matmul(adjoint(U), gU))
        inner = _plus(inner, of_U / E * S[..., None, :])
    if gVh is not None:
        inner = _plus(inner, S[..., :, None] * (_skew(_matmul(Vh, adjoint(gVh))) / E))
        if gU is not None and is_complex(U):
            inner = inner + on_diagonal(diagonal_of(of_U) / (S * 2))
    if m > k and gU is not None:
        outside = gU / S[..., None, :]
        inner = _matmul(U, inner) + outside - _matmul(U, _matmul(adjoint(U), outside))
        return _matmul(inner, Vh)
    inner = _matmul(inner, Vh)
    if n > k and gVh is not None:
        outside = gVh / S[..., :, None]
        inner = inner + outside - _matmul(_matmul(outside, adjoint(Vh)), Vh)
    return _matmul(U, inner)


def _plus(a: Any, b: Any) -> Any:
    return b if a is None else a + b


_svd.grad(A=_svd_grad)


@op(name="svdvals")
def _svdvals(be: Any, A: Any) -> Any:
    return be.linalg.svdvals(A)


@autocasts
def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None, out: Any = None) -> SVD:
    """The singular value decomposition A = U diag(S) Vh, with orthonormal columns of U and rows of Vh.

    Args:
        A: shape (..., m, n), floating or complex.
        full_matrices: U (..., m, m) and Vh (..., n, n); otherwise (..., m, k) and (..., k, n), k = min(m, n).
        driver: accepted.
        out: three tensors for the result.

    Returns:
        (U, S, Vh), a named tuple; S descending and real.

    Raises:
        LinAlgError: values are not finite.
        ShapeError: not matrices.

    Example:
        >>> ag.linalg.svd(ag.tensor([[3.0, 0.0], [0.0, 4.0]])).S
        tensor([4., 3.])
    """
    return SVD(*given("svd", out, *_svd(matrices("linalg.svd", A), full_matrices=full_matrices)))


@autocasts
def svdvals(A: Tensor, *, driver: str | None = None, out: Any = None) -> Tensor:
    """The singular values of matrices, descending.

    Args:
        A: shape (..., m, n), floating or complex.
        driver: accepted.
        out: a tensor to write the result into.

    Returns:
        Shape (..., min(m, n)), real.

    Raises:
        LinAlgError: values are not finite.
        ShapeError: not matrices.

    Example:
        >>> ag.linalg.svdvals(ag.tensor([[3.0, 0.0], [0.0, 4.0]]))
        tensor([4., 3.])
    """
    matrices("linalg.svdvals", A)
    return into(out, _svd(A, full_matrices=False)[1] if recorded(A) else _svdvals(A), "svdvals")
