"""From a constraint to a map of all real numbers onto what fulfils it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.distributions import constraints, transforms
from autograd.distributions.constraints import Constraint
from autograd.distributions.transforms import Transform

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]


class ConstraintRegistry:
    """Which map belongs to which constraint; called with a constraint, it gives the map.

    Example:
        >>> from autograd.distributions import ConstraintRegistry, constraints, transforms
        >>> registry = ConstraintRegistry()
        >>> _ = registry.register(constraints.positive, lambda constraint: transforms.ExpTransform())
        >>> registry(constraints.greater_than(0.0))(ag.tensor(0.0))
        tensor(1.)
    """

    def __init__(self) -> None:
        self._factories: dict[Any, Callable[[Any], Transform]] = {}

    def register(self, constraint: Any, factory: Callable[[Any], Transform] | None = None) -> Any:
        """Says which map belongs to a constraint; without ``factory`` a decorator.

        Args:
            constraint: a constraint, or a class of them; of those with parameters the class counts.
            factory: from a constraint to a map.

        Returns:
            ``factory``.
        """
        if factory is None:
            return lambda f: self.register(constraint, f)
        self._factories[_key(constraint)] = factory
        return factory

    def __call__(self, constraint: Any) -> Transform:
        factory = self._factories.get(_key(constraint))
        if factory is None:
            raise NotImplementedError(f"expected a constraint with a map onto it, got {constraint}. register() one")
        return factory(constraint)


def _key(constraint: Any) -> Any:
    """What a constraint is known by: its class, but where all without parameters share one, itself."""
    if isinstance(constraint, type):
        return constraint
    return constraint if type(constraint) is type(constraints.real) else type(constraint)


biject_to, transform_to = ConstraintRegistry(), ConstraintRegistry()


def _both(*kinds: Any) -> Callable[[Any], Any]:
    def decorate(factory: Any) -> Any:
        for registry in (biject_to, transform_to):
            for kind in kinds:
                registry.register(kind, factory)
        return factory

    return decorate


@_both(constraints.real)
def _real(constraint: Constraint) -> Transform:
    return transforms.identity_transform


@_both(constraints.greater_than, constraints.greater_than_eq)
def _above(constraint: Any) -> Transform:
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(constraint.lower_bound, 1)]
    )


@_both(constraints.less_than)
def _below(constraint: Any) -> Transform:
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(constraint.upper_bound, -1)]
    )


@_both(constraints.interval, constraints.half_open_interval)
def _between(constraint: Any) -> Transform:
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, float) and isinstance(high, float) and (low, high) == (0.0, 1.0):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


def _independently(registry: ConstraintRegistry) -> None:
    def factory(constraint: Any) -> Transform:
        base = registry(constraint.base_constraint)
        return transforms.IndependentTransform(base, constraint.reinterpreted_batch_ndims)

    registry.register(constraints.independent, factory)


_independently(biject_to)
_independently(transform_to)
biject_to.register(constraints.simplex, lambda constraint: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda constraint: transforms.SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda constraint: transforms.LowerCholeskyTransform())
