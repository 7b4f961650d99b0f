"""Factorizations of matrices: NumPy's and LAPACK's, on stacks of matrices.

Where a matrix cannot be factorized the result says so in an ``info`` per matrix, as LAPACK does: 0, or the place, counted
from 1, where it failed. What fails to converge raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import prod
from typing import Any

import numpy as np

from backends.errors import LinAlgError
from backends.protocol import Array, Backend

Shape = tuple[int, ...]


class Linalg:
    """Factorizations of a backend's arrays, floating or complex; matrices are the last two axes.

    Args:
        be: whose arrays they are.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).linalg.cholesky(np.array([[4.0, 0.0], [0.0, 9.0]]))
        (array([[2., 0.],
               [0., 3.]]), array(0, dtype=int32))
    """

    def __init__(self, be: Backend) -> None:
        self.be, self.xp = be, be.xp
        self.solver = be.xp.linalg

    def checked(self) -> AbstractContextManager[Any]:
        """Within this context the array library raises numpy.linalg.LinAlgError where a factorization fails."""
        return nullcontext()

    @contextmanager
    def converging(self, name: str) -> Iterator[None]:
        """Turns the array library's error into ours."""
        try:
            with self.checked():
                yield
        except np.linalg.LinAlgError as error:
            raise LinAlgError(
                f"linalg.{name}: expected matrices on which the algorithm converges, got: {error}. Are all values finite?"
            ) from None

    def succeeded(self, shape: Shape) -> Array:
        """The info of matrices that were all factorized."""
        return self.xp.zeros(shape, "int32")

    # -- triangles ---------------------------------------------------------------------------------------------------
    def cholesky(self, a: Array) -> tuple[Array, Array]:
        """L (*,N,N), lower triangular, of a = L L^H, by the lower triangle of ``a``; and info (*)."""
        try:
            with self.checked():
                return self.solver.cholesky(a), self.succeeded(a.shape[:-2])
        except np.linalg.LinAlgError:
            return self._one_by_one("potrf", lambda potrf, m: potrf(m, lower=1, clean=1), a)

    def lu(self, a: Array) -> tuple[Array, Array, Array]:
        """P L U = a (*,M,N): L below the diagonal and U above in one (*,M,N), pivots (*,min(M,N)) from 1, info (*)."""
        m, n = a.shape[-2:]
        k = min(m, n)
        packed, pivots = self.xp.array(a, order="C"), self.xp.zeros((*a.shape[:-2], k), "int32")
        if not packed.size:
            return packed, pivots, self.succeeded(a.shape[:-2])
        each, at = packed.reshape(-1, m, n), pivots.reshape(-1, k)
        for i in range(len(each)):
            each[i], at[i] = self.lu_of_one(each[i])
        zero = self.xp.einsum("...ii->...i", packed[..., :k, :k]) == 0
        info = self.xp.where(zero.any(-1), zero.argmax(-1) + 1, 0).astype("int32")
        return packed, pivots + 1, info

    def lu_of_one(self, a: Array) -> tuple[Array, Array]:
        """The factors of one matrix (M,N), and pivots from 0."""
        from scipy.linalg.lapack import get_lapack_funcs

        (getrf,) = get_lapack_funcs(("getrf",), (a,))
        packed, pivots, _ = getrf(a)
        return packed, pivots

    def order(self, pivots: Array, m: int) -> Array:
        """The order of rows (*,M) that exchanging row i with row pivots[i], one after the other, leads to."""
        swaps = self.be.to_numpy(pivots).reshape(prod(pivots.shape[:-1]), pivots.shape[-1])
        order = np.tile(np.arange(m), (len(swaps), 1))
        every = np.arange(len(swaps))
        for i in range(swaps.shape[1]):
            j = swaps[:, i] - 1
            order[every, i], order[every, j] = order[every, j], order[every, i].copy()
        return self.be.asarray(order.reshape(*pivots.shape[:-1], m))

    def solve_triangular(self, a: Array, b: Array, upper: bool, unitriangular: bool) -> Array:
        """x (*,N,K) of a x = b, by one triangle of ``a`` (*,N,N), whose diagonal may count as ones; b (*,N,K)."""
        from scipy.linalg.blas import get_blas_funcs

        a, b = self.stacked(a, b)
        x = np.array(b, order="C")
        if not x.size:
            return x
        (trsm,) = get_blas_funcs(("trsm",), (a, b))
        each, matrices = x.reshape(-1, *x.shape[-2:]), a.reshape(-1, *a.shape[-2:])
        for i, matrix in enumerate(matrices):  # of C order: BLAS, of Fortran order, sees the transpose
            each[i] = trsm(1, matrix.T, each[i], lower=upper, trans_a=1, diag=unitriangular)
        return x

    # -- systems -----------------------------------------------------------------------------------------------------
    def solve(self, a: Array, b: Array) -> tuple[Array, Array]:
        """x (*,N,K) of a x = b, and the info of a; a (*,N,N) and b (*,N,K), axes * broadcast."""
        left, right = self.stacked(a, b)
        try:
            with self.checked():
                return self.solver.solve(left, right), self.succeeded(a.shape[:-2])
        except np.linalg.LinAlgError:
            return self._one_by_one("gesv", _solved, left, right)[0], self.lu(a)[2]

    def inv(self, a: Array) -> tuple[Array, Array]:
        """The inverses (*,N,N), and info (*)."""
        try:
            with self.checked():
                return self.solver.inv(a), self.succeeded(a.shape[:-2])
        except np.linalg.LinAlgError:
            return self.solve(a, self.xp.eye(a.shape[-1], dtype=a.dtype))

    def stacked(self, a: Array, b: Array) -> tuple[Array, Array]:
        """The matrices repeated to a common stack."""
        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        broadcast = self.be.broadcast_to
        return broadcast(a, (*batch, *a.shape[-2:])), broadcast(b, (*batch, *b.shape[-2:]))

    def _one_by_one(self, name: str, run: Callable[..., Any], a: Array, b: Array | None = None) -> tuple[Array, Array]:
        """LAPACK's routine on each matrix in turn, on the host: the way of stacks in which some fail."""
        from scipy.linalg.lapack import get_lapack_funcs

        hosts = [self.be.to_numpy(x) for x in (a, b) if x is not None]
        (routine,) = get_lapack_funcs((name,), hosts)
        results, infos = np.empty_like(hosts[-1], order="C"), np.zeros(a.shape[:-2], "int32")
        each = [x.reshape(-1, *x.shape[-2:]) for x in hosts]
        into, status = results.reshape(-1, *results.shape[-2:]), infos.reshape(-1)
        for i, matrices in enumerate(zip(*each, strict=True)):
            into[i], status[i] = run(routine, *matrices)
        return self.be.asarray(results), self.be.asarray(infos)

    # -- rotations ---------------------------------------------------------------------------------------------------
    def qr(self, a: Array, mode: str) -> Any:
        """Q, R of a (*,M,N) = Q R as in ``numpy.linalg.qr``: mode "reduced", "complete", or "r" for R alone."""
        with self.converging("qr"):
            return self.solver.qr(a, mode)

    def geqrf(self, a: Array) -> tuple[Array, Array]:
        """Householder's vectors below the diagonal and R above in one (*,M,N), and their factors (*,min(M,N))."""
        with self.converging("qr"):
            packed, tau = self.solver.qr(a, "raw")
            return packed.mT, tau

    def svd(self, a: Array, full_matrices: bool) -> tuple[Array, Array, Array]:
        """U, S (*,K) and V^H of a (*,M,N) = U diag(S) V^H."""
        with self.converging("svd"):
            return self.solver.svd(a, full_matrices)

    def svdvals(self, a: Array) -> Array:
        """S (*,K) alone."""
        with self.converging("svd"):
            return self.solver.svd(a, True, False)

    def eigh(self, a: Array, UPLO: str) -> tuple[Array, Array]:
        """Eigenvalues (*,N), ascending, and eigenvectors (*,N,N) of Hermitian matrices, by one triangle."""
        with self.converging("eigh"):
            values, vectors = self.solver.eigh(a, UPLO)
            return values, vectors

    def eigvalsh(self, a: Array, UPLO: str) -> Array:
        """Eigenvalues alone."""
        with self.converging("eigh"):
            return self.solver.eigvalsh(a, UPLO)

    def eig(self, a: Array) -> tuple[Array, Array]:
        """Eigenvalues (*,N) and eigenvectors (*,N,N), of length 1, both complex."""
        kind = np.result_type(a.dtype, "complex64")
        with self.converging("eig"):
            values, vectors = self.solver.eig(a)
        return values.astype(kind, copy=False), vectors.astype(kind, copy=False)

    def eigvals(self, a: Array) -> Array:
        """Eigenvalues alone."""
        with self.converging("eig"):
            return self.solver.eigvals(a).astype(np.result_type(a.dtype, "complex64"), copy=False)

    # -- more --------------------------------------------------------------------------------------------------------
    def expm(self, a: Array) -> Array:
        """The exponentials of matrices (*,N,N)."""
        from scipy.linalg import expm

        return expm(a).astype(a.dtype, copy=False) if a.size else a.copy()

    def ldl(self, a: Array, hermitian: bool) -> tuple[Array, Array, Array]:
        """Bunch and Kaufman's L D L^T of the lower triangle of a (*,N,N) in one, pivots (*,N), info (*): LAPACK's sytrf."""
        from scipy.linalg.lapack import get_lapack_funcs

        host = self.be.to_numpy(a)
        (sytrf,) = get_lapack_funcs(("hetrf" if hermitian and host.dtype.kind == "c" else "sytrf",), (host,))
        packed = np.array(host, order="C")
        pivots, infos = np.zeros(a.shape[:-1], "int32"), np.zeros(a.shape[:-2], "int32")
        each, at, status = packed.reshape(-1, *a.shape[-2:]), pivots.reshape(-1, a.shape[-1]), infos.reshape(-1)
        for i in range(len(each) if packed.size else 0):
            factors, at[i], status[i] = sytrf(each[i], lower=1)
            each[i] = np.tril(factors)
        return self.be.asarray(packed), self.be.asarray(pivots), self.be.asarray(infos)

    def ldl_solve(self, packed: Array, pivots: Array, b: Array, hermitian: bool) -> Array:
        """x (*,N,K) of a x = b (*,N,K) from what ``ldl`` gives: LAPACK's sytrs."""
        from scipy.linalg.lapack import get_lapack_funcs

        packed, b = (self.be.to_numpy(x) for x in self.stacked(packed, b))
        (sytrs,) = get_lapack_funcs(("hetrs" if hermitian and b.dtype.kind == "c" else "sytrs",), (packed, b))
        at = np.broadcast_to(self.be.to_numpy(pivots), packed.shape[:-1]).reshape(-1, packed.shape[-1])
        x = np.array(b, order="C")
        each, matrices = x.reshape(-1, *x.shape[-2:]), packed.reshape(-1, *packed.shape[-2:])
        for i in range(len(each) if x.size else 0):
            each[i] = sytrs(matrices[i], at[i], each[i], lower=1)[0]
        return self.be.asarray(x)


def _solved(gesv: Any, a: Any, b: Any) -> tuple[Any, int]:
    """The solution, NaN where there is none."""
    *_, x, info = gesv(a, b)
    return (np.full_like(x, np.nan) if info else x), info
