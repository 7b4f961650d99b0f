"""PyTorch's ``torch.compile`` and ``torch.compiler``: nothing is compiled, what is asked gets an honest answer.

Kernels are compiled when they are first used; a model needs no such step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = [
    "allow_in_graph",
    "compile",
    "cudagraph_mark_step_begin",
    "disable",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "reset",
]


def compile(model: Any = None, **options: Any) -> Any:
    """The model or function itself, as it is: operations run when they are called.

    Args:
        model: a module or function; None makes a decorator.
        options: fullgraph=, dynamic=, backend=, mode=, options=, disable= are accepted.

    Returns:
        ``model``, or the decorator.

    Raises:
        TypeError: another option.

    Example:
        >>> ag.compile(abs) is abs
        True
    """
    if unknown := options.keys() - {"fullgraph", "dynamic", "backend", "mode", "options", "disable"}:
        raise TypeError(f"compile: got an unexpected keyword argument {', '.join(sorted(unknown))}")
    return _same if model is None else model


def _same(function: Any) -> Any:
    return function


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """The function itself; there is no compilation to leave it out of.

    Args:
        fn: a function; None makes a decorator.
        recursive, reason: accepted.

    Returns:
        ``fn``, or the decorator.

    Example:
        >>> ag.compiler.disable(abs) is abs
        True
    """
    return _same if fn is None else fn


def allow_in_graph(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself.

    Args:
        fn: a function.

    Returns:
        ``fn``.

    Example:
        >>> ag.compiler.allow_in_graph(abs) is abs
        True
    """
    return fn


def is_compiling() -> bool:
    """False: nothing is being compiled."""
    return False


def is_dynamo_compiling() -> bool:
    """False: nothing is being compiled."""
    return False


def is_exporting() -> bool:
    """False: nothing is being exported."""
    return False


def reset() -> None:
    """Nothing is kept that could be forgotten."""


def cudagraph_mark_step_begin() -> None:
    """Nothing is captured that could begin."""
