"""Weights divided by their largest singular value, recomputed before every forward: the older form of
``parametrizations.spectral_norm``, with ``weight_orig`` and the vectors ``weight_u`` and ``weight_v``."""

from __future__ import annotations

from typing import Any, TypeVar

import autograd as ag
from autograd.grad_mode import no_grad
from autograd.tensor import Tensor
from nn import functional as F
from nn.module import Module
from nn.modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from nn.parameter import Parameter

__all__ = ["remove_spectral_norm", "spectral_norm"]

M = TypeVar("M", bound=Module)


def _default_dim(module: Module) -> int:
    """The axis of a weight that counts outputs."""
    return 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0


def _as_matrix(weight: Tensor, dim: int) -> Tensor:
    """A weight with its axis ``dim`` first and all others as one."""
    return weight.movedim(dim, 0).flatten(1)


def _improve(matrix: Tensor, u: Tensor, v: Tensor, steps: int, eps: float) -> None:
    """Steps of the power iteration, written into ``u`` and ``v``: first ``v``, then ``u``."""
    with no_grad():
        for _ in range(steps):
            v.copy_(F.normalize(matrix.T @ u, dim=0, eps=eps))
            u.copy_(F.normalize(matrix @ v, dim=0, eps=eps))


class _SpectralNorm:
    """The hook that sets the weight from the original."""

    def __init__(self, name: str, steps: int, dim: int, eps: float) -> None:
        if steps <= 0:
            raise ValueError(f"spectral_norm: expected n_power_iterations above 0, got {steps}")
        self.name, self.steps, self.dim, self.eps = name, steps, dim, eps

    def weight(self, module: Module, improving: bool) -> Tensor:
        """The original divided by u^T W v."""
        original, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = _as_matrix(original, self.dim)
        if improving:
            _improve(matrix, u, v, self.steps, self.eps)
            u, v = u.clone(), v.clone()  # so that later steps do not change what backward needs
        result: Tensor = original / ag.dot(u, matrix @ v)
        return result

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.weight(module, module.training))


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Replaces a weight by itself divided by its largest singular value, found by power iteration.

    Args:
        module: the layer.
        name: of the weight.
        n_power_iterations: steps in each forward in training.
        eps: the least norm that is divided by.
        dim: the axis that counts outputs; None: 1 for transposed convolutions, else 0.

    Returns:
        The module, with the parameter ``name_orig`` and the buffers ``name_u`` and ``name_v``.

    Raises:
        RuntimeError: it has been done already.
        ValueError: less than one step.

    Example:
        >>> layer = nn.utils.spectral_norm(nn.Linear(2, 3))
        >>> list(layer.state_dict())
        ['bias', 'weight_orig', 'weight_u', 'weight_v']

    Source: Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018.
    """
    if any(isinstance(hook, _SpectralNorm) and hook.name == name for hook in module._forward_pre_hooks.values()):
        raise RuntimeError(f"spectral_norm: expected a plain parameter {name!r}, got one with spectral_norm already")
    hook = _SpectralNorm(name, n_power_iterations, _default_dim(module) if dim is None else dim, eps)
    weight = module._parameters.pop(name)
    if weight is None:
        raise ValueError(f"spectral_norm: expected a parameter {name!r}, got None")
    with no_grad():
        matrix = _as_matrix(weight, hook.dim)
        vectors = [F.normalize(weight.new_empty(n).normal_(), dim=0, eps=eps) for n in matrix.shape]
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.detach())
    for part, vector in zip(("u", "v"), vectors, strict=True):
        module.register_buffer(f"{name}_{part}", vector)
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Makes the weight a parameter again, with its present value.

    Args:
        module: the layer.
        name: of the weight.

    Returns:
        The module.

    Raises:
        ValueError: there is no ``spectral_norm`` on it.

    Example:
        >>> list(nn.utils.remove_spectral_norm(nn.utils.spectral_norm(nn.Linear(2, 3))).state_dict())
        ['bias', 'weight']
    """
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, _SpectralNorm) and hook.name == name:
            with no_grad():
                weight = hook.weight(module, False)
            for attribute in (name, f"{name}_u", f"{name}_v", f"{name}_orig"):
                delattr(module, attribute)
            del module._forward_pre_hooks[key]
            module.register_parameter(name, Parameter(weight.detach()))
            return module
    raise ValueError(
        f"remove_spectral_norm: expected spectral_norm on {name!r} of {type(module).__name__}, there is none"
    )
