"""Scaled dot-product attention, fused with mask and causal order."""

from __future__ import annotations

from backends.protocol import Array, Backend
from backends.reference._precision import narrow, wide


def _scores(be: Backend, q: Array, k: Array, mask: Array | None, scale: float, causal: bool) -> Array:
    """scale * q k^T with the mask applied, -inf where a key takes no part: (B,H,T,S)."""
    xp = be.xp
    s = scale * be.matmul(wide(q), wide(k).swapaxes(-1, -2))
    if mask is not None:
        s = xp.where(mask, s, -xp.inf) if mask.dtype == bool else s + wide(mask)
    if causal:
        s = xp.where(xp.arange(s.shape[-2])[:, None] >= xp.arange(s.shape[-1]), s, -xp.inf)
    return s


def attention(
    be: Backend, q: Array, k: Array, v: Array, mask: Array | None, scale: float, causal: bool
) -> tuple[Array, Array]:
    """softmax(scale * q k^T + mask) v; a row with no key that takes part gives 0.

    Args:
        q: (B,H,T,D).
        k: (B,H,S,D).
        v: (B,H,S,E).
        mask: broadcastable to (B,H,T,S): bool (True: takes part), or floating and added; or None.
        scale: usually 1/sqrt(D).
        causal: query t sees keys 0..t only.

    Returns:
        y (B,H,T,E), and log sum exp of the scores (B,H,T) in at least float32, -inf for a row with no key.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> q, v = np.ones((1, 1, 2, 1)), np.array([1.0, 3.0]).reshape(1, 1, 2, 1)
        >>> Reference(np).attention(q, q, v, None, 1.0, True)[0].ravel()
        array([1., 2.])

    Source: Vaswani et al., Attention Is All You Need, 2017.
    """
    xp = be.xp
    s = _scores(be, q, k, mask, scale, causal)
    if k.shape[2] == 0:
        return xp.zeros((*q.shape[:3], v.shape[3]), v.dtype), xp.full(q.shape[:3], -xp.inf, s.dtype)
    top = s.max(-1, keepdims=True)
    top = xp.where(top == -xp.inf, 0, top)
    e = xp.exp(s - top)
    total = e.sum(-1, keepdims=True)
    y = be.matmul(e / xp.where(total == 0, 1, total), wide(v))
    return narrow(y, v), (top + xp.log(total))[..., 0]


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
    """Gradients of ``attention``'s y.

    With p the attention weights, gv = p^T g and gs = p * (g v^T - sum(g * y)); gq = scale * gs k, gk = scale * gs^T q.

    Args:
        g: (B,H,T,E).
        q, k, v, mask, scale, causal: as in ``attention``.
        y, lse: as ``attention`` returned them.

    Returns:
        Gradients of q, k, v, each like its array.

    Source: Dao et al., FlashAttention, 2022, appendix B.
    """
    xp, upstream = be.xp, wide(g)
    s = _scores(be, q, k, mask, scale, causal)
    p = xp.exp(s - xp.where(lse == -xp.inf, 0, lse)[..., None])
    gv = be.matmul(p.swapaxes(-1, -2), upstream)
    gp = be.matmul(upstream, wide(v).swapaxes(-1, -2))
    gs = p * (gp - (upstream * wide(y)).sum(-1, keepdims=True)) * scale
    gq, gk = be.matmul(gs, wide(k)), be.matmul(gs.swapaxes(-1, -2), wide(q))
    return narrow(gq, q), narrow(gk, k), narrow(gv, v)
