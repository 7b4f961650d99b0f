"""Quantiles, interpolated between the sorted elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.casting import autocasts
from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.node import Variable
from autograd.op import wrap
from autograd.ops.arguments import axis_of, numpy_names
from autograd.ops.axes import movedim
from autograd.ops.extremum import pick
from autograd.ops.out import into
from autograd.ops.shape import _reshape, ravel
from autograd.ops.sorting import sort

if TYPE_CHECKING:
    from autograd.tensor import Tensor

_WAYS = ("linear", "lower", "higher", "midpoint", "nearest")


@numpy_names
@autocasts
def quantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Any = None,
) -> Tensor:
    """The value below which a share q of the elements lies; NaN where there is one.

    Args:
        input: any shape, float32 or float64.
        q: a number in [0, 1], or a tensor of them (m,) of the dtype of ``input``.
        dim: the axis; None for all elements.
        keepdim: keep the reduced axis with size 1.
        interpolation: between two elements: "linear", "lower", "higher", "midpoint" or "nearest".
        out: a tensor for the result.

    Returns:
        A tensor without the reduced axis; for several q with an axis (m, ...) in front.

    Raises:
        DtypeError: the dtype is not floating.
        ShapeError: there is no element.
        ValueError: q is not in [0, 1], or another ``interpolation``.

    Example:
        >>> ag.quantile(ag.tensor([1.0, 2.0, 3.0, 4.0]), 0.5)
        tensor(2.5000)
    """
    return into(out, _quantile("quantile", input, q, dim, keepdim, interpolation, False), "quantile")


@numpy_names
@autocasts
def nanquantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
    out: Any = None,
) -> Tensor:
    """The value below which a share q of the elements that are not NaN lies.

    Args:
        input: any shape, float32 or float64.
        q: a number in [0, 1], or a tensor of them (m,) of the dtype of ``input``.
        dim: the axis; None for all elements.
        keepdim: keep the reduced axis with size 1.
        interpolation: between two elements: "linear", "lower", "higher", "midpoint" or "nearest".
        out: a tensor for the result.

    Returns:
        A tensor without the reduced axis; for several q with an axis (m, ...) in front.

    Raises:
        DtypeError: the dtype is not floating.
        ShapeError: there is no element.
        ValueError: q is not in [0, 1], or another ``interpolation``.

    Example:
        >>> ag.nanquantile(ag.tensor([1.0, float("nan"), 3.0]), 0.5)
        tensor(2.)
    """
    return into(out, _quantile("nanquantile", input, q, dim, keepdim, interpolation, True), "nanquantile")


def _quantile(name: str, input: Any, q: Any, dim: int | None, keepdim: bool, way: str, skip_nan: bool) -> Any:
    be, xp = input.backend, input.backend.xp
    if input.raw.dtype not in ("float32", "float64"):
        raise DtypeError(f"{name}: expected float32 or float64, got {input.dtype}. Cast it with .float()")
    if way not in _WAYS:
        raise ArgumentError(f"{name}: expected interpolation to be one of {', '.join(_WAYS)}, got {way!r}")
    if isinstance(q, Variable) and (q.raw.ndim > 1 or q.raw.dtype != input.raw.dtype):
        raise DtypeError(f"{name}: expected q to be a number or (m,) of {input.dtype}, got {q.dtype} {q.raw.shape}")  # type: ignore[attr-defined]
    shares = be.asarray(q.raw if isinstance(q, Variable) else q, "float64")
    if shares.size and not (shares.min() >= 0 and shares.max() <= 1):
        raise ArgumentError(f"{name}: expected q in [0, 1], got {shares.tolist()}")
    axis = axis_of(name, dim or 0, input.raw.ndim)
    kept = (1,) * input.raw.ndim if dim is None else (*input.raw.shape[:axis], 1, *input.raw.shape[axis + 1 :])
    x = ravel(input) if dim is None or not input.raw.ndim else movedim(input, axis, -1)
    n = x.raw.shape[-1]
    if not n:
        raise ShapeError(f"{name}: expected at least one element, got shape {tuple(input.raw.shape)}")

    ordered = sort(x, -1).values  # (..., n), NaN last
    nans = xp.isnan(ordered.raw).sum(-1, keepdims=True)
    last = xp.maximum(n - 1 - nans, 0) if skip_nan else n - 1
    rank = xp.broadcast_to(shares.reshape(-1) * last, (*ordered.raw.shape[:-1], shares.size))  # (..., m)
    rank = rank if skip_nan else xp.where(nans > 0, n - 1, rank)
    low, high = xp.floor(rank), xp.ceil(rank)
    if way in ("linear", "midpoint"):
        weight = rank - low if way == "linear" else xp.where(high > low, 0.5, 0.0)
        a, b = (pick(ordered, wrap(i.astype("int64"), be), axis=ordered.raw.ndim - 1) for i in (low, high))
        y = a + (b - a) * wrap(weight.astype(ordered.raw.dtype), be)
    else:
        chosen = {"lower": low, "higher": high, "nearest": xp.rint(rank)}[way]
        y = pick(ordered, wrap(chosen.astype("int64"), be), axis=ordered.raw.ndim - 1)
    y = movedim(y, -1, 0)  # (m, ...)
    rest = kept if keepdim else tuple(y.raw.shape[1:])
    return _reshape(y, shape=(*shares.shape, *rest))
