"""Softmax and its logarithm along one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.dtypes import REAL, as_dtype
from autograd.errors import DtypeError
from autograd.formats import rows
from autograd.op import op
from autograd.ops.arguments import axis_of, numpy_names
from autograd.ops.elementwise import exp
from autograd.ops.out import into
from autograd.ops.reduction import _sum
from autograd.ops.shape import _reshape, ravel

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _total(x: Any, axis: int) -> Any:
    return _sum(x, axes=(axis,), keepdim=True)


@op(complex="refused")
def _softmax(be: Any, x: Any, *, axis: int) -> Any:
    return rows(be.softmax(x, axis))


@op
def _softmax_grad(be: Any, dy: Any, y: Any, *, axis: int) -> Any:
    """y * (dy - sum(dy * y)): the gradient of the softmax y."""
    return be.softmax_grad(dy, y, axis)


_softmax.grad(x=_softmax_grad)
_softmax_grad.grad(
    dy=_softmax_grad,
    y=lambda g, dy, y, *, axis: g * (dy - _total(dy * y, axis)) - dy * _total(g * y, axis),
)


@numpy_names
def softmax(input: Tensor, dim: int, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
    """Positive numbers that sum to one along an axis: exp(x) / sum(exp(x)).

    Args:
        input: any shape, floating.
        dim: the axis that sums to one.
        dtype: cast to it first.
        out: a tensor for the result.

    Returns:
        A tensor like ``input``.

    Raises:
        DtypeError: the dtype is not floating.
        IndexError: no such axis.

    Example:
        >>> ag.softmax(ag.tensor([0.0, 0.0]), 0)
        tensor([0.5000, 0.5000])
    """
    return into(out, _along("softmax", _softmax, input, dim, dtype), "softmax")


@op(complex="refused")
def _log_softmax(be: Any, x: Any, *, axis: int) -> Any:
    return rows(be.log_softmax(x, axis))


@op
def _log_softmax_grad(be: Any, dy: Any, y: Any, *, axis: int) -> Any:
    """dy - exp(y) * sum(dy): the gradient of the log-softmax y."""
    return be.log_softmax_grad(dy, y, axis)


_log_softmax.grad(x=_log_softmax_grad)
_log_softmax_grad.grad(
    dy=lambda g, y, *, axis: g - _total(g * exp(y), axis),
    y=lambda g, dy, y, *, axis: -(g * exp(y) * _total(dy, axis)),
)


@numpy_names
def log_softmax(input: Tensor, dim: int, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of the softmax along an axis, without overflow: x - log(sum(exp(x))).

    Args:
        input: any shape, floating.
        dim: the axis.
        dtype: cast to it first.
        out: a tensor for the result.

    Returns:
        A tensor like ``input``.

    Raises:
        DtypeError: the dtype is not floating.
        IndexError: no such axis.

    Example:
        >>> ag.log_softmax(ag.tensor([0.0, 0.0]), 0)
        tensor([-0.6931, -0.6931])
    """
    return into(out, _along("log_softmax", _log_softmax, input, dim, dtype), "log_softmax")


def _along(name: str, operation: Any, input: Any, dim: int, dtype: Any) -> Any:
    x = input if dtype is None else input.to(as_dtype(dtype))
    if x.raw.dtype.kind not in REAL:
        raise DtypeError(f"{name}: expected a floating dtype, got {x.dtype}. Pass dtype=, or cast with .float()")
    axis = axis_of(name, dim, x.raw.ndim)
    return operation(x, axis=axis) if x.raw.ndim else _reshape(operation(ravel(x), axis=0), shape=())
