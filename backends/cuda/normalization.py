"""Batch and layer normalization with their fused gradients; batch norm in the layout that x has."""

from __future__ import annotations

from backends.cuda import channels, rows
from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, dense, like, same
from backends.cuda.precision import acc_dtype, as_acc
from backends.protocol import Array
from backends.reference import normalization as reference


def _served(x: Array, g: Array | None = None) -> bool:
    """Whether the kernels take these; weights and statistics are converted."""
    return x.dtype.name in FLOATS and (g is None or g.dtype == x.dtype)


def batch_norm(be: Gpu, x: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
    """See ``Backend.batch_norm``."""
    if not (_served(x) and channels.fits(x)):
        return reference.batch_norm(be, x, weight, bias, eps)
    x, y = like(be.xp, x)
    launch, dtype, acc = channels.plan(be, x, y), x.dtype, acc_dtype(x.dtype)
    images, c, length = launch.geometry
    parts = be.xp.empty((3, launch.splits, c), acc)
    mean, var, centre, scale = (be.xp.empty(c, acc) for _ in range(4))
    layout = launch.last, launch.width
    be.kernel("normalization", "batch_norm_moments", dtype)(
        launch.grid, launch.block, x, parts, images, c, length, *layout
    )
    stride = 1 if launch.last else length  # from channel to channel
    weight = as_acc(weight, x)
    be.kernel("normalization", "batch_norm_finish", dtype)(
        launch.finish, channels.FINISH, parts, launch.splits, c, x, stride, weight, mean, var, centre, scale, eps
    )
    be.kernel("normalization", "batch_norm", dtype)(
        launch.grid, launch.block, x, centre, scale, as_acc(bias, x), y, images, c, length, *layout
    )
    return y, mean, var


def batch_norm_grad(
    be: Gpu, g: Array, x: Array, weight: Array | None, mean: Array, var: Array, eps: float
) -> tuple[Array, Array, Array]:
    """See ``Backend.batch_norm_grad``."""
    if not (_served(x, g) and channels.fits(x)):
        return reference.batch_norm_grad(be, g, x, weight, mean, var, eps)
    x, gx = like(be.xp, x)
    g = same(be.xp, g, x)
    launch, dtype, acc = channels.plan(be, x, g, gx), x.dtype, acc_dtype(x.dtype)
    images, c, length = launch.geometry
    parts, sums = be.xp.empty((2, launch.splits, c), acc), be.xp.empty((2, c), acc)
    mean, var, layout = as_acc(mean, x), as_acc(var, x), (launch.last, launch.width)
    be.kernel("normalization", "batch_norm_grad_sums", dtype)(
        launch.grid, launch.block, g, x, mean, var, parts, images, c, length, eps, *layout
    )
    be.kernel("normalization", "grad_finish", dtype)(launch.finish, channels.FINISH, parts, launch.splits, c, sums)
    be.kernel("normalization", "batch_norm_grad", dtype)(
        launch.grid, launch.block, g, x, as_acc(weight, x), mean, var, sums, gx, images, c, length, eps, *layout
    )
    g_bias, g_weight = sums.astype(dtype if weight is None else weight.dtype, copy=False)
    return gx, g_weight, g_bias


def layer_norm(be: Gpu, x: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
    """See ``Backend.layer_norm``."""
    if not (_served(x) and rows.fits(x)):
        return reference.layer_norm(be, x, weight, bias, eps)
    m, n = x.shape
    x = dense(x)
    y, mean, rstd = be.xp.empty(x.shape, x.dtype), *(be.xp.empty(m, acc_dtype(x.dtype)) for _ in range(2))
    launch = rows.plan(m, n, x.itemsize)
    kernel = be.kernel("normalization_layer", f"layer_norm_{launch.kind}", x.dtype)
    arrays = x, as_acc(weight, x), as_acc(bias, x), y, mean, rstd
    if launch.kind == "block":
        kernel(launch.grid, rows.THREADS, *arrays, n, eps, int(launch.shared > 0), shared=launch.shared)
    else:
        kernel(launch.grid, rows.THREADS, *arrays, m, n, eps)
    return y, mean, rstd


def layer_norm_grad(
    be: Gpu, g: Array, x: Array, weight: Array | None, mean: Array, rstd: Array, sums: bool = True
) -> tuple[Array, Array | None, Array | None]:
    """See ``Backend.layer_norm_grad``."""
    if not (_served(x, g) and rows.fits(x)):
        return reference.layer_norm_grad(be, g, x, weight, mean, rstd, sums)
    (m, n), dtype, acc = x.shape, x.dtype, acc_dtype(x.dtype)
    g, x, mean, rstd = dense(g), dense(x), as_acc(mean, x), as_acc(rstd, x)
    gx = be.xp.empty(x.shape, dtype)
    launch = rows.plan(m, n, x.itemsize)
    size = (n,) if launch.kind == "block" else (m, n)
    be.kernel("normalization_layer", f"layer_norm_grad_{launch.kind}", dtype)(
        launch.grid, rows.THREADS, g, x, as_acc(weight, x), mean, rstd, gx, *size
    )
    if not sums:
        return gx, None, None
    columns = channels.plan(be, x, g)
    parts, totals = be.xp.empty((2, columns.splits, n), acc), be.xp.empty((2, n), acc)
    be.kernel("normalization_layer", "layer_norm_grad_sums", dtype)(
        columns.grid, columns.block, g, x, mean, rstd, parts, m, n, columns.width
    )
    be.kernel("normalization_layer", "grad_finish", dtype)(
        columns.finish, channels.FINISH, parts, columns.splits, n, totals
    )
    g_bias, g_weight = totals.astype(dtype if weight is None else weight.dtype, copy=False)
    return gx, g_weight, g_bias
