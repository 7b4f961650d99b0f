"""Resizing, at PyTorch's place: see ``vision``."""

from __future__ import annotations

from nn.modules.vision import Upsample as Upsample
from nn.modules.vision import UpsamplingBilinear2d as UpsamplingBilinear2d
from nn.modules.vision import UpsamplingNearest2d as UpsamplingNearest2d
