"""Distributions made of others: independent axes, transformed values, mixtures; and the relaxed discrete ones."""

from __future__ import annotations

import math
from typing import Any, Self

import autograd as ag
from autograd.distributions import constraints
from autograd.distributions.classes import Categorical
from autograd.distributions.counts import Bernoulli
from autograd.distributions.distribution import Distribution, softplus, summed
from autograd.distributions.transforms import (
    ComposeTransform,
    ExpTransform,
    IndependentTransform,
    SigmoidTransform,
    Transform,
)
from autograd.distributions.utils import broadcast_all, clamp_probs


class Independent(Distribution):
    """A distribution whose last batch axes are made part of the event: their log probabilities are added up.

    Args:
        base_distribution: any.
        reinterpreted_batch_ndims: how many axes.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: there are fewer batch axes.

    Example:
        >>> from autograd.distributions import Independent, Normal
        >>> d = Independent(Normal(ag.zeros(3), 1.0), 1)
        >>> d.event_shape, d.log_prob(ag.zeros(3))
        (Size([3]), tensor(-2.7568))
    """

    def __init__(
        self, base_distribution: Distribution, reinterpreted_batch_ndims: int, validate_args: bool | None = None
    ) -> None:
        count = reinterpreted_batch_ndims
        if count > len(base_distribution.batch_shape):
            raise ValueError(
                f"Independent: expected at most {len(base_distribution.batch_shape)} reinterpreted_batch_ndims, got {count}"
            )
        shape = base_distribution.batch_shape + base_distribution.event_shape
        events = count + len(base_distribution.event_shape)
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, count
        super().__init__(shape[: len(shape) - events], shape[len(shape) - events :], validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        return self.reinterpreted_batch_ndims == 0 and self.base_dist.has_enumerate_support

    @constraints.dependent_property
    def support(self) -> Any:
        found = self.base_dist.support
        return (
            constraints.independent(found, self.reinterpreted_batch_ndims) if self.reinterpreted_batch_ndims else found
        )

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = self._blank(_instance)
        axes = tuple(batch_shape) + tuple(self.event_shape[: self.reinterpreted_batch_ndims])
        new.base_dist = self.base_dist.expand(axes)
        new.reinterpreted_batch_ndims = self.reinterpreted_batch_ndims
        return self._finish(new, batch_shape)

    @property
    def mean(self) -> Any:
        return self.base_dist.mean

    @property
    def mode(self) -> Any:
        return self.base_dist.mode

    @property
    def variance(self) -> Any:
        return self.base_dist.variance

    def sample(self, sample_shape: Any = ()) -> Any:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Any) -> Any:
        return summed(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Any:
        return summed(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Any:
        if self.reinterpreted_batch_ndims:
            raise NotImplementedError("enumerate_support: expected no reinterpreted axes, got an Independent with some")
        return self.base_dist.enumerate_support(expand)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"


class TransformedDistribution(Distribution):
    """The law of f(x), x of another law.

    Args:
        base_distribution: of x.
        transforms: f, a transform or a list, the first applied first.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: something else than transforms.

    Example:
        >>> from autograd.distributions import AffineTransform, Normal, TransformedDistribution
        >>> d = TransformedDistribution(Normal(0.0, 1.0), [AffineTransform(1.0, 2.0)])
        >>> d.log_prob(ag.tensor(1.0))
        tensor(-1.6121)
    """

    def __init__(self, base_distribution: Distribution, transforms: Any, validate_args: bool | None = None) -> None:
        given = [transforms] if isinstance(transforms, Transform) else list(transforms)
        if not all(isinstance(t, Transform) for t in given):
            raise ValueError(f"TransformedDistribution: expected transforms, got {transforms}")
        self.transforms = given
        whole = ComposeTransform(given)
        base_shape = base_distribution.batch_shape + base_distribution.event_shape
        shape = whole.forward_shape(base_shape)
        expanded = whole.inverse_shape(shape)
        base = base_distribution
        if expanded != base_shape:
            base = base.expand(expanded[: len(expanded) - len(base.event_shape)])
        more = whole.domain.event_dim - len(base.event_shape)
        self.base_dist = Independent(base, more) if more > 0 else base
        change = whole.codomain.event_dim - whole.domain.event_dim
        events = max(whole.codomain.event_dim, len(base.event_shape) + change)
        super().__init__(shape[: len(shape) - events], shape[len(shape) - events :], validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    @constraints.dependent_property
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        found = self.transforms[-1].codomain
        more = len(self.event_shape) - found.event_dim
        return constraints.independent(found, more) if more > 0 else found

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = self._blank(_instance)
        new.transforms = self.transforms
        shape = ComposeTransform(self.transforms).inverse_shape(tuple(batch_shape) + tuple(self.event_shape))
        new.base_dist = self.base_dist.expand(shape[: len(shape) - len(self.base_dist.event_shape)])
        return self._finish(new, batch_shape)

    def _forward(self, x: Any) -> Any:
        for t in self.transforms:
            x = t(x)
        return x

    def sample(self, sample_shape: Any = ()) -> Any:
        with ag.no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._forward(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        events, y, total = len(self.event_shape), value, 0
        for t in reversed(self.transforms):
            x = t._inv_call(y)
            events += t.domain.event_dim - t.codomain.event_dim
            total = total - summed(t.log_abs_det_jacobian(x, y), events - t.domain.event_dim)
            y = x
        return total + summed(self.base_dist.log_prob(y), events - len(self.base_dist.event_shape))

    def _monotone(self, value: Any) -> Any:
        """A probability, turned round where the transforms together decrease."""
        sign = math.prod(t.sign for t in self.transforms)
        return value if isinstance(sign, (int, float)) and sign == 1 else sign * (value - 0.5) + 0.5

    def cdf(self, value: Any) -> Any:
        for t in reversed(self.transforms):
            value = t._inv_call(value)
        return self._monotone(self.base_dist.cdf(value))

    def icdf(self, value: Any) -> Any:
        return self._forward(self.base_dist.icdf(self._monotone(value)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_dist}, {self.transforms})"


class MixtureSameFamily(Distribution):
    """A mixture: first a component is drawn, then a value of it.

    Args:
        mixture_distribution: a ``Categorical`` over K components.
        component_distribution: with the last batch axis of size K.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: other kinds of arguments, or sizes that do not fit.

    Example:
        >>> from autograd.distributions import Categorical, MixtureSameFamily, Normal
        >>> d = MixtureSameFamily(Categorical(ag.ones(2)), Normal(ag.tensor([-1.0, 1.0]), 1.0))
        >>> d.mean, d.variance
        (tensor(0.), tensor(2.))
    """

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(mixture_distribution, Categorical) or not isinstance(component_distribution, Distribution):
            raise ValueError("MixtureSameFamily: expected a Categorical and a Distribution, got something else")
        batch = component_distribution.batch_shape
        have = mixture_distribution._num_events
        if not batch or batch[-1] != have:
            raise ValueError(f"MixtureSameFamily: expected {have} components on the last batch axis, got {batch}")
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        events = component_distribution.event_shape
        super().__init__(ag.broadcast_shapes(mixture_distribution.batch_shape, batch[:-1]), events, validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """The law of the component."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The laws of the values."""
        return self._component_distribution

    @constraints.dependent_property
    def support(self) -> Any:
        return self._component_distribution.support

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = self._blank(_instance)
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        components = self._mixture_distribution._num_events
        new._component_distribution = self._component_distribution.expand((*batch_shape, components))
        return self._finish(new, batch_shape)

    def _over_components(self, value: Any) -> Any:
        """The mean over components of a tensor (*batch, K, *event)."""
        probs = self._mixture_distribution.probs
        weights = probs.reshape((*probs.shape, *[1] * len(self.event_shape)))
        return (weights * value).sum(-1 - len(self.event_shape))

    @property
    def mean(self) -> Any:
        return self._over_components(self._component_distribution.mean)

    @property
    def variance(self) -> Any:
        within = self._over_components(self._component_distribution.variance)
        away = self._component_distribution.mean - self.mean.unsqueeze(-1 - len(self.event_shape))
        return within + self._over_components(away**2)

    def sample(self, sample_shape: Any = ()) -> Any:
        with ag.no_grad():
            at, events = self._mixture_distribution.sample(sample_shape), len(self.event_shape)
            values = self._component_distribution.sample(sample_shape)
            at = at.reshape((*at.shape, *[1] * (events + 1)))
            at = at.expand((*values.shape[: values.ndim - events - 1], 1, *self.event_shape))
            return values.gather(-1 - events, at).squeeze(-1 - events)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        value = value.unsqueeze(-1 - len(self.event_shape))
        return ag.logsumexp(
            self._component_distribution.log_prob(value) + ag.log_softmax(self._mixture_distribution.logits, -1), -1
        )

    def cdf(self, value: Any) -> Any:
        value = value.unsqueeze(-1 - len(self.event_shape))
        return (self._component_distribution.cdf(value) * self._mixture_distribution.probs).sum(-1)

    def __repr__(self) -> str:
        return f"MixtureSameFamily({self._mixture_distribution}, {self._component_distribution})"


# -- relaxed ----------------------------------------------------------------------------------------------------------


class LogitRelaxedBernoulli(Distribution):
    """The log-odds of a ``RelaxedBernoulli``.

    Args:
        temperature: > 0.
        probs, logits: as of a ``Bernoulli``.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import LogitRelaxedBernoulli
        >>> LogitRelaxedBernoulli(ag.tensor(1.0), 0.5).log_prob(ag.tensor(0.0))
        tensor(-1.3863)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}  # noqa: RUF012
    support = constraints.real
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._bernoulli = Bernoulli(probs, logits, validate_args)
        (self.temperature,) = broadcast_all(temperature)
        super().__init__(self._bernoulli.batch_shape, validate_args=validate_args)

    @property
    def probs(self) -> Any:
        """The probability of a 1."""
        return self._bernoulli.probs

    @property
    def logits(self) -> Any:
        """Its log-odds."""
        return self._bernoulli.logits

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = self._blank(_instance)
        new._bernoulli, new.temperature = self._bernoulli.expand(batch_shape), self.temperature
        return self._finish(new, batch_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        x = self.logits
        u = clamp_probs(ag.rand(self._extended_shape(sample_shape), dtype=x.dtype, device=x.device))
        return (u.log() - ag.log1p(-u) + x) / self.temperature

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        away = self.logits - value * self.temperature
        return self.temperature.log() + away - 2 * softplus(away)


class RelaxedBernoulli(TransformedDistribution):
    """A number in (0, 1) that is nearly 0 or 1 at low temperature, with gradients to its probability.

    Args:
        temperature: > 0.
        probs, logits: as of a ``Bernoulli``.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import RelaxedBernoulli
        >>> RelaxedBernoulli(ag.tensor(1.0), 0.5).log_prob(ag.tensor(0.5)).abs() < 1e-6
        tensor(True)

    Source: Maddison et al., The Concrete Distribution, 2017; Jang et al., Categorical Reparameterization with
        Gumbel-Softmax, 2017.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}  # noqa: RUF012
    support: Any = constraints.unit_interval

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args)
        super().__init__(base, SigmoidTransform(), validate_args)

    @property
    def _concrete(self) -> Any:
        return self.base_dist

    @property
    def temperature(self) -> Any:
        """How far from 0 and 1 values are."""
        return self._concrete.temperature

    @property
    def probs(self) -> Any:
        """The probability of a 1."""
        return self._concrete.probs

    @property
    def logits(self) -> Any:
        """Its log-odds."""
        return self._concrete.logits


class ExpRelaxedCategorical(Distribution):
    """The logarithm of a ``RelaxedOneHotCategorical``.

    Args:
        temperature: > 0.
        probs, logits: as of a ``Categorical``.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import ExpRelaxedCategorical
        >>> ExpRelaxedCategorical(ag.tensor(1.0), ag.ones(3)).rsample().exp().sum() - 1 < 1e-5
        tensor(True)
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}  # noqa: RUF012
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        (self.temperature,) = broadcast_all(temperature)
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @property
    def probs(self) -> Any:
        """The probabilities of the classes."""
        return self._categorical.probs

    @property
    def logits(self) -> Any:
        """Their logarithms."""
        return self._categorical.logits

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = self._blank(_instance)
        new._categorical, new.temperature = self._categorical.expand(batch_shape), self.temperature
        return self._finish(new, batch_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        x = self.logits
        u = clamp_probs(ag.rand(self._extended_shape(sample_shape), dtype=x.dtype, device=x.device))
        scores = (x - (-u.log()).log()) / self.temperature
        return scores - scores.logsumexp(-1, keepdim=True)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        k = self.event_shape[0]
        scale = math.lgamma(k) + (k - 1) * self.temperature.log()
        score = self.logits - value * self.temperature
        return (score - score.logsumexp(-1, keepdim=True)).sum(-1) + scale


class RelaxedOneHotCategorical(TransformedDistribution):
    """Probabilities that are nearly one-hot at low temperature, with gradients to the law of the class.

    Args:
        temperature: > 0.
        probs, logits: as of a ``Categorical``.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import RelaxedOneHotCategorical
        >>> RelaxedOneHotCategorical(ag.tensor(1.0), ag.ones(3)).rsample((2,)).shape
        Size([2, 3])

    Source: as ``RelaxedBernoulli``.
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}  # noqa: RUF012
    support: Any = constraints.simplex

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args)
        super().__init__(base, IndependentTransform(ExpTransform(), 1), validate_args)

    @property
    def _concrete(self) -> Any:
        return self.base_dist

    @property
    def temperature(self) -> Any:
        """How far from one-hot values are."""
        return self._concrete.temperature

    @property
    def probs(self) -> Any:
        """The probabilities of the classes."""
        return self._concrete.probs

    @property
    def logits(self) -> Any:
        """Their logarithms."""
        return self._concrete.logits
