"""Sequence to sequence: a recurrent encoder, and a decoder that looks back at it through attention."""

from __future__ import annotations

import autograd as ag
import nn
import nn.functional as F

__all__ = ["Seq2Seq"]


class Seq2Seq(nn.Module):
    """A bidirectional GRU reads; a GRU writes, each step weighing all that was read: sum_t softmax_t(v tanh(W s + U h_t)) h_t.

    Args:
        source: size of the vocabulary that is read.
        target: size of the vocabulary that is written.
        embedding: width of a token.
        hidden: width of the decoder; each direction of the encoder has half of it.
        padding: token of the source that attention is to ignore.

    Example:
        >>> from nn import models
        >>> net = models.Seq2Seq(source=10, target=12, embedding=8, hidden=16)
        >>> net(ag.ones(2, 5, dtype=ag.int64), ag.ones(2, 4, dtype=ag.int64)).shape
        Size([2, 4, 12])

    Source: Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and Translate, 2014.
    """

    def __init__(self, source: int, target: int, embedding: int = 32, hidden: int = 128, padding: int = 0) -> None:
        super().__init__()
        self.padding = padding
        self.source = nn.Embedding(source, embedding, padding_idx=padding)
        self.target = nn.Embedding(target, embedding)
        self.encoder = nn.GRU(embedding, hidden // 2, batch_first=True, bidirectional=True)
        self.bridge = nn.Linear(hidden, hidden)
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden, bias=False)
        self.energy = nn.Linear(hidden, 1, bias=False)
        self.decoder = nn.GRUCell(embedding + hidden, hidden)
        self.head = nn.Linear(2 * hidden, target)

    def encode(self, source: ag.Tensor) -> tuple[ag.Tensor, ag.Tensor, ag.Tensor]:
        """What the decoder needs.

        Args:
            source: (N,S) tokens.

        Returns:
            What was read (N, S, hidden), its keys (N, S, hidden), and the decoder's first state (N, hidden).
        """
        memory, last = self.encoder(self.source(source))
        state = ag.tanh(self.bridge(ag.cat([last[0], last[1]], 1)))
        return memory, self.key(memory), state

    def step(
        self, token: ag.Tensor, state: ag.Tensor, memory: ag.Tensor, keys: ag.Tensor, ignored: ag.Tensor
    ) -> tuple[ag.Tensor, ag.Tensor, ag.Tensor]:
        """One token of the decoder.

        Args:
            token: (N,) the token before.
            state: (N, hidden).
            memory, keys: of ``encode``.
            ignored: (N,S) bool, where the source is padding.

        Returns:
            Logits (N, target), the next state (N, hidden), and the weights (N,S) of what was read.
        """
        scores = self.energy(ag.tanh(self.query(state).unsqueeze(1) + keys)).squeeze(2)
        weights = F.softmax(scores.masked_fill(ignored, -ag.inf), dim=1)
        context = (weights.unsqueeze(1) @ memory).squeeze(1)
        state = self.decoder(ag.cat([self.target(token), context], 1), state)
        return self.head(ag.cat([state, context], 1)), state, weights

    def forward(self, source: ag.Tensor, target: ag.Tensor) -> ag.Tensor:
        """Logits of each next token, the true one before it given (teacher forcing).

        Args:
            source: (N,S) tokens.
            target: (N,T) tokens, the first one the start.

        Returns:
            (N, T, target): at t the distribution of token t + 1.
        """
        memory, keys, state = self.encode(source)
        ignored, logits = source == self.padding, []
        for token in target.unbind(1):
            scores, state, _ = self.step(token, state, memory, keys, ignored)
            logits.append(scores)
        return ag.stack(logits, 1)

    @ag.no_grad()
    def translate(self, source: ag.Tensor, start: int, length: int) -> tuple[ag.Tensor, ag.Tensor]:
        """The likeliest token at each step, and where the decoder looked.

        Args:
            source: (N,S) tokens.
            start: the token to begin with.
            length: how many to write.

        Returns:
            (N, length) tokens, and (N, length, S) weights.
        """
        memory, keys, state = self.encode(source)
        ignored = source == self.padding
        token = ag.full((len(source),), start, dtype=ag.int64, device=source.device)
        tokens, looks = [], []
        for _ in range(length):
            logits, state, weights = self.step(token, state, memory, keys, ignored)
            token = logits.argmax(1)
            tokens.append(token)
            looks.append(weights)
        return ag.stack(tokens, 1), ag.stack(looks, 1)
