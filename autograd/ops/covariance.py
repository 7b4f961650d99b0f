"""Covariance and correlation of variables observed together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.dtypes import INEXACT, default
from autograd.errors import DtypeError, ShapeError
from autograd.ops.axes import t
from autograd.ops.bounds import clamp
from autograd.ops.complex import complex, conj, imag, real
from autograd.ops.elementwise import sqrt
from autograd.ops.linalg import matmul
from autograd.ops.matrices import diag
from autograd.ops.shape import _reshape, unsqueeze

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _rows(name: str, input: Tensor) -> Any:
    """One row per variable, one column per observation."""
    if input.raw.ndim > 2:
        raise ShapeError(f"{name}: expected at most two axes, got shape {tuple(input.raw.shape)}")
    return input if input.raw.ndim == 2 else _reshape(input, shape=(1, input.raw.size))


def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """The covariance matrix of variables: sum_k w_k (x_ik - m_i) (x_jk - m_j) / (n - correction), m the weighted means.

    With weights, n is the sum of all w; where there are ``aweights``, the correction is multiplied by the mean of these,
    weighted by w.

    Args:
        input: one row per variable, one column per observation: shape (v, n) or (n,).
        correction: degrees of freedom taken off.
        fweights: integers (n,): how often each observation occurred.
        aweights: floating numbers (n,): how much each observation counts.

    Returns:
        Shape (v, v); () of one variable.

    Raises:
        DtypeError: the weights have another kind of dtype.
        ShapeError: more than two axes, or other than one weight per observation.

    Example:
        >>> ag.cov(ag.tensor([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    x = _rows("cov", input)
    x = x if x.raw.dtype.kind in INEXACT else x.to(default())
    count = x.raw.shape[1]
    for name, given, kinds, wanted in (
        ("fweights", fweights, "iu", "integer"),
        ("aweights", aweights, "f", "floating"),
    ):
        if given is not None and given.raw.dtype.kind not in kinds:
            raise DtypeError(f"cov: expected {wanted} {name}, got {given.dtype}")
        if given is not None and given.raw.shape != (count,):
            raise ShapeError(f"cov: expected {name} of shape ({count},), got {tuple(given.raw.shape)}")
    weights: Any = fweights if aweights is None else aweights if fweights is None else aweights * fweights
    total = count if weights is None else weights.sum()
    mean = x.sum(1, keepdim=True) / count if weights is None else (x * weights).sum(1, keepdim=True) / total
    off = correction if aweights is None else correction * (weights * aweights).sum() / total
    degrees: Any = total - off
    degrees = clamp(degrees, 0) if hasattr(degrees, "raw") else max(degrees, 0)
    centred = x - mean
    y = matmul(centred, t(conj(centred if weights is None else centred * weights))) / degrees
    return y if input.raw.ndim == 2 and x.raw.shape[0] != 1 else _reshape(y, shape=())


def corrcoef(input: Tensor) -> Tensor:
    """Pearson's correlation coefficients of variables: c_ij / sqrt(c_ii c_jj), c their covariances, kept in [-1, 1].

    Args:
        input: one row per variable, one column per observation: shape (v, n) or (n,).

    Returns:
        Shape (v, v); () of one variable.

    Raises:
        ShapeError: more than two axes.

    Example:
        >>> ag.corrcoef(ag.tensor([[0.0, 1.0, 2.0], [4.0, 2.0, 0.0]]))
        tensor([[ 1., -1.],
                [-1.,  1.]])
    """
    _rows("corrcoef", input)
    c = cov(input)
    if not c.raw.ndim:
        return c / c
    spread = sqrt(real(diag(c)))
    y = c / unsqueeze(spread, 1) / unsqueeze(spread, 0)
    return complex(clamp(real(y), -1, 1), clamp(imag(y), -1, 1)) if c.is_complex() else clamp(y, -1, 1)
