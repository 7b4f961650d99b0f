"""How long the CPU's kernels take against PyTorch's, one kernel at a time, on float32.

Each row is a kernel of ``backends/protocol.py`` and the function of PyTorch that answers the same question, without
autograd on either side and on contiguous arrays. ``python -m benchmarks kernels_cpu [--rounds 3] [--threads 1 2]
[--only conv_weight] [--keep]``
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from backends.cpu import Cpu
from backends.geometry import Conv, Pool
from benchmarks.harness import architecture, cell, child, hardware, keep, kept_here, on_threads, take_turns

KEPT = f"{architecture()}/kernels_cpu"  # under benchmarks/results
ENGINES = ("twingrad", "torch")
LEAST = 3  # calls of a row


class Row(NamedTuple):
    """One kernel on arguments of one size."""

    name: str
    shapes: list[tuple[int, ...]]  # of the arrays, standard normal
    ours: Callable[..., Any]  # of the backend and the arrays
    theirs: Callable[..., Any]  # of torch and the tensors
    prepare: tuple[Callable[..., Any], Callable[..., Any]] | None = None  # of the same: what takes the arrays' place


def products() -> Iterator[Row]:
    """Matrix products m x n x k of well-known networks; ``t``: that factor lies in memory the other way round."""
    shapes = {
        "square": [(256, 256, 256, ""), (512, 512, 512, ""), (1024, 1024, 1024, "")],
        "linear": [(128, 512, 784, " t"), (128, 784, 512, ""), (784, 512, 128, "t ")],
        "convolution as a product": [
            (16, 1024, 144, ""), (32, 256, 288, ""), (64, 64, 576, ""), (128, 3136, 576, ""), (64, 3136, 576, ""),
            (512, 49, 4608, ""), (65536, 16, 144, ""), (16, 144, 1024, " t"),
        ],
        "LSTM": [(32, 1024, 256, " t")],
        "transformer": [(2048, 768, 256, " t"), (2048, 256, 768, ""), (768, 256, 2048, "t ")],
    }  # fmt: skip
    for kind, sizes in shapes.items():
        for m, n, k, turned in sizes:
            first, second = turned.startswith("t"), turned.endswith("t")

            def turn(library: Any, a: Any, b: Any, first: bool = first, second: bool = second) -> Any:
                return a.T if first else a, b.T if second else b

            yield Row(
                f"matmul {m}x{n}x{k}{' ' * bool(turned)}{turned.replace(' ', '-')}, {kind}",
                [(k, m) if first else (m, k), (n, k) if second else (k, n)],
                lambda be, a, b: be.matmul(a, b),
                lambda torch, a, b: torch.matmul(a, b),
                (turn, turn),
            )


def convolutions() -> Iterator[Row]:
    """Layers of well-known networks: the convolution and its two gradients."""
    layers = {
        "LeNet 1>6 5x5, 64x28x28": (64, 1, 28, 6, 5, 1, 2, 1),
        "LeNet 6>16 5x5, 64x14x14": (64, 6, 14, 16, 5, 1, 0, 1),
        "ResNet-20 16>16 3x3, 64x32x32": (64, 16, 32, 16, 3, 1, 1, 1),
        "ResNet-20 16>32 3x3/2, 64x32x32": (64, 16, 32, 32, 3, 2, 1, 1),
        "ResNet-20 16>32 1x1/2, 64x32x32": (64, 16, 32, 32, 1, 2, 0, 1),
        "ResNet-20 32>32 3x3, 64x16x16": (64, 32, 16, 32, 3, 1, 1, 1),
        "ResNet-20 64>64 3x3, 64x8x8": (64, 64, 8, 64, 3, 1, 1, 1),
        "ResNet-18 3>64 7x7/2, 8x224x224": (8, 3, 224, 64, 7, 2, 3, 1),
        "ResNet-18 64>64 3x3, 16x56x56": (16, 64, 56, 64, 3, 1, 1, 1),
        "ResNet-18 64>128 3x3/2, 16x56x56": (16, 64, 56, 128, 3, 2, 1, 1),
        "ResNet-18 512>512 3x3, 16x7x7": (16, 512, 7, 512, 3, 1, 1, 1),
        "bottleneck 256>64 1x1, 16x56x56": (16, 256, 56, 64, 1, 1, 0, 1),
        "AlexNet 3>64 11x11/4, 16x224x224": (16, 3, 224, 64, 11, 4, 2, 1),
        "AlexNet 64>192 5x5, 16x27x27": (16, 64, 27, 192, 5, 1, 2, 1),
        "AlexNet 192>384 3x3, 16x13x13": (16, 192, 13, 384, 3, 1, 1, 1),
        "AlexNet 384>256 3x3, 16x13x13": (16, 384, 13, 256, 3, 1, 1, 1),
        "AlexNet 256>256 3x3, 16x13x13": (16, 256, 13, 256, 3, 1, 1, 1),
        "depthwise 192 3x3, 16x14x14": (16, 192, 14, 192, 3, 1, 1, 192),
        "depthwise 64 3x3, 32x48x48": (32, 64, 48, 64, 3, 1, 1, 64),
        "depthwise 64 3x3/2, 32x48x48": (32, 64, 48, 64, 3, 2, 1, 64),
        "depthwise 256 3x3/2, 32x12x12": (32, 256, 12, 256, 3, 2, 1, 256),
    }
    for name, (n, c, size, o, k, s, p, groups) in layers.items():
        x, w = (n, c, size, size), (o, c // groups, k, k)
        geo = Conv.of(x, w, stride=(s, s), padding=(p, p), dilation=(1, 1), groups=groups)
        g = (n, o, *geo.out)

        def gradient(torch: Any, g: Any, x: Any, w: Any, which: list[bool], geo: Conv = geo) -> Any:
            shape = [list(v) for v in (geo.stride, geo.padding, geo.dilation)]
            return torch.ops.aten.convolution_backward(g, x, w, None, *shape, False, [0, 0], geo.groups, which)

        yield Row(
            f"conv {name}",
            [x, w, (o,)],
            lambda be, x, w, b, geo=geo: be.conv(x, w, b, geo),
            lambda torch, x, w, b, geo=geo: torch.conv2d(x, w, b, geo.stride, geo.padding, geo.dilation, geo.groups),
        )
        yield Row(
            f"conv_input {name}",
            [g, x, w],
            lambda be, g, x, w, geo=geo: be.conv_input(g, w, geo),
            lambda torch, g, x, w, f=gradient: f(torch, g, x, w, [True, False, False]),
        )
        yield Row(
            f"conv_weight {name}",
            [g, x, w],
            lambda be, g, x, w, geo=geo: be.conv_weight(g, x, geo),
            lambda torch, g, x, w, f=gradient: f(torch, g, x, w, [False, True, False]),
        )


def pools() -> Iterator[Row]:
    """Pooling and its gradients."""
    for shape, k, s, p in (((16, 64, 56, 56), 2, 2, 0), ((16, 64, 56, 56), 3, 2, 1), ((16, 64, 55, 55), 3, 2, 0)):
        geo = Pool.of(shape, kernel=(k, k), stride=(s, s), padding=(p, p), dilation=(1, 1))
        sizes, name = ([k, k], [s, s], [p, p]), f"{k}x{k}/{s}, {by(shape)}"
        aten_sizes = (*sizes, [1, 1], False)

        def forward(torch: Any, x: Any, sizes: Any = sizes) -> Any:
            return torch.ops.aten.max_pool2d_with_indices(x, *sizes)

        yield Row(f"max_pool {name}", [shape], lambda be, x, geo=geo: be.max_pool(x, geo), forward)
        yield Row(
            f"max_pool gradient {name}",
            [(*shape[:2], *geo.out), shape],
            lambda be, g, x, index, geo=geo: be.pool_scatter(g, index, geo.size, geo),
            lambda torch, g, x, index, a=aten_sizes: torch.ops.aten.max_pool2d_with_indices_backward(g, x, *a, index),
            (
                lambda be, g, x, geo=geo: (g, x, be.max_pool(x, geo)[1]),
                lambda torch, g, x, f=forward: (g, x, f(torch, x)[1]),
            ),
        )
    for shape in ((64, 6, 28, 28), (16, 64, 56, 56)):
        geo = Pool.of(shape, kernel=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1))
        options = ([2, 2], [2, 2], [0, 0], False, True, None)
        yield Row(
            f"avg_pool 2x2/2, {by(shape)}",
            [shape],
            lambda be, x, geo=geo: be.avg_pool(x, geo),
            lambda torch, x, o=options: torch.ops.aten.avg_pool2d(x, *o),
        )
        yield Row(
            f"avg_pool gradient 2x2/2, {by(shape)}",
            [(*shape[:2], *geo.out), shape],
            lambda be, g, x, geo=geo: be.avg_pool_grad(g, geo),
            lambda torch, g, x, o=options: torch.ops.aten.avg_pool2d_backward(g, x, *o),
        )


def norms() -> Iterator[Row]:
    """Normalization and its gradients."""
    for x in ((64, 16, 32, 32), (64, 64, 8, 8), (16, 64, 56, 56)):
        yield Row(
            f"batch_norm {by(x)}",
            [x, x[1:2], x[1:2]],
            lambda be, x, w, b: be.batch_norm(x, w, b, 1e-5),
            lambda torch, x, w, b: torch.native_batch_norm(x, w, b, None, None, True, 0.1, 1e-5),
        )
        yield Row(
            f"batch_norm gradient {by(x)}",
            [x, x, x[1:2], x[1:2]],
            lambda be, g, x, w, mean, var: be.batch_norm_grad(g, x, w, mean, var, 1e-5),
            lambda torch, g, x, w, mean, rstd: torch.ops.aten.native_batch_norm_backward(
                g, x, w, None, None, mean, rstd, True, 1e-5, [True] * 3
            ),
            (
                lambda be, g, x, w, b: (g, x, w, *be.batch_norm(x, w, b, 1e-5)[1:]),
                lambda torch, g, x, w, b: (g, x, w, *torch.native_batch_norm(x, w, b, None, None, True, 0.1, 1e-5)[1:]),
            ),
        )
        relu = f"batch_norm + residual + relu {by(x)}"
        yield Row(
            relu,
            [x, x[1:2], x[1:2], x],
            lambda be, x, w, b, r: be.batch_norm_relu(x, w, b, r, 1e-5),
            lambda torch, x, w, b, r: (torch.native_batch_norm(x, w, b, None, None, True, 0.1, 1e-5)[0] + r).relu_(),
        )
        yield Row(
            relu.replace(" ", " gradient ", 1),
            [x, x, x[1:2], x[1:2]],
            lambda be, g, y, x, w, mean, var: be.batch_norm_relu_grad(g, y, x, w, mean, var, 1e-5, True),
            lambda torch, g, y, x, w, mean, rstd: torch.ops.aten.native_batch_norm_backward(
                torch.ops.aten.threshold_backward(g, y, 0), x, w, None, None, mean, rstd, True, 1e-5, [True] * 3
            ),
            (
                lambda be, g, x, w, b: (g, abs(g), x, w, *be.batch_norm(x, w, b, 1e-5)[1:]),
                lambda torch, g, x, w, b: (
                    g, abs(g), x, w, *torch.native_batch_norm(x, w, b, None, None, True, 0.1, 1e-5)[1:]
                ),
            ),
        )  # fmt: skip
    shape, width = (2048, 256), (256,)

    def forward(torch: Any, x: Any, w: Any, b: Any) -> Any:
        return torch.native_layer_norm(x, [256], w, b, 1e-5)

    yield Row(
        f"layer_norm {by(shape)}", [shape, width, width], lambda be, x, w, b: be.layer_norm(x, w, b, 1e-5), forward
    )
    yield Row(
        f"layer_norm gradient {by(shape)}",
        [shape, shape, width, width],
        lambda be, g, x, w, b, mean, rstd: be.layer_norm_grad(g, x, w, mean, rstd),
        lambda torch, g, x, w, b, mean, rstd: torch.ops.aten.native_layer_norm_backward(
            g, x, [256], mean, rstd, w, b, [True] * 3
        ),
        (
            lambda be, g, x, w, b: (g, x, w, b, *be.layer_norm(x, w, b, 1e-5)[1:]),
            lambda torch, g, x, w, b: (g, x, w, b, *forward(torch, x, w, b)[1:]),
        ),
    )


def softmaxes() -> Iterator[Row]:
    """Softmax and the loss on it."""
    for x in ((128, 10), (128, 1000), (2048, 96), (4, 4, 128 * 128), (4, 21, 256 * 256)):
        yield Row(f"softmax {by(x)}", [x], lambda be, x: be.softmax(x, 1), lambda torch, x: torch.softmax(x, 1))
        yield Row(
            f"softmax gradient {by(x)}",
            [x, x],
            lambda be, g, y: be.softmax_grad(g, y, 1),
            lambda torch, g, y: torch.ops.aten._softmax_backward_data(g, y, 1, torch.float32),
        )
        yield Row(f"cross_entropy and gradient {by(x)}", [x], cross_entropy, torch_cross_entropy)


def elementwise() -> Iterator[Row]:
    """One element at a time, and random numbers."""
    for size in (10_000, 1_000_000):
        x = (size,)
        yield Row(f"relu {size}", [x], lambda be, x: be.relu(x), lambda torch, x: torch.relu(x))
        yield Row(
            f"relu gradient {size}",
            [x, x],
            lambda be, g, y: be.relu_grad(g, y),
            lambda torch, g, y: torch.ops.aten.threshold_backward(g, y, 0),
        )
        yield Row(f"sigmoid {size}", [x], lambda be, x: be.sigmoid(x), lambda torch, x: torch.sigmoid(x))
        yield Row(f"gelu {size}", [x], lambda be, x: be.gelu(x, False), lambda torch, x: torch.nn.functional.gelu(x))
        yield Row(
            f"gelu gradient {size}",
            [x, x],
            lambda be, g, x: be.gelu_grad(g, x, False),
            lambda torch, g, x: torch.ops.aten.gelu_backward(g, x),
        )
        yield Row(
            f"dropout {size}",
            [x],
            lambda be, x: be.dropout(x, 0.5, 0, 0),
            lambda torch, x: torch.native_dropout(x, 0.5, True),
        )
        yield Row(
            f"normal {size}",
            [(1,)],
            lambda be, x, size=size: be.normal((size,), "float32", 0.0, 1.0, 0, 0),
            lambda torch, x, size=size: torch.randn(size),
        )


ACTIVATIONS = {  # by the backends' names: parameters, and PyTorch's function and its gradient
    "leaky_relu": ((0.2,), "leaky_relu", lambda aten, g, x: aten.leaky_relu_backward(g, x, 0.2, False)),
    "hardtanh": ((0.0, 6.0), "hardtanh", lambda aten, g, x: aten.hardtanh_backward(g, x, 0.0, 6.0)),
    "hardswish": ((), "hardswish", lambda aten, g, x: aten.hardswish_backward(g, x)),
    "elu": ((1.0, 1.0, 1.0), "elu", lambda aten, g, x: aten.elu_backward(g, 1.0, 1.0, 1.0, False, x)),
    "silu": ((), "silu", lambda aten, g, x: aten.silu_backward(g, x)),
    "softplus": ((1.0, 20.0), "softplus", lambda aten, g, x: aten.softplus_backward(g, x, 1.0, 20.0)),
    "mish": ((), "mish", lambda aten, g, x: aten.mish_backward(g, x)),
}


def activations() -> Iterator[Row]:
    """Activations of a million elements, and their gradients."""
    x = (1_000_000,)
    for kind, (params, name, gradient) in ACTIVATIONS.items():
        given = params[:1] if kind == "elu" else params
        yield Row(
            f"{name} 1000000",
            [x],
            lambda be, x, kind=kind, params=params: be.activation(x, kind, params),
            lambda torch, x, name=name, given=given: getattr(torch.nn.functional, name)(x, *given),
        )
        yield Row(
            f"{name} gradient 1000000",
            [x, x],
            lambda be, g, x, kind=kind, params=params: be.activation_grad(g, x, kind, params),
            lambda torch, g, x, gradient=gradient: gradient(torch.ops.aten, g, x),
        )


def sums() -> Iterator[Row]:
    """Sums over all axes and over the last, running sums, copies of transposed arrays, and a choice by element."""
    for shape in ((1000, 1000), (32_768, 32)):
        yield Row(
            f"sum {by(shape)}",
            [shape],
            lambda be, x: be.axes_sum(x, (0, 1), False),
            lambda torch, x: x.sum(),
        )
        yield Row(
            f"sum of rows {by(shape)}",
            [shape],
            lambda be, x: be.axes_sum(x, (1,), False),
            lambda torch, x: x.sum(1),
        )
    for axis in (0, 1):
        yield Row(
            f"cumsum 1000x1000 along axis {axis}",
            [(1000, 1000)],
            lambda be, x, axis=axis: be.cumsum(x, axis, False),
            lambda torch, x, axis=axis: x.cumsum(axis),
        )
    for shape in ((512, 512), (2048, 2048)):
        yield Row(f"turned copy {by(shape)}", [shape], lambda be, x: be.rows(x.T), lambda torch, x: x.t().contiguous())
    yield Row(
        "where 1000x1000",
        [(1000, 1000)] * 2,
        lambda be, a, b: be.where(a > b, a, b),
        lambda torch, a, b: torch.where(a > b, a, b),
    )


def recurrents() -> Iterator[Row]:
    """Layers of 64 steps, 256 units and 32 sequences, the products with their inputs included; and their gradients."""
    steps, batch, units = 64, 32, 256
    rows, state = (steps * batch, units), (batch, units)
    sizes = (batch,) * steps

    def small(library: Any, x: Any, h: Any, *weights: Any) -> Any:
        return x, h, *(w / units**0.5 for w in weights)

    for kind, gates in (("lstm", 4), ("gru", 3)):
        weights: list[tuple[int, ...]] = [(gates * units, units)] * 2 + [(gates * units,)] * 2

        def run(be: Any, projected: Any, h: Any, w_hh: Any, b_hh: Any, kind: str = kind) -> Any:
            if kind == "lstm":
                return be.lstm_layer(projected, h, h, w_hh, None, sizes, False)
            return be.gru_layer(projected, h, w_hh, b_hh, sizes, False)

        def project(be: Any, x: Any, w_ih: Any, b_ih: Any, b_hh: Any, kind: str = kind) -> Any:
            return be.linear(x, w_ih, b_ih + b_hh if kind == "lstm" else b_ih)

        def forward(
            be: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, run: Any = run, project: Any = project
        ) -> Any:
            return run(be, project(be, x, w_ih, b_ih, b_hh), h, w_hh, b_hh)[0]

        def saved(be: Any, g: Any, *inputs: Any, run: Any = run, project: Any = project) -> Any:
            x, h, w_ih, w_hh, b_ih, b_hh = small(be, *inputs)
            projected = project(be, x, w_ih, b_ih, b_hh)
            return g, x, projected, h, w_ih, w_hh, run(be, projected, h, w_hh, b_hh)

        def gradient(
            be: Any, g: Any, x: Any, projected: Any, h: Any, w_ih: Any, w_hh: Any, after: Any, kind: str = kind
        ) -> Any:
            if kind == "lstm":
                gx, *_ = be.lstm_layer_grad(g, None, None, h, h, w_hh, None, *after[:4], sizes, False)
            else:
                gx, *_ = be.gru_layer_grad(g, None, projected, h, w_hh, *after[:2], sizes, False)
            return be.matmul(gx, w_ih), be.matmul(gx.T, x), gx.sum(0)

        def torch_forward(torch: Any, x: Any, h: Any, *weights: Any, kind: str = kind) -> Any:
            states = (h[None], h[None]) if kind == "lstm" else h[None]
            layer = getattr(torch, kind)
            return layer(x.reshape(steps, batch, units), states, weights, True, 1, 0.0, True, False, False)[0]

        def torch_graph(torch: Any, g: Any, *inputs: Any, run: Any = torch_forward) -> Any:
            leaves = [a.detach().requires_grad_() for a in small(torch, *inputs)]
            with torch.enable_grad():
                y = run(torch, *leaves)
            return y, leaves, g.reshape(steps, batch, units)

        name = f"T{steps} H{units} b{batch}"
        yield Row(f"{kind} {name}", [rows, state, *weights], forward, torch_forward, (small, small))
        yield Row(
            f"{kind} gradient {name}",
            [rows, rows, state, *weights],
            gradient,
            lambda torch, y, inputs, g: torch.autograd.grad(y, inputs, g, retain_graph=True),
            (saved, torch_graph),
        )


def optimizers() -> Iterator[Row]:
    """A step of the update of all parameters; PyTorch's fused one."""
    mlp: list[tuple[int, ...]] = [(512, 784), (512,), (512, 512), (512,), (10, 512), (10,)]
    resnet: list[tuple[int, ...]] = [(16, 3, 3, 3), (16,), (16,)]
    for width in (16, 32, 64):
        resnet += [(width, width, 3, 3), (width,), (width,)] * 6
    sgd = {"lr": 1e-3, "momentum": 0.9, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False, "maximize": False}
    adam = {"lr": 1e-4, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0, "maximize": False}
    for name, shapes in (("mlp", mlp), ("ResNet-20", resnet), ("16M in one", [(4096, 4096)])):
        count = len(shapes)

        def lists(library: Any, *arrays: Any, count: int = count) -> list[list[Any]]:
            found = [list(arrays[i : i + count]) for i in range(0, len(arrays), count)]
            return [*found[:3], [abs(a) for a in found[3]]] if len(found) > 3 else found

        def torch_lists(torch: Any, *arrays: Any, split: Any = lists, count: int = count) -> list[list[Any]]:
            return [*split(torch, *arrays), [torch.ones(()) for _ in range(count)]]

        yield Row(
            f"sgd with momentum, {name}",
            shapes * 3,
            lambda be, p, g, m: be.sgd_(p, g, m, **sgd),
            lambda torch, p, g, m: torch._fused_sgd_(p, g, m, **sgd, is_first_step=False),
            (lists, lists),
        )
        yield Row(
            f"adam, {name}",
            shapes * 4,
            lambda be, p, g, m, v, n=count: be.adam_(p, g, m, v, [], [1] * n, **adam, decoupled=False),
            lambda torch, p, g, m, v, n: torch._fused_adam_(p, g, m, v, [], n, **adam, amsgrad=False),
            (lists, torch_lists),
        )


def by(shape: tuple[int, ...]) -> str:
    """A shape as it is spoken."""
    return "x".join(map(str, shape))


def attentions() -> Iterator[Row]:
    """Attention on heads side by side (B,T,H,D), as a projection leaves them, and with its gradient."""
    for b, t, h, d in ((16, 128, 4, 64), (16, 128, 8, 32), (2, 1024, 8, 64)):
        for causal in (False, True):
            name = f"{b}x{h}x{t}x{d}{' causal' if causal else ''}"

            def ours(be: Any, g: Any, q: Any, k: Any, v: Any, causal: bool = causal, gradient: bool = False) -> Any:
                g, q, k, v = (x.swapaxes(1, 2) for x in (g, q, k, v))
                scale = q.shape[3] ** -0.5
                y, lse = be.attention(q, k, v, None, scale, causal)
                return be.attention_grad(g, q, k, v, None, y, lse, scale, causal) if gradient else y

            def theirs(
                torch: Any, g: Any, q: Any, k: Any, v: Any, causal: bool = causal, gradient: bool = False
            ) -> Any:
                g, q, k, v = (x.swapaxes(1, 2) for x in (g, q, k, v))
                aten = torch.ops.aten
                y, lse = aten._scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, causal)
                backward = aten._scaled_dot_product_flash_attention_for_cpu_backward
                return backward(g, q, k, v, y, lse, 0.0, causal) if gradient else y

            yield Row(f"attention {name}", [(b, t, h, d)] * 4, ours, theirs)
            both = (partial(f, gradient=True) for f in (ours, theirs))
            yield Row(f"attention and gradient {name}", [(b, t, h, d)] * 4, *both)


FAMILIES = (
    products, convolutions, pools, norms, softmaxes, elementwise, activations, sums, recurrents, attentions, optimizers,
)  # fmt: skip


def cross_entropy(be: Any, x: np.ndarray) -> Any:
    """Loss of class 0, and the gradient of its mean."""
    shape = x.shape[:1] + x.shape[2:]
    target, g = np.zeros(shape, np.int64), np.full(shape, len(x) / x.size * x.shape[1], np.float32)
    _, lse = be.cross_entropy(x, target, None, -100, 0.0)
    return be.cross_entropy_grad(g, x, target, lse, None, -100, 0.0)


def torch_cross_entropy(torch: Any, x: Any) -> Any:
    """The same by PyTorch's operations."""
    aten, target = torch.ops.aten, torch.zeros(len(x), *x.shape[2:], dtype=torch.int64)
    y = aten._log_softmax(x, 1, False)
    if x.ndim == 2:
        _, weight = aten.nll_loss_forward(y, target, None, 1, -100)
        g = aten.nll_loss_backward(torch.ones(()), y, target, None, 1, -100, weight)
    else:
        y, target = y.unsqueeze(2), target.unsqueeze(1)
        _, weight = aten.nll_loss2d_forward(y, target, None, 1, -100)
        g = aten.nll_loss2d_backward(torch.ones(()), y, target, None, 1, -100, weight).squeeze(2)
        y = y.squeeze(2)
    return aten._log_softmax_backward_data(g, y, 1, torch.float32)


def measure(engine: str, only: str, seconds: float) -> dict[str, float]:
    """Microseconds of each row: the best of many repetitions."""
    if engine == "torch":
        import torch

        library, convert = torch, torch.from_numpy
        torch.set_grad_enabled(False)
    else:
        library, convert = Cpu(np, "cpu"), np.asarray
    figures = {}
    for row in (row for family in FAMILIES for row in family()):
        if only not in row.name:
            continue
        rng = np.random.default_rng(0)
        arguments = [convert(rng.standard_normal(shape, np.float32)) for shape in row.shapes]
        ours = engine != "torch"
        if row.prepare:
            arguments = row.prepare[not ours](library, *arguments)
        figures[row.name] = best(partial(row.ours if ours else row.theirs, library, *arguments), seconds) * 1e6
    return figures


def best(work: Callable[[], Any], seconds: float) -> float:
    """Seconds of the shortest call, after a first one."""
    work()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < LEAST:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main(words: list[str] | None = None) -> None:
    """Prints the tables of both engines, or (``--engine``) the figures of one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks kernels_cpu")
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--seconds", type=float, default=0.1, help="of each row in a round")
    parser.add_argument("--keep", action="store_true", help="write the figures into benchmarks/results")
    arguments = parser.parse_args(words)
    if arguments.engine:
        print(json.dumps(measure(arguments.engine, arguments.only, arguments.seconds)))
        return
    options = ("--only", arguments.only, "--seconds", str(arguments.seconds))
    figures = {}
    print(hardware())
    for threads in arguments.threads:
        runs = {
            e: partial(child, "benchmarks.kernels_cpu", e, *options, environment=on_threads(e, threads))
            for e in ENGINES
        }
        answers = take_turns(runs, arguments.rounds)
        figures[f"{threads} threads"] = {
            name: {engine: [a[name] for a in answers[engine]] for engine in ENGINES} for name in answers["torch"][0]
        }
        print(f"\n{f'threads: {threads}':<56}{'twingrad us':>14}{'torch us':>14}{'twingrad / torch (spread)':>28}")
        for name, row in figures[f"{threads} threads"].items():
            ratios = [a / b for a, b in zip(row["twingrad"], row["torch"], strict=True)]
            medians = "".join(f"{median(row[engine]):>14.1f}" for engine in ENGINES)
            print(f"{name:<56}{medians}{cell(ratios):>28}", flush=True)
    if arguments.keep:
        before = kept_here(KEPT)
        keep(KEPT, before | {threads: before.get(threads, {}) | rows for threads, rows in figures.items()})


if __name__ == "__main__":
    main()
