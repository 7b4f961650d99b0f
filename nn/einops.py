"""The layers of einops: ``from einops.layers.autograd import Rearrange, Reduce, EinMix``. Loaded when asked for."""

from __future__ import annotations

from typing import Any

from einops.layers import RearrangeMixin, ReduceMixin
from einops.layers._einmix import _EinmixMixin

import autograd as ag
from nn.module import Module
from nn.parameter import Parameter

__all__ = ["EinMix", "Rearrange", "Reduce"]


class Rearrange(RearrangeMixin, Module):
    """``einops.rearrange`` as a layer.

    Args:
        pattern: such as ``"b c h w -> b (c h w)"``.
        axes_lengths: sizes of axes that the input does not tell.

    Example:
        >>> from einops.layers.autograd import Rearrange
        >>> nn.Sequential(Rearrange("b h w -> b (h w)"), nn.Linear(6, 2))(ag.ones(4, 2, 3)).shape
        Size([4, 2])
    """

    def forward(self, input: Any) -> Any:
        """Applies the pattern.

        Args:
            input: a tensor with the axes on the pattern's left.

        Returns:
            A tensor with those on its right.
        """
        return self._apply_recipe(input)


class Reduce(ReduceMixin, Module):
    """``einops.reduce`` as a layer.

    Args:
        pattern: such as ``"b c h w -> b c"``.
        reduction: "min", "max", "sum", "mean" or "prod".
        axes_lengths: sizes of axes that the input does not tell.

    Example:
        >>> from einops.layers.autograd import Reduce
        >>> Reduce("b (t 2) -> b t", "max")(ag.tensor([[1.0, 3.0, 2.0, 0.0]]))
        tensor([[3., 2.]])
    """

    def forward(self, input: Any) -> Any:
        """Applies the pattern.

        Args:
            input: a tensor with the axes on the pattern's left.

        Returns:
            A tensor with those on its right.
        """
        return self._apply_recipe(input)


class EinMix(_EinmixMixin, Module):
    """``einops.einsum`` with a weight of its own, and a bias.

    Args:
        pattern: axes of the input and of the output, such as ``"b t c -> b t d"``.
        weight_shape: axes of the weight, such as ``"c d"``.
        bias_shape: axes of the bias; None for none.
        axes_lengths: sizes of the axes of weight and bias.

    Example:
        >>> from einops.layers.autograd import EinMix
        >>> EinMix("b t c -> b t d", weight_shape="c d", bias_shape="d", c=3, d=5)(ag.ones(2, 4, 3)).shape
        Size([2, 4, 5])
    """

    def _create_parameters(self, weight_shape: Any, weight_bound: float, bias_shape: Any, bias_bound: float) -> None:
        self.weight = Parameter(ag.empty(*weight_shape).uniform_(-weight_bound, weight_bound))
        bias = None if bias_shape is None else Parameter(ag.empty(*bias_shape).uniform_(-bias_bound, bias_bound))
        self.register_parameter("bias", bias)

    def _create_rearrange_layers(self, before: Any, before_lengths: Any, after: Any, after_lengths: Any) -> None:
        self.pre_rearrange = None if before is None else Rearrange(before, **before_lengths)  # type: ignore[call-arg]
        self.post_rearrange = None if after is None else Rearrange(after, **after_lengths)  # type: ignore[call-arg]

    def forward(self, input: Any) -> Any:
        """Input times weight, summed over the axes that the output lacks, and the bias.

        Args:
            input: a tensor with the axes on the pattern's left.

        Returns:
            A tensor with those on its right.
        """
        x = input if self.pre_rearrange is None else self.pre_rearrange(input)
        y = ag.einsum(self.einsum_pattern, x, self.weight)
        if self.bias is not None:
            y = y + self.bias
        return y if self.post_rearrange is None else self.post_rearrange(y)
