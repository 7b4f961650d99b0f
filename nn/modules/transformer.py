"""The transformer: encoder and decoder layers, stacks of them, and both together."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import autograd as ag
from autograd.tensor import Tensor
from nn import init
from nn.functional.activation import relu
from nn.functional.smooth_activation import gelu
from nn.module import Module
from nn.modules.attention import MultiheadAttention
from nn.modules.container import ModuleList
from nn.modules.dropout import Dropout
from nn.modules.linear import Linear
from nn.modules.normalization import LayerNorm

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

Activation = str | Callable[[Tensor], Tensor]


def _get_activation_fn(spec: Activation) -> Callable[[Tensor], Tensor]:
    """The function under a name, or the function itself."""
    if not isinstance(spec, str):
        return spec
    known: dict[str, Callable[[Tensor], Tensor]] = {"relu": relu, "gelu": gelu}
    if spec not in known:
        raise ValueError(f"Transformer: expected activation to be 'relu', 'gelu' or a function, got {spec!r}")
    return known[spec]


def _get_clones(layer: Module, count: int) -> ModuleList:
    return ModuleList(copy.deepcopy(layer) for _ in range(count))


def _is_causal(mask: Tensor | None, said: bool | None) -> bool:
    """Whether a mask is the causal one: as said, or else by looking at it."""
    if said is not None or mask is None:
        return bool(said)
    size = mask.shape[-1]
    if mask.ndim != 2 or mask.shape[0] != size:
        return False
    causal = Transformer.generate_square_subsequent_mask(size, device=mask.device)
    seen = mask if mask.dtype == ag.bool else mask == -float("inf")
    if mask.dtype != ag.bool and not bool(((mask == 0) | seen).all()):
        return False
    return bool((seen == (causal < 0)).all())


class TransformerEncoderLayer(Module):
    """Self-attention and a feed-forward net, each with a residual connection and layer normalisation.

    y = norm1(x + attention(x)), z = norm2(y + W2 f(W1 y)); with ``norm_first`` y = x + attention(norm1(x)),
    z = y + W2 f(W1 norm2(y)).

    Args:
        d_model: E, the width of input and output.
        nhead: heads of the attention.
        dim_feedforward: width between W1 and W2.
        dropout: probability of every dropout.
        activation: f, "relu", "gelu" or a function.
        layer_norm_eps: eps of the normalisations.
        batch_first: tensors are (N, T, E) instead of (T, N, E).
        norm_first: normalise before attention and net instead of after.
        bias: whether linear layers and normalisations have biases.
        device, dtype: of the parameters.

    Raises:
        ValueError: an unknown activation, or heads that do not divide E.

    Example:
        >>> layer = nn.TransformerEncoderLayer(8, 2, 16)
        >>> layer(ag.ones(5, 3, 8)).shape
        Size([5, 3, 8])

    Source: Vaswani et al., Attention Is All You Need, 2017; Xiong et al. 2020 for ``norm_first``.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        where = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **where)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **where)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **where)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, **where)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, **where)
        self.dropout1, self.dropout2 = Dropout(dropout), Dropout(dropout)
        self.activation = _get_activation_fn(activation)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """One layer.

        Args:
            src: (T, N, E), with ``batch_first`` (N, T, E), or (T, E).
            src_mask: (T, T) or (N*H, T, T), as ``attn_mask`` of ``MultiheadAttention``.
            src_key_padding_mask: (N, T) or (T,).
            is_causal: says that ``src_mask`` is the causal one.

        Returns:
            A tensor like ``src``.
        """

        def attend(x: Tensor) -> Any:
            y, _ = self.self_attn(
                x, x, x, key_padding_mask=src_key_padding_mask, need_weights=False, attn_mask=src_mask,
                is_causal=is_causal,
            )  # fmt: skip
            return self.dropout1(y)

        def feed(x: Tensor) -> Any:
            return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))

        x: Tensor
        if self.norm_first:
            x = src + attend(self.norm1(src))
            x = x + feed(self.norm2(x))
        else:
            x = self.norm1(src + attend(src))
            x = self.norm2(x + feed(x))
        return x


class TransformerDecoderLayer(Module):
    """Self-attention, attention to an encoder's output, and a feed-forward net, each with residual and normalisation.

    Args:
        d_model: E, the width of input, memory and output.
        nhead: heads of the attentions.
        dim_feedforward: width within the net.
        dropout: probability of every dropout.
        activation: of the net: "relu", "gelu" or a function.
        layer_norm_eps: eps of the normalisations.
        batch_first: tensors are (N, T, E) instead of (T, N, E).
        norm_first: normalise before attentions and net instead of after.
        bias: whether linear layers and normalisations have biases.
        device, dtype: of the parameters.

    Raises:
        ValueError: an unknown activation, or heads that do not divide E.

    Example:
        >>> layer = nn.TransformerDecoderLayer(8, 2, 16)
        >>> layer(ag.ones(4, 3, 8), ag.ones(5, 3, 8)).shape
        Size([4, 3, 8])

    Source: Vaswani et al., Attention Is All You Need, 2017.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        where = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **where)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, **where)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **where)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **where)
        self.norm_first = norm_first
        self.norm1, self.norm2, self.norm3 = (LayerNorm(d_model, layer_norm_eps, bias=bias, **where) for _ in range(3))
        self.dropout1, self.dropout2, self.dropout3 = (Dropout(dropout) for _ in range(3))
        self.activation = _get_activation_fn(activation)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """One layer.

        Args:
            tgt: (T, N, E), with ``batch_first`` (N, T, E), or (T, E).
            memory: the encoder's output, (S, N, E), (N, S, E) or (S, E).
            tgt_mask: (T, T) or (N*H, T, T), as ``attn_mask`` of ``MultiheadAttention``.
            memory_mask: (T, S) or (N*H, T, S).
            tgt_key_padding_mask: (N, T) or (T,).
            memory_key_padding_mask: (N, S) or (S,).
            tgt_is_causal: says that ``tgt_mask`` is the causal one.
            memory_is_causal: says that ``memory_mask`` is the causal one.

        Returns:
            A tensor like ``tgt``.
        """

        def attend(x: Tensor) -> Any:
            y, _ = self.self_attn(
                x, x, x, key_padding_mask=tgt_key_padding_mask, need_weights=False, attn_mask=tgt_mask,
                is_causal=tgt_is_causal,
            )  # fmt: skip
            return self.dropout1(y)

        def look(x: Tensor) -> Any:
            y, _ = self.multihead_attn(
                x, memory, memory, key_padding_mask=memory_key_padding_mask, need_weights=False, attn_mask=memory_mask,
                is_causal=memory_is_causal,
            )  # fmt: skip
            return self.dropout2(y)

        def feed(x: Tensor) -> Any:
            return self.dropout3(self.linear2(self.dropout(self.activation(self.linear1(x)))))

        x: Tensor
        if self.norm_first:
            x = tgt + attend(self.norm1(tgt))
            x = x + look(self.norm2(x))
            x = x + feed(self.norm3(x))
        else:
            x = self.norm1(tgt + attend(tgt))
            x = self.norm2(x + look(x))
            x = self.norm3(x + feed(x))
        return x


class TransformerEncoder(Module):
    """A stack of encoder layers.

    Args:
        encoder_layer: the layer; copied for each place.
        num_layers: how many.
        norm: a module for the last output, or None.
        enable_nested_tensor, mask_check: accepted.

    Example:
        >>> encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), num_layers=2)
        >>> encoder(ag.ones(5, 3, 8)).shape
        Size([5, 3, 8])
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _get_clones(encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """All layers.

        Args:
            src: as for the layers.
            mask, src_key_padding_mask: as for the layers.
            is_causal: says whether ``mask`` is the causal one; None: looks at it.

        Returns:
            A tensor like ``src``.
        """
        causal = _is_causal(mask, is_causal)
        for layer in self.layers:
            src = layer(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=causal)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """A stack of decoder layers.

    Args:
        decoder_layer: the layer; copied for each place.
        num_layers: how many.
        norm: a module for the last output, or None.

    Example:
        >>> decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), num_layers=2)
        >>> decoder(ag.ones(4, 3, 8), ag.ones(5, 3, 8)).shape
        Size([4, 3, 8])
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _get_clones(decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """All layers.

        Args:
            tgt, memory: as for the layers.
            tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask: as for the layers.
            tgt_is_causal: says whether ``tgt_mask`` is the causal one; None: looks at it.
            memory_is_causal: says that ``memory_mask`` is the causal one.

        Returns:
            A tensor like ``tgt``.
        """
        causal = _is_causal(tgt_mask, tgt_is_causal)
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """Encoder and decoder: reads a source sequence, gives one output per target position.

    Args:
        d_model: E, the width of all tensors.
        nhead: heads of the attentions.
        num_encoder_layers, num_decoder_layers: how many of each.
        dim_feedforward: width within the feed-forward nets.
        dropout: probability of every dropout.
        activation: of the nets: "relu", "gelu" or a function.
        custom_encoder, custom_decoder: modules to use instead of the stacks.
        layer_norm_eps: eps of the normalisations.
        batch_first: tensors are (N, T, E) instead of (T, N, E).
        norm_first: normalise before attentions and nets instead of after.
        bias: whether linear layers and normalisations have biases.
        device, dtype: of the parameters.

    Raises:
        ValueError: an unknown activation, or heads that do not divide E.

    Example:
        >>> net = nn.Transformer(8, 2, 1, 1, 16)
        >>> net(ag.ones(5, 3, 8), ag.ones(4, 3, 8)).shape
        Size([4, 3, 8])

    Source: Vaswani et al., Attention Is All You Need, 2017.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        where = {"device": device, "dtype": dtype}
        layer = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, **where)

        if custom_encoder is None:
            custom_encoder = TransformerEncoder(TransformerEncoderLayer(*layer, **where), num_encoder_layers, norm())
        if custom_decoder is None:
            custom_decoder = TransformerDecoder(TransformerDecoderLayer(*layer, **where), num_decoder_layers, norm())
        self.encoder, self.decoder = custom_encoder, custom_decoder
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Encodes ``src`` and decodes ``tgt`` looking at it.

        Args:
            src: (S, N, E), with ``batch_first`` (N, S, E), or (S, E).
            tgt: (T, N, E), (N, T, E) or (T, E).
            src_mask, tgt_mask, memory_mask: (S, S), (T, T) and (T, S), or with N*H in front.
            src_key_padding_mask, tgt_key_padding_mask, memory_key_padding_mask: (N, S), (N, T) and (N, S).
            src_is_causal, tgt_is_causal: say whether the masks are causal ones; None: looks at them.
            memory_is_causal: says that ``memory_mask`` is the causal one.

        Returns:
            A tensor like ``tgt``.

        Raises:
            ShapeError: axes that do not fit.
        """
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        decoded: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
        return decoded

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """The causal mask: 0 where a position may look, at itself and before, -inf where it may not.

        Args:
            sz: T, the length.
            device, dtype: of the mask.

        Returns:
            (T, T).
        """
        return ag.full((sz, sz), -float("inf"), device=device, dtype=dtype or ag.get_default_dtype()).triu(1)
