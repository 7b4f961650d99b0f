"""Tables of vectors, at PyTorch's place: see ``embedding``."""

from __future__ import annotations

from nn.modules.embedding import Embedding as Embedding
from nn.modules.embedding import EmbeddingBag as EmbeddingBag
