"""PyTorch's ``torch.nn.modules.module``: the base of all layers (see ``nn.module``), and hooks that all modules run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nn.hooks import RemovableHandle, everywhere, register
from nn.module import Module as Module
from nn.state import IncompatibleKeys as _IncompatibleKeys  # noqa: F401

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
]


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Calls ``hook(module, args)`` before the forward of every module, before the module's own hooks.

    Args:
        hook: the function; what it returns replaces the arguments.

    Returns:
        A handle; ``remove()`` takes the hook away.

    Example:
        >>> from nn.modules.module import register_module_forward_pre_hook
        >>> with register_module_forward_pre_hook(lambda module, args: print(module)):
        ...     _ = nn.ReLU()(ag.ones(1))
        ReLU()
    """
    return register(everywhere, ("forward pre", hook))


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Calls ``hook(module, args, output)`` after the forward of every module, before the module's own hooks.

    Args:
        hook: the function; what it returns replaces the output.
        with_kwargs: call ``hook(module, args, kwargs, output)``.
        always_call: also (with output None) when forward raises.

    Returns:
        A handle; ``remove()`` takes the hook away.

    Example:
        >>> from nn.modules.module import register_module_forward_hook
        >>> with register_module_forward_hook(lambda module, args, output: 2 * output):
        ...     nn.ReLU()(ag.ones(1))
        tensor([2.])
    """
    return register(everywhere, ("forward", hook), False, with_kwargs, always_call)


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Calls ``hook(module, grad_output)`` for every module when the gradients of its outputs are known.

    Args:
        hook: the function; it may return other gradients.

    Returns:
        A handle; ``remove()`` takes the hook away.

    Example:
        >>> from nn.modules.module import register_module_full_backward_pre_hook
        >>> with register_module_full_backward_pre_hook(lambda module, grad_output: print(grad_output)):
        ...     nn.ReLU()(ag.ones(1, requires_grad=True)).sum().backward()
        (tensor([1.]),)
    """
    return register(everywhere, ("backward pre", hook))


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Calls ``hook(module, grad_input, grad_output)`` for every module when the gradients of its inputs are known.

    Args:
        hook: the function; it may return other gradients of the inputs.

    Returns:
        A handle; ``remove()`` takes the hook away.

    Example:
        >>> from nn.modules.module import register_module_full_backward_hook
        >>> with register_module_full_backward_hook(lambda module, grad_input, grad_output: print(grad_input)):
        ...     nn.ReLU()(ag.ones(1, requires_grad=True)).sum().backward()
        (tensor([1.]),)
    """
    return register(everywhere, ("backward", hook))


register_module_backward_hook = register_module_full_backward_hook
