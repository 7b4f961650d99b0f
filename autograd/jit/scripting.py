"""The names of ``torch.jit``: each gives back what it gets."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any


def script(obj: Any, *args: Any, **options: Any) -> Any:
    """The function, class or module itself.

    Args:
        obj: what PyTorch would compile.
        args, options: accepted.

    Returns:
        ``obj``.

    Example:
        >>> ag.jit.script(abs) is abs
        True
    """
    return obj


def trace(func: Any, example_inputs: Any = None, **options: Any) -> Any:
    """The function or module itself; it is run once on the example, as PyTorch does, so that errors come early.

    Args:
        func: a module or function of tensors.
        example_inputs: a tensor, or a tuple of arguments; None runs nothing.
        options: check_trace=, strict= and the like are accepted.

    Returns:
        ``func``.

    Example:
        >>> ag.jit.trace(ag.exp, ag.ones(1)) is ag.exp
        True
    """
    if example_inputs is not None:
        func(*example_inputs) if builtins.isinstance(example_inputs, tuple) else func(example_inputs)
    return func


def script_if_tracing(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself.

    Args:
        fn: a function.

    Returns:
        ``fn``.

    Example:
        >>> ag.jit.script_if_tracing(abs) is abs
        True
    """
    return fn


def is_scripting() -> bool:
    """False: the code runs as Python."""
    return False


def is_tracing() -> bool:
    """False: the code runs as Python."""
    return False


def ignore(drop: Any = False, **options: Any) -> Any:
    """A decorator that changes nothing; with or without arguments.

    Args:
        drop: the function, or PyTorch's flag.
        options: accepted.

    Returns:
        The function, or a decorator.

    Example:
        >>> ag.jit.ignore(abs) is ag.jit.ignore(drop=True)(abs) is abs
        True
    """
    return drop if callable(drop) else _same


def _same(function: Any) -> Any:
    return function


_overload_method = _overload = _same  # declarations of other argument types, which model definitions carry


def export(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself.

    Args:
        fn: a method.

    Returns:
        ``fn``.

    Example:
        >>> ag.jit.export(abs) is abs
        True
    """
    return fn


def unused(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself.

    Args:
        fn: a method.

    Returns:
        ``fn``.

    Example:
        >>> ag.jit.unused(abs) is abs
        True
    """
    return fn


def freeze(mod: Any, preserved_attrs: Any = None, optimize_numerics: bool = True) -> Any:
    """The module itself.

    Args:
        mod: a module.
        preserved_attrs, optimize_numerics: accepted.

    Returns:
        ``mod``.

    Example:
        >>> ag.jit.freeze(abs) is abs
        True
    """
    return mod


def optimize_for_inference(mod: Any, other_methods: Any = None) -> Any:
    """The module itself.

    Args:
        mod: a module.
        other_methods: accepted.

    Returns:
        ``mod``.

    Example:
        >>> ag.jit.optimize_for_inference(abs) is abs
        True
    """
    return mod


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value itself.

    Args:
        the_type: what PyTorch's compiler is told.
        the_value: anything.

    Returns:
        ``the_value``.

    Example:
        >>> ag.jit.annotate(int, 3)
        3
    """
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether an object is of a type; of ``List[int]`` and its like, whether it is a list.

    Args:
        obj: anything.
        target_type: a type, a subscripted one, or a tuple of them.

    Returns:
        As Python's ``isinstance``.

    Example:
        >>> ag.jit.isinstance([1], list[int])
        True
    """
    kinds = target_type if builtins.isinstance(target_type, tuple) else (target_type,)
    plain: Any = tuple(getattr(kind, "__origin__", kind) for kind in kinds)
    return builtins.isinstance(obj, plain)
