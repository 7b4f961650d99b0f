"""Convolution layers: initial values, refusals, sizes to choose from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.errors import ShapeError


@pytest.mark.parametrize(
    "layer, fan_in",
    [
        (nn.Conv1d(8, 64, 5, groups=2), 20),
        (nn.Conv2d(8, 64, (3, 5)), 120),
        (nn.Conv3d(4, 64, 3), 108),
        (nn.ConvTranspose2d(8, 64, 3, groups=2), 32 * 9),
        (nn.Linear(100, 200), 100),
        (nn.Bilinear(25, 10, 30), 25),
    ],
)
def test_initial_values_are_uniform_within_the_bound(layer: Any, fan_in: int) -> None:
    bound = 1 / math.sqrt(fan_in)
    for values in (layer.weight.detach().numpy(), layer.bias.detach().numpy()):
        assert abs(values).max() <= bound
        assert abs(values).max() > 0.8 * bound
    assert abs(layer.weight.detach().numpy().std() - bound / math.sqrt(3)) < 0.05 * bound


def test_parameters_are_made_where_and_as_asked() -> None:
    layer = nn.Conv2d(2, 4, 3, device="cpu", dtype=ag.float64)
    assert layer.weight.dtype == layer.bias.dtype == ag.float64
    assert layer.weight.device == ag.device("cpu")
    assert layer(ag.ones(1, 2, 5, 5, dtype=ag.float64, device="cpu")).dtype == ag.float64


@pytest.mark.parametrize("size", [(9, 13), (10, 14), (2, 3, 9, 14)])
def test_output_size_chooses_among_the_possible(torch: Any, size: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).standard_normal((2, 4, 5, 7))
    theirs = torch.nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1).double()
    ours = nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1).double()
    ours.load_state_dict({k: ag.tensor(v.numpy()) for k, v in theirs.state_dict().items()})
    expected = theirs(torch.tensor(x), output_size=size).detach().numpy()
    np.testing.assert_allclose(ours(ag.tensor(x), output_size=size).detach().numpy(), expected, rtol=1e-9)


def test_a_second_call_with_other_shapes_is_checked_anew() -> None:
    layer = nn.Conv2d(3, 4, 3)
    assert layer(ag.ones(1, 3, 5, 5)).shape == (1, 4, 3, 3)
    assert layer(ag.ones(2, 3, 6, 4)).shape == (2, 4, 4, 2)
    with pytest.raises(ShapeError, match="conv2d: expected input with 3 channels"):
        layer(ag.ones(1, 4, 5, 5))


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (
        lambda: nn.Conv2d(3, 4, 3, groups=2),
        ValueError,
        "Conv2d: expected groups that divide 3 input and 4 output channels",
    ),
    (lambda: nn.Conv2d(3, 4, 3, padding_mode="zero"), ValueError, "Conv2d: expected padding_mode to be one of zeros, "),
    (lambda: nn.Conv2d(3, 4, 3, padding="full"), ValueError, 'Conv2d: expected padding "same", "valid" or ints'),
    (lambda: nn.Conv2d(3, 4, 3, 2, "same"), ValueError, r'Conv2d: expected stride 1 with padding "same", got \(2, 2\)'),
    (lambda: nn.Conv1d(3, 4, (1, 2)), ShapeError, r"Conv1d: expected kernel_size to be an int or 1 ints, got \(1, 2\)"),
    (
        lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"),
        ValueError,
        'ConvTranspose2d: expected padding in ints and padding_mode "zeros"',
    ),
    (
        lambda: nn.ConvTranspose2d(1, 1, 3, 2)(ag.ones(1, 1, 2, 2), output_size=(9, 9)),
        ValueError,
        r"ConvTranspose2d: expected output_size from \(5, 5\) to \(6, 6\) for input \(1, 1, 2, 2\), got \(9, 9\)",
    ),
    (lambda: nn.Bilinear(0, 1, 1), ValueError, "Bilinear: expected in1_features above 0, got 0"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_error(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()
