"""Scaled dot-product attention, fused: the scores are never written to memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from struct import pack
from typing import NamedTuple

from backends.cuda.launch import Gpu, Strided
from backends.cuda.layout import FLOATS, THREADS, dense
from backends.protocol import Array, Shape
from backends.reference import attention as reference
from backends.reference._precision import narrow, wide

_WIDTHS = 64, 128, 256  # of tiles; a head is at most as wide as the last
_SIZES = (64, 64), (64, 32), (32, 32), (16, 16)  # of tiles, in queries and keys, the best first
_SCORES = 1 << 26  # elements that wider heads write at once
_NOWHERE = (0, 0, 0, 0)  # strides of an array that a kernel does not take


def attention(
    be: Gpu, q: Array, k: Array, v: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array]:
    """See ``Backend.attention``."""
    if q.dtype.name not in FLOATS or not q.dtype == k.dtype == v.dtype:
        return reference.attention(be, q, k, v, mask, scale, causal)
    tile = _tile(be.device.shared_memory, max(q.shape[3], v.shape[3]), max(q.itemsize, 4), gradient=False)
    if tile is None:
        return _attention_by_rows(be, q, k, v, mask, scale, causal)
    q, k, v = _lines(q), _lines(k), _lines(v)
    y, lse = _like(be, q, v.shape[3]), be.xp.empty(q.shape[:3], _sums(q))
    keep, added, steps = _mask(be, mask, q)
    strides = (q.strides, k.strides, v.strides, y.strides, *[_NOWHERE] * 4)
    layout = _layout(q.shape, *v.shape[2:], causal, q.itemsize, strides, steps)
    kernel = be.kernel("attention", "attention", q.dtype, tile.defines)
    arrays = Strided(q), Strided(k), Strided(v), keep, added, Strided(y), lse
    kernel(_blocks(q, tile.queries), THREADS, *arrays, layout, scale, shared=tile.shared(1, 1))
    return y, lse


def attention_grad(
    be: Gpu,
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
    if q.dtype.name not in FLOATS or not g.dtype == q.dtype == k.dtype == v.dtype == y.dtype:
        return reference.attention_grad(be, g, q, k, v, mask, y, lse, scale, causal)
    tile = _tile(be.device.shared_memory, max(q.shape[3], v.shape[3]), max(q.itemsize, 4), gradient=True)
    if tile is None:
        return _attention_grad_by_rows(be, g, q, k, v, mask, y, lse, scale, causal)
    g, q, k, v, y, lse = _lines(g), _lines(q), _lines(k), _lines(v), _lines(y), dense(lse)
    gq, gk, gv = _like(be, q, q.shape[3]), _like(be, k, k.shape[3]), _like(be, v, v.shape[3])
    delta = be.xp.empty(lse.shape, lse.dtype)
    keep, added, steps = _mask(be, mask, q)
    strides = tuple(x.strides for x in (q, k, v, y, g, gq, gk, gv))
    layout = _layout(q.shape, *v.shape[2:], causal, q.itemsize, strides, steps)

    kernel = be.kernel("attention_grad", "attention_delta", q.dtype, tile.defines)
    kernel(-(-delta.size // (THREADS // 32)), THREADS, Strided(g), Strided(y), delta, layout, delta.size)
    arrays = Strided(g), Strided(q), Strided(k), Strided(v), keep, added, lse, delta
    kernel = be.kernel("attention_grad", "attention_grad_q", q.dtype, tile.defines)
    kernel(_blocks(q, tile.queries), THREADS, *arrays, Strided(gq), layout, scale, shared=tile.shared(2, 1))
    kernel = be.kernel("attention_grad", "attention_grad_kv", q.dtype, tile.defines)
    outputs = Strided(gk), Strided(gv)
    kernel(_blocks(k, tile.keys), THREADS, *arrays, *outputs, layout, scale, shared=tile.shared(2, 2))
    return gq, gk, gv


class _Tile(NamedTuple):
    """What a block has in shared memory at once."""

    queries: int  # lines
    keys: int
    width: int  # of a line
    itemsize: int  # of a sum

    @property
    def defines(self) -> tuple[str, ...]:
        """As macros."""
        return f"TILE_T={self.queries}", f"TILE_S={self.keys}", f"WIDTH={self.width}"

    def shared(self, of_queries: int, of_keys: int) -> int:
        """Bytes of so many tiles of queries and of keys, and of one with the weights between them."""
        lines = of_queries * self.queries + of_keys * self.keys
        return (lines * (self.width + 4) + (self.queries + 4) * (self.keys + 4)) * self.itemsize


@lru_cache
def _tile(limit: int, width: int, itemsize: int, gradient: bool) -> _Tile | None:
    """The largest tiles of which a multiprocessor holds two blocks, or else one; None if the heads are too wide."""
    if width > _WIDTHS[-1]:
        return None
    width = next(n for n in _WIDTHS if width <= n)
    sizes = _SIZES if itemsize == 4 else _SIZES[2:]  # registers end where shared memory does not
    tiles = [_Tile(*size, width, itemsize) for size in sizes]
    count = (2, 2) if gradient else (1, 1)
    choices = [(tile, limit // 2) for tile in tiles[:-1]] + [(tile, limit) for tile in tiles]
    return next((tile for tile, share in choices if tile.shared(*count) <= share), None)


@lru_cache(maxsize=1024)
def _layout(
    q: Shape, keys: int, v_width: int, causal: bool, itemsize: int, strides: tuple[Shape, ...], mask: Shape
) -> bytes:
    """The struct ``Layout`` of kernels/attention.cuh."""
    _, heads, queries, q_width = q
    steps = [stride // itemsize for x in strides for stride in x[:3]]
    return pack("@28q6i", *steps, *mask, heads, queries, keys, q_width, v_width, causal)


def _lines(x: Array) -> Array:
    """x with neighbouring elements on its last axis."""
    return x if x.strides[3] == x.itemsize or x.shape[3] == 1 else dense(x)


def _like(be: Gpu, x: Array, width: int) -> Array:
    """A new array (B,H,T,width) whose axes follow one another in memory as those of x do."""
    order = sorted(range(3), key=lambda axis: -abs(x.strides[axis]))
    if order == [0, 1, 2]:
        return be.xp.empty((*x.shape[:3], width), x.dtype)
    return be.xp.empty((*[x.shape[axis] for axis in order], width), x.dtype).transpose(*map(order.index, range(3)), 3)


def _mask(be: Gpu, mask: Array | None, q: Array) -> tuple[Strided | None, Strided | None, Shape]:
    """The mask as the kernel's argument for bool or for numbers, and its distances along B, H, T, S."""
    if mask is None:
        return None, None, _NOWHERE
    if mask.dtype != bool:
        mask = narrow(mask, q)
    own = [0 if size == 1 else s // mask.itemsize for size, s in zip(mask.shape, mask.strides, strict=True)]
    steps = (*_NOWHERE[mask.ndim :], *own)
    return (Strided(mask), None, steps) if mask.dtype == bool else (None, Strided(mask), steps)


def _sums(x: Array) -> str:
    """The dtype in which a kernel makes sums."""
    return "float64" if x.itemsize == 8 else "float32"


def _blocks(x: Array, lines: int) -> int:
    """One for each tile of each head."""
    b, h, t, _ = x.shape
    return int(b * h * -(-t // lines))


# -- heads too wide for tiles: some rows of the scores at a time --------------------------------------------------------


def _attention_by_rows(
    be: Gpu, q: Array, k: Array, v: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array]:
    y, lse = _like(be, q, v.shape[3]), be.xp.empty(q.shape[:3], _sums(q))
    for rows, part in _rows(be, q, k, mask, causal):
        y[:, :, rows], lse[:, :, rows] = reference.attention(be, q[:, :, rows], k, v, part, scale, False)
    return y, lse


def _attention_grad_by_rows(
    be: Gpu, g: Array, q: Array, k: Array, v: Array, mask: Array | None, y: Array, lse: Array, scale: float,
    causal: bool,
) -> tuple[Array, Array, Array]:  # fmt: skip
    gq = _like(be, q, q.shape[3])
    gk, gv = be.xp.zeros(k.shape, lse.dtype), be.xp.zeros(v.shape, lse.dtype)
    for rows, part in _rows(be, q, k, mask, causal):
        g_rows, q_rows, y_rows, lse_rows = (x[:, :, rows] for x in (g, q, y, lse))
        gq[:, :, rows], to_k, to_v = reference.attention_grad(
            be, g_rows, q_rows, wide(k), wide(v), part, y_rows, lse_rows, scale, False
        )
        gk += to_k
        gv += to_v
    return gq, narrow(gk, k), narrow(gv, v)


def _rows(be: Gpu, q: Array, k: Array, mask: Array | None, causal: bool) -> Iterator[tuple[slice, Array | None]]:
    """Ranges of queries, each with its part of the mask, in which the causal order is contained."""
    b, h, queries, _ = q.shape
    count = max(1, _SCORES // max(1, b * h * k.shape[2]))
    for first in range(0, queries, count):
        rows = slice(first, min(first + count, queries))
        part = mask if mask is None or mask.ndim < 2 or mask.shape[-2] == 1 else mask[..., rows, :]
        if causal:
            seen = be.xp.arange(rows.start, rows.stop)[:, None] >= be.xp.arange(k.shape[2])
            part = seen if part is None else be.xp.where(seen, part, False if part.dtype == bool else -be.xp.inf)
        yield rows, part
