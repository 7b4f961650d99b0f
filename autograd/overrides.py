"""PyTorch's ``torch.overrides`` for functions that ask whether a subclass takes over: none does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograd.node import Variable

__all__ = ["handle_torch_function", "has_torch_function", "is_tensor_like"]


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """False: operations give tensors, whatever subclass they get.

    Args:
        relevant_args: arguments of a function.

    Returns:
        False.

    Example:
        >>> ag.overrides.has_torch_function((ag.ones(1),))
        False
    """
    return False


def handle_torch_function(
    public_api: Callable[..., Any], relevant_args: Iterable[Any], *args: Any, **kwargs: Any
) -> Any:
    """Calls the function itself, as there is no subclass to ask.

    Args:
        public_api: the function.
        relevant_args: accepted.
        args, kwargs: its arguments.

    Returns:
        What it returns.

    Example:
        >>> ag.overrides.handle_torch_function(abs, (), -2)
        2
    """
    return public_api(*args, **kwargs)


def is_tensor_like(inp: Any) -> bool:
    """Whether an object is a tensor.

    Args:
        inp: anything.

    Returns:
        True for a ``Tensor``.

    Example:
        >>> ag.overrides.is_tensor_like(ag.ones(1))
        True
    """
    return isinstance(inp, Variable)
