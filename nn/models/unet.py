"""U-Net: down to the meaning, up to the place, with the fine maps handed across; and a plain fully convolutional net."""

from __future__ import annotations

from itertools import pairwise

import autograd as ag
import nn
import nn.functional as F

__all__ = ["FCN", "UNet"]


def _double(in_channels: int, channels: int, batch_norm: bool, padding: int) -> nn.Sequential:
    """Two 3x3 convolutions with their activations."""
    layers: list[nn.Module] = []
    for before in (in_channels, channels):
        layers.append(nn.Conv2d(before, channels, 3, padding=padding, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm2d(channels))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """A contracting path and an expanding one, joined level by level: 31,030,658 parameters as in the paper.

    Each level down halves the map and doubles the channels; each level up doubles it by a transposed convolution, joins
    what the level had on the way down, and convolves twice.

    Args:
        in_channels: of the image.
        num_classes: maps of the output.
        width: maps of the first level.
        depth: how often the map is halved; H and W must be multiples of 2**depth.
        batch_norm: normalise behind each convolution.
        padding: True keeps the size; False is the paper's, whose output is smaller and whose joined maps are cropped.

    Example:
        >>> from nn import models
        >>> net = models.UNet(1, 2, width=4, depth=2)
        >>> net(ag.zeros(1, 1, 16, 16)).shape
        Size([1, 2, 16, 16])

    Source: Ronneberger, Fischer and Brox, U-Net: Convolutional Networks for Biomedical Image Segmentation, 2015.
    """

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 2,
        width: int = 64,
        depth: int = 4,
        batch_norm: bool = False,
        padding: bool = True,
    ) -> None:
        super().__init__()
        self.depth = depth
        widths = [width << i for i in range(depth + 1)]
        self.down = nn.ModuleList(
            _double(before, after, batch_norm, int(padding)) for before, after in pairwise([in_channels, *widths])
        )
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, stride=2) for w in reversed(widths[:-1]))
        self.merge = nn.ModuleList(_double(2 * w, w, batch_norm, int(padding)) for w in reversed(widths[:-1]))
        self.head = nn.Conv2d(width, num_classes, 1)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of the classes at each pixel.

        Args:
            input: (N, in_channels, H, W).

        Returns:
            (N, num_classes, H, W); without padding smaller: 572x572 gives 388x388.

        Raises:
            ValueError: H or W that cannot be halved ``depth`` times.
        """
        x, across = input, []
        for level, convolve in enumerate(self.down):
            if level:
                if x.shape[-1] % 2 or x.shape[-2] % 2:
                    raise ValueError(
                        f"UNet: expected maps that can be halved {self.depth} times, got {tuple(input.shape[-2:])}, which "
                        f"is {tuple(x.shape[-2:])} at level {level}. Pad or resize the images"
                    )
                across.append(x)
                x = F.max_pool2d(x, 2)
            x = convolve(x)
        for enlarge, merge, fine in zip(self.up, self.merge, reversed(across), strict=True):
            x = enlarge(x)
            top, left = ((fine.shape[i] - x.shape[i]) // 2 for i in (2, 3))
            fine = fine[:, :, top : top + x.shape[2], left : left + x.shape[3]]
            x = merge(ag.cat([fine, x], 1))
        logits: ag.Tensor = self.head(x)
        return logits


class FCN(nn.Module):
    """A convolutional classifier of each pixel: maps shrink by 8, and transposed convolutions with skips bring them back.

    The coarse scores are doubled and those of the next finer maps added, twice, and the sum is enlarged: the paper's way
    with its strides 2 and 4 instead of 8 and 16, for small images.

    Args:
        in_channels: of the image.
        num_classes: maps of the output.
        width: maps of the first stage; the next have twice as many each.

    Example:
        >>> from nn import models
        >>> models.FCN(3, 5, width=4)(ag.zeros(1, 3, 32, 24)).shape
        Size([1, 5, 32, 24])

    Source: Long, Shelhamer and Darrell, Fully Convolutional Networks for Semantic Segmentation, 2014.
    """

    def __init__(self, in_channels: int = 3, num_classes: int = 21, width: int = 16) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width]
        self.stages = nn.ModuleList(
            nn.Sequential(_double(before, after, True, 1), nn.MaxPool2d(2))
            for before, after in pairwise([in_channels, *widths])
        )
        self.scores = nn.ModuleList(nn.Conv2d(w, num_classes, 1) for w in reversed(widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(num_classes, num_classes, 4, stride=2, padding=1) for _ in widths)

    def forward(self, input: ag.Tensor) -> ag.Tensor:
        """Logits of the classes at each pixel.

        Args:
            input: (N, in_channels, H, W), H and W multiples of 8.

        Returns:
            (N, num_classes, H, W).

        Raises:
            ValueError: H or W that are no multiples of 8.
        """
        if input.shape[-1] % 8 or input.shape[-2] % 8:
            raise ValueError(
                f"FCN: expected height and width in multiples of 8, got {tuple(input.shape[-2:])}. Pad the images"
            )
        x, stages = input, []
        for stage in self.stages:
            x = stage(x)
            stages.append(x)
        logits: ag.Tensor | None = None
        for maps, score, enlarge in zip(reversed(stages), self.scores, self.up, strict=True):
            logits = enlarge(score(maps) if logits is None else logits + score(maps))
        assert logits is not None
        return logits
