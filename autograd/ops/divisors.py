"""Divisors and multiples of integers."""

from __future__ import annotations

from typing import Any

from autograd.dtypes import FROM_NUMPY
from autograd.errors import DtypeError
from autograd.op import elementwise


def _integers(name: str, dtype: Any) -> None:
    if dtype.kind not in "iu":
        raise DtypeError(f"{name}: expected integers, got {FROM_NUMPY[dtype]}. Cast them with .long()")


@elementwise
def gcd(be: Any, input: Any, other: Any) -> Any:
    """The greatest common divisor, element by element; that of 0 and 0 is 0.

    Args:
        input, other: broadcastable integer tensors.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: no integers.

    Example:
        >>> ag.gcd(ag.tensor([12, -9]), ag.tensor([8, 6]))
        tensor([4, 3])
    """
    _integers("gcd", input.dtype)
    return be.xp.gcd(input, other)


@elementwise
def lcm(be: Any, input: Any, other: Any) -> Any:
    """The least common multiple, element by element; that of 0 and any number is 0.

    Args:
        input, other: broadcastable integer tensors.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: no integers.

    Example:
        >>> ag.lcm(ag.tensor([4, -9]), ag.tensor([6, 6]))
        tensor([12, 18])
    """
    _integers("lcm", input.dtype)
    return be.xp.lcm(input, other)
