"""Scaled dot-product attention, fused: of the scores a thread never holds more than a tile."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import Any

import numpy as np

from backends.cpu.layout import contiguous
from backends.cpu.runtime import FLOATS, Kernels, scratch, threads
from backends.protocol import Array, Backend, Shape
from backends.reference import attention as reference

_kernels = Kernels("attention")
_SHORTEST = 24  # queries that are worth a thread's packing the keys anew
_NOWHERE = (0, 0, 0, 0)  # distances in an array that a kernel does not take
_NO_MASK = np.zeros(1, bool)


def attention(
    be: Backend, q: Array, k: Array, v: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array]:
    """See ``Backend.attention``."""
    if not _served(q, k, v, mask):
        return reference.attention(be, q, k, v, mask, scale, causal)
    q, k, v = _lines(q), _lines(k), _lines(v)
    y, lse = _like(q, v.shape[3]), np.empty(q.shape[:3], q.dtype)
    masked, keep, added, distances = _mask(mask, q.dtype)
    shape, sizes, memory, work = _plan(False, q, v)
    steps = _steps(q.itemsize, q.strides, k.strides, v.strides, y.strides, distances)
    _kernels.attention(work)(
        *map(_start, (q, k, v)), masked, keep, added, q.dtype.type(scale), causal, _first(y), lse.reshape(-1), shape,
        steps, sizes, memory,
    )  # fmt: skip
    return y, lse


def attention_grad(
    be: Backend,
    g: Array,
    q: Array,
    k: Array,
    v: Array,
    mask: Array | None,
    y: Array,
    lse: Array,
    scale: float,
    causal: bool,
) -> tuple[Array, Array, Array]:
    """See ``Backend.attention_grad``."""
    if not _served(q, k, v, mask, g, y, lse):
        return reference.attention_grad(be, g, q, k, v, mask, y, lse, scale, causal)
    g, q, k, v, y = _lines(g), _lines(q), _lines(k), _lines(v), _lines(y)
    masked, keep, added, distances = _mask(mask, q.dtype)
    shape, sizes, memory, work = _plan(True, q, v)
    if sizes[0] == 1 and (together := _side_by_side(q, k, v)) is not None:
        gq, gk, gv = together[0], together[1:2], together[2:]
    else:
        gq, gk, gv = _like(q, q.shape[3]), *[_like(x, x.shape[3], sizes[0]) for x in (k, v)]
    steps = _steps(
        q.itemsize, q.strides, k.strides, v.strides, y.strides, distances, g.strides, gq.strides,
        *[x.strides[1:4] + x.strides[:1] for x in (gk, gv)],
    )  # fmt: skip
    _kernels.attention_grad(work)(
        *map(_start, (g, q, k, v)), masked, keep, added, _start(y), contiguous(lse).reshape(-1), q.dtype.type(scale),
        causal, *map(_first, (gq, gk, gv)), shape, steps, sizes, memory,
    )  # fmt: skip
    return gq, *[x[0] if len(x) == 1 else x.sum(0) for x in (gk, gv)]


def _served(q: Array, k: Array, v: Array, mask: Array | None, *others: Array) -> bool:
    """Whether the kernels take these: float32 or float64 throughout, and something to compute."""
    return (
        q.dtype.char in FLOATS
        and all(x.dtype == q.dtype for x in (k, v, *others))
        and (mask is None or mask.dtype == bool or mask.dtype == q.dtype)
        and q.size > 0
        and v.size > 0
    )


def _lines(x: Array) -> Array:
    """x with neighbouring elements on its last axis, and no axis that runs backwards."""
    return x if (x.strides[3] == x.itemsize or x.shape[3] == 1) and min(x.strides) >= 0 else x.copy(order="C")


def _first(x: Array) -> Array:
    """The first element, (1,): from there a kernel finds the others by their distances."""
    return x.reshape(-1)[:1] if x.flags.c_contiguous else x[(0,) * (x.ndim - 1)][:1]


def _start(x: Array) -> Array:
    """``_first`` of an array that is only read; views that repeat elements may not be written, and have a type of their own."""
    first = _first(x)
    first.flags.writeable = False
    return first


def _like(x: Array, width: int, *more: int) -> Array:
    """A new array (*more,B,H,T,width), of which B, H and T follow one another in memory as those of x do."""
    order = sorted(range(3), key=lambda axis: -x.strides[axis])
    if order == [0, 1, 2]:
        return np.empty((*more, *x.shape[:3], width), x.dtype)
    memory = np.empty((*more, *[x.shape[axis] for axis in order], width), x.dtype)
    lead = len(more)
    return memory.transpose(*range(lead), *[lead + order.index(axis) for axis in range(3)], lead + 3)


def _side_by_side(q: Array, k: Array, v: Array) -> Array | None:
    """A new array (3,B,H,T,D) laid out as these three are, where they make up one: then their gradients do, too."""
    if not q.shape == k.shape == v.shape or not q.strides == k.strides == v.strides or q.base is None:
        return None
    if not q.base is k.base is v.base:
        return None
    at = [x.__array_interface__["data"][0] for x in (q, k, v)]
    shape, strides, expected = (3, *q.shape), (at[1] - at[0], *q.strides), q.itemsize
    order = sorted(range(5), key=lambda axis: -strides[axis])
    for axis in reversed(order):
        if strides[axis] != expected:
            return None
        expected *= shape[axis]
    if at[2] - at[1] != strides[0]:
        return None
    return np.empty([shape[axis] for axis in order], q.dtype).transpose([order.index(axis) for axis in range(5)])


def _mask(mask: Array | None, dtype: np.dtype) -> tuple[int, Array, Array, Shape]:
    """Which kind of mask, it as one of bools and as one of numbers, and its distances along B, H, T, S."""
    keep, added = _start(_NO_MASK), _start(_no_addend(dtype))
    if mask is None:
        return 0, keep, added, _NOWHERE
    if mask.ndim == 0 or min(mask.strides) < 0 or mask.strides[-1] not in (0, mask.itemsize):
        mask = np.array(mask, order="C", ndmin=1)
    own = [0 if size == 1 else stride // mask.itemsize for size, stride in zip(mask.shape, mask.strides, strict=True)]
    distances = (*_NOWHERE[mask.ndim :], *own)
    return (1, _start(mask), added, distances) if mask.dtype == bool else (2, keep, _start(mask), distances)


@lru_cache
def _no_addend(dtype: np.dtype) -> Array:
    return np.zeros(1, dtype)


@lru_cache(maxsize=1024)
def _steps(itemsize: int, *strides: Shape) -> Array:
    """Distances in elements, a row for each array: of the mask they are that already."""
    rows = [[n // itemsize for n in x] if i != 4 else x for i, x in enumerate(strides)]
    return np.array([[*row, 0][:4] for row in rows])


def _plan(gradient: bool, q: Array, v: Array) -> tuple[Shape, Any, Array, int]:
    """(H,T,S,D,E), how heads are cut, scratch memory of each thread, and the work."""
    (b, h, t, d), (s, e) = q.shape, v.shape[2:]
    work = b * h * t * s * d
    count = threads(work)
    jobs = b * h
    parts = count // gcd(jobs, count) if jobs < 8 * count else 1
    parts = max(1, min(parts, t // _SHORTEST))
    sizes, size = _sizes(gradient, parts, t, s, d, e, q.itemsize)
    count = min(count, jobs * parts)
    memory = scratch("attention", count * size, q.dtype)[: count * size].reshape(count, size)
    return (h, t, s, d, e), sizes, memory, work


@lru_cache(maxsize=1024)
def _sizes(*shape: Any) -> Any:
    return _kernels.sizes_of(*shape)
