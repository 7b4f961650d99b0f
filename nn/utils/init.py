"""Modules whose parameters are about to be overwritten anyway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from nn.module import Module
from nn.skipping import skipped

__all__ = ["skip_init"]

Built = TypeVar("Built", bound=Module)


def skip_init(module_cls: Callable[..., Built], *args: Any, **kwargs: Any) -> Built:
    """Makes a module without the work of initialising it: its parameters have arbitrary values.

    Args:
        module_cls: the class.
        args, kwargs: its arguments.

    Returns:
        The module. No random numbers were drawn by ``nn.init``.

    Example:
        >>> nn.utils.skip_init(nn.Linear, 3, 5).weight.shape
        Size([5, 3])
    """
    with skipped():
        return module_cls(*args, **kwargs)
