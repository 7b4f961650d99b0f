"""Batch and layer normalization with their fused gradients; batch norm in the layout that x has."""

from __future__ import annotations

from backends.cuda import channels, rows
from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS, dense, like, same
from backends.cuda.precision import acc_dtype, as_acc
from backends.protocol import Array
from backends.reference import normalization as reference


def _served(x: Array, *others: Array | None) -> bool:
    """Whether the kernels take these; weights and statistics are converted."""
    return x.dtype.name in FLOATS and all(a is None or a.dtype == x.dtype for a in others)


def batch_norm(be: Gpu, x: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
    """See ``Backend.batch_norm``."""
    if not (_served(x) and channels.fits(x)):
        return reference.batch_norm(be, x, weight, bias, eps)
    x, y = like(be.xp, x)
    launch = channels.plan(be, x, y)
    mean, var, centre, scale = _statistics(be, x, weight, eps, launch)
    be.kernel("normalization", "batch_norm", x.dtype)(
        launch.grid, launch.block, x, centre, scale, as_acc(bias, x), y, *launch.geometry, launch.last, launch.width
    )
    return y, mean, var


def batch_norm_relu(
    be: Gpu, x: Array, weight: Array | None, bias: Array | None, residual: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    """See ``Backend.batch_norm_relu``."""
    if not (_served(x, residual) and channels.fits(x)):
        return reference.batch_norm_relu(be, x, weight, bias, residual, eps)
    x, y = like(be.xp, x)
    residual = None if residual is None else same(be.xp, residual, x)
    launch = channels.plan(be, x, y, y if residual is None else residual)
    mean, var, centre, scale = _statistics(be, x, weight, eps, launch)
    arrays = x, centre, scale, as_acc(bias, x), residual, y
    be.kernel("normalization", "batch_norm_relu", x.dtype)(
        launch.grid, launch.block, *arrays, *launch.geometry, launch.last, launch.width
    )
    return y, mean, var


def _statistics(be: Gpu, x: Array, weight: Array | None, eps: float, launch: channels.Channels) -> list[Array]:
    """For each channel the mean, the variance, the mean less the first element, and weight / sqrt(var + eps)."""
    images, c, length = launch.geometry
    parts = be.xp.empty((3, launch.splits, c), acc_dtype(x.dtype))
    found = [be.xp.empty(c, parts.dtype) for _ in range(4)]
    be.kernel("normalization", "batch_norm_moments", x.dtype)(
        launch.grid, launch.block, x, parts, images, c, length, launch.last, launch.width
    )
    stride = 1 if launch.last else length  # from channel to channel
    be.kernel("normalization", "batch_norm_finish", x.dtype)(
        launch.finish, channels.FINISH, parts, launch.splits, c, x, stride, as_acc(weight, x), *found, eps
    )
    return found


def batch_norm_grad(
    be: Gpu, g: Array, x: Array, weight: Array | None, mean: Array, var: Array, eps: float
) -> tuple[Array, Array, Array]:
    """See ``Backend.batch_norm_grad``."""
    if not (_served(x, g) and channels.fits(x)):
        return reference.batch_norm_grad(be, g, x, weight, mean, var, eps)
    x, gx = like(be.xp, x)
    g = same(be.xp, g, x)
    launch = channels.plan(be, x, g, gx)
    parts = be.xp.empty((2, launch.splits, launch.geometry[1]), acc_dtype(x.dtype))
    be.kernel("normalization", "batch_norm_grad_sums", x.dtype)(
        launch.grid, launch.block, g, x, as_acc(mean, x), as_acc(var, x), parts, *launch.geometry, eps,
        launch.last, launch.width,
    )  # fmt: skip
    return gx, *_centred(be, g, x, weight, mean, var, eps, launch, parts, gx)


def batch_norm_relu_grad(
    be: Gpu,
    g: Array,
    y: Array,
    x: Array,
    weight: Array | None,
    mean: Array,
    var: Array,
    eps: float,
    residual: bool,
) -> tuple[Array, Array, Array, Array | None]:
    """See ``Backend.batch_norm_relu_grad``."""
    if not (_served(x, g, y) and channels.fits(x)):
        return reference.batch_norm_relu_grad(be, g, y, x, weight, mean, var, eps, residual)
    x, gx = like(be.xp, x)
    g, y = same(be.xp, g, x), same(be.xp, y, x)
    passed = like(be.xp, x)[1] if residual else gx  # from the first pass to the second
    launch = channels.plan(be, x, g, y, passed, gx)
    parts = be.xp.empty((2, launch.splits, launch.geometry[1]), acc_dtype(x.dtype))
    be.kernel("normalization", "batch_norm_relu_grad_sums", x.dtype)(
        launch.grid, launch.block, g, y, x, passed, as_acc(mean, x), as_acc(var, x), parts, *launch.geometry, eps,
        launch.last, launch.width,
    )  # fmt: skip
    sums = _centred(be, passed, x, weight, mean, var, eps, launch, parts, gx)
    return gx, *sums, passed if residual else None


def _centred(
    be: Gpu,
    g: Array,
    x: Array,
    weight: Array | None,
    mean: Array,
    var: Array,
    eps: float,
    launch: channels.Channels,
    parts: Array,
    gx: Array,
) -> tuple[Array, Array]:
    """Writes gx, once all blocks have their parts of the sums; returns the gradients of weight and bias."""
    c, dtype = launch.geometry[1], x.dtype
    sums = be.xp.empty((2, c), parts.dtype)
    be.kernel("normalization", "grad_finish", dtype)(launch.finish, channels.FINISH, parts, launch.splits, c, sums)
    arrays = g, x, as_acc(weight, x), as_acc(mean, x), as_acc(var, x), sums, gx
    be.kernel("normalization", "batch_norm_grad", dtype)(
        launch.grid, launch.block, *arrays, *launch.geometry, eps, launch.last, launch.width
    )
    g_bias, g_weight = sums.astype(dtype if weight is None else weight.dtype, copy=False)
    return g_weight, g_bias


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
