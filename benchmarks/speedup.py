"""How much faster the GPU trains: whole steps on each device, against PyTorch on the same device.

``python -m benchmarks speedup [--models mlp lenet5 ...] [--devices cpu cuda] [--optimizer sgd] [--keep]``

A step is forward, loss, backward and the optimiser's update, on a batch of random numbers out of several that take
turns. Warm-up is left out, the device is waited for, the figure is the median of many. Every engine runs in a process of
its own. On a GPU PyTorch runs as it comes ("eager": TF32 convolutions, float32 products), tuned ("tuned": channels_last,
TF32 products, bfloat16 autocast, chosen algorithms, fused optimiser), and as a CUDA graph of that ("graph"); the share of
the floor is the time that the card's own measured rates allow (``count.py``) over ours.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import time
from statistics import median
from typing import Any

from benchmarks.count import need
from benchmarks.harness import child, hardware, keep, results, spread
from benchmarks.workloads import WORKLOADS, Workload

MODELS = ["mlp", "lenet5", "alexnet", "vgg11", "resnet18", "lstm", "transformer"]
VARIANTS = {
    ("twingrad", "cpu"): ("eager",),
    ("torch", "cpu"): ("eager",),
    ("twingrad", "cuda"): ("eager", "tuned"),
    ("torch", "cuda"): ("eager", "tuned", "graph"),
}
BATCHES = 4  # that take turns
WARM_UP = 3  # steps: kernels are compiled, algorithms chosen, buffers made


def main(words: list[str] | None = None) -> None:
    """Prints the table, or (``--engine``) the figures of one run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks speedup")
    parser.add_argument("--models", nargs="+", choices=WORKLOADS, default=MODELS)
    parser.add_argument("--devices", nargs="+", choices=("cpu", "cuda"), default=["cpu", "cuda"])
    parser.add_argument("--optimizer", choices=("sgd", "adam"), default="sgd")
    parser.add_argument("--batch", type=int, default=0, help="samples; 0: each model's usual number")
    parser.add_argument("--seconds", type=float, default=5.0, help="of measuring, for each row")
    parser.add_argument("--keep", action="store_true", help="write figures and picture into benchmarks/results")
    parser.add_argument("--engine", choices=("twingrad", "torch"))
    parser.add_argument("--variant", choices=("eager", "tuned", "graph"), default="eager")
    parser.add_argument("--rates", action="store_true", help="with --engine: measure the device's rates instead")
    arguments = parser.parse_args(words)
    if arguments.engine:
        (device,) = arguments.devices
        if arguments.rates:
            print(json.dumps(rates(device)))
        else:
            (model,) = arguments.models
            print(json.dumps(measure(arguments, model, device)))
        return
    figures = compare(arguments)
    print(hardware())
    print(table(figures))
    if arguments.keep and importlib.util.find_spec("matplotlib"):
        picture(figures, str(results(f"speedup_{arguments.optimizer}.png")))


def compare(arguments: argparse.Namespace) -> dict[str, Any]:
    """All runs, model by model; with ``--keep``, beside those that were kept on the same hardware, after each model."""
    devices = [device for device in arguments.devices if _present(device)]
    engines = ["twingrad"] + (["torch"] if importlib.util.find_spec("torch") else [])
    common = ("--optimizer", arguments.optimizer, "--batch", str(arguments.batch), "--seconds", str(arguments.seconds))
    question = f"speedup_{arguments.optimizer}"
    figures: dict[str, Any] = {"rates": {}, "models": {}} | (_kept(question) if arguments.keep else {})
    figures["clocks before"] = clocks()
    for device in devices:
        if device not in figures["rates"]:
            figures["rates"][device] = child("benchmarks.speedup", "twingrad", "--rates", "--devices", device)
    for model in arguments.models:
        rows = figures["models"].setdefault(model, {})
        for device in devices:
            for engine in engines:
                for variant in VARIANTS[engine, device]:
                    words = ("--models", model, "--devices", device, "--variant", variant, *common)
                    try:
                        row = child("benchmarks.speedup", engine, *words)
                    except RuntimeError as error:  # the other rows are worth having all the same
                        row = {"failed": str(error)}
                    rows[f"{device} {engine} {variant}"] = row
        figures["clocks after"] = clocks()
        if arguments.keep:
            keep(question, figures)
        print(f"{model} done", flush=True)
    return figures


def _kept(question: str) -> dict[str, Any]:
    """The figures that are kept, where they are of this hardware."""
    path = results(f"{question}.json")
    before: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    same = before.get("hardware") == hardware() and _name(before["figures"]["clocks before"]) == _name(clocks())
    return before["figures"] if same else {}


def _name(clocks: str) -> str:
    """The GPU's name."""
    return clocks.partition(",")[0]


def _present(device: str) -> bool:
    """Whether a device can be used; says why where it cannot."""
    from backends import registry

    state = registry.available()[device]
    if state != "ok":
        print(state)
    return state == "ok"


def clocks() -> str:
    """The GPU's name, driver, clocks and power just now; empty without one."""
    query = "name,driver_version,clocks.sm,clocks.mem,power.draw,temperature.gpu"
    try:
        done = subprocess.run(
            ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


# -- one run ---------------------------------------------------------------------------------------------------------


def measure(arguments: argparse.Namespace, model: str, device: str) -> dict[str, Any]:
    """Milliseconds of a step, and what it needs at least."""
    torch = importlib.import_module("torch" if arguments.engine == "torch" else "autograd")
    torch.manual_seed(0)
    entry = WORKLOADS[model]
    workload = entry.build(torch, torch.nn, arguments.batch or entry.batch)
    workload.model.to(device)
    least = need(workload, device, arguments.optimizer)
    step = _step(torch, workload, device, arguments)
    for i in range(WARM_UP):
        step(i)
    _wait(torch, device)
    chunk = 1 if device == "cpu" else 5  # steps between two waits: waiting after each would leave the GPU idle
    times, start = [], time.perf_counter()
    while len(times) < 3 or (time.perf_counter() - start < arguments.seconds and len(times) < 200):
        begin = time.perf_counter()
        for i in range(chunk):
            step(i)
        _wait(torch, device)
        times.append((time.perf_counter() - begin) / chunk * 1e3)
    low, middle, high = spread(times)
    memory = torch.cuda.max_memory_allocated() if device == "cuda" else 0
    return {
        "ms": middle, "least ms": low, "most ms": high, "repetitions": len(times), "steps each": chunk,
        "samples": workload.size, "flops": least.flops, "bytes": least.bytes, "memory": memory,
    }  # fmt: skip


def _step(torch: Any, workload: Workload, device: str, arguments: argparse.Namespace) -> Any:
    """A function that trains one step on batch i."""
    tuned = arguments.variant != "eager"
    rule = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[arguments.optimizer]
    options: dict[str, Any] = {"sgd": {"lr": 1e-3, "momentum": 0.9}, "adam": {"lr": 1e-4}}[arguments.optimizer]
    batches = [workload.batch(device) for _ in range(BATCHES)]
    if tuned:
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = True
        if batches[0][0].ndim == 4:
            workload.model.to(memory_format=torch.channels_last)
            batches = [(x.contiguous(memory_format=torch.channels_last), y) for x, y in batches]
        if arguments.engine == "torch":
            options["fused"] = True
            if arguments.variant == "graph" and arguments.optimizer == "adam":
                options["capturable"] = True
    optimizer = rule(workload.model.parameters(), **options)

    def step(i: int) -> None:
        inputs, targets = batches[i % BATCHES]
        optimizer.zero_grad()
        if tuned and arguments.engine == "torch":
            with torch.autocast(device, dtype=torch.bfloat16):
                loss = workload.loss(workload.model, inputs, targets)
        else:
            loss = workload.loss(workload.model, inputs, targets)
        loss.backward()
        optimizer.step()

    if arguments.variant == "graph":
        return _captured(torch, step, optimizer, batches)
    return step


def _captured(torch: Any, step: Any, optimizer: Any, batches: list[Any]) -> Any:
    """PyTorch's CUDA graph of a step on one batch's memory, into which each batch is copied first."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM_UP):
            step(0)
    torch.cuda.current_stream().wait_stream(side)
    optimizer.zero_grad(set_to_none=False)
    graph = torch.cuda.CUDAGraph()
    others = [(x.clone(), y.clone()) for x, y in batches]
    with torch.cuda.graph(graph):
        step(0)

    def replay(i: int) -> None:
        inputs, targets = others[i % BATCHES]
        batches[0][0].copy_(inputs)
        batches[0][1].copy_(targets)
        graph.replay()

    return replay


def _wait(torch: Any, device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def rates(device: str) -> dict[str, float]:
    """Bytes per second of a copy (read and written), operations per second: of a matrix product, or a CPU's peak."""
    if device == "cpu":
        from benchmarks import peak

        return peak.measure()
    import autograd as ag

    n, length = 8192, 1 << 28
    a, b, x = ag.randn(n, n, device=device), ag.randn(n, n, device=device), ag.randn(length, device=device)
    ag.backends.cuda.matmul.allow_tf32 = True
    figures = {}
    for name, work, amount in (("bytes", lambda: x.clone(), 8 * length), ("flops", lambda: a @ b, 2 * n**3)):
        times = []
        for _ in range(8):
            begin = time.perf_counter()
            work()
            _wait(ag, device)
            times.append(time.perf_counter() - begin)
        figures[name] = amount / median(times)
    return figures


# -- what is shown -----------------------------------------------------------------------------------------------------


def table(figures: dict[str, Any]) -> str:
    """Rows of models, devices and engines; the speed-up is over the same engine's CPU row."""
    lines = [
        f"{'model':<13}{'device':<8}{'engine':<10}{'variant':<9}{'ms':>10}{'samples/s':>12}{'speed-up':>10}{'floor':>8}"
    ]
    for model, rows in figures["models"].items():
        for key, row in rows.items():
            device, engine, variant = key.split()
            if "failed" in row:
                lines.append(f"{model:<13}{device:<8}{engine:<10}{variant:<9} failed: {row['failed']}")
                continue
            base = rows.get(f"cpu {engine} eager", {})
            faster = f"{base['ms'] / row['ms']:.1f}x" if "ms" in base else "-"
            rate = figures["rates"][device]
            floor = max(row["flops"] / rate["flops"], row["bytes"] / rate["bytes"]) * 1e3 / row["ms"]
            lines.append(
                f"{model:<13}{device:<8}{engine:<10}{variant:<9}{row['ms']:>10.2f}"
                f"{row['samples'] / row['ms'] * 1e3:>12,.0f}{faster:>10}{floor:>8.0%}"
            )
    return "\n".join(lines)


def picture(figures: dict[str, Any], path: str) -> None:
    """Samples per second of every row, as bars on a logarithmic axis."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    models = list(figures["models"])
    kinds = sorted({key for rows in figures["models"].values() for key in rows})
    _, axes = plt.subplots(figsize=(1.5 * len(models) + 3, 4.5), layout="constrained")
    for k, kind in enumerate(kinds):
        rows = [figures["models"][model].get(kind, {}) for model in models]
        height = [row["samples"] / row["ms"] * 1e3 if "ms" in row else 0.0 for row in rows]
        axes.bar([i + 0.8 * k / len(kinds) for i in range(len(models))], height, 0.8 / len(kinds), label=kind)
    axes.set_xticks([i + 0.4 - 0.4 / len(kinds) for i in range(len(models))], models)
    axes.set_yscale("log")
    axes.set_ylabel("training samples per second")
    axes.set_title("Training steps: forward, backward and update")
    axes.legend(fontsize="small")
    plt.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
