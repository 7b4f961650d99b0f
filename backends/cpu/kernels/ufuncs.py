"""Functions that NumPy calls, on arrays of any strides: a call costs a third of that of a kernel, which wants arrays flat
and the result made. They compute what the expressions of ``reference`` do, and round alike.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba.np.ufunc import _internal  # type: ignore[attr-defined]

from backends.cpu.kernels.inlined import Inlined


class Ufunc(dict[str, np.ufunc]):
    """The ufuncs of a function by the character of their dtype, compiled when they are asked for, and kept on disk.

    Args:
        function: of one or two numbers.

    Example:
        >>> from backends.cpu.kernels.ufuncs import tanh_grad
        >>> tanh_grad["f"](np.ones(2, np.float32), np.zeros(2, np.float32))
        array([1., 1.], dtype=float32)
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __missing__(self, char: str) -> np.ufunc:
        function, dtype = self._function, np.dtype(char)
        inputs = function.__code__.co_argcount
        loop = _of_two if inputs == 2 else _of_one
        scope = globals() | {"_value": Inlined(function), "_SIZE": dtype.itemsize}
        copy = types.FunctionType(loop.__code__, scope, function.__name__)
        copy.__qualname__ = f"{function.__name__}.{char}"  # its name in Numba's cache
        compiled = _compiled(copy, numba.from_dtype(dtype))
        self[char] = made = _internal.fromfunc(
            function.__name__,
            function.__doc__,
            [compiled.address],
            [[dtype.num] * (inputs + 1)],
            inputs,
            1,
            [None],
            compiled,
            _internal.PyUFunc_None,
        )
        return made


def _compiled(loop: Callable[..., Any], real: Any) -> Any:
    """A loop in the form that NumPy calls, for one type of elements."""
    pointer, sizes = numba.types.CPointer, numba.types.CPointer(numba.intp)
    signature = numba.void(pointer(pointer(real)), sizes, sizes, numba.types.voidptr)
    try:
        return numba.cfunc(signature, cache=True)(loop)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return numba.cfunc(signature)(loop)


_SIZE = 4  # of an element, in bytes; this and ``_value`` stand for what each ``Ufunc`` puts into the loops


def _value(*numbers: Any) -> Any:
    """The function."""


def _of_one(arrays: Any, sizes: Any, steps: Any, data: Any) -> None:
    """The loop of a function of one number."""
    x, y = arrays[0], arrays[1]
    if steps[0] == _SIZE and steps[1] == _SIZE:
        for i in range(sizes[0]):
            y[i] = _value(x[i])
    else:
        of_x, of_y = steps[0] // _SIZE, steps[1] // _SIZE
        for i in range(sizes[0]):
            y[i * of_y] = _value(x[i * of_x])


def _of_two(arrays: Any, sizes: Any, steps: Any, data: Any) -> None:
    """The loop of a function of two numbers."""
    a, b, y = arrays[0], arrays[1], arrays[2]
    if steps[0] == _SIZE and steps[1] == _SIZE and steps[2] == _SIZE:
        for i in range(sizes[0]):
            y[i] = _value(a[i], b[i])
    else:
        of_a, of_b, of_y = steps[0] // _SIZE, steps[1] // _SIZE, steps[2] // _SIZE
        for i in range(sizes[0]):
            y[i * of_y] = _value(a[i * of_a], b[i * of_b])


@Ufunc
def tanh_grad(g: Any, y: Any) -> Any:
    """g * (1 - y^2)."""
    return g - (g * y) * y


@Ufunc
def sigmoid_grad(g: Any, y: Any) -> Any:
    """g * y * (1 - y)."""
    return g * (y * (type(y)(1) - y))


@Ufunc
def relu(x: Any) -> Any:
    """max(x, 0); NaN stays."""
    return x if x > 0 or x != x else type(x)(0)


@Ufunc
def relu_grad(g: Any, y: Any) -> Any:
    """g where y > 0, else 0."""
    return g if y > 0 else type(g)(0)
