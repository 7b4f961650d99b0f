"""The older place of ``autograd.func.functional_call``."""

from __future__ import annotations

from autograd.func import functional_call

__all__ = ["functional_call"]
