"""Linear maps as layers."""

from __future__ import annotations

import math
from typing import Any

import autograd as ag
from autograd.tensor import Tensor
from nn import functional as F
from nn import init
from nn.module import Module
from nn.parameter import Parameter
from nn.registration import registered

__all__ = ["Bilinear", "Identity", "Linear", "NonDynamicallyQuantizableLinear"]


class Identity(Module):
    """Returns what it is given.

    Args:
        args, kwargs: accepted, so that it can stand in for any layer.

    Example:
        >>> nn.Identity()(ag.ones(2))
        tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        return input


class Linear(Module):
    """x W^T + b over the last axis.

    Weight and bias start uniform in +-1/sqrt(in_features).

    Args:
        in_features, out_features: sizes I and O of the last axis of input and output.
        bias: add b.
        device, dtype: of the parameters.

    Attributes:
        weight: (O,I).
        bias: (O,), or None.

    Example:
        >>> nn.Linear(3, 2)(ag.ones(5, 3)).shape
        Size([5, 2])
    """

    weight: Parameter = registered()
    bias: Parameter | None = registered()

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(ag.empty(out_features, in_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0.0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class NonDynamicallyQuantizableLinear(Linear):
    """The ``Linear`` behind attention, under the name that PyTorch prints for it.

    Args:
        in_features, out_features, bias, device, dtype: as for ``Linear``.

    Example:
        >>> nn.MultiheadAttention(4, 2).out_proj
        NonDynamicallyQuantizableLinear(in_features=4, out_features=4, bias=True)
    """


class Bilinear(Module):
    """y[o] = x1^T W[o] x2 + b[o] over the last axes of two inputs.

    Weight and bias start uniform in +-1/sqrt(in1_features).

    Args:
        in1_features, in2_features, out_features: sizes I, J and O of the last axes.
        bias: add b.
        device, dtype: of the parameters.

    Attributes:
        weight: (O,I,J).
        bias: (O,), or None.

    Raises:
        ValueError: no input features.

    Example:
        >>> nn.Bilinear(3, 4, 2)(ag.ones(5, 3), ag.ones(5, 4)).shape
        Size([5, 2])
    """

    weight: Parameter = registered()
    bias: Parameter | None = registered()

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features < 1:
            raise ValueError(f"Bilinear: expected in1_features above 0, got {in1_features}")
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = Parameter(ag.empty(out_features, in1_features, in2_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(ag.empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        sizes = f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}"
        return f"{sizes}, bias={self.bias is not None}"
