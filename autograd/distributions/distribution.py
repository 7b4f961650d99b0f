"""What all distributions share: shapes, the checks of parameters and values, and the names of their questions."""

from __future__ import annotations

import functools
import math
from typing import Any, ClassVar, Self

import autograd as ag
from autograd.distributions.constraints import is_dependent
from autograd.size import Size


class Distribution:
    """A law of random tensors. Subclasses set the parameters, then call this constructor.

    A sample has the shape sample_shape + batch_shape + event_shape: the event is one draw, the batch are independent draws
    with parameters of their own.

    Args:
        batch_shape, event_shape: as above.
        validate_args: check the parameters now, and values when they are asked about; default: on.

    Attributes:
        arg_constraints: the set that each parameter lies in, by its name.
        support: the set of the values.
        has_rsample: whether gradients flow through ``rsample``.
        has_enumerate_support: whether the values can be listed.

    Raises:
        ValueError: a parameter lies outside its set.

    Example:
        >>> from autograd.distributions import Normal
        >>> d = Normal(ag.zeros(3), 1.0)
        >>> d.batch_shape, d.sample((2,)).shape
        (Size([3]), Size([2, 3]))
    """

    has_rsample = False
    has_enumerate_support = False
    arg_constraints: Any = {}  # noqa: RUF012  a property in some
    support: Any = None
    _default_validation: ClassVar[list[bool]] = [True]
    _validate_args: bool

    def __init__(self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        self._validate_args = self._default_validation[0] if validate_args is None else validate_args
        if self._validate_args:
            self._check_parameters()

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions made from now on check their parameters and values.

        Args:
            value: True or False.
        """
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args: expected a bool, got {value!r}")
        Distribution._default_validation[0] = value

    def _check_parameters(self) -> None:
        for name, constraint in self.arg_constraints.items():
            if is_dependent(constraint):
                continue
            if name not in self.__dict__ and isinstance(getattr(type(self), name, None), functools.cached_property):
                continue  # follows from another parameter
            value = getattr(self, name)
            if not bool(constraint.check(value).all()):
                raise ValueError(
                    f"{type(self).__name__}: expected parameter {name} of shape {tuple(value.shape)} within {constraint}, "
                    f"got {value}"
                )

    @property
    def batch_shape(self) -> Size:
        """The shape of the parameters."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one draw."""
        return self._event_shape

    @property
    def mean(self) -> Any:
        """The mean, of shape batch_shape + event_shape."""
        raise self._has_no("mean")

    @property
    def mode(self) -> Any:
        """The most probable value."""
        raise self._has_no("mode")

    @property
    def variance(self) -> Any:
        """The variance of each element."""
        raise self._has_no("variance")

    @property
    def stddev(self) -> Any:
        """The standard deviation of each element."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Any:
        """Draws without a history.

        Args:
            sample_shape: how many, as a shape.

        Returns:
            A tensor of shape sample_shape + batch_shape + event_shape.
        """
        with ag.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Draws as a differentiable function of the parameters.

        Args:
            sample_shape: how many, as a shape.

        Returns:
            A tensor of shape sample_shape + batch_shape + event_shape.

        Raises:
            NotImplementedError: the distribution has no such function.
        """
        raise self._has_no("rsample")

    def sample_n(self, n: int) -> Any:
        """``sample((n,))``.

        Args:
            n: how many.

        Returns:
            A tensor of shape (n,) + batch_shape + event_shape.
        """
        return self.sample((n,))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density, or of the probability.

        Args:
            value: of a shape that broadcasts to batch_shape + event_shape.

        Returns:
            A tensor without the event's axes.

        Raises:
            ValueError: a value outside the support.
        """
        raise self._has_no("log_prob")

    def cdf(self, value: Any) -> Any:
        """The probability of at most ``value``.

        Args:
            value: of a shape that broadcasts to batch_shape.

        Returns:
            A tensor of the broadcast shape.
        """
        raise self._has_no("cdf")

    def icdf(self, value: Any) -> Any:
        """The number that the probability ``value`` lies below.

        Args:
            value: in (0, 1), of a shape that broadcasts to batch_shape.

        Returns:
            A tensor of the broadcast shape.
        """
        raise self._has_no("icdf")

    def entropy(self) -> Any:
        """The entropy in nats, of shape batch_shape."""
        raise self._has_no("entropy")

    def perplexity(self) -> Any:
        """exp(entropy)."""
        return ag.exp(self.entropy())

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values of a discrete distribution along a first axis.

        Args:
            expand: repeat them along the batch.

        Returns:
            A tensor of shape (values, *batch_shape, *event_shape), or (values, 1, ..., *event_shape).
        """
        raise self._has_no("enumerate_support")

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        """The distribution with its parameters expanded.

        Args:
            batch_shape: the new one.
            _instance: where to put it; default: a new one.

        Returns:
            A distribution of the same class.
        """
        new, shape = self._blank(_instance), Size(batch_shape)
        for name in self._stored():
            event = self.arg_constraints[name].event_dim
            value = self.__dict__[name]
            new.__dict__[name] = value.expand((*shape, *value.shape[value.ndim - event :]))
        return self._finish(new, shape)

    def _stored(self) -> list[str]:
        """The parameters that were given, not derived."""
        return [name for name in self.arg_constraints if name in self.__dict__]

    def _blank(self, instance: Any) -> Any:
        """A distribution of this class, or the one given, before its parameters are set."""
        return type(self).__new__(type(self)) if instance is None else instance

    def _finish(self, new: Any, batch_shape: Any, event_shape: Any = None) -> Any:
        """``new`` with shapes: its parameters were checked when this one's were."""
        Distribution.__init__(
            new, batch_shape, self._event_shape if event_shape is None else event_shape, validate_args=False
        )
        new._validate_args = self._validate_args
        return new

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        shape = (sample_shape,) if isinstance(sample_shape, int) else tuple(sample_shape)
        return Size(shape + self._batch_shape + self._event_shape)

    def _validate_sample(self, value: Any) -> None:
        """Raises where a value is no tensor, of a shape that does not fit, or outside the support."""
        name = type(self).__name__
        if not isinstance(value, ag.Tensor):
            raise ValueError(f"{name}: expected a Tensor as value, got {type(value).__name__}")
        events = len(self._event_shape)
        if value.ndim < events or value.shape[value.ndim - events :] != self._event_shape:
            raise ValueError(f"{name}: expected a value of event shape {self._event_shape}, got {value.shape}")
        for have, want in zip(reversed(value.shape), reversed(self._batch_shape + self._event_shape), strict=False):
            if have != 1 and want != 1 and have != want:
                raise ValueError(
                    f"{name}: expected a value that broadcasts with {self._batch_shape + self._event_shape}, got "
                    f"{value.shape}"
                )
        support = self.support
        if support is not None and not bool(support.check(value).all()):
            raise ValueError(f"{name}: expected values within the support {support}, got {value}")

    def _has_no(self, what: str) -> NotImplementedError:
        return NotImplementedError(
            f"{type(self).__name__}: expected a distribution with {what}, which this one has not"
        )

    def __repr__(self) -> str:
        shown = []
        for name in self._stored():
            value = self.__dict__[name]
            shown.append(f"{name}: {value if value.numel() == 1 else value.size()}")
        return f"{type(self).__name__}({', '.join(shown)})"


class ExponentialFamily(Distribution):
    """A distribution whose density is exp(parameters . statistics - normaliser).

    Args:
        batch_shape, event_shape, validate_args: as for ``Distribution``.

    Example:
        >>> from autograd.distributions import ExponentialFamily, Normal
        >>> isinstance(Normal(0.0, 1.0), ExponentialFamily)
        True
    """


def softplus(x: Any) -> Any:
    """log(1 + exp(x))."""
    return ag.logaddexp(x, ag.zeros((), dtype=x.dtype, device=x.device))


def binary_entropy(logits: Any, value: Any) -> Any:
    """-value log p - (1 - value) log(1 - p), p the probability with these log-odds."""
    return softplus(logits) - logits * value


def one_hot(index: Any, count: int, like: Any) -> Any:
    """Vectors with a single 1, of the dtype of ``like``."""
    return (index.unsqueeze(-1) == ag.arange(count, device=index.device)).to(like.dtype)


def summed(value: Any, count: int) -> Any:
    """The sum over the last axes."""
    return value.reshape((*value.shape[: value.ndim - count], -1)).sum(-1) if count else value


def one_of(name: str, probs: Any, logits: Any) -> bool:
    """Whether probabilities were given, not log-odds; exactly one of them must be."""
    if (probs is None) == (logits is None):
        raise ValueError(f"{name}: expected either probs or logits, got {'none' if probs is None else 'both'}")
    return probs is not None


LOG_2PI = math.log(2 * math.pi)
EULER = 0.57721566490153286060
