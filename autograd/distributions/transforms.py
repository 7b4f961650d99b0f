"""Invertible maps with the logarithm of their Jacobian's determinant, for ``TransformedDistribution``."""

from __future__ import annotations

import math
from typing import Any

import autograd as ag
from autograd.distributions import constraints
from autograd.distributions.distribution import softplus, summed
from autograd.distributions.transform import (
    ComposeTransform,
    IndependentTransform,
    ReshapeTransform,
    Transform,
    identity_transform,
)

__all__ = [
    "AbsTransform", "AffineTransform", "ComposeTransform", "ExpTransform", "IndependentTransform", "LowerCholeskyTransform",
    "PowerTransform", "ReshapeTransform", "SigmoidTransform", "SoftmaxTransform", "SoftplusTransform",
    "StickBreakingTransform", "TanhTransform", "Transform", "identity_transform",
]  # fmt: skip


class ExpTransform(Transform):
    """y = exp(x).

    Args:
        cache_size: as for ``Transform``.

    Example:
        >>> from autograd.distributions.transforms import ExpTransform
        >>> ExpTransform()(ag.tensor(0.0))
        tensor(1.)
    """

    bijective, sign, codomain = True, +1, constraints.positive

    def _call(self, x: Any) -> Any:
        return x.exp()

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x


class PowerTransform(Transform):
    """y = x^exponent of positive x.

    Args:
        exponent: a number or a tensor.
        cache_size: as for ``Transform``.

    Example:
        >>> from autograd.distributions.transforms import PowerTransform
        >>> PowerTransform(2.0)(ag.tensor(3.0))
        tensor(9.)
    """

    bijective, domain, codomain = True, constraints.positive, constraints.positive

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent = ag.as_tensor(exponent)

    @property
    def sign(self) -> Any:
        return self.exponent.sign()

    def _call(self, x: Any) -> Any:
        return x.pow(self.exponent)

    def _inverse(self, y: Any) -> Any:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Any) -> Any:
        return ag.broadcast_shapes(shape, self.exponent.shape)

    inverse_shape = forward_shape

    def _options(self) -> tuple[Any, ...]:
        return (self.exponent.tolist(),)


class SigmoidTransform(Transform):
    """y = 1 / (1 + exp(-x)).

    Args:
        cache_size: as for ``Transform``.

    Example:
        >>> from autograd.distributions.transforms import SigmoidTransform
        >>> SigmoidTransform()(ag.tensor(0.0))
        tensor(0.5000)
    """

    bijective, sign, codomain = True, +1, constraints.unit_interval

    def _call(self, x: Any) -> Any:
        i = ag.finfo(x.dtype)
        return ag.sigmoid(x).clamp(i.tiny, 1 - i.eps)

    def _inverse(self, y: Any) -> Any:
        i = ag.finfo(y.dtype)
        y = y.clamp(i.tiny, 1 - i.eps)
        return y.log() - ag.log1p(-y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x) - softplus(x)


class SoftplusTransform(Transform):
    """y = log(1 + exp(x)).

    Args:
        cache_size: as for ``Transform``.

    Example:
        >>> from autograd.distributions.transforms import SoftplusTransform
        >>> SoftplusTransform()(ag.tensor(0.0))
        tensor(0.6931)
    """

    bijective, sign, codomain = True, +1, constraints.positive

    def _call(self, x: Any) -> Any:
        return softplus(x)

    def _inverse(self, y: Any) -> Any:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -softplus(-x)


class TanhTransform(Transform):
    """y = tanh(x).

    Args:
        cache_size: as for ``Transform``; 1 where the inverse is asked for, which is inexact near -1 and 1.

    Example:
        >>> from autograd.distributions.transforms import TanhTransform
        >>> TanhTransform()(ag.tensor(0.0))
        tensor(0.)
    """

    bijective, sign, codomain = True, +1, constraints.interval(-1.0, 1.0)

    def _call(self, x: Any) -> Any:
        return x.tanh()

    def _inverse(self, y: Any) -> Any:
        return ag.atanh(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return 2 * (math.log(2) - x - softplus(-2 * x))


class AbsTransform(Transform):
    """y = |x|; not bijective.

    Args:
        cache_size: as for ``Transform``.

    Example:
        >>> from autograd.distributions.transforms import AbsTransform
        >>> AbsTransform()(ag.tensor(-2.0))
        tensor(2.)
    """

    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return x.abs()

    def _inverse(self, y: Any) -> Any:
        return y


class AffineTransform(Transform):
    """y = loc + scale * x.

    Args:
        loc, scale: numbers or tensors.
        event_dim: how many axes make one value.
        cache_size: as for ``Transform``.

    Example:
        >>> from autograd.distributions.transforms import AffineTransform
        >>> AffineTransform(1.0, 2.0)(ag.tensor(3.0))
        tensor(7.)
    """

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc, self.scale, self._event_dim = loc, scale, event_dim
        self.domain = self.codomain = (
            constraints.independent(constraints.real, event_dim) if event_dim else constraints.real
        )

    @property
    def sign(self) -> Any:
        return self.scale.sign() if isinstance(self.scale, ag.Tensor) else math.copysign(1, self.scale)

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        found = self.scale if isinstance(self.scale, ag.Tensor) else ag.full_like(x, self.scale)
        return summed(found.abs().log().expand(ag.broadcast_shapes(found.shape, x.shape)), self._event_dim)

    def forward_shape(self, shape: Any) -> Any:
        return ag.broadcast_shapes(shape, getattr(self.loc, "shape", ()), getattr(self.scale, "shape", ()))

    inverse_shape = forward_shape

    def _options(self) -> tuple[Any, ...]:
        plain = [v.tolist() if isinstance(v, ag.Tensor) else v for v in (self.loc, self.scale)]
        return (*plain, self._event_dim)


class SoftmaxTransform(Transform):
    """y = softmax(x) along the last axis; not bijective.

    Args:
        cache_size: as for ``Transform``.

    Example:
        >>> from autograd.distributions.transforms import SoftmaxTransform
        >>> SoftmaxTransform()(ag.zeros(2))
        tensor([0.5000, 0.5000])
    """

    domain, codomain = constraints.real_vector, constraints.simplex

    def _call(self, x: Any) -> Any:
        return ag.softmax(x, -1)

    def _inverse(self, y: Any) -> Any:
        return y.log()


class StickBreakingTransform(Transform):
    """K - 1 real numbers as K probabilities: each takes a share of what is left.

    Args:
        cache_size: as for ``Transform``.

    Example:
        >>> from autograd.distributions.transforms import StickBreakingTransform
        >>> StickBreakingTransform()(ag.zeros(2))
        tensor([0.3333, 0.3333, 0.3333])
    """

    bijective, domain, codomain = True, constraints.real_vector, constraints.simplex

    @staticmethod
    def _offset(x: Any) -> Any:
        """log of how many are still to come."""
        n = x.shape[-1]
        return ag.arange(n, 0, -1, dtype=x.dtype, device=x.device).log()

    def _call(self, x: Any) -> Any:
        z = ag.sigmoid(x - self._offset(x))
        left = (1 - z).cumprod(-1)
        one = ag.ones_like(x[..., :1])
        return ag.cat([z, one], -1) * ag.cat([one, left], -1)

    def _inverse(self, y: Any) -> Any:
        head = y[..., :-1]
        left = 1 - head.cumsum(-1)
        return head.log() - left.clamp_min(ag.finfo(y.dtype).tiny).log() + self._offset(head)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        t = x - self._offset(x)
        return (-softplus(t) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        return ag.Size((*shape[:-1], shape[-1] + 1))

    def inverse_shape(self, shape: Any) -> Any:
        return ag.Size((*shape[:-1], shape[-1] - 1))


class LowerCholeskyTransform(Transform):
    """A square matrix as a lower triangular one with a positive diagonal: exp on the diagonal, zeros above.

    Args:
        cache_size: as for ``Transform``.

    Example:
        >>> from autograd.distributions.transforms import LowerCholeskyTransform
        >>> LowerCholeskyTransform()(ag.zeros(2, 2))
        tensor([[1., 0.],
                [0., 1.]])
    """

    domain, codomain = constraints.independent(constraints.real, 2), constraints.lower_cholesky

    def _call(self, x: Any) -> Any:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Any) -> Any:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()
