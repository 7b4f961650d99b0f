"""What model definitions call in PyTorch's C++ module."""

from __future__ import annotations

__all__ = ["_get_tracing_state", "_log_api_usage_once"]


def _log_api_usage_once(event: str) -> None:
    """Nothing: usage is not recorded."""


def _get_tracing_state() -> None:
    """None: nothing is ever traced."""
