"""Gives ``ndarray`` its operators and the methods that NumPy's arrays have too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.cupy_double import creation, functions
from tests.cupy_double.array import SCALARS, ndarray
from tests.cupy_double.surface import SURFACE

_BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "divmod": "divmod",
    "pow": "power",
    "lshift": "left_shift",
    "rshift": "right_shift",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "matmul": "matmul",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    "eq": "equal",
    "ne": "not_equal",
}
_COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
_UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}
_METHODS = """all any argmax argmin argpartition argsort choose clip compress conj conjugate cumprod cumsum diagonal dot
flatten max mean min nonzero partition prod ptp put ravel repeat reshape round searchsorted sort squeeze std sum swapaxes
take trace transpose var"""


def _yields(x: Any, y: Any) -> bool:
    """Whether ``x`` leaves the operation to ``y``, a stranger."""
    if hasattr(y, "__array_ufunc__"):
        return y.__array_ufunc__ is None
    return getattr(x, "__array_priority__", 0) < getattr(y, "__array_priority__", 0)


def _binary(name: str, function: Callable[..., Any]) -> None:
    host: Any = getattr(np, _BINARY[name])

    def operate(self: ndarray, other: Any) -> Any:
        if type(other) is ndarray or type(other) in SCALARS:
            return function(self, other)
        if name in ("eq", "ne") and (other is None or type(other).__eq__ is object.__eq__):
            return (creation.zeros if name == "eq" else creation.ones)(self.shape, bool)
        return NotImplemented if _yields(self, other) else host(self, other)

    def reverse(self: ndarray, other: Any) -> Any:
        return function(other, self)

    def in_place(self: ndarray, other: Any) -> Any:
        return function(self, other, out=self)

    setattr(ndarray, f"__{name}__", operate)
    if name not in _COMPARISONS:
        setattr(ndarray, f"__r{name}__", reverse)
    if name not in (*_COMPARISONS, "divmod", "matmul"):
        setattr(ndarray, f"__i{name}__", in_place)


def _power(self: ndarray, exponent: Any) -> Any:
    """Some exponents have faster functions."""
    square, root = type(exponent) in (int, float) and exponent == 2, type(exponent) is float and exponent == 0.5
    if square or root:
        floating = self.dtype.kind in ("fc" if type(exponent) is float else "ifc")
        dtype = None if floating else np.result_type(self.dtype, exponent)
        return functions.FUNCTIONS["square" if square else "sqrt"](self, dtype=dtype)
    return _general_power(self, exponent)


for _name, _target in _BINARY.items():
    _binary(_name, functions.FUNCTIONS[_target])
for _name, _target in _UNARY.items():
    setattr(ndarray, f"__{_name}__", lambda self, function=functions.FUNCTIONS[_target]: function(self))
_general_power = ndarray.__pow__  # type: ignore[attr-defined]
ndarray.__pow__ = _power  # type: ignore[attr-defined]
for _name in _METHODS.split():
    assert _name in SURFACE["ndarray"]
    setattr(ndarray, _name, functions.method(_name))
