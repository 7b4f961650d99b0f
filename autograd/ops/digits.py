"""Floating-point numbers taken apart and put together: sign, mantissa, exponent, the next number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.dtypes import REAL
from autograd.errors import DtypeError
from autograd.op import elementwise, op
from autograd.ops.arithmetic import mul
from autograd.ops.out import into
from autograd.ops.power import pow

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op
def signbit(be: Any, input: Any) -> Any:
    """Where the sign is negative, that of -0.0 included.

    Args:
        input: any shape and real dtype.

    Returns:
        A bool tensor of the same shape.

    Example:
        >>> ag.signbit(ag.tensor([-1.0, -0.0, 0.0]))
        tensor([ True,  True, False])
    """
    return be.xp.signbit(input) if input.dtype.kind == "f" else input < 0


def positive(input: Tensor) -> Tensor:
    """The tensor itself: +input.

    Args:
        input: any shape and dtype of numbers.

    Returns:
        ``input``.

    Raises:
        DtypeError: bools.

    Example:
        >>> ag.positive(ag.tensor([1.0, -2.0]))
        tensor([ 1., -2.])
    """
    if input.raw.dtype.kind == "b":
        raise DtypeError("positive: expected numbers, got autograd.bool. Cast it with .to(dtype)")
    return input


@elementwise
def nextafter(be: Any, input: Any, other: Any) -> Any:
    """The next number after ``input`` in the direction of ``other``.

    Args:
        input, other: broadcastable floating tensors.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: the dtype is not floating.

    Example:
        >>> (ag.nextafter(ag.tensor([1.0]), ag.tensor([2.0])) - 1).item() == ag.finfo(ag.float32).eps
        True
    """
    if input.dtype.kind != "f":
        raise DtypeError(f"nextafter: expected a floating dtype, got {input.dtype}. Cast it with .float()")
    return be.xp.nextafter(input, other)


def ldexp(input: Tensor, other: Any, *, out: Tensor | None = None) -> Any:
    """input * 2^other, element by element.

    Args:
        input: any shape.
        other: exponents, broadcastable with it.
        out: a tensor for the result.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.ldexp(ag.tensor([1.0, 3.0]), ag.tensor([1, -1]))
        tensor([2.0000, 1.5000])
    """
    return into(out, mul(input, pow(2.0, other)), "ldexp")


class MantissaExponent(NamedTuple):
    """What ``frexp`` returns.

    Args:
        mantissa: 0, or of a size in [0.5, 1); the dtype of the input.
        exponent: int32.

    Example:
        >>> ag.frexp(ag.tensor([6.0])).exponent
        tensor([3], dtype=autograd.int32)
    """

    mantissa: Any
    exponent: Any


@op
def _mantissa(be: Any, x: Any) -> Any:
    return be.xp.frexp(x)[0]


@op
def _exponent(be: Any, x: Any) -> Any:
    return be.xp.frexp(x)[1].astype("int32")


@op
def _unit(be: Any, x: Any) -> Any:
    """The mantissa over x: 2^-exponent, constant almost everywhere."""
    return be.xp.ldexp(be.xp.ones_like(x), -be.xp.frexp(x)[1])


_mantissa.grad(x=lambda g, x: g * _unit(x))


def frexp(input: Tensor, *, out: Any = None) -> MantissaExponent:
    """Mantissa and exponent: input = mantissa * 2^exponent.

    Args:
        input: any shape, floating.
        out: a pair of tensors for the result.

    Returns:
        ``(mantissa, exponent)``, a named tuple; the mantissa is 0 or of a size in [0.5, 1), the exponent int32.

    Raises:
        DtypeError: the dtype is not floating.

    Example:
        >>> ag.frexp(ag.tensor([6.0, -0.25])).mantissa
        tensor([ 0.7500, -0.5000])
    """
    if input.raw.dtype.kind not in REAL:
        raise DtypeError(f"frexp: expected a floating dtype, got {input.dtype}. Cast it with .float()")
    found = _mantissa(input), _exponent(input)
    return MantissaExponent(*(found if out is None else (into(o, y, "frexp") for o, y in zip(out, found, strict=True))))
