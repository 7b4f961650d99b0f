"""Whole training steps against PyTorch on the same cores: forward, loss, backward and the optimiser's update.

``python -m benchmarks race [--workloads mlp lenet5 ...] [--optimizers sgd adam] [--rounds 9] [--keep] [--check]``

Each engine waits in a process of its own and is woken in turn, on batches of random numbers that take turns; warm-up is left
out. PyTorch first runs in every way it can (contiguous or channels_last, the default or the fused optimiser); the fastest
of them then races. A ratio is PyTorch's time over ours in the same round, the figure the median over rounds. Memory is the
most that the process held during the steps. ``--check`` compares the ratios with those kept in ``results`` for this kind of
processor and ends with status 1, and keeps nothing, when their geometric mean has fallen by more than 10 % or one of them by
more than 20 %.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from math import exp, log
from statistics import mean, median
from typing import Any

from benchmarks.count import need
from benchmarks.harness import (
    PAUSE,
    Runner,
    architecture,
    child,
    forget_peak,
    hardware,
    keep,
    kept,
    kept_here,
    memory,
    results,
    spread,
)
from benchmarks.workloads import WORKLOADS, Workload

KEPT = f"{architecture()}/race"  # under benchmarks/results
NAMES = [
    "mlp", "lenet5", "resnet20", "alexnet", "vgg11_narrow", "depthwise", "lstm", "gru", "transformer", "unet",
]  # fmt: skip
OPTIMIZERS: dict[str, tuple[str, dict[str, float]]] = {
    "sgd": ("SGD", {"lr": 1e-3, "momentum": 0.9}),
    "adam": ("Adam", {"lr": 1e-4}),
}
BATCHES = 4  # that take turns
WARM_UP = 3  # steps
TRIALS = 5  # turns of each of PyTorch's ways: one after the other, the state of the machine would choose
MEGABYTE = 1 << 20
MEAN_FALL, ONE_FALL = 0.10, 0.20  # of the ratio, all workloads' and one's, that ``--check`` tolerates


def main(words: list[str] | None = None) -> None:
    """Prints the table, or (``--engine``) answers one engine's questions."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks race")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=NAMES)
    parser.add_argument("--optimizers", nargs="+", choices=OPTIMIZERS, default=list(OPTIMIZERS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each engine in a round")
    parser.add_argument("--keep", action="store_true", help="write figures and picture into benchmarks/results")
    parser.add_argument("--check", action="store_true", help="end with status 1 when slower than the figures kept")
    parser.add_argument("--engine", choices=("twingrad", "torch"))
    parser.add_argument("--variant", nargs="*", default=[], choices=("channels_last", "fused"))
    arguments = parser.parse_args(words)
    if arguments.engine:
        serve(arguments)
        return
    machine, figures_before = kept(KEPT)
    before = figures_before.get("races", {})
    if arguments.check and not any(f"{w} {o}" in before for w in arguments.workloads for o in arguments.optimizers):
        parser.error(
            f"--check compares with results/{KEPT}.json, which has none of these; keep figures first by --keep"
        )
    figures: dict[str, Any] = {"peak before": child("benchmarks.peak", "twingrad"), "races": {}}
    print(hardware(), show(figures["peak before"]), HEAD, sep="\n")
    for workload in arguments.workloads:
        for optimizer in arguments.optimizers:
            name = f"{workload} {optimizer}"
            figures["races"][name] = race(workload, optimizer, arguments.rounds, arguments.seconds)
            print(row(name, figures["races"][name], figures["peak before"]["flops"], before.get(name)), flush=True)
    figures["peak after"] = child("benchmarks.peak", "twingrad")
    print(show(figures["peak after"]))
    if arguments.check:
        check(figures["races"], before, machine)
    races = figures["races"]
    if arguments.keep:
        joined = kept_here(KEPT).get("races", {}) | races
        races = {f"{w} {o}": joined[f"{w} {o}"] for w in WORKLOADS for o in OPTIMIZERS if f"{w} {o}" in joined}
        keep(KEPT, figures | {"races": races})
        picture(races, str(results(f"{KEPT}.png")))
    for optimizer in OPTIMIZERS:
        if ratios := [r["ratio"] for name, r in races.items() if name.endswith(optimizer)]:
            print(f"geometric mean of {len(ratios)} workloads with {optimizer}: {geometric_mean(ratios):.2f}")


def check(races: dict[str, Any], before: dict[str, Any], machine: dict[str, str]) -> None:
    """Says whether the ratios are those kept before, on that machine; ends the process where they have fallen."""
    now = hardware()
    differs = ", ".join(
        f"{key} {machine.get(key, 'unknown')}, now {now[key]}" for key in now if machine.get(key) != now[key]
    )
    if differs:
        print(f"the figures kept are of another machine or of other versions: {differs}")
    if falls := slower(races, before):
        raise SystemExit("\n".join(falls))
    print("as fast as the figures kept")


def slower(races: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """Where ratios have fallen further than is tolerated, a sentence each; what was not kept is not compared."""
    changes = {name: races[name]["ratio"] / before[name]["ratio"] for name in races if name in before}
    tolerated = [("geometric mean", geometric_mean(changes.values()), MEAN_FALL)]
    tolerated += [(name, change, ONE_FALL) for name, change in changes.items()]
    return [
        f"{name}: the ratio is {1 - change:.0%} below the one kept; {fall:.0%} are tolerated"
        for name, change, fall in tolerated
        if change < 1 - fall
    ]


def race(workload: str, optimizer: str, rounds: int, seconds: float) -> dict[str, Any]:
    """Ours against the fastest of PyTorch's ways."""
    common = ("--workloads", workload, "--optimizers", optimizer)
    ours = Runner("benchmarks.race", "twingrad", *common)
    ways: list[tuple[str, ...]] = [(), ("fused",)]
    if ours.ready["images"]:
        ways += [("channels_last",), ("channels_last", "fused")]
    runners = {way: Runner("benchmarks.race", "torch", *common, "--variant", *way) for way in ways}
    tried: dict[tuple[str, ...], list[float]] = {way: [] for way in ways}
    for _ in range(TRIALS):
        for way, runner in runners.items():
            tried[way].append(median(_turn(runner, seconds / 2)["ms"]))
    trials = {way: median(times) for way, times in tried.items()}
    fastest = min(trials, key=trials.__getitem__)
    theirs = runners.pop(fastest)
    for runner in runners.values():
        runner.close()
    turns = [(_turn(ours, seconds), _turn(theirs, seconds)) for _ in range(rounds)]
    ours.close()
    theirs.close()
    mine, others = ([median(turn[k]["ms"]) for turn in turns] for k in (0, 1))
    ratios = [b / a for a, b in zip(mine, others, strict=True)]
    low, ratio, high = spread(ratios)
    return {
        "ratio": ratio, "least ratio": low, "most ratio": high, "ms": median(mine), "torch ms": median(others),
        "torch way": " ".join(fastest) or "default", "torch ways": {" ".join(w) or "default": t for w, t in trials.items()},
        "memory": max(turn[0]["memory"] for turn in turns), "torch memory": max(turn[1]["memory"] for turn in turns),
        "memory at import": ours.ready["memory"], "torch memory at import": theirs.ready["memory"],
        "flops": ours.ready["flops"], "samples": ours.ready["samples"],
    }  # fmt: skip


def _turn(runner: Runner, seconds: float) -> dict[str, Any]:
    """One engine's steps, after a pause."""
    time.sleep(PAUSE)
    answer: dict[str, Any] = runner.ask(str(seconds))
    return answer


# -- one engine ------------------------------------------------------------------------------------------------------


def serve(arguments: argparse.Namespace) -> None:
    """Answers each number of seconds with the milliseconds of the steps that it made in them, at least two."""
    torch = importlib.import_module("torch" if arguments.engine == "torch" else "autograd")
    (torch.ones(64, 64) @ torch.ones(64, 64)).tolist()  # loads what every program loads
    at_import = memory("VmRSS")
    torch.manual_seed(0)
    entry = WORKLOADS[arguments.workloads[0]]
    workload = entry.build(torch, torch.nn, entry.cpu_batch)
    least = need(workload, "cpu", arguments.optimizers[0])
    step, images = training_step(torch, workload, arguments.optimizers[0], arguments.variant)
    for i in range(WARM_UP):
        step(i)
    facts = {"flops": least.flops, "samples": workload.size, "memory": at_import, "images": images}
    print(json.dumps(facts), flush=True)
    forget_peak()
    for question in sys.stdin:
        step(0)  # wakes the threads
        start = last = time.perf_counter()
        times: list[float] = []
        while last - start < float(question) or len(times) < 2:
            step(len(times))
            now = time.perf_counter()
            times.append((now - last) * 1e3)
            last = now
        print(json.dumps({"ms": times, "memory": memory("VmHWM")}), flush=True)


def training_step(
    torch: Any, workload: Workload, optimizer: str, variant: Sequence[str] = ()
) -> tuple[Callable[[int], None], bool]:
    """A function that trains one step on batch i; whether inputs are images."""
    batches = [workload.batch("cpu") for _ in range(BATCHES)]
    images = batches[0][0].ndim == 4
    if "channels_last" in variant:
        workload.model.to(memory_format=torch.channels_last)
        batches = [(x.contiguous(memory_format=torch.channels_last), y) for x, y in batches]
    rule, options = OPTIMIZERS[optimizer]
    fused = {"fused": True} if "fused" in variant else {}
    update = getattr(torch.optim, rule)(workload.model.parameters(), **options, **fused)

    def step(i: int) -> None:
        inputs, targets = batches[i % BATCHES]
        update.zero_grad()
        loss = workload.loss(workload.model, inputs, targets)
        loss.backward()
        update.step()

    return step, images


# -- what is shown -----------------------------------------------------------------------------------------------------

HEAD = (
    f"{'workload':<19}{'ms':>9}{'torch ms':>10}  {'way':<20}{'ratio (spread)':>20}{'before':>8}"
    f"{'MB':>7}{'torch':>7}{'of peak':>9}"
)


def row(name: str, figures: dict[str, Any], peak: float, before: dict[str, Any] | None) -> str:
    """One line of the table."""
    ratio = f"{figures['ratio']:.2f} ({figures['least ratio']:.2f}-{figures['most ratio']:.2f})"
    was = f"{before['ratio']:.2f}" if before else "-"
    share = figures["flops"] / figures["ms"] * 1e3 / peak
    return (
        f"{name:<19}{figures['ms']:>9.2f}{figures['torch ms']:>10.2f}  {figures['torch way']:<20}{ratio:>20}{was:>8}"
        f"{figures['memory'] / MEGABYTE:>7.0f}{figures['torch memory'] / MEGABYTE:>7.0f}{share:>9.0%}"
    )


def show(peak: dict[str, float]) -> str:
    """The processor's rates in words."""
    return f"this processor just now: {peak['flops'] / 1e9:.0f} GFLOP/s, {peak['bytes'] / 1e9:.1f} GB/s of a copy"


def geometric_mean(values: Iterable[float]) -> float:
    """exp of the mean logarithm."""
    return exp(mean(log(value) for value in values))


def picture(races: dict[str, dict[str, Any]], path: str) -> None:
    """Ratios as bars, with their spread, on a logarithmic axis; above 1 we are faster."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = sorted(races, key=lambda name: float(races[name]["ratio"]))
    ratios = [races[name]["ratio"] for name in names]
    below = [races[name]["ratio"] - races[name]["least ratio"] for name in names]
    above = [races[name]["most ratio"] - races[name]["ratio"] for name in names]
    _, axes = plt.subplots(figsize=(8, 0.3 * len(names) + 1.6), layout="constrained")
    colours = ["tab:blue" if ratio >= 1 else "tab:red" for ratio in ratios]
    lengths = [ratio - 1 for ratio in ratios]
    axes.barh(
        names, lengths, left=1, xerr=[below, above], color=colours, error_kw={"ecolor": "0.3", "elinewidth": 0.8}
    )  # fmt: skip
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(min(ratios) * 0.85, max(ratios) * 1.2)
    ticks = [t for t in (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8) if min(ratios) * 0.85 <= t <= max(ratios) * 1.2]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("PyTorch's time for a training step, over ours")
    machine = hardware()
    axes.set_title(f"{machine['processor']}, torch {machine['torch']}", fontsize="medium")
    plt.savefig(path, dpi=120)
    plt.close()


if __name__ == "__main__":
    main()
