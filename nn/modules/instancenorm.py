"""Instance normalisation, at PyTorch's place: see ``normalization``."""

from __future__ import annotations

from nn.modules.normalization import InstanceNorm1d as InstanceNorm1d
from nn.modules.normalization import InstanceNorm2d as InstanceNorm2d
from nn.modules.normalization import InstanceNorm3d as InstanceNorm3d
from nn.modules.normalization import _InstanceNorm as _InstanceNorm
