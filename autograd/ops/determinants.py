"""Determinants and their logarithms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.op import op
from autograd.ops.elementwise import log
from autograd.ops.linalg import _matmul
from autograd.ops.matrix_algebra import adjoint, conjugate, is_complex, squares
from autograd.ops.out import into
from autograd.ops.product import _has_zero, _others
from autograd.ops.solving import _inv, given
from autograd.ops.spectrum import _svd

if TYPE_CHECKING:
    from autograd.tensor import Tensor


class SignLogabsdet(NamedTuple):
    """A determinant as sign * exp(logabsdet).

    Args:
        sign: shape (...): 1, -1 or 0; of complex matrices a number of size 1, or 0.
        logabsdet: shape (...), real; -inf where the determinant is 0.
    """

    sign: Any
    logabsdet: Any


def _spread(g: Any) -> Any:
    """(...) as (..., 1, 1)."""
    return g[..., None, None]


@op(name="det")
def _det(be: Any, A: Any) -> Any:
    return be.xp.linalg.det(A)


def _det_grad(g: Any, A: Any, y: Any) -> Any:
    """The cofactors: det(A) A^-H; where A is singular by singular values, each replaced by the product of the others."""
    if not _has_zero(y):
        return _spread(g * conjugate(y)) * adjoint(_inv(A)[0])
    U, S, Vh = _svd(A, full_matrices=False)
    return _spread(g * conjugate(_det(U) * _det(Vh))) * _matmul(U * _others(S)[..., None, :], Vh)


_det.grad(A=_det_grad)


@op(outputs=("sign", "size"), name="slogdet")
def _slogdet(be: Any, A: Any) -> Any:
    sign, size = be.xp.linalg.slogdet(A)
    return sign, size


@_slogdet.grad_all
def _slogdet_grad(needs: Any, g: Any, A: Any, sign: Any) -> Any:
    gsign, gsize = g
    if is_complex(A):
        turn = 0 if gsign is None else _turn(gsign, sign)
        gsize = turn if gsize is None else gsize + turn
    elif gsize is None:  # a sign is constant
        return (None,)
    return (_spread(gsize) * adjoint(_inv(A)[0]),)


def _turn(gsign: Any, sign: Any) -> Any:
    """-i times the imaginary part of conj(g) sign: what a gradient of the sign asks of the angle."""
    inner = conjugate(gsign) * sign
    return (conjugate(inner) - inner) / 2


def det(A: Tensor, *, out: Any = None) -> Tensor:
    """The determinants of square matrices.

    Args:
        A: shape (..., n, n), floating or complex.
        out: a tensor to write the result into.

    Returns:
        Shape (...).

    Raises:
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.det(ag.tensor([[0.0, 2.0], [2.0, 0.0]]))
        tensor(-4.)
    """
    return into(out, _det(squares("linalg.det", A)), "det")


def slogdet(A: Tensor, *, out: Any = None) -> SignLogabsdet:
    """The signs of determinants and the logarithms of their sizes, which do not overflow.

    Args:
        A: shape (..., n, n), floating or complex.
        out: a pair of tensors for the result.

    Returns:
        (sign, logabsdet), a named tuple; the sign of real matrices has no gradient.

    Raises:
        ShapeError: not square matrices.

    Example:
        >>> ag.linalg.slogdet(ag.tensor([[0.0, 2.0], [2.0, 0.0]]))
        SignLogabsdet(sign=tensor(-1.), logabsdet=tensor(1.3863))
    """
    sign, size = _slogdet(squares("linalg.slogdet", A))
    return SignLogabsdet(*given("slogdet", out, sign, size))


def logdet(input: Tensor) -> Tensor:
    """The logarithms of determinants; NaN where one is negative, -inf where it is 0.

    Args:
        input: shape (..., n, n), floating or complex.

    Returns:
        Shape (...).

    Raises:
        ShapeError: not square matrices.

    Example:
        >>> ag.logdet(2 * ag.eye(2))
        tensor(1.3863)
    """
    sign, size = slogdet(squares("logdet", input))
    return log(sign) + size
