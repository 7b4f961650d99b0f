"""PyTorch's older constructors."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag

KINDS = {
    "FloatTensor": ag.float32, "DoubleTensor": ag.float64, "HalfTensor": ag.float16, "LongTensor": ag.int64,
    "IntTensor": ag.int32, "ShortTensor": ag.int16, "CharTensor": ag.int8, "ByteTensor": ag.uint8,
    "BoolTensor": ag.bool,
}  # fmt: skip


@pytest.mark.parametrize("name, dtype", KINDS.items(), ids=KINDS)
def test_constructors(name: str, dtype: ag.dtype) -> None:
    make = getattr(ag, name)
    assert make(2, 3).shape == (2, 3)
    assert make(2, 3).dtype is dtype
    assert make().shape == (0,)
    assert make([1, 0]).tolist() == [1, 0]
    assert make(np.ones((2, 1))).shape == (2, 1)
    assert make(ag.ones(2)).dtype is dtype
    assert make(ag.ones(2, 3).shape).shape == (2, 3)
    assert isinstance(ag.zeros(1, dtype=dtype, device="cpu"), make)
    assert not isinstance(ag.zeros(1, dtype=ag.complex64), make)
    assert ag.zeros(1, dtype=dtype, device="cpu").type() == f"autograd.{name}"


def test_type_takes_a_class() -> None:
    assert ag.ones(2).type(ag.LongTensor).dtype is ag.int64
    assert ag.ones(2).type("torch.DoubleTensor").dtype is ag.float64


def test_tensor_and_new() -> None:
    assert ag.Tensor(2, 3).shape == (2, 3)
    assert ag.Tensor(ag.zeros(2, 3).shape).shape == (2, 3)
    assert ag.Tensor([2, 3]).tolist() == [2.0, 3.0]
    assert ag.tensor([1]).new([2, 3]).dtype is ag.int64
    assert ag.ones(1, dtype=ag.float64).new(2, 2).dtype is ag.float64
    assert ag.ones(1).new(ag.zeros(4).shape).shape == (4,)


def test_types_on_a_gpu() -> None:
    x = ag.ones(2)
    assert isinstance(x, ag.cuda.FloatTensor) == x.is_cuda
    assert not isinstance(x, ag.cuda.LongTensor)
    if ag.cuda.is_available():
        assert ag.cuda.FloatTensor([1, 2]).is_cuda
