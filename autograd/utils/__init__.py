"""Tools around the engine, under PyTorch's names: ``torch.utils.data`` is ``autograd.utils.data``.

Nothing is loaded before it is asked for, so that ``import autograd`` stays light.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from importlib.util import find_spec as _find_spec
from types import ModuleType as _ModuleType

__all__ = ["checkpoint", "data", "datasets", "tree"]


def __getattr__(name: str) -> _ModuleType:
    module = f"{__name__}.{name}"
    if name.startswith("_") or _find_spec(module) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _import_module(module)
