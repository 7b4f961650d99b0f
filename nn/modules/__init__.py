"""The layers, by family; some families also under PyTorch's names for them."""

from __future__ import annotations

from importlib import import_module as _import_module
from importlib.util import find_spec as _find_spec
from typing import Any as _Any


def __getattr__(name: str) -> _Any:
    """A layer or a family, for programs that write ``torch.nn.modules.Linear`` or ``torch.nn.modules.module``."""
    if not name.startswith("_"):
        if _find_spec(f"{__name__}.{name}") is not None:
            return _import_module(f"{__name__}.{name}")
        if name in (facade := _import_module("nn")).__all__:
            return getattr(facade, name)
    raise AttributeError(f"module 'nn.modules' has no attribute {name!r}")
