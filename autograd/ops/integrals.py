"""Integrals and derivatives of functions known at points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.node import Variable
from autograd.ops.arguments import axes_of, axis_of, numpy_names
from autograd.ops.joining import cat
from autograd.ops.reduction import sum
from autograd.ops.scan import cumsum, diff
from autograd.ops.shape import _reshape
from autograd.ops.views import narrow

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _along(x: Any, axis: int, ndim: int) -> Any:
    """A 1-d tensor laid along one of ``ndim`` axes."""
    return _reshape(x, shape=tuple(x.raw.size if i == axis else 1 for i in range(ndim)))


def _areas(name: str, y: Tensor, x: Tensor | None, dx: Any, dim: int) -> tuple[Any, int]:
    """The areas of the trapezoids between neighbours along an axis, and that axis."""
    if x is not None and dx is not None:
        raise TypeError(f"{name}: expected x or dx, got both")
    if not y.raw.ndim:
        raise ShapeError(f"{name}: expected at least one axis, got a 0-d tensor")
    axis = axis_of(name, dim, y.raw.ndim)
    size = y.raw.shape[axis]
    if y.raw.dtype.kind == "b":
        raise DtypeError(f"{name}: expected numbers, got bools. Cast them with .to(dtype)")
    width: Any = 1 if dx is None else dx
    if x is not None:
        if x.raw.shape[-1 if x.raw.ndim == 1 else dim] != size:
            raise ShapeError(
                f"{name}: expected one x per y along dim {dim}, got {tuple(x.raw.shape)} for {y.raw.shape}"
            )
        width = _along(diff(x), axis, y.raw.ndim) if x.raw.ndim == 1 else diff(x, dim=dim)
    later, earlier = narrow(y, axis, min(1, size), max(size - 1, 0)), narrow(y, axis, 0, max(size - 1, 0))
    return (later + earlier) * width / 2.0, axis


@numpy_names
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The integral along an axis by the trapezoidal rule: sum of (x[i + 1] - x[i]) (y[i] + y[i + 1]) / 2.

    Args:
        y: values, any shape of at least one axis.
        x: where they stand: 1-d along the axis, or broadcastable with ``y``.
        dx: the distance of neighbours in place of ``x``; default 1.
        dim: the axis.

    Returns:
        A tensor of the shape without the axis.

    Raises:
        DtypeError: bools.
        IndexError: no such axis.
        ShapeError: a 0-d tensor, or other than one x per y.
        TypeError: ``x`` and ``dx`` together.

    Example:
        >>> ag.trapezoid(ag.tensor([1.0, 2.0, 3.0])), ag.trapezoid(ag.tensor([1.0, 2.0]), ag.tensor([0.0, 4.0]))
        (tensor(4.), tensor(6.))
    """
    areas, axis = _areas("trapezoid", y, x, dx, dim)
    return sum(areas, axis)


@numpy_names
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The running integral along an axis by the trapezoidal rule.

    Args:
        y: values, any shape of at least one axis.
        x: where they stand: 1-d along the axis, or broadcastable with ``y``.
        dx: the distance of neighbours in place of ``x``; default 1.
        dim: the axis.

    Returns:
        A tensor with one element less along the axis.

    Raises:
        DtypeError: bools.
        IndexError: no such axis.
        ShapeError: a 0-d tensor, or other than one x per y.
        TypeError: ``x`` and ``dx`` together.

    Example:
        >>> ag.cumulative_trapezoid(ag.tensor([1.0, 2.0, 3.0]))
        tensor([1.5000, 4.0000])
    """
    areas, axis = _areas("cumulative_trapezoid", y, x, dx, dim)
    return cumsum(areas, axis)


@numpy_names
def gradient(input: Tensor, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """Estimates of partial derivatives by central differences of second order, one-sided at the edges.

    Between points at distances h (before) and k (after): (h^2 y[i + 1] - k^2 y[i - 1] + (k^2 - h^2) y[i]) / (h k (h + k)).

    Args:
        input: the function's values.
        spacing: the distance of neighbours: one number, or one per axis; or one tensor of coordinates per axis.
        dim: an axis, several, or None for all.
        edge_order: 1 or 2: the order at the edges.

    Returns:
        A tensor of the shape of ``input`` for each axis.

    Raises:
        IndexError: no such axis.
        ShapeError: too few points, or other than one spacing per axis.
        ValueError: another ``edge_order``.

    Example:
        >>> ag.gradient(ag.tensor([1.0, 4.0, 9.0, 16.0]))
        (tensor([3., 4., 6., 7.]),)
    """
    if edge_order not in (1, 2):
        raise ArgumentError(f"gradient: expected edge_order 1 or 2, got {edge_order}")
    axes = axes_of("gradient", dim, input.raw.ndim)
    steps = list(spacing) if isinstance(spacing, Sequence) else [spacing] * len(axes)
    if len(steps) != len(axes):
        raise ShapeError(f"gradient: expected one spacing for each of {len(axes)} axes, got {len(steps)}")
    return tuple(_slope(input, axis, step, edge_order) for axis, step in zip(axes, steps, strict=True))


def _slope(y: Any, axis: int, step: Any, edge_order: int) -> Any:
    size, even = y.raw.shape[axis], not isinstance(step, Variable)
    if size <= edge_order:
        raise ShapeError(f"gradient: expected more than {edge_order} points along axis {axis}, got {size}")

    def at(start: int, length: int) -> Any:
        return narrow(y, axis, start, length)

    if even:
        middle = (at(2, size - 2) - at(0, size - 2)) / (2.0 * step)
        if edge_order == 1:
            first, last = (at(1, 1) - at(0, 1)) / step, (at(size - 1, 1) - at(size - 2, 1)) / step
        else:
            first = (at(1, 1) * 4.0 - at(0, 1) * 3.0 - at(2, 1)) / (2.0 * step)
            last = (at(size - 1, 1) * 3.0 - at(size - 2, 1) * 4.0 + at(size - 3, 1)) / (2.0 * step)
        return cat([first, middle, last], axis)
    if step.raw.shape != (size,):
        raise ShapeError(f"gradient: expected {size} coordinates along axis {axis}, got {tuple(step.raw.shape)}")
    gaps = _along(diff(step), axis, y.raw.ndim)

    def gap(start: int, length: int) -> Any:
        return narrow(gaps, axis, start, length)

    def curve(i: int, length: int, a: Any, b: Any, c: Any) -> Any:
        return a * at(i, length) + b * at(i + 1, length) + c * at(i + 2, length)

    h, k = gap(0, size - 2), gap(1, size - 2)
    middle = curve(0, size - 2, -k / (h * (h + k)), (k - h) / (h * k), h / (k * (h + k)))
    if edge_order == 1:
        first = (at(1, 1) - at(0, 1)) / gap(0, 1)
        last = (at(size - 1, 1) - at(size - 2, 1)) / gap(size - 2, 1)
    else:
        h, k = gap(0, 1), gap(1, 1)
        first = curve(0, 1, -(2.0 * h + k) / (h * (h + k)), (h + k) / (h * k), -h / (k * (h + k)))
        h, k = gap(size - 3, 1), gap(size - 2, 1)
        last = curve(size - 3, 1, k / (h * (h + k)), -(h + k) / (h * k), (2.0 * k + h) / (k * (h + k)))
    return cat([first, middle, last], axis)
