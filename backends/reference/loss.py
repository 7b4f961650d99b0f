"""Softmax cross-entropy with class indices, fused."""

from __future__ import annotations

from backends.protocol import Array, Backend
from backends.reference._precision import narrow, wide


def cross_entropy(
    be: Backend, x: Array, target: Array, weight: Array | None, ignore_index: int, smoothing: float
) -> tuple[Array, Array]:
    """Unreduced loss of each row.

    (1-s) * weight[t] * (lse - x[t]) + s/C * sum_c weight[c] * (lse - x[c]); 0 where t == ignore_index.

    Args:
        x: logits (M,C) or (N,C,L).
        target: classes (M,) or (N,L), int64.
        weight: of each class (C,) or None.
        ignore_index: the target value that means none.
        smoothing: s, the share spread over all classes.

    Returns:
        loss and lse = log sum exp x like target, the latter in at least float32.

    Raises:
        IndexError: a target is neither a class nor ``ignore_index``; a GPU says so at the next synchronisation.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> loss, lse = Reference(np).cross_entropy(np.zeros((1, 2)), np.array([1]), None, -100, 0.0)
        >>> loss.round(4), lse.round(4)
        (array([0.6931]), array([0.6931]))
    """
    xp, values, classes = be.xp, wide(x), x.shape[1]
    kept = target != ignore_index
    safe = xp.where(kept, target, 0)
    if (wrong := be.check_positions(safe, 0, classes)) is not None:
        raise IndexError(
            f"cross_entropy: expected classes in [0, {classes - 1}] or ignore_index {ignore_index}, got {wrong}"
        )
    top = values.max(1, keepdims=True)
    shifted = values - top
    log_sum = xp.log(xp.exp(shifted).sum(1))
    lse = top[:, 0] + log_sum
    loss = log_sum - xp.take_along_axis(shifted, safe[:, None], 1)[:, 0]  # lse - x[t] would lose the small ones
    if weight is not None:
        loss = loss * wide(weight)[safe]
    if smoothing:
        spread = log_sum[:, None] - shifted
        if weight is not None:
            spread = spread * _of_classes(wide(weight), x)
        loss = (1 - smoothing) * loss + smoothing / classes * spread.sum(1)
    return narrow(xp.where(kept, loss, 0), x), lse


def cross_entropy_mean(
    be: Backend, x: Array, target: Array, weight: Array | None, ignore_index: int, smoothing: float
) -> tuple[Array, Array, Array]:
    """The mean of ``cross_entropy``, weighted: the sum of the losses over the sum of weight[t] of targets that count.

    Args:
        x, target, weight, ignore_index, smoothing: as in ``cross_entropy``.

    Returns:
        The mean, 0-d; lse like target; and the sum of the weights, 0-d, of its dtype.

    Raises:
        IndexError: as ``cross_entropy``.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> mean, lse, total = Reference(np).cross_entropy_mean(np.zeros((3, 2)), np.array([1, 0, 9]), None, 9, 0.0)
        >>> mean.round(4), total
        (np.float64(0.6931), array(2.))
    """
    loss, lse = be.cross_entropy(x, target, weight, ignore_index, smoothing)
    kept = target != ignore_index
    if weight is None:
        total = be.asarray(be.xp.count_nonzero(kept), lse.dtype)
    else:
        total = be.asarray((weight[target * kept] * kept).sum(dtype=lse.dtype))
    return (loss.sum(dtype=lse.dtype) / total).astype(x.dtype), lse, total


def cross_entropy_grad(
    be: Backend,
    g: Array,
    x: Array,
    target: Array,
    lse: Array,
    weight: Array | None,
    ignore_index: int,
    smoothing: float,
    total: Array | None = None,
) -> Array:
    """Gradient of ``cross_entropy`` with respect to the logits.

    g * ((1-s) * weight[t] * (p - onehot(t)) + s/C * (p * sum(weight) - weight)), p = exp(x - lse).

    Args:
        g: like target; or, with ``total``, that of the mean, 0-d.
        x, target, weight, ignore_index, smoothing: as in ``cross_entropy``.
        lse: as ``cross_entropy`` returned it.
        total: as ``cross_entropy_mean`` returned it, 0-d.

    Returns:
        Like x.
    """
    xp, classes = be.xp, x.shape[1]
    if total is not None:
        g = xp.full(target.shape, g / total, g.dtype)
    p = xp.exp(wide(x) - lse[:, None])
    kept = target != ignore_index
    safe = xp.where(kept, target, 0)
    w = xp.ones(classes, p.dtype) if weight is None else wide(weight)
    onehot = safe[:, None] == _of_classes(xp.arange(classes), x)
    gx = (1 - smoothing) * w[safe][:, None] * (p - onehot)
    if smoothing:
        gx = gx + smoothing / classes * (p * w.sum() - _of_classes(w, x))
    return narrow(xp.where(kept[:, None], wide(g)[:, None] * gx, 0), x)


def _of_classes(v: Array, x: Array) -> Array:
    """v (C,) in a shape that broadcasts against x (M,C) or (N,C,L)."""
    return v.reshape(-1, *[1] * (x.ndim - 2))
