"""Batch normalisation, at PyTorch's place: see ``normalization``."""

from __future__ import annotations

from nn.modules.normalization import BatchNorm1d as BatchNorm1d
from nn.modules.normalization import BatchNorm2d as BatchNorm2d
from nn.modules.normalization import BatchNorm3d as BatchNorm3d
from nn.modules.normalization import SyncBatchNorm as SyncBatchNorm
from nn.modules.normalization import _BatchNorm as _BatchNorm
from nn.modules.normalization import _NormBase as _NormBase
