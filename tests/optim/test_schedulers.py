"""Every schedule against PyTorch's over 200 steps, resumed and exchanged; wrong input with its text."""

from __future__ import annotations

import copy
import json
import pickle
import warnings

import numpy as np
import pytest

import optim
from optim import lr_scheduler
from tests.optim.rules import tensor

STEPS = 200


class Falling:
    """A function with a state."""

    def __init__(self, slope: float = 0.5) -> None:
        self.slope = slope

    def __call__(self, t: float) -> float:
        return 1 / (1 + self.slope * t)


def one(name, **options):
    """A recipe for a schedule: made from the module and the optimizer."""
    return lambda m, o: getattr(m, name)(o, **options)


def sequence(milestones, *recipes):
    return lambda m, o: m.SequentialLR(o, [make(m, o) for make in recipes], list(milestones))


def chain(*recipes):
    return lambda m, o: m.ChainedScheduler([make(m, o) for make in recipes])


SIMPLE = {
    "LambdaLR": one("LambdaLR", lr_lambda=lambda t: 0.95**t),
    "LambdaLR of objects": lambda m, o: m.LambdaLR(o, [Falling(), lambda t: 1 / (1 + t)]),
    "MultiplicativeLR": one("MultiplicativeLR", lr_lambda=lambda t: 1 - 0.5 / (1 + t)),
    "StepLR": one("StepLR", step_size=30),
    "StepLR gamma": one("StepLR", step_size=7, gamma=0.9),
    "MultiStepLR": one("MultiStepLR", milestones=[3, 50, 50, 120], gamma=0.3),
    "ConstantLR": one("ConstantLR"),
    "ConstantLR long": one("ConstantLR", factor=0.7, total_iters=90),
    "LinearLR": one("LinearLR"),
    "LinearLR down": one("LinearLR", start_factor=0.9, end_factor=0.1, total_iters=150),
    "ExponentialLR": one("ExponentialLR", gamma=0.97),
    "PolynomialLR": one("PolynomialLR"),
    "PolynomialLR power": one("PolynomialLR", total_iters=180, power=2.5),
    "CosineAnnealingLR": one("CosineAnnealingLR", T_max=40),
    "CosineAnnealingLR low": one("CosineAnnealingLR", T_max=200, eta_min=1e-3),
    "CosineAnnealingWarmRestarts": one("CosineAnnealingWarmRestarts", T_0=30),
    "CosineAnnealingWarmRestarts longer": one("CosineAnnealingWarmRestarts", T_0=9, T_mult=2, eta_min=1e-3),
    "OneCycleLR": one("OneCycleLR", max_lr=0.5, total_steps=STEPS),
    "OneCycleLR linear": one(
        "OneCycleLR", max_lr=[0.5, 0.2], epochs=20, steps_per_epoch=10, anneal_strategy="linear", pct_start=0.45
    ),
    "OneCycleLR three phases": one("OneCycleLR", max_lr=0.5, total_steps=STEPS, three_phase=True, div_factor=5.0),
    "OneCycleLR rate alone": one("OneCycleLR", max_lr=0.5, total_steps=STEPS, cycle_momentum=False),
    "CyclicLR": one("CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=15),
    "CyclicLR triangular2": one(
        "CyclicLR", base_lr=[0.01, 0.02], max_lr=[0.1, 0.3], step_size_up=9, step_size_down=21, mode="triangular2"
    ),
    "CyclicLR exp_range": one("CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=20, mode="exp_range", gamma=0.99),
    "CyclicLR function": one(
        "CyclicLR", base_lr=0.01, max_lr=0.1, step_size_up=20, scale_fn=lambda x: 1 / x, cycle_momentum=False
    ),
    "CyclicLR object": lambda m, o: m.CyclicLR(
        o, base_lr=0.01, max_lr=0.1, step_size_up=20, scale_fn=Falling(), scale_mode="iterations"
    ),
}
WARM = one("LinearLR", start_factor=0.1, total_iters=20)
COMBINED = {
    "SequentialLR": sequence([20], WARM, one("CosineAnnealingLR", T_max=180)),
    "SequentialLR of three": sequence(
        [10, 60], one("ConstantLR", factor=0.1), one("ExponentialLR", gamma=0.9), one("StepLR", step_size=40, gamma=0.5)
    ),
    "SequentialLR from the second": sequence([0], WARM, one("PolynomialLR", total_iters=100)),
    "SequentialLR of restarts": sequence([15], WARM, one("CosineAnnealingWarmRestarts", T_0=25)),
    "ChainedScheduler": chain(one("ConstantLR", factor=0.1, total_iters=30), one("ExponentialLR", gamma=0.98)),
    "ChainedScheduler of three": chain(
        WARM, one("MultiStepLR", milestones=[50, 90]), one("CosineAnnealingLR", T_max=99)
    ),
    "a chain in a sequence": sequence([30], WARM, one("StepLR", step_size=10)),
    "a sequence in a chain": chain(sequence([20], WARM, one("ExponentialLR", gamma=0.99)), one("StepLR", step_size=50)),
}
ALL = SIMPLE | COMBINED
RULES = ["SGD", "Adam"]
MARK = pytest.mark.parametrize("recipe", ALL.values(), ids=ALL.keys())


def optimizer(module, leaf, rule="SGD"):
    """Two groups with rates of their own."""
    options = {"momentum": 0.9} if rule == "SGD" else {}
    groups = [{"params": [leaf(np.ones(2))]}, {"params": [leaf(np.ones(2))], "lr": 0.3}]
    return getattr(module, rule)(groups, lr=0.1, **options)


def here(rule="SGD"):
    return optimizer(optim, tensor, rule)


def there(torch, rule="SGD"):
    return optimizer(torch.optim, lambda a: torch.tensor(a, requires_grad=True), rule)


def options_of(opt):
    """What schedules change, group by group."""
    return [[g["lr"], *[g[key] for key in ("momentum",) if key in g], *g.get("betas", ())] for g in opt.param_groups]


def walk(opt, schedule, steps):
    """The options of the groups before each step; they are what the schedule says."""
    trail = []
    for _ in range(steps):
        assert schedule.get_last_lr() == [g["lr"] for g in opt.param_groups]
        trail.append(options_of(opt))
        opt.step()
        schedule.step()
    return trail


def quietly_there(recipe, torch, opt):
    with warnings.catch_warnings():  # a chain makes first steps out of turn, which PyTorch remarks on
        warnings.simplefilter("ignore")
        return recipe(torch.optim.lr_scheduler, opt)


# -- values ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rule", RULES)
@MARK
def test_two_hundred_steps_as_torch(torch, recipe, rule) -> None:
    mine, theirs = here(rule), there(torch, rule)
    schedule, oracle = recipe(lr_scheduler, mine), quietly_there(recipe, torch, theirs)
    np.testing.assert_allclose(walk(mine, schedule, STEPS), walk(theirs, oracle, STEPS), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("at", [1, 20, 77])
@MARK
def test_a_resumed_schedule_is_the_unbroken_one(recipe, at) -> None:
    mine = here()
    schedule = recipe(lr_scheduler, mine)
    walk(mine, schedule, at)
    saved = mine.state_dict(), copy.deepcopy(schedule.state_dict())
    rest = walk(mine, schedule, 100)
    fresh = here()
    resumed = recipe(lr_scheduler, fresh)
    fresh.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])
    assert walk(fresh, resumed, 100) == rest


@MARK
def test_states_are_exchanged_with_torch(torch, recipe) -> None:
    mine, theirs = here(), there(torch)
    schedule, oracle = recipe(lr_scheduler, mine), quietly_there(recipe, torch, theirs)
    walk(mine, schedule, 33)
    walk(theirs, oracle, 33)
    other_mine, other_theirs = here(), there(torch)
    from_there, from_here = recipe(lr_scheduler, other_mine), quietly_there(recipe, torch, other_theirs)
    from_there.load_state_dict(copy.deepcopy(oracle.state_dict()))
    from_here.load_state_dict(copy.deepcopy(schedule.state_dict()))
    other_mine.load_state_dict(theirs.state_dict())
    other_theirs.load_state_dict(mine.state_dict())
    expected = walk(mine, schedule, 100)
    np.testing.assert_allclose(walk(other_mine, from_there, 100), expected, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(walk(other_theirs, from_here, 100), expected, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize(
    "make",
    [
        lambda o, function: lr_scheduler.LambdaLR(o, function),
        lambda o, function: lr_scheduler.CyclicLR(o, 0.0, 0.1, step_size_up=3, scale_fn=function),
    ],
)
def test_what_a_function_object_holds_is_saved(make) -> None:
    mine, fresh = here(), here()
    schedule, resumed = make(mine, Falling(0.25)), make(fresh, Falling())
    resumed.load_state_dict(schedule.state_dict())
    assert walk(fresh, resumed, 20) == walk(mine, schedule, 20)


@pytest.mark.parametrize("recipe", [r for n, r in SIMPLE.items() if "object" not in n and "function" not in n])
def test_a_state_survives_json(recipe) -> None:
    mine, fresh = here(), here()
    schedule, resumed = recipe(lr_scheduler, mine), recipe(lr_scheduler, fresh)
    walk(mine, schedule, 40)
    resumed.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    fresh.load_state_dict(mine.state_dict())
    assert walk(fresh, resumed, 60) == walk(mine, schedule, 60)


CONTINUED = [name for name in SIMPLE if not name.startswith(("Lambda", "OneCycle", "Cyclic", "CosineAnnealingWarm"))]


@pytest.mark.parametrize("name", CONTINUED)
def test_continued_by_last_epoch_as_torch(torch, name) -> None:
    trails = []
    for module, opt in ((lr_scheduler, here()), (torch.optim.lr_scheduler, there(torch))):
        for group in opt.param_groups:
            group["initial_lr"] = 0.4
        maker = getattr(module, name.partition(" ")[0])
        arguments = {
            "MultiplicativeLR": {"lr_lambda": lambda t: 0.9},
            "StepLR": {"step_size": 8},
            "MultiStepLR": {"milestones": [25, 31]},
            "ExponentialLR": {"gamma": 0.9},
            "CosineAnnealingLR": {"T_max": 30},
        }.get(maker.__name__, {"total_iters": 40})
        trails.append(walk(opt, maker(opt, **arguments, last_epoch=20), 50))
    np.testing.assert_allclose(*trails, rtol=1e-9, atol=1e-15)


CLOSED = ["StepLR", "MultiStepLR", "ConstantLR", "LinearLR down", "ExponentialLR", "PolynomialLR", "CosineAnnealingLR"]


@pytest.mark.parametrize("name", [*CLOSED, "LambdaLR", "CyclicLR"])
def test_going_to_a_step_as_torch(torch, name) -> None:
    trails = []
    for module, opt in ((lr_scheduler, here()), (torch.optim.lr_scheduler, there(torch))):
        schedule, trail = SIMPLE[name](module, opt), []
        opt.step()
        for epoch in (3, 0, 50, 199, 7):
            with pytest.warns(UserWarning, match=r"deprecated"):
                schedule.step(epoch)
            trail.append(options_of(opt))
        schedule.step()
        trails.append([*trail, options_of(opt)])
        assert schedule.last_epoch == 8
    np.testing.assert_allclose(*trails, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_restarts_at_fractions_as_torch(torch, times) -> None:
    trails = []
    for module, opt in ((lr_scheduler, here()), (torch.optim.lr_scheduler, there(torch))):
        schedule, trail = module.CosineAnnealingWarmRestarts(opt, 10, times), []
        for epoch in np.arange(0.0, 90.0, 0.7).tolist():
            schedule.step(epoch)
            trail.append(options_of(opt))
        trails.append(trail)
    np.testing.assert_allclose(*trails, rtol=1e-9)


def test_a_tensor_as_rate_keeps_its_identity() -> None:
    rate = tensor(0.5).detach()
    opt = optim.SGD([tensor(np.ones(2))], lr=rate)
    schedule = lr_scheduler.ExponentialLR(opt, 0.5)
    opt.step()
    schedule.step()
    assert opt.param_groups[0]["lr"] is rate
    assert rate.item() == 0.25
    assert schedule.base_lrs[0].item() == 0.5


@pytest.mark.parametrize("way", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_copies(way) -> None:
    opt = here()
    schedule = lr_scheduler.CosineAnnealingLR(opt, 50)
    walk(opt, schedule, 10)
    opt_copy, schedule_copy = way((opt, schedule))
    assert schedule_copy.optimizer is opt_copy
    opt_copy.step()
    assert walk(opt_copy, schedule_copy, 20) == walk(opt, schedule, 20)


# -- plateau ---------------------------------------------------------------------------------------------------------
PLATEAUS = [
    {},
    {"patience": 2, "factor": 0.5},
    {"mode": "max", "patience": 1, "threshold": 0.1},
    {"patience": 0, "threshold_mode": "abs", "threshold": 0.05, "cooldown": 3},
    {"mode": "max", "threshold_mode": "abs", "patience": 3, "min_lr": [0.05, 0.0]},
    {"patience": 0, "factor": 0.01, "eps": 1e-4, "min_lr": 1e-3},
]


@pytest.mark.parametrize("options", PLATEAUS)
def test_plateaus_as_torch(torch, options) -> None:
    noise = np.random.default_rng(0).standard_normal(STEPS) * 0.2
    values = [float(x) for x in noise + np.exp(-np.arange(STEPS) / 20)]
    trails = []
    for module, opt in ((lr_scheduler, here()), (torch.optim.lr_scheduler, there(torch))):
        schedule, trail = module.ReduceLROnPlateau(opt, **options), []
        for i, value in enumerate([*values[:99], float("nan"), *values[100:]]):
            if i == 60:  # resumed
                state, schedule = schedule.state_dict(), module.ReduceLROnPlateau(opt, **options)
                schedule.load_state_dict(state)
            schedule.step(value)
            trail.append([*schedule.get_last_lr(), schedule.num_bad_epochs, schedule.in_cooldown])
        trails.append(trail)
    np.testing.assert_array_equal(*trails)
    assert trails[0][-1][0] < 0.1


def test_a_plateau_is_read_from_a_tensor_and_covers_later_groups() -> None:
    opt = here()
    schedule = lr_scheduler.ReduceLROnPlateau(opt, patience=0, factor=0.5, min_lr=0.01)
    opt.add_param_group({"params": [tensor(np.ones(2))], "lr": 0.8})
    for _ in range(2):
        schedule.step(tensor(1.0))
    assert schedule.get_last_lr() == [0.05, 0.15, 0.4]


def test_a_plateau_with_too_few_lower_bounds() -> None:
    opt = here()
    schedule = lr_scheduler.ReduceLROnPlateau(opt, patience=0, min_lr=[0.0, 0.0])
    opt.add_param_group({"params": [tensor(np.ones(2))]})
    schedule.step(1.0)
    with pytest.raises(ValueError, match=r"expected min_lr for each of 3 groups, got 2\. Set min_lrs"):
        schedule.step(1.0)


# -- wrong use -------------------------------------------------------------------------------------------------------
def test_a_schedule_before_the_optimizer_is_told() -> None:
    schedule = lr_scheduler.ExponentialLR(here(), 0.9)
    with pytest.warns(UserWarning, match=r"ExponentialLR: step\(\) came before optimizer.step\(\)"):
        schedule.step()


def test_more_steps_than_were_planned() -> None:
    opt = here()
    schedule = lr_scheduler.OneCycleLR(opt, 0.1, total_steps=5)
    walk(opt, schedule, 5)
    with pytest.raises(ValueError, match="OneCycleLR: expected at most 5 steps, got step 6"):
        walk(opt, schedule, 1)


def test_a_schedule_without_a_formula() -> None:
    with pytest.raises(NotImplementedError, match="LRScheduler: expected a schedule with a get_lr of its own"):
        lr_scheduler.LRScheduler(here())


def test_the_state_of_another_combination() -> None:
    opt = here()
    schedule = COMBINED["SequentialLR"](lr_scheduler, opt)
    other = COMBINED["SequentialLR of three"](lr_scheduler, here())
    with pytest.raises(ValueError, match="SequentialLR: expected the state of 2 schedules, got 3"):
        schedule.load_state_dict(other.state_dict())


def stranger(m, o):
    return m.SequentialLR(o, [m.ConstantLR(here()), m.ConstantLR(o)], [3])


ERRORS = [
    (lambda m, o: m.StepLR(3, 1), TypeError, "StepLR: expected an Optimizer, got int"),
    (one("StepLR", step_size=1, last_epoch=4), KeyError, "StepLR: expected an initial_lr in every group"),
    (one("LambdaLR", lr_lambda=[abs]), ValueError, "LambdaLR: expected 2 values of lr_lambda, got 1"),
    (one("MultiplicativeLR", lr_lambda=0.5), TypeError, "MultiplicativeLR: expected a function, got float"),
    (one("ConstantLR", factor=1.5), ValueError, r"ConstantLR: expected factor in \[0, 1\], got 1.5"),
    (one("LinearLR", start_factor=0), ValueError, r"LinearLR: expected start_factor in \(0, 1\], got 0"),
    (one("LinearLR", end_factor=2), ValueError, r"LinearLR: expected end_factor in \[0, 1\], got 2"),
    (one("CosineAnnealingWarmRestarts", T_0=0), ValueError, "expected T_0 to be an integer >= 1, got 0"),
    (
        one("CosineAnnealingWarmRestarts", T_0=2, T_mult=1.5),
        ValueError,
        "expected T_mult to be an integer >= 1, got 1.5",
    ),
    (one("CosineAnnealingWarmRestarts", T_0=2, eta_min="x"), ValueError, "expected eta_min to be a number, got 'x'"),
    (lambda m, o: m.CosineAnnealingWarmRestarts(o, 2).step(-1), ValueError, "expected epoch >= 0, got -1"),
    (one("CyclicLR", base_lr=0, max_lr=1, mode="x"), ValueError, "CyclicLR: expected mode triangular, .*, got 'x'"),
    (one("CyclicLR", base_lr=[0], max_lr=1), ValueError, "CyclicLR: expected 2 values of base_lr, got 1"),
    (one("OneCycleLR", max_lr=1), ValueError, "OneCycleLR: expected total_steps, or epochs and steps_per_epoch"),
    (one("OneCycleLR", max_lr=1, total_steps=0), ValueError, r"expected positive integers .*, got \(0, 1\)"),
    (one("OneCycleLR", max_lr=1, epochs=2, steps_per_epoch=-1), ValueError, r"expected positive integers .*\(2, -1\)"),
    (
        one("OneCycleLR", max_lr=1, total_steps=9, pct_start=2),
        ValueError,
        r"pct_start to be a float in \[0, 1\], got 2",
    ),
    (one("OneCycleLR", max_lr=1, total_steps=9, anneal_strategy="x"), ValueError, "'cos' or 'linear', got 'x'"),
    (one("ReduceLROnPlateau", factor=1.0), ValueError, "ReduceLROnPlateau: expected factor < 1, got 1.0"),
    (one("ReduceLROnPlateau", mode="x"), ValueError, "expected mode 'min' or 'max', got 'x'"),
    (one("ReduceLROnPlateau", threshold_mode="x"), ValueError, "expected threshold_mode 'rel' or 'abs', got 'x'"),
    (one("ReduceLROnPlateau", min_lr=[0]), ValueError, "expected min_lr for each of 2 groups, got 1"),
    (lambda m, o: m.SequentialLR(o, [], []), ValueError, "SequentialLR: expected one milestone less .* got 0 for 0"),
    (sequence([], one("ConstantLR"), one("ConstantLR")), ValueError, "one milestone less than schedules, got 0 for 2"),
    (sequence([1], one("ConstantLR"), one("ReduceLROnPlateau")), ValueError, "got ReduceLROnPlateau at place 1"),
    (stranger, ValueError, "SequentialLR: expected schedules of one optimizer, got another's at place 0"),
    (lambda m, o: m.SequentialLR(o, [1], []), TypeError, "SequentialLR: expected schedules, got int at place 0"),
    (chain(), ValueError, "ChainedScheduler: expected at least one schedule, got none"),
]


@pytest.mark.parametrize("recipe, kind, text", ERRORS)
def test_wrong_arguments(recipe, kind, text) -> None:
    with pytest.raises(kind, match=text):
        recipe(lr_scheduler, here())


@pytest.mark.parametrize("name", ["CyclicLR", "OneCycleLR"])
def test_rules_without_momentum(name) -> None:
    opt = optim.Adagrad([tensor(np.ones(2))])
    with pytest.raises(ValueError, match=f"{name}: expected an optimizer with momentum or betas, got Adagrad"):
        SIMPLE[name](lr_scheduler, opt)
