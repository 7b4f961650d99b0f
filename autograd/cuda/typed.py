"""PyTorch's older constructors of tensors on a GPU, one class per dtype; see ``autograd/typed.py``."""

from __future__ import annotations

from autograd.dtypes import bool_, float16, float32, float64, int8, int16, int32, int64, uint8
from autograd.typed import TensorType

BoolTensor, ByteTensor = TensorType("BoolTensor", bool_, "cuda"), TensorType("ByteTensor", uint8, "cuda")
CharTensor, ShortTensor = TensorType("CharTensor", int8, "cuda"), TensorType("ShortTensor", int16, "cuda")
IntTensor, LongTensor = TensorType("IntTensor", int32, "cuda"), TensorType("LongTensor", int64, "cuda")
HalfTensor, FloatTensor = TensorType("HalfTensor", float16, "cuda"), TensorType("FloatTensor", float32, "cuda")
DoubleTensor = TensorType("DoubleTensor", float64, "cuda")
