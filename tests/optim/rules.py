"""The table of update rules and options, and the problem that the tests step through, here and in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import optim
from autograd.device import backend_of
from autograd.op import wrap
from autograd.tensor import Tensor

SHAPES = [(3, 4), (5,), (), (2, 1, 3)]  # the parameters; two groups of two
RULES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"weight_decay": 0.1}),
    ("SGD", {"maximize": True, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {"decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("AdamW", {}),
    ("AdamW", {"amsgrad": True, "weight_decay": 0.3, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"centered": True, "weight_decay": 0.1, "maximize": True}),
    ("RMSprop", {"momentum": 0.9, "alpha": 0.9, "eps": 1e-3}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.5, "weight_decay": 0.1, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"rho": 0.8, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    ("Adamax", {}),
    ("Adamax", {"betas": (0.8, 0.9), "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"momentum_decay": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {"decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("RAdam", {}),
    ("RAdam", {"betas": (0.8, 0.9), "weight_decay": 0.1, "maximize": True}),
    ("RAdam", {"decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("Rprop", {}),
    ("Rprop", {"etas": (0.4, 1.5), "step_sizes": (0.01, 0.3), "maximize": True}),
    ("ASGD", {}),
    ("ASGD", {"lambd": 0.1, "alpha": 0.5, "t0": 5, "weight_decay": 0.1, "maximize": True}),
    ("Adafactor", {}),
    ("Adafactor", {"beta2_decay": -0.5, "eps": (1e-4, 1e-2), "d": 2.0, "weight_decay": 0.1, "maximize": True}),
]
IDS = [" ".join([name, *options]) for name, options in RULES]
REAL = {"Adafactor"}  # rules that do not take complex parameters


def cases(*dtypes: str) -> list[Any]:
    """Every row of the table with every dtype that the rule takes, for ``parametrize``."""
    return [
        pytest.param(name, options, dtype, id=f"{label} {dtype}")
        for (name, options), label in zip(RULES, IDS, strict=True)
        for dtype in dtypes
        if not (name in REAL and dtype.startswith("complex"))
    ]


def tensor(a: Any) -> Tensor:
    """A leaf with a copy of an array."""
    leaf: Tensor = wrap(np.array(a), backend_of("cpu"))
    return leaf.requires_grad_()


def draw(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Any:
    """Random numbers, complex ones for a complex dtype."""
    a = rng.standard_normal(shape)
    return np.asarray(a + 1j * rng.standard_normal(shape) if dtype.startswith("complex") else a).astype(dtype)


class Problem:
    """Parameters and a sequence of gradients: the third parameter gets one at odd steps only, the last never."""

    def __init__(self, dtype: str, shapes: Any = SHAPES, steps: int = 50) -> None:
        rng = np.random.default_rng(0)
        self.start = [draw(rng, shape, dtype) for shape in shapes]
        self.grads = [[draw(rng, shape, dtype) for shape in shapes] for _ in range(steps)]
        for i, grads in enumerate(self.grads):
            grads[-1] = None
            if i % 2 == 0 and len(grads) > 3:
                grads[2] = None

    def tensors(self) -> list[Tensor]:
        return [tensor(a) for a in self.start]

    def torch_tensors(self, torch: Any) -> list[Any]:
        return [torch.tensor(a).requires_grad_() for a in self.start]

    def run(self, optimizer: Any, params: list[Any], first: int, last: int, torch: Any = None) -> None:
        """Steps ``first`` to ``last``, of an optimizer here or (given ``torch``) there."""
        for grads in self.grads[first:last]:
            for p, g in zip(params, grads, strict=True):
                if g is None:
                    p.grad = None
                else:
                    p.grad = torch.tensor(g) if torch else wrap(g.copy(), p.backend)
            optimizer.step()


def groups(params: list[Any]) -> list[dict[str, Any]]:
    """Two groups, the second with a rate of its own."""
    half = (len(params) + 1) // 2
    return [{"params": params[:half]}, {"params": params[half:], "lr": 0.02}]


def build(module: Any, name: str, params: list[Any], options: Mapping[str, Any]) -> Any:
    """The optimizer of that name, of ``optim`` or ``torch.optim``, with two groups."""
    return getattr(module, name)(groups(params), lr=0.05, **options)


def make(name: str, params: list[Any], options: Mapping[str, Any]) -> Any:
    """As ``build``, for ``optim``."""
    return build(optim, name, params, options)


def convert(value: Any, leaf: Any) -> Any:
    """A state dictionary with ``leaf`` applied to every tensor in it."""
    if isinstance(value, dict):
        return {key: convert(v, leaf) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([convert(v, leaf) for v in value])
    return leaf(value) if hasattr(value, "requires_grad") else value
