"""Calling a module with other parameters than its own, and the parameters of many modules as one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from autograd.ops.joining import stack


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Calls a module with the given tensors in the places of its parameters and buffers.

    Args:
        module: an ``nn.Module``; it is left as it was, except that tensors given for buffers may be written to.
        parameter_and_buffer_dicts: names, as of ``named_parameters()`` and ``named_buffers()``, to tensors; or a
            sequence of such dictionaries. What is not named stays the module's own.
        args: the argument of the call, or a tuple of them.
        kwargs: arguments by name.
        tie_weights: a tensor given for one name of a shared parameter stands for its other names too.
        strict: require a tensor for every parameter and buffer.

    Returns:
        What the module returns. Gradients flow to the tensors given.

    Raises:
        ValueError: the module has no such parameter or buffer, a name is given twice, names of one shared parameter get
            different tensors, or (``strict``) a name is missing.

    Example:
        >>> from autograd.func import functional_call, grad
        >>> net = nn.Linear(2, 1, bias=False)
        >>> loss = lambda weights, x: functional_call(net, weights, (x,)).sum()
        >>> grad(loss)({"weight": ag.zeros(1, 2)}, ag.tensor([3.0, 4.0]))
        {'weight': tensor([[3., 4.]])}
    """
    given = _merged(parameter_and_buffer_dicts)
    own = dict(chain(module.named_parameters(remove_duplicate=False), module.named_buffers(remove_duplicate=False)))
    if unknown := given.keys() - own.keys():
        raise ValueError(f"functional_call: expected names of parameters or buffers, got {', '.join(sorted(unknown))}")
    if tie_weights:
        given = _with_ties(given, own)
    if strict and (missing := own.keys() - given.keys()):
        raise ValueError(
            f"functional_call: expected a tensor for every name (strict), got none for {', '.join(sorted(missing))}"
        )
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    before = []
    try:
        for name, tensor in given.items():
            table, key = _place(module, name)
            before.append((table, key, table[key]))
            table[key] = tensor
        return module(*args, **kwargs or {})
    finally:
        for table, key, tensor in reversed(before):
            table[key] = tensor


def _merged(dicts: Any) -> dict[str, Any]:
    if isinstance(dicts, Mapping):
        return dict(dicts)
    merged: dict[str, Any] = {}
    for part in dicts:
        if twice := merged.keys() & part.keys():
            raise ValueError(
                f"functional_call: expected every name once, got {', '.join(sorted(twice))} in two dictionaries"
            )
        merged |= part
    return merged


def _with_ties(given: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The tensors given, also under the other names of the same parameter."""
    names: dict[int, list[str]] = {}
    for name, tensor in own.items():
        names.setdefault(id(tensor), []).append(name)
    tied = dict(given)
    for shared in names.values():
        values = {id(given[name]): given[name] for name in shared if name in given}
        if len(values) > 1:
            raise ValueError(
                f"functional_call: expected one tensor for the shared {' and '.join(shared)}, got {len(values)}"
            )
        tied |= {name: value for name in shared for value in values.values()}
    return tied


def _place(module: Any, name: str) -> tuple[dict[str, Any], str]:
    """The table of the submodule that holds the tensor of a dotted name."""
    path, _, key = name.rpartition(".")
    owner = module.get_submodule(path)
    return (owner._parameters if key in owner._parameters else owner._buffers), key


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and buffers of several modules of one kind, stacked: an ensemble for ``vmap``.

    Args:
        models: modules of one class, all in training or all in evaluation.

    Returns:
        Two dictionaries, of parameters and of buffers: under each name a tensor of shape (len(models), *shape), a leaf
        that requires grad where the originals do.

    Raises:
        ValueError: no module, different classes, or mixed training and evaluation.

    Example:
        >>> from autograd.func import functional_call, stack_module_state, vmap
        >>> nets = [nn.Linear(3, 2) for _ in range(5)]
        >>> params, buffers = stack_module_state(nets)
        >>> one = lambda p, x: functional_call(nets[0], p, (x,))
        >>> vmap(one, in_dims=(0, None))(params, ag.ones(4, 3)).shape
        Size([5, 4, 2])
    """
    models = list(models)
    if not models:
        raise ValueError("stack_module_state: expected at least one module, got none")
    kinds = {type(m).__name__ for m in models}
    if len({type(m) for m in models}) > 1:
        raise ValueError(f"stack_module_state: expected modules of one class, got {' and '.join(sorted(kinds))}")
    if len({m.training for m in models}) > 1:
        raise ValueError("stack_module_state: expected all modules in training or all in evaluation, got both")
    parameters = [dict(m.named_parameters()) for m in models]
    buffers = [dict(m.named_buffers()) for m in models]
    return _stacked(parameters), _stacked(buffers)


def _stacked(states: list[dict[str, Any]]) -> dict[str, Any]:
    out = {}
    for name, first in states[0].items():
        joined = stack([state[name].detach() for state in states])
        out[name] = joined.requires_grad_() if first.requires_grad else joined
    return out
