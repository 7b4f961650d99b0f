"""PyTorch's ``torch.version``: this library's version, and what it was built with.

``cuda`` is None as for PyTorch without CUDA: no CUDA version is built in, CuPy brings its own; ask ``cuda.is_available()``.
"""

from __future__ import annotations

__all__ = ["cuda", "debug", "git_version", "hip", "xpu"]

__version__ = "0.1.0"
cuda: str | None = None
hip: str | None = None
xpu: str | None = None
git_version: str | None = None
debug = False
