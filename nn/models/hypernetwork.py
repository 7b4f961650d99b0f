"""A network whose weights another network computes."""

from __future__ import annotations

import autograd as ag
import nn
import nn.functional as F

__all__ = ["HyperNet", "HyperResNet"]


class HyperNet(nn.Module):
    """A layer's embedding to that layer's 3x3 filters: two linear maps, shared by all layers.

    The filters of ``size`` input and output maps come from one embedding; a wider layer is tiled from several.

    Args:
        embedding: width of an embedding.
        size: input and output maps that one embedding gives.
        hidden: width between the two maps.

    Example:
        >>> from nn import models
        >>> models.HyperNet(embedding=4, size=2)(ag.zeros(3, 2, 4)).shape
        Size([6, 4, 3, 3])

    Source: Ha, Dai and Le, HyperNetworks, 2016.
    """

    def __init__(self, embedding: int = 16, size: int = 16, hidden: int = 16) -> None:
        super().__init__()
        self.size, self.hidden = size, hidden
        self.first = nn.Linear(embedding, size * hidden)
        self.second = nn.Linear(hidden, size * 9)

    def forward(self, embeddings: ag.Tensor) -> ag.Tensor:
        """The filters of a layer.

        Args:
            embeddings: (A, B, embedding) for a layer of A * size output and B * size input maps.

        Returns:
            (A * size, B * size, 3, 3).
        """
        a, b, _ = embeddings.shape
        rows = self.first(embeddings).view(a, b, self.size, self.hidden)
        tiles = self.second(rows).view(a, b, self.size, self.size, 3, 3)  # the last two: input maps, then the window
        return tiles.permute(0, 2, 1, 3, 4, 5).reshape(a * self.size, b * self.size, 3, 3)


class HyperResNet(nn.Module):
    """A small residual network for images, all of whose 3x3 filters but the first a ``HyperNet`` computes.

    Args:
        num_classes: width of the output.
        in_channels: of the image.
        blocks: of each of the three stages.
        size: maps of the first stage; the next have twice as many each.
        embedding: of the ``HyperNet``.

    Example:
        >>> from nn import models
        >>> models.HyperResNet(in_channels=1, size=4)(ag.zeros(2, 1, 8, 8)).shape
        Size([2, 10])

    Source: Ha, Dai and Le, HyperNetworks, 2016, section 4.1.
    """

    def __init__(
        self, num_classes: int = 10, in_channels: int = 3, blocks: int = 1, size: int = 16, embedding: int = 16
    ) -> None:
        super().__init__()
        self.hyper = HyperNet(embedding, size)
        self.stem = nn.Conv2d(in_channels, size, 3, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(size)
        self.embeddings, self.norms = nn.ParameterList(), nn.ModuleList()
        self.strides = []
        before = 1
        for stage in range(3):
            for block in range(blocks):
                for conv in range(2):
                    after = 1 << stage
                    self.embeddings.append(nn.Parameter(ag.randn(after, before, embedding)))
                    self.norms.append(nn.BatchNorm2d(after * size))
                    self.strides.append(2 if stage and not block and not conv else 1)
                    before = after
        self.fc = nn.Linear(before * size, num_classes)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of the classes.

        Args:
            input: (N, in_channels, H, W).

        Returns:
            (N, num_classes).
        """
        x = F.relu(self.stem_norm(self.stem(input)))
        layers = list(zip(self.embeddings, self.norms, self.strides, strict=True))
        for (e1, norm1, stride), (e2, norm2, _) in zip(layers[::2], layers[1::2], strict=True):
            y = F.relu(norm1(F.conv2d(x, self.hyper(e1), stride=stride, padding=1)))
            y = norm2(F.conv2d(y, self.hyper(e2), padding=1))
            shortcut = x[:, :, ::stride, ::stride]
            x = F.relu(y + F.pad(shortcut, (0, 0, 0, 0, 0, y.shape[1] - x.shape[1])))
        logits: ag.Tensor = self.fc(x.mean((2, 3)))
        return logits
