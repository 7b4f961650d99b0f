"""The layers, by family; some families also under PyTorch's names for them."""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import Any as _Any


def __getattr__(name: str) -> _Any:
    """A layer, for programs that write ``torch.nn.modules.Linear``."""
    if not name.startswith("_") and name in (facade := _import_module("nn")).__all__:
        return getattr(facade, name)
    raise AttributeError(f"module 'nn.modules' has no attribute {name!r}")
