"""Rounding, and numbers in place of what is not one; integers stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.node import Variable
from autograd.op import op, wrap, zeros_like_shape
from autograd.ops.arguments import axis_of
from autograd.ops.comparison import isfinite, where
from autograd.ops.out import into
from autograd.plan import same

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def flat(g: Any) -> Any:
    """The gradient of a piecewise constant function: zeros."""
    return zeros_like_shape(g, g.shape)


@op(complex="refused")
def floor(be: Any, input: Any) -> Any:
    """The largest integer not above each element.

    Args:
        input: any shape.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.floor(ag.tensor([-0.5, 1.5]))
        tensor([-1.,  1.])
    """
    return be.xp.floor(input) if input.dtype.kind == "f" else input.copy()


floor.grad(input=flat)


@op(complex="refused")
def ceil(be: Any, input: Any) -> Any:
    """The smallest integer not below each element.

    Args:
        input: any shape.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.ceil(ag.tensor([0.5, 1.5]))
        tensor([1., 2.])
    """
    return be.xp.ceil(input) if input.dtype.kind == "f" else input.copy()


ceil.grad(input=flat)


@op(complex="refused")
def trunc(be: Any, input: Any) -> Any:
    """The integer part of each element.

    Args:
        input: any shape.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.trunc(ag.tensor([-1.5, 1.5]))
        tensor([-1.,  1.])
    """
    return be.xp.trunc(input) if input.dtype.kind == "f" else input.copy()


trunc.grad(input=flat)


@op(complex="refused")
def frac(be: Any, input: Any) -> Any:
    """The fractional part of each element, with its sign: x - trunc(x).

    Args:
        input: any shape, floating.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.frac(ag.tensor([-1.5, 1.25]))
        tensor([-0.5000,  0.2500])
    """
    return input - be.xp.trunc(input)


frac.grad(input=same)


@op(complex="refused")
def _round(be: Any, input: Any, *, decimals: int) -> Any:
    return be.xp.round(input, decimals)


_round.grad(input=lambda g, **p: flat(g))


def round(input: Tensor, *, decimals: int = 0, out: Tensor | None = None) -> Tensor:
    """The nearest number with so many decimals; halves go to the even neighbour.

    Args:
        input: any shape.
        decimals: digits after the point; negative ones count before it.
        out: a tensor for the result.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.round(ag.tensor([0.5, 1.5, 2.25])), ag.round(ag.tensor(1.234), decimals=1)
        (tensor([0., 2., 2.]), tensor(1.2000))
    """
    return into(out, _round(input, decimals=decimals), "round")


@op(complex="refused")
def _fake_quantize(be: Any, input: Any, scale: Any, zero: Any, *, low: int, high: int) -> Any:
    steps = be.xp.rint(input * (1 / scale) + zero)
    return ((be.xp.clip(steps, low, high) - zero) * scale).astype(input.dtype)


@op
def _representable(be: Any, input: Any, scale: Any, zero: Any, *, low: int, high: int) -> Any:
    """Whether a number lies between the smallest and the largest that the steps reach."""
    steps = be.xp.rint(input * (1 / scale) + zero)
    return (steps >= low) & (steps <= high)


_fake_quantize.grad(
    input=lambda g, input, scale, zero, *, low, high: where(
        _representable(input, scale, zero, low=low, high=high), g, 0
    )
)


def fake_quantize_per_tensor_affine(
    input: Tensor, scale: Any, zero_point: Any, quant_min: int, quant_max: int
) -> Tensor:
    """What is left of numbers after storing them as small integers: (clip(round(x / scale + z)) - z) * scale.

    The gradient passes as if nothing had been rounded, and not where the integer was clipped.

    Args:
        input: any shape, floating.
        scale: the distance of neighbours, a number or a tensor of one element.
        zero_point: z, the integer that stands for 0, a number or a tensor of one element.
        quant_min, quant_max: the smallest and the largest integer.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        DtypeError: integers.
        ValueError: ``quant_min`` above ``quant_max``, or z not between them.

    Example:
        >>> ag.fake_quantize_per_tensor_affine(ag.tensor([0.04, 0.26, 9.0]), 0.1, 0, 0, 15)
        tensor([0.0000, 0.3000, 1.5000])

    Source: Jacob and others, Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
    Inference, 2018.
    """
    be, name = input.backend, "fake_quantize_per_tensor_affine"
    if not isinstance(scale, Variable):
        scale = wrap(be.xp.full((), scale, float), be)
    if not isinstance(zero_point, Variable):
        zero_point = wrap(be.xp.full((), zero_point), be)
    return _faked(name, input, scale, zero_point, (), quant_min, quant_max)


def fake_quantize_per_channel_affine(
    input: Tensor, scale: Tensor, zero_point: Tensor, axis: int, quant_min: int, quant_max: int
) -> Tensor:
    """``fake_quantize_per_tensor_affine`` with a scale and a zero of its own for each position along an axis.

    Args:
        input: any shape, floating.
        scale: shape (c,), c positions along the axis.
        zero_point: shape (c,), integers.
        axis: the axis.
        quant_min, quant_max: the smallest and the largest integer.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        DtypeError: integers.
        ShapeError: not one scale and one zero for each position.
        ValueError: ``quant_min`` above ``quant_max``, or a zero not between them.

    Example:
        >>> x, zeros = ag.tensor([[0.26], [0.26]]), ag.zeros(2, dtype=ag.int32)
        >>> ag.fake_quantize_per_channel_affine(x, ag.tensor([0.1, 0.2]), zeros, 0, 0, 15)
        tensor([[0.3000],
                [0.2000]])
    """
    name, axis = "fake_quantize_per_channel_affine", axis_of("fake_quantize_per_channel_affine", axis, input.raw.ndim)
    for what, t in (("scale", scale), ("zero_point", zero_point)):
        if t.raw.shape != (input.raw.shape[axis],):
            raise ShapeError(f"{name}: expected {what} of shape ({input.raw.shape[axis]},), got {tuple(t.raw.shape)}")
    column = tuple(-1 if i == axis else 1 for i in range(input.raw.ndim))
    return _faked(name, input, scale, zero_point, column, quant_min, quant_max)


def _faked(name: str, x: Any, scale: Any, zero: Any, shape: tuple[int, ...], low: int, high: int) -> Any:
    """Checks what both have in common; ``shape``: of the scales, broadcast against x."""
    if not x.is_floating_point():
        raise DtypeError(f"{name}: expected a floating input, got {x.dtype}. Convert it with .float()")
    zeros = x.backend.to_numpy(zero.raw)
    if low > high or (zeros < low).any() or (zeros > high).any():
        raise ArgumentError(
            f"{name}: expected quant_min <= zero_point <= quant_max, got {low}, {zeros.tolist()}, {high}"
        )
    s, z = (wrap(t.raw.reshape(shape).astype("float32"), x.backend) for t in (scale, zero))
    return _fake_quantize(x, s, z, low=int(low), high=int(high))


@op
def _nan_to_num(be: Any, input: Any, *, nan: float, posinf: float | None, neginf: float | None) -> Any:
    if input.dtype.kind not in "fc":
        return input.copy()
    return be.xp.nan_to_num(input, nan=nan, posinf=posinf, neginf=neginf)


_nan_to_num.grad(input=lambda g, input, **p: where(isfinite(input), g, 0))


def nan_to_num(
    input: Tensor,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """NaN and infinities replaced by numbers.

    Args:
        input: any shape.
        nan: in place of NaN; 0 by default.
        posinf, neginf: in place of the infinities; the largest and smallest finite number by default.
        out: a tensor for the result.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.nan_to_num(ag.tensor([float("nan"), 1.0, float("inf")]), posinf=9.0)
        tensor([0., 1., 9.])
    """
    y = _nan_to_num(input, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)
    return into(out, y, "nan_to_num")
