"""A module's state as a dictionary of tensors, and back. ``Module`` is the door; here is what stands behind it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.grad_mode import no_grad
from autograd.sparse_tensor import SparseTensor
from autograd.tensor import Tensor
from nn.parameter import Parameter

if TYPE_CHECKING:
    from nn.module import Module

EXTRA = "_extra_state"
Undo = Callable[[], Any]


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict`` did not find, and what it did not expect."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


# -- out --------------------------------------------------------------------------------------------------------------


def state_dict(module: Module, destination: Any, prefix: str, keep_vars: bool) -> Any:
    """Puts the state of ``module`` and of all below it into ``destination``."""
    if destination is None:
        destination = OrderedDict()
        destination._metadata = OrderedDict()
    metadata = {"version": module._version}
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = metadata
    for hook in module._state_dict_pre_hooks.values():
        hook(module, prefix, keep_vars)
    module._save_to_state_dict(destination, prefix, keep_vars)
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook in module._state_dict_hooks.values():
        hook(module, destination, prefix, metadata)
    return destination


def save_own(module: Module, destination: Any, prefix: str, keep_vars: bool) -> None:
    """The entries of one module, without those of its children."""
    for name, t in _own_tensors(module).items():
        destination[prefix + name] = t if keep_vars else t.detach()
    if _overrides(module, "get_extra_state"):
        destination[prefix + EXTRA] = module.get_extra_state()


def _own_tensors(module: Module) -> dict[str, Tensor]:
    kept = {n: b for n, b in module._buffers.items() if n not in module._non_persistent_buffers_set}
    return {n: t for n, t in {**module._parameters, **kept}.items() if t is not None}


def _overrides(module: Module, name: str) -> bool:
    """Whether a subclass of ``Module`` defines the method itself."""
    return bool(getattr(type(module), name).__module__ != "nn.module")


# -- in ---------------------------------------------------------------------------------------------------------------


def load_state_dict(module: Module, entries: Any, strict: bool, assign: bool) -> IncompatibleKeys:
    """Checks everything, then writes everything; on any failure the model is as it was."""
    if not isinstance(entries, Mapping):
        raise TypeError(f"load_state_dict: expected a dictionary of tensors, got {type(entries).__name__}")
    found = IncompatibleKeys([], [])
    errors: list[str] = []
    writes: list[Callable[[], Undo]] = []
    after: list[Callable[[], Any]] = []
    versions = getattr(entries, "_metadata", None) or {}

    def survey(m: Module, part: Any, prefix: str) -> None:
        metadata = {**versions.get(prefix[:-1], {}), "assign_to_params_buffers": assign, "writes": writes}
        m._load_from_state_dict(part, prefix, metadata, True, found.missing_keys, found.unexpected_keys, errors)
        for name, child in m._modules.items():
            if child is not None:
                below = f"{prefix}{name}."
                survey(child, OrderedDict((k, v) for k, v in part.items() if k.startswith(below)), below)
        after.extend(partial(hook, m, found) for hook in m._load_state_dict_post_hooks.values())

    def check() -> None:
        if errors or (strict and (found.missing_keys or found.unexpected_keys)):
            raise RuntimeError(_report(module, found, errors, strict))

    survey(module, OrderedDict(entries), "")
    if errors or not after:  # hooks may still forgive keys, nothing else
        check()
    undo: list[Undo] = []
    try:
        undo.extend(write() for write in writes)
        for hook in after:
            hook()
        check()
    except BaseException:
        for step in reversed(undo):
            step()
        raise
    return found


def load_own(
    module: Module,
    entries: Any,
    prefix: str,
    metadata: dict[str, Any],
    strict: bool,
    missing_keys: list[str],
    unexpected_keys: list[str],
    errors: list[str],
) -> None:
    """Compares the entries of one module with its tensors; what fits is noted in ``metadata["writes"]``."""
    for hook in module._load_state_dict_pre_hooks.values():
        hook(module, entries, prefix, metadata, strict, missing_keys, unexpected_keys, errors)
    own, writes = _own_tensors(module), metadata["writes"]
    for name, target in own.items():
        key = prefix + name
        if key not in entries:
            missing_keys.append(key)
            continue
        fault = _fault(key, target, entries[key])
        if fault:
            errors.append(fault)
        elif metadata["assign_to_params_buffers"]:
            writes.append(partial(_assign, module, name, entries[key]))
        else:
            writes.append(partial(_copy, target, entries[key]))
    expected = set(own)
    if _overrides(module, "set_extra_state"):
        expected.add(EXTRA)
        if prefix + EXTRA in entries:
            writes.append(partial(_set_extra, module, entries[prefix + EXTRA]))
        else:
            missing_keys.append(prefix + EXTRA)
    for key in entries:
        name, dot, _ = key[len(prefix) :].partition(".")
        known = module._modules.get(name) is not None if dot else name in expected
        if key.startswith(prefix) and not known:
            unexpected_keys.append(key)


def _fault(key: str, target: Tensor, value: Any) -> str:
    """Why ``value`` cannot become ``target``; empty if it can."""
    if not isinstance(value, (Tensor, SparseTensor)):
        return f"no tensor for {key}: got {type(value).__name__}"
    if value.shape != target.shape:
        return f"size mismatch for {key}: the model has {tuple(target.shape)}, the state has {tuple(value.shape)}"
    if value.is_complex() and not target.is_complex():
        return f"dtype mismatch for {key}: the model has {target.dtype}, the state has {value.dtype}"
    return ""


def _copy(target: Any, value: Any) -> Undo:
    if isinstance(target, SparseTensor):
        old = target.clone()
        target.copy_(value)
        return lambda: target.copy_(old)
    before = target.raw.copy()
    with no_grad():
        target.copy_(value)

    def undo() -> None:
        target.raw[...] = before

    return undo


def _assign(module: Module, name: str, value: Tensor) -> Undo:
    table: dict[str, Any] = module._parameters if name in module._parameters else module._buffers
    before = table[name]
    if isinstance(before, Parameter) and not isinstance(value, Parameter):
        value = Parameter(value, requires_grad=before.requires_grad)
    elif isinstance(before, Parameter):
        value.requires_grad_(before.requires_grad)
    table[name] = value
    return lambda: table.__setitem__(name, before)


def _set_extra(module: Module, state: Any) -> Undo:
    before = module.get_extra_state() if _overrides(module, "get_extra_state") else None
    module.set_extra_state(state)
    return lambda: module.set_extra_state(before)


def _report(module: Module, found: IncompatibleKeys, errors: list[str], strict: bool) -> str:
    """Every fault, under PyTorch's headings: programs look for them in the message."""
    wrong = {"Missing": found.missing_keys, "Unexpected": found.unexpected_keys} if strict else {}
    quoted = {what: ", ".join(f'"{key}"' for key in keys) for what, keys in wrong.items() if keys}
    faults = "\n\t".join([f"{what} key(s) in state_dict: {keys}." for what, keys in quoted.items()] + errors)
    way_out = "Is it the state of another model?" if errors else "Pass strict=False to load the keys that match"
    return f"Error(s) in loading state_dict for {type(module).__name__}:\n\t{faults}\nNothing was loaded. {way_out}"
