"""PyTorch's ``torch.fx`` for model definitions that mention it: nothing is traced symbolically."""

from __future__ import annotations

from typing import Any

__all__ = ["wrap"]


def wrap(fn_or_name: Any) -> Any:
    """The function or name itself; there is no tracing that it should be kept out of.

    Args:
        fn_or_name: a function, or the name of one.

    Returns:
        The argument.

    Example:
        >>> ag.fx.wrap(abs) is abs
        True
    """
    return fn_or_name
