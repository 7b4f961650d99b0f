"""What a tensor says of its memory, and methods that change it."""

from __future__ import annotations

import os

import numpy as np
import pytest

import autograd as ag
from autograd.errors import GraphError, ShapeError


def test_kinds() -> None:
    x = ag.ones(2, device="cpu")
    assert x.is_cpu
    assert x.layout is ag.strided
    assert not (x.is_sparse or x.is_quantized or x.is_meta or x.is_mps or x.is_nested)
    assert repr(ag.strided) == "autograd.strided"


def test_storage_is_that_of_all_views() -> None:
    x = ag.zeros(3, 4, dtype=ag.float64)
    y = x[1:, 2:]
    assert y.storage_offset() == 6
    assert y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr() == x.data_ptr()
    assert len(y.untyped_storage()) == y.untyped_storage().size() == 96
    assert y.t().storage_offset() == 6
    assert ag.zeros(2, 3, 4).permute(2, 0, 1).dim_order() == (1, 2, 0)


def test_resize_keeps_what_fits() -> None:
    x = ag.arange(6)
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
    assert x.resize_((8,)).shape == (8,)
    assert x[:4].tolist() == [0, 1, 2, 3]
    assert x.resize_as_(ag.zeros(1, 2)).tolist() == [[0, 1]]
    with pytest.raises(GraphError, match="resize_: expected a tensor that owns its memory and requires no grad"):
        ag.ones(2, requires_grad=True).resize_(3)


def test_set_looks_into_other_memory() -> None:
    x, y = ag.zeros(2), ag.ones(3)
    assert x.set_(y).shape == (3,)
    y.fill_(4)
    assert x.tolist() == [4.0] * 3
    assert x.set_().shape == (0,)
    with pytest.raises(GraphError, match="set_: expected a tensor that owns its memory"):
        ag.ones(2, requires_grad=True).set_(y)


@pytest.mark.cpu_only("about memory that processes share")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_shared_memory_is_seen_by_children() -> None:
    x = ag.zeros(2)
    assert not x.is_shared()
    assert x.share_memory_() is x
    assert x.is_shared()
    child = os.fork()
    if not child:
        x.raw[0] = 5
        os._exit(0)
    os.waitpid(child, 0)
    assert x.tolist() == [5.0, 0.0]
    with pytest.raises(GraphError, match="share_memory_: expected a leaf that owns its memory"):
        x[:1].share_memory_()


def test_fill_diagonal(torch) -> None:
    for shape, wrap in [((3, 3), False), ((2, 4), False), ((7, 3), True), ((7, 3), False), ((2, 2, 2), False)]:
        ours = ag.zeros(*shape).fill_diagonal_(2, wrap)
        assert ours.tolist() == torch.zeros(*shape).fill_diagonal_(2, wrap).tolist()
    with pytest.raises(
        ShapeError, match=r"fill_diagonal_: expected two axes, or more of one size, got shape \(2, 3, 2\)"
    ):
        ag.zeros(2, 3, 2).fill_diagonal_(1)


# -- buffers ----------------------------------------------------------------------------------------------------------


def test_frombuffer_shares() -> None:
    memory = bytearray(b"\x01\x00\x02\x00\x03\x00")
    t = ag.frombuffer(memory, dtype=ag.int16, count=2, offset=2)
    memory[2] = 9
    assert t.tolist() == [9, 3]


def test_empty_strided_and_scalar_tensor() -> None:
    t = ag.empty_strided((2, 3), (1, 4), dtype=ag.float64)
    assert (t.shape, t.stride(), t.dtype) == ((2, 3), (1, 4), ag.float64)
    with pytest.raises(ShapeError, match=r"empty_strided: expected one stride >= 0 per axis, got \(1,\)"):
        ag.empty_strided((2, 3), (1,))
    assert ag.scalar_tensor(2).dtype is ag.float32
    assert ag.scalar_tensor(2, dtype=ag.int64).item() == 2


@pytest.mark.cpu_only("NumPy arrays lie in the memory of the CPU")
def test_asarray_copies_when_told() -> None:
    a = np.zeros(2)
    assert np.shares_memory(ag.asarray(a).raw, a)
    assert not np.shares_memory(ag.asarray(a, copy=True).raw, a)
    with pytest.raises(ValueError, match="asarray: expected memory that can be shared"):
        ag.asarray(a, dtype=ag.float32, copy=False)
    x = ag.ones(2, requires_grad=True) * 1
    assert not ag.asarray(x).requires_grad
    assert ag.asarray(x.detach(), requires_grad=True).is_leaf
    assert ag.asarray(bytearray(8), dtype=ag.float32).tolist() == [0.0, 0.0]
