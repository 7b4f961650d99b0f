"""What a graph keeps alive, and that it goes without the garbage collector."""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc
import weakref
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd import func
from autograd.utils.checkpoint import checkpoint


@pytest.fixture(autouse=True)
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def leaf(*shape: int) -> ag.Tensor:
    return ag.ones(shape, requires_grad=True)


def nodes_behind(t: ag.Tensor) -> list[weakref.ref]:
    found = [t.grad_fn]
    for node in found:
        found += [n for n, _ in node.next_functions if n is not None]
    return [weakref.ref(n) for n in found if n.name() != "AccumulateGrad"]


def several(x):
    values, _ = x.sort()
    return (values * x.max(0)[0]).sum()


def in_place(x):
    h = x * 2
    h[:1].mul_(3)
    h += x
    return (h * h).sum()


class Cube(ag.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x**3
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return 3 * y / x * g


GRAPHS = [
    ("elementwise", lambda x: ((x * x).exp() + x).sum()),
    ("keeps its output", lambda x: x.exp().tanh().sqrt().sum()),
    ("views", lambda x: x.reshape(2, 2).t()[0].unsqueeze(1).expand(2, 3).sum()),
    ("several outputs", several),
    ("in place", in_place),
    ("user function", lambda x: Cube.apply(Cube.apply(x)).sum()),
    ("matmul", lambda x: (x.reshape(2, 2) @ x.reshape(2, 2)).sum()),
    ("joined", lambda x: ag.cat([x, x * 2]).chunk(2)[1].sum()),
]


@pytest.mark.parametrize("function", [row[1] for row in GRAPHS], ids=[row[0] for row in GRAPHS])
@pytest.mark.parametrize("use", ["dropped", "backward", "retained", "differentiated twice"])
def test_a_graph_goes_with_its_last_tensor(function, use: str) -> None:
    x = leaf(4)
    y = function(x)
    refs = [*nodes_behind(y), weakref.ref(y)]
    if use == "backward":
        y.backward()
    elif use == "retained":
        y.backward(retain_graph=True)
    elif use == "differentiated twice":
        (g,) = ag.autograd.grad(y, x, create_graph=True)
        if g.requires_grad:
            refs += nodes_behind(g)
            g.sum().backward()
        del g
    del y
    assert [r for r in refs if r() is not None] == []


def test_backward_frees_what_was_saved_though_the_result_lives() -> None:
    x = leaf(1000)
    h = x.exp()
    saved = weakref.ref(h.raw)
    y = h.sum()
    del h
    assert saved() is not None
    y.backward()
    assert saved() is None and y.grad_fn is not None


def test_only_what_a_gradient_names_is_kept() -> None:
    x = leaf(1000)
    arrays = []

    def seen(t: ag.Tensor) -> ag.Tensor:
        arrays.append(weakref.ref(t.raw))
        return t

    y = (seen(x * 2) + seen(x * 3)).sum() * 1  # sums and products with constants keep nothing of each other
    assert [a() for a in arrays] == [None, None]
    c = ag.ones(1000)
    z = (c * seen(x + 1)).sum()  # c needs no gradient, so x + 1 is not kept
    assert arrays[-1]() is None
    assert y.requires_grad and z.requires_grad


def test_intermediate_gradients_are_not_stored() -> None:
    x = leaf(1000)
    h = x * 2
    k = h.exp()
    grads = []
    for t in (h, k):
        t.register_hook(lambda g: grads.append(weakref.ref(g.raw)))
    k.sum().backward()
    assert h.grad is None and k.grad is None
    assert len(grads) == 2 and [g() for g in grads] == [None, None]


def test_a_node_does_not_hold_tensors() -> None:
    x = leaf(3)
    h = x.exp()
    tensor = weakref.ref(h)
    y = h * h
    del h
    assert tensor() is None
    y.sum().backward()
    assert x.grad is not None


def test_a_leaf_that_is_gone_does_no_harm() -> None:
    w, x = leaf(3), leaf(3)
    y = (w * x).sum()
    ref = weakref.ref(w)
    del w
    assert ref() is None
    y.backward()
    assert x.grad.tolist() == [1.0] * 3


def test_errors_keep_no_graph() -> None:
    x = leaf(3)
    y = x.exp().sum()
    ref = weakref.ref(y.grad_fn)
    y.backward()
    with suppress(RuntimeError):
        y.backward()
    del y
    assert ref() is None


def test_references_to_the_users_frames_are_not_held() -> None:
    class Local:
        pass

    def run() -> tuple[ag.Tensor, weakref.ref]:
        local = Local()
        return leaf(2).exp(), weakref.ref(local)

    y, ref = run()
    assert y.requires_grad and ref() is None


def test_leaf_and_gradient_go_together() -> None:
    x = leaf(5)
    (x * x).sum().backward()
    refs = [weakref.ref(x), weakref.ref(x.grad), weakref.ref(x.grad.raw)]
    del x
    assert [r() for r in refs] == [None] * 3


MODULES = {"autograd.tensor", "autograd.node", "autograd.function_node", "autograd.pullback", "autograd.utils.checkpoint",
           "nn.parameter"}  # fmt: skip


# -- training ----------------------------------------------------------------------------------------------------------
def objects() -> int:
    """Live tensors, nodes and what holds them (they are all tracked, though not collected)."""
    return sum(type(o).__module__ in MODULES for o in gc.get_objects())


def buffers() -> int:
    """The memories of arrays."""
    numpy_only = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
    return len(tracemalloc.take_snapshot().filter_traces([numpy_only]).traces)


def steps(kind: str) -> Iterator[float]:
    """The loss of one training step per item; to read it is to wait for a GPU."""
    x, y = ag.randn(16, 4), ag.randn(16, 1)
    if kind == "by hand":
        w, b = ag.randn(4, 1).requires_grad_(), ag.zeros(1, requires_grad=True)
        while True:
            loss = ((x @ w + b - y) ** 2).mean()
            loss.backward()
            with ag.no_grad():
                for p in (w, b):
                    p -= 0.01 * p.grad
                    p.grad = None
            yield loss.item()
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    while True:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        if kind == "with a penalty on the gradient":
            grads = ag.autograd.grad(loss, list(model.parameters()), create_graph=True)
            loss = loss + sum((g * g).sum() for g in grads)
        loss.backward()
        optimizer.step()
        yield loss.item()


@pytest.mark.cpu_only("the next test counts the memory of a GPU")
@pytest.mark.parametrize(
    "kind, count", [("by hand", 1000), ("with modules", 1000), ("with a penalty on the gradient", 200)]
)
def test_training_holds_memory_constant(kind: str, count: int) -> None:
    training = steps(kind)
    for _ in range(20):
        next(training)
    before = objects()
    tracemalloc.start()
    for _ in range(20):
        next(training)
    size, arrays = tracemalloc.get_traced_memory()[0], buffers()
    for _ in range(count):
        next(training)
    grown, more = tracemalloc.get_traced_memory()[0] - size, buffers() - arrays
    tracemalloc.stop()
    assert objects() <= before + 2 and more <= 2
    assert grown < 200_000  # Python keeps up to 2,000 tuples of each length for later


@pytest.mark.parametrize("kind", ["by hand", "with modules", "with a penalty on the gradient"])
def test_training_holds_the_memory_of_a_gpu_constant(kind: str, cuda) -> None:
    default = ag.get_default_device()
    ag.set_default_device("cuda")
    try:
        training = steps(kind)
        for _ in range(20):
            next(training)
        before, held = objects(), ag.cuda.memory_allocated()
        for _ in range(20):
            next(training)
        assert objects() <= before + 2
        assert 0 < ag.cuda.memory_allocated() < held + 20 * 512  # the least that one array a step would take
    finally:
        ag.set_default_device(default)


def cubes(x):
    return (x**3).sum()


CALLS = {
    "grad": lambda x: func.grad(cubes)(x),
    "second": lambda x: func.grad(lambda x: func.grad(cubes)(x).sum())(x),
    "vjp": lambda x: func.vjp(cubes, x)[1](ag.ones(())),
    "jvp": lambda x: func.jvp(cubes, (x,), (x,)),
    "hessian": lambda x: func.hessian(cubes)(x),
    "jacfwd": lambda x: func.jacfwd(cubes)(x),
    "vmap": lambda x: func.vmap(func.grad(cubes))(x),
    "functional": lambda x: ag.autograd.functional.hessian(cubes, x),
    "checkpoint": lambda x: checkpoint(cubes, x.detach().requires_grad_()).backward(),
    "checkpoint unused": lambda x: checkpoint(cubes, x.detach().requires_grad_()),
    "gradcheck": lambda x: ag.autograd.gradgradcheck(cubes, x.double().requires_grad_()),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_transformations_leave_nothing_behind(call) -> None:
    x = ag.rand(3)
    call(x)
    before = objects()
    for _ in range(5):
        call(x)
    assert objects() == before


def test_reference_counts_of_shared_objects_do_not_grow() -> None:
    x = leaf(3)
    for _ in range(10):
        (x * x).sum().backward()
    before = [sys.getrefcount(o) for o in (x, x.raw, x.stamp, x.node, x.backend)]
    for _ in range(100):
        (x * x).sum().backward()
    assert [sys.getrefcount(o) for o in (x, x.raw, x.stamp, x.node, x.backend)] == before


@pytest.mark.parametrize(
    "before, expected", [("", 10_000), ("gc.set_threshold(3000)", 3000), ("gc.set_threshold(0)", 0)]
)
def test_the_collector_starts_seldom_unless_told(before, expected, monkeypatch) -> None:
    monkeypatch.setenv("TWINGRAD_TUNE", "1")
    program = f"import gc; {before}\nimport autograd; print(gc.get_threshold()[0])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert int(said) == expected


def test_the_collector_is_left_alone(monkeypatch) -> None:
    monkeypatch.setenv("TWINGRAD_TUNE", "0")
    program = "import gc; before = gc.get_threshold(); import autograd; assert gc.get_threshold() == before"
    subprocess.run([sys.executable, "-c", program], check=True)
