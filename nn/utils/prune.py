"""Pruning: elements of parameters that are kept at zero by a mask.

A pruned ``weight`` is ``weight_orig * weight_mask``, computed before every forward; ``weight_orig`` is the parameter,
``weight_mask`` a buffer. ``remove`` makes the product the parameter again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import autograd as ag
from autograd.tensor import Tensor
from nn.module import Module
from nn.utils.pruning_methods import (
    BasePruningMethod,
    CustomFromMask,
    Identity,
    L1Unstructured,
    LnStructured,
    PruningContainer,
    RandomStructured,
    RandomUnstructured,
    hook_of,
)

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


def identity(module: Module, name: str) -> Module:
    """Puts a mask of ones on a parameter.

    Args:
        module: has the parameter.
        name: of the parameter.

    Returns:
        The module.

    Example:
        >>> list(nn.utils.prune.identity(nn.Linear(2, 3), "bias").state_dict())
        ['weight', 'bias_orig', 'bias_mask']
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: float) -> Module:
    """Prunes elements of a parameter by chance.

    Args:
        module: has the parameter.
        name: of the parameter.
        amount: how many: an int, or a fraction between 0 and 1.

    Returns:
        The module.

    Example:
        >>> nn.utils.prune.random_unstructured(nn.Linear(2, 3), "weight", 2).weight_mask.sum()
        tensor(4.)
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: float, importance_scores: Tensor | None = None) -> Module:
    """Prunes the elements of a parameter that have the least magnitude.

    Args:
        module: has the parameter.
        name: of the parameter.
        amount: how many: an int, or a fraction between 0 and 1.
        importance_scores: judge the elements by these instead.

    Returns:
        The module.

    Example:
        >>> nn.utils.prune.l1_unstructured(nn.Linear(2, 3), "weight", 0.5).weight_mask.sum()
        tensor(3.)
    """
    L1Unstructured.apply(module, name, amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: float, dim: int) -> Module:
    """Prunes whole channels of a parameter by chance.

    Args:
        module: has the parameter.
        name: of the parameter.
        amount: how many: an int, or a fraction between 0 and 1.
        dim: the axis of the channels.

    Returns:
        The module.

    Example:
        >>> nn.utils.prune.random_structured(nn.Linear(2, 3), "weight", 1, 0).weight_mask.sum()
        tensor(4.)
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Module, name: str, amount: float, n: Any, dim: int, importance_scores: Tensor | None = None
) -> Module:
    """Prunes the whole channels of a parameter that have the least norm.

    Args:
        module: has the parameter.
        name: of the parameter.
        amount: how many: an int, or a fraction between 0 and 1.
        n: p of the norm.
        dim: the axis of the channels.
        importance_scores: judge the elements by these instead.

    Returns:
        The module.

    Example:
        >>> nn.utils.prune.ln_structured(nn.Linear(2, 3), "weight", 1, 2, 0).weight_mask.sum()
        tensor(4.)
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prunes elements of several parameters together: the least of all, wherever they are.

    Args:
        parameters: pairs of a module and the name of its parameter.
        pruning_method: a class that prunes elements, such as ``L1Unstructured``.
        importance_scores: judge the elements of some pairs by these instead.
        kwargs: what the class takes, such as ``amount``.

    Raises:
        TypeError: ``parameters`` is no sequence, or the class prunes along an axis.

    Example:
        >>> a, b = nn.Linear(2, 2), nn.Linear(2, 2)
        >>> pairs = [(a, "weight"), (b, "weight")]
        >>> nn.utils.prune.global_unstructured(pairs, nn.utils.prune.L1Unstructured, amount=3)
        >>> a.weight_mask.sum() + b.weight_mask.sum()
        tensor(5.)
    """
    if not isinstance(parameters, Iterable) or isinstance(parameters, Module):
        raise TypeError(f"global_unstructured: expected pairs (module, name), got {type(parameters).__name__}")
    pairs: Sequence[tuple[Module, str]] = list(parameters)
    scores = importance_scores or {}
    judged: list[Any] = []
    masks: list[Any] = []
    for module, name in pairs:
        original = getattr(module, f"{name}_orig", None)
        judged.append(scores.get((module, name), getattr(module, name) if original is None else original))
        mask = getattr(module, f"{name}_mask", None)
        masks.append(ag.ones_like(judged[-1]) if mask is None else mask)
    container = PruningContainer()
    container._tensor_name = "temp"
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f'global_unstructured: expected a method of the type "unstructured", got {method.PRUNING_TYPE!r}'
        )
    container.add_pruning_method(method)
    flat, left = (ag.cat([t.detach().reshape(-1) for t in part]) for part in (judged, masks))
    final = container.compute_mask(flat, left)
    start = 0
    for (module, name), s in zip(pairs, judged, strict=True):
        custom_from_mask(module, name, final[start : start + s.numel()].reshape(s.shape))
        start += s.numel()


def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Prunes a parameter where a mask is 0.

    Args:
        module: has the parameter.
        name: of the parameter.
        mask: like the parameter.

    Returns:
        The module.

    Example:
        >>> layer = nn.utils.prune.custom_from_mask(nn.Linear(2, 2), "bias", ag.tensor([0, 1]))
        >>> layer.bias_mask
        tensor([0., 1.])
    """
    CustomFromMask.apply(module, name, mask)
    return module


def remove(module: Module, name: str) -> Module:
    """Ends the pruning of a parameter: it stays as it is now, zeros included, and can move again.

    Args:
        module: has the parameter.
        name: of the parameter.

    Returns:
        The module.

    Raises:
        ValueError: it is not pruned.

    Example:
        >>> layer = nn.utils.prune.l1_unstructured(nn.Linear(2, 3), "weight", 2)
        >>> list(nn.utils.prune.remove(layer, "weight").state_dict())
        ['bias', 'weight']
    """
    key, method = hook_of(module, name)
    if method is None:
        raise ValueError(f"remove: expected a pruned parameter, {name!r} of {type(module).__name__} is not pruned")
    method.remove(module)
    del module._forward_pre_hooks[key]
    return module


def is_pruned(module: Module) -> bool:
    """Whether a parameter of a module, or of one below it, is pruned.

    Args:
        module: the module.

    Returns:
        Whether one is.

    Example:
        >>> nn.utils.prune.is_pruned(nn.Sequential(nn.utils.prune.identity(nn.Linear(2, 3), "bias")))
        True
    """
    return any(isinstance(h, BasePruningMethod) for m in module.modules() for h in m._forward_pre_hooks.values())
