"""Batch normalization with what follows it as one operation: the same numbers, and seen by nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
import nn

SHAPES = {"1d": (16, 6), "1d rows": (4, 6, 50), "2d": (4, 6, 9, 8), "3d": (2, 6, 3, 4, 5)}


def network(dims: int, *after: nn.Module) -> nn.Sequential:
    ag.manual_seed(1)
    norm = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)[dims - 1](6)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    return nn.Sequential(norm, *after or (nn.ReLU(),))


def apart(net: nn.Sequential, x: ag.Tensor) -> ag.Tensor:
    for module in net:
        x = module(x)
    return x


def trained(net: nn.Sequential, run: Callable[..., ag.Tensor], x: ag.Tensor) -> list[Any]:
    """Output, gradients and statistics of a step."""
    x = x.clone().requires_grad_()
    y = run(net, x)
    y.backward(ag.arange(y.numel(), dtype=y.dtype).reshape(y.shape).sin())
    return [t.detach().tolist() for t in (y, x.grad, *(p.grad for p in net.parameters()), *net.buffers())]


def name(y: ag.Tensor) -> str:
    return str(y.grad_fn.name())


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
def test_sequential_gives_the_numbers_of_its_modules(shape, dtype) -> None:
    x = ag.randn(shape, dtype=dtype, generator=ag.Generator().manual_seed(0))
    dims = max(len(shape) - 2, 1)
    together, separately = (network(dims).to(dtype) for _ in range(2))
    assert name(together(x)) == "batch_norm_reluBackward" and name(apart(separately, x)) == "reluBackward"
    assert trained(together, lambda net, x: net(x), x) == trained(separately, apart, x)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_with_another_branch(shape) -> None:
    x, residual = ag.randn(2, *shape, dtype=ag.float64, generator=ag.Generator().manual_seed(0))
    layer, other = (network(max(len(shape) - 2, 1))[0].double() for _ in range(2))
    branches = [residual.clone().requires_grad_() for _ in range(2)]
    y, z = layer.forward_relu(x, branches[0]), ag.relu(other(x) + branches[1])
    assert ag.allclose(y, z, rtol=1e-12)
    (y * y).sum().backward()
    (z * z).sum().backward()
    for a, b in zip([*layer.parameters(), branches[0]], [*other.parameters(), branches[1]], strict=True):
        assert ag.allclose(a.grad, b.grad, rtol=1e-10)


def test_the_other_branch_is_cast_like_operands_of_a_sum() -> None:
    x = ag.randn(4, 6, 5)
    y = network(1)[0].forward_relu(x, ag.ones(4, 6, 5, dtype=ag.float64))
    assert y.dtype is ag.float32 and ag.equal(y, network(1)[0].forward_relu(x, ag.ones(4, 6, 5)))


class Louder(nn.BatchNorm2d):
    def forward(self, input: ag.Tensor) -> ag.Tensor:
        return 2 * super().forward(input)


def hooked(place: int) -> nn.Sequential:
    net = network(2)
    net[place].register_forward_hook(lambda module, inputs, output: output + 1)
    return net


def patched() -> nn.Sequential:
    net = network(2)
    net[0].forward = lambda input: input * 3
    return net


ALONE: dict[str, Callable[[], nn.Sequential]] = {
    "a hook of the norm": lambda: hooked(0),
    "a hook of the relu": lambda: hooked(1),
    "a norm with a forward of its own": patched,
    "a subclass": lambda: nn.Sequential(Louder(6), nn.ReLU()),
    "evaluation": lambda: network(2).eval(),
    "another activation": lambda: network(2, nn.LeakyReLU()),
    "nothing behind": lambda: network(2, nn.BatchNorm2d(6)),
    "something between": lambda: network(2, nn.Identity(), nn.ReLU()),
}


@pytest.mark.parametrize("build", ALONE.values(), ids=ALONE)
def test_what_must_be_run_alone(build) -> None:
    x = ag.randn(2, 6, 4, 4, requires_grad=True)
    y = build()(x)
    assert name(y) != "batch_norm_reluBackward"
    assert ag.equal(y, apart(build(), x))


def test_hooks_of_all_modules_see_both() -> None:
    seen = []
    with nn.modules.module.register_module_forward_hook(lambda module, *_: seen.append(type(module).__name__)):
        network(2)(ag.randn(2, 6, 4, 4))
    assert seen == ["BatchNorm2d", "ReLU", "Sequential"]


def test_several_norms_in_a_row() -> None:
    x = ag.randn(2, 6, 4, 4)
    nets = [network(2, nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.BatchNorm2d(6)) for _ in range(2)]
    assert ag.equal(nets[0](x), apart(nets[1], x))
    assert all(net[i].num_batches_tracked.item() == 1 for net in nets for i in (0, 1, 3))


@pytest.mark.parametrize("dtype", [ag.float16, ag.bfloat16])
def test_inside_autocast(dtype) -> None:
    x = ag.randn(2, 3, 8, 8)
    nets = []
    for _ in range(2):
        ag.manual_seed(3)
        nets.append(nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU()))
    with ag.autocast(x.device.type, dtype):
        y, z = nets[0](x), apart(nets[1], x)
    assert y.dtype is z.dtype is dtype and ag.allclose(y.float(), z.float(), atol=1e-2)


def test_a_batch_of_single_values_is_refused_as_by_the_norm() -> None:
    with pytest.raises(ValueError, match="batch_norm: expected more than 1 value per channel in training"):
        network(1)(ag.ones(1, 6))
