"""Distributions on whole numbers: successes, failures, arrivals."""

from __future__ import annotations

import math
from typing import Any, Self

import autograd as ag
from autograd.distributions import constraints
from autograd.distributions.distribution import Distribution, ExponentialFamily, binary_entropy, one_of, softplus
from autograd.distributions.utils import broadcast_all, clamp_probs, lazy_property, logits_to_probs, probs_to_logits


class _Odds(Distribution):
    """A distribution given by a probability or by log-odds."""

    def _take(self, probs: Any, logits: Any, *others: Any) -> list[Any]:
        """Keeps the one that was given, broadcast with the others; returns these."""
        name = "probs" if one_of(type(self).__name__, probs, logits) else "logits"
        parameter, *rest = broadcast_all(logits if probs is None else probs, *others)
        self.__dict__[name] = parameter
        return rest

    @lazy_property
    def logits(self) -> Any:
        """The log-odds."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Any:
        """The probability of a success."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def _given(self) -> Any:
        name = "probs" if "probs" in self.__dict__ else "logits"
        return self.__dict__[name]

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter."""
        return self._given.size()


class Bernoulli(_Odds, ExponentialFamily):
    """1 with a probability, else 0.

    Args:
        probs: of a 1, in [0, 1].
        logits: its log-odds, in place of ``probs``.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: both are given, or none.

    Example:
        >>> from autograd.distributions import Bernoulli
        >>> Bernoulli(0.25).log_prob(ag.tensor(1.0))
        tensor(-1.3863)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}  # noqa: RUF012
    support = constraints.boolean
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self._given.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        p = self.probs
        return ag.where(p == 0.5, math.nan, (p >= 0.5).to(p.dtype))

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        with ag.no_grad():
            return ag.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = ag.broadcast_tensors(self.logits, value)
        return -binary_entropy(logits, value.to(logits.dtype))

    def entropy(self) -> Any:
        return binary_entropy(self.logits, self.probs)

    def enumerate_support(self, expand: bool = True) -> Any:
        return _listed(self, 2, expand)


class ContinuousBernoulli(_Odds, ExponentialFamily):
    """Numbers between 0 and 1 with a density proportional to p^x (1 - p)^(1 - x).

    Args:
        probs: p, in (0, 1); not the mean.
        logits: its log-odds, in place of ``probs``.
        lims: between these p the formulas are their series around 1/2, where they are 0/0.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: both are given, or none.

    Example:
        >>> from autograd.distributions import ContinuousBernoulli
        >>> ContinuousBernoulli(0.5).mean
        tensor(0.5000)

    Source: Loaiza-Ganem and Cunningham, The Continuous Bernoulli: Fixing a Pervasive Error in Variational Autoencoders, 2019.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}  # noqa: RUF012
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._take(probs, logits)
        self._lims = lims
        super().__init__(self._given.shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = self._blank(_instance)
        new._lims = self._lims
        return super().expand(batch_shape, new)

    def _apart(self) -> tuple[Any, Any, Any]:
        """p, where it is near 1/2, and p with something harmless there."""
        p = clamp_probs(self.probs)
        near = (p > self._lims[0]) & (p <= self._lims[1])
        return p, near, ag.where(near, self._lims[0], p)

    def _log_norm(self) -> Any:
        p, near, away = self._apart()
        x = (p - 0.5) ** 2
        exact = (ag.log1p(-away) - away.log()).abs().log() - (1 - 2 * away).abs().log()
        return ag.where(near, math.log(2.0) + (4 / 3 + 104 / 45 * x) * x, exact)

    @property
    def mean(self) -> Any:
        p, near, away = self._apart()
        x = p - 0.5
        exact = away / (2 * away - 1) + 1 / (ag.log1p(-away) - away.log())
        return ag.where(near, 0.5 + (1 / 3 + 16 / 45 * x**2) * x, exact)

    @property
    def variance(self) -> Any:
        p, near, away = self._apart()
        x = (p - 0.5) ** 2
        exact = away * (away - 1) / (1 - 2 * away) ** 2 + 1 / (ag.log1p(-away) - away.log()) ** 2
        return ag.where(near, 1 / 12 - (1 / 15 - 128 / 945 * x) * x, exact)

    def rsample(self, sample_shape: Any = ()) -> Any:
        u = ag.rand(self._extended_shape(sample_shape), dtype=self.probs.dtype, device=self.probs.device)
        return self.icdf(u)

    def sample(self, sample_shape: Any = ()) -> Any:
        with ag.no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = ag.broadcast_tensors(self.logits, value)
        return -binary_entropy(logits, value) + self._log_norm()

    def cdf(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        _, near, p = self._apart()
        exact = (p**value * (1 - p) ** (1 - value) + p - 1) / (2 * p - 1)
        return ag.where(near, value, exact).clamp(0, 1)

    def icdf(self, value: Any) -> Any:
        _, near, p = self._apart()
        exact = (ag.log1p(-p + value * (2 * p - 1)) - ag.log1p(-p)) / (p.log() - ag.log1p(-p))
        return ag.where(near, value, exact)

    def entropy(self) -> Any:
        p = clamp_probs(self.probs)
        return self.mean * (ag.log1p(-p) - p.log()) - self._log_norm() - ag.log1p(-p)


def _listed(d: Distribution, count: int, expand: bool) -> Any:
    """0, 1, ..., count - 1 along a first axis."""
    like = d._given  # type: ignore[attr-defined]
    values = ag.arange(count, dtype=like.dtype, device=like.device).view((-1,) + (1,) * len(d.batch_shape))
    return values.expand((-1, *d.batch_shape)) if expand else values


class Geometric(_Odds):
    """The number of failures before the first success.

    Args:
        probs: of a success, in (0, 1].
        logits: its log-odds, in place of ``probs``.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: both are given, or none.

    Example:
        >>> from autograd.distributions import Geometric
        >>> Geometric(0.25).mean
        tensor(3.)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}  # noqa: RUF012
    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._take(probs, logits)
        super().__init__(self._given.shape, validate_args=validate_args)
        if self._validate_args and probs is not None and not bool((self.probs > 0).all()):
            raise ValueError(f"Geometric: expected parameter probs above 0, got {self.probs}")

    @property
    def mean(self) -> Any:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Any:
        return ag.zeros_like(self.probs)

    @property
    def variance(self) -> Any:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Any = ()) -> Any:
        with ag.no_grad():
            p = self.probs
            u = clamp_probs(ag.rand(self._extended_shape(sample_shape), dtype=p.dtype, device=p.device))
            return (ag.log(u) / ag.log1p(-p)).floor()

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        value, p = ag.broadcast_tensors(value, self.probs)
        return value * ag.log1p(-ag.where((p == 1) & (value == 0), 0, p)) + p.log()

    def entropy(self) -> Any:
        return binary_entropy(self.logits, self.probs) / self.probs


class Binomial(_Odds):
    """The number of successes in independent trials.

    Args:
        total_count: how many trials.
        probs: of a success, in [0, 1].
        logits: its log-odds, in place of ``probs``.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: both are given, or none.

    Example:
        >>> from autograd.distributions import Binomial
        >>> Binomial(2, 0.5).log_prob(ag.tensor(1.0)).exp()
        tensor(0.5000)
    """

    arg_constraints = {  # noqa: RUF012
        "total_count": constraints.nonnegative_integer, "probs": constraints.unit_interval, "logits": constraints.real,
    }  # fmt: skip
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        (count,) = self._take(probs, logits, total_count)
        self.total_count = count.to(self._given.dtype)
        super().__init__(self._given.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True)
    def support(self) -> Any:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        with ag.no_grad():
            return ag.binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        n, x = self.total_count, self.logits
        ways = ag.lgamma(n + 1) - ag.lgamma(value + 1) - ag.lgamma(n - value + 1)
        return ways + value * x - n * softplus(x)

    def entropy(self) -> Any:
        count = int(self.total_count.max().item())
        if not bool((self.total_count == count).all()):
            raise NotImplementedError("Binomial.entropy: expected one total_count for the whole batch, got several")
        log_prob = self.log_prob(self.enumerate_support(False))
        return -(ag.exp(log_prob) * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Any:
        count = int(self.total_count.max().item())
        if not bool((self.total_count == count).all()):
            raise NotImplementedError("enumerate_support: expected one total_count for the whole batch, got several")
        return _listed(self, count + 1, expand)


class NegativeBinomial(_Odds):
    """The number of successes before ``total_count`` failures.

    Args:
        total_count: failures >= 0, any real number.
        probs: of a success, in [0, 1).
        logits: its log-odds, in place of ``probs``.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: both are given, or none.

    Example:
        >>> from autograd.distributions import NegativeBinomial
        >>> NegativeBinomial(2.0, 0.5).mean
        tensor(2.)
    """

    arg_constraints = {  # noqa: RUF012
        "total_count": constraints.greater_than_eq(0), "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }  # fmt: skip
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        (count,) = self._take(probs, logits, total_count)
        self.total_count = count.to(self._given.dtype)
        super().__init__(self._given.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.total_count * ag.exp(self.logits)

    @property
    def mode(self) -> Any:
        return ((self.total_count - 1) * ag.exp(self.logits)).floor().clamp_min(0)

    @property
    def variance(self) -> Any:
        return self.mean / ag.sigmoid(-self.logits)

    def sample(self, sample_shape: Any = ()) -> Any:
        with ag.no_grad():
            shape = self._extended_shape(sample_shape)
            return ag.poisson(ag._standard_gamma(self.total_count.expand(shape)) * ag.exp(self.logits))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        n = self.total_count
        ways = ag.where(n + value == 0, 0, ag.lgamma(n + value) - ag.lgamma(value + 1) - ag.lgamma(n))
        return -n * softplus(self.logits) - value * softplus(-self.logits) + ways


class Poisson(ExponentialFamily):
    """The number of arrivals at a rate: probability rate^k exp(-rate) / k!.

    Args:
        rate: >= 0.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Poisson
        >>> Poisson(2.0).log_prob(ag.tensor(0.0))
        tensor(-2.)
    """

    arg_constraints = {"rate": constraints.nonnegative}  # noqa: RUF012
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.rate

    @property
    def mode(self) -> Any:
        return self.rate.floor()

    @property
    def variance(self) -> Any:
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Any:
        with ag.no_grad():
            return ag.poisson(self.rate.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        rate, value = broadcast_all(self.rate, value)
        return ag.xlogy(value, rate) - rate - ag.lgamma(value + 1)
