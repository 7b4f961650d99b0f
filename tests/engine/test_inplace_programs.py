"""Random programs of views and in-place writes: values, gradients and second derivatives as PyTorch has them."""

from __future__ import annotations

import random

import numpy as np
import pytest

import autograd as ag

# Each takes the library, the tensors so far (``t`` and ``o`` picked among them) and a number in [0, 1); it returns new
# tensors, or nothing where it writes or does not apply.
VIEWS = {
    "slice": lambda lib, t, o, c: t[int(c * len(t)) :] if t.ndim and len(t) else None,
    "transpose": lambda lib, t, o, c: t.t() if t.ndim == 2 else None,
    "flatten": lambda lib, t, o, c: t.reshape(-1),
    "view": lambda lib, t, o, c: t.view(2, -1) if t.ndim == 1 and len(t) in (2, 4, 6) and t.is_contiguous() else None,
    "select": lambda lib, t, o, c: t[int(c * len(t))] if t.ndim and len(t) else None,
    "diagonal": lambda lib, t, o, c: t.diagonal() if t.ndim == 2 else None,
    "unsqueeze": lambda lib, t, o, c: t.unsqueeze(0)[0],
}
NEW = {
    "sin": lambda lib, t, o, c: t.sin(),
    "mul": lambda lib, t, o, c: t * o if t.shape == o.shape else None,
    "lerp": lambda lib, t, o, c: lib.lerp(t, o.clone(), 0.3) if t.shape == o.shape else None,
    "clone": lambda lib, t, o, c: t.clone(),
    "detach": lambda lib, t, o, c: t.detach() * 1.0,
}


def rotate(lib, t, o, c):
    if t.ndim and len(t) > 1:
        t[[0, -1]] = t[[1, 0]] * 0.5


def mask(lib, t, o, c):
    if t.ndim:
        t[t > 0.3] = c


def first_from_last(lib, t, o, c):
    if t.ndim and len(t) > 1:
        t[0] = t[-1] * 1.5


def first(lib, t, o, c):
    if t.ndim and len(t):
        t[0] = c


WRITES = {
    "mul_": lambda lib, t, o, c: t.mul_(0.5 + c),
    "div_": lambda lib, t, o, c: t.div_(1.5 + c),
    "add_": lambda lib, t, o, c: t.add_(o.clone()) if t.shape == o.shape else t.add_(c),
    "square": lambda lib, t, o, c: t.mul_(t.clone()),
    "neg_": lambda lib, t, o, c: t.neg_(),
    "clamp_": lambda lib, t, o, c: t.sub_(0.1).clamp_(min=0.0),
    "copy_": lambda lib, t, o, c: t.copy_((o * 0.7).clone()) if t.shape == o.shape else None,
    "zero_": lambda lib, t, o, c: t.zero_(),
    "fill_": lambda lib, t, o, c: t.fill_(c),
    "rotate": rotate,
    "mask": mask,
    "first_from_last": first_from_last,
    "first": first,
}
STEPS = VIEWS | NEW | WRITES


def program(seed: int) -> list[tuple[str, float, float, float]]:
    rng = random.Random(seed)
    return [(rng.choice(list(STEPS)), rng.random(), rng.random(), rng.random()) for _ in range(rng.randint(3, 12))]


def run(lib, steps, x):
    """All tensors of the program, and the first and second derivatives of the sum of their squares."""
    tensors = [x * 1.0]
    for name, a, b, c in steps:
        t, o = tensors[int(a * len(tensors))], tensors[int(b * len(tensors))]
        made = STEPS[name](lib, t, o, c)
        if name not in WRITES and made is not None:
            tensors.append(made)
    loss = sum((t * t).sum() for t in tensors)
    (g,) = lib.autograd.grad(loss, x, create_graph=True)
    h = lib.autograd.grad((g * g).sum(), x)[0] if g.requires_grad else g * 0
    return [*tensors, g, h]


@pytest.mark.parametrize("block", range(8))
def test_agrees_with_torch(torch, block: int) -> None:
    ran = 0
    for seed in range(block * 40, block * 40 + 40):
        values = np.random.default_rng(seed).standard_normal((2, 3))
        steps = program(seed)
        try:
            wanted = run(torch, steps, torch.tensor(values, requires_grad=True))
        except RuntimeError:  # PyTorch overwrites what a node keeps, where we keep a copy
            continue
        found = run(ag, steps, ag.tensor(values, requires_grad=True))
        ran += 1
        for a, b in zip(found, wanted, strict=True):
            assert a.requires_grad == b.requires_grad or a is found[-2]
            np.testing.assert_allclose(
                a.detach().numpy(), b.detach().numpy(), rtol=1e-8, atol=1e-10, err_msg=f"seed {seed}: {steps}"
            )
    assert ran > 10
