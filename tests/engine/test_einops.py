"""einops on our tensors: found by itself, whichever is imported first, with gradients and layers."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import autograd as ag
import nn

einops = pytest.importorskip("einops")
CALLS = {
    "rearrange": lambda e, x: e.rearrange(x, "b (h w) c -> (b h) c w", h=2),
    "rearrange a list": lambda e, x: e.rearrange([x, x], "n b t c -> b t (n c)"),
    "reduce max": lambda e, x: e.reduce(x, "b t c -> b c", "max"),
    "reduce min": lambda e, x: e.reduce(x, "b (t 2) c -> b t", "min"),
    "reduce mean": lambda e, x: e.reduce(x, "b t c -> t", "mean"),
    "reduce sum": lambda e, x: e.reduce(x, "b t c -> () t ()", "sum"),
    "reduce prod": lambda e, x: e.reduce(x, "b t c -> t", "prod"),
    "repeat": lambda e, x: e.repeat(x, "b t c -> b (t 2) n c", n=3),
    "einsum": lambda e, x: e.einsum(x, x, "b t c, b s c -> b t s"),
    "pack": lambda e, x: e.pack([x, x[:, 0]], "b * c")[0],
    "unpack": lambda e, x: e.unpack(x, [(3,), ()], "b * c")[1],
}


@pytest.mark.parametrize("name", CALLS)
def test_value_and_gradient(name: str) -> None:
    values = np.random.default_rng(0).standard_normal((2, 4, 3))
    x = ag.tensor(values, requires_grad=True)
    y = CALLS[name](einops, x)
    np.testing.assert_allclose(y.detach().cpu().numpy(), CALLS[name](einops, values))
    assert ag.autograd.gradcheck(lambda x: CALLS[name](einops, x), x)


def test_layers() -> None:
    from einops.layers.autograd import EinMix, Rearrange, Reduce

    mix = EinMix("b (c e) t -> b d t", weight_shape="c d", bias_shape="d", c=3, d=5)
    net = nn.Sequential(Rearrange("b t c -> b c t"), mix, Reduce("b c t -> b c", "mean"), nn.Linear(5, 2))
    assert [name for name, _ in net.named_parameters()] == ["1.weight", "1.bias", "3.weight", "3.bias"]
    net(ag.ones(2, 4, 3)).sum().backward()
    assert mix.weight.grad.shape == mix.weight.shape
    assert "'b t c -> b c t'" in repr(net)


@pytest.mark.parametrize("first, second", [("einops", "autograd"), ("autograd", "einops")])
def test_whichever_is_imported_first(first: str, second: str) -> None:
    program = f"import {first}, {second}; print(einops.rearrange(autograd.ones(2, 3), 'a b -> b a').shape)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "Size([3, 2])", done.stderr
