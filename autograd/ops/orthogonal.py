"""QR factorization, and products of Householder's reflections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.casting import autocasts
from autograd.errors import ArgumentError, GraphError, ShapeError
from autograd.op import op, wrap
from autograd.ops.complex import _from_real, _real
from autograd.ops.linalg import _matmul
from autograd.ops.matrix_algebra import (
    adjoint,
    beside,
    columns,
    conjugate,
    diagonal_of,
    is_complex,
    lower,
    matrices,
    on_diagonal,
    padded,
    plus_identity,
)
from autograd.ops.out import into
from autograd.ops.solving import _solve_triangular, given

if TYPE_CHECKING:
    from autograd.tensor import Tensor


class QR(NamedTuple):
    """The factors of A = Q R.

    Args:
        Q: with orthonormal columns.
        R: upper triangular.
    """

    Q: Any
    R: Any


class Reflections(NamedTuple):
    """R, and the reflections whose product is Q.

    Args:
        a: shape (..., m, n): R, and below the diagonal the vectors of the reflections.
        tau: shape (..., min(m, n)): their factors.
    """

    a: Any
    tau: Any


@op(outputs=("Q", "R"), name="qr")
def _qr(be: Any, A: Any, *, mode: str) -> Any:
    if mode == "r":
        return be.xp.zeros(0, A.dtype), be.linalg.qr(A, mode)
    Q, R = be.linalg.qr(A, mode)
    return Q, R


def _qr_grad(g: Any, Q: Any, R: Any, *, mode: str) -> Any:
    """(gQ + Q M) R^-H, with the lower triangle of R gR^H - gQ^H Q, mirrored, as M; of the first columns where A is wide.

    Source: Roberts and Roberts, QR and LQ decomposition matrix backpropagation algorithms, 2020.
    """
    if mode == "r" or (mode == "complete" and Q.shape[-1] > R.shape[-1]):
        raise GraphError(
            f"qr: there is no gradient with mode={mode!r}{'' if mode == 'r' else ' and more rows than columns'}. "
            "Use mode='reduced'"
        )
    gQ, gR = g
    m, n = Q.shape[-2], R.shape[-1]
    if m >= n:
        return _qr_grad_tall(Q, R, gQ, gR)
    if gR is None:
        rest = None
    else:  # the other columns are Q times those of R
        others = columns(gR, m, n)
        turned = _matmul(_matmul(Q, columns(R, m, n)), adjoint(others))
        gQ, rest = turned if gQ is None else gQ + turned, _matmul(Q, others)
    first = _qr_grad_tall(Q, columns(R, 0, m), gQ, None if gR is None else columns(gR, 0, m))
    return padded(first, n=n) if rest is None else beside(first, rest, axis=first.ndim - 1)


def _qr_grad_tall(Q: Any, R: Any, gQ: Any, gR: Any) -> Any:
    M = None if gR is None else _matmul(R, adjoint(gR))
    if gQ is not None:
        turned = _matmul(adjoint(gQ), Q)
        M = -turned if M is None else M - turned
    below = lower(M, -1)
    middle = diagonal_of(M)
    if is_complex(M):
        middle = _from_real(_real(middle))
    gA = _matmul(Q, below + adjoint(below) + on_diagonal(middle))
    gA = gA if gQ is None else gA + gQ
    return adjoint(_solve_triangular(R, adjoint(gA), upper=True))


_qr.grad(A=_qr_grad)


@autocasts
def qr(A: Tensor, mode: str = "reduced", *, out: Any = None) -> QR:
    """The factors of A = Q R: orthonormal columns times an upper triangle.

    Args:
        A: shape (..., m, n), floating or complex.
        mode: "reduced": Q (..., m, k) and R (..., k, n), k = min(m, n); "complete": Q (..., m, m) and R (..., m, n); "r":
            an empty Q and R (..., k, n), without a gradient.
        out: a pair of tensors for the result.

    Returns:
        (Q, R), a named tuple.

    Raises:
        ShapeError: not matrices.
        ValueError: no such mode.

    Example:
        >>> ag.linalg.qr(ag.tensor([[3.0], [4.0]])).R
        tensor([[-5.]])
    """
    if mode not in ("reduced", "complete", "r"):
        raise ArgumentError(f"linalg.qr: expected mode to be 'reduced', 'complete' or 'r', got {mode!r}")
    return QR(*given("qr", out, *_qr(matrices("linalg.qr", A), mode=mode)))


# -- Householder's reflections ----------------------------------------------------------------------------------------


@op(outputs=("a", "tau"), name="geqrf")
def _geqrf(be: Any, input: Any) -> Any:
    return be.linalg.geqrf(input)


@autocasts
def geqrf(input: Tensor, *, out: Any = None) -> Reflections:
    """The QR factorization as LAPACK keeps it: R, and the reflections whose product is Q, for ``ormqr``.

    Args:
        input: shape (..., m, n), floating or complex.
        out: a pair of tensors for the result.

    Returns:
        (a, tau), a named tuple; without derivatives.

    Raises:
        ShapeError: not matrices.

    Example:
        >>> ag.geqrf(ag.tensor([[3.0], [4.0]]))
        Reflections(a=tensor([[-5.0000],
                [ 0.5000]]), tau=tensor([1.6000]))
    """
    return Reflections(*given("geqrf", out, *_geqrf(matrices("geqrf", input))))


def _reflected(A: Any, tau: Any, x: Any, adjoint_of_Q: bool = False) -> Any:
    """Q x, or Q^H x, of Q = H_1 ... H_k with H_i = I - tau_i v_i v_i^H; v_i is column i of A below a one."""
    vectors = plus_identity(lower(A, -1))
    k = tau.raw.shape[-1]
    for i in range(k) if adjoint_of_Q else range(k - 1, -1, -1):
        v, t = columns(vectors, i, i + 1), tau[..., i : i + 1, None]
        x = x - (conjugate(t) if adjoint_of_Q else t) * _matmul(v, _matmul(adjoint(v), x))
    return x


def _reflections(name: str, A: Any, tau: Any) -> None:
    shape = matrices(name, A).raw.shape
    if tau.raw.ndim != len(shape) - 1 or tau.raw.shape[-1] > min(shape[-2:]):
        raise ShapeError(
            f"{name}: expected (..., m, n) and (..., k) with k <= n <= m, got {tuple(shape)} and {tuple(tau.raw.shape)}"
        )


@autocasts
def householder_product(A: Tensor, tau: Tensor, *, out: Any = None) -> Tensor:
    """The first n columns of a product of Householder's reflections H_1 ... H_k, with H_i = I - tau_i v_i v_i^H.

    Args:
        A: shape (..., m, n), n <= m: v_i is column i below the diagonal, a one on it and zeros above.
        tau: shape (..., k), k <= n.
        out: a tensor to write the result into.

    Returns:
        Shape (..., m, n).

    Raises:
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.linalg.householder_product(*ag.geqrf(ag.tensor([[3.0], [4.0]])))
        tensor([[-0.6000],
                [-0.8000]])
    """
    _reflections("linalg.householder_product", A, tau)
    m, n = A.raw.shape[-2:]
    if n > m:
        raise ShapeError(f"linalg.householder_product: expected n <= m, got matrices of shape {(m, n)}")
    be = A.backend
    first = be.broadcast_to(be.xp.eye(m, n, dtype=A.raw.dtype), A.raw.shape)
    return into(out, _reflected(A, tau, wrap(first, be)), "householder_product")


@autocasts
def orgqr(input: Tensor, tau: Tensor) -> Tensor:
    """``linalg.householder_product`` under LAPACK's name.

    Args:
        input: shape (..., m, n), n <= m.
        tau: shape (..., k), k <= n.

    Returns:
        Shape (..., m, n).

    Raises:
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.orgqr(*ag.geqrf(ag.tensor([[3.0], [4.0]])))
        tensor([[-0.6000],
                [-0.8000]])
    """
    return householder_product(input, tau)


@autocasts
def ormqr(
    input: Tensor, tau: Tensor, other: Tensor, left: bool = True, transpose: bool = False, *, out: Any = None
) -> Tensor:
    """The product of Q (..., m, m), as ``geqrf`` keeps it, and a matrix.

    Args:
        input: shape (..., m, n): the reflections below the diagonal.
        tau: shape (..., k): their factors.
        other: shape (..., m, p).
        left: Q other; otherwise other Q, with other (..., p, m).
        transpose: with Q^H in place of Q.
        out: a tensor to write the result into.

    Returns:
        Shape of ``other``.

    Raises:
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.ormqr(*ag.geqrf(ag.tensor([[3.0], [4.0]])), ag.tensor([[3.0], [4.0]]), transpose=True).round()
        tensor([[-5.],
                [ 0.]])
    """
    _reflections("ormqr", input, tau)
    if other.raw.ndim < 2 or other.raw.shape[-2 if left else -1] != input.raw.shape[-2]:
        want = "(..., m, p)" if left else "(..., p, m)"
        raise ShapeError(
            f"ormqr: expected (..., m, n) and {want} of one m, got {tuple(input.raw.shape)} and {tuple(other.raw.shape)}"
        )
    if left:
        y = _reflected(input, tau, other, transpose)
    else:  # other Q = (Q^H other^H)^H
        y = adjoint(_reflected(input, tau, adjoint(other), not transpose))
    return into(out, y, "ormqr")
