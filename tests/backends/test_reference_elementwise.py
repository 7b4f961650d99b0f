"""Elementwise functions and reductions against PyTorch's, and their gradients against PyTorch's autograd."""

from __future__ import annotations

from tests.backends.oracle import match, rows, vjp


def erf(torch, x):
    return torch.erf(x)


def sigmoid(torch, x):
    return torch.sigmoid(x)


def add(torch, a, b):
    return a + b


def mul(torch, a, b):
    return a * b


def sigmoid_grad(torch, g, y):
    return g * y * (1 - y)


def sub(torch, a, b):
    return a - b


def div(torch, a, b):
    return a / b


def where(torch, condition, a, b):
    return torch.where(condition, a, b)


def tanh(torch, x):
    return torch.tanh(x)


def tanh_grad(torch, g, y):
    return g * (1 - y * y)


def relu(torch, x):
    return torch.relu(x)


def relu_grad(torch, g, y):
    return torch.where(y > 0, g, 0)


def gelu(torch, x, tanh):
    return torch.nn.functional.gelu(x, approximate="tanh" if tanh else "none")


def gelu_grad(torch, g, x, tanh):
    return vjp(torch, lambda x: gelu(torch, x, tanh), [x], g)


def activation(torch, x, kind, params):
    f = torch.nn.functional
    if kind == "elu":
        alpha, scale, rate = params
        return torch.where(x > 0, x * scale, torch.expm1(x.clamp(max=0) * rate) * (alpha * scale))
    if kind == "hardsigmoid":  # PyTorch's own multiplies doubles by a float 1/6
        return (x / 6 + 0.5).clamp(0, 1)
    if kind == "huber":
        return f.huber_loss(x, torch.zeros_like(x), reduction="none", delta=params[0])
    if kind in ("square", "magnitude"):
        return torch.square(x) if kind == "square" else torch.abs(x)
    return (torch.clamp if kind == "clamp" else getattr(f, kind))(x, *params)


def activation_grad(torch, g, x, kind, params):
    return vjp(torch, lambda x: activation(torch, x, kind, params), [x], g)


def axes_sum(torch, x, axes, keepdims):
    return x.sum(axes, keepdim=keepdims) if axes else x


def cumsum(torch, x, axis, backwards):
    return x.flip(axis).cumsum(axis).flip(axis) if backwards else x.cumsum(axis)


def channel_sum(torch, g):
    return g.sum((0, *range(2, g.ndim)))


def channel_dot(torch, g, x):
    return (g * x).sum((0, *range(2, g.ndim)))


def square_sum(torch, arrays):
    return sum((a.square().sum() for a in arrays), torch.zeros((), dtype=arrays[0].dtype if arrays else torch.float32))


ORACLES = {
    f.__name__: f
    for f in (
        add,
        sub,
        div,
        where,
        sigmoid_grad,
        mul,
        erf,
        sigmoid,
        tanh,
        tanh_grad,
        relu,
        relu_grad,
        gelu,
        gelu_grad,
        activation,
        activation_grad,
        axes_sum,
        cumsum,
        channel_sum,
        channel_dot,
        square_sum,
    )
}


@rows(ORACLES)
def test_as_torch(torch, sample, dtype) -> None:
    match(torch, ORACLES, sample, dtype)
