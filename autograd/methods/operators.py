"""Python's operators on tensors. A Python number or a NumPy array may stand on either side."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.node import Variable
from autograd.ops import (
    arithmetic,
    comparison,
    logic,
    power,
)

_OPERANDS = (Variable, int, float, complex, np.ndarray, np.generic)  # what arithmetic with a tensor takes


class Operators(Variable):
    """``x + y`` and its like."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return arithmetic._add.two(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return arithmetic._add.two(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __sub__(self, other: Any) -> Any:
        return arithmetic._sub.two(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return arithmetic._sub(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        return arithmetic.mul.two(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rmul__(self, other: Any) -> Any:
        return arithmetic.mul.two(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        return arithmetic.true_divide.two(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return arithmetic.true_divide(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    __rdiv__ = __rtruediv__

    def __floordiv__(self, other: Any) -> Any:
        return arithmetic.floor_divide(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rfloordiv__(self, other: Any) -> Any:
        return arithmetic.floor_divide(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __mod__(self, other: Any) -> Any:
        return arithmetic.remainder(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rmod__(self, other: Any) -> Any:
        return arithmetic.remainder(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __pow__(self, exponent: Any) -> Any:
        if type(exponent) in (int, float) and self.raw.dtype.kind == "f":
            return power._pow(self, exponent=exponent)
        return power.pow(self, exponent) if isinstance(exponent, _OPERANDS) else NotImplemented

    def __rpow__(self, base: Any) -> Any:
        return power.pow(base, self) if isinstance(base, _OPERANDS) else NotImplemented

    def __neg__(self) -> Any:
        return arithmetic.neg(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return arithmetic.abs(self)

    def __invert__(self) -> Any:
        return logic.bitwise_not(self)

    def __and__(self, other: Any) -> Any:
        return logic.bitwise_and(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rand__(self, other: Any) -> Any:
        return logic.bitwise_and(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __or__(self, other: Any) -> Any:
        return logic.bitwise_or(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __ror__(self, other: Any) -> Any:
        return logic.bitwise_or(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __xor__(self, other: Any) -> Any:
        return logic.bitwise_xor(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rxor__(self, other: Any) -> Any:
        return logic.bitwise_xor(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __lshift__(self, other: Any) -> Any:
        return logic.bitwise_left_shift(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rlshift__(self, other: Any) -> Any:
        return logic.bitwise_left_shift(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __rshift__(self, other: Any) -> Any:
        return logic.bitwise_right_shift(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rrshift__(self, other: Any) -> Any:
        return logic.bitwise_right_shift(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __eq__(self, other: Any) -> Any:
        return comparison.eq(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __ne__(self, other: Any) -> Any:
        return comparison.ne(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __lt__(self, other: Any) -> Any:
        return comparison.lt(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __le__(self, other: Any) -> Any:
        return comparison.le(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        return comparison.gt(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        return comparison.ge(self, other) if isinstance(other, _OPERANDS) else NotImplemented
