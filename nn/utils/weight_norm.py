"""Weights as a direction and a length, recomputed before every forward: the older form of
``parametrizations.weight_norm``, with the parameters ``weight_g`` and ``weight_v``."""

from __future__ import annotations

from typing import Any, TypeVar

import autograd as ag
from autograd.tensor import Tensor
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["remove_weight_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


def _lengths(v: Tensor, dim: int | None) -> Tensor:
    """The norms of a tensor along all axes but one, which are kept with size 1; over all for None or -1."""
    if dim is None or dim == -1:
        return ag.norm(v)
    axes = tuple(i for i in range(v.ndim) if i != dim % v.ndim)
    return (v * v).sum(axes, keepdim=True).sqrt() if axes else v.abs()


class _WeightNorm:
    """The hook that sets the weight from its two parts."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name, self.dim = name, dim

    def weight(self, module: Module) -> Tensor:
        """v * (g / |v|)."""
        g, v = getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v")
        result: Tensor = v * (g / _lengths(v, self.dim))
        return result

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.weight(module))


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Replaces a weight by a length for each index along one axis and a direction: w = g * v / |v|.

    Args:
        module: the layer.
        name: of the weight.
        dim: the axis along which each index has a length of its own; None: one length for all.

    Returns:
        The module, with the parameters ``name_g`` and ``name_v``.

    Raises:
        RuntimeError: it has been done already.

    Example:
        >>> layer = nn.utils.weight_norm(nn.Linear(2, 3))
        >>> layer(ag.ones(1, 2)).shape, list(layer.state_dict())
        (Size([1, 3]), ['bias', 'weight_g', 'weight_v'])

    Source: Salimans and Kingma, Weight Normalization, 2016.
    """
    if any(isinstance(hook, _WeightNorm) and hook.name == name for hook in module._forward_pre_hooks.values()):
        raise RuntimeError(f"weight_norm: expected a plain parameter {name!r}, got one with weight_norm already")
    hook = _WeightNorm(name, dim)
    weight = getattr(module, name)
    del module._parameters[name]
    module.register_parameter(f"{name}_g", Parameter(_lengths(weight, dim).detach()))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    setattr(module, name, hook.weight(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Makes the weight a parameter again, with its present value.

    Args:
        module: the layer.
        name: of the weight.

    Returns:
        The module.

    Raises:
        ValueError: there is no ``weight_norm`` on it.

    Example:
        >>> list(nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(2, 3))).state_dict())
        ['bias', 'weight']
    """
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, _WeightNorm) and hook.name == name:
            weight = hook.weight(module).detach()
            delattr(module, name)
            del module._parameters[f"{name}_g"], module._parameters[f"{name}_v"], module._forward_pre_hooks[key]
            setattr(module, name, Parameter(weight))
            return module
    raise ValueError(f"remove_weight_norm: expected weight_norm on {name!r} of {type(module).__name__}, there is none")
