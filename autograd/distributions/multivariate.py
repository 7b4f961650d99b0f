"""Distributions of vectors."""

from __future__ import annotations

from typing import Any, Self

import autograd as ag
from autograd import linalg
from autograd.distributions import constraints
from autograd.distributions.distribution import LOG_2PI, Distribution, ExponentialFamily, one_hot
from autograd.distributions.utils import broadcast_all, lazy_property


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


class MultivariateNormal(Distribution):
    """The normal distribution of vectors, given by one of three matrices.

    Args:
        loc: the mean, (*,K).
        covariance_matrix: (*,K,K), positive definite.
        precision_matrix: its inverse.
        scale_tril: its lower Cholesky factor; the cheapest.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: ``loc`` has no axis, or not exactly one matrix is given.

    Example:
        >>> from autograd.distributions import MultivariateNormal
        >>> MultivariateNormal(ag.zeros(2), ag.eye(2)).log_prob(ag.zeros(2))
        tensor(-1.8379)
    """

    arg_constraints = {  # noqa: RUF012
        "loc": constraints.real_vector, "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite, "scale_tril": constraints.lower_cholesky,
    }  # fmt: skip
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.ndim < 1:
            raise ValueError("MultivariateNormal: expected loc with an axis, got a 0-d tensor")
        given = {"covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril}
        found = {name: matrix for name, matrix in given.items() if matrix is not None}
        if len(found) != 1:
            raise ValueError(f"MultivariateNormal: expected one of {', '.join(given)}, got {len(found)}")
        ((name, matrix),) = found.items()
        if matrix.ndim < 2:
            raise ValueError(f"MultivariateNormal: expected {name} with two axes or more, got {matrix.ndim}")
        batch = ag.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.loc = loc.expand((*batch, loc.shape[-1]))
        self.__dict__[name] = matrix.expand((*batch, *matrix.shape[-2:]))
        super().__init__(batch, loc.shape[-1:], validate_args)
        if name == "precision_matrix":
            self.scale_tril = linalg.cholesky(linalg.inv(self.precision_matrix))
        elif name == "covariance_matrix":
            self.scale_tril = linalg.cholesky(self.covariance_matrix)

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The covariance, (*,K,K)."""
        return self.scale_tril @ self.scale_tril.mT

    @lazy_property
    def precision_matrix(self) -> Any:
        """Its inverse."""
        return linalg.inv(self.covariance_matrix)

    @lazy_property
    def scale_tril(self) -> Any:
        """Its lower Cholesky factor."""
        return linalg.cholesky(self.covariance_matrix)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return (self.scale_tril**2).sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Any:
        z = ag.randn(self._extended_shape(sample_shape), dtype=self.loc.dtype, device=self.loc.device)
        return self.loc + (self.scale_tril @ z.unsqueeze(-1)).squeeze(-1)

    def _log_det(self) -> Any:
        return self.scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        away = (value - self.loc).unsqueeze(-1)
        scale = self.scale_tril.expand((*away.shape[:-2], *self.scale_tril.shape[-2:]))
        z = linalg.solve_triangular(scale, away, upper=False).squeeze(-1)
        return -0.5 * (self.event_shape[0] * LOG_2PI + (z**2).sum(-1)) - self._log_det()

    def entropy(self) -> Any:
        return 0.5 * self.event_shape[0] * (1 + LOG_2PI) + self._log_det()


class LowRankMultivariateNormal(Distribution):
    """The normal distribution of vectors with the covariance W W^T + diag(d), W of few columns.

    Args:
        loc: the mean, (*,K).
        cov_factor: W, (*,K,M).
        cov_diag: d, (*,K), > 0.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: the shapes do not fit.

    Example:
        >>> from autograd.distributions import LowRankMultivariateNormal
        >>> LowRankMultivariateNormal(ag.zeros(2), ag.ones(2, 1), ag.ones(2)).covariance_matrix
        tensor([[2., 1.],
                [1., 2.]])
    """

    arg_constraints = {  # noqa: RUF012
        "loc": constraints.real_vector, "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }  # fmt: skip
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None) -> None:
        if loc.ndim < 1 or cov_factor.ndim < 2 or cov_factor.shape[-2:-1] != loc.shape[-1:]:
            raise ValueError(
                "LowRankMultivariateNormal: expected loc (*,K) and cov_factor (*,K,M), got "
                f"{tuple(loc.shape)} and {tuple(cov_factor.shape)}"
            )
        if cov_diag.shape[-1:] != loc.shape[-1:]:
            raise ValueError(
                f"LowRankMultivariateNormal: expected cov_diag (*,{loc.shape[-1]}), got {tuple(cov_diag.shape)}"
            )
        batch = ag.broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        self.loc = loc.expand((*batch, loc.shape[-1]))
        self.cov_factor = cov_factor.expand((*batch, *cov_factor.shape[-2:]))
        self.cov_diag = cov_diag.expand((*batch, loc.shape[-1]))
        super().__init__(batch, loc.shape[-1:], validate_args)

    def _inner(self) -> tuple[Any, Any]:
        """W^T / d, and the Cholesky factor of I + W^T W / d, which is small."""
        scaled = self.cov_factor.mT / self.cov_diag.unsqueeze(-2)
        small = scaled @ self.cov_factor
        identity = ag.eye(small.shape[-1], dtype=small.dtype, device=small.device)
        return scaled, linalg.cholesky(small + identity)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return (self.cov_factor**2).sum(-1) + self.cov_diag

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The covariance, (*,K,K)."""
        return self.cov_factor @ self.cov_factor.mT + ag.diag_embed(self.cov_diag)

    @lazy_property
    def precision_matrix(self) -> Any:
        """Its inverse."""
        scaled, factor = self._inner()
        half = linalg.solve_triangular(factor, scaled, upper=False)
        return ag.diag_embed(1 / self.cov_diag) - half.mT @ half

    @lazy_property
    def scale_tril(self) -> Any:
        """Its lower Cholesky factor."""
        return linalg.cholesky(self.covariance_matrix)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        how = {"dtype": self.loc.dtype, "device": self.loc.device}
        few, many = ag.randn((*shape[:-1], self.cov_factor.shape[-1]), **how), ag.randn(shape, **how)
        return self.loc + (self.cov_factor @ few.unsqueeze(-1)).squeeze(-1) + self.cov_diag.sqrt() * many

    def _log_det(self, factor: Any) -> Any:
        return factor.diagonal(dim1=-2, dim2=-1).log().sum(-1) + 0.5 * self.cov_diag.log().sum(-1)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        away = value - self.loc
        scaled, factor = self._inner()
        inside = scaled @ away.unsqueeze(-1)
        half = linalg.solve_triangular(factor.expand((*inside.shape[:-2], *factor.shape[-2:])), inside, upper=False)
        distance = (away**2 / self.cov_diag).sum(-1) - (half.squeeze(-1) ** 2).sum(-1)
        return -0.5 * (self.event_shape[0] * LOG_2PI + distance) - self._log_det(factor)

    def entropy(self) -> Any:
        return 0.5 * self.event_shape[0] * (1 + LOG_2PI) + self._log_det(self._inner()[1])
