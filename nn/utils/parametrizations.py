"""Parametrizations that are often used: weight normalisation, spectral normalisation, orthogonal matrices."""

from __future__ import annotations

from typing import TypeVar

import autograd as ag
from autograd.errors import ShapeError
from autograd.grad_mode import no_grad
from autograd.tensor import Tensor
from nn import functional as F
from nn.module import Module
from nn.utils.parametrize import register_parametrization
from nn.utils.spectral_norm import _as_matrix, _default_dim, _improve
from nn.utils.weight_norm import _lengths

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

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


class _Orthogonal(Module):
    """A matrix with orthonormal columns (or rows), as a function of one without conditions."""

    base: Tensor

    def __init__(self, weight: Tensor, orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        self.shape, self.orthogonal_map, self.use_trivialization = weight.shape, orthogonal_map, use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, x: Tensor) -> Tensor:
        wide = x.shape[-2] < x.shape[-1]
        x = x.transpose(-2, -1) if wide else x  # (n,k), n >= k
        n, k = x.shape[-2:]
        if self.orthogonal_map == "householder":
            vectors = x.tril(-1)  # below a diagonal of ones
            q = ag.linalg.householder_product(vectors, 2.0 / (1.0 + (vectors * vectors).sum(-2)))
            q = q * x.detach().diagonal(0, -2, -1).sign().unsqueeze(-2)
        else:
            x = x.tril()
            if n != k:
                x = ag.cat([x, x.new_zeros((*x.shape[:-1], n - k))], -1)
            skew = x - x.mH
            if self.orthogonal_map == "matrix_exp":
                q = ag.matrix_exp(skew)
            else:  # Cayley: (I + A/2) / (I - A/2)
                one = ag.eye(n, dtype=x.dtype, device=x.device)
                q = ag.linalg.solve(one - skew / 2, one + skew / 2)
            q = q[..., :k]
        if self.use_trivialization:
            q = self.base @ q
        return q.transpose(-2, -1) if wide else q

    def right_inverse(self, value: Tensor) -> Tensor:
        """What gives ``value``, made orthogonal if it is not."""
        if value.shape != self.shape:
            raise ShapeError(f"orthogonal: expected a tensor of shape {tuple(self.shape)}, got {tuple(value.shape)}")
        wide = value.shape[-2] < value.shape[-1]
        q = value.transpose(-2, -1) if wide else value
        n, k = q.shape[-2:]
        if not self.use_trivialization:
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    f"orthogonal: expected use_trivialization=True to assign to a tensor with the map "
                    f"{self.orthogonal_map}, got False. Use the map householder"
                )
            vectors, tau = ag.geqrf(q)
            signs = vectors.diagonal(0, -2, -1).sign()
            signs = ag.where(tau == 0, -signs, signs)
            x = vectors.clone()
            x.diagonal(0, -2, -1).copy_(signs)
            return x.transpose(-2, -1) if wide else x
        if n != k:
            q = _orthonormal(ag.cat([q, ag.randn((*q.shape[:-1], n - k), dtype=q.dtype, device=q.device)], -1))
        elif not _is_orthonormal(q):
            q = _orthonormal(q)
        self.base = q.clone()
        minus = ag.zeros_like(value)
        minus.diagonal(0, -2, -1).fill_(-1)  # the map of it is the identity
        return minus


def _orthonormal(x: Tensor) -> Tensor:
    """Orthonormal columns that span those of a matrix."""
    q, r = ag.linalg.qr(x)
    result: Tensor = q * r.diagonal(0, -2, -1).sgn().unsqueeze(-2)
    return result


def _is_orthonormal(q: Tensor) -> bool:
    """Whether columns are orthonormal, to rounding."""
    n = q.shape[-1]
    one = ag.eye(n, dtype=q.dtype, device=q.device)
    return bool(ag.allclose(q.mH @ q, one, atol=10 * n * ag.finfo(q.dtype).eps))


def orthogonal(
    module: M, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> M:
    """Parametrizes a weight by matrices with orthonormal columns, or rows where it is wider than high.

    Args:
        module: the layer.
        name: of the weight, of at least two axes; the last two are the matrix.
        orthogonal_map: "matrix_exp" (exp of a skew matrix), "cayley", or "householder" (products of reflections); None: the
            first for square matrices, else the last.
        use_trivialization: multiply by a fixed matrix, at first the weight made orthogonal.

    Returns:
        The module.

    Raises:
        ValueError: no parameter of this name, another map, or "householder" for complex numbers.
        ShapeError: less than two axes.

    Example:
        >>> layer = nn.utils.parametrizations.orthogonal(nn.Linear(4, 3))
        >>> bool(ag.allclose(layer.weight @ layer.weight.T, ag.eye(3), atol=1e-5))
        True

    Source: Lezcano-Casado, Trivializations for Gradient-Based Optimization on Manifolds, 2019.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"orthogonal: expected a parameter or buffer {name!r}, got {type(weight).__name__}")
    if weight.ndim < 2:
        raise ShapeError(f"orthogonal: expected a tensor of at least two axes, got shape {tuple(weight.shape)}")
    square = weight.shape[-2] == weight.shape[-1] or weight.is_complex()
    chosen = orthogonal_map or ("matrix_exp" if square else "householder")
    if chosen not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(f"orthogonal: expected the map matrix_exp, cayley or householder, got {orthogonal_map!r}")
    if chosen == "householder" and weight.is_complex():
        raise ValueError("orthogonal: expected the map matrix_exp or cayley for complex numbers, got householder")
    register_parametrization(module, name, _Orthogonal(weight, chosen, use_trivialization), unsafe=True)
    return module
