"""What model definitions call in PyTorch's C++ module."""

from __future__ import annotations

__all__: list[str] = []


def _log_api_usage_once(event: str) -> None:
    """Nothing: usage is not recorded."""


def _get_tracing_state() -> None:
    """None: nothing is ever traced."""
