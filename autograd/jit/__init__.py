"""PyTorch's ``torch.jit`` for programs that mention it: Python runs as Python, nothing is scripted or traced."""

from __future__ import annotations

from typing import Final

from autograd.jit.scripting import (
    _overload as _overload,
)
from autograd.jit.scripting import (
    _overload_method as _overload_method,
)
from autograd.jit.scripting import (
    annotate,
    export,
    freeze,
    ignore,
    is_scripting,
    is_tracing,
    isinstance,
    optimize_for_inference,
    script,
    script_if_tracing,
    trace,
    unused,
)

__all__ = [
    "Final",
    "annotate",
    "export",
    "freeze",
    "ignore",
    "is_scripting",
    "is_tracing",
    "isinstance",
    "optimize_for_inference",
    "script",
    "script_if_tracing",
    "trace",
    "unused",
]
