"""Signals, under the names of ``torch.signal``: windows."""

from __future__ import annotations

from autograd.signal import windows

__all__ = ["windows"]
