"""What einops asks of a library of tensors. einops finds it by itself; it is loaded when einops is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from einops._backends import AbstractBackend

import autograd as ag


class AutogradBackend(AbstractBackend):
    """Tensors for ``einops.rearrange``, ``reduce``, ``repeat``, ``einsum``, ``pack`` and ``unpack``, with gradients.

    Attributes:
        framework_name: the module that einops looks for before it tries this backend.

    Example:
        >>> from einops import rearrange
        >>> rearrange(ag.arange(6), "(a b) -> b a", b=2)
        tensor([[0, 2, 4],
                [1, 3, 5]])
    """

    framework_name = "autograd"

    def is_appropriate_type(self, tensor: Any) -> bool:
        """Whether it is one of our tensors."""
        return isinstance(tensor, ag.Tensor)

    def from_numpy(self, x: Any) -> Any:
        """A tensor on an array's memory; a floating one asks for its gradient."""
        t = ag.from_numpy(x)
        return t.requires_grad_() if t.is_floating_point() else t

    def to_numpy(self, x: Any) -> Any:
        """The tensor as an array."""
        return x.detach().cpu().numpy()

    def arange(self, start: int, stop: int) -> Any:
        """The whole numbers from ``start`` to below ``stop``."""
        return ag.arange(start, stop)

    def transpose(self, x: Any, axes: Sequence[int]) -> Any:
        """The axes in another order."""
        return x.permute(*axes)

    def reduce(self, x: Any, operation: str, axes: Sequence[int]) -> Any:
        """``min``, ``max``, ``sum``, ``mean``, ``prod``, ``any`` or ``all`` along axes."""
        if operation == "prod":  # along one axis only
            for axis in sorted(axes, reverse=True):
                x = x.prod(axis)
            return x
        return getattr(x, {"min": "amin", "max": "amax"}.get(operation, operation))(tuple(axes))

    def stack_on_zeroth_dimension(self, tensors: Sequence[Any]) -> Any:
        """Tensors of one shape along a new first axis."""
        return ag.stack(tensors)

    def add_axis(self, x: Any, new_position: int) -> Any:
        """A new axis of size 1."""
        return x.unsqueeze(new_position)

    def add_axes(self, x: Any, n_axes: int, pos2len: dict[int, int]) -> Any:
        """New axes along which the tensor is repeated, without a copy."""
        for position in pos2len:
            x = x.unsqueeze(position)
        return x.expand(*(pos2len.get(i, -1) for i in range(n_axes)))

    def tile(self, x: Any, repeats: Sequence[int]) -> Any:
        """The tensor so many times along each axis."""
        return x.repeat(*repeats)

    def concat(self, tensors: Sequence[Any], axis: int) -> Any:
        """Tensors one after the other along an axis."""
        return ag.cat(tensors, axis)

    def is_float_type(self, x: Any) -> bool:
        """Whether a mean can be taken."""
        return bool(x.is_floating_point())

    def einsum(self, pattern: str, *x: Any) -> Any:
        """Sums of products."""
        return ag.einsum(pattern, *x)

    def layers(self) -> Any:
        """The module of the layers."""
        from einops.layers import autograd as layers

        return layers
