"""L-BFGS and its line search: step by step with PyTorch's, exchanged states, and what stops it."""

from __future__ import annotations

import numpy as np
import pytest

import optim
from optim.line_search import Point, strong_wolfe
from tests.optim.rules import convert, tensor

WOLFE = {"line_search_fn": "strong_wolfe"}


def valley(x, y):
    """Rosenbrock's function of every pair."""
    a, b = 1 - x, y - x * x
    return (a * a + 100 * (b * b)).sum()


def bowl(x, y):
    """Convex, and not a parabola."""
    a, b = x - 1, y * y
    return (a * a * a * a + a * a + b + b * b + x * y).sum()


START = np.array([-1.2, 0.3, 2.0]), np.array([1.0, -0.7, 0.4])
CASES = [  # steps to compare in float64 and float32: on a narrow path rounding soon decides where it leads
    (bowl, {"lr": 0.1}, 8, 8),
    (bowl, {"lr": 0.5, "history_size": 2, "max_iter": 7}, 8, 8),
    (bowl, {"lr": 0.3, "max_iter": 10, "max_eval": 4}, 8, 8),
    (bowl, {"lr": 0.3, "tolerance_grad": 0.5}, 8, 8),
    (bowl, {"lr": 0.3, "tolerance_change": 0.05}, 8, 8),
    (bowl, {"lr": 0.3, "max_iter": 1}, 8, 8),
    (bowl, WOLFE, 8, 8),
    (valley, WOLFE, 2, 1),
    (valley, {**WOLFE, "max_iter": 4, "history_size": 3}, 8, 4),
    (valley, {**WOLFE, "max_iter": 8, "max_eval": 9, "lr": 0.2}, 8, 8),
    (valley, {**WOLFE, "lr": 3.0, "tolerance_change": 1e-3}, 8, 1),
]


def closure(opt, params, function, calls):
    """The closure of one optimizer, here or in PyTorch; counts its calls."""

    def run():
        opt.zero_grad()
        loss = function(*params)
        loss.backward()
        calls.append(1)
        return loss

    return run


def walk(opt, params, function, steps):
    """The parameters after each step, the losses returned, and the calls of the closure."""
    calls, trail, losses = [], [], []
    for _ in range(steps):
        losses.append(opt.step(closure(opt, params, function, calls)).item())
        trail.append([np.array(p.detach().numpy()) for p in params])
    return trail, losses, len(calls)


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-8), ("float32", 1e-3)])
@pytest.mark.parametrize("function, options, steps, single_steps", CASES)
def test_as_torch(torch, function, options, steps, single_steps, dtype, tolerance) -> None:
    params = [tensor(a.astype(dtype)) for a in START]
    tensors = [torch.tensor(a.astype(dtype)).requires_grad_() for a in START]
    count = steps if dtype == "float64" else single_steps
    mine = walk(optim.LBFGS(params, **options), params, function, count)
    theirs = walk(torch.optim.LBFGS(tensors, **options), tensors, function, count)
    np.testing.assert_allclose(mine[0], theirs[0], rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(mine[1], theirs[1], rtol=tolerance, atol=tolerance)
    if dtype == "float64":
        assert mine[2] == theirs[2]


@pytest.mark.parametrize("options", [{"lr": 0.1}, WOLFE])
def test_complex_parameters_as_torch(torch, options) -> None:
    goal = START[1] - 1j
    ends = []
    for rule, make in ((optim.LBFGS, tensor), (torch.optim.LBFGS, lambda a: torch.tensor(a).requires_grad_())):
        p = make(START[0] + 0.5j)

        def run(p=p, make=make):
            away = p.detach().numpy() - goal
            p.grad = make(2 * away + 4 * away * abs(away) ** 2).detach()
            return (abs(away) ** 2 + abs(away) ** 4).sum()

        opt = rule([p], **options)
        for _ in range(3):
            opt.step(run)
        ends.append(p.detach().numpy())
    np.testing.assert_allclose(*ends, rtol=1e-9)


def test_it_finds_the_bottom_of_the_valley() -> None:
    params = [tensor(a) for a in START]
    opt = optim.LBFGS(params, **WOLFE)
    walk(opt, params, valley, 5)
    np.testing.assert_allclose([p.raw for p in params], 1.0, rtol=1e-4)
    before = [p.raw.copy() for p in params]
    _, _, calls = walk(opt, params, valley, 1)
    assert calls == 1  # the gradient is small already
    np.testing.assert_array_equal([p.raw for p in params], before)


def test_a_parameter_without_gradient_stays() -> None:
    x, idle = tensor(START[0]), tensor(np.ones((2, 2)))
    opt = optim.LBFGS([x, idle], lr=0.1)
    opt.step(closure(opt, [x], lambda x: bowl(x, x), []))
    np.testing.assert_array_equal(idle.raw, np.ones((2, 2)))
    assert not np.array_equal(x.raw, START[0])


@pytest.mark.parametrize("options", [{"lr": 0.1, "max_iter": 5}, {**WOLFE, "max_iter": 3}])
def test_a_resumed_run_is_the_unbroken_one(options) -> None:
    params = [tensor(a) for a in START]
    unbroken = optim.LBFGS(params, **options)
    walk(unbroken, params, valley if options is WOLFE else bowl, 2)
    fresh = [tensor(p.raw) for p in params]
    resumed = optim.LBFGS(fresh)
    resumed.load_state_dict(unbroken.state_dict())
    assert walk(resumed, fresh, bowl, 2)[1] == walk(unbroken, params, bowl, 2)[1]
    np.testing.assert_array_equal([p.raw for p in fresh], [p.raw for p in params])


def test_states_are_exchanged_with_torch(torch) -> None:
    options = {"lr": 0.1, "max_iter": 3}
    params, tensors = [tensor(a) for a in START], [torch.tensor(a).requires_grad_() for a in START]
    mine, theirs = optim.LBFGS(params, **options), torch.optim.LBFGS(tensors, **options)
    walk(mine, params, bowl, 2)
    walk(theirs, tensors, bowl, 2)
    ours, oracle = mine.state_dict(), theirs.state_dict()
    assert ours["state"][0].keys() | {"al"} == oracle["state"][0].keys()  # al: scratch memory of theirs
    assert ours["state"][0]["func_evals"] == oracle["state"][0]["func_evals"]
    mine.load_state_dict(convert(oracle, lambda t: t.numpy()))
    theirs.load_state_dict(convert(ours, lambda t: torch.tensor(t.numpy())))
    np.testing.assert_allclose(walk(mine, params, bowl, 2)[0], walk(theirs, tensors, bowl, 2)[0], rtol=1e-9)


def test_hooks_run() -> None:
    x, seen = tensor(START[0]), []
    opt = optim.LBFGS([x], lr=0.1)
    opt.register_step_post_hook(lambda *args: seen.append(args))
    opt.step(closure(opt, [x], lambda x: bowl(x, x), []))
    assert len(seen) == 1


def test_wrong_use() -> None:
    p, q = tensor(np.ones(2)), tensor(np.ones(2))
    with pytest.raises(ValueError, match="LBFGS: expected one group of parameters, got several"):
        optim.LBFGS([{"params": p}, {"params": q}])
    with pytest.raises(TypeError, match=r"LBFGS: expected step\(closure\), got no closure"):
        optim.LBFGS([p]).step()


# -- the line search -------------------------------------------------------------------------------------------------
LINES = [
    ("parabola", lambda t: ((t - 1) ** 2, 2 * (t - 1))),
    ("quartic", lambda t: ((t - 3) ** 4, 4 * (t - 3) ** 3)),
    ("wave", lambda t: (np.cos(t), -np.sin(t))),
    ("far", lambda t: ((t / 100 - 1) ** 2, 2 * (t / 100 - 1) / 100)),
    ("wall", lambda t: (t * t - t if t < 2 else 1e6 * t, 2 * t - 1 if t < 2 else 1e6)),
    ("hole", lambda t: (np.nan, np.nan) if t > 5 else ((t - 1) ** 2, 2 * (t - 1))),
]


@pytest.mark.parametrize("first", [0.01, 1.0, 4.0])
@pytest.mark.parametrize("name, line", LINES)
def test_the_conditions_hold_where_it_ends(name, line, first) -> None:
    def evaluate(t: float) -> Point:
        loss, slope = line(t)
        return Point(t, float(loss), None, float(slope))

    start = evaluate(1e-3 if name == "wave" else 0.0)._replace(t=0.0)
    point, evaluations = strong_wolfe(evaluate, start, first, reach=1.0, tolerance=1e-9, limit=25)
    assert 1 <= evaluations <= 26
    assert point.loss <= start.loss + 1e-4 * point.t * start.slope
    assert abs(point.slope) <= -0.9 * start.slope
