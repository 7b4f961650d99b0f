"""PyTorch's older constructors, one class per dtype: ``FloatTensor(2, 3)``, ``LongTensor([1, 2])``.

They also answer ``isinstance``: a float32 tensor on the CPU is a ``FloatTensor``.
"""

from __future__ import annotations

from typing import Any

from autograd import dtypes
from autograd.device import backend_of
from autograd.node import Variable
from autograd.op import wrap
from autograd.size import Size


def legacy(data: tuple[Any, ...], dtype: dtypes.dtype, device: Any) -> Any:
    """A tensor from the arguments of PyTorch's older constructors: sizes, or one sequence, array or tensor."""
    be = backend_of(device)
    if len(data) == 1 and isinstance(data[0], Size):
        data = tuple(data[0])
    if data and all(isinstance(n, int) for n in data):
        return wrap(be.xp.empty(data, dtype.numpy), be)
    (source,) = data or ((),)
    if isinstance(source, Variable):
        source = source.backend.to_numpy(source.raw)
    return wrap(be.xp.array(source, dtype.numpy), be)


class TensorType(type):
    """The class of such constructors.

    Args:
        name: such as "FloatTensor".
        kind: the dtype of the tensors.
        place: their device.

    Example:
        >>> type(ag.FloatTensor).__name__
        'TensorType'
    """

    dtype: dtypes.dtype
    place: str

    def __new__(mcs, name: str, kind: dtypes.dtype, place: str = "cpu") -> TensorType:
        where = "ag" if place == "cpu" else "not ag.cuda.is_available() or ag.cuda"
        doc = f"""{kind.name} tensors on {place}, from sizes, a sequence, an array or a tensor.

    Example:
        >>> {where}.{name}([1, 0]).tolist() == [1, 0]
        True
    """
        made = super().__new__(mcs, name, (), {"dtype": kind, "place": place, "__doc__": doc, "__module__": __name__})
        return made

    def __init__(cls, name: str, kind: dtypes.dtype, place: str = "cpu") -> None:
        super().__init__(name, (), {})

    def __call__(cls, *data: Any, device: Any = None) -> Any:
        return legacy(data, cls.dtype, cls.place if device is None else device)

    def __instancecheck__(cls, instance: Any) -> bool:
        return (
            isinstance(instance, Variable)
            and instance.raw.dtype == cls.dtype.numpy
            and (instance.backend.name == "cuda") == (cls.place == "cuda")
        )


BoolTensor = TensorType("BoolTensor", dtypes.bool_)
ByteTensor = TensorType("ByteTensor", dtypes.uint8)
CharTensor = TensorType("CharTensor", dtypes.int8)
ShortTensor = TensorType("ShortTensor", dtypes.int16)
IntTensor = TensorType("IntTensor", dtypes.int32)
LongTensor = TensorType("LongTensor", dtypes.int64)
HalfTensor = TensorType("HalfTensor", dtypes.float16)
BFloat16Tensor = TensorType("BFloat16Tensor", dtypes.bfloat16)
FloatTensor = TensorType("FloatTensor", dtypes.float32)
DoubleTensor = TensorType("DoubleTensor", dtypes.float64)
