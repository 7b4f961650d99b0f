"""``autograd.func`` against closed forms and ``torch.func``: nesting, structures, what has a history."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.func import (
    functional_call,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    stack_module_state,
    vjp,
    vmap,
)


class Pair(NamedTuple):
    a: object
    b: object


def t(*values: float, **how: object) -> ag.Tensor:
    return ag.tensor(values if len(values) != 1 else values[0], dtype=ag.float64, **how)


def cube(x):
    return (x**3).sum()


# -- nesting, against closed forms -------------------------------------------------------------------------------------
NESTED = [
    ("grad", grad(cube), lambda x: 3 * x**2),
    ("grad of grad", grad(grad(cube)), lambda x: 6 * x),
    ("third", grad(grad(grad(cube))), lambda x: 6 + 0 * x),
    ("fourth is zero", grad(grad(grad(grad(cube)))), lambda x: 0 * x),
    ("outer argument inside", grad(lambda x: x * grad(lambda y: x * y * y)(x)), lambda x: 6 * x**2),
    ("perturbations stay apart", grad(lambda x: x * grad(lambda y: x + y)(t(1.0))), lambda x: 1 + 0 * x),
    ("closure only", grad(lambda x: grad(lambda y: x**2 * y)(t(5.0))), lambda x: 2 * x),
    ("jvp in grad", grad(lambda x: jvp(cube, (x,), (t(1.0),))[1]), lambda x: 6 * x),
    ("grad in jvp", lambda x: jvp(grad(cube), (x,), (t(2.0),))[1], lambda x: 12 * x),
    ("jvp in jvp", lambda x: jvp(lambda y: jvp(cube, (y,), (t(1.0),))[1], (x,), (t(1.0),))[1], lambda x: 6 * x),
    ("vjp in grad", grad(lambda x: vjp(cube, x)[1](t(1.0))[0]), lambda x: 6 * x),
    ("tangent is differentiable", grad(lambda v: jvp(cube, (t(3.0),), (v,))[1]), lambda v: 27 + 0 * v),
    ("cotangent is differentiable", grad(lambda v: vjp(cube, t(3.0))[1](v)[0]), lambda v: 27 + 0 * v),
    ("jacrev twice", jacrev(jacrev(cube)), lambda x: 6 * x),
    ("jacfwd twice", jacfwd(jacfwd(cube)), lambda x: 6 * x),
    ("jacfwd of jacrev", jacfwd(jacrev(cube)), lambda x: 6 * x),
    ("jacrev of jacfwd", jacrev(jacfwd(cube)), lambda x: 6 * x),
    ("hessian of grad", hessian(grad(cube)), lambda x: 6 + 0 * x),
    ("through exp", grad(grad(lambda x: (2 * x).exp())), lambda x: 4 * (2 * x).exp()),
]


@pytest.mark.parametrize("transformed, closed", [row[1:] for row in NESTED], ids=[row[0] for row in NESTED])
@pytest.mark.parametrize("requires_grad", [False, True])
def test_nested_transformations(transformed, closed, requires_grad: bool) -> None:
    x = t(1.7, requires_grad=requires_grad)
    result = transformed(x)
    np.testing.assert_allclose(result.detach().numpy(), closed(x).detach().numpy(), rtol=1e-12)
    assert x.grad is None
    if not requires_grad:
        assert not result.requires_grad and result.grad_fn is None


def test_a_result_is_differentiable_where_its_input_is() -> None:
    x = t(2.0, requires_grad=True)
    grad(cube)(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), 12.0)
    value, back = vjp(cube, x)
    (value * back(t(1.0))[0]).backward()  # x**3 * 3 x**2 = 3 x**5
    np.testing.assert_allclose(x.grad.numpy(), 12.0 + 15 * 16)


def test_history_comes_from_closures_too() -> None:
    w, x = t(2.0, requires_grad=True), t(3.0)
    g, value = grad_and_value(lambda x: w * x * x)(x)
    (g + value).backward()
    np.testing.assert_allclose(w.grad.numpy(), 2 * 3.0 + 9.0)
    assert x.grad is None and not x.requires_grad


def test_values_and_aux_carry_no_history_of_their_own() -> None:
    def f(x):
        return x * x, {"half": x / 2, "n": 3}

    g, (value, aux) = grad_and_value(f, has_aux=True)(t(3.0))
    assert not g.requires_grad and not value.requires_grad and not aux["half"].requires_grad
    assert (g.item(), value.item(), aux["half"].item(), aux["n"]) == (6.0, 9.0, 1.5, 3)


@pytest.mark.parametrize(
    "outer, inner, gives", [(False, False, 0), (False, True, 12), (True, False, 0), (True, True, 12)]
)
def test_grad_sees_no_grad_inside_and_ignores_it_outside(outer: bool, inner: bool, gives: int) -> None:
    def f(x):
        with ag.set_grad_enabled(inner):
            return x**3

    x = t(2.0, requires_grad=True)
    with ag.set_grad_enabled(outer):
        g = grad(f)(x)
    assert g.item() == gives
    assert g.requires_grad == (outer and inner)


# -- structures --------------------------------------------------------------------------------------------------------
def test_structures_in_and_out() -> None:
    def f(p, scale):
        return (p["w"] ** 2).sum() * scale + p["rest"][0] * p["rest"][1].a

    p = OrderedDict(w=t(1.0, 2.0), rest=[t(3.0), Pair(t(4.0), t(5.0))])
    g = grad(f)(p, t(10.0))
    assert type(g) is OrderedDict and list(g) == ["w", "rest"] and type(g["rest"][1]) is Pair
    assert g["w"].tolist() == [20.0, 40.0]
    assert (g["rest"][0].item(), g["rest"][1].a.item(), g["rest"][1].b.item()) == (4.0, 3.0, 0.0)


@pytest.mark.parametrize(
    "argnums, gives",
    [(0, 12.0), (1, 9.0), (-1, 9.0), ((0,), (12.0,)), ((1, 0), (9.0, 12.0)), ((0, 1), (12.0, 9.0))],
)
def test_argnums(argnums, gives) -> None:
    g = grad(lambda x, y: x * x * y, argnums)(t(3.0), t(2.0))
    assert (tuple(v.item() for v in g) if isinstance(argnums, tuple) else g.item()) == gives


def test_other_arguments_may_be_anything() -> None:
    assert grad(lambda x, n, *, power: (x * n) ** power)(t(3.0), 2, power=2).item() == 24.0


def test_jacobian_of_structures() -> None:
    def f(x, y):
        return {"sum": x + y, "both": (x * x, y.sum())}

    x, y = t(1.0, 2.0), t(3.0, 4.0)
    for transform in (jacrev, jacfwd):
        j = transform(f, (0, 1))(x, y)
        assert [[b.tolist() for b in row] for row in (j["sum"], j["both"][0], j["both"][1])] == [
            [[[1, 0], [0, 1]], [[1, 0], [0, 1]]],
            [[[2, 0], [0, 4]], [[0, 0], [0, 0]]],
            [[0, 0], [1, 1]],
        ]


def test_vjp_of_structures_may_be_called_again() -> None:
    (y, z), back = vjp(lambda p: (p["a"] * p["b"], p["a"]), {"a": t(2.0), "b": t(3.0)})
    assert (y.item(), z.item()) == (6.0, 2.0)
    for _ in range(2):
        (g,) = back((t(1.0), t(10.0)))
        assert {k: v.item() for k, v in g.items()} == {"a": 13.0, "b": 2.0}


def test_jvp_of_structures_and_aux() -> None:
    y, dy, aux = jvp(lambda x, y: ([x * y, y], "aux"), (t(2.0), t(3.0)), (t(1.0), t(0.0)), has_aux=True)
    assert [v.item() for v in y] == [6.0, 3.0] and [v.item() for v in dy] == [3.0, 0.0] and aux == "aux"


def test_linearize_runs_the_function_once() -> None:
    calls = []

    def f(x, p):
        calls.append(1)
        return (x * p["k"]).sin(), p["k"]

    (y, k), along = linearize(f, t(0.5), {"k": t(2.0)})
    assert y.item() == pytest.approx(np.sin(1.0)) and k.item() == 2
    for dx, dk in ((1.0, 0.0), (0.0, 1.0)):
        dy, moved = along(t(dx), {"k": t(dk)})
        assert dy.item() == pytest.approx(np.cos(1.0) * (2 * dx + 0.5 * dk)) and moved.item() == dk
    assert len(calls) == 1
    with pytest.raises(ShapeError, match="linearize: "):
        along(ag.ones(2, dtype=ag.float64), {"k": t(1.0)})


def test_results_that_are_the_same_for_all() -> None:
    x, one = vmap(lambda row: (row, ag.ones(2)), out_dims=(0, None))(ag.zeros(3, 4))
    assert x.shape == (3, 4) and one.tolist() == [1, 1]


@pytest.mark.parametrize("transform", [jacrev, jacfwd])
@pytest.mark.parametrize("shape_in, shape_out", [((), ()), ((3,), (2, 3)), ((2, 3), (3,)), ((0,), (0,)), ((2, 2), ())])
def test_jacobian_shapes(transform, shape_in, shape_out) -> None:
    def f(x):
        return (x.sum() + ag.zeros(shape_out, dtype=ag.float64)) * 2

    j = transform(f)(ag.ones(shape_in, dtype=ag.float64))
    assert j.shape == (*shape_out, *shape_in) and bool((j == 2).all())


def test_jacobian_where_nothing_depends() -> None:
    for transform in (jacrev, jacfwd):
        assert transform(lambda x: ag.ones(2))(ag.ones(3)).tolist() == [[0, 0, 0], [0, 0, 0]]
        j, aux = transform(lambda x: (x * 2, "aux"), has_aux=True)(t(1.0))
        assert (j.item(), aux) == (2.0, "aux")


def test_second_derivatives_by_blocks() -> None:
    h = hessian(lambda x, y: (x * x * y).sum(), (0, 1))(t(1.0, 2.0), t(3.0, 4.0))
    assert [[b.tolist() for b in row] for row in h] == [
        [[[6, 0], [0, 8]], [[2, 0], [0, 4]]],
        [[[2, 0], [0, 4]], [[0, 0], [0, 0]]],
    ]


def test_in_place_operations_inside() -> None:
    def f(x):
        y = x.clone()
        y[0] = y[1] * 2
        y.mul_(x)
        return y.sum()  # 2 x1 x0 + x1^2

    assert grad(f)(t(3.0, 5.0)).tolist() == [10.0, 16.0]
    np.testing.assert_allclose(hessian(f)(t(3.0, 5.0)).numpy(), [[0, 2], [2, 2]])


ERRORS = [
    (
        lambda: grad(lambda x: x * 2)(t(1.0, 2.0)),
        ShapeError,
        r"grad: expected the function to return one scalar tensor of shape \(\), got \(2,\)",
    ),
    (lambda: grad(lambda x: (x, x))(t(1.0)), ShapeError, r"grad: expected .* one scalar .*, got \(\), \(\)"),
    (lambda: grad(lambda x: 3.0)(t(1.0)), TypeError, "grad: expected the function to return tensors, got float"),
    (lambda: grad(cube)(3.0), TypeError, "grad: expected tensors in argument 0, got float"),
    (
        lambda: grad(cube)(ag.tensor(3)),
        DtypeError,
        "grad: expected a floating or complex tensor in argument 0, got int64",
    ),
    (lambda: grad(cube, 1)(t(3.0)), IndexError, "grad: expected argnums within the 1 positional arguments, got 1"),
    (lambda: grad(cube, (0, 0))(t(3.0)), ValueError, "grad: expected every argument once in argnums, got"),
    (lambda: grad(cube, has_aux=True)(t(3.0)), TypeError, r"grad: expected the function to return \(output, aux\)"),
    (lambda: vjp(cube, t(3.0))[1](t(1.0, 2.0)), ShapeError, r"vjp: expected cotangents of shapes \(\), got \(2,\)"),
    (lambda: jvp(cube, (t(3.0),), (t(1.0), t(1.0))), TypeError, "jvp: expected tangents to be a tuple"),
    (lambda: jvp(cube, t(3.0), t(1.0)), TypeError, "jvp: expected primals to be a tuple"),
    (lambda: jvp(cube, (t(3.0),), (t(1.0, 2.0),)), ShapeError, r"jvp: expected tangents of shapes \(\), got \(2,\)"),
    (lambda: jvp(lambda x: t(1.0), (t(3.0),), (t(1.0),), strict=True), GraphError, "jvp: expected outputs that depend"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_errors(call, kind, text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


# -- vmap --------------------------------------------------------------------------------------------------------------
def test_vmap_axes_in_and_out() -> None:
    x = ag.arange(6.0).reshape(2, 3)
    assert vmap(lambda row: row.sum())(x).tolist() == [3.0, 12.0]
    assert vmap(lambda column: column.sum(), in_dims=1)(x).tolist() == [3.0, 5.0, 7.0]
    assert vmap(lambda row: row * 2, out_dims=1)(x).tolist() == (x.t() * 2).tolist()
    assert vmap(lambda row: row * 2, in_dims=-1, out_dims=-1)(x).tolist() == (x * 2).tolist()


def test_vmap_structures() -> None:
    def f(p, scale, *, shift):
        return {"y": p["x"] * scale + shift, "pair": (p["x"], p["k"])}

    p = {"x": ag.arange(3.0), "k": ag.ones(2)}
    out = vmap(f, in_dims=({"x": 0, "k": None}, None), out_dims=0)(p, 10.0, shift=ag.arange(3.0))
    assert out["y"].tolist() == [0.0, 11.0, 22.0]
    assert out["pair"][0].tolist() == [0.0, 1.0, 2.0] and out["pair"][1].shape == (3, 2)


def test_vmap_with_derivatives() -> None:
    x = t(1.0, 2.0, 3.0)
    assert vmap(grad(cube))(x).tolist() == [3.0, 12.0, 27.0]
    assert grad(lambda x: vmap(cube)(x).sum())(x).tolist() == [3.0, 12.0, 27.0]
    assert vmap(vmap(grad(cube)))(x.reshape(1, 3)).tolist() == [[3.0, 12.0, 27.0]]
    assert jacrev(vmap(cube))(x).diagonal().tolist() == [3.0, 12.0, 27.0]
    x.requires_grad_()
    vmap(lambda v: v if v > 1.5 else -v)(x).sum().backward()  # a branch on the value
    assert x.grad.tolist() == [-1.0, 1.0, 1.0]


@pytest.mark.parametrize("randomness, distinct", [("different", 3), ("same", 1)])
def test_vmap_randomness(randomness: str, distinct: int) -> None:
    x = ag.zeros(3)
    before = ag.get_rng_state()
    drawn = vmap(lambda v: v + ag.rand(()), randomness=randomness)(x)
    assert len(set(drawn.tolist())) == distinct
    assert ag.get_rng_state().tolist() != before.tolist()


VMAP_ERRORS = [
    (
        lambda: vmap(lambda x: x + ag.rand(()))(ag.zeros(2)),
        RuntimeError,
        "vmap: expected a function without random numbers",
    ),
    (
        lambda: vmap(cube, randomness="some"),
        ValueError,
        "vmap: expected randomness to be 'error', 'different' or 'same'",
    ),
    (lambda: vmap(cube)(ag.zeros(0)), ShapeError, r"vmap: expected one batch size of at least 1, got \[0\]"),
    (
        lambda: vmap(lambda x, y: x + y)(ag.zeros(2), ag.zeros(3)),
        ShapeError,
        r"vmap: expected one batch size .* \[2, 3\]",
    ),
    (
        lambda: vmap(cube, in_dims=1)(ag.zeros(2)),
        IndexError,
        r"vmap: expected an axis of shape \(2,\) in in_dims, got 1",
    ),
    (
        lambda: vmap(cube, in_dims=None)(ag.zeros(2)),
        ValueError,
        "vmap: expected at least one tensor with an axis to split",
    ),
    (lambda: vmap(cube)(2.0), ValueError, "vmap: expected a tensor to split along axis 0, got float"),
    (lambda: vmap(cube, in_dims=(0, 0))(ag.zeros(2)), ValueError, "vmap: in_dims does not fit"),
    (lambda: vmap(cube, out_dims="0")(ag.zeros(2)), ValueError, "vmap: expected ints in out_dims, got '0'"),
    (lambda: vmap(lambda x: 1.0)(ag.zeros(2)), TypeError, "vmap: expected the function to return tensors, got float"),
]


@pytest.mark.parametrize("call, kind, text", VMAP_ERRORS)
def test_vmap_errors(call, kind, text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


# -- modules -----------------------------------------------------------------------------------------------------------
class Net(nn.Module):
    """A module with a shared weight, a buffer and a child."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(ag.ones(2))
        self.tied = self.scale
        self.register_buffer("shift", ag.zeros(2))
        self.inner = nn.Module()
        self.inner.weight = nn.Parameter(ag.full((2,), 3.0))

    def forward(self, x, times=1):
        return (x * self.scale + self.tied * self.inner.weight + self.shift) * times


def test_functional_call_swaps_and_restores() -> None:
    net = Net()
    own = dict(net.named_parameters())
    x = ag.ones(2)
    out = functional_call(net, {"scale": ag.full((2,), 5.0), "shift": ag.ones(2)}, (x,), {"times": 2})
    assert out.tolist() == [2 * (5.0 + 5.0 * 3.0 + 1.0)] * 2  # the tied name follows
    out = functional_call(net, ({"scale": ag.full((2,), 5.0)}, {"inner.weight": ag.zeros(2)}), x, tie_weights=False)
    assert out.tolist() == [5.0] * 2
    assert {k: id(v) for k, v in net.named_parameters()} == {k: id(v) for k, v in own.items()}
    assert net.tied is net.scale and net(x).tolist() == [4.0, 4.0]


def test_functional_call_restores_after_an_error() -> None:
    net = Net()
    weight = net.inner.weight
    with pytest.raises(RuntimeError):
        functional_call(net, {"inner.weight": ag.ones(7)}, (ag.ones(2),))
    assert net.inner.weight is weight


@pytest.mark.parametrize(
    "given, how, text",
    [
        ({"nothing": ag.ones(2)}, {}, "functional_call: expected names of parameters or buffers, got nothing"),
        ({"scale": ag.ones(2)}, {"strict": True}, "functional_call: expected a tensor for every name .* inner.weight, shift"),
        ({"scale": ag.ones(2), "tied": ag.ones(2)}, {}, "functional_call: expected one tensor for the shared scale and tied"),
        (({"scale": ag.ones(2)}, {"scale": ag.ones(2)}), {}, "functional_call: expected every name once, got scale in two"),
    ],
)  # fmt: skip
def test_functional_call_errors(given, how, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        functional_call(Net(), given, (ag.ones(2),), **how)


def test_gradients_with_respect_to_a_modules_parameters() -> None:
    net, x = Net(), ag.tensor([2.0, 3.0])
    weights = {k: v.detach() for k, v in net.named_parameters()}
    g = grad(lambda w: functional_call(net, w, (x,)).sum())(weights)
    assert g["scale"].tolist() == [5.0, 6.0] and g["inner.weight"].tolist() == [1.0, 1.0]
    assert net.scale.grad is None


def test_per_sample_gradients() -> None:
    net = nn.Linear(3, 1)
    weights = {k: v.detach() for k, v in net.named_parameters()}
    x = ag.randn(4, 3)
    per_sample = vmap(grad(lambda w, row: functional_call(net, w, (row,)).sum()), in_dims=(None, 0))(weights, x)
    np.testing.assert_allclose(per_sample["weight"].numpy(), x.numpy()[:, None, :], rtol=1e-6)


def test_stack_module_state() -> None:
    nets = [Net() for _ in range(3)]
    params, buffers = stack_module_state(nets)
    assert {k: tuple(v.shape) for k, v in params.items()} == {"scale": (3, 2), "inner.weight": (3, 2)}
    assert buffers["shift"].shape == (3, 2)
    assert all(p.requires_grad and p.is_leaf for p in params.values()) and not buffers["shift"].requires_grad


@pytest.mark.parametrize(
    "models, text",
    [
        (list, "expected at least one module, got none"),
        (lambda: [Net(), nn.Linear(1, 1)], "expected modules of one class, got Linear and Net"),
        (lambda: [Net(), Net().eval()], "expected all modules in training or all in evaluation, got both"),
    ],
)
def test_stack_module_state_errors(models, text: str) -> None:
    with pytest.raises(ValueError, match=f"stack_module_state: {text}"):
        stack_module_state(models())


# -- against PyTorch ---------------------------------------------------------------------------------------------------
@pytest.fixture
def oracle(torch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on its first use torch.func warns of deprecations in torch itself
        torch.func.hessian(lambda x: x.sum())(torch.ones(1))
    return torch


def functions(lib):
    return {
        "matrix": (lambda w, x: lib.tanh(w @ x), [(3, 2), (2,)]),
        "product": (lambda x, y: (x * y).sin() / (y * y + 1), [(3,), (3,)]),
        "logsumexp": (lambda x, y: lib.logsumexp(x * y, 0), [(3,), (3,)]),
    }


@pytest.mark.parametrize("name", ["matrix", "product", "logsumexp"])
def test_jacobians_and_hessians_agree_with_torch(oracle, name: str) -> None:
    rng = np.random.default_rng(0)
    ours, shapes = functions(ag)[name]
    theirs, _ = functions(oracle)[name]
    arrays = [rng.standard_normal(s) for s in shapes]
    a, b = [ag.from_numpy(x) for x in arrays], [oracle.from_numpy(x) for x in arrays]
    pairs = []
    for argnums in (0, 1, (0, 1)):
        wanted = oracle.func.jacrev(theirs, argnums)(*b)
        pairs += [(jacrev(ours, argnums)(*a), wanted), (jacfwd(ours, argnums)(*a), wanted)]
    pairs.append(
        (hessian(lambda *x: ours(*x).sum(), (0, 1))(*a), oracle.func.hessian(lambda *x: theirs(*x).sum(), (0, 1))(*b))
    )
    pairs.append((jvp(ours, tuple(a), tuple(a)), oracle.func.jvp(theirs, tuple(b), tuple(b))))
    for ours_, theirs_ in pairs:
        compare(ours_, theirs_)


def compare(ours, theirs) -> None:
    if isinstance(theirs, tuple):
        assert isinstance(ours, tuple) and len(ours) == len(theirs)
        for pair in zip(ours, theirs, strict=True):
            compare(*pair)
    else:
        assert tuple(ours.shape) == tuple(theirs.shape)
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-10, atol=1e-12)
