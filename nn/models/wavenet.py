"""WaveNet: a waveform predicted sample by sample through dilated causal convolutions."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

import autograd as ag
import nn
import nn.functional as F

__all__ = ["WaveNet", "mu_law_decode", "mu_law_encode"]


def mu_law_encode(signal: ag.Tensor, levels: int = 256) -> ag.Tensor:
    """Amplitudes to classes on a logarithmic scale: sign(x) log(1 + mu |x|) / log(1 + mu), mu = levels - 1, in equal steps.

    Args:
        signal: any shape, in [-1, 1].
        levels: number of classes.

    Returns:
        int64 of the same shape, in 0 ... levels - 1.

    Example:
        >>> from nn import models
        >>> models.mu_law_encode(ag.tensor([-1.0, 0.0, 1.0]))
        tensor([  0, 128, 255])

    Source: ITU-T G.711.
    """
    mu = levels - 1
    compressed = signal.sign() * ag.log1p(mu * signal.abs().clamp(max=1)) / math.log1p(mu)
    return ((compressed + 1) / 2 * mu + 0.5).long()


def mu_law_decode(classes: ag.Tensor, levels: int = 256) -> ag.Tensor:
    """Classes of ``mu_law_encode`` to amplitudes.

    Args:
        classes: integers of any shape, in 0 ... levels - 1.
        levels: number of classes.

    Returns:
        float32 of the same shape, in [-1, 1].

    Example:
        >>> from nn import models
        >>> models.mu_law_decode(ag.tensor([0, 255]))
        tensor([-1.,  1.])
    """
    mu = levels - 1
    compressed = 2 * classes.float() / mu - 1
    return compressed.sign() * ((1 + mu) ** compressed.abs() - 1) / mu


class WaveNet(nn.Module):
    """Gated residual layers whose dilation doubles; the sum of their skips gives the next sample's distribution.

    z = tanh(W_f * x) sigmoid(W_g * x); x becomes x + W_r z, and W_s z goes to the output. A prediction sees 1 + cycles *
    (2**layers - 1) samples, none of them later than its own.

    Args:
        levels: classes of a sample.
        channels: of the residual path.
        skip_channels: of the output's path.
        layers: of one cycle, with dilations 1, 2, 4, ..., 2**(layers - 1).
        cycles: how often the dilations repeat.

    Example:
        >>> from nn import models
        >>> net = models.WaveNet(levels=16, channels=8, skip_channels=8, layers=3, cycles=2)
        >>> net(ag.zeros(1, 20, dtype=ag.int64)).shape, net.receptive_field
        (Size([1, 16, 20]), 15)

    Source: van den Oord et al., WaveNet: A Generative Model for Raw Audio, 2016.
    """

    def __init__(
        self, levels: int = 256, channels: int = 32, skip_channels: int = 64, layers: int = 10, cycles: int = 3
    ) -> None:
        super().__init__()
        self.dilations = [1 << i for i in range(layers)] * cycles
        self.embedding = nn.Embedding(levels, channels)
        self.gated = nn.ModuleList(nn.Conv1d(channels, 2 * channels, 2, dilation=d) for d in self.dilations)
        self.residual = nn.ModuleList(nn.Conv1d(channels, channels, 1) for _ in self.dilations)
        self.skip = nn.ModuleList(nn.Conv1d(channels, skip_channels, 1) for _ in self.dilations)
        self.head = nn.Sequential(
            nn.ReLU(), nn.Conv1d(skip_channels, skip_channels, 1), nn.ReLU(), nn.Conv1d(skip_channels, levels, 1)
        )

    @property
    def receptive_field(self) -> int:
        """How many samples a prediction depends on."""
        return 1 + sum(self.dilations)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of each next sample.

        Args:
            input: (N,T) classes.

        Returns:
            (N, levels, T): at t the distribution of sample t + 1, given samples 0 ... t.
        """
        return self.from_embedded(self.embedding(input).transpose(1, 2))

    def from_embedded(self, x: ag.Tensor) -> ag.Tensor:
        """The same from real-valued channels, through which gradients flow.

        Args:
            x: (N, channels, T).

        Returns:
            (N, levels, T).
        """
        total: ag.Tensor | None = None
        for dilation, gated, residual, skip in zip(self.dilations, self.gated, self.residual, self.skip, strict=True):
            filtered, gate = gated(F.pad(x, (dilation, 0))).chunk(2, dim=1)
            z = ag.tanh(filtered) * ag.sigmoid(gate)
            x = x + residual(z)
            total = skip(z) if total is None else total + skip(z)
        logits: ag.Tensor = self.head(total)
        return logits

    @ag.no_grad()
    def generate(self, start: ag.Tensor, samples: int, temperature: float = 1.0) -> ag.Tensor:
        """Continues a waveform, each sample drawn from its distribution.

        Args:
            start: (N,T) classes, T at least 1.
            samples: how many to add.
            temperature: below 1 likelier samples become likelier still.

        Returns:
            (N, T + samples) classes.
        """
        if not samples:
            return start
        signal = list(start[:, -self.receptive_field :].unbind(1))
        speak, known, drawn = self._speaker(len(start)), len(signal), [start]
        for t in range(known + samples - 1):
            logits = speak(signal[t])
            if t >= known - 1:
                drawn.append(ag.multinomial(F.softmax(logits / temperature, dim=1), 1))
                signal.append(drawn[-1].squeeze(1))
        return ag.cat(drawn, 1)

    def _speaker(self, n: int) -> Callable[[ag.Tensor], ag.Tensor]:
        """A function from n signals' next classes to the logits after them, which remembers what each layer looks back on.

        Source: Le Paine et al., Fast Wavenet Generation Algorithm, 2016.
        """
        silence = self.embedding.weight.new_zeros(n, self.embedding.weight.shape[1])
        queues = [deque([silence] * dilation) for dilation in self.dilations]
        gated = [(conv.weight.transpose(1, 2).flatten(1), conv.bias) for conv in self.gated]  # (2C, before and now)
        residual = [(conv.weight.squeeze(2), conv.bias) for conv in self.residual]
        skip = ag.cat([conv.weight.squeeze(2) for conv in self.skip], 1)
        bias = ag.stack([conv.bias for conv in self.skip]).sum(0)

        def speak(classes: ag.Tensor) -> ag.Tensor:
            x, gates = self.embedding(classes), []
            for queue, (w, b), (w_residual, b_residual) in zip(queues, gated, residual, strict=True):
                queue.append(x)
                filtered, gate = F.linear(ag.cat([queue.popleft(), x], 1), w, b).chunk(2, dim=1)
                gates.append(ag.tanh(filtered) * ag.sigmoid(gate))
                x = x + F.linear(gates[-1], w_residual, b_residual)
            total = F.linear(ag.cat(gates, 1), skip, bias)
            logits: ag.Tensor = self.head(total.unsqueeze(2)).squeeze(2)
            return logits

        return speak
