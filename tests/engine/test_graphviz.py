"""The recorded graph as DOT text."""

from __future__ import annotations

import re

import pytest

import autograd as ag
import nn
from autograd.graphviz import make_dot


def leaf(*values: float) -> ag.Tensor:
    return ag.tensor(values if len(values) != 1 else values[0], requires_grad=True)


def nodes(dot: str) -> dict[str, str]:
    """Label by id."""
    return dict(re.findall(r'^  (n\d+) \[label="(.*?)", ', dot, re.MULTILINE))


def edges(dot: str) -> list[tuple[str, str]]:
    """Pairs of labels."""
    labels = nodes(dot)
    return sorted((labels[a], labels[b]) for a, b in re.findall(r"^  (n\d+) -> (n\d+)$", dot, re.MULTILINE))


def test_a_small_graph() -> None:
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    h = x * w
    y = (h + x).sum()
    dot = make_dot(y, {"x": x, "w": w, "h": h})
    assert edges(dot) == [
        (r"add\n(2,)", r"sum\n()"),
        (r"h = mul\n(2,)", r"add\n(2,)"),
        (r"w\n(2,)", r"h = mul\n(2,)"),
        (r"x\n(2,)", r"add\n(2,)"),
        (r"x\n(2,)", r"h = mul\n(2,)"),
    ]
    assert dot.startswith("digraph {\n") and dot.endswith("\n}")


def test_values_and_gradients() -> None:
    x, w = leaf(0.5), leaf(-2.0, 123456.0)
    h = x * w
    h.retain_grad()
    y = (h * h).sum()
    y.backward()
    labels = nodes(make_dot(y, [("x", x), ("h", h), ("y", y)], values=True, gradients=True)).values()
    assert r"x\n()\nvalue = 0.5\ngradient = 1.524e+10" in labels
    assert r"h = mul\n(2,)\nvalue = [-1, 6.173e+04]\ngradient = [-2, 1.235e+05]" in labels
    assert any(label.startswith(r"leaf\n(2,)\nvalue = [-2, 1.235e+05]") for label in labels)
    assert any(label.startswith("y = sum") and label.endswith("gradient = none") for label in labels)
    assert "value" not in make_dot(y) and "gradient" not in make_dot(y)


def test_large_tensors_are_not_written_out() -> None:
    x = ag.ones(5, 5, requires_grad=True)
    assert r"x\n(5, 5)\nvalue = 25 numbers" in nodes(make_dot(x * 2, {"x": x}, values=True)).values()
    assert "value = [[1, 1" in make_dot(x * 2, {"x": x}, values=True, max_elements=25)


class Both(ag.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1, x[:1] * 1

    @staticmethod
    def backward(ctx, g, h):
        return g + h


def test_several_results_and_outputs() -> None:
    x = leaf(3.0, 1.0)
    whole, part = Both.apply(x)
    dot = make_dot({"a": whole, "b": [part * 2, "text"], "c": ag.ones(1)}, {"part": part})
    labels = sorted(nodes(dot).values())
    assert labels == [r"Both[0]\n(2,)", r"Both\n(2,)", r"leaf\n(2,)", r"mul\n(1,)", r"part = Both[1]\n(1,)"]
    assert dot.count("#d9ead3") == 2


def test_modules_by_their_parameters_names() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    dot = make_dot(model(ag.ones(4, 2)), model.named_parameters())
    for name in ("0.weight", "0.bias", "2.weight", "2.bias"):
        assert any(label.startswith(name + r"\n") for label in nodes(dot).values())


def test_functions_of_the_user_and_views() -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    row = h[:1]
    h.add_(1)
    dot = make_dot(Both.apply(row)[0])
    assert {"Both", "add"} <= {re.split(r"\W", label)[0] for label in nodes(dot).values()}


def test_labels_are_escaped() -> None:
    x = leaf(1.0)
    assert r'label="a\"b\\c\n()"' in make_dot(x * 1, {'a"b\\c': x})


def test_deep_graphs_are_drawn_without_recursion() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(5000):
        y = y + 0
    assert make_dot(y).count(" -> ") == 5000


def test_nothing_recorded() -> None:
    with pytest.raises(ValueError, match="make_dot: expected at least one tensor that requires grad, got none"):
        make_dot(ag.ones(2))
