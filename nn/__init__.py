"""Models: layers, losses, activations, initialisation, under PyTorch's names. (interim exports)"""

from __future__ import annotations
import importlib as _il
from pathlib import Path as _P
from nn import init
from nn.module import Module
from nn.parameter import Buffer, Parameter

for _p in sorted((_P(__file__).parent / "modules").glob("*.py")):
    if _p.stem == "__init__":
        continue
    try:
        _mod = _il.import_module("nn.modules." + _p.stem)
    except ImportError as _e:
        import sys as _s

        print("interim nn/__init__:", _p.stem, _e, file=_s.stderr)
        continue
    globals().update({_k: getattr(_mod, _k) for _k in getattr(_mod, "__all__", ())})
