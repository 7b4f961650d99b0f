"""A character-level language model: text in, the next character's distribution out."""

from __future__ import annotations

import autograd as ag
import nn
import nn.functional as F

__all__ = ["CharLSTM"]

State = tuple[ag.Tensor, ag.Tensor]


class CharLSTM(nn.Module):
    """An embedding, an LSTM, a linear layer.

    Args:
        vocabulary: number of different characters.
        embedding: width of a character.
        hidden: width of the LSTM.
        layers: of the LSTM.
        dropout: between the LSTM's layers.

    Example:
        >>> from nn import models
        >>> logits, state = models.CharLSTM(vocabulary=27, embedding=8, hidden=16)(ag.zeros(2, 5, dtype=ag.int64))
        >>> logits.shape
        Size([2, 5, 27])

    Source: Graves, Generating Sequences with Recurrent Neural Networks, 2013.
    """

    def __init__(
        self, vocabulary: int, embedding: int = 64, hidden: int = 256, layers: int = 1, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, hidden, layers, batch_first=True, dropout=dropout)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, input: ag.Tensor, state: State | None = None) -> tuple[ag.Tensor, State]:
        """Logits of each next character, and the state to go on from.

        Args:
            input: (N,T) characters.
            state: what an earlier call returned; zeros by default.

        Returns:
            (N, T, vocabulary), and (h, c).
        """
        output, state = self.lstm(self.embedding(input), state)
        return self.head(output), state

    @ag.no_grad()
    def generate(self, start: ag.Tensor, characters: int, temperature: float = 1.0) -> ag.Tensor:
        """Continues a text, each character drawn from its distribution.

        Args:
            start: (N,T) characters, T at least 1.
            characters: how many to add.
            temperature: below 1 likelier characters become likelier still.

        Returns:
            (N, T + characters).
        """
        text, state = [start], None
        for _ in range(characters):
            logits, state = self(text[-1], state)
            text.append(ag.multinomial(F.softmax(logits[:, -1] / temperature, dim=1), 1))
        return ag.cat(text, 1)
