"""Attention: scaled dot products, and the multi-head form with its projections. Letters as in the protocol:
B batch, H heads, T queries, S keys, D width of a query and key, E width of a value."""

from __future__ import annotations

import math
from typing import Any

import autograd as ag
from autograd.casting import autocasting
from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.op import op
from autograd.tensor import Tensor
from nn.functional.dropout import dropout
from nn.functional.linear import linear

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


@op(kept=("lse",))
def _attention(be: Any, q: Any, k: Any, v: Any, mask: Any, *, scale: float, causal: bool) -> Any:
    return be.attention(q, k, v, mask, scale, causal)


@op(outputs=("gq", "gk", "gv"))
def _attention_grad(
    be: Any, g: Any, q: Any, k: Any, v: Any, mask: Any, y: Any, lse: Any, *, scale: float, causal: bool
) -> Any:
    return be.attention_grad(g, q, k, v, mask, y, lse, scale, causal)


@_attention.grad_all
def _attention_grads(needs: Any, g: Any, q: Any, k: Any, v: Any, mask: Any, y: Any, lse: Any, **p: Any) -> Any:
    return (*_attention_grad(g, q, k, v, mask, y, lse, **p), None)


@_attention.composed
def _attend(q: Any, k: Any, v: Any, mask: Any, *, scale: float, causal: bool, dropout_p: float = 0.0) -> Any:
    return _weights(q, k, mask, scale, causal, dropout_p) @ v


def _weights(q: Any, k: Any, mask: Any, scale: float, causal: bool, dropout_p: float) -> Any:
    """softmax(scale * q k^T + mask), in differentiable operations; 0 in a row with no key that takes part."""
    scores = (q * scale) @ ag.transpose(k, -2, -1)  # (...,T,D) (...,S,D) -> (...,T,S)
    if mask is not None:
        scores = ag.where(mask, scores, -math.inf) if mask.dtype == ag.bool else scores + mask
    if causal:
        seen = ag.ones(scores.shape[-2:], dtype=ag.bool, device=scores.device).tril()
        scores = ag.where(seen, scores, -math.inf)
    if mask is not None:
        alone = (scores.detach() == -math.inf).all(-1, keepdim=True)
        weights = ag.where(alone, 0.0, ag.softmax(ag.where(alone, 0.0, scores), -1))
    else:
        weights = ag.softmax(scores, -1)
    return dropout(weights, dropout_p) if dropout_p else weights


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Values averaged with the weights softmax(scale * query key^T + attn_mask); 0 where a query may see no key.

    Args:
        query: (..., T, D).
        key: (..., S, D), leading axes broadcastable to those of query.
        value: (..., S, E).
        attn_mask: broadcastable to (..., T, S): bool (True: takes part), or floating and added; or None.
        dropout_p: the probability with which a weight is dropped, also outside training: pass 0 there.
        is_causal: query t sees keys 0..t only; not together with ``attn_mask``.
        scale: None for 1/sqrt(D).
        enable_gqa: key and value have fewer heads (the third axis from the end); each serves equally many of the query.

    Returns:
        (..., T, E).

    Raises:
        ShapeError: axes that do not fit.
        DtypeError: query, key and value of different dtypes, or a mask of another one.
        ValueError: both ``attn_mask`` and ``is_causal``.

    Example:
        >>> q = ag.ones(1, 2, 3, 4)
        >>> F.scaled_dot_product_attention(q, q, q, is_causal=True).shape
        Size([1, 2, 3, 4])

    Source: Vaswani et al., Attention Is All You Need, 2017.
    """
    _check(query, key, value, attn_mask, is_causal)
    if enable_gqa:
        key, value = (_repeated_heads(query, x) for x in (key, value))
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else float(scale)
    if dropout_p > 0 or (attn_mask is not None and attn_mask.requires_grad):
        y: Tensor = _attend(query, key, value, attn_mask, scale=factor, causal=is_causal, dropout_p=dropout_p)
        return y
    lead = ag.broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    q, k, v = (_as_heads(x, lead) for x in (query, key, value))
    if attn_mask is not None and attn_mask.ndim > 2 and len(lead) != 2:
        attn_mask = _as_heads(attn_mask, lead)
    y = _attention(q, k, v, attn_mask, scale=factor, causal=is_causal)
    return y if len(lead) == 2 else y.reshape(*lead, *y.shape[-2:])


def _as_heads(x: Any, lead: tuple[int, ...]) -> Any:
    """(*lead,T,D) -> (B,H,T,D), whatever the number of leading axes."""
    if tuple(x.shape[:-2]) != tuple(lead):
        x = x.expand(*lead, *x.shape[-2:])
    return x if len(lead) == 2 else x.reshape(1, math.prod(lead), *x.shape[-2:])


def _repeated_heads(query: Tensor, x: Tensor) -> Tensor:
    heads, have = (t.shape[-3] if t.ndim > 2 else 0 for t in (query, x))
    if not have or heads % have:
        raise ShapeError(
            f"scaled_dot_product_attention: expected query heads in a multiple of key and value heads with enable_gqa, "
            f"got {tuple(query.shape)} and {tuple(x.shape)}"
        )
    return x if heads == have else x.repeat_interleave(heads // have, -3)


def _check(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool) -> None:
    name = "scaled_dot_product_attention"
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        shapes = ", ".join(str(tuple(x.shape)) for x in (q, k, v))
        raise ShapeError(f"{name}: expected query (...,T,D), key (...,S,D) and value (...,S,E), got {shapes}")
    if not (q.dtype == k.dtype == v.dtype or autocasting(q)) or not q.is_floating_point():
        raise DtypeError(
            f"{name}: expected query, key and value of one floating dtype, got {q.dtype}, {k.dtype}, {v.dtype}"
        )
    if mask is None:
        return
    if causal:
        raise ArgumentError(f"{name}: expected attn_mask or is_causal, got both. Put the causal order into the mask")
    if mask.dtype not in (ag.bool, q.dtype) and not autocasting(q):
        raise DtypeError(f"{name}: expected attn_mask bool or {q.dtype} like query, got {mask.dtype}. Cast it")


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    *,
    batch_first: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention in several heads: project query, key and value, attend in each head, join, project; E the width.

    Args:
        query: (T, N, E), with ``batch_first`` (N, T, E), or (T, E).
        key: (S, N, E_k), (N, S, E_k) or (S, E_k).
        value: (S, N, E_v), (N, S, E_v) or (S, E_v).
        embed_dim_to_check: E.
        num_heads: H; divides E.
        in_proj_weight: of query, key and value one below the other, (3E, E); None with separate ones.
        in_proj_bias: (3E,) or None.
        bias_k, bias_v: one more key and value, (1, 1, E), or None.
        add_zero_attn: one more key and value of zeros.
        dropout_p: the probability with which a weight is dropped in training.
        out_proj_weight: (E, E).
        out_proj_bias: (E,) or None.
        training: whether dropout acts.
        key_padding_mask: (N, S) or (S,): bool (True: the key is ignored), or floating and added.
        need_weights: also return the weights; without them the faster kernel is used.
        attn_mask: (T, S) or (N*H, T, S): bool (True: must not attend), or floating and added.
        use_separate_proj_weight: take the three weights below.
        q_proj_weight: (E, E).
        k_proj_weight: (E, E_k).
        v_proj_weight: (E, E_v).
        static_k, static_v: projected key and value to use instead, (N*H, S, E/H).
        average_attn_weights: give the mean of the weights over the heads.
        is_causal: says that ``attn_mask`` is the causal one, so that it need not be read.
        batch_first: the batch is the first axis of query, key and value, and of the output.

    Returns:
        The output, like query, and None or the weights (N, T, S); with ``average_attn_weights=False`` (N, H, T, S).

    Raises:
        ShapeError: axes that do not fit.
        ValueError: ``is_causal`` without ``attn_mask``.

    Example:
        >>> x, w = ag.ones(3, 1, 4), ag.ones(12, 4)
        >>> y, _ = F.multi_head_attention_forward(
        ...     x, x, x, 4, 2, w, None, None, None, False, 0.0, ag.eye(4), None, need_weights=False)
        >>> y.shape
        Size([3, 1, 4])

    Source: Vaswani et al., Attention Is All You Need, 2017.
    """
    if is_causal and attn_mask is None:
        raise ArgumentError("multi_head_attention_forward: expected attn_mask together with is_causal, got None")
    batched = query.ndim == 3
    _check_heads(query, key, value, key_padding_mask, embed_dim_to_check, num_heads, batch_first)
    n_axis, t_axis = (0, 1) if batch_first else (1, 0)
    if not batched:
        query, key, value = (x.unsqueeze(n_axis) for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    batch, keys = query.shape[n_axis], key.shape[t_axis]

    weights = in_proj_weight if not use_separate_proj_weight else (q_proj_weight, k_proj_weight, v_proj_weight)
    q, k, v = _projected(query, key, value, weights, in_proj_bias)
    if bias_k is not None and bias_v is not None:
        one = (batch, 1, -1) if batch_first else (1, batch, -1)
        k, v = ag.cat([k, bias_k.expand(*one)], t_axis), ag.cat([v, bias_v.expand(*one)], t_axis)  # S+1 keys
    q = _split(q, num_heads, batch_first)
    k = (
        _split(k, num_heads, batch_first)
        if static_k is None
        else static_k.reshape(batch, num_heads, *static_k.shape[1:])
    )
    v = (
        _split(v, num_heads, batch_first)
        if static_v is None
        else static_v.reshape(batch, num_heads, *static_v.shape[1:])
    )
    if add_zero_attn:
        k, v = (ag.cat([x, ag.zeros_like(x[:, :, :1])], 2) for x in (k, v))

    causal = is_causal and key_padding_mask is None and not need_weights and k.shape[2] == v.shape[2] == keys
    extra = k.shape[2] - keys if static_k is None else 0
    mask = None if causal else _joined_masks(attn_mask, key_padding_mask, batch, num_heads, extra, q, k)
    p, scale = dropout_p if training else 0.0, 1 / math.sqrt(q.shape[-1])
    attention = None
    if need_weights:
        attention = _weights(q, k, mask, scale, causal, p)
        y = attention @ v
    else:
        y = scaled_dot_product_attention(q, k, v, mask, p, causal)
    y = y.permute(0, 2, 1, 3) if batch_first else y.permute(2, 0, 1, 3)  # (N,H,T,D) -> (N,T,H,D) or (T,N,H,D)
    y = linear(y.reshape(query.shape), out_proj_weight, out_proj_bias)
    if attention is not None and average_attn_weights:
        attention = attention.mean(1)
    if batched:
        return y, attention
    return y.squeeze(n_axis), None if attention is None else attention.squeeze(0)


def _check_heads(
    q: Tensor, k: Tensor, v: Tensor, padding: Tensor | None, width: int, heads: int, batch_first: bool
) -> None:
    name = "multi_head_attention_forward"
    sequence, batch = (-2, slice(-2)) if batch_first else (0, slice(1, -1))
    if q.ndim not in (2, 3) or not q.ndim == k.ndim == v.ndim or q.shape[batch] != k.shape[batch]:
        shapes = ", ".join(str(tuple(x.shape)) for x in (q, k, v))
        wanted = "(N,T,E) with key, value (N,S,E)" if batch_first else "(T,N,E) with key, value (S,N,E)"
        raise ShapeError(f"{name}: expected query {wanted}, or all without N, got {shapes}")
    if q.shape[-1] != width or heads < 1 or width % heads:
        raise ShapeError(
            f"{name}: expected query of width {width}, which {heads} heads must divide, got {tuple(q.shape)}"
        )
    if k.shape[:-1] != v.shape[:-1]:
        raise ShapeError(f"{name}: expected as many values as keys, got {tuple(k.shape)} and {tuple(v.shape)}")
    mask = (*k.shape[batch], k.shape[sequence])
    if padding is not None and tuple(padding.shape) != mask:
        raise ShapeError(f"{name}: expected key_padding_mask {mask}, got {tuple(padding.shape)}")


def _projected(query: Tensor, key: Tensor, value: Tensor, weights: Any, bias: Any) -> Any:
    """Query, key and value through their weights; in one product where they are the same tensor."""
    packed = isinstance(weights, Tensor)
    if packed and query is key and key is value:
        return ag.chunk(linear(query, weights, bias), 3, -1)
    parts = ag.chunk(weights, 3) if packed else weights
    biases = (None, None, None) if bias is None else ag.chunk(bias, 3)
    return (linear(x, w, b) for x, w, b in zip((query, key, value), parts, biases, strict=True))


def _split(x: Tensor, heads: int, batch_first: bool) -> Tensor:
    """(N,S,H*D) or (S,N,H*D) -> (N,H,S,D)."""
    x = x.reshape(*x.shape[:2], heads, x.shape[2] // heads)
    return x.permute(0, 2, 1, 3) if batch_first else x.permute(1, 2, 0, 3)


def _joined_masks(attn_mask: Any, padding: Any, batch: int, heads: int, extra: int, q: Tensor, k: Tensor) -> Any:
    """Both masks as one for ``scaled_dot_product_attention``: (T,S), (N,H,T,S) or (N,1,1,S); ``extra`` keys show."""
    parts = []
    if attn_mask is not None:
        shape = tuple(attn_mask.shape)
        per_head = (batch * heads, q.shape[2], k.shape[2] - extra)
        if shape not in (per_head[1:], per_head):
            raise ShapeError(
                f"multi_head_attention_forward: expected attn_mask {per_head[1:]} or {per_head}, got {shape}"
            )
        parts.append(attn_mask if len(shape) == 2 else attn_mask.reshape(batch, heads, *shape[1:]))
    if padding is not None:
        parts.append(padding.reshape(batch, 1, 1, padding.shape[1]))
    if not parts:
        return None
    if all(part.dtype == ag.bool for part in parts):
        joined = parts[0] if len(parts) == 1 else ag.logical_or(*parts)
        if extra:
            joined = ag.cat([joined, ag.zeros((*joined.shape[:-1], extra), dtype=ag.bool, device=joined.device)], -1)
        return ag.logical_not(joined)  # from "must not" to "takes part"
    total: Any = sum(_added(part, q) for part in parts)
    return ag.cat([total, total.new_zeros((*total.shape[:-1], extra))], -1) if extra else total


def _added(mask: Tensor, like: Tensor) -> Any:
    """A mask as numbers to add: -inf where a bool one is True."""
    if mask.dtype != ag.bool:
        return mask.to(like.dtype)
    return ag.where(mask, -math.inf, ag.zeros((), dtype=like.dtype, device=like.device))
