"""Every rule with every option against PyTorch's; what the base class promises; wrong input with its text."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import optim
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.grad_mode import is_grad_enabled
from autograd.op import wrap
from backends import registry
from tests.optim.rules import RULES, Problem, build, cases, make, tensor

TOLERANCE = {
    "float32": {"rtol": 2e-5, "atol": 2e-6},
    "float64": {"rtol": 1e-11, "atol": 1e-12},
    "complex128": {"rtol": 1e-11, "atol": 1e-12},
}
ALL = sorted({name for name, _ in RULES}) + ["LBFGS", "Muon"]


def close(params, tensors, **tolerance) -> None:
    for p, t in zip(params, tensors, strict=True):
        assert p.raw.dtype == t.detach().numpy().dtype
        np.testing.assert_allclose(p.raw, t.detach().numpy(), **tolerance)


# -- values --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name, options, dtype", cases(*TOLERANCE))
def test_fifty_steps_as_torch(torch, precision, name, options, dtype) -> None:
    precision(dtype)
    problem = Problem(dtype)
    params, tensors = problem.tensors(), problem.torch_tensors(torch)
    mine, theirs = make(name, params, options), build(torch.optim, name, tensors, options)
    problem.run(mine, params, 0, 50)
    problem.run(theirs, tensors, 0, 50, torch)
    close(params, tensors, **TOLERANCE[dtype])
    assert not np.array_equal(params[0].raw, problem.start[0])
    np.testing.assert_array_equal(params[-1].raw, problem.start[-1])  # it never had a gradient


@pytest.mark.parametrize("options", [{}, {"nesterov": False, "weight_decay": 0.3}, {"adjust_lr_fn": "match_rms_adamw"}])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_muon_as_torch_within_its_bfloat16(torch, dtype, options) -> None:
    problem = Problem(dtype, shapes=[(3, 4), (6, 2), (3, 3), (2, 2)], steps=10)
    params, tensors = problem.tensors(), problem.torch_tensors(torch)
    problem.run(make("Muon", params, options), params, 0, 10)
    problem.run(build(torch.optim, "Muon", tensors, options), tensors, 0, 10, torch)
    close(params, tensors, rtol=0, atol=0.02)


def test_muon_brings_singular_values_near_one() -> None:
    p = tensor(np.zeros((4, 6)))
    p.grad = tensor(np.random.default_rng(0).standard_normal((4, 6))).detach()
    optim.Muon([p], lr=1.0, weight_decay=0.0).step()
    values = np.linalg.svd(p.raw, compute_uv=False)
    assert values.min() > 0.6 and values.max() < 1.3


@pytest.mark.parametrize("name", ALL)
def test_options_and_text_as_torch(torch, name) -> None:
    a = np.ones((2, 2))
    mine = getattr(optim, name)([("w", tensor(a))])
    theirs = getattr(torch.optim, name)([("w", torch.tensor(a).requires_grad_())])
    assert repr(mine) == repr(theirs)
    assert mine.defaults == theirs.defaults


@pytest.mark.parametrize("name", sorted({name for name, _ in RULES}))
def test_zero_size_and_transposed_parameters(torch, name) -> None:
    a, g = np.arange(6.0).reshape(2, 3).T, np.ones((2, 3)).T
    options = {"momentum": 0.9} if name == "SGD" else {}
    params = [wrap(a.copy(order="K"), tensor(a).backend).requires_grad_(), tensor(np.ones((0, 2)))]
    tensors = [torch.tensor(a).requires_grad_(), torch.ones(0, 2, dtype=torch.float64, requires_grad=True)]
    if name == "Adafactor":  # PyTorch divides by the size
        params, tensors = params[:1], tensors[:1]
    mine, theirs = getattr(optim, name)(params, **options), getattr(torch.optim, name)(tensors, **options)
    for _ in range(3):
        for p, t in zip(params, tensors, strict=True):
            p.grad, t.grad = wrap(g[: p.shape[0]], p.backend), torch.tensor(g[: p.shape[0]])
        mine.step()
        theirs.step()
    close(params, tensors, rtol=1e-6)


def test_adafactor_takes_empty_parameters() -> None:
    p = tensor(np.ones((0, 3)))
    p.grad = tensor(np.ones((0, 3))).detach()
    optim.Adafactor([p]).step()


@pytest.mark.parametrize("name", sorted({name for name, _ in RULES}))
def test_a_tensor_as_rate(name) -> None:
    runs = []
    for rate in (0.25, tensor(0.25).detach()):
        p = tensor(np.ones(3))
        p.grad = tensor(np.full(3, 0.5)).detach()
        getattr(optim, name)([p], lr=rate).step()
        runs.append(p.raw)
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize("name", [name for name in ALL if name != "LBFGS"])
def test_parameters_on_two_backends(name) -> None:
    ends = []
    for other in ("cpu", "reference"):
        params = [wrap(np.full((2, 2), 0.5), registry.get(where)).requires_grad_() for where in ("cpu", other, "cpu")]
        opt = getattr(optim, name)(params)
        for _ in range(3):
            for p in params:
                p.grad = wrap(np.array([[1.0, 2.0], [3.0, -4.0]]), p.backend)
            opt.step()
        ends.append([p.raw for p in params])
    np.testing.assert_allclose(*ends, rtol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_every_rule_goes_down(name) -> None:
    p = tensor(np.array([[3.0, -1.0], [0.5, 2.0]]))
    opt = getattr(optim, name)([p], lr=0.05)
    losses = []

    def closure():
        opt.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(20):
        opt.step(closure)
    assert losses[-1] < losses[0]


# -- groups ---------------------------------------------------------------------------------------------------------
def test_groups_take_the_defaults_they_lack() -> None:
    p, q, r = (tensor(np.ones(2)) for _ in range(3))
    opt = optim.SGD([{"params": p}, {"params": [q], "lr": 0.5}], lr=0.1)
    opt.add_param_group({"params": iter([r]), "momentum": 0.9})
    assert [(g["lr"], g["momentum"]) for g in opt.param_groups] == [(0.1, 0), (0.5, 0), (0.1, 0.9)]
    assert [g["params"] for g in opt.param_groups] == [[p], [q], [r]]


def test_named_parameters() -> None:
    p, q = tensor(np.ones(2)), tensor(np.ones(2))
    opt = optim.SGD([("a", p), ("b", q)], lr=0.1)
    assert opt.param_groups[0]["params"] == [p, q]
    assert opt.param_groups[0]["param_names"] == opt.state_dict()["param_groups"][0]["param_names"] == ["a", "b"]


def test_a_parameter_twice_in_a_group_is_told() -> None:
    p = tensor(np.ones(2))
    with pytest.warns(UserWarning, match="SGD: a parameter is more than once in its group"):
        optim.SGD([p, p])


LEAF, OTHER = tensor(np.ones(2)), tensor(np.ones(2))
RESULT = LEAF * 2
PARAMS = [
    (LEAF, TypeError, r"SGD: expected an iterable of tensors or of groups, got a Tensor\. Put it in a list"),
    ([], ValueError, r"SGD: expected at least one parameter, got none\. Was the iterator used before\?"),
    ([3.0], TypeError, "SGD: expected tensors to optimize, got float"),
    ([{"params": LEAF}, LEAF], TypeError, "SGD: expected a dict as parameter group, got Tensor"),
    ([{"params": {LEAF}}], TypeError, r"SGD: expected parameters in an order that repeats, got a set\. Use a list"),
    ([RESULT], ValueError, r"SGD: expected a leaf .*, of shape \(2,\)\. Use detach\(\)\.requires_grad_\(\)"),
    ([{"params": LEAF}, {"params": [OTHER, LEAF]}], ValueError, "SGD: expected every parameter in one group"),
    ([("w", LEAF), OTHER], ValueError, "SGD: expected names for all parameters or none, got 1 of 2"),
    (
        [{"params": [("w", LEAF)]}, {"params": OTHER}],
        ValueError,
        "all groups with names or all without, got .* without",
    ),
    ([{"params": LEAF, "differentiable": True}], ValueError, "SGD: expected differentiable=False, got True"),
]


@pytest.mark.parametrize("params, kind, text", PARAMS)
def test_wrong_parameters(params, kind, text) -> None:
    with pytest.raises(kind, match=text):
        optim.SGD(params)


OPTIONS = [
    ("SGD", {"lr": -1}, "SGD: expected lr >= 0, got -1"),
    ("SGD", {"lr": float("nan")}, "SGD: expected lr >= 0, got nan"),
    ("SGD", {"momentum": -0.1}, "SGD: expected momentum >= 0, got -0.1"),
    ("SGD", {"nesterov": True}, "SGD: expected momentum > 0 and dampening = 0 with nesterov, got 0 and 0"),
    ("Adam", {"betas": (0.9, 1.0)}, r"Adam: expected betas in \[0, 1\), got 0.9, 1.0"),
    ("AdamW", {"eps": -1e-8}, "AdamW: expected eps >= 0, got -1e-08"),
    ("AdamW", {"differentiable": True}, r"AdamW: expected differentiable=False, got True\. Steps are not recorded"),
    ("RMSprop", {"alpha": -1}, "RMSprop: expected alpha >= 0, got -1"),
    ("Adagrad", {"lr_decay": -1}, "Adagrad: expected lr_decay >= 0, got -1"),
    ("Adadelta", {"rho": 1.5}, r"Adadelta: expected rho in \[0, 1\), got 1.5"),
    ("Adamax", {"weight_decay": -1}, "Adamax: expected weight_decay >= 0, got -1"),
    ("NAdam", {"momentum_decay": -1}, "NAdam: expected momentum_decay >= 0, got -1"),
    ("RAdam", {"betas": (-0.1, 0.9)}, r"RAdam: expected betas in \[0, 1\), got -0.1, 0.9"),
    ("Rprop", {"etas": (1.1, 1.2)}, r"Rprop: expected etas with 0 < first < 1 < second, got \(1.1, 1.2\)"),
    ("ASGD", {"lr": -1}, "ASGD: expected lr >= 0, got -1"),
    ("Adafactor", {"beta2_decay": 0.1}, "Adafactor: expected beta2_decay <= 0, got 0.1"),
    ("Adafactor", {"d": 0.5}, "Adafactor: expected d >= 1, got 0.5"),
    ("Adafactor", {"eps": (-1, 0)}, "Adafactor: expected eps1 >= 0, got -1"),
    ("Muon", {"adjust_lr_fn": "x"}, "Muon: expected adjust_lr_fn to be one of .*, got 'x'"),
    ("Muon", {"ns_steps": 100}, "Muon: expected three ns_coefficients and ns_steps < 100, got .* and 100"),
    ("LBFGS", {"line_search_fn": "x"}, "LBFGS: expected line_search_fn to be 'strong_wolfe' or None, got 'x'"),
]


@pytest.mark.parametrize("name, options, text", OPTIONS)
def test_wrong_options(name, options, text) -> None:
    with pytest.raises(ValueError, match=text):
        getattr(optim, name)([tensor(np.ones((2, 2)))], **options)


def test_parameters_that_a_rule_does_not_take() -> None:
    with pytest.raises(DtypeError, match=r"Adafactor: expected real parameters, got a complex one\. Use Adam for it"):
        optim.Adafactor([tensor(np.ones(2, "complex128"))])
    with pytest.raises(ShapeError, match=r"Muon: expected real matrices, got .*float64 of shape \(2,\). Use AdamW"):
        optim.Muon([tensor(np.ones(2))])


# -- step -----------------------------------------------------------------------------------------------------------
def test_a_closure_runs_under_grad_and_its_loss_is_returned() -> None:
    p = tensor(np.ones(2))
    opt = optim.SGD([p], lr=0.5)

    def closure():
        assert is_grad_enabled()
        opt.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    assert float(opt.step(closure).raw) == 2.0
    np.testing.assert_array_equal(p.raw, [0.0, 0.0])


@pytest.mark.parametrize("name", [name for name in ALL if name != "LBFGS"])
def test_backward_through_what_a_step_overwrote_is_refused(name) -> None:
    p = tensor(np.ones((2, 2)))
    y = p * p
    p.grad = tensor(np.ones((2, 2))).detach()
    version = p._version
    getattr(optim, name)([p]).step()
    assert p._version == version + 1
    with pytest.raises(GraphError, match=f"that {name}.step has since modified in place"):
        y.backward(tensor(np.ones((2, 2))).detach())


def test_zero_grad() -> None:
    p, q = tensor(np.ones(2)), tensor(np.ones(2))
    opt = optim.SGD([p, q])
    p.grad = grad = tensor(np.ones(2)).detach()
    opt.zero_grad(set_to_none=False)
    assert p.grad is grad and q.grad is None
    np.testing.assert_array_equal(p.grad.raw, [0.0, 0.0])
    opt.zero_grad()
    assert p.grad is None


def test_zero_grad_of_a_recorded_gradient() -> None:
    p = tensor(np.ones(2))
    (p * p * p).sum().backward(create_graph=True)
    recorded = p.grad
    optim.SGD([p]).zero_grad(set_to_none=False)
    assert not p.grad.requires_grad
    np.testing.assert_array_equal(p.grad.raw, [0.0, 0.0])
    np.testing.assert_array_equal(recorded.raw, [3.0, 3.0])


def test_step_hooks() -> None:
    p, seen = tensor(np.ones(2)), []
    opt = optim.SGD([p], lr=1.0)
    before = opt.register_step_pre_hook(lambda o, args, kwargs: seen.append(("before", o is opt, args[1:], kwargs)))
    opt.register_step_post_hook(lambda o, args, kwargs: seen.append("after"))
    opt.step(closure=None)
    assert seen == [("before", True, (), {"closure": None}), "after"]
    before.remove()
    opt.step()
    assert seen[2:] == ["after"]


def test_a_wrapper_without_state_of_its_own_steps() -> None:
    class Twice(optim.Optimizer):  # as Lookahead is often written
        def __init__(self, inner: optim.Optimizer) -> None:
            self.inner, self.param_groups = inner, inner.param_groups

        def step(self, closure=None):
            self.inner.step(closure)
            return self.inner.step(closure)

    w = ag.ones(1, requires_grad=True)
    w.sum().backward()
    Twice(optim.SGD([w], lr=0.25)).step()
    assert w.tolist() == [0.5]


def test_a_pre_hook_may_change_the_arguments() -> None:
    opt = optim.SGD([tensor(np.ones(2))])
    handle = opt.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: 7.0), {}))
    assert opt.step() == 7.0
    handle.remove()
    opt.register_step_pre_hook(lambda o, args, kwargs: 3)
    with pytest.raises(RuntimeError, match=r"SGD: expected a step pre-hook to return None or \(args, kwargs\), got 3"):
        opt.step()


def test_a_rule_in_the_manner_of_torch() -> None:
    class Mine(optim.Optimizer):
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.raw[...] -= group["lr"] * p.grad.raw

    p, seen = tensor(np.ones(2)), []
    p.grad = tensor(np.ones(2)).detach()
    opt = Mine([p], {"lr": 0.5})
    opt.register_step_post_hook(lambda *args: seen.append(args))
    opt.step()
    np.testing.assert_array_equal(p.raw, [0.5, 0.5])
    assert len(seen) == 1


def test_a_rule_without_a_formula() -> None:
    p = tensor(np.ones(2))
    p.grad = tensor(np.ones(2)).detach()
    with pytest.raises(NotImplementedError, match="Optimizer: expected a rule with an _update or a step of its own"):
        optim.Optimizer([p], {}).step()
