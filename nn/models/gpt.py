"""A GPT-style language model: masked self-attention, block upon block."""

from __future__ import annotations

from math import sqrt

import autograd as ag
import nn
import nn.functional as F

__all__ = ["GPT", "GPTBlock"]


class GPTBlock(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)); a position sees itself and those before it.

    Args:
        width: of the stream.
        heads: of the attention.
        dropout: behind attention and MLP, and on the attention's weights.

    Example:
        >>> from nn import models
        >>> models.GPTBlock(16, 4)(ag.zeros(2, 5, 16)).shape
        Size([2, 5, 16])
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads, self.p = heads, dropout
        self.ln_1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """The stream behind the block.

        Args:
            input: (N, T, width).

        Returns:
            (N, T, width).
        """
        n, t, width = input.shape
        split = self.qkv(self.ln_1(input)).view(n, t, 3, self.heads, width // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = F.scaled_dot_product_attention(q, k, v, dropout_p=self.p if self.training else 0.0, is_causal=True)
        x = input + self.dropout(self.proj(mixed.transpose(1, 2).reshape(n, t, width)))
        y: ag.Tensor = x + self.dropout(self.mlp(self.ln_2(x)))
        return y


class GPT(nn.Module):
    """Token and position embeddings, blocks of attention, and the embedding once more as the output's weight.

    The defaults are GPT-2's small model: 124,439,808 parameters.

    Args:
        vocabulary: number of tokens.
        context: the longest sequence.
        width: of the stream.
        layers: number of blocks.
        heads: of each block's attention.
        dropout: throughout.

    Raises:
        ValueError: a width that the heads do not divide.

    Example:
        >>> from nn import models
        >>> net = models.GPT(vocabulary=20, context=8, width=16, layers=2, heads=4)
        >>> net(ag.zeros(2, 8, dtype=ag.int64)).shape, net.generate(ag.zeros(1, 1, dtype=ag.int64), 10).shape
        (Size([2, 8, 20]), Size([1, 11]))

    Source: Radford et al., Language Models are Unsupervised Multitask Learners, 2019.
    """

    def __init__(
        self,
        vocabulary: int = 50257,
        context: int = 1024,
        width: int = 768,
        layers: int = 12,
        heads: int = 12,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"GPT: expected a width that the heads divide, got width {width} and {heads} heads")
        self.context = context
        self.token = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(context, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.Sequential(*(GPTBlock(width, heads, dropout) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        for name, parameter in self.named_parameters():
            if name.endswith(("proj.weight", "mlp.2.weight")):  # the stream is a sum of 2 * layers of these
                nn.init.normal_(parameter, 0.0, 0.02 / sqrt(2 * layers))
            elif parameter.ndim == 2:
                nn.init.normal_(parameter, 0.0, 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of each next token.

        Args:
            input: (N,T) tokens, T at most ``context``.

        Returns:
            (N, T, vocabulary): at t the distribution of token t + 1.

        Raises:
            ValueError: a longer sequence.
        """
        if input.shape[1] > self.context:
            raise ValueError(
                f"GPT: expected at most {self.context} tokens, got {input.shape[1]}. Cut the sequence or make a longer context"
            )
        positions = ag.arange(input.shape[1], device=input.device)
        x = self.blocks(self.dropout(self.token(input) + self.position(positions)))
        return F.linear(self.norm(x), self.token.weight)

    @ag.no_grad()
    def generate(self, start: ag.Tensor, tokens: int, temperature: float = 1.0, top_k: int | None = None) -> ag.Tensor:
        """Continues a sequence, each token drawn from its distribution.

        Args:
            start: (N,T) tokens, T at least 1.
            tokens: how many to add.
            temperature: below 1 likelier tokens become likelier still.
            top_k: draw from so many of the likeliest only.

        Returns:
            (N, T + tokens).
        """
        sequence = start
        for _ in range(tokens):
            logits = self(sequence[:, -self.context :])[:, -1] / temperature
            if top_k is not None:
                least = logits.topk(top_k, dim=1)[0][:, -1:]
                logits = logits.masked_fill(logits < least, -ag.inf)
            sequence = ag.cat([sequence, ag.multinomial(F.softmax(logits, dim=1), 1)], 1)
        return sequence
