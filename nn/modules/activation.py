"""Activations with bends as layers."""

from __future__ import annotations

from typing import Any

import autograd as ag
from autograd.tensor import Tensor
from nn import functional as F
from nn.init import constant_
from nn.module import Module
from nn.modules.attention import MultiheadAttention as MultiheadAttention  # PyTorch has it here, too
from nn.modules.smooth_activation import CELU as CELU
from nn.modules.smooth_activation import ELU as ELU
from nn.modules.smooth_activation import GELU as GELU
from nn.modules.smooth_activation import GLU as GLU
from nn.modules.smooth_activation import SELU as SELU
from nn.modules.smooth_activation import LogSigmoid as LogSigmoid
from nn.modules.smooth_activation import LogSoftmax as LogSoftmax
from nn.modules.smooth_activation import Mish as Mish
from nn.modules.smooth_activation import Sigmoid as Sigmoid
from nn.modules.smooth_activation import SiLU as SiLU
from nn.modules.smooth_activation import Softmax as Softmax
from nn.modules.smooth_activation import Softmax2d as Softmax2d
from nn.modules.smooth_activation import Softmin as Softmin
from nn.modules.smooth_activation import Softplus as Softplus
from nn.modules.smooth_activation import Softsign as Softsign
from nn.modules.smooth_activation import Tanh as Tanh
from nn.modules.smooth_activation import Tanhshrink as Tanhshrink
from nn.parameter import Parameter

__all__ = [
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "Softshrink",
    "Threshold",
]


class ReLU(Module):
    """max(x, 0).

    Args:
        inplace: write the result into the input.

    Example:
        >>> nn.ReLU()(ag.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Hardtanh(Module):
    """x brought into [min_val, max_val].

    Args:
        min_val, max_val: the ends.
        inplace: write the result into the input.
        min_value, max_value: old names of the ends.

    Raises:
        ValueError: the ends are in the wrong order.

    Example:
        >>> nn.Hardtanh()(ag.tensor([-3.0, 3.0]))
        tensor([-1.,  1.])
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        self.inplace = inplace
        if self.min_val >= self.max_val:
            raise ValueError(f"Hardtanh: expected min_val below max_val {self.max_val}, got {self.min_val}")

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class ReLU6(Hardtanh):
    """min(max(x, 0), 6).

    Args:
        inplace: write the result into the input.

    Example:
        >>> nn.ReLU6()(ag.tensor([-1.0, 7.0]))
        tensor([0., 6.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class Threshold(Module):
    """x where x > threshold, else ``value``.

    Args:
        threshold: up to which x is replaced.
        value: by what.
        inplace: write the result into the input.

    Example:
        >>> nn.Threshold(0.5, 9.0)(ag.tensor([-1.0, 2.0]))
        tensor([9., 2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value, inplace=self.inplace)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")


class LeakyReLU(Module):
    """x where x > 0, else negative_slope * x.

    Args:
        negative_slope: below 0.
        inplace: write the result into the input.

    Example:
        >>> nn.LeakyReLU(0.5)(ag.tensor([-1.0, 2.0]))
        tensor([-0.5000,  2.0000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, inplace=self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class PReLU(Module):
    """x where x > 0, else weight * x, with a slope that is learned.

    Args:
        num_parameters: 1, or C for one slope for each channel of (N,C,*).
        init: the first value of the slopes.
        device, dtype: of the weight.

    Attributes:
        weight: (num_parameters,).

    Example:
        >>> nn.PReLU()(ag.tensor([-1.0, 2.0])).detach()
        tensor([-0.2500,  2.0000])

    Source: He, Zhang, Ren and Sun, Delving Deep into Rectifiers, 2015.
    """

    weight: Parameter

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(ag.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """All slopes as at first."""
        constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """x where x > 0, else a * x: a random in [lower, upper) in training, their middle in evaluation.

    Args:
        lower: the smallest slope.
        upper: the largest.
        inplace: write the result into the input.

    Example:
        >>> nn.RReLU(0.25, 0.75).eval()(ag.tensor([-2.0, 2.0]))
        tensor([-1.,  2.])
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")


class Hardsigmoid(Module):
    """x/6 + 1/2 brought into [0, 1].

    Args:
        inplace: write the result into the input.

    Example:
        >>> nn.Hardsigmoid()(ag.tensor([-4.0, 0.0]))
        tensor([0.0000, 0.5000])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input, inplace=self.inplace)


class Hardswish(Module):
    """x * hardsigmoid(x).

    Args:
        inplace: write the result into the input.

    Example:
        >>> nn.Hardswish()(ag.tensor([1.5, 4.0]))
        tensor([1.1250, 4.0000])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input, inplace=self.inplace)


class Hardshrink(Module):
    """x, but 0 where |x| <= lambd.

    Args:
        lambd: up to where x is dropped.

    Example:
        >>> nn.Hardshrink()(ag.tensor([-2.0, 0.3]))
        tensor([-2.,  0.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Module):
    """x brought nearer to 0 by lambd, and 0 where |x| <= lambd.

    Args:
        lambd: by how much.

    Example:
        >>> nn.Softshrink()(ag.tensor([-2.0, 0.3]))
        tensor([-1.5000,  0.0000])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"
