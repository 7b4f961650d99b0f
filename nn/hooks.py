"""Functions called around a module's forward and backward. ``Module`` registers them; here they are run."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd.function import Function
from autograd.tensor import Tensor

if TYPE_CHECKING:
    from nn.module import Module

_number = itertools.count().__next__
everywhere: dict[int, tuple[str, Any]] = {}  # (kind, hook): the hooks of all modules; they run before a module's own


class Key(int):
    """The number of a hook, and how it asked to be called: the hooks themselves are what programs look for."""

    with_kwargs = False
    always_call = False


class RemovableHandle:
    """What registering a hook returns: ``remove()`` takes the hook away. Also a context manager."""

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self._hooks, self.id = hooks, key

    def remove(self) -> None:
        """Takes the hook away; more than once does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def register(
    hooks: dict[int, Any], hook: Any, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Puts a hook behind (or before) the others."""
    key = Key(_number())
    if with_kwargs or always_call:
        key.with_kwargs, key.always_call = with_kwargs, always_call
    later = dict(hooks) if prepend else {}
    if prepend:
        hooks.clear()
    hooks[key] = hook
    hooks.update(later)
    return RemovableHandle(hooks, key)


def unobserved(module: Module) -> bool:
    """Whether nothing but a module's ``forward``, that of its class, sees its call."""
    return not (
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
        or everywhere
        or "forward" in module.__dict__
    )


def older_load_hook(module: Module, hook: Callable[..., Any], with_module: bool = False) -> RemovableHandle:
    """``register_load_state_dict_pre_hook`` as it was: the hook does not take the module, unless it asks for it."""
    return module.register_load_state_dict_pre_hook(hook if with_module else partial(_without_module, hook))


def _without_module(hook: Callable[..., Any], module: Module, *args: Any) -> Any:
    return hook(*args)


def _hooks(kind: str, own: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """The hooks of one kind that a call runs, with their keys."""
    return [(key, hook) for key, (of, hook) in everywhere.items() if of == kind] + list(own.items())


def call(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``module.forward(*args, **kwargs)`` with all hooks around it."""
    done: set[int] = set()
    result = None
    try:
        args, kwargs = _before(module, args, kwargs)
        watch = _Watch(module)
        if watch.full or watch.pre:
            args = watch.inputs(args)
        result = module.forward(*args, **kwargs)
        for key, hook in _hooks("forward", module._forward_hooks):
            done.add(key)
            result = _after(key, hook, module, args, kwargs, result)
        return watch.outputs(result) if watch.full or watch.pre else result
    except Exception:
        for key, hook in _hooks("forward", module._forward_hooks):
            if key.always_call and key not in done:
                try:
                    result = _after(key, hook, module, args, kwargs, result)
                except Exception as e:
                    warnings.warn(f"forward hook with always_call=True raised another error: {e!r}", stacklevel=2)
        raise


def _before(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for key, hook in _hooks("forward pre", module._forward_pre_hooks):
        if not key.with_kwargs:
            changed = hook(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
            continue
        changed = hook(module, args, kwargs)
        if changed is not None:
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(
                    f"forward pre-hook: expected None or a tuple (args, kwargs), got {type(changed).__name__}"
                )
            args, kwargs = changed
    return args, kwargs


def _after(
    key: Key, hook: Callable[..., Any], module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
) -> Any:
    changed = hook(module, args, kwargs, result) if key.with_kwargs else hook(module, args, result)
    return result if changed is None else changed


class _Gate(Function):
    """The identity on some tensors; their gradients pass through ``watch`` on the way back."""

    @staticmethod
    def forward(ctx: Any, watch: Callable[..., Any], *tensors: Any) -> Any:
        ctx.watch = watch
        ctx.set_materialize_grads(False)
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return (None, *ctx.watch(grads))


class _Watch:
    """The backward hooks of one call of a module: a gate before its forward and one behind it."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.full = [hook for _, hook in _hooks("backward", module._backward_hooks)]
        self.pre = [hook for _, hook in _hooks("backward pre", module._backward_pre_hooks)]
        self.grad_outputs: tuple[Any, ...] | None = None  # while backward is between the two gates
        self.places_in: list[int] = []
        self.places_out: list[int] = []
        self.count_in = self.count_out = 0

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments behind the first gate."""
        self.count_in = len(args)
        gated, self.places_in = _through(self.inputs_arrived, args) if self.full else (list(args), [])
        return tuple(gated)

    def outputs(self, result: Any) -> Any:
        """The results behind the second gate."""
        single = not isinstance(result, (tuple, list))
        parts = (result,) if single else result
        self.count_out = len(parts)
        gated, self.places_out = _through(self.outputs_arrived, parts)
        if not self.places_out:
            return result
        if single:
            return gated[0]
        if hasattr(result, "_fields"):  # a named tuple
            return type(result)(*gated)
        return type(result)(gated)

    def outputs_arrived(self, grads: tuple[Any, ...]) -> Sequence[Any]:
        """Gradients of the results: the first that backward meets."""
        found = _spread(grads, self.places_out, self.count_out)
        for hook in self.pre:
            changed = hook(self.module, found)
            if changed is not None:
                found = _as_many(changed, self.count_out, "full backward pre-hook")
        if self.places_in:
            self.grad_outputs = found
        elif self.full:
            self._without_inputs(found)
        return [found[i] for i in self.places_out]

    def _without_inputs(self, grad_outputs: tuple[Any, ...]) -> None:
        nothing = (None,) * self.count_in
        for hook in self.full:
            changed = hook(self.module, nothing, grad_outputs)
            many = nothing if changed is None else _as_many(changed, self.count_in, "full backward hook")
            if any(g is not None for g in many):
                raise RuntimeError(
                    "full backward hook: expected None where no input of the module requires grad, got a gradient"
                )

    def inputs_arrived(self, grads: tuple[Any, ...]) -> Sequence[Any]:
        """Gradients of the arguments: the last of the module."""
        if self.grad_outputs is None:  # they came another way, as those of saved tensors in a second derivative do
            return grads
        found = _spread(grads, self.places_in, self.count_in)
        for hook in self.full:
            changed = hook(self.module, found, self.grad_outputs)
            if changed is not None:
                found = _as_many(changed, self.count_in, "full backward hook")
        self.grad_outputs = None
        return [found[i] for i in self.places_in]


def _through(watch: Callable[..., Any], values: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The values with those that require grad behind a gate, and where these stand."""
    places = [i for i, v in enumerate(values) if isinstance(v, Tensor) and v.requires_grad]
    out = list(values)
    if places:
        for i, gated in zip(places, _Gate.apply(watch, *[values[i] for i in places]), strict=True):
            out[i] = gated
    return out, places


def _spread(grads: tuple[Any, ...], places: list[int], count: int) -> tuple[Any, ...]:
    out: list[Any] = [None] * count
    for i, g in zip(places, grads, strict=True):
        out[i] = g
    return tuple(out)


def _as_many(changed: Any, count: int, name: str) -> tuple[Any, ...]:
    out = changed if isinstance(changed, tuple) else (changed,)
    if len(out) != count:
        raise RuntimeError(f"{name}: expected None or {count} gradients, got {len(out)}")
    return out
