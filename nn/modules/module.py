"""The base of all layers, at PyTorch's place: see ``nn.module``."""

from __future__ import annotations

from nn.module import Module as Module
