"""PyTorch's ``torch.types``: names for annotations."""

from __future__ import annotations

from collections.abc import Sequence

from autograd.device import device
from autograd.dtypes import dtype
from autograd.size import Size
from autograd.tensor import Tensor

Device = device | str | int | None
Number = int | float | bool
Storage = object
FileLike = object
_bool, _int, _float, _complex = bool, int, float, complex
_dtype, _device = dtype, device
_size = Size | list[int] | tuple[int, ...]
_TensorOrTensors = Tensor | Sequence[Tensor]

__all__ = ["Device", "Number"]
