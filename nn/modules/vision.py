"""Images made larger, and elements moved between channels and space, as layers."""

from __future__ import annotations

from typing import Any

from autograd.tensor import Tensor
from nn import functional as F
from nn.module import Module

__all__ = [
    "ChannelShuffle",
    "PixelShuffle",
    "PixelUnshuffle",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]


class Upsample(Module):
    """An image (N,C,L), (N,C,H,W) or (N,C,D,H,W) made larger, see ``interpolate``.

    Args:
        size: the spatial sizes wanted, an int for all or one for each axis.
        scale_factor: or by how much each axis grows, a number for all or one for each.
        mode: "nearest", "linear", "bilinear", "bicubic" or "trilinear".
        align_corners: the centres of the corner elements stay where they are, else the corners of the image do.
        recompute_scale_factor: take the positions from the sizes, rather than from ``scale_factor``.

    Example:
        >>> nn.Upsample(scale_factor=2, mode="bilinear")(ag.ones(1, 3, 4, 4)).shape
        Size([1, 3, 8, 8])
    """

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        several = isinstance(scale_factor, (tuple, list))
        self.size, self.mode, self.align_corners = size, mode, align_corners
        self.scale_factor = tuple(map(float, scale_factor)) if several else scale_factor and float(scale_factor)
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        how = (self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor)
        return F.interpolate(input, *how)

    def extra_repr(self) -> str:
        name = "size" if self.scale_factor is None else "scale_factor"
        return f"{name}={getattr(self, name)}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """(N,C,H,W) made larger by repeating the nearest element.

    Args:
        size: (H,W), or one int for both.
        scale_factor: or by how much each axis grows.

    Example:
        >>> nn.UpsamplingNearest2d(scale_factor=2)(ag.ones(1, 1, 1, 1)).shape
        Size([1, 1, 2, 2])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """(N,C,H,W) made larger by linear interpolation between corners that stay where they are.

    Args:
        size: (H,W), or one int for both.
        scale_factor: or by how much each axis grows.

    Example:
        >>> nn.UpsamplingBilinear2d(size=(1, 3))(ag.tensor([[[[1.0, 3.0]]]]))
        tensor([[[[1., 2., 3.]]]])
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PixelShuffle(Module):
    """Channels moved into space: (*,C*r*r,H,W) becomes (*,C,H*r,W*r), see ``pixel_shuffle``.

    Args:
        upscale_factor: r.

    Example:
        >>> nn.PixelShuffle(2)(ag.ones(1, 8, 3, 3)).shape
        Size([1, 2, 6, 6])
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Space moved into channels: (*,C,H*r,W*r) becomes (*,C*r*r,H,W), see ``pixel_unshuffle``.

    Args:
        downscale_factor: r.

    Example:
        >>> nn.PixelUnshuffle(2)(ag.ones(1, 2, 6, 6)).shape
        Size([1, 8, 3, 3])
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Channels dealt out anew: the first of each group, then the second of each, ..., see ``channel_shuffle``.

    Args:
        groups: how many; divides C.

    Example:
        >>> nn.ChannelShuffle(2)(ag.arange(4.0).reshape(1, 4, 1)).flatten()
        tensor([0., 2., 1., 3.])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
