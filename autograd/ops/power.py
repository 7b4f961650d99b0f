"""Powers, of tensors and of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.dtypes import FLOAT, float64, promote_types
from autograd.errors import DtypeError
from autograd.node import Variable
from autograd.op import op, result_type
from autograd.ops.comparison import where
from autograd.ops.elementwise import log
from autograd.ops.out import into
from autograd.ops.rounding import flat

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op(complex="analytic")
def square(be: Any, input: Any) -> Any:
    """input * input.

    Args:
        input: any shape.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.square(ag.tensor([2.0, -3.0]))
        tensor([4., 9.])
    """
    return be.xp.multiply(input, input, dtype="int64" if input.dtype.kind == "b" else None)


square.grad(input=lambda g, input: g * (input * 2))

_SHORT = {  # exponents for which xp.power is slower than it must be
    -2: lambda xp, x: 1 / (x * x),
    -1: lambda xp, x: 1 / x,
    -0.5: lambda xp, x: 1 / xp.sqrt(x),
    0.5: lambda xp, x: xp.sqrt(x),
    1: lambda xp, x: x.copy(),
    2: lambda xp, x: x * x,
    3: lambda xp, x: x * x * x,
}


@op(complex="analytic")
def _pow(be: Any, x: Any, *, exponent: float) -> Any:
    short = _SHORT.get(exponent)
    return be.xp.power(x, exponent) if short is None else short(be.xp, x)


_pow.grad(
    x=lambda g, x, *, exponent: flat(g) if exponent == 0 else g * (exponent * _pow(x, exponent=exponent - 1)),
)


@op(promote="common", complex="analytic", name="pow")
def _pow_tensor(be: Any, input: Any, exponent: Any) -> Any:
    if input.dtype.kind == "b":
        raise DtypeError("pow: expected numbers, got two bool tensors. Cast one with .to(dtype)")
    if input.dtype.kind == "i" and (exponent < 0).any():
        raise _negative(input.dtype)
    return be.xp.power(input, exponent)


_pow_tensor.grad(
    input=lambda g, input, exponent: where(exponent == 0, 0, g * (exponent * _pow_tensor(input, exponent - 1))),
    exponent=lambda g, input, exponent, y: where((input == 0) & (exponent.real >= 0), 0, g * (y * log(input))),
)


def _negative(kind: Any) -> DtypeError:
    return DtypeError(f"pow: expected exponents >= 0 for integers, got {kind} to a negative power. Cast it first")


def pow(input: Any, exponent: Any, *, out: Tensor | None = None) -> Any:
    """Power, element by element: input ** exponent.

    Args:
        input, exponent: broadcastable tensors, or a Python number for one of them.
        out: a tensor for the result.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: an integer to a negative power.

    Example:
        >>> ag.pow(ag.tensor([1.0, 2.0, 3.0]), 2), ag.pow(2, ag.tensor([1.0, 2.0]))
        (tensor([1., 4., 9.]), tensor([2., 4.]))
    """
    if isinstance(exponent, Variable) or hasattr(exponent, "shape"):  # a NumPy array, too
        return into(out, _pow_tensor(input, exponent), "pow")
    kind = result_type(input, exponent)
    if kind.category < FLOAT and exponent < 0:
        raise _negative(kind)
    return into(out, _pow(input.to(kind), exponent=exponent), "pow")


def float_power(input: Any, exponent: Any, *, out: Tensor | None = None) -> Any:
    """Power in double precision: input ** exponent, always float64, or complex128 where one of them is complex.

    Args:
        input, exponent: broadcastable tensors, or a Python number for one of them.
        out: a tensor for the result.

    Returns:
        A float64 or complex128 tensor of the broadcast shape.

    Example:
        >>> ag.float_power(ag.tensor([1, 2]), -1)
        tensor([1.0000, 0.5000], dtype=autograd.float64)
    """
    kind = promote_types(result_type(input, exponent), float64)
    base, power = (x.to(kind) if isinstance(x, Variable) else x for x in (input, exponent))  # type: ignore[attr-defined]
    return into(out, pow(base, power), "float_power")


@op(promote="float", complex="refused")
def hypot(be: Any, input: Any, other: Any) -> Any:
    """The hypotenuse: sqrt(input^2 + other^2), without overflow.

    Args:
        input, other: broadcastable tensors.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.hypot(ag.tensor([3.0]), ag.tensor([4.0]))
        tensor([5.])
    """
    return be.xp.hypot(input, other)


hypot.grad(input=lambda g, input, y: g * (input / y), other=lambda g, other, y: g * (other / y))
