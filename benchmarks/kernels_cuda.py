"""Every kernel on the GPU beside PyTorch's (cuDNN, cuBLAS), and what a launch costs the host.

``python -m benchmarks kernels_cuda [--only conv] [--keep]``

Times are the GPU's own, between two events around many launches on random data that takes turns, the two engines
alternating; the figure is the median of the rounds. Copies of much memory go before, so that the host has given all
launches before the first one begins. "of peak" compares with the card's measured rates: a copy's bytes per second for
kernels that move memory, PyTorch's product of two 8192x8192 matrices in the same precision for those that multiply.
"tuned" is our time where ``benchmark`` lets us choose the algorithm by trial, as PyTorch does in its column.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from backends import registry
from backends.cuda import compiler, nvrtc
from backends.geometry import Conv, Pool
from backends.precision import settings
from benchmarks.harness import hardware, keep
from benchmarks.speedup import clocks

ROUNDS, LAUNCHES = 7, 20
CALLS = 100  # of a round that measures the host
ROUND_US = 4000.0  # microseconds of a round, in which a slow kernel is launched less often
DELAY, DELAYS = 1 << 28, 4  # numbers in a copy, and copies, that the GPU makes before a round
COPY, SQUARE = 1 << 28, 8192  # what the card's rates are measured with: numbers, rows of a matrix
LONG, ROWS, PLANES = 1 << 26, ((8192, 1024), (128, 1000)), (128, 64, 56, 56)
PRODUCTS, ATTENTION, TABLE = (512, 4096), (16, 8, 1024, 64), (1 << 16, 256, 10_000)
PARAMETERS = [  # of AlexNet
    (64, 3, 11, 11), (192, 64, 5, 5), (384, 192, 3, 3), (256, 384, 3, 3), (256, 256, 3, 3), (4096, 9216), (4096, 4096),
    (1000, 4096), (64,), (192,), (384,), (256,), (256,), (4096,), (4096,), (1000,),
]  # fmt: skip

CONVOLUTIONS = {  # N, C, H, W, O, kernel, stride, padding: the layers of three networks
    "alexnet conv1": (128, 3, 224, 224, 64, 11, 4, 2),
    "alexnet conv2": (128, 64, 27, 27, 192, 5, 1, 2),
    "alexnet conv3": (128, 192, 13, 13, 384, 3, 1, 1),
    "alexnet conv4": (128, 384, 13, 13, 256, 3, 1, 1),
    "alexnet conv5": (128, 256, 13, 13, 256, 3, 1, 1),
    "vgg conv1": (64, 3, 224, 224, 64, 3, 1, 1),
    "vgg conv2": (64, 64, 112, 112, 128, 3, 1, 1),
    "vgg conv3": (64, 128, 56, 56, 256, 3, 1, 1),
    "vgg conv5": (64, 256, 28, 28, 512, 3, 1, 1),
    "vgg conv7": (64, 512, 14, 14, 512, 3, 1, 1),
    "resnet conv1": (128, 3, 224, 224, 64, 7, 2, 3),
    "resnet layer1": (128, 64, 56, 56, 64, 3, 1, 1),
    "resnet layer2 stride": (128, 64, 56, 56, 128, 3, 2, 1),
    "resnet layer2": (128, 128, 28, 28, 128, 3, 1, 1),
    "resnet layer3": (128, 256, 14, 14, 256, 3, 1, 1),
    "resnet layer4": (128, 512, 7, 7, 512, 3, 1, 1),
    "resnet shortcut": (128, 64, 56, 56, 128, 1, 2, 0),
    "depthwise": (128, 128, 28, 28, 128, 3, 1, 1),
}


class Row(NamedTuple):
    """One comparison; both functions launch once, on batch i of the inputs."""

    name: str
    ours: Callable[[int], Any]
    theirs: Callable[[int], Any] | None
    amount: float  # bytes to move, or operations
    peak: str = "copy"  # which rate of the card bounds it
    chosen: bool = False  # whether there are algorithms to choose from


def main(words: list[str] | None = None) -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks kernels_cuda")
    parser.add_argument("--only", default="", help="part of a row's name")
    parser.add_argument("--keep", action="store_true", help="write the figures into benchmarks/results")
    arguments = parser.parse_args(words)
    bench = Bench()
    before, peaks = clocks(), bench.peaks()
    figures: dict[str, Any] = {
        "card": bench.card(), "clocks before": before, "peaks": peaks, "launch": bench.launch_costs(), "kernels": {},
    }  # fmt: skip
    print(hardware(), figures["card"], before, {k: f"{v:.3g}" for k, v in peaks.items()}, figures["launch"], sep="\n")
    print(f"{'kernel':<44}{'us ours':>10}{'tuned':>10}{'us torch':>10}{'torch/ours':>12}{'of peak':>9}")
    for row in chain(bench.memory_bound(), bench.others(), bench.convolutions()):
        if arguments.only not in row.name:
            continue
        figures["kernels"][row.name] = entry = bench.race(row, peaks)
        print(line(row.name, entry), flush=True)
        figures["clocks after"] = clocks()
        if arguments.keep:
            keep("kernels_cuda", figures | {"choices": trials()})


def line(name: str, entry: dict[str, float]) -> str:
    """One line of the table; "-" for what was not measured."""
    columns = (
        ("us", ">10.1f"),
        ("tuned us", ">10.1f"),
        ("torch us", ">10.1f"),
        ("torch / ours", ">12.2f"),
        ("of peak", ">9.0%"),
    )
    cells = (f"{entry[key]:{form}}" if key in entry else f"{'-':{form.partition('.')[0]}}" for key, form in columns)
    return f"{name:<44}{''.join(cells)}"


def trials() -> dict[str, Any]:
    """Which algorithm was the fastest in which case, from the files where that is kept."""
    found = {}
    for path in compiler.folder().glob("*.json"):
        with suppress(OSError, ValueError):
            found[path.stem] = json.loads(path.read_text())
    return found


class Bench:
    """The device, both engines on it, and random arrays."""

    place = "cuda"  # of PyTorch's tensors

    def __init__(self) -> None:
        self.be: Any = registry.get("cuda")
        self.xp = self.be.xp
        self.rng = np.random.default_rng(0)
        self._delay: Any = None
        try:
            import torch
        except ImportError:
            self.torch: Any = None
        else:
            self.torch = torch if torch.cuda.is_available() else None

    # -- data ----------------------------------------------------------------------------------------------------------
    def arrays(self, *shape: int, dtype: str = "float32", channels_last: bool = False, count: int = 2) -> list[Any]:
        """Normal numbers, ``count`` times, drawn on the device."""
        made = []
        for i in range(count):
            if channels_last:
                n, c, *s = shape
                a = self.be.normal((n, *s, c), np.dtype(dtype), 0.0, 1.0, i, 0)
                made.append(a.transpose(0, len(s) + 1, *range(1, len(s) + 1)))
            else:
                made.append(self.be.normal(shape, np.dtype(dtype), 0.0, 1.0, i, 0))
        return made

    def shared(self, arrays: list[Any]) -> list[Any]:
        """The same memory as PyTorch's tensors."""
        return [self.torch.from_dlpack(a) for a in arrays] if self.torch else []

    # -- time ------------------------------------------------------------------------------------------------------------
    def gpu_time(self, function: Callable[[int], Any], launches: int = LAUNCHES) -> float:
        """Microseconds of one call between two events on the current stream, without the host's part if it keeps up."""
        cuda = self.xp.cuda
        if self._delay is None:
            self._delay = self.xp.zeros(DELAY, "float32"), self.xp.zeros(DELAY, "float32")
        for _ in range(DELAYS):
            self.xp.copyto(*self._delay)
        start, stop = cuda.Event(), cuda.Event()
        start.record()
        for i in range(launches):
            function(i % 2)
        stop.record()
        stop.synchronize()
        return float(cuda.get_elapsed_time(start, stop)) / launches * 1e3

    def race(self, row: Row, peaks: dict[str, float]) -> dict[str, float]:
        """Medians of both engines, taking turns; PyTorch works on CuPy's stream."""
        ways: dict[str, Callable[[int], Any]] = {"us": row.ours}
        if row.chosen:
            ways["tuned us"] = lambda i: self._tuned(row.ours, i)
        if row.theirs:
            ways["torch us"] = row.theirs
        times: dict[str, list[float]] = {name: [] for name in ways}
        with self.same_stream():
            launches = {}
            for name, function in ways.items():
                for i in range(3):  # compiles, chooses
                    function(i % 2)
                launches[name] = max(2, min(LAUNCHES, int(ROUND_US / max(self.gpu_time(function, 2), 1.0))))
            for _ in range(ROUNDS):
                for name, function in ways.items():
                    times[name].append(self.gpu_time(function, launches[name]))
        entry = {name: median(of) for name, of in times.items()}
        if row.theirs:
            entry["torch / ours"] = entry["torch us"] / entry["us"]
            if row.chosen:
                entry["torch / tuned"] = entry["torch us"] / entry["tuned us"]
        if peaks[row.peak]:
            entry["of peak"] = row.amount / peaks[row.peak] / entry["us"] * 1e6
        return entry

    def _tuned(self, function: Callable[[int], Any], i: int) -> Any:
        """One call with leave to choose the algorithm by trial."""
        settings.benchmark = True
        try:
            return function(i)
        finally:
            settings.benchmark = False

    @contextmanager
    def same_stream(self) -> Iterator[None]:
        """Both engines on one stream, which is not the default, and for which nothing that was given before is waited."""
        self.be.synchronize()
        stream = self.xp.cuda.Stream(non_blocking=True)
        with stream:
            if self.torch is None:
                yield
            else:
                with self.torch.cuda.stream(self.torch.cuda.ExternalStream(stream.ptr)):
                    yield
        stream.synchronize()

    def peaks(self) -> dict[str, float]:
        """Bytes per second of a copy (read and written); operations per second of matrix products, 0 where unknown."""
        x = self.arrays(COPY, count=1)[0]
        copy = 8 * x.size / (min(self.gpu_time(lambda _: x.copy()) for _ in range(ROUNDS)) * 1e-6)
        found = {"copy": copy, "float32": 0.0, "tf32": 0.0, "half": 0.0}
        if self.torch is None:
            return found
        for name, dtype in (("float32", "float32"), ("tf32", "float32"), ("half", "float16")):
            self.torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
            a, b = (
                self.torch.randn(SQUARE, SQUARE, device=self.place, dtype=getattr(self.torch, dtype)) for _ in range(2)
            )
            with self.same_stream():
                us = min(self.gpu_time(lambda _, a=a, b=b: a @ b, 5) for _ in range(ROUNDS))  # type: ignore[misc]
            found[name] = 2 * SQUARE**3 / (us * 1e-6)
        self.torch.backends.cuda.matmul.allow_tf32 = False
        return found

    def card(self) -> dict[str, str]:
        """The GPU, and the versions of what computes on it."""
        runtime = self.xp.cuda.runtime
        found = {
            "gpu": self.be.device.name,
            "cupy": str(self.xp.__version__),
            "cuda runtime": str(runtime.runtimeGetVersion()),
            "cuda driver": str(runtime.driverGetVersion()),
            "nvrtc": ".".join(map(str, nvrtc.load().version)),
        }
        if self.torch is not None:
            found |= {"torch": self.torch.__version__, "torch's cuda": str(self.torch.version.cuda)}
            found["cudnn"] = str(self.torch.backends.cudnn.version())
        return found

    def launch_costs(self) -> dict[str, float]:
        """Microseconds of the host for one call on tiny arrays, the device never behind."""
        import autograd as ag

        x, y = self.arrays(32, count=2)
        kernel, n = self.be.kernel("elementwise", "relu", x.dtype), x.size
        t, a = ag.zeros(32, device="cuda"), self.arrays(32, 32, count=1)[0]
        geo = Conv.of((2, 16, 8, 8), (16, 16, 3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)
        image, weight = (self.arrays(*shape, channels_last=True)[0] for shape in ((2, 16, 8, 8), (16, 16, 3, 3)))
        calls: dict[str, Callable[[], Any]] = {
            "kernel": lambda: kernel(1, 32, x, y, n),
            "relu of an array": lambda: self.be.relu(x),
            "relu of a tensor": lambda: ag.relu(t),
            "matmul of arrays": lambda: self.be.matmul(a, a),
            "conv of arrays": lambda: self.be.conv(image, weight, None, geo),
            "cupy.add": lambda: self.xp.add(x, y),
            "empty": lambda: self.xp.empty(32, "float32"),
        }
        if self.torch is not None:
            u = self.torch.zeros(32, device=self.place)
            calls["torch.relu"] = lambda: self.torch.relu(u)
            v, w = self.shared([image])[0], self.shared([weight])[0]
            calls["torch.conv2d"] = lambda: self.torch.nn.functional.conv2d(v, w, None, 1, 1)
        return {name: self._host_time(call) for name, call in calls.items()}

    def _host_time(self, call: Callable[[], Any]) -> float:
        times = []
        for _ in range(30):
            self.be.synchronize()
            begin = time.perf_counter()
            for _ in range(CALLS):
                call()
            times.append((time.perf_counter() - begin) / CALLS * 1e6)
        return round(median(times), 2)

    # -- rows ------------------------------------------------------------------------------------------------------------
    def convolutions(self) -> Iterator[Row]:
        """Three directions, TF32 and half, both engines in channels_last."""
        settings.conv_tf32 = True
        for name, (n, c, h, w, o, k, stride, padding) in CONVOLUTIONS.items():
            groups = c if name == "depthwise" else 1
            for dtype, label in (("float32", "tf32"), ("float16", "half")):
                geo = Conv.of(
                    (n, c, h, w), (o, c // groups, k, k), stride=(stride,) * 2, padding=(padding,) * 2,
                    dilation=(1, 1), groups=groups,
                )  # fmt: skip
                xs = self.arrays(n, c, h, w, dtype=dtype, channels_last=True)
                gs = self.arrays(n, o, *geo.out, dtype=dtype, channels_last=True)
                (wt,) = self.arrays(o, c // groups, k, k, dtype=dtype, count=1)
                flops = 2.0 * n * o * geo.out[0] * geo.out[1] * c // groups * k * k
                for direction in ("forward", "input", "weight"):
                    ours, theirs = self._convolution(direction, xs, gs, wt, geo)
                    yield Row(f"{name} {label} {direction}", ours, theirs, flops, label, chosen=True)

    def _convolution(self, direction: str, xs: Any, gs: Any, wt: Any, geo: Conv) -> tuple[Any, Any]:
        be = self.be
        ours = {
            "forward": lambda i: be.conv(xs[i], wt, None, geo),
            "input": lambda i: be.conv_input(gs[i], wt, geo),
            "weight": lambda i: be.conv_weight(gs[i], xs[i], geo),
        }[direction]
        if self.torch is None:
            return ours, None
        torch = self.torch
        tx, tg = self.shared(xs), self.shared(gs)
        tw = self.shared([wt])[0].contiguous(memory_format=torch.channels_last)
        torch.backends.cudnn.benchmark = True

        def backward(i: int, mask: list[bool]) -> Any:
            return torch.ops.aten.convolution_backward(
                tg[i], tx[i], tw, None, geo.stride, geo.padding, geo.dilation, False, [0, 0], geo.groups, mask
            )

        theirs = {
            "forward": lambda i: torch.nn.functional.conv2d(
                tx[i], tw, None, geo.stride, geo.padding, geo.dilation, geo.groups
            ),
            "input": lambda i: backward(i, [True, False, False]),
            "weight": lambda i: backward(i, [False, True, False]),
        }[direction]
        return ours, theirs

    def memory_bound(self) -> Iterator[Row]:
        """Kernels whose time is the bytes they move."""
        be, torch = self.be, self.torch
        functional = torch.nn.functional if torch else None
        x = self.arrays(LONG)
        t = self.shared(x)
        yield Row("relu", lambda i: be.relu(x[i]), torch and (lambda i: torch.relu(t[i])), amount=8 * x[0].size)
        yield Row(
            "gelu", lambda i: be.gelu(x[i], False), torch and (lambda i: functional.gelu(t[i])), amount=8 * x[0].size
        )
        yield Row(
            "dropout", lambda i: be.dropout(x[i], 0.5, 1, 0), torch and (lambda i: functional.dropout(t[i], 0.5)),
            amount=9 * x[0].size,
        )  # fmt: skip
        n = x[0].size
        yield Row(
            "normal", lambda i: be.normal((n,), np.dtype("float32"), 0.0, 1.0, i, 0),
            torch and (lambda i: torch.randn(n, device=self.place)), amount=4 * n,
        )  # fmt: skip
        for m, d in ROWS:
            yield from self._rows(m, d)
        yield from self._planes()
        yield from self._optimizers()

    def _rows(self, m: int, d: int) -> Iterator[Row]:
        """Kernels of rows (M,D)."""
        be, torch = self.be, self.torch
        functional = torch.nn.functional if torch else None
        x, w, b = self.arrays(m, d), *self.arrays(d)
        target = be.asarray(self.rng.integers(0, d, m))
        t, (tw, tb) = self.shared(x), self.shared([w, b]) or (None, None)
        tt = self.shared([target])
        size, name = x[0].size, f"({m}, {d})"
        yield Row(
            f"layer_norm {name}", lambda i: be.layer_norm(x[i], w, b, 1e-5),
            torch and (lambda i: functional.layer_norm(t[i], (d,), tw, tb)), amount=8 * size,
        )  # fmt: skip
        yield Row(
            f"softmax {name}", lambda i: be.softmax(x[i], 1), torch and (lambda i: torch.softmax(t[i], 1)),
            amount=8 * size,
        )  # fmt: skip
        yield Row(
            f"cross_entropy {name}", lambda i: be.cross_entropy(x[i], target, None, -100, 0.0),
            torch and (lambda i: functional.cross_entropy(t[i], tt[0], reduction="none")), amount=4 * size,
        )  # fmt: skip
        _, mean, rstd = be.layer_norm(x[0], w, b, 1e-5)
        shared = self.shared([mean.reshape(m, 1), rstd.reshape(m, 1)])
        yield Row(
            f"layer_norm_grad {name}", lambda i: be.layer_norm_grad(x[1], x[0], w, mean, rstd),
            torch and (lambda i: torch.ops.aten.native_layer_norm_backward(
                t[1], t[0], (d,), *shared, tw, tb, [True, True, True])),
            amount=12 * size,
        )  # fmt: skip

    def _planes(self) -> Iterator[Row]:
        """Kernels of images (N,C,H,W), in both layouts."""
        be, torch = self.be, self.torch
        functional = torch.nn.functional if torch else None
        for last, layout in ((False, "NCHW"), (True, "NHWC")):
            x = self.arrays(*PLANES, channels_last=last)
            w, b = self.arrays(PLANES[1])
            t, (tw, tb) = self.shared(x), self.shared([w, b]) or (None, None)
            size = x[0].size
            yield Row(
                f"batch_norm {layout}", lambda i, x=x, w=w, b=b: be.batch_norm(x[i], w, b, 1e-5),
                torch and (lambda i, t=t, tw=tw, tb=tb: functional.batch_norm(t[i], None, None, tw, tb, True)),
                amount=12 * size,
            )  # fmt: skip
            _, mean, var = be.batch_norm(x[0], w, b, 1e-5)
            stats = self.shared([mean, 1 / self.xp.sqrt(var + 1e-5)])
            yield Row(
                f"batch_norm_grad {layout}",
                lambda i, x=x, w=w, mean=mean, var=var: be.batch_norm_grad(x[1], x[0], w, mean, var, 1e-5),
                torch and (lambda i, t=t, tw=tw, stats=stats: torch.ops.aten.native_batch_norm_backward(
                    t[1], t[0], tw, None, None, *stats, True, 1e-5, [True, True, True])),
                amount=20 * size,
            )  # fmt: skip
            yield Row(
                f"batch_norm + residual + relu {layout}",
                lambda i, x=x, w=w, b=b: be.batch_norm_relu(x[i], w, b, x[1 - i], 1e-5),
                torch and (lambda i, t=t, tw=tw, tb=tb: functional.batch_norm(
                    t[i], None, None, tw, tb, True).add_(t[1 - i]).relu_()),
                amount=16 * size,
            )  # fmt: skip
            yield Row(
                f"batch_norm + residual + relu, gradient {layout}",
                lambda i, x=x, w=w, mean=mean, var=var: be.batch_norm_relu_grad(
                    x[1], x[i], x[0], w, mean, var, 1e-5, True),
                torch and (lambda i, t=t, tw=tw, stats=stats: torch.ops.aten.native_batch_norm_backward(
                    torch.ops.aten.threshold_backward(t[1], t[i], 0), t[0], tw, None, None, *stats, True, 1e-5,
                    [True, True, True])),
                amount=28 * size,
            )  # fmt: skip
            geo = Pool.of(x[0].shape, kernel=(3, 3), stride=(2, 2), padding=(1, 1), dilation=(1, 1))
            yield Row(
                f"max_pool 3/2 {layout}", lambda i, x=x, geo=geo: be.max_pool(x[i], geo),
                torch and (lambda i, t=t: torch.ops.aten.max_pool2d_with_indices(t[i], 3, 2, 1)), amount=6 * size,
            )  # fmt: skip
            y, index = be.max_pool(x[0], geo)
            ty = self.shared([y])
            tindex = torch and torch.ops.aten.max_pool2d_with_indices(t[0], 3, 2, 1)[1]
            yield Row(
                f"max_pool_grad 3/2 {layout}",
                lambda i, y=y, index=index, geo=geo: be.pool_scatter(y, index, geo.size, geo),
                torch and (lambda i, ty=ty, t=t, k=tindex: torch.ops.aten.max_pool2d_with_indices_backward(
                    ty[0], t[0], [3, 3], [2, 2], [1, 1], [1, 1], False, k)),
                amount=6 * size,
            )  # fmt: skip

    def _optimizers(self) -> Iterator[Row]:
        """One step over the parameters of AlexNet."""
        be, torch = self.be, self.torch
        params, grads, first, second = ([self.arrays(*s, count=1)[0] for s in PARAMETERS] for _ in range(4))
        second = [a * a for a in second]
        count = sum(p.size for p in params)
        steps = [1] * len(PARAMETERS)
        theirs = None
        if torch:
            tensors = [torch.nn.Parameter(torch.randn(s, device=self.place)) for s in PARAMETERS]
            for p in tensors:
                p.grad = torch.randn_like(p)
            rule = torch.optim.Adam(tensors, fused=True)
            theirs = lambda i: rule.step()
        adam = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0}
        yield Row(
            "adam, AlexNet",
            lambda i: be.adam_(params, grads, first, second, [], steps, **adam, decoupled=False, maximize=False),
            theirs, amount=28 * count,
        )  # fmt: skip
        if torch:
            momentum = torch.optim.SGD(tensors, lr=1e-3, momentum=0.9, fused=True)
            theirs = lambda i: momentum.step()
        sgd = {"lr": 1e-3, "momentum": 0.9, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}
        yield Row(
            "sgd with momentum, AlexNet", lambda i: be.sgd_(params, grads, first, **sgd, maximize=False),
            theirs, amount=20 * count,
        )  # fmt: skip

    def others(self) -> Iterator[Row]:
        """Matrix products and attention."""
        be, torch = self.be, self.torch
        for n in PRODUCTS:
            a, b = self.arrays(n, n), self.arrays(n, n)
            ta, tb = self.shared(a), self.shared(b)
            yield Row(
                f"matmul {n} float32", lambda i, a=a, b=b: be.matmul(a[i], b[i]),
                torch and (lambda i, ta=ta, tb=tb: ta[i] @ tb[i]), 2.0 * n**3, "float32",
            )  # fmt: skip
        (n, heads, steps, width), scale = ATTENTION, ATTENTION[-1] ** -0.5
        q, k, v = (self.arrays(*ATTENTION) for _ in range(3))
        tq, tk, tv = map(self.shared, (q, k, v))
        attend = torch and torch.nn.functional.scaled_dot_product_attention
        yield Row(
            f"attention {ATTENTION} float32", lambda i: be.attention(q[i], k[i], v[i], None, scale, False),
            torch and (lambda i: attend(tq[i], tk[i], tv[i])), 4.0 * n * heads * steps**2 * width, "float32",
        )  # fmt: skip
        m, d, rows = TABLE
        src, index = self.arrays(m, d), be.asarray(self.rng.integers(0, rows, m))
        ts, ti = self.shared(src), self.shared([index])
        yield Row(
            f"scatter_rows ({m}, {d}) -> {rows}", lambda i: be.scatter_rows(src[i], index, rows),
            torch and (lambda i: torch.zeros(rows, d, device=self.place).index_add_(0, ti[0], ts[i])),
            amount=8 * src[0].size,
        )  # fmt: skip


if __name__ == "__main__":
    main()
