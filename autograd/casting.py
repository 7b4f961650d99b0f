"""What chooses the dtypes of operations inside ``autocast``: the state that ``grad_mode.Mode`` carries."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from autograd.dtypes import dtype, float32, float64
from autograd.grad_mode import mode, switch_autocast
from autograd.node import Leaf, Variable
from autograd.policies import POLICIES, Policy

P = ParamSpec("P")
R = TypeVar("R")


class Casting:
    """The dtypes of a context, never changed but replaced.

    Args:
        cpu, cuda: the low dtype on each device, None where there is no autocast.
        cache: what parameters were cast to; None to cast them anew each time.
    """

    __slots__ = ("cache", "cpu", "cuda")

    def __init__(self, cpu: dtype | None, cuda: dtype | None, cache: dict[Any, Any] | None) -> None:
        self.cpu, self.cuda, self.cache = cpu, cuda, cache

    def prepared(self, policy: Policy, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The inputs of an operation, tensors among them in the dtype that its policy asks for."""
        return tuple([self._cast(policy, x) for x in inputs])

    def _cast(self, policy: Policy, x: Any) -> Any:
        """One input; float64, integers, and what lies on a device without autocast stay as they are."""
        if not isinstance(x, Variable):
            return x
        on_gpu = x.backend.name == "cuda"
        low, rule = (self.cuda, policy.cuda) if on_gpu else (self.cpu, policy.cpu)
        kind: dtype = x.dtype  # type: ignore[attr-defined]
        if low is None or not rule or not kind.is_floating_point or kind is float64:
            return x
        if rule == "float32":
            return x if kind is float32 else x.to(float32)  # type: ignore[attr-defined]
        return x if kind is low else self._low(x, low)

    def _low(self, x: Variable, low: dtype) -> Any:
        """A parameter is cast once in a context, other tensors each time."""
        if self.cache is None or type(x.node) is not Leaf or x.raw.dtype != float32.numpy:
            return x.to(low)  # type: ignore[attr-defined]
        key = id(x), low, bool(mode().enabled)
        found = self.cache.get(key)
        if found is None or found[1] != x.stamp[2] or found[2] is not x.raw:
            found = self.cache[key] = (x, x.stamp[2], x.raw, x.to(low))  # type: ignore[attr-defined]
        return found[3]


def autocasts(function: Callable[P, R]) -> Callable[P, R]:
    """A function of several operations that ``policies.py`` names: inside ``autocast`` its tensors are cast once, before it."""
    policy = POLICIES[function.__name__]

    @functools.wraps(function)
    def door(*args: P.args, **kwargs: P.kwargs) -> R:
        casting = mode().autocast
        if casting is None:
            return function(*args, **kwargs)
        given = casting.prepared(policy, (*args, *kwargs.values()))
        switch_autocast(None)
        try:
            return function(*given[: len(args)], **dict(zip(kwargs, given[len(args) :], strict=True)))
        finally:
            switch_autocast(casting)

    return door


def autocasting(x: Variable) -> bool:
    """Whether dtypes are chosen on the device of a tensor."""
    casting = mode().autocast
    return casting is not None and getattr(casting, x.backend.name, None) is not None
