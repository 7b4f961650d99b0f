"""Distributions on classes: one of several, as a number or one-hot, and how often each."""

from __future__ import annotations

import math
from typing import Any, Self

import autograd as ag
from autograd.distributions import constraints
from autograd.distributions.distribution import Distribution, one_hot, one_of
from autograd.distributions.utils import lazy_property, logits_to_probs, probs_to_logits


class Categorical(Distribution):
    """A class 0, 1, ..., K - 1 with given probabilities.

    Args:
        probs: (*,K), >= 0; normalised to a sum of 1.
        logits: (*,K), unnormalised logarithms, in place of ``probs``.
        validate_args: as for ``Distribution``.

    Raises:
        ValueError: both are given, or none, or without an axis.

    Example:
        >>> from autograd.distributions import Categorical
        >>> Categorical(ag.tensor([1.0, 3.0])).log_prob(ag.tensor(0))
        tensor(-1.3863)
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}  # noqa: RUF012
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        given = probs if one_of("Categorical", probs, logits) else logits
        if given.ndim < 1:
            raise ValueError("Categorical: expected probs or logits with an axis of classes, got a 0-d tensor")
        if probs is not None:
            self.probs = probs / probs.sum(-1, keepdim=True)
        else:
            self.logits = logits - logits.logsumexp(-1, keepdim=True)
        self._num_events = given.shape[-1]
        super().__init__(given.shape[:-1], validate_args=validate_args)

    @lazy_property
    def logits(self) -> Any:
        """The logarithms of the probabilities."""
        return probs_to_logits(self.probs)

    @lazy_property
    def probs(self) -> Any:
        """The probabilities."""
        return logits_to_probs(self.logits)

    @property
    def _given(self) -> Any:
        name = "probs" if "probs" in self.__dict__ else "logits"
        return self.__dict__[name]

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter, (*,K)."""
        return self._given.size()

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return constraints.integer_interval(0, self._num_events - 1)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = super().expand(batch_shape, _instance)
        new._num_events = self._num_events
        return new

    @property
    def mean(self) -> Any:
        return ag.full(self.batch_shape, math.nan, dtype=self._given.dtype, device=self._given.device)

    @property
    def mode(self) -> Any:
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Any:
        return self.mean

    def sample(self, sample_shape: Any = ()) -> Any:
        with ag.no_grad():
            shape = self._extended_shape(sample_shape)
            bounds = self.probs.double().cumsum(-1)
            u = ag.rand(shape, dtype=ag.float64, device=bounds.device) * bounds[..., -1]
            found = (bounds <= u.unsqueeze(-1)).sum(-1)  # classes that end before u
            return found.clamp(max=self._num_events - 1)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        value, logits = ag.broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return logits.gather(-1, value[..., :1]).squeeze(-1)

    def entropy(self) -> Any:
        logits = self.logits.clamp_min(ag.finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        values = ag.arange(self._num_events, device=self._given.device).view((-1,) + (1,) * len(self.batch_shape))
        return values.expand((-1, *self.batch_shape)) if expand else values


class _OfClasses(Distribution):
    """A distribution made of draws of a ``Categorical``."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}  # noqa: RUF012
    _categorical: Categorical

    @property
    def probs(self) -> Any:
        """The probabilities of the classes."""
        return self._categorical.probs

    @property
    def logits(self) -> Any:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Any:
        """The shape of the parameter, (*,K)."""
        return self._categorical.param_shape

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = self._blank(_instance)
        new._categorical = self._categorical.expand(batch_shape)
        return self._finish(new, batch_shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({repr(self._categorical).partition('(')[2]}"


class OneHotCategorical(_OfClasses):
    """A class as a vector with a single 1.

    Args:
        probs: (*,K), >= 0; normalised to a sum of 1.
        logits: (*,K), in place of ``probs``.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import OneHotCategorical
        >>> OneHotCategorical(ag.tensor([0.0, 1.0])).sample()
        tensor([0., 1.])
    """

    support = constraints.one_hot
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        return self._one_hot(self.probs.argmax(-1))

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def _one_hot(self, index: Any) -> Any:
        return one_hot(index, self.event_shape[-1], self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        return self._one_hot(self._categorical.sample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Any:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Any:
        n = self.event_shape[0]
        values = ag.eye(n, dtype=self.probs.dtype, device=self.probs.device)
        values = values.view((n,) + (1,) * len(self.batch_shape) + (n,))
        return values.expand((n, *self.batch_shape, n)) if expand else values


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """``OneHotCategorical`` whose ``rsample`` passes gradients on to the probabilities, as if it were they.

    Args:
        probs, logits, validate_args: as there.

    Example:
        >>> from autograd.distributions import OneHotCategoricalStraightThrough
        >>> OneHotCategoricalStraightThrough(ag.tensor([0.0, 1.0])).rsample()
        tensor([0., 1.])

    Source: Bengio et al., Estimating or Propagating Gradients Through Stochastic Neurons, 2013.
    """

    has_rsample = True

    def rsample(self, sample_shape: Any = ()) -> Any:
        probs = self.probs
        return self.sample(sample_shape) + (probs - probs.detach())


class Multinomial(_OfClasses):
    """How often each class came in ``total_count`` draws.

    Args:
        total_count: how many draws, an int.
        probs: (*,K), >= 0; normalised to a sum of 1.
        logits: (*,K), in place of ``probs``.
        validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import Multinomial
        >>> Multinomial(3, ag.tensor([0.0, 1.0])).sample()
        tensor([0., 3.])
    """

    total_count: int

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError(
                f"Multinomial: expected total_count to be an int, got {type(total_count).__name__}"
            )
        self.total_count = total_count
        self._categorical = Categorical(probs, logits, validate_args)
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Any:
        return self.probs * self.total_count

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        new = super().expand(batch_shape, _instance)
        new.total_count = self.total_count
        return new

    def sample(self, sample_shape: Any = ()) -> Any:
        shape = (sample_shape,) if isinstance(sample_shape, int) else tuple(sample_shape)
        drawn = self._categorical.sample((self.total_count, *shape))
        return one_hot(drawn, self.event_shape[-1], self.probs).sum(0)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        ways = ag.lgamma(value.sum(-1) + 1) - ag.lgamma(value + 1).sum(-1)
        logits, value = ag.broadcast_tensors(self.logits, value)
        return ways + ag.where((value == 0) & (logits == -math.inf), 0, logits * value).sum(-1)

    def entropy(self) -> Any:
        n = self.total_count
        counts = ag.arange(1.0, n + 1, dtype=self.probs.dtype, device=self.probs.device)
        counts = counts.view((-1,) + (1,) * len(self.param_shape))
        p = self.probs
        binomial = ag.exp(
            math.lgamma(n + 1) - ag.lgamma(counts + 1) - ag.lgamma(n - counts + 1)
            + ag.xlogy(counts, p) + ag.xlogy(n - counts, 1 - p)
        )  # fmt: skip
        return n * self._categorical.entropy() - math.lgamma(n + 1) + (binomial * ag.lgamma(counts + 1)).sum((0, -1))
