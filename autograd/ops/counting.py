"""Distinct values, places in sorted sequences, and counts. Nothing here has a gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.node import Variable
from autograd.op import wrap
from autograd.ops.arguments import axis_of
from autograd.ops.out import into

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- distinct values --------------------------------------------------------------------------------------------------


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct values, in order.

    Args:
        input: any shape and real dtype.
        sorted: accepted; they always are.
        return_inverse: also where each element of ``input`` is among them.
        return_counts: also how often each occurs.
        dim: the axis whose slices are compared; None compares elements.

    Returns:
        The values (n,), or slices along ``dim``; with more asked for, a tuple (values, inverse, counts) of what was.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.unique(ag.tensor([3, 1, 3]), return_counts=True)
        (tensor([1, 3]), tensor([1, 2]))
    """
    be, raw = input.backend, input.raw
    axis = None if dim is None else axis_of("unique", dim, raw.ndim)
    values, inverse, counts = be.xp.unique(
        raw, return_inverse=True, return_counts=True, axis=axis, equal_nan=False
    )  # fmt: skip
    inverse = inverse.reshape(raw.shape if dim is None else -1)
    return _of_three(be, values, inverse if return_inverse else None, counts if return_counts else None)


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The values with repeats of the one before left out.

    Args:
        input: any shape.
        return_inverse: also where each element of ``input`` is among them.
        return_counts: also how long each run is.
        dim: the axis whose slices are compared; None compares elements of the flattened tensor.

    Returns:
        The values (n,), or slices along ``dim``; with more asked for, a tuple (values, inverse, counts) of what was.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.unique_consecutive(ag.tensor([1, 1, 2, 1]))
        tensor([1, 2, 1])
    """
    be, xp = input.backend, input.backend.xp
    axis = 0 if dim is None else axis_of("unique_consecutive", dim, input.raw.ndim)
    x = input.raw.reshape(-1) if dim is None else xp.moveaxis(input.raw, axis, 0)
    begins = xp.ones(len(x), bool)  # of a run
    begins[1:] = (x[1:] != x[:-1]).any(tuple(range(1, x.ndim)))
    starts = xp.nonzero(begins)[0]
    inverse = xp.cumsum(begins) - 1
    counts = xp.diff(starts, append=len(x))
    values = xp.moveaxis(x[begins], 0, axis)
    inverse = inverse.reshape(input.raw.shape) if dim is None else inverse
    return _of_three(be, values, inverse if return_inverse else None, counts if return_counts else None)


def _of_three(be: Any, *parts: Any) -> Any:
    found = tuple(wrap(p, be) for p in parts if p is not None)
    return found if len(found) > 1 else found[0]


# -- places in sorted sequences ---------------------------------------------------------------------------------------


def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
    out: Any = None,
) -> Tensor:
    """Where values would have to be inserted into a sorted sequence to keep it sorted.

    Args:
        sorted_sequence: (n,), or (..., n) with a sequence for every row of ``input``.
        input: the values: any shape, or (..., m); or a number.
        out_int32: int32 in place of int64.
        right: behind equal elements, not before them.
        side: "left" or "right": the same as ``right``.
        sorter: the positions that sort ``sorted_sequence``, where it is not.
        out: a tensor for the result.

    Returns:
        Positions, of the shape of ``input``.

    Raises:
        ShapeError: the rows of the sequences and of the values do not match.
        ValueError: ``side`` contradicts ``right``.

    Example:
        >>> ag.searchsorted(ag.tensor([1, 3, 5]), ag.tensor([3, 4]))
        tensor([1, 2])
    """
    be, xp = sorted_sequence.backend, sorted_sequence.backend.xp
    if side not in (None, "left", "right") or (side == "left" and right):
        raise ArgumentError(
            f'searchsorted: expected side="left" or "right", as right= says, got {side!r} and right={right}'
        )
    where = "right" if right or side == "right" else "left"
    sequence = sorted_sequence.raw
    wanted = input.raw if isinstance(input, Variable) else be.asarray(input)
    if sorter is not None:
        sequence = xp.take_along_axis(sequence, sorter.raw, -1)
    if sequence.ndim > 1 and sequence.shape[:-1] != wanted.shape[:-1]:
        raise ShapeError(
            f"searchsorted: expected one sequence, or one per row of the values, got {tuple(sequence.shape)} and "
            f"{tuple(wanted.shape)}"
        )
    if sequence.ndim == 1:
        found = xp.searchsorted(sequence, wanted, where)
    else:
        rows = zip(sequence.reshape(-1, sequence.shape[-1]), wanted.reshape(-1, wanted.shape[-1]), strict=True)
        found = xp.stack([xp.searchsorted(s, v, where) for s, v in rows]).reshape(wanted.shape)
    return into(out, wrap(be.asarray(found, "int32" if out_int32 else "int64"), be), "searchsorted")


def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False, out: Any = None
) -> Tensor:
    """Between which boundaries each value lies: i where boundaries[i-1] < value <= boundaries[i].

    Args:
        input: any shape, or a number.
        boundaries: (n,), in order.
        out_int32: int32 in place of int64.
        right: boundaries[i-1] <= value < boundaries[i] instead.
        out: a tensor for the result.

    Returns:
        Numbers in [0, n], of the shape of ``input``.

    Raises:
        ShapeError: the boundaries are not one sequence.

    Example:
        >>> ag.bucketize(ag.tensor([0, 3, 9]), ag.tensor([1, 3, 5]))
        tensor([0, 1, 3])
    """
    if boundaries.raw.ndim != 1:
        raise ShapeError(f"bucketize: expected boundaries of one axis, got shape {tuple(boundaries.raw.shape)}")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right, out=out)


# -- counts -----------------------------------------------------------------------------------------------------------


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2, ... occurs, or the sum of weights for each.

    Args:
        input: (m,), integers of at least 0.
        weights: (m,).
        minlength: count at least up to here.

    Returns:
        (max(input) + 1,), at least ``minlength``: int64, or the floating dtype of the weights.

    Raises:
        DtypeError: not integers.
        ShapeError: not one axis, or another number of weights.
        ValueError: a negative integer.

    Example:
        >>> ag.bincount(ag.tensor([1, 1, 3]))
        tensor([0, 2, 0, 1])
    """
    be, raw = input.backend, input.raw
    if raw.dtype.kind not in "iu":
        raise DtypeError(f"bincount: expected integers, got {input.dtype}. Cast them with .long()")
    if raw.ndim != 1 or (weights is not None and weights.raw.shape != raw.shape):
        shapes = f"{tuple(raw.shape)}" + (f" and {tuple(weights.raw.shape)}" if weights is not None else "")
        raise ShapeError(f"bincount: expected one axis, and as many weights, got {shapes}")
    if raw.size and raw.min() < 0:
        raise ArgumentError(f"bincount: expected integers of at least 0, got {int(raw.min())}")
    if weights is None:
        return wrap(be.xp.bincount(raw, minlength=minlength), be)
    total = be.xp.bincount(raw, weights.raw, minlength)
    return wrap(total.astype(weights.raw.dtype) if weights.raw.dtype.kind == "f" else total, be)


def _limits(name: str, raw: Any, low: float, high: float) -> tuple[float, float]:
    """The range of a histogram: that of the data where none is given, never empty."""
    if low == high and raw.size:
        low, high = float(raw.min()), float(raw.max())
    if low == high:
        low, high = low - 1, high + 1
    if not low < high or high - low == float("inf"):
        raise ArgumentError(f"{name}: expected a finite range from min to a larger max, got [{low}, {high}]")
    return low, high


def isin(
    elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False, out: Tensor | None = None
) -> Tensor:
    """Which elements are among those of another tensor.

    Args:
        elements: any shape; or a number.
        test_elements: any shape, what to look for; or a number, but not both.
        assume_unique: accepted: neither has an element twice.
        invert: which are not.
        out: a tensor for the result.

    Returns:
        A bool tensor of the shape of ``elements``.

    Raises:
        TypeError: two numbers.

    Example:
        >>> ag.isin(ag.tensor([1, 2, 3]), ag.tensor([3, 1]))
        tensor([ True, False,  True])
    """
    model = elements if isinstance(elements, Variable) else test_elements
    if not isinstance(model, Variable):
        raise TypeError("isin: expected a tensor among elements and test_elements, got two numbers")
    be = model.backend
    known, asked = (x.raw if isinstance(x, Variable) else be.xp.asarray(x) for x in (elements, test_elements))
    return into(out, wrap(be.xp.isin(known, asked, invert=invert), be), "isin")


def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0, *, out: Any = None) -> Tensor:
    """How many elements lie in each of several equal intervals; those outside are left out.

    Args:
        input: any shape, floating.
        bins: how many intervals.
        min, max: the range; equal ones mean that of the elements.
        out: a tensor for the result.

    Returns:
        (bins,), of the dtype of ``input``.

    Raises:
        DtypeError: the dtype is not floating.
        ValueError: no interval, or no range.

    Example:
        >>> ag.histc(ag.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
        tensor([0., 2., 1., 0.])
    """
    be, raw = input.backend, input.raw
    if raw.dtype.kind != "f":
        raise DtypeError(f"histc: expected a floating dtype, got {input.dtype}. Cast it with .float()")
    if bins < 1:
        raise ArgumentError(f"histc: expected at least 1 bin, got {bins}")
    counts, _ = be.xp.histogram(raw, bins, _limits("histc", raw, min, max))
    return into(out, wrap(counts.astype(raw.dtype), be), "histc")


class Histogram(NamedTuple):
    """Counts in intervals, and where these begin and end.

    Args:
        hist: (n,), the counts or densities.
        bin_edges: (n + 1,).

    Example:
        >>> ag.histogram(ag.tensor([1.0, 2.0]), 2).hist
        tensor([1., 1.])
    """

    hist: Any
    bin_edges: Any


def histogram(
    input: Tensor,
    bins: Any = 100,
    *,
    range: Any = None,
    weight: Tensor | None = None,
    density: bool = False,
    out: Any = None,
) -> Histogram:
    """How many elements lie in each of several intervals.

    Args:
        input: any shape, floating.
        bins: how many equal intervals, or their edges (n + 1,) in order.
        range: (low, high) for a number of intervals; None means that of the elements.
        weight: of the shape of ``input``: what each element counts.
        density: divide so that the integral over the range is one.
        out: a pair of tensors for the result.

    Returns:
        (hist, bin_edges), a named tuple of the dtype of ``input``.

    Raises:
        DtypeError: the dtype is not floating.
        ValueError: no interval, or no range.

    Example:
        >>> ag.histogram(ag.tensor([1.0, 2.0, 1.0]), ag.tensor([0.0, 1.5, 3.0]))
        Histogram(hist=tensor([2., 1.]), bin_edges=tensor([0.0000, 1.5000, 3.0000]))
    """
    be, raw = input.backend, input.raw
    if raw.dtype.kind != "f":
        raise DtypeError(f"histogram: expected a floating dtype, got {input.dtype}. Cast it with .float()")
    if isinstance(bins, Variable):
        edges: Any = bins.raw
    else:
        if bins < 1:
            raise ArgumentError(f"histogram: expected at least 1 bin, got {bins}")
        edges = be.xp.linspace(*_limits("histogram", raw, *(range or (0, 0))), bins + 1)
    hist, _ = be.xp.histogram(raw, edges, weights=None if weight is None else weight.raw, density=density)
    found = wrap(hist.astype(raw.dtype), be), wrap(edges.astype(raw.dtype), be)
    return Histogram(*(found if out is None else (into(o, y, "histogram") for o, y in zip(out, found, strict=True))))
