"""Elementwise functions, fused into one pass over memory."""

from __future__ import annotations

from typing import Any

from numpy import add as _numpy_add
from numpy import multiply as _numpy_mul
from numpy import subtract as _numpy_sub
from numpy import true_divide as _numpy_div
from numpy import where as _numpy_where

from backends.cpu.layout import dense, in_order_of
from backends.cpu.results import empty, empty_like
from backends.cpu.runtime import FLOATS, Kernels
from backends.protocol import Array, Backend
from backends.reference import elementwise as reference

_kernels = Kernels("elementwise")
_ufuncs = Kernels("ufuncs")
_FUSE_FROM = 256  # elements; below, nothing is compiled or loaded: array expressions are nearly as quick at first
_SHARE_FROM = 1 << 15  # elements of a sum or a comparison; below, one thread is as quick
_NUMBERS = (int, float)
_CHOOSE_FROM = 1 << 12  # elements; NumPy takes several nanoseconds for each that it chooses
_SHARE_TANH_FROM = 1 << 16  # NumPy's on one thread takes two thirds of the time of ours


class _Ready(dict[str, Any]):
    """A ufunc by the character of its dtype, where it has been used: small arrays take it only then."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __missing__(self, char: str) -> Any:
        self[char] = ufunc = getattr(_ufuncs, self._name)[char]
        return ufunc


_tanh_grad, _sigmoid_grad, _relu, _relu_grad = map(_Ready, ("tanh_grad", "sigmoid_grad", "relu", "relu_grad"))


def add(be: Backend, a: Array, b: Array) -> Array:
    """See ``Backend.add``."""
    return _shared(_kernels.add, a, b) if a.size >= _SHARE_FROM and _alike(a, b) else _numpy_add(a, b)


def sub(be: Backend, a: Array, b: Array) -> Array:
    """See ``Backend.sub``."""
    return _shared(_kernels.sub, a, b) if a.size >= _SHARE_FROM and _alike(a, b) else _numpy_sub(a, b)


def mul(be: Backend, a: Array, b: Array) -> Array:
    """See ``Backend.mul``."""
    return _shared(_kernels.mul, a, b) if a.size >= _SHARE_FROM and _alike(a, b) else _numpy_mul(a, b)


def div(be: Backend, a: Array, b: Array) -> Array:
    """See ``Backend.div``."""
    return _shared(_kernels.div, a, b) if a.size >= _SHARE_FROM and _alike(a, b) else _numpy_div(a, b)


def where(be: Backend, condition: Array, a: Array, b: Array) -> Array:
    """See ``Backend.where``."""
    if type(a) in _NUMBERS or type(b) in _NUMBERS:
        a, b = (be.scalar(v, w.dtype) if type(v) in _NUMBERS else v for v, w in ((a, b), (b, a)))
    size, dtype = condition.size, a.dtype
    numbers = [x.size == 1 and x.ndim <= condition.ndim for x in (a, b)]  # instead of arrays like the condition
    if (
        size < _CHOOSE_FROM
        or not condition.flags.c_contiguous
        or condition.dtype.char != "?"
        or dtype is not b.dtype
        or dtype.char not in FLOATS
        or all(numbers)
        or not all(n or _rows_like(x, condition) for n, x in zip(numbers, (a, b), strict=True))
    ):
        return _numpy_where(condition, a, b)
    y = empty(condition.shape, dtype)
    kernel = _kernels.where_number_first if numbers[0] else _kernels.where_number_last if numbers[1] else _kernels.where
    kernel(size)(condition.reshape(-1), a.reshape(-1), b.reshape(-1), y.reshape(-1))
    return y


def add_(be: Backend, a: Array, b: Array) -> None:
    """See ``Backend.add_``."""
    if a.size >= _SHARE_FROM and _alike(a, b):
        _kernels.add_(a.size)(a.ravel("K"), b.ravel("K"))
    else:
        reference.add_(be, a, b)


def sub_(be: Backend, a: Array, b: Array) -> None:
    """See ``Backend.sub_``."""
    if a.size >= _SHARE_FROM and _alike(a, b):
        _kernels.sub_(a.size)(a.ravel("K"), b.ravel("K"))
    else:
        reference.sub_(be, a, b)


def mul_(be: Backend, a: Array, b: Array) -> None:
    """See ``Backend.mul_``."""
    if a.size >= _SHARE_FROM and _alike(a, b):
        _kernels.mul_(a.size)(a.ravel("K"), b.ravel("K"))
    else:
        reference.mul_(be, a, b)


def _rows_like(a: Array, b: Array) -> bool:
    """Whether the array has the shape of the other, in row-major order."""
    return a.flags.c_contiguous and a.shape == b.shape


def _alike(a: Array, b: Array) -> bool:
    """Whether the elements of both lie in memory in one order, without gaps."""
    return (
        a.shape == b.shape
        and a.dtype == b.dtype
        and a.dtype.char in FLOATS
        and a.strides == b.strides
        and (a.flags.c_contiguous or a.flags.f_contiguous)
    )


def _shared(kernel: Any, a: Array, b: Array) -> Array:
    """The result of a kernel of two arrays, whose work is shared out."""
    y = empty_like(a)
    kernel(a.size)(a.ravel("K"), b.ravel("K"), y.ravel("K"))
    return y


def erf(be: Backend, x: Array) -> Array:
    """See ``Backend.erf``."""
    if x.size == 0 or x.dtype.char not in FLOATS:
        return reference.erf(be, x)
    x = dense(x)
    y = empty_like(x)
    _kernels.erf(x.size)(x.ravel("K"), y.ravel("K"))
    return y


def sigmoid(be: Backend, x: Array) -> Array:
    """See ``Backend.sigmoid``."""
    if x.size < _FUSE_FROM or x.dtype.char not in FLOATS:
        return reference.sigmoid(be, x)
    x = dense(x)
    y = empty_like(x)
    _kernels.sigmoid(x.size)(x.ravel("K"), y.ravel("K"))
    return y


def sigmoid_grad(be: Backend, g: Array, y: Array) -> Array:
    """See ``Backend.sigmoid_grad``."""
    size, dtype = y.size, y.dtype
    char = dtype.char
    if g.dtype is not dtype or char not in FLOATS or (size < _FUSE_FROM and char not in _sigmoid_grad):
        return reference.sigmoid_grad(be, g, y)
    if size < _SHARE_FROM and (y.flags.c_contiguous or y.strides == g.strides):  # the result lies in memory as y does
        return _sigmoid_grad[char](g, y)
    y = dense(y)
    gx = empty_like(y)
    _kernels.sigmoid_grad(size)(in_order_of(g, y).ravel("K"), y.ravel("K"), gx.ravel("K"))
    return gx


def tanh(be: Backend, x: Array) -> Array:
    """See ``Backend.tanh``."""
    if x.size < _SHARE_TANH_FROM or x.dtype.char not in FLOATS:
        return be.xp.tanh(x)
    x = dense(x)
    y = empty_like(x)
    _kernels.tanh(x.size)(x.ravel("K"), y.ravel("K"))
    return y


def tanh_grad(be: Backend, g: Array, y: Array) -> Array:
    """See ``Backend.tanh_grad``."""
    size, dtype = y.size, y.dtype
    char = dtype.char
    if g.dtype is not dtype or char not in FLOATS or (size < _FUSE_FROM and char not in _tanh_grad):
        return reference.tanh_grad(be, g, y)
    if size < _SHARE_FROM and (y.flags.c_contiguous or y.strides == g.strides):  # the result lies in memory as y does
        return _tanh_grad[char](g, y)
    y = dense(y)
    gx = empty_like(y)
    _kernels.tanh_grad(size)(in_order_of(g, y).ravel("K"), y.ravel("K"), gx.ravel("K"))
    return gx


def relu(be: Backend, x: Array) -> Array:
    """See ``Backend.relu``."""
    size, char = x.size, x.dtype.char
    if char not in FLOATS or (size < _FUSE_FROM and char not in _relu):
        return reference.relu(be, x)
    if size < _SHARE_FROM:
        return _relu[char](x)
    x = dense(x)
    y = empty_like(x)
    _kernels.relu(size)(x.ravel("K"), y.ravel("K"))
    return y


def relu_(be: Backend, x: Array) -> None:
    """See ``Backend.relu_``."""
    if x.size < _SHARE_FROM or x.dtype.char not in FLOATS or not x.flags.c_contiguous:
        reference.relu_(be, x)
    else:
        _kernels.relu_(x.size)(x.reshape(-1))


def relu_grad(be: Backend, g: Array, y: Array) -> Array:
    """See ``Backend.relu_grad``."""
    size, dtype = y.size, y.dtype
    char = dtype.char
    if g.dtype is not dtype or char not in FLOATS or (size < _FUSE_FROM and char not in _relu_grad):
        return reference.relu_grad(be, g, y)
    if size < _SHARE_FROM and (y.flags.c_contiguous or y.strides == g.strides):  # the result lies in memory as y does
        return _relu_grad[char](g, y)
    y = dense(y)
    gx = empty_like(y)
    _kernels.relu_grad(size)(in_order_of(g, y).ravel("K"), y.ravel("K"), gx.ravel("K"))
    return gx


def gelu(be: Backend, x: Array, tanh: bool) -> Array:
    """See ``Backend.gelu``."""
    if x.size == 0 or x.dtype.char not in FLOATS:
        return reference.gelu(be, x, tanh)
    x = dense(x)
    y = empty_like(x)
    kernel = _kernels.gelu_tanh if tanh else _kernels.gelu_erf
    kernel(x.size)(x.ravel("K"), y.ravel("K"))
    return y


def gelu_grad(be: Backend, g: Array, x: Array, tanh: bool) -> Array:
    """See ``Backend.gelu_grad``."""
    if x.size == 0 or x.dtype.char not in FLOATS or g.dtype != x.dtype:
        return reference.gelu_grad(be, g, x, tanh)
    x = dense(x)
    gx = empty_like(x)
    kernel = _kernels.gelu_tanh_grad if tanh else _kernels.gelu_erf_grad
    kernel(x.size)(in_order_of(g, x).ravel("K"), x.ravel("K"), gx.ravel("K"))
    return gx
