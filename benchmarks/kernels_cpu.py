"""How long the CPU's kernels take against PyTorch's, one kernel at a time, on float32.

Each row is a kernel of ``backends/protocol.py`` and the function of PyTorch that answers the same question, without
autograd on either side. ``python -m benchmarks.kernels_cpu [--rounds 3] [--only conv]``
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from backends.cpu import Cpu
from backends.geometry import Conv, Pool
from benchmarks.harness import hardware, spread, take_turns

SECONDS = 0.3  # for each row


class Row(NamedTuple):
    """One kernel on arguments of one size."""

    name: str
    shapes: list[tuple[int, ...]]  # of the arrays, standard normal
    ours: Callable[..., Any]  # of the backend and the arrays
    theirs: Callable[..., Any]  # of torch and the tensors


def convolutions() -> Iterator[Row]:
    """Layers of well-known networks: the convolution and its two gradients."""
    layers = {
        "LeNet 1>6 5x5, 64x28x28": (64, 1, 28, 6, 5, 1, 2, 1),
        "LeNet 6>16 5x5, 64x14x14": (64, 6, 14, 16, 5, 1, 0, 1),
        "ResNet-20 16>16 3x3, 64x32x32": (64, 16, 32, 16, 3, 1, 1, 1),
        "ResNet-20 16>32 3x3/2, 64x32x32": (64, 16, 32, 32, 3, 2, 1, 1),
        "ResNet-20 64>64 3x3, 64x8x8": (64, 64, 8, 64, 3, 1, 1, 1),
        "ResNet-18 64>64 3x3, 16x56x56": (16, 64, 56, 64, 3, 1, 1, 1),
        "ResNet-18 512>512 3x3, 16x7x7": (16, 512, 7, 512, 3, 1, 1, 1),
        "bottleneck 256>64 1x1, 16x56x56": (16, 256, 56, 64, 1, 1, 0, 1),
        "depthwise 192 3x3, 16x14x14": (16, 192, 14, 192, 3, 1, 1, 192),
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


def rows() -> Iterator[Row]:
    """The other families."""
    for m, n, k in ((128, 512, 784), (2048, 768, 256), (1024, 1024, 1024)):
        yield Row(
            f"matmul {m}x{k} {k}x{n}",
            [(m, k), (n, k)],
            lambda be, a, b: be.matmul(a, b.T),
            lambda torch, a, b: torch.matmul(a, b.T),
        )
    x = (16, 64, 56, 56)
    for k, s, p in ((2, 2, 0), (3, 2, 1)):
        geo = Pool.of(x, kernel=(k, k), stride=(s, s), padding=(p, p), dilation=(1, 1))
        yield Row(
            f"max_pool {k}x{k}/{s}, 16x64x56x56",
            [x],
            lambda be, x, geo=geo: be.max_pool(x, geo),
            lambda torch, x, k=k, s=s, p=p: torch.ops.aten.max_pool2d_with_indices(x, [k, k], [s, s], [p, p]),
        )
    for x in ((64, 16, 32, 32), (16, 64, 56, 56)):
        yield Row(
            f"batch_norm {'x'.join(map(str, x))}",
            [x, x[1:2], x[1:2]],
            lambda be, x, w, b: be.batch_norm(x, w, b, 1e-5),
            lambda torch, x, w, b: torch.native_batch_norm(x, w, b, None, None, True, 0.1, 1e-5),
        )
        yield Row(
            f"batch_norm_grad {'x'.join(map(str, x))}",
            [x, x, x[1:2], x[1:2]],
            lambda be, g, x, w, m: be.batch_norm_grad(g, x, w, m, m * m, 1e-5),
            lambda torch, g, x, w, m: torch.ops.aten.native_batch_norm_backward(
                g, x, w, None, None, m, m * m, True, 1e-5, [True] * 3
            ),
        )
    yield Row(
        "layer_norm 2048x256",
        [(2048, 256), (256,), (256,)],
        lambda be, x, w, b: be.layer_norm(x, w, b, 1e-5),
        lambda torch, x, w, b: torch.native_layer_norm(x, [256], w, b, 1e-5),
    )
    for x in ((128, 1000), (2048, 96)):
        yield Row(f"softmax {x[0]}x{x[1]}", [x], lambda be, x: be.softmax(x, 1), lambda torch, x: torch.softmax(x, 1))
        yield Row(f"cross_entropy and gradient {x[0]}x{x[1]}", [x], cross_entropy, torch_cross_entropy)
    for size in (10_000, 1_000_000):
        yield Row(f"relu {size}", [(size,)], lambda be, x: be.relu(x), lambda torch, x: torch.relu(x))
        yield Row(
            f"gelu {size}", [(size,)], lambda be, x: be.gelu(x, False), lambda torch, x: torch.nn.functional.gelu(x)
        )
    yield Row(
        "dropout 1000000",
        [(1_000_000,)],
        lambda be, x: be.dropout(x, 0.5, 0, 0),
        lambda torch, x: torch.native_dropout(x, 0.5, True),
    )
    yield Row(
        "normal 1000000",
        [(1,)],
        lambda be, x: be.normal((1_000_000,), "float32", 0.0, 1.0, 0, 0),
        lambda torch, x: torch.randn(1_000_000),
    )


def cross_entropy(be: Any, x: np.ndarray) -> Any:
    """Loss of class 0, and its gradient."""
    target, g = np.zeros(len(x), np.int64), np.ones(len(x), np.float32)
    _, lse = be.cross_entropy(x, target, None, -100, 0.0)
    return be.cross_entropy_grad(g, x, target, lse, None, -100, 0.0)


def torch_cross_entropy(torch: Any, x: Any) -> Any:
    """The same by PyTorch's operations."""
    aten, target = torch.ops.aten, torch.zeros(len(x), dtype=torch.int64)
    y = aten._log_softmax(x, 1, False)
    _, weight = aten.nll_loss_forward(y, target, None, 1, -100)
    g = aten.nll_loss_backward(torch.ones(()), y, target, None, 1, -100, weight)
    return aten._log_softmax_backward_data(g, y, 1, torch.float32)


def measure(engine: str, only: str) -> dict[str, float]:
    """Microseconds of each row: the best of many repetitions."""
    rng, figures = np.random.default_rng(0), {}
    if engine == "torch":
        import torch

        library, convert = torch, torch.from_numpy
    else:
        library, convert = Cpu(np, "cpu"), np.asarray
    for row in (*convolutions(), *rows()):
        if only not in row.name:
            continue
        arrays = [convert(rng.standard_normal(shape, np.float32)) for shape in row.shapes]
        run = row.theirs if engine == "torch" else row.ours
        run(library, *arrays)
        best, end = float("inf"), time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            start = time.perf_counter()
            run(library, *arrays)
            best = min(best, time.perf_counter() - start)
        figures[row.name] = best * 1e6
    return figures


def main(words: list[str] | None = None) -> None:
    """Prints the table of both engines, or (``--engine``) the figures of one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels_cpu")
    parser.add_argument("--engine", choices=("twingrad", "torch"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    arguments = parser.parse_args(words)
    if arguments.engine:
        print(json.dumps(measure(arguments.engine, arguments.only)))
        return
    answers = take_turns("benchmarks.kernels_cpu", ["twingrad", "torch"], arguments.rounds, "--only", arguments.only)
    print(hardware())
    print(f"{'':<48}{'twingrad us':>14}{'torch us':>14}{'twingrad / torch':>18}")
    for name in answers["torch"][0]:
        ours, theirs = (spread([a[name] for a in answers[engine]])[0] for engine in ("twingrad", "torch"))
        print(f"{name:<48}{ours:>14.1f}{theirs:>14.1f}{ours / theirs:>18.2f}")


if __name__ == "__main__":
    main()
