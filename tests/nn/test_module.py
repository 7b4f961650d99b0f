"""Module: registration, walking, changing all at once, printing."""

from __future__ import annotations

import copy
import multiprocessing
import pickle

import numpy as np
import pytest

import autograd as ag
import nn
from tests.nn.parity import array


class Leafy(nn.Module):
    """A parameter, two buffers, an absent one of each."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(ag.tensor([1.0, 2.0]))
        self.register_parameter("bias", None)
        self.register_buffer("count", ag.tensor([3]))
        self.register_buffer("cache", ag.tensor([4.0]), persistent=False)
        self.register_buffer("nothing", None)

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return x * self.weight


class Tree(nn.Module):
    """Two modules, one of them under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = Leafy(), Leafy()
        self.again = self.left
        self.missing = None
        self.add_module("absent", None)
        self.scale = nn.Parameter(ag.tensor(2.0))

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return self.scale * (self.left(x) + self.right(x))


# -- registration -----------------------------------------------------------------------------------------------------


def test_assignment_registers() -> None:
    m = nn.Module()
    m.p, m.b, m.c, m.x = nn.Parameter(ag.ones(1)), nn.Buffer(ag.ones(2)), Leafy(), 5
    assert list(m._parameters) == ["p"] and list(m._buffers) == ["b"] and list(m._modules) == ["c"]
    assert m.x == 5 and "x" in m.__dict__
    assert {"p", "b", "c", "x", "forward"} <= set(dir(m))


def test_assigning_another_kind_moves_the_name() -> None:
    m = nn.Module()
    for value, table in [
        (1, None),
        (nn.Parameter(ag.ones(1)), "_parameters"),
        (Leafy(), "_modules"),
        (nn.Buffer(ag.ones(1)), "_buffers"),
    ]:
        m.x = value
        assert m.x is value
        held = [t for t in ("_parameters", "_buffers", "_modules") if "x" in m.__dict__[t]]
        assert held == ([] if table is None else [table])
        assert ("x" in m.__dict__) == (table is None)


def test_none_keeps_the_name() -> None:
    m = Tree()
    m.scale = None
    m.left = None
    assert "scale" in m._parameters and "left" in m._modules
    assert [n for n, _ in m.named_children()] == ["right", "again"]
    m.scale = nn.Parameter(ag.ones(1))
    assert isinstance(m.scale, nn.Parameter)


def test_a_buffer_stays_a_buffer() -> None:
    m = Leafy()
    m.cache = ag.tensor([9.0])
    m.count = ag.tensor([8])
    assert list(m.state_dict()) == ["weight", "count"]
    m.count = nn.Buffer(ag.tensor([7]), persistent=False)
    assert list(m.state_dict()) == ["weight"]


def test_deletion() -> None:
    m = Tree()
    del m.scale, m.right
    assert not hasattr(m, "scale") and not hasattr(m, "right")
    with pytest.raises(AttributeError):
        del m.scale


class Early(nn.Module):
    """Assigns before it is initialised."""

    def __init__(self, value: object) -> None:
        self.value = value


ERRORS = [
    (
        lambda m: Early(nn.Parameter(ag.ones(1))),
        AttributeError,
        r"Early: expected super\(\).__init__\(\) before the first parameter",
    ),
    (lambda m: Early(Leafy()), AttributeError, r"Early: expected super\(\).__init__\(\) before the first module"),
    (lambda m: m.nope, AttributeError, r"'Tree' object has no attribute 'nope'"),
    (
        lambda m: setattr(m, "scale", ag.ones(1)),
        TypeError,
        r"Tree: expected a Parameter or None as parameter 'scale', got Tensor. Wrap",
    ),
    (lambda m: setattr(m, "left", 3), TypeError, r"Tree: expected a Module or None as module 'left', got int"),
    (lambda m: setattr(m.left, "count", 3), TypeError, r"Leafy: expected a Tensor or None as buffer 'count', got int"),
    (
        lambda m: m.register_parameter("a.b", None),
        KeyError,
        r"Tree: expected a name without dots and not empty for a parameter",
    ),
    (
        lambda m: m.register_buffer("", None),
        KeyError,
        r"Tree: expected a name without dots and not empty for a buffer, got ''",
    ),
    (lambda m: m.register_module(3, None), TypeError, r"Tree: expected a str as the name of a module, got int"),
    (lambda m: m.register_buffer("left", None), KeyError, r"Tree: expected a new name for a buffer, got 'left'"),
    (lambda m: m.register_parameter("forward", None), KeyError, r"expected a new name for a parameter, got 'forward'"),
    (lambda m: m.add_module("x", 3), TypeError, r"Tree: expected a Module or None as module 'x', got int"),
    (
        lambda m: m.get_submodule("left.nope"),
        AttributeError,
        r"get_submodule: expected a submodule at 'left.nope', Leafy has none named 'nope'",
    ),
    (lambda m: m.get_parameter("left.count"), AttributeError, r"get_parameter: expected a parameter at 'left.count'"),
    (lambda m: m.get_buffer("left.weight"), AttributeError, r"get_buffer: expected a buffer at 'left.weight', Leafy"),
    (lambda m: m.set_submodule("", Leafy()), ValueError, r"set_submodule: expected a name and a Module, got ''"),
    (lambda m: m.set_submodule("x", Leafy(), strict=True), AttributeError, r"expected a submodule at 'x'"),
    (lambda m: m.set_submodule("scale", Leafy()), AttributeError, r"expected a submodule at 'scale'"),
    (lambda m: m.train("yes"), ValueError, r"train: expected mode to be a bool, got str"),
    (lambda m: m.to(ag.int64), TypeError, r"to: expected a floating or complex dtype for a module, got .*int64"),
    (lambda m: nn.Module()(1), NotImplementedError, r"Module: expected the class to define forward\(\)"),
    (lambda m: nn.Parameter([1.0]), TypeError, r"Parameter: expected a Tensor, got list"),
    (lambda m: nn.Parameter(ag.tensor([1])), ag.DtypeError, r"requires_grad_: expected a floating or complex dtype"),
]


@pytest.mark.parametrize("run, kind, text", ERRORS)
def test_errors(run, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        run(Tree())


def test_a_parameter_is_a_leaf() -> None:
    p = copy.copy(nn.Parameter(ag.ones(1)))
    p.node = (nn.Parameter(ag.ones(1)) * 2).node
    with pytest.raises(
        ValueError, match="Module: expected a leaf as parameter 'p', got a result of recorded operations"
    ):
        nn.Module().register_parameter("p", p)


# -- parameters and buffers -------------------------------------------------------------------------------------------


def test_a_parameter_shares_memory() -> None:
    t = ag.ones(2)
    p, b = nn.Parameter(t), nn.Buffer(t)
    t.zero_()
    assert not array(p).any() and not array(b).any()
    assert nn.Parameter().shape == (0,) and not nn.Parameter(t, requires_grad=False).requires_grad
    assert not b.requires_grad and nn.Buffer(nn.Parameter(t)).requires_grad


@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), copy.copy])
def test_copies_keep_class_and_flags(again) -> None:
    for t in (
        nn.Parameter(ag.ones(2), requires_grad=False),
        nn.Parameter(ag.ones(2)),
        nn.Buffer(ag.ones(2), persistent=False),
    ):
        c = again(t)
        assert type(c) is type(t) and c.requires_grad == t.requires_grad and ag.equal(c, t) and c.__dict__ == t.__dict__


def test_repr_of_a_parameter(torch) -> None:
    assert repr(nn.Parameter(ag.ones(2, device="cpu"))) == repr(torch.nn.Parameter(torch.ones(2)))
    assert type(nn.Parameter(ag.ones(2)) * 2) is ag.Tensor


# -- walking ----------------------------------------------------------------------------------------------------------


def test_walking_agrees_with_torch(torch) -> None:
    def build(library):
        shared = library.Linear(2, 2)
        return library.Sequential(shared, library.Sequential(library.BatchNorm1d(2), shared), library.ReLU())

    ours, theirs = build(nn), build(torch.nn)
    for name, kwargs in [
        ("named_parameters", {}),
        ("named_parameters", {"prefix": "x", "recurse": False}),
        ("named_parameters", {"remove_duplicate": False}),
        ("named_buffers", {"prefix": "x"}),
        ("named_modules", {}),
        ("named_modules", {"prefix": "x", "remove_duplicate": False}),
        ("named_children", {}),
    ]:
        mine, other = ([n for n, _ in getattr(m, name)(**kwargs)] for m in (ours, theirs))
        assert mine == other, name
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert list(ours.state_dict(prefix="x.")) == list(theirs.state_dict(prefix="x."))
    assert repr(ours) == repr(theirs)


def test_each_once() -> None:
    m = Tree()
    assert [type(c).__name__ for c in m.modules()] == ["Tree", "Leafy", "Leafy"]
    assert len(list(m.children())) == 2
    assert len(list(m.parameters())) == 3
    assert len(list(m.parameters(recurse=False))) == 1
    assert len(list(m.buffers())) == 4
    assert list(m.buffers(recurse=False)) == []


def test_dotted_names() -> None:
    m = Tree()
    assert m.get_submodule("") is m and m.get_submodule("left") is m.left
    assert m.get_parameter("left.weight") is m.left.weight
    assert m.get_buffer("left.count") is m.left.count
    new = Leafy()
    m.set_submodule("left", new)
    m.set_submodule("left.deeper", Leafy())
    assert m.left is new and isinstance(m.left.deeper, Leafy)


# -- changing all at once ---------------------------------------------------------------------------------------------


def test_apply_goes_from_the_leaves_up() -> None:
    seen = []
    m = Tree()
    assert m.apply(lambda c: seen.append(type(c).__name__)) is m
    assert seen == ["Leafy", "Leafy", "Tree"]


def test_a_module_below_is_asked_itself() -> None:
    class Cached(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cache, self.modes = ag.ones(1), []

        def train(self, mode: bool = True):
            self.modes.append(mode)
            return super().train(mode)

        def _apply(self, fn, recurse: bool = True):
            self.cache = fn(self.cache)
            return super()._apply(fn, recurse)

    inner = Cached()
    outer = nn.Sequential(nn.Sequential(inner)).eval().double()
    outer.train()
    assert inner.modes == [False, True] and inner.training and inner.cache.dtype == ag.float64


def test_train_eval_and_freezing() -> None:
    m = Tree()
    assert m.training and m.eval() is m and not m.left.training and m.train().left.training
    m.requires_grad_(False)
    assert not any(p.requires_grad for p in m.parameters())
    assert m.requires_grad_().scale.requires_grad


def test_zero_grad() -> None:
    m = Tree()
    m(ag.ones(2)).sum().backward()
    before = m.scale.grad
    m.zero_grad(set_to_none=False)
    assert not array(m.scale.grad).any() and before is not None
    m.zero_grad()
    assert m.scale.grad is None


CASTS = [
    (lambda m: m.double(), ag.float64),
    (lambda m: m.half(), ag.float16),
    (lambda m: m.double().float(), ag.float32),
    (lambda m: m.to(ag.float64), ag.float64),
    (lambda m: m.to("cpu", ag.float64), ag.float64),
    (lambda m: m.to(device="cpu", dtype=ag.float64, non_blocking=True), ag.float64),
    (lambda m: m.to(ag.zeros(1, dtype=ag.float64)), ag.float64),
    (lambda m: m.cpu(), ag.float32),
]


@pytest.mark.parametrize("cast, dtype", CASTS)
def test_casts_happen_in_place(cast, dtype: ag.dtype) -> None:
    m = Tree()
    m(ag.ones(2)).sum().backward()
    parameters, weight, grad = list(m.parameters()), array(m.left.weight), array(m.left.weight.grad)
    assert cast(m) is m
    assert all(a is b for a, b in zip(m.parameters(), parameters, strict=True))
    assert m.left.weight.dtype == m.left.weight.grad.dtype == m.left.cache.dtype == dtype
    assert m.left.count.dtype == ag.int64
    np.testing.assert_array_equal(array(m.left.weight), weight)
    np.testing.assert_array_equal(array(m.left.weight.grad), grad)
    m.zero_grad()
    m(ag.ones(2, dtype=dtype, device=m.scale.device)).sum().backward()
    assert m.left.weight.grad.dtype == dtype


def test_type_and_to_empty() -> None:
    m = Tree().requires_grad_(False).type(ag.int32)
    assert m.scale.dtype == m.left.count.dtype == ag.int32
    m = Tree().to_empty(device="cpu")
    assert m.scale.shape == () and m.left.weight.requires_grad
    assert m.compile() is None


def _add_one(m: nn.Module) -> None:
    with ag.no_grad():
        m.left.weight.add_(1.0)


@pytest.mark.cpu_only("processes share the memory of the host")
def test_shared_memory_is_seen_by_forked_processes() -> None:
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system does not fork")
    m = Tree().share_memory()
    process = multiprocessing.get_context("fork").Process(target=_add_one, args=(m,))
    process.start()
    process.join()
    np.testing.assert_array_equal(array(m.left.weight), [2, 3])
    m(ag.ones(2)).sum().backward()
    assert m.left.weight.grad is not None


# -- copies and printing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_copies_are_independent_and_keep_what_is_shared(again) -> None:
    m = Tree()
    c = again(m)
    assert c.again is c.left and c.left is not m.left
    assert list(c.state_dict()) == list(m.state_dict())
    with ag.no_grad():
        c.left.weight.zero_()
    assert array(m.left.weight).any()
    assert ag.equal(c(ag.ones(2)), c.scale * c.right.weight)


def test_repr() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Identity())

        def extra_repr(self) -> str:
            return "one\ntwo"

    assert repr(nn.Module()) == "Module()"
    assert repr(Net()) == "Net(\n  one\n  two\n  (inner): Sequential(\n    (0): Identity()\n  )\n)"
    assert repr(Net().inner[0]) == "Identity()"
