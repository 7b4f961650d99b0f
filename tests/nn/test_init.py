"""Initial values: their distribution, their structure, and what they leave alone."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
import nn
from nn import init
from nn.skipping import skipped
from tests.nn.parity import array

N = 20_000
HE = math.sqrt(2 / 50)
DISTRIBUTIONS = [  # name, arguments, shape, bound or None, mean, std
    ("uniform_", (-1, 3), (N,), None, 1, 4 / math.sqrt(12)),
    ("normal_", (2, 0.5), (N,), None, 2, 0.5),
    ("trunc_normal_", (0, 1, -2, 2), (N,), 2, 0, 0.8796),
    ("trunc_normal_", (0, 1, -0.1, 0.1), (N,), 0.1, 0, 0.2 / math.sqrt(12)),
    ("xavier_uniform_", (), (400, 50), math.sqrt(6 / 450), 0, math.sqrt(2 / 450)),
    ("xavier_uniform_", (2.0,), (400, 50), 2 * math.sqrt(6 / 450), 0, 2 * math.sqrt(2 / 450)),
    ("xavier_normal_", (), (400, 50), None, 0, math.sqrt(2 / 450)),
    ("kaiming_uniform_", (0, "fan_in", "relu"), (400, 50), math.sqrt(3) * HE, 0, HE),
    ("kaiming_uniform_", (math.sqrt(5),), (400, 50), 1 / math.sqrt(50), 0, 1 / math.sqrt(150)),
    ("kaiming_normal_", (0, "fan_out", "relu"), (400, 50), None, 0, math.sqrt(2 / 400)),
    ("kaiming_normal_", (0, "fan_in", "linear"), (100, 8, 5, 5), None, 0, 1 / math.sqrt(200)),
]


@pytest.mark.parametrize("name, args, shape, bound, mean, std", DISTRIBUTIONS)
def test_distributions(name: str, args: tuple, shape: tuple, bound: float | None, mean: float, std: float) -> None:
    w = nn.Parameter(ag.empty(shape))
    assert getattr(init, name)(w, *args) is w
    values = array(w)
    if bound is not None:
        assert 0.9 * bound < np.abs(values).max() <= bound * (1 + 1e-6)
    assert abs(values.mean() - mean) < 5 * std / math.sqrt(values.size)
    assert abs(values.std() / std - 1) < 0.03
    assert w.requires_grad and w.grad_fn is None


def test_truncation_is_exact() -> None:
    far = array(init.trunc_normal_(ag.empty(1000), 0.0, 1.0, 1.5, 3.0))
    assert far.min() >= 1.5
    assert far.max() <= 3


@pytest.mark.parametrize(
    "name, args", [(d[0], d[1]) for d in DISTRIBUTIONS] + [("orthogonal_", ()), ("sparse_", (0.2,))]
)
def test_a_generator_makes_values_repeatable(name: str, args: tuple) -> None:
    a, b = ag.empty(6, 5), ag.empty(6, 5)
    before = ag.get_rng_state()
    for w in (a, b):
        getattr(init, name)(w, *args, generator=ag.Generator().manual_seed(3))
    assert ag.equal(a, b)
    assert ag.equal(before, ag.get_rng_state())


@pytest.mark.parametrize("shape", [(4, 4), (3, 6), (6, 3), (4, 2, 3)])
@pytest.mark.parametrize("gain", [1, 2])
def test_orthogonal(shape: tuple[int, ...], gain: float) -> None:
    w = array(init.orthogonal_(ag.empty(shape, dtype=ag.float64), gain)).reshape(shape[0], -1)
    square = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(square, gain**2 * np.eye(len(square)), atol=1e-12)


@pytest.mark.parametrize("shape, groups", [((4, 4, 3), 1), ((4, 2, 3, 3), 2), ((2, 4, 3, 3, 3), 1)])
def test_dirac_passes_its_input_through(torch, shape: tuple[int, ...], groups: int) -> None:
    ours = init.dirac_(ag.ones(shape), groups)
    np.testing.assert_array_equal(array(ours), torch.nn.init.dirac_(torch.ones(shape), groups).numpy())


def test_fixed_values() -> None:
    np.testing.assert_array_equal(array(init.eye_(ag.empty(2, 3))), np.eye(2, 3))
    np.testing.assert_array_equal(array(init.ones_(ag.empty(2))), [1, 1])
    np.testing.assert_array_equal(array(init.zeros_(ag.empty(2))), [0, 0])
    np.testing.assert_array_equal(array(init.constant_(ag.empty(2, dtype=ag.int64), 7)), [7, 7])
    sparse = array(init.sparse_(ag.empty(10, 4), 0.25, std=3.0))
    assert (sparse == 0).sum(0).tolist() == [3] * 4
    assert 1 < sparse[sparse != 0].std() < 6


@pytest.mark.parametrize(
    "name", ["linear", "conv2d", "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
)
def test_gains(torch, name: str) -> None:
    assert init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name))
    if name == "leaky_relu":
        assert init.calculate_gain(name, 0.3) == pytest.approx(torch.nn.init.calculate_gain(name, 0.3))


def test_skipping_leaves_values_and_random_numbers_alone() -> None:
    w, before = ag.ones(3, 3), ag.get_rng_state()
    with skipped():
        for name in ("xavier_normal_", "orthogonal_", "zeros_", "eye_", "trunc_normal_"):
            getattr(init, name)(tensor=w)
    assert ag.equal(w, ag.ones(3, 3))
    assert ag.equal(before, ag.get_rng_state())
    assert not array(init.zeros_(w)).any()


def test_nothing_to_initialise() -> None:
    with pytest.warns(UserWarning, match="kaiming_uniform_: a tensor without elements has nothing to initialise"):
        init.kaiming_uniform_(ag.empty(0, 3))
    assert init.orthogonal_(ag.empty(0, 3)).shape == (0, 3)
    with pytest.warns(UserWarning, match="the mean is more than 2 std outside"):
        init.trunc_normal_(ag.empty(3), 5.0, 1.0, 0.0, 1.0)


ERRORS = [
    (
        lambda: init.calculate_gain("elu"),
        ValueError,
        r"calculate_gain: expected nonlinearity to be one of .*, got 'elu'",
    ),
    (lambda: init.calculate_gain("leaky_relu", "x"), ValueError, r"expected a number as negative slope, got 'x'"),
    (lambda: init.eye_(ag.empty(2)), ag.ShapeError, r"eye_: expected 2 axes, got shape \(2,\)"),
    (lambda: init.dirac_(ag.empty(2, 2)), ag.ShapeError, r"dirac_: expected 3 to 5 axes, got shape \(2, 2\)"),
    (
        lambda: init.dirac_(ag.empty(3, 2, 1), 2),
        ValueError,
        r"dirac_: expected groups that divide the 3 output channels",
    ),
    (lambda: init.orthogonal_(ag.empty(2)), ag.ShapeError, r"orthogonal_: expected at least 2 axes, got shape \(2,\)"),
    (lambda: init.sparse_(ag.empty(2), 0.1), ag.ShapeError, r"sparse_: expected 2 axes, got shape \(2,\)"),
    (
        lambda: init.xavier_uniform_(ag.empty(2)),
        ag.ShapeError,
        r"init: expected a weight with at least 2 axes to count",
    ),
    (lambda: init.kaiming_normal_(ag.empty(2, 2), mode="x"), ValueError, r"kaiming: expected mode to be 'fan_in' or"),
    (lambda: init.trunc_normal_(ag.empty(2), a=1, b=1), ValueError, r"trunc_normal_: expected a < b, got 1 and 1"),
]


@pytest.mark.parametrize("run, kind, text", ERRORS)
def test_errors(run, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        run()
