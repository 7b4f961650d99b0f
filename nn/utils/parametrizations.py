"""Parametrizations that are often used: weight normalisation, spectral normalisation, orthogonal matrices."""

from __future__ import annotations

from typing import TypeVar

import autograd as ag
from autograd.grad_mode import no_grad
from autograd.tensor import Tensor
from nn import functional as F
from nn.module import Module
from nn.utils.parametrize import register_parametrization
from nn.utils.spectral_norm import _as_matrix, _default_dim, _improve
from nn.utils.weight_norm import _lengths

__all__ = ["spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class _WeightNorm(Module):
    """g * v / |v|."""

    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        result: Tensor = weight_v * (weight_g / _lengths(weight_v, self.dim))
        return result

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """(g, v)."""
        return _lengths(weight, self.dim), weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Parametrizes a weight by a length for each index along one axis and a direction: w = g * v / |v|.

    Args:
        module: the layer.
        name: of the weight.
        dim: the axis along which each index has a length of its own; None: one length for all.

    Returns:
        The module.

    Example:
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
        >>> list(layer.state_dict())
        ['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']

    Source: Salimans and Kingma, Weight Normalization, 2016.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    return module


class _SpectralNorm(Module):
    """W / (u^T W v), where u and v come nearer to the first singular vectors in every call."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(f"spectral_norm: expected dim in [{-weight.ndim}, {weight.ndim - 1}], got {dim}")
        if n_power_iterations <= 0:
            raise ValueError(f"spectral_norm: expected n_power_iterations above 0, got {n_power_iterations}")
        self.dim, self.eps = dim % weight.ndim, eps
        if weight.ndim > 1:
            self.n_power_iterations = n_power_iterations
            with no_grad():
                matrix = _as_matrix(weight.detach(), self.dim)
                for name, n in zip(("_u", "_v"), matrix.shape, strict=True):
                    self.register_buffer(name, F.normalize(weight.new_empty(n).normal_(), dim=0, eps=eps))
                _improve(matrix.T, self._v, self._u, 15, eps)

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = _as_matrix(weight, self.dim)
        if self.training:
            _improve(matrix.T, self._v, self._u, self.n_power_iterations, self.eps)  # first u
        u, v = self._u.clone(), self._v.clone()
        result: Tensor = weight / ag.dot(u, matrix @ v)
        return result

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value: what has the spectral norm 1 is its own image."""
        return value


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Parametrizes a weight by a tensor divided by its largest singular value, found by power iteration.

    Args:
        module: the layer.
        name: of the weight.
        n_power_iterations: steps in each forward in training.
        eps: the least norm that is divided by.
        dim: the axis that counts outputs; None: 1 for transposed convolutions, else 0.

    Returns:
        The module.

    Raises:
        ValueError: no parameter of this name, or less than one step.

    Example:
        >>> layer = nn.utils.parametrizations.spectral_norm(nn.Linear(2, 3))
        >>> list(layer.parametrizations.weight.state_dict())
        ['original', '0._u', '0._v']

    Source: Miyato et al., Spectral Normalization for Generative Adversarial Networks, 2018.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"spectral_norm: expected a parameter or buffer {name!r}, got {type(weight).__name__}")
    axis = _default_dim(module) if dim is None else dim
    register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, axis, eps))
    return module
