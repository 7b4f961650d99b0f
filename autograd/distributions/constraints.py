"""Sets that parameters and values of distributions lie in; ``constraint.check(x)`` tells for each element or event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd as ag
from autograd import linalg

__all__ = [
    "Constraint", "boolean", "cat", "dependent", "dependent_property", "greater_than", "greater_than_eq",
    "half_open_interval", "independent", "integer_interval", "interval", "is_dependent", "less_than",
    "lower_cholesky", "lower_triangular", "multinomial", "nonnegative", "nonnegative_integer", "one_hot", "positive",
    "positive_definite", "positive_integer", "positive_semidefinite", "real", "real_vector", "simplex", "square",
    "stack", "symmetric", "unit_interval",
]  # fmt: skip


class Constraint:
    """A set of values.

    Attributes:
        is_discrete: whether its values are whole numbers.
        event_dim: how many axes, the last ones, make one value.

    Example:
        >>> from autograd.distributions import constraints
        >>> constraints.positive.check(ag.tensor([-1.0, 2.0]))
        tensor([False,  True])
    """

    is_discrete = False
    event_dim = 0

    def check(self, value: Any) -> Any:
        """Whether values lie in the set.

        Args:
            value: a tensor.

        Returns:
            A bool tensor of the shape of ``value`` without its event axes.
        """
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__[1:] if type(self).__name__[0] == '_' else type(self).__name__}()"


class _Where(Constraint):
    """What a function says of each element."""

    def __init__(self, name: str, test: Callable[[Any], Any], *, is_discrete: bool = False, event_dim: int = 0) -> None:
        self._name, self._test, self.is_discrete, self.event_dim = name, test, is_discrete, event_dim

    def check(self, value: Any) -> Any:
        return self._test(value)

    def __repr__(self) -> str:
        return self._name


class _Dependent(Constraint):
    """A set that depends on other parameters; instances of a distribution know it."""

    def __init__(self, *, is_discrete: bool = False, event_dim: int = 0) -> None:
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, *, is_discrete: bool | None = None, event_dim: int | None = None) -> _Dependent:
        return _Dependent(
            is_discrete=self.is_discrete if is_discrete is None else is_discrete,
            event_dim=self.event_dim if event_dim is None else event_dim,
        )

    def check(self, value: Any) -> Any:
        raise ValueError("constraint: expected one that can be checked, got one that depends on parameters")


class dependent_property(property, _Dependent):
    """A property of a distribution that is a constraint; of the class it is a dependent one.

    Args:
        fn: the getter.
        is_discrete, event_dim: as of a ``Constraint``.

    Example:
        >>> from autograd.distributions import Uniform
        >>> Uniform(0.0, 2.0).support
        interval(lower_bound=0.0, upper_bound=2.0)
    """

    def __init__(self, fn: Callable[..., Any] | None = None, *, is_discrete: bool = False, event_dim: int = 0) -> None:
        super().__init__(fn)
        self.is_discrete, self.event_dim = is_discrete, event_dim

    def __call__(self, fn: Any = None, **options: Any) -> Any:
        return dependent_property(fn, is_discrete=self.is_discrete, event_dim=self.event_dim)


class _Bounds(Constraint):
    """Numbers between bounds."""

    def __init__(self, lower_bound: Any = None, upper_bound: Any = None) -> None:
        self.lower_bound, self.upper_bound = lower_bound, upper_bound

    def __repr__(self) -> str:
        shown = {"lower_bound": self.lower_bound, "upper_bound": self.upper_bound}
        parts = [
            f"{k}={v.item() if isinstance(v, ag.Tensor) and v.numel() == 1 else v}"
            for k, v in shown.items()
            if v is not None
        ]
        return f"{type(self).__name__}({', '.join(parts)})"


class interval(_Bounds):
    """[lower_bound, upper_bound].

    Args:
        lower_bound, upper_bound: numbers or tensors.

    Example:
        >>> from autograd.distributions import constraints
        >>> constraints.interval(0.0, 1.0).check(ag.tensor([0.0, 2.0]))
        tensor([ True, False])
    """

    def check(self, value: Any) -> Any:
        return (self.lower_bound <= value) & (value <= self.upper_bound)


class half_open_interval(_Bounds):
    """[lower_bound, upper_bound).

    Args:
        lower_bound, upper_bound: numbers or tensors.

    Example:
        >>> from autograd.distributions import constraints
        >>> constraints.half_open_interval(0.0, 1.0).check(ag.tensor([0.0, 1.0]))
        tensor([ True, False])
    """

    def check(self, value: Any) -> Any:
        return (self.lower_bound <= value) & (value < self.upper_bound)


class integer_interval(_Bounds):
    """Whole numbers in [lower_bound, upper_bound].

    Args:
        lower_bound, upper_bound: numbers or tensors.

    Example:
        >>> from autograd.distributions import constraints
        >>> constraints.integer_interval(0, 2).check(ag.tensor([1.0, 1.5]))
        tensor([ True, False])
    """

    is_discrete = True

    def check(self, value: Any) -> Any:
        return (value % 1 == 0) & (self.lower_bound <= value) & (value <= self.upper_bound)


class greater_than(_Bounds):
    """Numbers above a bound.

    Args:
        lower_bound: a number or a tensor.

    Example:
        >>> from autograd.distributions import constraints
        >>> constraints.greater_than(1.0).check(ag.tensor([1.0, 2.0]))
        tensor([False,  True])
    """

    def __init__(self, lower_bound: Any) -> None:
        super().__init__(lower_bound)

    def check(self, value: Any) -> Any:
        return self.lower_bound < value


class greater_than_eq(_Bounds):
    """Numbers of at least a bound.

    Args:
        lower_bound: a number or a tensor.

    Example:
        >>> from autograd.distributions import constraints
        >>> constraints.greater_than_eq(1.0).check(ag.tensor([0.0, 1.0]))
        tensor([False,  True])
    """

    def __init__(self, lower_bound: Any) -> None:
        super().__init__(lower_bound)

    def check(self, value: Any) -> Any:
        return self.lower_bound <= value


class less_than(_Bounds):
    """Numbers below a bound.

    Args:
        upper_bound: a number or a tensor.

    Example:
        >>> from autograd.distributions import constraints
        >>> constraints.less_than(1.0).check(ag.tensor([0.0, 1.0]))
        tensor([ True, False])
    """

    def __init__(self, upper_bound: Any) -> None:
        super().__init__(None, upper_bound)

    def check(self, value: Any) -> Any:
        return value < self.upper_bound


class multinomial(_Bounds):
    """Vectors of whole numbers >= 0 with a given sum.

    Args:
        upper_bound: the sum.

    Example:
        >>> from autograd.distributions import constraints
        >>> constraints.multinomial(3).check(ag.tensor([[1.0, 2.0], [1.0, 1.0]]))
        tensor([ True, False])
    """

    is_discrete, event_dim = True, 1

    def __init__(self, upper_bound: Any) -> None:
        super().__init__(None, upper_bound)

    def check(self, value: Any) -> Any:
        return (value >= 0).all(-1) & (value.sum(-1) == self.upper_bound)


class independent(Constraint):
    """A constraint whose last batch axes are made part of the event.

    Args:
        base_constraint: of the elements.
        reinterpreted_batch_ndims: how many axes.

    Example:
        >>> from autograd.distributions import constraints
        >>> constraints.independent(constraints.positive, 1).check(ag.tensor([[1.0, 2.0], [-1.0, 2.0]]))
        tensor([ True, False])
    """

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint, self.reinterpreted_batch_ndims = base_constraint, reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Any) -> Any:
        found = self.base_constraint.check(value)
        return _all_of_last(found, self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"independent({self.base_constraint}, {self.reinterpreted_batch_ndims})"


class cat(Constraint):
    """Constraints of the parts of an axis, one after the other.

    Args:
        cseq: the constraints.
        dim: the axis.
        lengths: of the parts; one each unless given.

    Example:
        >>> from autograd.distributions import constraints
        >>> c = constraints.cat([constraints.positive, constraints.real], lengths=[1, 2])
        >>> c.check(ag.tensor([-1.0, -1.0, 2.0]))
        tensor([False,  True,  True])
    """

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0, lengths: Sequence[int] | None = None) -> None:
        self.cseq, self.dim = list(cseq), dim
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        self.is_discrete = any(c.is_discrete for c in self.cseq)
        self.event_dim = max(c.event_dim for c in self.cseq)

    def check(self, value: Any) -> Any:
        parts = value.split(self.lengths, self.dim)
        return ag.cat([c.check(v) for c, v in zip(self.cseq, parts, strict=True)], self.dim)


class stack(Constraint):
    """Constraints of the entries of an axis.

    Args:
        cseq: the constraints.
        dim: the axis.

    Example:
        >>> from autograd.distributions import constraints
        >>> constraints.stack([constraints.positive, constraints.real]).check(ag.tensor([-1.0, -1.0]))
        tensor([False,  True])
    """

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0) -> None:
        self.cseq, self.dim = list(cseq), dim
        self.is_discrete = any(c.is_discrete for c in self.cseq)
        self.event_dim = max(c.event_dim for c in self.cseq) + (1 if dim < 0 else 0)

    def check(self, value: Any) -> Any:
        parts = value.unbind(self.dim)
        return ag.stack([c.check(v) for c, v in zip(self.cseq, parts, strict=True)], self.dim)


def is_dependent(constraint: Any) -> bool:
    """Whether a constraint depends on parameters and cannot be checked by itself.

    Args:
        constraint: any.

    Returns:
        Whether it does.

    Example:
        >>> from autograd.distributions import constraints
        >>> constraints.is_dependent(constraints.dependent), constraints.is_dependent(constraints.real)
        (True, False)
    """
    return isinstance(constraint, _Dependent)


def _all_of_last(found: Any, count: int) -> Any:
    return found.reshape((*found.shape[: found.ndim - count], -1)).all(-1) if count else found


def _symmetric(x: Any) -> Any:
    return _all_of_last(ag.isclose(x, x.mT, atol=1e-6), 2) & _square(x)


def _square(x: Any) -> Any:
    return ag.full(x.shape[:-2], x.shape[-2] == x.shape[-1], dtype=ag.bool, device=x.device)


def _definite(x: Any, sign: int) -> Any:
    lowest = linalg.eigvalsh(x.detach()).amin(-1)
    return _symmetric(x) & (lowest > 0 if sign else lowest >= -1e-6)


dependent = _Dependent()
boolean = _Where("boolean", lambda x: (x == 0) | (x == 1), is_discrete=True)
one_hot = _Where("one_hot", lambda x: ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1), is_discrete=True, event_dim=1)
real = _Where("real", lambda x: x == x)
real_vector = independent(real, 1)
positive, nonnegative = greater_than(0.0), greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
nonnegative_integer = _Where("nonnegative_integer", lambda x: (x % 1 == 0) & (x >= 0), is_discrete=True)
positive_integer = _Where("positive_integer", lambda x: (x % 1 == 0) & (x >= 1), is_discrete=True)
simplex = _Where("simplex", lambda x: (x >= 0).all(-1) & ((x.sum(-1) - 1).abs() < 1e-6), event_dim=1)
lower_triangular = _Where("lower_triangular", lambda x: _all_of_last(x.tril() == x, 2), event_dim=2)
lower_cholesky = _Where(
    "lower_cholesky", lambda x: _all_of_last(x.tril() == x, 2) & (x.diagonal(dim1=-2, dim2=-1) > 0).all(-1), event_dim=2
)
square = _Where("square", _square, event_dim=2)
symmetric = _Where("symmetric", _symmetric, event_dim=2)
positive_definite = _Where("positive_definite", lambda x: _definite(x, 1), event_dim=2)
positive_semidefinite = _Where("positive_semidefinite", lambda x: _definite(x, 0), event_dim=2)
