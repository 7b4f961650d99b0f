"""The largest singular values and their vectors, by random projections.

Source: Halko, Martinsson and Tropp, Finding structure with randomness: probabilistic algorithms for constructing approximate
matrix decompositions, 2011.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.casting import autocasts
from autograd.errors import ArgumentError
from autograd.ops.linalg import _matmul
from autograd.ops.matrix_algebra import adjoint, matrices
from autograd.ops.matrix_forms import USV
from autograd.ops.orthogonal import _qr
from autograd.ops.reduction import mean
from autograd.ops.sampling import randn
from autograd.ops.spectrum import _svd

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _orthonormal(x: Any) -> Any:
    return _qr(x, mode="reduced")[0]


def _range(A: Any, q: int, niter: int) -> Any:
    """Orthonormal columns (..., m, q) that span about what A does with most of its strength."""
    Q = _orthonormal(_matmul(A, randn(A.raw.shape[-1], q, dtype=A.dtype, device=A.device)))
    for _ in range(niter):
        Q = _orthonormal(_matmul(A, _orthonormal(_matmul(adjoint(A), Q))))
    return Q


def _largest(A: Any, q: int, niter: int) -> USV:
    if A.raw.shape[-2] < A.raw.shape[-1]:
        U, S, V = _largest(adjoint(A), q, niter)
        return USV(V, S, U)
    Q = _range(A, q, niter)
    U, S, Vh = _svd(_matmul(adjoint(Q), A), full_matrices=False)
    return USV(_matmul(Q, U), S, adjoint(Vh))


def _checked(name: str, A: Any, q: Any, niter: int) -> int:
    most = min(matrices(name, A).raw.shape[-2:])
    q = min(6, most) if q is None else q
    if not 0 <= q <= most:
        raise ArgumentError(f"{name}: expected 0 <= q <= min(m, n) = {most}, got {q}")
    if niter < 0:
        raise ArgumentError(f"{name}: expected niter >= 0, got {niter}")
    return q


@autocasts
def svd_lowrank(A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None) -> USV:
    """About the q largest singular values of A, or of A - M, and their vectors: A = U diag(S) V^H.

    Args:
        A: shape (..., m, n), floating or complex.
        q: how many, or somewhat more: the last are the least exact; None means 6.
        niter: how often the projection is sharpened; None means 2.
        M: what is subtracted, broadcastable.

    Returns:
        (U, S, V), a named tuple: shapes (..., m, q), (..., q) and (..., n, q).

    Raises:
        ShapeError: not matrices.
        ValueError: ``q`` is larger than m or n.

    Example:
        >>> ag.svd_lowrank(ag.tensor([[3.0, 0.0], [0.0, 0.0]]), q=1).S
        tensor([3.])
    """
    count = 2 if niter is None else niter
    q = _checked("svd_lowrank", A, q, count)
    return _largest(A if M is None else A - M, q, count)


@autocasts
def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2) -> USV:
    """About the q first principal components of the rows of A: the singular value decomposition of A less its mean row.

    Args:
        A: shape (..., m, n), floating or complex: m observations.
        q: how many, or somewhat more; None means min(6, m, n).
        center: subtract the mean row.
        niter: how often the projection is sharpened.

    Returns:
        (U, S, V), a named tuple: shapes (..., m, q), (..., q) and (..., n, q); the columns of V are the directions.

    Raises:
        ShapeError: not matrices.
        ValueError: ``q`` is larger than m or n.

    Example:
        >>> ag.pca_lowrank(ag.tensor([[1.0, 0.0], [3.0, 0.0]]), q=1).V.abs()
        tensor([[1.],
                [0.]])
    """
    q = _checked("pca_lowrank", A, q, niter)
    return _largest(A - mean(A, -2, keepdim=True) if center else A, q, niter)
