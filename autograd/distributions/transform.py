"""What transforms share, and transforms made of others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import autograd as ag
from autograd.distributions import constraints
from autograd.distributions.distribution import summed


class Transform:
    """y = f(x), its inverse, and log|dy/dx|.

    Args:
        cache_size: 1 remembers the last pair, so that the inverse of a result is exact and free.

    Attributes:
        domain, codomain: the constraints of x and y.
        bijective: whether every y has one x.
        sign: +1 or -1 where it is increasing or decreasing.

    Example:
        >>> from autograd.distributions.transforms import ExpTransform
        >>> t = ExpTransform(cache_size=1); x = ag.tensor(1.0); y = t(x)
        >>> y, t.inv(y) is x, t.log_abs_det_jacobian(x, y)
        (tensor(2.7183), True, tensor(1.))
    """

    bijective = False
    domain: Any = constraints.real
    codomain: Any = constraints.real
    sign: Any = None

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"Transform: expected cache_size 0 or 1, got {cache_size}")
        self._cache_size = cache_size
        self._last: tuple[Any, Any] = (None, None)

    @property
    def event_dim(self) -> int:
        """How many axes of x make one value."""
        if self.domain.event_dim != self.codomain.event_dim:
            raise ValueError("Transform: expected one event_dim, got different ones of domain and codomain")
        return int(self.domain.event_dim)

    @property
    def inv(self) -> Transform:
        """The inverse as a transform."""
        return _Inverse(self)

    def with_cache(self, cache_size: int = 1) -> Transform:
        """A transform like this one that remembers its last pair, or not.

        Args:
            cache_size: 0 or 1.

        Returns:
            A transform.
        """
        if cache_size == self._cache_size:
            return self
        new = type(self).__new__(type(self))
        new.__dict__.update(self.__dict__)
        new._cache_size, new._last = cache_size, (None, None)
        return new

    def __call__(self, x: Any) -> Any:
        if self._cache_size and x is self._last[0]:
            return self._last[1]
        y = self._call(x)
        if self._cache_size:
            self._last = x, y
        return y

    def _inv_call(self, y: Any) -> Any:
        if self._cache_size and y is self._last[1]:
            return self._last[0]
        x = self._inverse(y)
        if self._cache_size:
            self._last = x, y
        return x

    def _call(self, x: Any) -> Any:
        """f."""
        raise NotImplementedError(f"{type(self).__name__}: expected a transform with a forward, which this one has not")

    def _inverse(self, y: Any) -> Any:
        """f^-1."""
        raise NotImplementedError(
            f"{type(self).__name__}: expected a transform with an inverse, which this one has not"
        )

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """log|dy/dx|, without the event's axes.

        Args:
            x, y: a pair with y = f(x).

        Returns:
            A tensor.
        """
        raise NotImplementedError(f"{type(self).__name__}: expected a bijective transform, got one that is not")

    def forward_shape(self, shape: Any) -> Any:
        """The shape of y.

        Args:
            shape: of x.

        Returns:
            A shape.
        """
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """The shape of x.

        Args:
            shape: of y.

        Returns:
            A shape.
        """
        return shape

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and self._options() == getattr(other, "_options", tuple)())

    __hash__ = object.__hash__

    def _options(self) -> tuple[Any, ...]:
        """What tells transforms of one class apart."""
        return ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _Inverse(Transform):
    """The inverse of a transform."""

    def __init__(self, of: Transform) -> None:
        super().__init__()
        self._of = of

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return self._of.bijective

    @property
    def domain(self) -> Any:
        return self._of.codomain

    @property
    def codomain(self) -> Any:
        return self._of.domain

    @property
    def sign(self) -> Any:
        return self._of.sign

    @property
    def inv(self) -> Transform:
        return self._of

    def _call(self, x: Any) -> Any:
        return self._of._inv_call(x)

    def _inverse(self, y: Any) -> Any:
        return self._of(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self._of.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Any) -> Any:
        return self._of.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self._of.forward_shape(shape)

    def _options(self) -> tuple[Any, ...]:
        return (self._of,)

    def __repr__(self) -> str:
        return f"_InverseTransform({self._of!r})"


class ComposeTransform(Transform):
    """Transforms one after the other.

    Args:
        parts: the first is applied first.
        cache_size: as for ``Transform``.

    Example:
        >>> from autograd.distributions.transforms import AffineTransform, ComposeTransform, ExpTransform
        >>> ComposeTransform([AffineTransform(0.0, 2.0), ExpTransform()])(ag.tensor(0.5))
        tensor(2.7183)
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) if cache_size else part for part in parts]

    @property
    def domain(self) -> Any:
        return self._outer(self.parts, "domain", "codomain") if self.parts else constraints.real

    @property
    def codomain(self) -> Any:
        return self._outer(self.parts[::-1], "codomain", "domain") if self.parts else constraints.real

    @staticmethod
    def _outer(parts: Sequence[Transform], near: str, far: str) -> Any:
        """The constraint at an end, with the axes that parts further on take for one event."""
        events = getattr(parts[-1], far).event_dim
        for part in reversed(parts):
            events += getattr(part, near).event_dim - getattr(part, far).event_dim
            events = max(events, getattr(part, near).event_dim)
        found = getattr(parts[0], near)
        more = events - found.event_dim
        return constraints.independent(found, more) if more > 0 else found

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:
        return math.prod(part.sign for part in self.parts)

    def _call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def _inverse(self, y: Any) -> Any:
        for part in reversed(self.parts):
            y = part._inv_call(y)
        return y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        if not self.parts:
            return ag.zeros_like(x)
        events, total = self.domain.event_dim, 0
        for part in self.parts:
            z = part(x)
            total = total + summed(part.log_abs_det_jacobian(x, z), events - part.domain.event_dim)
            events += part.codomain.event_dim - part.domain.event_dim
            x = z
        return total

    def forward_shape(self, shape: Any) -> Any:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def _options(self) -> tuple[Any, ...]:
        return tuple(self.parts)

    def __repr__(self) -> str:
        return f"ComposeTransform({self.parts})"


class IndependentTransform(Transform):
    """A transform whose last batch axes are made part of the event.

    Args:
        base_transform: of the elements.
        reinterpreted_batch_ndims: how many axes.
        cache_size: as for ``Transform``.

    Example:
        >>> from autograd.distributions.transforms import ExpTransform, IndependentTransform
        >>> t, x = IndependentTransform(ExpTransform(), 1), ag.tensor([1.0, 2.0])
        >>> t.log_abs_det_jacobian(x, t(x))
        tensor(3.)
    """

    def __init__(self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.base_transform, self.reinterpreted_batch_ndims = base_transform, reinterpreted_batch_ndims
        self.bijective, self.sign = base_transform.bijective, base_transform.sign
        self.domain = constraints.independent(base_transform.domain, reinterpreted_batch_ndims)
        self.codomain = constraints.independent(base_transform.codomain, reinterpreted_batch_ndims)

    def _call(self, x: Any) -> Any:
        return self.base_transform(x)

    def _inverse(self, y: Any) -> Any:
        return self.base_transform._inv_call(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return summed(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def _options(self) -> tuple[Any, ...]:
        return self.base_transform, self.reinterpreted_batch_ndims


class ReshapeTransform(Transform):
    """Another shape of the event.

    Args:
        in_shape, out_shape: of as many elements.
        cache_size: as for ``Transform``.

    Raises:
        ValueError: the shapes have different numbers of elements.

    Example:
        >>> from autograd.distributions.transforms import ReshapeTransform
        >>> ReshapeTransform((4,), (2, 2))(ag.zeros(3, 4)).shape
        Size([3, 2, 2])
    """

    bijective = True

    def __init__(self, in_shape: Any, out_shape: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.in_shape, self.out_shape = ag.Size(in_shape), ag.Size(out_shape)
        if math.prod(self.in_shape) != math.prod(self.out_shape):
            raise ValueError(f"ReshapeTransform: expected shapes of one size, got {self.in_shape} and {self.out_shape}")
        self.domain = constraints.independent(constraints.real, len(self.in_shape))
        self.codomain = constraints.independent(constraints.real, len(self.out_shape))

    def _call(self, x: Any) -> Any:
        return x.reshape((*x.shape[: x.ndim - len(self.in_shape)], *self.out_shape))

    def _inverse(self, y: Any) -> Any:
        return y.reshape((*y.shape[: y.ndim - len(self.out_shape)], *self.in_shape))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return x.new_zeros(x.shape[: x.ndim - len(self.in_shape)])

    def forward_shape(self, shape: Any) -> Any:
        return ag.Size((*shape[: len(shape) - len(self.in_shape)], *self.out_shape))

    def inverse_shape(self, shape: Any) -> Any:
        return ag.Size((*shape[: len(shape) - len(self.out_shape)], *self.in_shape))

    def _options(self) -> tuple[Any, ...]:
        return self.in_shape, self.out_shape


identity_transform = ComposeTransform([])
