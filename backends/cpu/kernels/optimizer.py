"""Optimizer kernels: what one step changes, many arrays, updated in place by one call.

They take a tuple of arrays by its address, row after row: a parameter, its gradient, its state. So the call costs the same
for one array and for a hundred; Numba's way to take an array costs more than to update a small one. Each thread takes its
share of every array. Options come as float64 and are rounded to the dtype, which is that of ``like``.

Denormal numbers are flushed to 0: when a loss has become 0, the averages of its gradients shrink into them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numba import carray, config, prange, types
from numba.extending import intrinsic

from backends.cpu.kernels.atomic import load
from backends.cpu.kernels.jit import helper, kernel
from backends.cpu.kernels.vector import flush_denormals, restore_denormals

# In bytes from the beginning of an object: CPython's binary interface for tuples, NumPy's for arrays.
_ITEMS = tuple.__basicsize__  # the addresses of a tuple's items
_DATA = object.__basicsize__  # where the elements of an array are
_AXES, _SHAPE = _DATA + 8, _DATA + 16  # how many axes (an int of 4 bytes), where their sizes are
_LINE = 64  # bytes of a line of the cache

THREADS = config.NUMBA_NUM_THREADS  # at most


@intrinsic
def _pointer(context: Any, address: Any) -> tuple[Any, Callable[..., Any]]:
    """An address as a pointer."""

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), code


@helper
def _share(arrays: int, place: int, like: Any, share: int, shares: int) -> Any:
    """One of the shares of an array of a tuple; it begins with a line of the cache, if the array does."""
    array = load(arrays + _ITEMS + 8 * place)
    size = 1
    for axis in range(load(array + _AXES) & 0xFFFFFFFF):
        size *= load(load(array + _SHAPE) + 8 * axis)
    line = _LINE // like.itemsize
    first = size * share // shares // line * line
    end = size if share + 1 == shares else size * (share + 1) // shares // line * line
    return carray(_pointer(load(array + _DATA)), (size,), like.dtype)[first:end]


@helper
def _sgd(p: Any, g: Any, lr: Any, sign: Any, weight_decay: Any) -> None:
    """p -= lr * (sign * g + weight_decay * p)."""
    for i in range(p.size):
        p[i] -= lr * (sign * g[i] + weight_decay * p[i])


@kernel
def sgd(arrays: int, rows: int, like: Any, lr: float, sign: float, weight_decay: float, shares: int) -> None:
    """A step of SGD without momentum; sign is that of g."""
    real = like.dtype.type
    for k in prange(shares):
        state = flush_denormals()
        for i in range(0, 2 * rows, 2):
            p, g = _share(arrays, i, like, k, shares), _share(arrays, i + 1, like, k, shares)
            _sgd(p, g, real(lr), real(sign), real(weight_decay))
        restore_denormals(state)


@helper
def _momentum(p: Any, g: Any, buffer: Any, options: Any, nesterov: bool, fresh: bool) -> None:
    """buffer = momentum * buffer + keep * d, or d itself where fresh; p -= lr * buffer."""
    lr, sign, weight_decay, momentum, keep = options
    for i in range(p.size):
        d = sign * g[i] + weight_decay * p[i]
        b = d if fresh else momentum * buffer[i] + keep * d
        buffer[i] = b
        p[i] -= lr * (d + momentum * b if nesterov else b)


@kernel
def sgd_momentum(
    arrays: int, rows: int, like: Any, lr: float, sign: float, weight_decay: float, momentum: float, keep: float,
    nesterov: int, fresh: int, shares: int,
) -> None:  # fmt: skip
    """A step of SGD; sign is that of g, keep is 1 - dampening, fresh says that the buffers hold nothing yet."""
    real = like.dtype.type
    for k in prange(shares):
        state = flush_denormals()
        options = real(lr), real(sign), real(weight_decay), real(momentum), real(keep)
        for i in range(0, 3 * rows, 3):
            p, g = _share(arrays, i, like, k, shares), _share(arrays, i + 1, like, k, shares)
            _momentum(p, g, _share(arrays, i + 2, like, k, shares), options, nesterov != 0, fresh != 0)
        restore_denormals(state)


@helper
def _moments(p: Any, g: Any, m: Any, v: Any, i: int, gains: Any) -> tuple[Any, Any]:
    """Updates m[i] and v[i]; returns the decayed parameter and the new v[i]."""
    gain1, beta2, gain2, sign, weight_decay, shrink = gains
    w = p[i] * shrink
    d = sign * g[i] + weight_decay * w
    m[i] += gain1 * (d - m[i])
    v[i] = beta2 * v[i] + gain2 * (d * d)
    return w, v[i]


@helper
def _adam(p: Any, g: Any, m: Any, v: Any, rate: Any, root: Any, eps: Any, gains: Any) -> None:
    """p = shrink * p - rate * m / (sqrt(v) * root + eps), after m and v are updated."""
    for i in range(p.size):
        w, vi = _moments(p, g, m, v, i, gains)
        p[i] = w - rate * m[i] / (math.sqrt(vi) * root + eps)


@helper
def _amsgrad(p: Any, g: Any, m: Any, v: Any, top: Any, rate: Any, root: Any, eps: Any, gains: Any) -> None:
    """As ``_adam``, with the largest v so far in the place of v."""
    for i in range(p.size):
        w, vi = _moments(p, g, m, v, i, gains)
        top[i] = vi if vi > top[i] else top[i]
        p[i] = w - rate * m[i] / (math.sqrt(top[i]) * root + eps)


@kernel
def adam(
    arrays: int, rows: int, like: Any, rate: float, root: float, eps: float, gain1: float, beta2: float, gain2: float,
    sign: float, weight_decay: float, shrink: float, shares: int,
) -> None:  # fmt: skip
    """A step of Adam.

    rate = lr / (1 - beta1^t), root = 1 / sqrt(1 - beta2^t), gains are 1 - beta, sign is that of g, shrink AdamW's factor.
    """
    real = like.dtype.type
    for k in prange(shares):
        state = flush_denormals()
        gains = real(gain1), real(beta2), real(gain2), real(sign), real(weight_decay), real(shrink)
        for i in range(0, 4 * rows, 4):
            p, g = _share(arrays, i, like, k, shares), _share(arrays, i + 1, like, k, shares)
            m, v = _share(arrays, i + 2, like, k, shares), _share(arrays, i + 3, like, k, shares)
            _adam(p, g, m, v, real(rate), real(root), real(eps), gains)
        restore_denormals(state)


@kernel
def amsgrad(
    arrays: int, rows: int, like: Any, rate: float, root: float, eps: float, gain1: float, beta2: float, gain2: float,
    sign: float, weight_decay: float, shrink: float, shares: int,
) -> None:  # fmt: skip
    """A step of AMSGrad: a row ends with the largest v so far; the rest as in ``adam``."""
    real = like.dtype.type
    for k in prange(shares):
        state = flush_denormals()
        gains = real(gain1), real(beta2), real(gain2), real(sign), real(weight_decay), real(shrink)
        for i in range(0, 5 * rows, 5):
            p, g = _share(arrays, i, like, k, shares), _share(arrays, i + 1, like, k, shares)
            m, v = _share(arrays, i + 2, like, k, shares), _share(arrays, i + 3, like, k, shares)
            _amsgrad(p, g, m, v, _share(arrays, i + 4, like, k, shares), real(rate), real(root), real(eps), gains)
        restore_denormals(state)


@helper
def _scale(a: Any, factor: Any) -> None:
    """a *= factor."""
    for i in range(a.size):
        a[i] *= factor


@kernel
def scale(arrays: int, rows: int, like: Any, factor: float, shares: int) -> None:
    """Every array *= factor."""
    for k in prange(shares):
        for i in range(rows):
            _scale(_share(arrays, i, like, k, shares), like.dtype.type(factor))
