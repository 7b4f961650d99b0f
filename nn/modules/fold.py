"""Windows taken out as columns and added back, as layers."""

from __future__ import annotations

from typing import Any

from autograd.tensor import Tensor
from nn import functional as F
from nn.module import Module

__all__ = ["Fold", "Unfold"]


class Unfold(Module):
    """The windows of (N,C,H,W) or (C,H,W) as columns, see ``unfold``.

    Args:
        kernel_size: (KH,KW) or one int for both.
        dilation: steps between the elements of a window.
        padding: zeros on either side.
        stride: steps between windows.

    Example:
        >>> nn.Unfold(2)(ag.ones(1, 3, 4, 4)).shape
        Size([1, 12, 9])
    """

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> None:
        super().__init__()
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Columns added back into (N,C,H,W) or (C,H,W), where windows overlap summed, see ``fold``.

    Args:
        output_size: (H,W) or one int for both.
        kernel_size, dilation, padding, stride: those of ``Unfold``.

    Example:
        >>> nn.Fold((1, 3), (1, 2))(ag.ones(1, 2, 2))
        tensor([[[[1., 2., 1.]]]])
    """

    def __init__(
        self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        text = f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}"
        return f"{text}, padding={self.padding}, stride={self.stride}"
