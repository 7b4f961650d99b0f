"""Kullback-Leibler divergences, found by the classes of the two distributions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd as ag
from autograd import linalg
from autograd.distributions.classes import Categorical, OneHotCategorical
from autograd.distributions.compound import Independent, TransformedDistribution
from autograd.distributions.counts import Bernoulli, Binomial, Geometric, Poisson
from autograd.distributions.distribution import EULER, Distribution, softplus, summed
from autograd.distributions.location import Cauchy, Gumbel, HalfNormal, Laplace, LogNormal, Normal
from autograd.distributions.multivariate import Beta, Dirichlet, MultivariateNormal
from autograd.distributions.positive import Exponential, Gamma, Pareto, Uniform

_formulas: dict[tuple[type, type], Callable[[Any, Any], Any]] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Callable[[Any, Any], Any]], Callable[[Any, Any], Any]]:
    """Decorates a function of (p, q) as the divergence between distributions of two classes.

    Args:
        type_p, type_q: the classes; their subclasses use it too where nothing closer is known.

    Returns:
        A decorator.

    Raises:
        TypeError: one of them is no distribution.

    Example:
        >>> from autograd.distributions import Distribution, register_kl, kl_divergence
        >>> class Fixed(Distribution): pass
        >>> _ = register_kl(Fixed, Fixed)(lambda p, q: ag.tensor(0.0))
        >>> kl_divergence(Fixed(), Fixed())
        tensor(0.)
    """
    for kind in (type_p, type_q):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"register_kl: expected subclasses of Distribution, got {kind}")

    def register(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        _formulas[type_p, type_q] = function
        return function

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    """KL(p || q): the mean of log p(x) - log q(x) over x from p.

    Args:
        p, q: distributions.

    Returns:
        A tensor of the batch shape.

    Raises:
        NotImplementedError: no formula is known for their classes.

    Example:
        >>> from autograd.distributions import Normal, kl_divergence
        >>> kl_divergence(Normal(0.0, 1.0), Normal(1.0, 1.0))
        tensor(0.5000)
    """
    known = [
        (type(p).__mro__.index(a) + type(q).__mro__.index(b), formula)
        for (a, b), formula in _formulas.items()
        if isinstance(p, a) and isinstance(q, b)
    ]
    if not known:
        raise NotImplementedError(
            f"kl_divergence: expected classes with a known formula, got {type(p).__name__} and {type(q).__name__}. "
            "Declare one with register_kl"
        )
    return min(known, key=lambda found: found[0])[1](p, q)


def _unless(value: Any, never: Any) -> Any:
    """The value, inf where q has no mass although p has."""
    return ag.where(never, math.inf, value)


@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Any:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


@register_kl(LogNormal, LogNormal)
def _log_normal(p: LogNormal, q: LogNormal) -> Any:
    return _normal(p.base_dist, q.base_dist)


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Any:
    return _normal(p._base, q._base)


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Any:
    ratio, away = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + away / q.scale + ratio * ag.exp(-away / p.scale) - 1


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Cauchy, q: Cauchy) -> Any:
    return ((p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2).log() - (4 * p.scale * q.scale).log()


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Gumbel, q: Gumbel) -> Any:
    ratio, place = p.scale / q.scale, q.loc / q.scale
    away = p.loc / q.scale
    return -ratio.log() - place + away + ratio * EULER + ag.exp(place + ag.lgamma(1 + ratio) - away) - (1 + EULER)


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Any:
    return _unless(((q.high - q.low) / (p.high - p.low)).log(), (q.low > p.low) | (q.high < p.high))


@register_kl(Uniform, Normal)
def _uniform_normal(p: Uniform, q: Normal) -> Any:
    width = p.high - p.low
    spread = width**2 / 12 + ((p.high + p.low - 2 * q.loc) / 2) ** 2
    return (math.sqrt(2 * math.pi) * q.scale / width).log() + 0.5 * spread / q.scale**2


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Any:
    z = (p.loc - q.loc) / p.scale
    distance = math.sqrt(2 / math.pi) * ag.exp(-0.5 * z**2) + z * ag.erf(z / math.sqrt(2))
    return -(p.scale / q.scale).log() + p.scale / q.scale * distance - 0.5 * math.log(math.pi / 2) - 0.5


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Any:
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Exponential, q: Gamma) -> Any:
    ratio, a = q.rate / p.rate, q.concentration
    return -a * ratio.log() + ratio + ag.lgamma(a) + a * EULER - (1 + EULER)


@register_kl(Gamma, Gamma)
def _gamma(p: Gamma, q: Gamma) -> Any:
    a, b = p.concentration, q.concentration
    rates = b * (p.rate / q.rate).log() + a * (q.rate / p.rate) - a
    return rates + ag.lgamma(b) - ag.lgamma(a) + (a - b) * ag.digamma(a)


@register_kl(Pareto, Pareto)
def _pareto(p: Pareto, q: Pareto) -> Any:
    ratio = q.alpha / p.alpha
    return _unless(q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1, p.scale < q.scale)


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Any:
    a, b = p.concentration, q.concentration
    total = a.sum(-1, keepdim=True)
    normalisers = ag.lgamma(total).squeeze(-1) - ag.lgamma(b.sum(-1)) - (ag.lgamma(a) - ag.lgamma(b)).sum(-1)
    return normalisers + ((a - b) * (ag.digamma(a) - ag.digamma(total))).sum(-1)


@register_kl(Beta, Beta)
def _beta(p: Beta, q: Beta) -> Any:
    return _dirichlet(p._dirichlet, q._dirichlet)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Any:
    a = p.probs
    ones = a * (softplus(-q.logits) - softplus(-p.logits))
    zeros = (1 - a) * (softplus(q.logits) - softplus(p.logits))
    found = ag.where(a == 0, 0, ones) + ag.where(a == 1, 0, zeros)
    return _unless(found, ((q.probs == 0) & (a > 0)) | ((q.probs == 1) & (a < 1)))


@register_kl(Binomial, Binomial)
def _binomial(p: Binomial, q: Binomial) -> Any:
    if bool((p.total_count < q.total_count).any()):
        raise NotImplementedError("kl_divergence: expected Binomials of one total_count, got a larger one of q")
    rate = p.probs * (p.logits - q.logits) + ag.log1p(-p.probs) - ag.log1p(-q.probs)
    return _unless(p.total_count * rate, p.total_count > q.total_count)


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Any:
    return -p.entropy() - ag.log1p(-q.probs) / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poisson(p: Poisson, q: Poisson) -> Any:
    return ag.xlogy(p.rate, p.rate / q.rate) - (p.rate - q.rate)


@register_kl(Categorical, Categorical)
def _categorical(p: Categorical, q: Categorical) -> Any:
    each = p.probs * (p.logits - q.logits)
    each = ag.where((q.probs == 0).expand_as(each), math.inf, each)
    return ag.where((p.probs == 0).expand_as(each), 0, each).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot_categorical(p: OneHotCategorical, q: OneHotCategorical) -> Any:
    return _categorical(p._categorical, q._categorical)


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Any:
    n = p.event_shape[0]
    batch = ag.broadcast_shapes(p.batch_shape, q.batch_shape)
    scale = q.scale_tril.expand((*batch, n, n))
    both = ag.cat([p.scale_tril.expand((*batch, n, n)), (q.loc - p.loc).expand((*batch, n)).unsqueeze(-1)], -1)
    spread = (linalg.solve_triangular(scale, both, upper=False) ** 2).sum((-2, -1))
    return q._log_det() - p._log_det() + 0.5 * (spread - n)


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("kl_divergence: expected Independents of the same number of axes, got different ones")
    return summed(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Any:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError("kl_divergence: expected the same transforms, got different ones")
    extra = len(p.event_shape) - len(p.base_dist.event_shape)
    return summed(kl_divergence(p.base_dist, q.base_dist), max(extra, 0))
