"""Distributions with a place and a width, and those of their absolute values and exponentials."""

from __future__ import annotations

import math
from typing import Any

import autograd as ag
from autograd.distributions import constraints
from autograd.distributions.distribution import EULER, LOG_2PI, Distribution, ExponentialFamily
from autograd.distributions.utils import broadcast_all, clamp_probs


class _LocationScale(Distribution):
    """loc + scale * z with z of a fixed law."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # noqa: RUF012
    support: Any = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    def _standard(self, shape: Any) -> Any:
        """z."""
        raise NotImplementedError

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.loc + self.scale * self._standard(self._extended_shape(sample_shape))

    def _z(self, value: Any) -> Any:
        """The value in units of the width, checked."""
        if self._validate_args:
            self._validate_sample(value)
        return (value - self.loc) / self.scale

    def _uniform(self, shape: Any) -> Any:
        """In (0, 1)."""
        return clamp_probs(ag.rand(shape, dtype=self.loc.dtype, device=self.loc.device))


class Normal(_LocationScale, ExponentialFamily):
    """The normal distribution: density exp(-((x - loc) / scale)^2 / 2) / (scale sqrt(2 pi)).

    Args:
        loc: the mean.
        scale: the standard deviation > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Normal
        >>> Normal(0.0, 2.0).log_prob(ag.tensor(0.0))
        tensor(-1.6121)
    """

    @property
    def stddev(self) -> Any:
        return self.scale

    @property
    def variance(self) -> Any:
        return self.scale**2

    def _standard(self, shape: Any) -> Any:
        return ag.randn(shape, dtype=self.loc.dtype, device=self.loc.device)

    def log_prob(self, value: Any) -> Any:
        return -0.5 * self._z(value) ** 2 - self.scale.log() - LOG_2PI / 2

    def cdf(self, value: Any) -> Any:
        return 0.5 * (1 + ag.erf(self._z(value) / math.sqrt(2)))

    def icdf(self, value: Any) -> Any:
        return self.loc + self.scale * math.sqrt(2) * ag.erfinv(2 * value - 1)

    def entropy(self) -> Any:
        return 0.5 + LOG_2PI / 2 + self.scale.log()


class Laplace(_LocationScale):
    """The Laplace distribution: density exp(-|x - loc| / scale) / (2 scale).

    Args:
        loc: the mean.
        scale: > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Laplace
        >>> Laplace(0.0, 1.0).log_prob(ag.tensor(0.0))
        tensor(-0.6931)
    """

    @property
    def variance(self) -> Any:
        return 2 * self.scale**2

    @property
    def stddev(self) -> Any:
        return math.sqrt(2) * self.scale

    def _standard(self, shape: Any) -> Any:
        u = self._uniform(shape) - 0.5
        return -u.sign() * ag.log1p(-2 * u.abs())

    def log_prob(self, value: Any) -> Any:
        return -self._z(value).abs() - ag.log(2 * self.scale)

    def cdf(self, value: Any) -> Any:
        z = self._z(value)
        return 0.5 - 0.5 * z.sign() * ag.expm1(-z.abs())

    def icdf(self, value: Any) -> Any:
        u = value - 0.5
        return self.loc - self.scale * u.sign() * ag.log1p(-2 * u.abs())

    def entropy(self) -> Any:
        return 1 + ag.log(2 * self.scale)


class Cauchy(_LocationScale):
    """The Cauchy distribution: density 1 / (pi scale (1 + ((x - loc) / scale)^2)); it has no mean.

    Args:
        loc: the median.
        scale: half the width at half the height, > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Cauchy
        >>> Cauchy(0.0, 1.0).cdf(ag.tensor(1.0))
        tensor(0.7500)
    """

    @property
    def mean(self) -> Any:
        return ag.full_like(self.loc, math.nan)

    @property
    def variance(self) -> Any:
        return ag.full_like(self.loc, math.inf)

    def _standard(self, shape: Any) -> Any:
        return ag.tan(math.pi * (self._uniform(shape) - 0.5))

    def log_prob(self, value: Any) -> Any:
        return -math.log(math.pi) - self.scale.log() - ag.log1p(self._z(value) ** 2)

    def cdf(self, value: Any) -> Any:
        return ag.atan(self._z(value)) / math.pi + 0.5

    def icdf(self, value: Any) -> Any:
        return ag.tan(math.pi * (value - 0.5)) * self.scale + self.loc

    def entropy(self) -> Any:
        return math.log(4 * math.pi) + self.scale.log()


class Gumbel(_LocationScale):
    """The Gumbel distribution of largest values: distribution function exp(-exp(-(x - loc) / scale)).

    Args:
        loc: the mode.
        scale: > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Gumbel
        >>> Gumbel(0.0, 1.0).log_prob(ag.tensor(0.0))
        tensor(-1.)
    """

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * EULER

    @property
    def stddev(self) -> Any:
        return math.pi / math.sqrt(6) * self.scale

    @property
    def variance(self) -> Any:
        return self.stddev**2

    def _standard(self, shape: Any) -> Any:
        return -ag.log(-ag.log(self._uniform(shape)))

    def log_prob(self, value: Any) -> Any:
        z = self._z(value)
        return -z - ag.exp(-z) - self.scale.log()

    def cdf(self, value: Any) -> Any:
        return ag.exp(-ag.exp(-self._z(value)))

    def icdf(self, value: Any) -> Any:
        return self.loc - self.scale * ag.log(-ag.log(value))

    def entropy(self) -> Any:
        return self.scale.log() + (1 + EULER)


class StudentT(Distribution):
    """Student's t distribution: loc + scale * z / sqrt(Chi2(df) / df) with a standard normal z.

    Args:
        df: degrees of freedom > 0.
        loc: the mode.
        scale: > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import StudentT
        >>> StudentT(1.0).log_prob(ag.tensor(0.0))
        tensor(-1.1447)
    """

    arg_constraints = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}  # noqa: RUF012
    support = constraints.real
    has_rsample = True

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return ag.where(self.df > 1, self.loc, math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        df = self.df
        finite = self.scale**2 * df / (df - 2)
        return ag.where(df > 2, finite, ag.where(df > 1, math.inf, ag.full_like(df, math.nan)))

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        z = ag.randn(shape, dtype=self.df.dtype, device=self.df.device)
        chi2 = 2 * ag._standard_gamma((0.5 * self.df).expand(shape))
        return self.loc + self.scale * z * ag.rsqrt(chi2 / self.df)

    def _log_normaliser(self) -> Any:
        half = 0.5 * self.df
        return self.scale.log() + 0.5 * (self.df * math.pi).log() + ag.lgamma(half) - ag.lgamma(half + 0.5)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        y = (value - self.loc) / self.scale
        return -0.5 * (self.df + 1) * ag.log1p(y**2 / self.df) - self._log_normaliser()

    def entropy(self) -> Any:
        half = 0.5 * self.df
        beta = ag.lgamma(half) + math.lgamma(0.5) - ag.lgamma(half + 0.5)
        spread = (half + 0.5) * (ag.digamma(half + 0.5) - ag.digamma(half))
        return self.scale.log() + spread + 0.5 * self.df.log() + beta


class _Half(Distribution):
    """|x| of a symmetric x about 0."""

    arg_constraints = {"scale": constraints.positive}  # noqa: RUF012
    support: Any = constraints.nonnegative
    has_rsample = True
    whole: type[_LocationScale]

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        (self.scale,) = broadcast_all(scale)
        super().__init__(self.scale.shape, validate_args=validate_args)

    @property
    def _base(self) -> Any:
        return self.whole(ag.zeros_like(self.scale), self.scale, validate_args=False)

    @property
    def mode(self) -> Any:
        return ag.zeros_like(self.scale)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._base.rsample(sample_shape).abs()

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return ag.where(value >= 0, self._base.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return 2 * self._base.cdf(value) - 1

    def icdf(self, value: Any) -> Any:
        return self._base.icdf((value + 1) / 2)

    def entropy(self) -> Any:
        return self._base.entropy() - math.log(2)


class HalfNormal(_Half):
    """|x| of a normal x with mean 0.

    Args:
        scale: the standard deviation of x, > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import HalfNormal
        >>> HalfNormal(1.0).mean
        tensor(0.7979)
    """

    whole = Normal

    @property
    def mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Any:
        return self.scale**2 * (1 - 2 / math.pi)


class HalfCauchy(_Half):
    """|x| of a Cauchy x about 0.

    Args:
        scale: of x, > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import HalfCauchy
        >>> HalfCauchy(1.0).cdf(ag.tensor(1.0))
        tensor(0.5000)
    """

    whole = Cauchy

    @property
    def mean(self) -> Any:
        return ag.full_like(self.scale, math.inf)

    @property
    def variance(self) -> Any:
        return ag.full_like(self.scale, math.inf)


class LogNormal(Distribution):
    """exp(x) of a normal x.

    Args:
        loc, scale: mean and standard deviation of x.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import LogNormal
        >>> LogNormal(0.0, 1.0).mean
        tensor(1.6487)
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}  # noqa: RUF012
    support = constraints.positive
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def base_dist(self) -> Normal:
        """The law of the logarithm."""
        return Normal(self.loc, self.scale, validate_args=False)

    @property
    def mean(self) -> Any:
        return (self.loc + self.scale**2 / 2).exp()

    @property
    def mode(self) -> Any:
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Any:
        return ag.expm1(self.scale**2) * (2 * self.loc + self.scale**2).exp()

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.base_dist.rsample(sample_shape).exp()

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return self.base_dist.log_prob(value.log()) - value.log()

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return self.base_dist.cdf(value.log())

    def icdf(self, value: Any) -> Any:
        return self.base_dist.icdf(value).exp()

    def entropy(self) -> Any:
        return self.base_dist.entropy() + self.loc


class VonMises(Distribution):
    """The von Mises distribution of angles: density proportional to exp(concentration * cos(x - loc)).

    Args:
        loc: the most likely angle.
        concentration: > 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import VonMises
        >>> VonMises(0.0, 1.0).log_prob(ag.tensor(0.0))
        tensor(-1.0738)

    Source: Best and Fisher, Efficient Simulation of the von Mises Distribution, 1979.
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}  # noqa: RUF012
    support = constraints.real
    has_rsample = False

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.loc

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        """On the circle: 1 - E[cos(x - loc)]."""
        return 1 - ag.special.i1e(self.concentration) / ag.special.i0e(self.concentration)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        k = self.concentration
        return k * (ag.cos(value - self.loc) - 1) - math.log(2 * math.pi) - ag.special.i0e(k).log()

    def sample(self, sample_shape: Any = ()) -> Any:
        with ag.no_grad():
            k = self.concentration.double().expand(self._extended_shape(sample_shape))
            tau = 1 + (1 + 4 * k**2).sqrt()
            rho = (tau - (2 * tau).sqrt()) / (2 * k)
            r = ag.where(k < 1e-5, 1 / k + k, (1 + rho**2) / (2 * rho))  # where rho is 0/0: its limit
            found, done = ag.zeros_like(k), ag.zeros_like(k, dtype=ag.bool)
            while not bool(done.all()):  # two of three draws are accepted, at the least
                u1, u2, u3 = ag.rand((3, *k.shape), dtype=k.dtype, device=k.device).unbind()
                z = ag.cos(math.pi * u1)
                f = (1 + r * z) / (r + z)
                c = k * (r - f)
                accepted = ((c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)) & ~done
                found = ag.where(accepted, (u3 - 0.5).sign() * f.clamp(-1, 1).acos(), found)
                done = done | accepted
            angle = found + math.pi + self.loc
            return (ag.remainder(angle, 2 * math.pi) - math.pi).to(self.loc.dtype)
