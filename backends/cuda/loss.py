"""Softmax cross-entropy with class indices, each row in one pass."""

from __future__ import annotations

from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, dense
from backends.cuda.precision import acc_dtype, as_acc
from backends.cuda.rows import LONGEST, THREADS, plan
from backends.protocol import Array
from backends.reference import loss as reference


def _served(x: Array, target: Array, g: Array | None = None) -> bool:
    """Whether the kernels take these; weights are converted."""
    return (
        x.shape[1] <= LONGEST
        and x.dtype.name in FLOATS
        and target.dtype == "int64"
        and (g is None or g.dtype == x.dtype)
    )


def _as_rows(x: Array) -> Array:
    """(N,C,L) as (N L,C)."""
    return x.transpose(0, 2, 1).reshape(-1, x.shape[1])


def cross_entropy(
    be: Gpu, x: Array, target: Array, weight: Array | None, ignore_index: int, smoothing: float
) -> tuple[Array, Array]:
    """See ``Backend.cross_entropy``."""
    if x.ndim == 3:
        loss, lse = cross_entropy(be, _as_rows(x), target.reshape(-1), weight, ignore_index, smoothing)
        return loss.reshape(target.shape), lse.reshape(target.shape)
    if not _served(x, target):
        return reference.cross_entropy(be, x, target, weight, ignore_index, smoothing)
    rows, n = x.shape
    x, target, weight = dense(x), dense(target), as_acc(weight, x)
    loss, lse = be.xp.empty(rows, x.dtype), be.xp.empty(rows, acc_dtype(x.dtype))
    launch = plan(rows, n, x.itemsize)
    be.kernel("loss", f"cross_entropy_{launch.kind}", x.dtype)(
        launch.grid, THREADS, x, target, weight, loss, lse, be.device.fault, rows, n, ignore_index, smoothing
    )
    return loss, lse


def cross_entropy_grad(
    be: Gpu,
    g: Array,
    x: Array,
    target: Array,
    lse: Array,
    weight: Array | None,
    ignore_index: int,
    smoothing: float,
    total: Array | None = None,
) -> Array:
    """See ``Backend.cross_entropy_grad``."""
    if total is not None:
        g = be.xp.full(target.shape, g / total, g.dtype)
    if x.ndim == 3:
        g, lse, flat = g.reshape(-1), lse.reshape(-1), target.reshape(-1)
        gx = cross_entropy_grad(be, g, _as_rows(x), flat, lse, weight, ignore_index, smoothing)
        return gx.reshape(*target.shape, x.shape[1]).transpose(0, 2, 1)
    if not _served(x, target, g):
        return reference.cross_entropy_grad(be, g, x, target, lse, weight, ignore_index, smoothing)
    rows, n = x.shape
    g, x, target, lse, weight = dense(g), dense(x), dense(target), as_acc(lse, x), as_acc(weight, x)
    weights = weight.sum() if smoothing and weight is not None else None
    gx = be.xp.empty(x.shape, x.dtype)
    across = min(THREADS, max(4, 1 << (-(-n // 4) - 1).bit_length()))  # threads of a row, each with packs of 4 classes
    block = (across, THREADS // across)
    be.kernel("loss", "cross_entropy_grad", x.dtype)(
        -(-rows // block[1]),
        block,
        g,
        x,
        target,
        lse,
        weight,
        weights,
        gx,
        be.device.fault,
        rows,
        n,
        ignore_index,
        smoothing,
    )
    return gx
