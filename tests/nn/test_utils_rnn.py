"""Padded and packed sequences against PyTorch, and back again."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
from nn.utils import rnn
from tests.nn.parity import array, assert_same

LENGTHS = [[4, 2, 1], [2, 4, 1], [3, 3, 3], [1, 1, 4]]


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def assert_same_packed(ours, theirs) -> None:
    for a, b in zip(ours, theirs, strict=True):
        assert (a is None) == (b is None)
        assert_same(a, b)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("shape", [(), (2,), (2, 3)])
@pytest.mark.parametrize("lengths", LENGTHS)
def test_packing_agrees_with_torch(torch, lengths: list[int], shape: tuple[int, ...], batch_first: bool) -> None:
    x = random(*((3, 4) if batch_first else (4, 3)), *shape)
    mine, other = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    theirs = torch.nn.utils.rnn
    in_order = lengths == sorted(lengths, reverse=True)
    p = rnn.pack_padded_sequence(mine, ag.tensor(lengths), batch_first, enforce_sorted=in_order)
    q = theirs.pack_padded_sequence(other, torch.tensor(lengths), batch_first, enforce_sorted=in_order)
    assert_same_packed(p, q)
    for total in (None, 6):
        a = rnn.pad_packed_sequence(p, batch_first, -1.0, total)
        b = theirs.pad_packed_sequence(q, batch_first, -1.0, total)
        assert_same(a, b)
        (a[0] * a[0]).sum().backward()
        (b[0] * b[0]).sum().backward()
        p = p._replace(data=p.data.detach())
        q = q._replace(data=q.data.detach())
        mine.requires_grad = other.requires_grad = False
        p = p._replace(data=p.data.requires_grad_())
        q = q._replace(data=q.data.requires_grad_())
    assert_same(mine.grad, other.grad)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("batch_first", [False, True])
def test_padding_agrees_with_torch(torch, batch_first: bool, side: str) -> None:
    parts = [random(n, 2) for n in (2, 4, 0)]
    a = rnn.pad_sequence([ag.tensor(p) for p in parts], batch_first, 7.0, side)
    b = torch.nn.utils.rnn.pad_sequence([torch.tensor(p) for p in parts], batch_first, 7.0, side)
    assert_same(a, b)


@pytest.mark.parametrize("batch_first", [False, True])
def test_there_and_back(batch_first: bool) -> None:
    parts = [ag.tensor(random(n, 2)) for n in (2, 4, 1)]
    packed = rnn.pack_sequence(parts, enforce_sorted=False)
    assert_same(rnn.unpack_sequence(packed), parts)
    padded = rnn.pad_sequence(parts, batch_first)
    assert_same(rnn.unpad_sequence(padded, [2, 4, 1], batch_first), parts)
    assert_same(rnn.unpad_sequence(padded, ag.tensor([2, 4, 1]), batch_first), parts)


def test_packed_sequences_convert() -> None:
    packed = rnn.pack_sequence([ag.ones(2, 1), ag.ones(3, 1)], enforce_sorted=False)
    assert packed.double().data.dtype == ag.float64 and packed.double().float().data.dtype == ag.float32
    assert not packed.cpu().is_cuda and packed.cpu().unsorted_indices.tolist() == [1, 0]
    assert rnn.invert_permutation(None) is None
    assert nn.utils.rnn is rnn


ERRORS = [
    (
        lambda: rnn.pack_padded_sequence(ag.zeros(4, 2), [4]),
        ag.ShapeError,
        r"expected 2 lengths for input \(4, 2\), got \(1,\)",
    ),
    (
        lambda: rnn.pack_padded_sequence(ag.zeros(4, 2), [4, 0]),
        ValueError,
        r"expected lengths from 1 to 4, got \[4, 0\]",
    ),
    (
        lambda: rnn.pack_padded_sequence(ag.zeros(4, 2), [5, 1]),
        ValueError,
        r"expected lengths from 1 to 4, got \[5, 1\]",
    ),
    (
        lambda: rnn.pack_padded_sequence(ag.zeros(4, 2), [1, 4]),
        ValueError,
        r"in decreasing order, got \[1, 4\]. Sort the batch",
    ),
    (
        lambda: rnn.pad_packed_sequence(rnn.pack_sequence([ag.ones(3)]), total_length=2),
        ValueError,
        r"total_length of at least 3, got 2",
    ),
    (lambda: rnn.pad_sequence([]), ValueError, r"pad_sequence: expected sequences and a side 'left' or 'right', got 0"),
    (lambda: rnn.pad_sequence([ag.ones(1)], padding_side="up"), ValueError, r"side 'left' or 'right', got 1 and 'up'"),
    (
        lambda: rnn.pad_sequence([ag.ones(1, 2), ag.ones(1, 3)]),
        ag.ShapeError,
        r"expected sequences \(L, \*\) of equal \*",
    ),
]


@pytest.mark.parametrize("run, kind, text", ERRORS)
def test_errors(run, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        run()


def test_padding_has_no_gradient_of_its_own() -> None:
    x = ag.tensor(random(4, 2), requires_grad=True)
    y, _ = rnn.pad_packed_sequence(rnn.pack_padded_sequence(x, [3, 1]))
    y.sum().backward()
    np.testing.assert_array_equal(array(x.grad), [[1, 1], [1, 0], [1, 0], [0, 0]])
