"""The encoder-decoder transformer between two vocabularies."""

from __future__ import annotations

from math import log, sqrt

import autograd as ag
import nn

__all__ = ["SinusoidalPosition", "Translator"]


class SinusoidalPosition(nn.Module):
    """Adds sin(t / 10000**(2i/width)) and the cosine to channels 2i and 2i + 1: each position has a pattern of its own.

    Args:
        width: of the stream, even.
        longest: number of positions.

    Example:
        >>> from nn import models
        >>> models.SinusoidalPosition(4, 10)(ag.zeros(1, 2, 4))
        tensor([[[0.0000, 1.0000, 0.0000, 1.0000],
                 [0.8415, 0.5403, 0.0100, 0.9999]]])

    Source: Vaswani et al., Attention Is All You Need, 2017, section 3.5.
    """

    table: ag.Tensor

    def __init__(self, width: int, longest: int = 512) -> None:
        super().__init__()
        angles = ag.arange(longest).unsqueeze(1) * ag.exp(ag.arange(0, width, 2) * (-log(10000.0) / width))
        self.register_buffer("table", ag.stack([ag.sin(angles), ag.cos(angles)], 2).flatten(1), persistent=False)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """The stream with its positions.

        Args:
            input: (N, T, width), T at most ``longest``.

        Returns:
            (N, T, width).
        """
        return input + self.table[: input.shape[1]]


class Translator(nn.Module):
    """Embeddings with positions, ``nn.Transformer``, and a linear layer on top.

    The base model of the paper (width 512, 6 layers, 8 heads, feed-forward 2048) is what the defaults give.

    Args:
        source: size of the vocabulary that is read.
        target: size of the vocabulary that is written.
        width, heads, layers, feedforward, dropout: of the transformer.
        padding: token that attention is to ignore.
        longest: sequence.

    Example:
        >>> from nn import models
        >>> net = models.Translator(10, 12, width=16, heads=2, layers=1, feedforward=32)
        >>> net(ag.ones(2, 5, dtype=ag.int64), ag.ones(2, 4, dtype=ag.int64)).shape
        Size([2, 4, 12])

    Source: Vaswani et al., Attention Is All You Need, 2017.
    """

    def __init__(
        self,
        source: int,
        target: int,
        width: int = 512,
        heads: int = 8,
        layers: int = 6,
        feedforward: int = 2048,
        dropout: float = 0.1,
        padding: int = 0,
        longest: int = 512,
    ) -> None:
        super().__init__()
        self.width, self.padding = width, padding
        self.source = nn.Embedding(source, width, padding_idx=padding)
        self.target = nn.Embedding(target, width, padding_idx=padding)
        self.position = SinusoidalPosition(width, longest)
        self.dropout = nn.Dropout(dropout)
        self.transformer = nn.Transformer(width, heads, layers, layers, feedforward, dropout, batch_first=True)
        self.head = nn.Linear(width, target)
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(self, source: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        """Logits of each next token.

        Args:
            source: (N,S) tokens.
            target: (N,T) tokens, the first one the start.

        Returns:
            (N, T, target): at t the distribution of token t + 1.
        """
        return self.decode(target, self.encode(source), source == self.padding)

    def encode(self, source: ag.Tensor) -> ag.Tensor:
        """What the decoder reads.

        Args:
            source: (N,S) tokens.

        Returns:
            (N, S, width).
        """
        x = self.dropout(self.position(self.source(source) * sqrt(self.width)))
        memory: ag.Tensor = self.transformer.encoder(x, src_key_padding_mask=source == self.padding)
        return memory

    def decode(self, target: ag.Tensor, memory: ag.Tensor, ignored: ag.Tensor) -> ag.Tensor:
        """Logits of each next token, given what was read.

        Args:
            target: (N,T) tokens.
            memory: of ``encode``.
            ignored: (N,S) bool, where the source is padding.

        Returns:
            (N, T, target).
        """
        x = self.dropout(self.position(self.target(target) * sqrt(self.width)))
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1], device=target.device)
        y = self.transformer.decoder(x, memory, tgt_mask=mask, memory_key_padding_mask=ignored)
        logits: ag.Tensor = self.head(y)
        return logits

    @ag.no_grad()
    def translate(self, source: ag.Tensor, start: int, length: int) -> ag.Tensor:
        """The likeliest token at each step.

        Args:
            source: (N,S) tokens.
            start: the token to begin with.
            length: how many to write.

        Returns:
            (N, length) tokens.
        """
        memory, ignored = self.encode(source), source == self.padding
        tokens = ag.full((len(source), 1), start, dtype=ag.int64, device=source.device)
        for _ in range(length):
            next_token = self.decode(tokens, memory, ignored)[:, -1].argmax(1, keepdim=True)
            tokens = ag.cat([tokens, next_token], 1)
        return tokens[:, 1:]
