"""Variance and standard deviation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.formats import rows
from autograd.op import op
from autograd.ops.arguments import axes_of, numpy_names
from autograd.ops.comparison import where
from autograd.ops.out import into
from autograd.ops.reduction import HALF, _mean, as_float, count, mean, restore

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op
def _var(be: Any, x: Any, *, axes: tuple[int, ...], correction: float, keepdim: bool) -> Any:
    n = count(x.shape, axes)
    values = x.astype("float32") if x.dtype.char == HALF else x
    off = values - values.sum(axes, keepdims=True) / n
    square = off * off if x.dtype.kind != "c" else off.real * off.real + off.imag * off.imag
    y = rows(square.sum(axes, keepdims=keepdim)) / max(n - correction, 0)
    return y if values is x else y.astype(x.dtype)


def _var_slope(g: Any, x: Any, axes: tuple[int, ...], correction: float, keepdim: bool) -> Any:
    degrees = count(x.shape, axes) - correction
    factor = 2 / degrees if degrees else math.nan
    return restore(g * factor, x.shape, axes, keepdim) * (x - _mean(x, axes=axes, keepdim=True))


_var.grad(x=lambda g, x, **p: _var_slope(g, x, **p))


@op
def _std(be: Any, x: Any, *, axes: tuple[int, ...], correction: float, keepdim: bool) -> Any:
    return be.xp.sqrt(_var.forward(be, x, axes=axes, correction=correction, keepdim=keepdim))


_std.grad(x=lambda g, x, y, **p: _var_slope(where(y == 0, 0, g / (y * 2)), x, **p))


def _spread(
    operation: Any, name: str, input: Tensor, dim: Any, unbiased: bool | None, keepdim: bool, correction: float | None
) -> Any:
    """``var`` and ``std`` in all their forms: ``(dim, unbiased, keepdim)``, ``(unbiased)``, ``correction=``."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise TypeError(f"{name}: expected unbiased or correction, got both")
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    x = as_float(name, input, None)
    return operation(x, axes=axes_of(name, dim, x.raw.ndim), correction=correction, keepdim=keepdim)


@numpy_names
def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """The variance over all elements, or along axes: sum(|x - mean|^2) / max(0, n - correction).

    Args:
        input: any shape, floating or complex.
        dim: an axis, several, or None for all.
        unbiased: the older form of ``correction``: True is 1, False is 0.
        keepdim: keep the reduced axes with size 1.
        correction: degrees of freedom taken off; 1 by default.
        out: a tensor for the result.

    Returns:
        A real tensor of the shape without the reduced axes.

    Raises:
        DtypeError: integers.
        IndexError: no such axis.

    Example:
        >>> ag.var(ag.tensor([1.0, 2.0, 3.0, 4.0]), correction=0)
        tensor(1.2500)
    """
    return into(out, _spread(_var, "var", input, dim, unbiased, keepdim, correction), "var")


@numpy_names
def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """The standard deviation over all elements, or along axes: the root of ``var``.

    Args:
        input: any shape, floating or complex.
        dim: an axis, several, or None for all.
        unbiased: the older form of ``correction``: True is 1, False is 0.
        keepdim: keep the reduced axes with size 1.
        correction: degrees of freedom taken off; 1 by default.
        out: a tensor for the result.

    Returns:
        A real tensor of the shape without the reduced axes.

    Raises:
        DtypeError: integers.
        IndexError: no such axis.

    Example:
        >>> ag.std(ag.tensor([1.0, 2.0, 3.0]))
        tensor(1.)
    """
    return into(out, _spread(_std, "std", input, dim, unbiased, keepdim, correction), "std")


@numpy_names
def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """The variance and the mean.

    Args:
        input: any shape, floating or complex.
        dim: an axis, several, or None for all.
        unbiased: the older form of ``correction``: True is 1, False is 0.
        keepdim: keep the reduced axes with size 1.
        correction: degrees of freedom taken off; 1 by default.

    Returns:
        Two tensors of the shape without the reduced axes.

    Raises:
        DtypeError: integers.
        IndexError: no such axis.

    Example:
        >>> ag.var_mean(ag.tensor([1.0, 2.0, 3.0]))
        (tensor(1.), tensor(2.))
    """
    axes = None if isinstance(dim, bool) else dim
    return var(input, dim, unbiased, keepdim, correction=correction), mean(input, axes, keepdim)


@numpy_names
def std_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean.

    Args:
        input: any shape, floating or complex.
        dim: an axis, several, or None for all.
        unbiased: the older form of ``correction``: True is 1, False is 0.
        keepdim: keep the reduced axes with size 1.
        correction: degrees of freedom taken off; 1 by default.

    Returns:
        Two tensors of the shape without the reduced axes.

    Raises:
        DtypeError: integers.
        IndexError: no such axis.

    Example:
        >>> ag.std_mean(ag.tensor([1.0, 2.0, 3.0]))
        (tensor(1.), tensor(2.))
    """
    axes = None if isinstance(dim, bool) else dim
    return std(input, dim, unbiased, keepdim, correction=correction), mean(input, axes, keepdim)
