"""Arithmetic between tensors, with broadcasting and promotion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.dtypes import of_number
from autograd.errors import ArgumentError, DtypeError
from autograd.node import Variable
from autograd.op import elementwise, floating, op, ordered, result_type
from autograd.ops.comparison import where
from autograd.ops.complex import sgn
from autograd.ops.out import into
from autograd.ops.rounding import flat
from autograd.plan import same
from backends import registry

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- sums -------------------------------------------------------------------------------------------------------------


@elementwise
def _add(be: Any, input: Any, other: Any) -> Any:
    return be.add(input, other)


_add.grad(input=same, other=same)
_add.over(lambda be, input, other: be.add_(input, other))


def add(input: Any, other: Any, *, alpha: float = 1, out: Tensor | None = None) -> Any:
    """Sum, element by element: input + alpha * other.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.
        alpha: a number; an integer where both are integers.
        out: a tensor for the result.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: a floating ``alpha`` for integers.

    Example:
        >>> ag.add(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 1.0]), alpha=10)
        tensor([11., 12.])
    """
    return into(out, _add(input, other if alpha == 1 else _scaled("add", input, other, alpha)), "add")


def _scaled(name: str, input: Any, other: Any, alpha: Any) -> Any:
    """alpha * other, in the dtype of the result."""
    kind = result_type(input, other)
    if of_number(alpha).category > kind.category:
        raise DtypeError(f"{name}: expected an integer alpha for {kind} tensors, got {alpha!r}. Cast them first")
    return mul(other.to(kind), alpha) if isinstance(other, Variable) else other * alpha  # type: ignore[attr-defined]


@elementwise
def _sub(be: Any, input: Any, other: Any) -> Any:
    try:
        return be.sub(input, other)
    except TypeError:
        raise DtypeError("sub: expected numbers, got two bool tensors. Use ^ or logical_xor") from None


_sub.grad(input=same, other=lambda g: -g)
_sub.over(lambda be, input, other: be.sub_(input, other))


def sub(input: Any, other: Any, *, alpha: float = 1, out: Tensor | None = None) -> Any:
    """Difference, element by element: input - alpha * other.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.
        alpha: a number; an integer where both are integers.
        out: a tensor for the result.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: two bool tensors, or a floating ``alpha`` for integers.

    Example:
        >>> ag.sub(ag.tensor([1.0, 2.0]), 1)
        tensor([0., 1.])
    """
    return into(out, _sub(input, other if alpha == 1 else _scaled("sub", input, other, alpha)), "sub")


def rsub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """Difference the other way round: other - alpha * input.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.
        alpha: a number; an integer where both are integers.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: two bool tensors, or a floating ``alpha`` for integers.

    Example:
        >>> ag.rsub(ag.tensor([1.0, 2.0]), 10)
        tensor([9., 8.])
    """
    return _sub(other, input if alpha == 1 else _scaled("rsub", other, input, alpha))


# -- products and quotients -------------------------------------------------------------------------------------------


@op(promote="common", complex="analytic")
def mul(be: Any, input: Any, other: Any) -> Any:
    """Product, element by element: input * other.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Example:
        >>> ag.mul(ag.tensor([1.0, 2.0]), 3)
        tensor([3., 6.])
    """
    return be.mul(input, other)


mul.grad(input=lambda g, other: g * other, other=lambda g, input: g * input)
mul.over(lambda be, input, other: be.mul_(input, other))


@floating
def true_divide(be: Any, input: Any, other: Any) -> Any:
    """Quotient, element by element: input / other, never of integers.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.true_divide(ag.tensor([1, 3]), 2)
        tensor([0.5000, 1.5000])
    """
    return be.div(input, other)


true_divide.grad(input=lambda g, other: g / other, other=lambda g, other, y: -g * (y / other))


def quotient_or_zero(a: Any, b: Any) -> Any:
    """a / b, and 0 where b is 0; no 0/0 in derivatives either. Of tensors, or of raw arrays in a gradient."""
    return where(b == 0, 0, a / where(b == 0, 1, b))


@ordered
def _div_floor(be: Any, input: Any, other: Any) -> Any:
    return be.xp.floor_divide(input, _divisor("div", other))


@ordered
def _div_trunc(be: Any, input: Any, other: Any) -> Any:
    if input.dtype.kind in "fc":
        return be.xp.trunc(be.xp.true_divide(input, other))
    quotient = be.xp.floor_divide(input, _divisor("div", other))
    return quotient + ((quotient < 0) & (quotient * other != input)).astype(quotient.dtype)


_div_floor.grad(input=flat, other=flat)
_div_trunc.grad(input=flat, other=flat)
_DIVISIONS = {None: true_divide, "floor": _div_floor, "trunc": _div_trunc}


def _divisor(name: str, other: Any) -> Any:
    """Refuses bools, and zeros among integer divisors, where NumPy would give 0."""
    kind = other.dtype.kind
    if kind == "b":
        raise DtypeError(f"{name}: expected numbers, got two bool tensors. Cast one with .to(dtype)")
    if kind in "iu" and not other.all():
        raise ZeroDivisionError(f"{name}: expected no zero among integer divisors. Cast to a float dtype")
    return other


def div(input: Any, other: Any, *, rounding_mode: str | None = None, out: Tensor | None = None) -> Any:
    """Quotient, element by element: input / other, rounded if asked.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.
        rounding_mode: None: not rounded, never of integers; "trunc": towards zero; "floor": down.
        out: a tensor for the result.

    Returns:
        A tensor of the broadcast shape: floating, or of the promoted dtype where rounded.

    Raises:
        ValueError: another rounding mode.
        ZeroDivisionError: rounded division of integers by zero.

    Example:
        >>> ag.div(ag.tensor([-7, 7]), 2, rounding_mode="trunc")
        tensor([-3,  3])
    """
    if rounding_mode not in _DIVISIONS:
        raise ArgumentError(f"div: expected rounding_mode to be None, 'trunc' or 'floor', got {rounding_mode!r}")
    return into(out, _DIVISIONS[rounding_mode](input, other), "div")


@ordered
def floor_divide(be: Any, input: Any, other: Any) -> Any:
    """Quotient rounded down, element by element; has no gradient.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        ZeroDivisionError: integers divided by zero.

    Example:
        >>> ag.floor_divide(ag.tensor([-7, 7]), 2)
        tensor([-4,  3])
    """
    return be.xp.floor_divide(input, _divisor("floor_divide", other))


@ordered
def remainder(be: Any, input: Any, other: Any) -> Any:
    """Python's modulus: input - other * floor(input / other), with the sign of the divisor.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        ZeroDivisionError: integers divided by zero.

    Example:
        >>> ag.remainder(ag.tensor([-3.0, 3.0]), 2)
        tensor([1., 1.])
    """
    return be.xp.remainder(input, _divisor("remainder", other))


remainder.grad(input=same, other=lambda g, input, other: -g * _div_floor(input, other))


@ordered
def fmod(be: Any, input: Any, other: Any) -> Any:
    """C's modulus: input - other * trunc(input / other), with the sign of the dividend.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        ZeroDivisionError: integers divided by zero.

    Example:
        >>> ag.fmod(ag.tensor([-3.0, 3.0]), 2)
        tensor([-1.,  1.])
    """
    return be.xp.fmod(input, _divisor("fmod", other))


fmod.grad(input=same, other=lambda g, input, other: -g * _div_trunc(input, other))


@floating
def reciprocal(be: Any, input: Any) -> Any:
    """1 / input.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.reciprocal(ag.tensor([2.0, 4.0]))
        tensor([0.5000, 0.2500])
    """
    return 1 / input


reciprocal.grad(input=lambda g, y: -g * (y * y))


# -- signs ------------------------------------------------------------------------------------------------------------


@op
def neg(be: Any, input: Any) -> Any:
    """The elements with their sign changed.

    Args:
        input: any shape.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        DtypeError: bool elements.

    Example:
        >>> ag.neg(ag.tensor([1.0, -2.0]))
        tensor([-1.,  2.])
    """
    try:
        return be.xp.negative(input)
    except TypeError:
        raise DtypeError("neg: expected numbers, got a bool tensor. Use ~ or logical_not") from None


neg.grad(input=lambda g: -g)


@op(complex="refused")
def sign(be: Any, input: Any) -> Any:
    """-1, 0 or 1, as the elements are negative, zero (or NaN) or positive.

    Args:
        input: any shape, real.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        DtypeError: complex elements; see ``sgn``.

    Example:
        >>> ag.sign(ag.tensor([-3.0, 0.0, 2.0]))
        tensor([-1.,  0.,  1.])
    """
    return sgn.forward(be, input)


sign.grad(input=flat)


@op
def abs(be: Any, input: Any) -> Any:
    """The absolute value; of complex numbers the root of Re^2 + Im^2.

    Args:
        input: any shape.

    Returns:
        A tensor of the same shape and dtype, real.

    Example:
        >>> ag.abs(ag.tensor([-3.0, 2.0]))
        tensor([3., 2.])
    """
    return be.activation(input, "magnitude", ()) if input.dtype.kind == "f" else be.xp.absolute(input)


def _abs_grad(g: Any, input: Any) -> Any:
    if isinstance(input, Variable) or input.dtype.kind != "f":
        return g * sgn(input)
    return registry.of(input).activation_grad(g, input, "magnitude", ())


abs.grad(input=_abs_grad)


@op(promote="float", complex="refused")
def copysign(be: Any, input: Any, other: Any) -> Any:
    """The size of ``input`` with the sign of ``other``.

    Args:
        input, other: broadcastable tensors, or a Python number for ``other``.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.copysign(ag.tensor([1.0, 2.0]), ag.tensor([-1.0, 1.0]))
        tensor([-1.,  2.])
    """
    return be.xp.copysign(input, other)


copysign.grad(input=lambda g, input, y: where(input == 0, 0, g * (y / input)), other=flat)


# -- combinations -----------------------------------------------------------------------------------------------------


@op(promote="common", complex="analytic")
def lerp(be: Any, input: Any, end: Any, weight: Any) -> Any:
    """The point between two: input + weight * (end - input).

    Args:
        input, end: broadcastable tensors.
        weight: a number, or a tensor broadcastable with them.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Example:
        >>> ag.lerp(ag.tensor([0.0, 10.0]), ag.tensor([4.0, 20.0]), 0.25)
        tensor([ 1.0000, 12.5000])
    """
    way = end - input
    return be.xp.where(
        be.xp.absolute(weight) < 0.5, input + weight * way, end - way * (1 - weight)
    )  # exact at both ends


lerp.grad(
    input=lambda g, weight: g * (1 - weight),
    end=lambda g, weight: g * weight,
    weight=lambda g, input, end: g * (end - input),
)


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1, out: Tensor | None = None) -> Any:
    """input + value * tensor1 * tensor2, element by element.

    Args:
        input, tensor1, tensor2: broadcastable tensors.
        value: a number.
        out: a tensor for the result.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Example:
        >>> ag.addcmul(ag.ones(2), ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0]), value=10)
        tensor([31., 81.])
    """
    return into(out, add(input, mul(tensor1, tensor2), alpha=value), "addcmul")


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1, out: Tensor | None = None) -> Any:
    """input + value * tensor1 / tensor2, element by element.

    Args:
        input, tensor1, tensor2: broadcastable tensors.
        value: a number.
        out: a tensor for the result.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.addcdiv(ag.ones(2), ag.tensor([1.0, 2.0]), ag.tensor([2.0, 8.0]), value=4)
        tensor([3., 2.])
    """
    return into(out, add(input, true_divide(tensor1, tensor2), alpha=value), "addcdiv")
