"""Python's operators on tensors. A Python number or a NumPy array may stand on either side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.call import two
from autograd.node import Variable
from autograd.op import Operation
from autograd.ops import (
    arithmetic,
    comparison,
    logic,
    power,
)

_OPERANDS = (Variable, int, float, complex, np.ndarray, np.generic)  # what arithmetic with a tensor takes


def _operator(operation: Operation) -> Callable[[Any, Any], Any]:
    """Python's operator for an operation on two tensors; what is no operand is left to the other side."""
    op = operation.op
    return two(op, lambda a, b: op.run((a, b), {}) if isinstance(b, _OPERANDS) else NotImplemented)


def _reflected(operation: Any) -> Callable[[Any, Any], Any]:
    """The operator for a tensor on the right."""
    return lambda self, other: operation(other, self) if isinstance(other, _OPERANDS) else NotImplemented


class Operators(Variable):
    """``x + y`` and its like."""

    __slots__ = ()

    __add__ = __radd__ = _operator(arithmetic._add)
    __sub__, __rsub__ = _operator(arithmetic._sub), _reflected(arithmetic._sub)
    __mul__ = __rmul__ = _operator(arithmetic.mul)
    __truediv__, __rtruediv__ = _operator(arithmetic.true_divide), _reflected(arithmetic.true_divide)
    __rdiv__ = __rtruediv__
    __floordiv__, __rfloordiv__ = _operator(arithmetic.floor_divide), _reflected(arithmetic.floor_divide)
    __mod__, __rmod__ = _operator(arithmetic.remainder), _reflected(arithmetic.remainder)

    def __pow__(self, exponent: Any) -> Any:
        if type(exponent) in (int, float) and self.raw.dtype.kind == "f":
            return power._pow(self, exponent=exponent)
        return power.pow(self, exponent) if isinstance(exponent, _OPERANDS) else NotImplemented

    __rpow__ = _reflected(power.pow)
    __neg__, __abs__, __invert__ = arithmetic.neg, arithmetic.abs, logic.bitwise_not

    def __pos__(self) -> Any:
        return self

    __and__, __rand__ = _operator(logic.bitwise_and), _reflected(logic.bitwise_and)
    __or__, __ror__ = _operator(logic.bitwise_or), _reflected(logic.bitwise_or)
    __xor__, __rxor__ = _operator(logic.bitwise_xor), _reflected(logic.bitwise_xor)
    __lshift__, __rlshift__ = _operator(logic.bitwise_left_shift), _reflected(logic.bitwise_left_shift)
    __rshift__, __rrshift__ = _operator(logic.bitwise_right_shift), _reflected(logic.bitwise_right_shift)
    __eq__, __ne__ = _operator(comparison.eq), _operator(comparison.ne)
    __lt__, __le__ = _operator(comparison.lt), _operator(comparison.le)
    __gt__, __ge__ = _operator(comparison.gt), _operator(comparison.ge)
