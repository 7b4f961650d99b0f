"""Distributions on intervals and half lines: uniform, exponential, gamma and beta, and what is made of them."""

from __future__ import annotations

import math
from typing import Any

import autograd as ag
from autograd.distributions import constraints
from autograd.distributions.distribution import EULER, Distribution, ExponentialFamily
from autograd.distributions.utils import broadcast_all, clamp_probs


class Uniform(Distribution):
    """Uniform on [low, high).

    Args:
        low, high: the interval.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: ``low`` is not below ``high``.

    Example:
        >>> from autograd.distributions import Uniform
        >>> Uniform(0.0, 4.0).log_prob(ag.tensor(1.0))
        tensor(-1.3863)
    """

    arg_constraints = {  # noqa: RUF012
        "low": constraints.dependent(is_discrete=False, event_dim=0),
        "high": constraints.dependent(is_discrete=False, event_dim=0),
    }
    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)
        if self._validate_args and not bool((self.low < self.high).all()):
            raise ValueError(f"Uniform: expected low below high, got {self.low} and {self.high}")

    @constraints.dependent_property
    def support(self) -> Any:
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Any:
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Any:
        return ag.full_like(self.low, math.nan)

    @property
    def stddev(self) -> Any:
        return (self.high - self.low) / math.sqrt(12)

    @property
    def variance(self) -> Any:
        return (self.high - self.low) ** 2 / 12

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = ag.rand(self._extended_shape(sample_shape), dtype=self.low.dtype, device=self.low.device)
        return self.low + u * (self.high - self.low)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        inside = (self.low <= value) & (self.high > value)
        return ag.log(inside.to(self.low.dtype)) - ag.log(self.high - self.low)

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return ((value - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Any) -> Any:
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Any:
        return ag.log(self.high - self.low)


class Exponential(ExponentialFamily):
    """The exponential distribution: density rate exp(-rate x).

    Args:
        rate: > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Exponential
        >>> Exponential(2.0).log_prob(ag.tensor(1.0))
        tensor(-1.3069)
    """

    arg_constraints = {"rate": constraints.positive}  # noqa: RUF012
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.rate.reciprocal()

    @property
    def mode(self) -> Any:
        return ag.zeros_like(self.rate)

    @property
    def stddev(self) -> Any:
        return self.rate.reciprocal()

    @property
    def variance(self) -> Any:
        return self.rate**-2

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = ag.rand(self._extended_shape(sample_shape), dtype=self.rate.dtype, device=self.rate.device)
        return -ag.log1p(-u) / self.rate

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return self.rate.log() - self.rate * value

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return -ag.expm1(-self.rate * value)

    def icdf(self, value: Any) -> Any:
        return -ag.log1p(-value) / self.rate

    def entropy(self) -> Any:
        return 1 - self.rate.log()


class Weibull(Distribution):
    """The Weibull distribution: distribution function 1 - exp(-(x / scale)^concentration).

    Args:
        scale, concentration: > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Weibull
        >>> Weibull(1.0, 1.0).mean
        tensor(1.)
    """

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}  # noqa: RUF012
    support = constraints.positive
    has_rsample = True

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        super().__init__(self.scale.shape, validate_args=validate_args)

    def _moment(self, order: int) -> Any:
        return self.scale**order * ag.exp(ag.lgamma(1 + order / self.concentration))

    @property
    def mean(self) -> Any:
        return self._moment(1)

    @property
    def mode(self) -> Any:
        k = self.concentration
        return self.scale * ((k - 1).clamp_min(0) / k) ** k.reciprocal()

    @property
    def variance(self) -> Any:
        return self._moment(2) - self._moment(1) ** 2

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = ag.rand(self._extended_shape(sample_shape), dtype=self.scale.dtype, device=self.scale.device)
        return self.icdf(clamp_probs(u))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        k, z = self.concentration, value / self.scale
        return ag.log(k / self.scale) + (k - 1) * z.log() - z**k

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return -ag.expm1(-((value / self.scale) ** self.concentration))

    def icdf(self, value: Any) -> Any:
        return self.scale * (-ag.log1p(-value)) ** self.concentration.reciprocal()

    def entropy(self) -> Any:
        k = self.concentration
        return EULER * (1 - k.reciprocal()) + ag.log(self.scale / k) + 1


class Pareto(Distribution):
    """The Pareto distribution: density alpha scale^alpha / x^(alpha + 1) from ``scale`` on.

    Args:
        scale: the smallest value, > 0.
        alpha: how fast it falls, > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Pareto
        >>> Pareto(1.0, 2.0).mean
        tensor(2.)
    """

    arg_constraints = {"alpha": constraints.positive, "scale": constraints.positive}  # noqa: RUF012
    has_rsample = True

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        super().__init__(self.scale.shape, validate_args=validate_args)

    @constraints.dependent_property
    def support(self) -> Any:
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Any:
        a = self.alpha
        return ag.where(a > 1, a * self.scale / (a - 1), math.inf)

    @property
    def mode(self) -> Any:
        return self.scale

    @property
    def variance(self) -> Any:
        a = self.alpha
        return ag.where(a > 2, self.scale**2 * a / ((a - 1) ** 2 * (a - 2)), math.inf)

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = ag.rand(self._extended_shape(sample_shape), dtype=self.scale.dtype, device=self.scale.device)
        return self.icdf(u)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return self.alpha.log() + self.alpha * self.scale.log() - (self.alpha + 1) * value.log()

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return 1 - (self.scale / value) ** self.alpha

    def icdf(self, value: Any) -> Any:
        return self.scale * ag.exp(-ag.log1p(-value) / self.alpha)

    def entropy(self) -> Any:
        return ag.log(self.scale / self.alpha) + 1 + self.alpha.reciprocal()


class Gamma(ExponentialFamily):
    """The gamma distribution: density rate^a x^(a-1) exp(-rate x) / Γ(a), a the concentration.

    Args:
        concentration: > 0.
        rate: > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Gamma
        >>> Gamma(3.0, 2.0).mean
        tensor(1.5000)
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}  # noqa: RUF012
    support = constraints.nonnegative
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.concentration / self.rate

    @property
    def mode(self) -> Any:
        return ((self.concentration - 1) / self.rate).clamp_min(0)

    @property
    def variance(self) -> Any:
        return self.concentration / self.rate**2

    def rsample(self, sample_shape: Any = ()) -> Any:
        return ag._standard_gamma(self.concentration.expand(self._extended_shape(sample_shape))) / self.rate

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        a = self.concentration
        return ag.xlogy(a, self.rate) + ag.xlogy(a - 1, value) - self.rate * value - ag.lgamma(a)

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return ag.special.gammainc(self.concentration, self.rate * value)

    def entropy(self) -> Any:
        a = self.concentration
        return a - self.rate.log() + ag.lgamma(a) + (1 - a) * ag.digamma(a)


class Chi2(Gamma):
    """The chi-squared distribution: ``Gamma(df / 2, 1 / 2)``.

    Args:
        df: degrees of freedom > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Chi2
        >>> Chi2(3.0).mean
        tensor(3.)
    """

    arg_constraints = {"df": constraints.positive}  # noqa: RUF012

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        super().__init__(0.5 * broadcast_all(df)[0], 0.5, validate_args)

    @property
    def df(self) -> Any:
        """The degrees of freedom."""
        return 2 * self.concentration

    def _stored(self) -> list[str]:
        return ["df"]

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._blank(_instance)
        new.concentration, new.rate = self.concentration.expand(batch_shape), self.rate.expand(batch_shape)
        return self._finish(new, batch_shape)

    def __repr__(self) -> str:
        return f"Chi2(df: {self.df if self.df.numel() == 1 else self.df.size()})"


class InverseGamma(Distribution):
    """1 / x of a gamma x.

    Args:
        concentration, rate: of x.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import InverseGamma
        >>> InverseGamma(3.0, 4.0).mean
        tensor(2.)
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}  # noqa: RUF012
    support = constraints.positive
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def _inverse(self) -> Gamma:
        return Gamma(self.concentration, self.rate, validate_args=False)

    @property
    def mean(self) -> Any:
        a = self.concentration
        return ag.where(a > 1, self.rate / (a - 1), math.inf)

    @property
    def mode(self) -> Any:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Any:
        a = self.concentration
        return ag.where(a > 2, self.rate**2 / ((a - 1) ** 2 * (a - 2)), math.inf)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._inverse.rsample(sample_shape).reciprocal()

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return self._inverse.log_prob(value.reciprocal()) - 2 * value.log()

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return 1 - self._inverse.cdf(value.reciprocal())

    def entropy(self) -> Any:
        a = self.concentration
        return a + self.rate.log() + ag.lgamma(a) - (1 + a) * ag.digamma(a)


class FisherSnedecor(Distribution):
    """Fisher and Snedecor's F distribution: (Chi2(df1) / df1) / (Chi2(df2) / df2).

    Args:
        df1, df2: degrees of freedom > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import FisherSnedecor
        >>> FisherSnedecor(1.0, 4.0).mean
        tensor(2.)
    """

    arg_constraints = {"df1": constraints.positive, "df2": constraints.positive}  # noqa: RUF012
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        super().__init__(self.df1.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return ag.where(self.df2 > 2, self.df2 / (self.df2 - 2), math.nan)

    @property
    def mode(self) -> Any:
        found = (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2)
        return ag.where(self.df1 > 2, found, math.nan)

    @property
    def variance(self) -> Any:
        a, b = self.df1, self.df2
        return ag.where(b > 4, 2 * b**2 * (a + b - 2) / (a * (b - 2) ** 2 * (b - 4)), math.nan)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        one, two = (ag._standard_gamma((0.5 * df).expand(shape)) / df for df in (self.df1, self.df2))
        return one / two

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        a, b = self.df1 / 2, self.df2 / 2
        ratio = self.df1 / self.df2
        normaliser = ag.lgamma(a + b) - ag.lgamma(a) - ag.lgamma(b)
        return normaliser + a * ratio.log() + (a - 1) * value.log() - (a + b) * ag.log1p(ratio * value)


class Kumaraswamy(Distribution):
    """Kumaraswamy's distribution on (0, 1): distribution function 1 - (1 - x^a)^b.

    Args:
        concentration1: a > 0.
        concentration0: b > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Kumaraswamy
        >>> Kumaraswamy(1.0, 1.0).mean
        tensor(0.5000)
    """

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}  # noqa: RUF012
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        super().__init__(self.concentration1.shape, validate_args=validate_args)

    def _moment(self, order: int) -> Any:
        a, b = self.concentration1, self.concentration0
        share = 1 + order / a
        return ag.exp(b.log() + ag.lgamma(share) + ag.lgamma(b) - ag.lgamma(share + b))

    @property
    def mean(self) -> Any:
        return self._moment(1)

    @property
    def mode(self) -> Any:
        a, b = self.concentration1, self.concentration0
        found = ((a - 1) / (a * b - 1)) ** a.reciprocal()
        return ag.where((a < 1) | (b < 1), math.nan, found)

    @property
    def variance(self) -> Any:
        return self._moment(2) - self._moment(1) ** 2

    def rsample(self, sample_shape: Any = ()) -> Any:
        a = self.concentration1
        return self.icdf(clamp_probs(ag.rand(self._extended_shape(sample_shape), dtype=a.dtype, device=a.device)))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        a, b = self.concentration1, self.concentration0
        return a.log() + b.log() + (a - 1) * value.log() + (b - 1) * ag.log1p(-(value**a))

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return 1 - (1 - value**self.concentration1) ** self.concentration0

    def icdf(self, value: Any) -> Any:
        return (1 - (1 - value) ** self.concentration0.reciprocal()) ** self.concentration1.reciprocal()

    def entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        harmonic = ag.digamma(b + 1) + EULER
        return 1 - b.reciprocal() + (1 - a.reciprocal()) * harmonic - a.log() - b.log()
