"""``backward`` and ``autograd.grad``: values, accumulation, what is freed, higher orders, in-place writes, errors."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import autograd as ag
from autograd.errors import DtypeError, GraphError, ShapeError


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values if len(values) != 1 else values[0], dtype=ag.float64, requires_grad=True)


# -- values ------------------------------------------------------------------------------------------------------------
def test_paths_add_up() -> None:
    x = leaf(3.0)
    y = x * x
    (y * x + y + x).backward()
    assert x.grad.item() == 3 * 9 + 2 * 3 + 1


def test_every_leaf_gets_its_gradient_and_no_other_tensor_does() -> None:
    x, w, c = leaf(1.0, 2.0), leaf(3.0, 4.0), ag.ones(2, dtype=ag.float64)
    h = x * w
    y = (h * c).sum()
    y.backward()
    assert x.grad.tolist() == [3.0, 4.0] and w.grad.tolist() == [1.0, 2.0]
    assert c.grad is None and h.grad is None and y.grad is None


@pytest.mark.parametrize(
    "shape, other",
    [((3,), ()), ((1,), (3,)), ((2, 1), (1, 3)), ((3,), (2, 3)), ((1, 1), (2, 3)), ((0,), (1,)), ((), ())],
)
def test_gradients_have_the_shape_of_their_tensor(shape, other) -> None:
    x, y = ag.ones(shape, requires_grad=True), ag.full(other, 2.0, requires_grad=True)
    (x * y).sum().backward()
    assert x.grad.shape == shape and y.grad.shape == other
    count = int(np.prod(np.broadcast_shapes(shape, other)))
    assert x.grad.sum().item() == 2 * count and y.grad.sum().item() == count


def test_dtypes_of_gradients() -> None:
    x = ag.ones(2, requires_grad=True)
    w = ag.ones(2, dtype=ag.float64, requires_grad=True)
    h = ag.ones(2, dtype=ag.float16, requires_grad=True)
    (x * w * h).sum().backward()
    assert (x.grad.dtype, w.grad.dtype, h.grad.dtype) == (ag.float32, ag.float64, ag.float16)


def test_a_given_gradient_weighs_the_elements() -> None:
    x = leaf(1.0, 2.0)
    (x * x).backward(ag.tensor([10.0, 100.0], dtype=ag.float64))
    assert x.grad.tolist() == [20.0, 400.0]
    one = leaf(2.0, 3.0)[:1]
    (one * one).backward()  # a single element needs none


def test_a_leaf_is_its_own_root() -> None:
    x = leaf(2.0)
    x.backward()
    x.backward(ag.tensor(5.0, dtype=ag.float64))
    assert x.grad.item() == 6.0


def test_several_roots() -> None:
    x = leaf(2.0)
    y = x * x
    ag.autograd.backward([y, y * x, x])
    assert x.grad.item() == 4 + 12 + 1
    x.grad = None
    v = leaf(1.0, 2.0)
    ag.autograd.backward([v * v, v.sum()], [ag.tensor([1.0, 10.0], dtype=ag.float64), None])
    assert v.grad.tolist() == [3.0, 41.0]


def test_the_same_root_twice() -> None:
    x = leaf(2.0)
    y = x * x
    ag.autograd.backward([y, y])
    assert x.grad.item() == 8.0


def test_unused_outputs_of_operations_with_several() -> None:
    x = leaf(3.0, 1.0, 2.0)
    values, indices = x.sort()
    assert not indices.requires_grad
    values[0].backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0]
    x.grad = None
    first, *_, last = x.unbind(0)
    (first * last).backward()
    assert x.grad.tolist() == [2.0, 0.0, 3.0]
    x.grad = None
    both = x.max(0), x.chunk(3)
    both[1][2].sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 1.0]


# -- what is freed -----------------------------------------------------------------------------------------------------
def test_second_backward_says_what_to_do() -> None:
    x = leaf(2.0)
    y = x.exp()
    y.backward()
    with pytest.raises(GraphError) as e:
        y.backward()
    assert str(e.value) == (
        "backward: the graph through exp was freed by an earlier backward. "
        "Pass retain_graph=True to the first one, or run the forward again"
    )


def test_what_saves_nothing_can_be_walked_again() -> None:
    x = leaf(2.0)
    y = x + x
    y.backward()
    y.backward()
    assert x.grad.item() == 4.0


def test_retain_graph() -> None:
    x = leaf(2.0)
    y = x.exp() * x
    for _ in range(2):
        y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_allclose(x.grad.item(), 3 * 3 * np.exp(2.0))
    with pytest.raises(GraphError, match="freed by an earlier backward"):
        y.backward()


def test_a_shared_trunk_is_freed_with_the_first_branch() -> None:
    x = leaf(2.0)
    trunk = x.exp()
    a, b = trunk * 2, trunk * 3
    a.backward()
    with pytest.raises(GraphError, match="graph through exp was freed"):
        b.backward()


# -- inputs=, autograd.grad --------------------------------------------------------------------------------------------
def test_backward_into_some_inputs_only() -> None:
    x, w = leaf(2.0), leaf(3.0)
    h = x * w
    (h * h).backward(inputs=[x])
    assert x.grad.item() == 2 * 6 * 3 and w.grad is None and h.grad is None
    h = x * w
    (h * h).backward(inputs=h)
    assert h.grad.item() == 12.0 and w.grad is None and x.grad.item() == 36.0


def test_what_no_input_needs_is_not_computed() -> None:
    x, w = leaf(2.0), leaf(3.0)
    unused = w.exp()
    y = x * x + unused
    ag.autograd.grad(y, x)
    assert unused.requires_grad and w.grad is None
    unused.backward()  # its part of the graph was not walked, so not freed
    np.testing.assert_allclose(w.grad.item(), np.exp(3.0))


def test_grad_leaves_dot_grad_alone() -> None:
    x = leaf(2.0)
    (g,) = ag.autograd.grad(x**3, x)
    assert g.item() == 12.0 and x.grad is None and not g.requires_grad


def test_grad_of_intermediate_results() -> None:
    x = leaf(2.0)
    h = x * x
    y = h * x
    gh, gx, gy = ag.autograd.grad(y, [h, x, y])
    assert (gh.item(), gx.item(), gy.item()) == (2.0, 12.0, 1.0)


def test_unused_inputs() -> None:
    x, w = leaf(2.0), leaf(3.0, 4.0)
    with pytest.raises(
        GraphError, match=r"grad: expected outputs that depend on every input, got input 1 of shape \(2,\)"
    ):
        ag.autograd.grad(x * x, [x, w])
    g, none = ag.autograd.grad(x * x, [x, w], allow_unused=True)
    assert g.item() == 4.0 and none is None
    g, zeros = ag.autograd.grad(x * x, [x, w], materialize_grads=True)
    assert zeros.tolist() == [0.0, 0.0] and zeros.dtype == ag.float64


def test_batched_gradients() -> None:
    x = leaf(1.0, 2.0)
    eye = ag.eye(2, dtype=ag.float64)
    (rows,) = ag.autograd.grad(x * x, x, eye, is_grads_batched=True)
    assert rows.tolist() == [[2.0, 0.0], [0.0, 4.0]]


# -- higher orders -----------------------------------------------------------------------------------------------------
ORDERS = [  # function, and its first, second and third derivative
    (lambda x: x**4, lambda v: [4 * v**3, 12 * v**2, 24 * v]),
    (lambda x: x.exp(), lambda v: [np.exp(v)] * 3),
    (lambda x: x.sin(), lambda v: [np.cos(v), -np.sin(v), -np.cos(v)]),
    (lambda x: 1 / x, lambda v: [-(v**-2), 2 * v**-3, -6 * v**-4]),
    (lambda x: x.log() * x, lambda v: [np.log(v) + 1, 1 / v, -(v**-2)]),
    (lambda x: (x * x).sqrt(), lambda v: [np.ones_like(v), 0 * v, 0 * v]),
    (lambda x: x.clone().mul_(x), lambda v: [2 * v, 2 + 0 * v, 0 * v]),
    (lambda x: x.reshape(1, -1).t()[:, 0] ** 3, lambda v: [3 * v**2, 6 * v, 6 + 0 * v]),
]


@pytest.mark.parametrize("function, closed", ORDERS)
def test_derivatives_up_to_the_third(function, closed) -> None:
    values = np.array([0.5, 1.25, 2.0])
    x = ag.from_numpy(values.copy()).requires_grad_()
    y = function(x)
    for wanted in closed(values):
        if not y.requires_grad:
            assert not wanted.any()
            break
        (y,) = ag.autograd.grad(y.sum(), x, create_graph=True, materialize_grads=True)
        np.testing.assert_allclose(y.detach().numpy(), wanted, rtol=1e-10, atol=1e-12)
    assert x.grad is None


def test_create_graph_in_backward_accumulates_with_a_history() -> None:
    x = leaf(2.0)
    (x**3).backward(create_graph=True)
    assert x.grad.item() == 12.0 and x.grad.requires_grad
    g = x.grad
    x.grad = None
    (g * g).backward()  # d(3x^2)^2 = 36 x^3
    assert x.grad.item() == 36 * 8


def test_a_penalty_on_the_gradient() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, -1.0)
    (g,) = ag.autograd.grad((x * w).sin().sum(), x, create_graph=True)
    (g**2).sum().backward()
    xw = x.detach().numpy() * w.detach().numpy()
    wanted = 2 * w.detach().numpy() * np.cos(xw) ** 2 - w.detach().numpy() ** 2 * x.detach().numpy() * np.sin(2 * xw)
    np.testing.assert_allclose(w.grad.numpy(), wanted, rtol=1e-12)


def test_create_graph_keeps_the_graph() -> None:
    x = leaf(2.0)
    y = x.exp()
    ag.autograd.grad(y, x, create_graph=True)
    y.backward()
    np.testing.assert_allclose(x.grad.item(), np.exp(2.0))


# -- in-place writes ---------------------------------------------------------------------------------------------------
def here() -> int:
    return inspect.currentframe().f_back.f_lineno


def test_a_modified_saved_tensor_is_named() -> None:
    x = leaf(2.0, 3.0)
    h = x * 1
    y = h.sin()
    line = here() - 1
    h.add_(1)
    with pytest.raises(GraphError) as e:
        y.sum().backward()
    assert str(e.value) == (
        "backward: sin needs a tensor of shape (2,) that add_ has since modified in place. "
        f"The forward ran at {__file__}, line {line}, in test_a_modified_saved_tensor_is_named: "
        "y = h.sin(). Use the out-of-place form, or clone() the tensor before"
    )


def scaled(h):
    h[0] = 7.0


WRITES = [
    (lambda h: h.mul_(2), "mul_"),
    (lambda h: h.zero_(), "zero_"),
    (lambda h: h.fill_(3.0), "fill_"),
    (lambda h: h.copy_(ag.ones(2)), "copy_"),
    (lambda h: h.normal_(), "normal_"),
    (scaled, "setitem"),
    (lambda h: h[1:].add_(1), "add_"),
    (lambda h: h.detach().add_(1), "add_"),
    (lambda h: h.view(2, 1).t().exp_(), "exp_"),
    (lambda h: h.clamp_(0.0, 0.1), "clamp_"),
]


@pytest.mark.parametrize("write, name", WRITES, ids=[name for _, name in WRITES])
@pytest.mark.parametrize("recorded", [True, False])
def test_every_write_is_noticed(write, name: str, recorded: bool) -> None:
    x = leaf(2.0, 3.0)
    h = x * 1
    y = h.sin()
    with ag.set_grad_enabled(recorded):
        write(h)
    with pytest.raises(
        GraphError, match=rf"sin needs a tensor of shape \(2,\) that .*{name}.* has since modified in place"
    ):
        y.sum().backward()


HARMLESS = [
    ("before the forward", lambda x: x.clone().mul_(2).sin()),
    ("nothing saved", lambda x: (x + 1).add_(1)),
    ("its own copy", lambda x: (lambda h: (h.clone().sin(), h.mul_(2))[0])(x * 1)),
    ("data is unwatched", lambda x: (lambda h: (h * h, h.data.mul_(1))[0])(x * 1)),
    ("an output that exp does not need twice", lambda x: x.exp().clone().add_(1)),
]


@pytest.mark.parametrize("function", [row[1] for row in HARMLESS], ids=[row[0] for row in HARMLESS])
def test_harmless_writes_pass(function) -> None:
    function(leaf(2.0, 3.0)).sum().backward()


def chained(x):
    h = x * 2
    h.mul_(x)
    h += 1
    h[0] *= 3
    return h


def through_a_view(x):
    h = x * 1
    v = h[1:]
    v.mul_(10)
    h.add_(1)
    return h * v.sum()


def into_a_fresh_tensor(x):
    y = ag.zeros(3, dtype=ag.float64)
    y[1:] = x
    y[0] = x[0] * x[1]
    return y * y


def from_a_view_of_a_view(x):
    h = x.clone()
    row = h.reshape(1, 2)[0]
    row[1:].copy_(row[:1] * 5)
    return h + row


def undone(x):
    h = x * 1
    h.zero_()
    h.add_(x * x)
    return h


IN_PLACE = [chained, through_a_view, into_a_fresh_tensor, from_a_view_of_a_view, undone]


@pytest.mark.parametrize("function", IN_PLACE)
def test_in_place_gradients_agree_with_torch(torch, function, monkeypatch: pytest.MonkeyPatch) -> None:
    x = leaf(0.5, 1.5)
    p = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
    y = function(x)
    monkeypatch.setitem(function.__globals__, "ag", torch)
    q = function(p)
    np.testing.assert_allclose(y.detach().numpy(), q.detach().numpy())
    for tensor, grad, result in ((x, ag_grad, y), (p, torch.autograd.grad, q)):
        (g,) = grad((result**2).sum(), tensor, create_graph=True)
        g.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), p.grad.numpy(), rtol=1e-10)


ag_grad = ag.autograd.grad

FORBIDDEN = [
    (lambda x: x.add_(1), "add_: expected a tensor that may change, got a leaf that requires grad"),
    (lambda x: x[0].mul_(2), "mul_: expected a tensor that may change, got a view of a leaf that requires grad"),
    (lambda x: x.__setitem__(0, 1.0), "expected a tensor that may change, got a leaf"),
    (lambda x: x.zero_(), "zero_: expected a tensor that may change, got a leaf"),
    (
        lambda x: (x * 1)[:1].expand(4).add_(1),
        r"add_: expected memory of its own, got an expanded tensor of shape \(4,\)",
    ),
    (lambda x: (x * 1).add_(ag.ones(3, 2)), r"add_: expected a result of the tensor's own shape \(2,\), got \(3, 2\)"),
    (
        lambda x: ag.ones(2, dtype=ag.int64).add_(1.5),
        "add_: expected a result that fits autograd.int64, got autograd.float32",
    ),
]


@pytest.mark.parametrize("write, text", FORBIDDEN)
def test_forbidden_writes(write, text: str) -> None:
    with pytest.raises(RuntimeError, match=text):
        write(leaf(1.0, 2.0))


def test_a_constant_written_over_a_result_stays_in_the_graph() -> None:
    x = leaf(1.0, 2.0)
    h = x * 3
    h.zero_()
    assert h.requires_grad and h.grad_fn.name() == "eraseBackward"
    (h + 1).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_out_into_a_leaf_leaves_it_one() -> None:
    w = leaf(1.0, 2.0)
    with ag.no_grad():
        assert ag.add(w, w, out=w) is w
    assert w.tolist() == [2.0, 4.0] and w.requires_grad and w.is_leaf
    with pytest.raises(GraphError, match=r"add: expected no gradients with out=, .* Use no_grad\(\)"):
        ag.add(w, w, out=ag.empty(2, dtype=ag.float64))


def test_leaves_may_be_written_without_recording() -> None:
    x = leaf(1.0, 2.0)
    with ag.no_grad():
        x.add_(1)
        x[0] = 5.0
    assert x.tolist() == [5.0, 3.0] and x.is_leaf and x.requires_grad
    (x * x).sum().backward()
    assert x.grad.tolist() == [10.0, 6.0]


# -- errors ------------------------------------------------------------------------------------------------------------
def of_a_batch():
    return leaf(1.0, 2.0) * 2


ERRORS = [
    (
        lambda: of_a_batch().backward(),
        GraphError,
        r"backward: expected a scalar, got shape \(2,\). Reduce it \(.sum\(\), .mean\(\)\) or pass gradient=",
    ),
    (
        lambda: ag.ones(1).backward(),
        GraphError,
        r"backward: expected a tensor that requires grad, got one of shape \(1,\) that was not recorded",
    ),
    (
        lambda: of_a_batch().backward(ag.ones(3, dtype=ag.float64)),
        ShapeError,
        r"backward: expected gradient of shape \(2,\), got \(3,\)",
    ),
    (
        lambda: of_a_batch().backward(ag.ones(2)),
        DtypeError,
        "backward: expected gradient of dtype float64, got float32",
    ),
    (lambda: of_a_batch().backward([1.0, 1.0]), TypeError, "backward: expected gradient to be a Tensor, got list"),
    (
        lambda: leaf(1.0).backward(inputs=[]),
        GraphError,
        "backward: expected inputs that require grad, got one that does not, or none at all",
    ),
    (
        lambda: leaf(1.0).backward(inputs=[ag.ones(1)]),
        GraphError,
        "backward: expected inputs that require grad, got one that does not",
    ),
    (
        lambda: ag.autograd.grad(leaf(1.0), ag.ones(2)),
        GraphError,
        r"grad: expected inputs that require grad, got input 0 of shape \(2,\) without",
    ),
    (lambda: ag.autograd.grad(3.0, leaf(1.0)), TypeError, "grad: expected a Tensor or a sequence of them, got float"),
    (lambda: ag.autograd.grad(leaf(1.0), []), TypeError, "grad: expected a Tensor or a sequence of them, got list"),
    (
        lambda: ag.autograd.backward([leaf(1.0)], [None, None]),
        GraphError,
        "backward: expected one gradient for each of 1 tensors, got 2",
    ),
    (
        lambda: ag.ones(2, dtype=ag.int64, requires_grad=True),
        DtypeError,
        "requires_grad_: expected a floating or complex dtype, got autograd.int64",
    ),
    (
        lambda: of_a_batch().requires_grad_(False),
        GraphError,
        "requires_grad_: expected a leaf, got a result of recorded operations",
    ),
    (lambda: setattr(leaf(1.0), "grad", ag.ones(2)), ShapeError, r"grad: expected shape \(\), got \(2,\)"),
    (
        lambda: setattr(leaf(1.0), "grad", ag.ones(())),
        DtypeError,
        "grad: expected dtype autograd.float64, got autograd.float32",
    ),
    (lambda: setattr(leaf(1.0), "grad", 1.0), TypeError, "grad: expected a Tensor or None, got float"),
    (lambda: ag.ones(2) + ag.ones(3), ShapeError, r"add: expected .*\(2,\) and \(3,\)"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_errors(call, kind, text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


def test_a_failing_backward_leaves_the_engine_usable() -> None:
    x = leaf(2.0)
    y = x.exp()

    def fail(g):
        raise KeyError("mine")

    y.register_hook(fail)
    with pytest.raises(KeyError, match="mine"):
        y.backward()
    assert ag.is_grad_enabled() and x.grad is None
    (x * x).backward()
    assert x.grad.item() == 4.0
