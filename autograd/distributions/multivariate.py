"""Distributions of vectors."""

from __future__ import annotations

from typing import Any, Self

import autograd as ag
from autograd.distributions import constraints
from autograd.distributions.distribution import ExponentialFamily, broadcast_all, one_hot


class Dirichlet(ExponentialFamily):
    """The Dirichlet distribution on vectors of probabilities: density proportional to prod x_i^(a_i - 1).

    Args:
        concentration: a, (*,K), > 0.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: ``concentration`` has no axis.

    Example:
        >>> from autograd.distributions import Dirichlet
        >>> Dirichlet(ag.tensor([1.0, 3.0])).mean
        tensor([0.2500, 0.7500])
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}  # noqa: RUF012
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        if concentration.ndim < 1:
            raise ValueError("Dirichlet: expected concentration with an axis, got a 0-d tensor")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args)

    @property
    def mean(self) -> Any:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Any:
        a = self.concentration
        less = (a - 1).clamp_min(0)
        found = less / less.sum(-1, True)
        corner = one_hot(a.argmax(-1), a.shape[-1], a)
        return ag.where((a < 1).all(-1, keepdim=True), corner, found)

    @property
    def variance(self) -> Any:
        a = self.concentration
        total = a.sum(-1, True)
        return a * (total - a) / (total**2 * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Any:
        x = ag._standard_gamma(self.concentration.expand(self._extended_shape(sample_shape)))
        return x / x.sum(-1, True)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        a = self.concentration
        return ag.xlogy(a - 1, value).sum(-1) + ag.lgamma(a.sum(-1)) - ag.lgamma(a).sum(-1)

    def entropy(self) -> Any:
        a, k = self.concentration, self.concentration.shape[-1]
        total = a.sum(-1)
        spread = (k - total) * ag.digamma(total) + ((a - 1) * ag.digamma(a)).sum(-1)
        return ag.lgamma(a).sum(-1) - ag.lgamma(total) - spread


class Beta(ExponentialFamily):
    """The beta distribution on (0, 1): density proportional to x^(a - 1) (1 - x)^(b - 1).

    Args:
        concentration1: a > 0.
        concentration0: b > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Beta
        >>> Beta(1.0, 3.0).mean
        tensor(0.2500)
    """

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}  # noqa: RUF012
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        both = ag.stack(broadcast_all(concentration1, concentration0), -1)
        self._dirichlet = Dirichlet(both, validate_args)
        super().__init__(both.shape[:-1], validate_args=validate_args)

    @property
    def concentration1(self) -> Any:
        """a."""
        return self._dirichlet.concentration[..., 0]

    @property
    def concentration0(self) -> Any:
        """b."""
        return self._dirichlet.concentration[..., 1]

    def _stored(self) -> list[str]:
        return ["concentration1", "concentration0"]

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = self._blank(_instance)
        new._dirichlet = self._dirichlet.expand(batch_shape)
        return self._finish(new, batch_shape)

    def __repr__(self) -> str:
        return f"Beta(concentration1: {self.concentration1}, concentration0: {self.concentration0})"

    @property
    def mean(self) -> Any:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Any:
        return self._dirichlet.mode[..., 0]

    @property
    def variance(self) -> Any:
        return self._dirichlet.variance[..., 0]

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._dirichlet.rsample(sample_shape)[..., 0]

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        a, b = self.concentration1, self.concentration0
        density = ag.xlogy(a - 1, value) + (b - 1) * ag.log1p(-value)
        return density + ag.lgamma(a + b) - ag.lgamma(a) - ag.lgamma(b)

    def entropy(self) -> Any:
        return self._dirichlet.entropy()
