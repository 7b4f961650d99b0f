"""What all update rules share: groups of parameters, their state, closures, hooks.

A rule is a class with its options in ``__init__``, the state of one parameter in ``_start``, and the formula in
``_update``, which writes into raw arrays of one backend, like the forward of an op.
"""

from __future__ import annotations

import functools
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from itertools import chain
from typing import Any, ParamSpec, TypeVar

from autograd.dtypes import BFLOAT16
from autograd.errors import ShapeError
from autograd.grad_mode import enable_grad, switch
from autograd.inplace import fill
from autograd.node import Handle
from autograd.op import wrap, written
from autograd.tensor import Tensor
from autograd.widening import narrow, wide
from optim.rule import Group, State, like

Params = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
required = object()  # the default of an option that every group must give, for rules of one's own
P = ParamSpec("P")
R = TypeVar("R")


def hooked(step: Callable[P, R]) -> Callable[P, R]:
    """A ``step`` method that runs the optimizer's hooks before and after."""

    @functools.wraps(step)
    def run(*args: Any, **kwargs: Any) -> Any:
        self = args[0]
        for hook in self._step_pre_hooks:
            changed = hook(self, args, kwargs)
            if changed is not None:
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        f"{self._name}: expected a step pre-hook to return None or (args, kwargs), got {changed!r}"
                    )
                args, kwargs = changed
        result = step(*args, **kwargs)
        self._stepped = True
        for hook in self._step_post_hooks:
            hook(self, args, kwargs)
        return result

    return run


class Optimizer:
    """The base of all update rules: parameters in groups with options of their own, and a state for each parameter.

    A rule of one's own either defines ``_start`` and ``_update``, or ``step`` itself, as in PyTorch.

    Args:
        params: what to optimize: leaf tensors, or dictionaries ``{"params": tensors, option: value, ...}``, one per
            group, or pairs (name, tensor).
        defaults: option: value, for the groups that do not say otherwise.

    Attributes:
        param_groups: the dictionaries, with every option filled in; change an option between steps by assigning to it.
        state: tensor: {name: value}, what the rule remembers of each parameter.
        defaults: as given.

    Raises:
        TypeError: ``params`` holds something else.
        ValueError: there is no parameter, one that is not a leaf, or one that is in two groups.

    Example:
        >>> class Descent(optim.Optimizer):
        ...     def _update(self, be, group, params, grads, states):
        ...         for p, g in zip(params, grads):
        ...             p -= group["lr"] * g
        >>> w = ag.tensor([3.0], requires_grad=True)
        >>> (w * w).backward(); Descent([w], {"lr": 0.5}).step(); w
        tensor([0.], requires_grad=True)
    """

    _step_name = "Optimizer.step"  # what errors call it that wrote into a parameter
    _stepped = False  # whether step() ever ran: schedulers warn when they come first
    # What an optimizer has around another one whose groups and state it shares, and that never calls __init__.
    _step_pre_hooks: Any = ()
    _step_post_hooks: Any = ()
    _state_dict_pre_hooks: Any = ()
    _state_dict_post_hooks: Any = ()
    _load_pre_hooks: Any = ()
    _load_post_hooks: Any = ()

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                f"{self._name}: expected an iterable of tensors or of groups, got a Tensor. Put it in a list"
            )
        self.defaults = defaults
        self.state: defaultdict[Any, State] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._no_hooks()
        given: list[Any] = list(params)
        if not given:
            raise ValueError(f"{self._name}: expected at least one parameter, got none. Was the iterator used before?")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._step_name = f"{cls.__name__}.step"
        if "step" in vars(cls):
            cls.step = hooked(cls.step)  # type: ignore[method-assign]

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _no_hooks(self) -> None:
        self._stepped = False
        for kind in ("_step_pre", "_step_post", "_state_dict_pre", "_state_dict_post", "_load_pre", "_load_post"):
            setattr(self, f"{kind}_hooks", [])

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "_step_pre_hooks" not in self.__dict__:
            self._no_hooks()

    def __repr__(self) -> str:
        lines = [f"{self._name} ("]
        for i, group in enumerate(self.param_groups):
            lines += [""] * (i > 0) + [f"Parameter Group {i}"]
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])

    # -- parameters --------------------------------------------------------------------------------------------------
    def add_param_group(self, param_group: Group) -> None:
        """Adds a group, for example of layers that are trained from now on.

        Args:
            param_group: ``{"params": tensors or (name, tensor) pairs, option: value, ...}``; the options left out are
                filled in from the defaults.

        Raises:
            TypeError: not a dictionary, parameters in a set (which has no order), or something that is not a tensor.
            ValueError: a tensor that is not a leaf or is in another group, names for some only, or differentiable=True.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"{self._name}: expected a dict as parameter group, got {type(param_group).__name__}")
        params = param_group["params"]
        if isinstance(params, (set, frozenset)):
            raise TypeError(f"{self._name}: expected parameters in an order that repeats, got a set. Use a list")
        given = [params] if isinstance(params, Tensor) else list(params)
        names = [entry[0] for entry in given if isinstance(entry, tuple)]
        if names and len(names) != len(given):
            raise ValueError(
                f"{self._name}: expected names for all parameters or none, got {len(names)} of {len(given)}"
            )
        params = param_group["params"] = [entry[1] if isinstance(entry, tuple) else entry for entry in given]
        if names:
            param_group["param_names"] = names
        self._check_params(params)
        for option, default in self.defaults.items():
            if default is required and option not in param_group:
                raise ValueError(f"{self._name}: expected a value for {option} in every group, got a group without")
            param_group.setdefault(option, default)
        if param_group.get("differentiable"):
            raise ValueError(
                f"{self._name}: expected differentiable=False, got True. Steps are not recorded; to differentiate "
                "through one, write it in tensor operations on the results of autograd.grad(..., create_graph=True)"
            )
        for group in self.param_groups:
            if ("param_names" in group) != ("param_names" in param_group):
                raise ValueError(
                    f"{self._name}: expected all groups with names or all without, got a group "
                    f"{'with' if names else 'without'} beside others"
                )
            if not set(params).isdisjoint(group["params"]):
                raise ValueError(f"{self._name}: expected every parameter in one group, got one that is in two")
        self.param_groups.append(param_group)

    def _check_params(self, params: list[Any]) -> None:
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{self._name}: expected tensors to optimize, got {type(p).__name__}")
            if not p.is_leaf and not p.retains_grad:
                raise ValueError(
                    f"{self._name}: expected a leaf to optimize, got the result of an operation, of shape "
                    f"{tuple(p.raw.shape)}. Use detach().requires_grad_()"
                )
        if len(set(params)) != len(params):
            warnings.warn(
                f"{self._name}: a parameter is more than once in its group, and takes that many steps at once",
                stacklevel=4,
            )

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters.

        Args:
            set_to_none: drop the memory too; otherwise it is filled with zeros, and a parameter that then gets no
                gradient still takes a step (weight decay, momentum).
        """
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p._grad is not None:
                    if p._grad.node is not None:  # from create_graph: its memory may belong to the graph
                        p._grad = wrap(p.backend.xp.empty_like(p.raw), p.backend)
                    fill(p._grad, "zero_grad", 0)

    # -- the step ----------------------------------------------------------------------------------------------------
    @hooked
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One update of every parameter that has a gradient.

        Args:
            closure: computes the loss anew, calls ``backward`` on it and returns it; run before the update.

        Returns:
            What the closure returned; None without one.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        before = switch(False)  # what no_grad() does, without an object
        try:
            for group in self.param_groups:
                self._step_group(group)
        finally:
            switch(before)
        return loss

    def _step_group(self, group: Group) -> None:
        """Updates the parameters of a group, neighbours on one backend together."""
        batches: list[tuple[Any, ...]] = []
        be: Any = None
        raws: list[Any]
        grads: list[Any]
        states: list[State]
        low: list[Any]
        for p in group["params"]:
            if p._grad is not None:
                if p.backend is not be:
                    be = p.backend
                    raws, grads, states, low = [], [], [], []
                    batches.append((be, raws, grads, states, low))
                raw, g = p.raw, p._grad.raw
                raws.append(raw)
                grads.append(g)
                states.append(self.state[p] or self._begin(p, group))
                if raw.dtype is BFLOAT16 or g.dtype is BFLOAT16:
                    low.append(raw)
                written(p, self._step_name, None, track=False)  # so that backward through what saved it is refused
        for be, raws, grads, states, low in batches:
            update = self._update_widely if low else self._update
            update(be, group, raws, grads, states)

    def _update_widely(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        """``_update`` where some arrays are bfloat16: on float32 copies, rounded once."""
        lows = [state for raw, state in zip(params, states, strict=True) if raw.dtype is BFLOAT16]
        for state in lows:
            _hold(state, wide)
        wider = [wide(raw) for raw in params]
        self._update(be, group, wider, [wide(g) for g in grads], states)
        for raw, updated in zip(params, wider, strict=True):
            if updated is not raw:
                raw[...] = narrow(updated)
        for state in lows:
            _hold(state, narrow)

    def _begin(self, p: Tensor, group: Group) -> State:
        state = self.state[p]
        state.update(self._start(p, group))
        return state

    def _start(self, p: Tensor, group: Group) -> State:
        """The state of a parameter before its first step, {name: number or tensor}."""
        return {}

    def _update(self, be: Any, group: Group, params: list[Any], grads: list[Any], states: list[State]) -> None:
        """The rule: writes into ``params`` and ``states``; see ``parts`` for complex parameters."""
        raise NotImplementedError(f"{self._name}: expected a rule with an _update or a step of its own")

    # -- state -------------------------------------------------------------------------------------------------------
    def state_dict(self) -> dict[str, Any]:
        """State and options in PyTorch's form, parameters replaced by their positions.

        Returns:
            ``{"state": {position: {name: value}}, "param_groups": [{option: value, ..., "params": positions}]}``. It
            shares memory with the optimizer; numbers such as ``step`` are Python numbers.
        """
        for hook in self._state_dict_pre_hooks:
            hook(self)
        positions: dict[Any, int] = {}
        groups, at = [], 0
        for group in self.param_groups:
            for i, p in enumerate(group["params"], at):
                positions.setdefault(p, i)
            at += len(group["params"])
            options = {key: value for key, value in group.items() if key != "params"}
            groups.append({**options, "params": [positions[p] for p in group["params"]]})
        state = {positions.get(p, p): values for p, values in self.state.items() if values}
        result: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in self._state_dict_post_hooks:
            changed = hook(self, result)
            result = result if changed is None else changed
        return result

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes over a state, by position; it is copied, to the dtype and device of the parameters.

        Args:
            state_dict: from ``state_dict()`` of this rule, here or in PyTorch; arrays of any library will do.

        Raises:
            ValueError: groups or parameters differ in number, or it is not such a dictionary.
            ShapeError: the state belongs to a parameter of another shape.
        """
        state_dict = dict(state_dict)
        for hook in self._load_pre_hooks:
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        if missing := {"state", "param_groups"} - set(state_dict):
            raise ValueError(f"{self._name}: expected the result of state_dict(), got one without {sorted(missing)}")
        groups, saved = self.param_groups, deepcopy(state_dict["param_groups"])
        sizes = [len(g["params"]) for g in groups], [len(g["params"]) for g in saved]
        if sizes[0] != sizes[1]:
            raise ValueError(
                f"{self._name}: expected a state for groups of {sizes[0]} parameters, got one for {sizes[1]}. "
                "Build the optimizer as it was when the state was saved"
            )
        places = [(new, p) for new, old in zip(saved, groups, strict=True) for p in old["params"]]
        place_of = dict(zip(chain.from_iterable(g["params"] for g in saved), places, strict=True))
        for new, old in zip(saved, groups, strict=True):
            new["params"] = old["params"]
            for option in ("param_names", *self.defaults):  # what the writer did not know yet
                if option in old:
                    new.setdefault(option, old[option])
        state: defaultdict[Any, State] = defaultdict(dict)
        for key, values in state_dict["state"].items():
            if key in place_of:
                group, p = place_of[key]
                state[p] = self._restored(p, group, values)
            else:
                state[key] = values
        self.__setstate__({"state": state, "param_groups": saved})  # where a rule of one's own may add to it
        for hook in self._load_post_hooks:
            hook(self)

    def _restored(self, p: Tensor, group: Group, saved: Mapping[str, Any]) -> State:
        """A parameter's state from a saved one, in the form that ``_start`` gives it."""
        state = self._start(p, group) if saved else {}
        for name, value in saved.items():
            fresh = state.get(name)
            if isinstance(fresh, (int, float)):
                state[name] = type(fresh)(value)
            elif isinstance(fresh, Tensor):
                value = like(p, value)
                if value.raw.shape != fresh.raw.shape:
                    raise ShapeError(
                        f"{self._name}: expected {name} of shape {tuple(fresh.raw.shape)} for a parameter of shape "
                        f"{tuple(p.raw.shape)}, got {tuple(value.raw.shape)}. Is it the state of another model?"
                    )
                state[name] = value
            else:
                state[name] = like(p, value)
        return state

    # -- hooks -------------------------------------------------------------------------------------------------------
    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Calls a function before each step.

        Args:
            hook: ``hook(optimizer, args, kwargs)``; may return other (args, kwargs) for ``step``, the optimizer first.

        Returns:
            A handle whose ``remove()`` takes the hook away.
        """
        return _registered(self._step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., None]) -> Handle:
        """Calls a function after each step.

        Args:
            hook: ``hook(optimizer, args, kwargs)``.

        Returns:
            A handle whose ``remove()`` takes the hook away.
        """
        return _registered(self._step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable[[Optimizer], None], prepend: bool = False) -> Handle:
        """Calls a function before ``state_dict`` collects.

        Args:
            hook: ``hook(optimizer)``.
            prepend: run it before the hooks registered so far.

        Returns:
            A handle whose ``remove()`` takes the hook away.
        """
        return _registered(self._state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Calls a function on the result of ``state_dict``.

        Args:
            hook: ``hook(optimizer, state_dict)``; may return another dictionary.
            prepend: run it before the hooks registered so far.

        Returns:
            A handle whose ``remove()`` takes the hook away.
        """
        return _registered(self._state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> Handle:
        """Calls a function on what ``load_state_dict`` is given.

        Args:
            hook: ``hook(optimizer, state_dict)``; may return another dictionary.
            prepend: run it before the hooks registered so far.

        Returns:
            A handle whose ``remove()`` takes the hook away.
        """
        return _registered(self._load_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[[Optimizer], None], prepend: bool = False) -> Handle:
        """Calls a function after ``load_state_dict``.

        Args:
            hook: ``hook(optimizer)``.
            prepend: run it before the hooks registered so far.

        Returns:
            A handle whose ``remove()`` takes the hook away.
        """
        return _registered(self._load_post_hooks, hook, prepend)


def _hold(state: State, change: Callable[[Any], Any]) -> None:
    """Keeps the tensors of a state in another dtype: steps of bfloat16 parameters are computed in float32."""
    for value in state.values():
        if isinstance(value, Tensor):
            value.raw = change(value.raw)


def _registered(hooks: list[Any], hook: Any, prepend: bool = False) -> Handle:
    hooks.insert(0 if prepend else len(hooks), hook)
    return Handle(hooks, hook)
