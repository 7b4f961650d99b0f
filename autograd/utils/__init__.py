"""Tools around the engine, under PyTorch's names: ``torch.utils.data`` is ``autograd.utils.data``.

Nothing is loaded before it is asked for, so that ``import autograd`` stays light.
"""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType


def __getattr__(name: str) -> ModuleType:
    module = f"{__name__}.{name}"
    if name.startswith("_") or importlib.util.find_spec(module) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(module)
