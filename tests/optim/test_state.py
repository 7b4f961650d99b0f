"""State dictionaries: resumed runs, exchange with PyTorch both ways, copies, hooks; wrong input with its text."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import optim
from autograd.errors import ShapeError
from tests.optim.rules import IDS, RULES, Problem, build, cases, convert, make, tensor

TOLERANCE = {"float32": {"rtol": 2e-5, "atol": 2e-6}, "float64": {"rtol": 1e-11, "atol": 1e-12}}
ALL = pytest.mark.parametrize("name, options", RULES, ids=IDS)


def through_dictionary(optimizer, params, name, options):
    fresh = [tensor(p.raw) for p in params]
    resumed = make(name, fresh, options)
    resumed.load_state_dict(optimizer.state_dict())
    return resumed, fresh


def through_copy(optimizer, params, name, options):
    memo = {}
    return copy.deepcopy(optimizer, memo), copy.deepcopy(params, memo)


def through_pickle(optimizer, params, name, options):
    return pickle.loads(pickle.dumps((optimizer, params)))


# -- resuming -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("way", [through_dictionary, through_copy, through_pickle])
@pytest.mark.parametrize("name, options, dtype", cases("float32", "complex128"))
def test_a_resumed_run_is_the_unbroken_one(name, options, way, dtype) -> None:
    problem = Problem(dtype, steps=14)
    params = problem.tensors()
    unbroken = make(name, params, options)
    problem.run(unbroken, params, 0, 7)
    resumed, fresh = way(unbroken, params, name, options)
    problem.run(unbroken, params, 7, 14)
    problem.run(resumed, fresh, 7, 14)
    for p, q in zip(params, fresh, strict=True):
        assert p is not q
        np.testing.assert_array_equal(p.raw, q.raw)


# -- exchange with PyTorch ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("form", ["numpy", "torch"])
@ALL
def test_a_state_from_torch_loads_here(torch, precision, name, options, form, dtype) -> None:
    precision(dtype)
    problem = Problem(dtype, steps=14)
    tensors = problem.torch_tensors(torch)
    theirs = build(torch.optim, name, tensors, options)
    problem.run(theirs, tensors, 0, 7, torch)
    params = [tensor(t.detach().numpy()) for t in tensors]
    mine = make(name, params, {})  # the options come with the state
    saved = theirs.state_dict()
    mine.load_state_dict(convert(saved, lambda t: t.numpy()) if form == "numpy" else saved)
    problem.run(theirs, tensors, 7, 14, torch)
    problem.run(mine, params, 7, 14)
    for p, t in zip(params, tensors, strict=True):
        np.testing.assert_allclose(p.raw, t.detach().numpy(), **TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@ALL
def test_a_state_from_here_loads_in_torch(torch, precision, name, options, dtype) -> None:
    precision(dtype)
    problem = Problem(dtype, steps=14)
    params = problem.tensors()
    mine = make(name, params, options)
    problem.run(mine, params, 0, 7)
    tensors = [torch.tensor(p.raw).requires_grad_() for p in params]
    theirs = build(torch.optim, name, tensors, options)
    theirs.load_state_dict(convert(mine.state_dict(), lambda t: torch.tensor(t.raw)))
    problem.run(mine, params, 7, 14)
    problem.run(theirs, tensors, 7, 14, torch)
    for p, t in zip(params, tensors, strict=True):
        np.testing.assert_allclose(p.raw, t.detach().numpy(), **TOLERANCE[dtype])


@ALL
def test_names_and_shapes_of_the_state_as_torch(torch, name, options) -> None:
    problem = Problem("float32", steps=2)
    params, tensors = problem.tensors(), problem.torch_tensors(torch)
    mine, theirs = make(name, params, options), build(torch.optim, name, tensors, options)
    problem.run(mine, params, 0, 2)
    problem.run(theirs, tensors, 0, 2, torch)
    ours, oracle = mine.state_dict(), theirs.state_dict()
    assert ours["param_groups"] == oracle["param_groups"]
    assert set(ours["state"]) == set(oracle["state"])
    for position, values in oracle["state"].items():
        assert set(ours["state"][position]) == set(values)
        for key, value in values.items():
            np.testing.assert_allclose(np.asarray(ours["state"][position][key]), value.numpy(), rtol=1e-5, atol=1e-6)


# -- loading ---------------------------------------------------------------------------------------------------------
def adam(a, **options):
    p = tensor(a)
    p.grad = tensor(np.ones_like(a)).detach()
    opt = optim.Adam([p], **options)
    opt.step()
    return opt, p


def test_a_loaded_state_is_a_copy_in_the_parameters_dtype() -> None:
    source, p = adam(np.ones(3))
    target, q = adam(np.ones(3, "float32"))
    saved = source.state_dict()
    target.load_state_dict(saved)
    average = target.state[q]["exp_avg"]
    assert average.raw.dtype == np.float32
    source.step()
    np.testing.assert_allclose(average.raw, np.full(3, 0.1), rtol=1e-6)
    again, r = adam(np.ones(3))
    again.load_state_dict(saved)
    assert not np.shares_memory(again.state[r]["exp_avg"].raw, source.state[p]["exp_avg"].raw)
    assert isinstance(again.state[r]["step"], int)


def test_options_unknown_to_the_writer_keep_their_value() -> None:
    opt, p = adam(np.ones(3), amsgrad=True)
    saved = opt.state_dict()
    del saved["param_groups"][0]["capturable"]
    del saved["state"][0]["max_exp_avg_sq"]
    opt.load_state_dict(saved)
    assert opt.param_groups[0]["capturable"] is False
    np.testing.assert_array_equal(opt.state[p]["max_exp_avg_sq"].raw, np.zeros(3))


def test_names_of_parameters_survive_a_state_without_them() -> None:
    named, plain = optim.SGD([("w", tensor(np.ones(2)))]), optim.SGD([tensor(np.ones(2))], lr=0.5)
    named.load_state_dict(plain.state_dict())
    assert named.param_groups[0]["param_names"] == ["w"]
    assert named.param_groups[0]["lr"] == 0.5


def test_what_belongs_to_no_parameter_is_kept() -> None:
    opt = optim.SGD([tensor(np.ones(2))])
    saved = opt.state_dict()
    saved["state"]["note"] = {"words": "as they were"}
    opt.load_state_dict(saved)
    assert opt.state_dict()["state"] == {"note": {"words": "as they were"}}


def test_state_hooks_run_in_order() -> None:
    opt, seen = optim.SGD([tensor(np.ones(2))], lr=0.5), []
    opt.register_state_dict_pre_hook(lambda o: seen.append("pre"))
    opt.register_state_dict_pre_hook(lambda o: seen.append("first"), prepend=True)
    opt.register_state_dict_post_hook(lambda o, d: {**d, "extra": 1})
    opt.register_load_state_dict_pre_hook(lambda o, d: seen.append(d.pop("extra")))
    opt.register_load_state_dict_post_hook(lambda o: seen.append("post"))
    saved = opt.state_dict()
    opt.load_state_dict(saved)
    assert seen == ["first", "pre", 1, "post"]
    assert saved["extra"] == 1  # the hook had a copy


def test_a_rule_of_ones_own_completes_what_it_loads() -> None:
    class Rule(optim.Optimizer):
        def __init__(self, params, lr=optim.optimizer.required) -> None:
            super().__init__(params, {"lr": lr})

        def __setstate__(self, state) -> None:
            super().__setstate__(state)
            for group in self.param_groups:
                group.setdefault("newer", 1)

    opt = Rule([tensor(np.ones(2))], lr=0.5)
    handle = opt.register_step_pre_hook(lambda o, args, kwargs: None)
    opt.load_state_dict(opt.state_dict())
    assert opt.param_groups[0]["newer"] == 1 and len(opt._step_pre_hooks) == 1
    handle.remove()
    with pytest.raises(ValueError, match="Rule: expected a value for lr in every group, got a group without"):
        Rule([tensor(np.ones(2))])


def test_a_copy_has_no_hooks() -> None:
    opt = optim.SGD([tensor(np.ones(2))])
    opt.register_step_pre_hook(lambda o, args, kwargs: pytest.fail("the hook of another optimizer"))
    copy.deepcopy(opt).step()


GROUP = {"lr": 0.1, "params": [0]}
STATES = [
    ({"state": {}}, ValueError, r"Adam: expected the result of state_dict\(\), got one without \['param_groups'\]"),
    ({"state": {}, "param_groups": []}, ValueError, r"a state for groups of \[1\] parameters, got one for \[\]"),
    (
        {"state": {}, "param_groups": [{"params": [0, 1]}]},
        ValueError,
        r"Adam: expected a state for groups of \[1\] parameters, got one for \[2\]\. Build the optimizer as it was",
    ),
    (
        {"state": {0: {"exp_avg": np.zeros(4)}}, "param_groups": [GROUP]},
        ShapeError,
        r"Adam: expected exp_avg of shape \(3,\) for a parameter of shape \(3,\), got \(4,\)\. Is it the state of",
    ),
]


@pytest.mark.parametrize("state, kind, text", STATES)
def test_wrong_states(state, kind, text) -> None:
    opt, p = adam(np.ones(3))
    before = opt.state[p], opt.param_groups
    with pytest.raises(kind, match=text):
        opt.load_state_dict(state)
    assert (opt.state[p], opt.param_groups) == before  # nothing was taken over
