"""The tensor as an object: what it says of itself, Python's protocols, NumPy, DLPack, copies and pickles."""

from __future__ import annotations

import copy
import gc
import operator
import pickle
import weakref

import numpy as np
import pytest

import autograd as ag
from autograd.errors import DtypeError, GraphError, ShapeError


# -- what it says of itself --------------------------------------------------------------------------------------------
def views(lib):
    t = lib.arange(24.0).reshape(2, 3, 4)
    return {
        "whole": t,
        "transposed": t.transpose(0, 2),
        "sliced": t[:, 1:, ::2],
        "row": t[1, 2],
        "number": t[1, 2, 3],
        "expanded": t[:1, :1, :1].expand(2, 1, 3),
        "new axis": t[None, ..., None],
        "empty": t[:0],
        "double": t.double(),
        "bool": t > 5,
        "permuted": t.permute(2, 0, 1),
    }


@pytest.mark.parametrize("name", views(ag))
def test_attributes_agree_with_torch(torch, name: str) -> None:
    ours, theirs = views(ag)[name], views(torch)[name]
    for attribute in ("shape", "ndim", "itemsize", "nbytes", "requires_grad", "is_leaf"):
        assert getattr(ours, attribute) == getattr(theirs, attribute), attribute
    for method in ("size", "dim", "numel", "nelement", "element_size", "is_contiguous", "is_floating_point",
                   "is_complex", "ndimension", "tolist", "is_inference"):  # fmt: skip
        assert getattr(ours, method)() == getattr(theirs, method)(), method
    strides = zip(ours.shape, ours.stride(), theirs.stride(), strict=True)
    assert all(a == b for n, a, b in strides if n > 1)  # along an axis of one element a stride means nothing
    if ours.ndim:
        assert [ours.size(d) for d in (0, -1)] == [theirs.size(d) for d in (0, -1)]
        assert [ours.stride(d) for d in (0, -1)] == [ours.stride()[d] for d in (0, -1)]
        assert len(ours) == len(theirs)


def test_where_a_tensor_is() -> None:
    t = ag.ones(1, device="cpu")
    assert (t.is_cuda, t.get_device(), t.device) == (False, -1, ag.device("cpu"))


def test_views_share_memory_and_versions() -> None:
    t = ag.arange(6.0)
    v = t.view(2, 3)[1]
    assert v._is_view() and v._base is t and not t._is_view() and t._base is None
    assert v.data_ptr() == t.data_ptr() + 3 * 4
    v.add_(10)
    assert t.tolist() == [0, 1, 2, 13, 14, 15] and t._version == v._version == 1
    t.detach().zero_()
    assert v.tolist() == [0, 0, 0] and v._version == 2
    t.data.fill_(5)
    assert v.tolist() == [5, 5, 5] and v._version == 2
    assert t.is_set_to(t.detach()) and not t.is_set_to(t.clone()) and not t.is_set_to(t[:3])


def test_data_can_be_replaced() -> None:
    w = ag.ones(2, requires_grad=True)
    w.data = ag.full((3,), 2.0)
    assert w.shape == (3,) and w.requires_grad and w.is_leaf
    (w * w).sum().backward()
    assert w.grad.tolist() == [4.0] * 3


def test_size() -> None:
    s = ag.zeros(2, 3).shape
    assert s == (2, 3) == ag.Size([2, 3]) and repr(s) == "Size([2, 3])" and s.numel() == 6
    assert isinstance(s, tuple) and ag.zeros(()).shape.numel() == 1


# -- Python's protocols ------------------------------------------------------------------------------------------------
def test_numbers() -> None:
    assert (int(ag.tensor(3.7)), float(ag.tensor([2])), complex(ag.tensor(1j)), bool(ag.tensor([[1]]))) == (
        3,
        2.0,
        1j,
        True,
    )
    assert [10, 20, 30][ag.tensor(1)] == 20 and list(range(ag.tensor([3]))) == [0, 1, 2]
    assert isinstance(ag.tensor(3).item(), int) and isinstance(ag.tensor(True).item(), bool)
    assert operator.index(ag.tensor(True)) == 1 and not ag.tensor(0.0)


def test_containers() -> None:
    t = ag.arange(6).reshape(2, 3)
    assert len(t) == 2 and [row.tolist() for row in t] == [[0, 1, 2], [3, 4, 5]]
    assert 4 in t and 9 not in t and [x.item() for x in reversed(list(t[0]))] == [2, 1, 0]
    _, b = t
    assert b.tolist() == [3, 4, 5] and max(t[0]).item() == 2 and sum(t[:, 1]).item() == 5
    x = ag.ones(3, requires_grad=True)
    first, *_ = x
    (first * 5).backward()
    assert x.grad.tolist() == [5.0, 0.0, 0.0]


def test_hash_and_identity() -> None:
    a, b = ag.ones(1), ag.ones(1)
    assert len({a, b, a}) == 2 and {a: 1}[a] == 1 and [a, b].index(a) == 0


def test_comparison_with_other_things(torch) -> None:
    for lib in (ag, torch):
        t = lib.ones(2)
        assert operator.ne(t, "text") and operator.ne(t, None) and not operator.eq(t, None)
        assert (t == 1).tolist() == [True, True]


def test_attributes_of_the_user() -> None:
    t = ag.ones(2)
    t.name = "mine"
    assert t.name == "mine" and not hasattr(t * 1, "name")
    ref = weakref.ref(t)
    del t
    assert ref() is None


PROTOCOL_ERRORS = [
    (lambda: len(ag.tensor(1)), TypeError, "len: expected at least one axis, got a 0-d tensor"),
    (lambda: iter(ag.tensor(1)), TypeError, "iter: expected at least one axis, got a 0-d tensor"),
    (lambda: bool(ag.ones(2)), ShapeError, r"bool: expected one element, got shape \(2,\). Use any\(\) or all\(\)"),
    (lambda: bool(ag.ones(0)), ShapeError, r"bool: expected one element, got shape \(0,\)"),
    (lambda: ag.ones(2).item(), ShapeError, r"item: expected one element, got shape \(2,\). Use tolist\(\)"),
    (lambda: [1, 2][ag.tensor(1.0)], TypeError, r"index: expected one integer, got autograd.float32 of shape \(\)"),
    (lambda: range(ag.tensor([1, 2])), TypeError, r"index: expected one integer, got autograd.int64 of shape \(2,\)"),
    (lambda: ag.ones(2, requires_grad=True).numpy(), GraphError, r"numpy: .* does not require grad. Call detach\(\) first"),
    (lambda: np.asarray(ag.ones(2, requires_grad=True)), GraphError, "numpy: expected a tensor that does not require grad"),
    (lambda: ag.ones(2) + "text", TypeError, "unsupported operand|expected tensors and numbers"),
    (lambda: ag.ones(2) @ 3, TypeError, "unsupported operand|expected"),
    (lambda: ag.ones(2) << 1.5, (TypeError, DtypeError), "float"),
]  # fmt: skip


@pytest.mark.parametrize("call, kind, text", PROTOCOL_ERRORS)
def test_protocol_errors(call, kind, text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


# -- copies ------------------------------------------------------------------------------------------------------------
COPIES = {
    "deepcopy": copy.deepcopy,
    **{f"pickle {p}": lambda t, p=p: pickle.loads(pickle.dumps(t, p)) for p in range(2, 6)},
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("t", [
    ag.arange(6.0).reshape(2, 3), ag.arange(6).reshape(2, 3).t(), ag.tensor(2.5, dtype=ag.float16), ag.zeros(0, 3),
    ag.tensor([True, False]), ag.tensor([1j]), ag.ones(2, dtype=ag.float64, requires_grad=True),
], ids=lambda t: f"{t.dtype.name}{list(t.shape)}")  # fmt: skip
def test_copies(copied, t: ag.Tensor) -> None:
    t.note = ["kept"]
    c = copied(t)
    assert type(c) is ag.Tensor and c is not t and c.dtype is t.dtype and c.tolist() == t.tolist()
    assert c.requires_grad == t.requires_grad and c.is_leaf and c.note == ["kept"] and c._version == 0
    assert c.data_ptr() != t.data_ptr() or not t.numel()
    if c.requires_grad:
        (c * c).sum().backward()
        assert c.grad is not None and t.grad is None


def test_deepcopy_keeps_gradients_and_sharing() -> None:
    w = ag.ones(2, requires_grad=True)
    (w * 3).sum().backward()
    both = copy.deepcopy({"a": w, "b": [w]})
    assert both["a"] is both["b"][0] and both["a"].grad.tolist() == [3.0, 3.0]
    both["a"].grad.zero_()
    assert w.grad.tolist() == [3.0, 3.0]


def test_shallow_copies_share_memory() -> None:
    t = ag.ones(2)
    c = copy.copy(t)
    c[0] = 5.0
    assert c is not t and c.tolist() == [5.0, 1.0]


@pytest.mark.parametrize("copied", [copy.deepcopy, pickle.dumps], ids=["deepcopy", "pickle"])
def test_results_cannot_be_copied_with_their_history(copied) -> None:
    y = ag.ones(2, requires_grad=True) * 2
    with pytest.raises(GraphError, match=r"expected a leaf, got a result of recorded operations. Use detach"):
        copied(y)
    copied(y.detach())


def test_pickled_parameters_and_functions() -> None:
    import nn

    p = pickle.loads(pickle.dumps(nn.Parameter(ag.ones(2))))
    assert type(p) is nn.Parameter and p.requires_grad
    assert pickle.loads(pickle.dumps(ag.mul)) is ag.mul and pickle.loads(
        pickle.dumps(ag.device("cuda:1"))
    ) == ag.device("cuda:1")


# -- NumPy -------------------------------------------------------------------------------------------------------------
@pytest.mark.cpu_only("a GPU shares no memory with NumPy")
def test_numpy_shares_memory() -> None:
    t = ag.arange(6.0).reshape(2, 3).t()
    a = t.numpy()
    a[0, 1] = -1
    assert isinstance(a, np.ndarray) and t[0, 1].item() == -1 and a.strides == (4, 12)
    assert np.asarray(t).base is not None and np.array(t).base is None
    assert np.asarray(t, dtype="int64").dtype == np.int64 and np.asarray(ag.tensor(2)).shape == ()
    x = ag.ones(2, requires_grad=True)
    assert x.detach().numpy().tolist() == [1, 1] and x.numpy(force=True).tolist() == [1, 1]


OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.floordiv, operator.mod,
             operator.eq, operator.ne, operator.lt, operator.ge]  # fmt: skip


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
def test_arithmetic_with_numpy_in_both_orders(op) -> None:
    a, b = np.array([[1.5], [2.0]], "float32"), np.array([2.0, 3.0, 0.5], "float32")
    for left, right in ((ag.from_numpy(a), b), (a, ag.from_numpy(b)), (ag.from_numpy(a), ag.from_numpy(b))):
        found = op(left, right)
        assert type(found) is ag.Tensor
        np.testing.assert_allclose(found.numpy(), op(a, b), rtol=1e-6)


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
@pytest.mark.parametrize("number", [np.float64(2.0), np.float32(2.0), np.int64(2)], ids=lambda n: n.dtype.name)
def test_arithmetic_with_numpy_numbers_keeps_the_tensors_dtype(op, number) -> None:
    t = ag.tensor([1.5, 4.0])
    for found, wanted in ((op(t, number), op(t, 2.0)), (op(number, t), op(2.0, t))):
        assert type(found) is ag.Tensor and found.dtype is wanted.dtype and found.tolist() == wanted.tolist()


def test_matmul_with_numpy() -> None:
    a, b = np.arange(6.0).reshape(2, 3), np.arange(3.0)
    for found in (ag.from_numpy(a) @ b, a @ ag.from_numpy(b)):
        assert type(found) is ag.Tensor and found.tolist() == (a @ b).tolist()


def test_gradients_through_arithmetic_with_numpy() -> None:
    x = ag.ones(3, dtype=ag.float64, requires_grad=True)
    (np.array([1.0, 2.0, 3.0]) * x + x * np.float64(10)).sum().backward()
    assert x.grad.tolist() == [11.0, 12.0, 13.0]


def test_in_place_with_numpy() -> None:
    t = ag.ones(2)
    t += np.array([1.0, 2.0], "float32")
    t[0] = np.float64(7)
    t[np.array([1])] = np.array([9.0], "float32")
    assert t.tolist() == [7.0, 9.0]
    a = np.ones(2, "float32")
    a[:] = t
    assert a.tolist() == [7.0, 9.0]


def test_numpy_functions_on_tensors() -> None:
    t = ag.tensor([1.0, 4.0])
    np.testing.assert_allclose(t, [1.0, 4.0])
    assert np.concatenate([t, t]).tolist() == [1, 4, 1, 4] and np.mean(np.asarray(t)) == 2.5


# -- DLPack ------------------------------------------------------------------------------------------------------------
@pytest.mark.cpu_only("PyTorch is installed for the CPU")
@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "int64", "int32", "int8", "uint8", "bool", "complex64"]
)
def test_dlpack_with_torch_in_both_directions(torch, dtype: str) -> None:
    ours = ag.ones((2, 3), dtype=getattr(ag, dtype))
    theirs = torch.from_dlpack(ours)
    assert str(theirs.dtype) == f"torch.{dtype}" and theirs.data_ptr() == ours.data_ptr()
    theirs[0, 0] = 0
    assert ours[0, 0].item() == 0
    back = ag.from_dlpack(theirs.t())
    assert back.dtype is ours.dtype and back.stride() == (1, 3) and back.data_ptr() == ours.data_ptr()
    back[1, 1] = 0
    assert ours[1, 1].item() == 0


@pytest.mark.cpu_only("PyTorch is installed for the CPU")
def test_dlpack_keeps_the_memory_alive(torch) -> None:
    theirs = torch.from_dlpack(ag.arange(1000.0) * 1)
    gc.collect()
    assert theirs.sum().item() == 499500
    ours = ag.from_dlpack(torch.arange(1000.0) * 1)
    gc.collect()
    assert ours.sum().item() == 499500


@pytest.mark.cpu_only("a GPU shares no memory with NumPy")
def test_dlpack_needs_no_history() -> None:
    with pytest.raises(
        GraphError, match=r"dlpack: expected a tensor that does not require grad. Call detach\(\) first"
    ):
        np.from_dlpack(ag.ones(2, requires_grad=True))
    assert np.from_dlpack(ag.ones(2)).tolist() == [1.0, 1.0] and ag.ones(2).__dlpack_device__() == (1, 0)


# -- conversion --------------------------------------------------------------------------------------------------------
def test_to() -> None:
    t = ag.ones(2, device="cpu")
    assert t.to(ag.float32) is t and t.to("cpu") is t and t.cpu() is t and t.to(dtype=ag.float32, device="cpu") is t
    assert t.to(ag.float64).dtype is ag.float64 and t.to("cpu", ag.int64).dtype is ag.int64
    assert t.to(ag.float32, copy=True) is not t and t.to(ag.zeros(1, dtype=ag.float16)).dtype is ag.float16
    assert t.type_as(ag.zeros(1, dtype=ag.int8)).dtype is ag.int8
    x = ag.ones(2, requires_grad=True)
    (x.double() * x.half()).sum().backward()
    assert x.grad.dtype is ag.float32 and x.grad.tolist() == [2.0, 2.0]


CASTS = ["float", "double", "half", "long", "int", "short", "char", "byte", "bool"]


@pytest.mark.parametrize("name", CASTS)
def test_casting_methods(torch, name: str) -> None:
    values = [0.0, 1.5, 100.25, 3.999]
    ours, theirs = getattr(ag.tensor(values), name)(), getattr(torch.tensor(values), name)()
    assert str(ours.dtype)[9:] == str(theirs.dtype)[6:] and ours.tolist() == theirs.tolist()


def test_clone_and_contiguous() -> None:
    t = ag.arange(6.0).reshape(2, 3)
    assert t.contiguous() is t and t.t().contiguous().is_contiguous() and t.clone().data_ptr() != t.data_ptr()
    x = ag.ones(2, 3, requires_grad=True)
    (x.t().contiguous() * x.t().clone()).sum().backward()
    assert x.grad.tolist() == [[2.0] * 3] * 2


def test_wrong_devices() -> None:
    with pytest.raises(ag.DeviceError, match=r"device: expected one of cpu, cuda, .*, got 'nowhere'"):
        ag.ones(1).to(device="nowhere")


BOTH = {  # what PyTorch raises as a RuntimeError, Python elsewhere as a ValueError or an IndexError
    "an empty list": lambda: ag.stack([]),
    "no parts": lambda: ag.ones(3).chunk(0),
    "a step away from the end": lambda: ag.arange(0, 1, -1),
    "nothing to draw from": lambda: ag.multinomial(ag.zeros(2), 1),
    "letters": lambda: ag.einsum("ij->k", ag.ones(2, 3)),
    "no bound": lambda: ag.clamp(ag.ones(2)),
    "a rank": lambda: ag.quantile(ag.ones(2), 2.0),
    "a position": lambda: ag.ones(2, device="cpu").gather(0, ag.tensor([5], device="cpu")),  # a GPU tells later
}


@pytest.mark.parametrize("name", BOTH)
def test_a_wrong_argument_is_a_runtime_error_too(name: str) -> None:
    for kind in (RuntimeError, IndexError if name == "a position" else ValueError):
        with pytest.raises(kind):
            BOTH[name]()
