"""Arithmetic between tensors, with broadcasting and promotion."""

from __future__ import annotations

from typing import Any

from autograd.op import elementwise


@elementwise
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
    return be.xp.multiply(input, other)


mul.grad(input=lambda g, other: g * other, other=lambda g, input: g * input)
