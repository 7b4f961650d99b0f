"""How time and memory of a training step grow with the batch, the depth and the length of sequences.

``python -m benchmarks sweep [--axes batch depth ...] [--rounds 3] [--keep]``

The two engines wait in processes of their own and take turns at each size. A line a + b*n is fitted to the times and to the
memory by least squares of the relative deviations, the largest of which is shown beside it; the exponent is the slope of
log time over log n. A transformer, whose attention compares each step of a sequence with each other, gets a parabola
a + b*n + c*n^2 as well, and the share of its last term at the largest n. Memory is the most during the steps above what the
process holds after a step of a tiny network.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.harness import PAUSE, Runner, architecture, forget_peak, hardware, keep, kept_here, memory, results
from benchmarks.race import training_step
from benchmarks.workloads import Workload, gru, lenet5, lstm, transformer

KEPT = f"{architecture()}/sweep"  # under benchmarks/results
ENGINES = ("twingrad", "torch")
WARM_UP = 2  # steps
WIDTH, SAMPLES = 256, 64  # of the deep network
Step = Callable[[int], Any]


class Axis(NamedTuple):
    """What grows."""

    title: str
    sizes: tuple[int, ...]
    build: Callable[[Any, int], Step]  # of the engine and the size
    quadratic: bool = False  # in the end


def trained(build: Callable[[Any, Any, int], Workload]) -> Callable[[Any, int], Step]:
    """Steps of Adam on a workload of a size."""

    def step(torch: Any, n: int) -> Step:
        return training_step(torch, build(torch, torch.nn, n), "adam")[0]

    return step


def deep(torch: Any, nn: Any, layers: int) -> Workload:
    """A network of many equal layers."""
    model = nn.Sequential(*(layer for _ in range(layers) for layer in (nn.Linear(WIDTH, WIDTH), nn.ReLU())))

    def batch(device: str) -> tuple[Any, Any]:
        return torch.randn(SAMPLES, WIDTH, device=device), torch.randint(0, WIDTH, (SAMPLES,), device=device)

    def loss(model: Any, inputs: Any, targets: Any) -> Any:
        return torch.nn.functional.cross_entropy(model(inputs), targets)

    return Workload(model, batch, loss, SAMPLES)


def chain(torch: Any, operations: int) -> Step:
    """Operations on one number, one after the other."""
    x, w, b = (torch.full((1,), v, requires_grad=True) for v in (0.01, 1.0, 0.0))

    def step(i: int) -> None:
        y = x
        for _ in range(operations // 3):
            y = torch.tanh(y * w + b)
        y.backward()
        x.grad = w.grad = b.grad = None

    return step


AXES = {
    "batch": Axis("LeNet-5, samples of a batch", (16, 32, 64, 128, 256, 512), trained(lenet5)),
    "depth": Axis(f"MLP, layers of {WIDTH} units", (4, 8, 16, 32, 64), trained(deep)),
    "chain": Axis("operations on one number", (1_000, 3_000, 10_000, 30_000, 100_000), chain),
    "lstm": Axis("LSTM, steps", (16, 32, 64, 128, 256, 512), trained(lambda torch, nn, n: lstm(torch, nn, 32, n))),
    "gru": Axis("GRU, steps", (16, 32, 64, 128, 256, 512), trained(lambda torch, nn, n: gru(torch, nn, 32, n))),
    "transformer": Axis(
        "transformer, steps",
        (64, 128, 192, 256, 384, 512),
        trained(lambda torch, nn, n: transformer(torch, nn, 4, n)),
        quadratic=True,
    ),
}


def main(words: list[str] | None = None) -> None:
    """Prints the tables, or (``--engine``) answers one engine's questions."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks sweep")
    parser.add_argument("--axes", nargs="+", choices=AXES, default=list(AXES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each engine in a round")
    parser.add_argument("--keep", action="store_true", help="write figures and picture into benchmarks/results")
    parser.add_argument("--engine", choices=ENGINES)
    arguments = parser.parse_args(words)
    if arguments.engine:
        serve(arguments.engine, AXES[arguments.axes[0]])
        return
    figures: dict[str, Any] = {}
    print(hardware())
    for name in arguments.axes:
        figures[name] = sweep(name, arguments.rounds, arguments.seconds)
        print(table(name, figures[name]), flush=True)
    if arguments.keep:
        figures = kept_here(KEPT) | figures
        figures = {name: figures[name] for name in AXES if name in figures}
        keep(KEPT, figures)
        picture(figures, str(results(f"{KEPT}.png")))


def sweep(name: str, rounds: int, seconds: float) -> dict[str, Any]:
    """Both engines at every size, the smallest first: milliseconds and bytes, and what they follow."""
    sizes = AXES[name].sizes
    runners = {engine: Runner("benchmarks.sweep", engine, "--axes", name) for engine in ENGINES}
    answers: dict[str, dict[int, list[Any]]] = {engine: {n: [] for n in sizes} for engine in ENGINES}
    for n in sizes:
        for _ in range(rounds):
            for engine, runner in runners.items():
                time.sleep(PAUSE)
                answers[engine][n].append(runner.ask(f"{n} {seconds}"))
    figures: dict[str, Any] = {"sizes": sizes}
    for engine, runner in runners.items():
        runner.close()
        rows = answers[engine]
        ms = {n: [a["ms"] for a in rows[n]] for n in sizes}
        bytes_ = [max(a["memory"] for a in rows[n]) for n in sizes]
        times = [median(ms[n]) for n in sizes]
        figures[engine] = {
            "ms": times, "ms of each round": list(ms.values()), "memory": bytes_,
            "time": fit(sizes, times), "bytes": fit(sizes, bytes_),
        }  # fmt: skip
        if AXES[name].quadratic:
            figures[engine]["parabola"] = fit(sizes, times, 2)
    return figures


def fit(sizes: tuple[int, ...], values: list[float], degree: int = 1) -> dict[str, Any]:
    """Coefficients of a polynomial of n, constant first; the largest relative deviation; the exponent of a power of n."""
    n, y = np.array(sizes, float), np.maximum(np.array(values, float), 1e-9)
    terms = np.polyfit(n, y, degree, w=1 / y)
    power, _ = np.polyfit(np.log(n), np.log(y), 1)
    deviation = float((np.abs(np.polyval(terms, n) - y) / y).max())
    return {"terms": terms[::-1].tolist(), "deviation": deviation, "exponent": float(power)}


def table(name: str, figures: dict[str, Any]) -> str:
    """Times and memory by size, and the fits."""
    ours, theirs = (figures[engine] for engine in ENGINES)
    lines = [f"\n{AXES[name].title:<32}{'ms':>10}{'torch ms':>10}{'ratio':>8}{'MB':>9}{'torch MB':>10}"]
    for i, n in enumerate(figures["sizes"]):
        ratio, megabytes = theirs["ms"][i] / ours["ms"][i], [f["memory"][i] / 2**20 for f in (ours, theirs)]
        lines.append(
            f"{n:>32}{ours['ms'][i]:>10.2f}{theirs['ms'][i]:>10.2f}{ratio:>8.2f}{megabytes[0]:>9.1f}{megabytes[1]:>10.1f}"
        )
    for engine in ENGINES:
        for what, unit, scale in (("time", "us", 1e3), ("bytes", "kB", 1e-3)):
            law = figures[engine][what]
            a, b = (term * scale for term in law["terms"])
            off = f"at most {law['deviation']:.0%} off; exponent {law['exponent']:.2f}"
            lines.append(f"  {engine} {what}: {a:.0f} + {b:.3g} n {unit}, {off}")
        if parabola := figures[engine].get("parabola"):
            (a, b, c), n = (term * 1e3 for term in parabola["terms"]), figures["sizes"][-1]
            share = c * n * n / (a + b * n + c * n * n)
            off = f"at most {parabola['deviation']:.0%} off; n^2 is {share:.0%} of it at {n}"
            lines.append(f"  {engine} time: {a:.0f} + {b:.3g} n + {c:.3g} n^2 us, {off}")
    return "\n".join(lines)


# -- one engine ------------------------------------------------------------------------------------------------------


def serve(engine: str, axis: Axis) -> None:
    """Answers each line, a size and seconds, with the median step and the most memory of that size."""
    torch = importlib.import_module("torch" if engine == "torch" else "autograd")
    torch.manual_seed(0)
    tiny = training_step(torch, deep(torch, torch.nn, 1), "adam")[0]
    tiny(0)
    base = memory("VmRSS")
    print("{}", flush=True)
    current, step = 0, tiny
    for question in sys.stdin:
        n, seconds = int(question.split()[0]), float(question.split()[1])
        if n != current:
            step = tiny
            gc.collect()
            current, step = n, axis.build(torch, n)
            for i in range(WARM_UP):
                step(i)
        forget_peak()
        step(0)  # wakes the threads
        times: list[float] = []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end or len(times) < 2:
            start = time.perf_counter()
            step(len(times))
            times.append((time.perf_counter() - start) * 1e3)
        print(json.dumps({"ms": median(times), "memory": memory("VmHWM") - base}), flush=True)


# -- what is shown -----------------------------------------------------------------------------------------------------


def picture(figures: dict[str, Any], path: str) -> None:
    """Time and memory over size on logarithmic axes, one column for each of what grows."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator

    rows = -(-len(figures) // 3)
    columns = min(3, len(figures))
    size = (4 * columns, 5.6 * rows + 0.5)
    _, panels = plt.subplots(2 * rows, columns, figsize=size, layout="constrained", squeeze=False)
    for panel in panels.flat:
        panel.set_visible(False)
    for k, (name, values) in enumerate(figures.items()):
        upper, lower = panels[2 * (k // columns)][k % columns], panels[2 * (k // columns) + 1][k % columns]
        for panel, what, label, scale in ((upper, "ms", "ms of a step", 1), (lower, "memory", "MB at most", 2**-20)):
            law = "time" if what == "ms" else "bytes"
            panel.set_visible(True)
            for engine, mark in zip(ENGINES, ("o-", "s--"), strict=True):
                power = values[engine][law]["exponent"]
                heights = [max(v, 0) * scale for v in values[engine][what]]
                panel.plot(values["sizes"], heights, mark, label=f"{engine}: n^{power:.2f}", markersize=4)
            panel.set_xscale("log")
            panel.set_yscale("log")
            panel.set_ylabel(label)
            panel.set_xticks(values["sizes"], [f"{n:g}" if n < 1000 else f"{n // 1000}k" for n in values["sizes"]])
            panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            panel.yaxis.set_major_formatter("{x:g}")
            panel.minorticks_off()
            panel.grid(alpha=0.3)
            panel.legend(fontsize="small")
        upper.set_title(AXES[name].title, fontsize="medium")
        lower.set_xlabel("n")
    machine = hardware()
    plt.suptitle(f"A training step on {machine['processor']}, torch {machine['torch']}", fontsize="medium")
    plt.savefig(path, dpi=100)
    plt.close()


if __name__ == "__main__":
    main()
