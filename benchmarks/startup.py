"""How long a program waits before it trains: imports, and the first steps with compiled kernels on disk and without.

``python -m benchmarks startup [--only import lenet5 transformer] [--rounds 15] [--cold 1] [--keep]``

Every figure is of a fresh process; the processes take turns. An import is the whole process ``python -c "import ..."``.
Steps are counted from a built model on: kernels are compiled, or loaded, by the first. A cold cache is an empty folder in
``NUMBA_CACHE_DIR``, a warm one the folder that the cold run has left.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.harness import ROOT, architecture, cell, child, hardware, keep, kept_here, take_turns
from benchmarks.race import training_step
from benchmarks.workloads import WORKLOADS

KEPT = f"{architecture()}/startup"  # under benchmarks/results
IMPORTS = {"python alone": "pass"} | {f"import {name}": f"import {name}" for name in ("numpy", "autograd", "torch")}
MODELS = ("lenet5", "transformer")
STEPS = 4


def main(words: list[str] | None = None) -> None:
    """Prints the tables, or (``--engine``) the steps of one process."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # packages come with theirs; a checkout gets it at the first import
    parser = argparse.ArgumentParser(prog="python -m benchmarks startup")
    parser.add_argument("--only", nargs="+", choices=("import", *MODELS), default=["import", *MODELS])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cold", type=int, default=1, help="runs with an empty cache of compiled kernels")
    parser.add_argument("--keep", action="store_true", help="write the figures into benchmarks/results")
    parser.add_argument("--engine", choices=("twingrad", "torch"))
    arguments = parser.parse_args(words)
    if arguments.engine:
        print(json.dumps(first_steps(arguments.engine, arguments.only[0])))
        return
    figures: dict[str, Any] = {}
    print(hardware())
    if "import" in arguments.only:
        figures["import"] = take_turns({n: partial(process, code) for n, code in IMPORTS.items()}, arguments.rounds)
        print(f"\n{'seconds of a process':<30}{'median (spread)':>24}")
        for name, seconds in figures["import"].items():
            print(f"{name:<30}{cell(seconds, 3):>24}")
    titles = ["import", *(f"step {i + 1}" for i in range(STEPS))]
    for model in (name for name in arguments.only if name != "import"):
        figures[model] = compare(model, arguments.rounds, arguments.cold)
        print(f"\n{f'{model}, seconds':<30}" + "".join(f"{title:>24}" for title in titles))
        for name, runs in figures[model].items():
            print(f"{name:<30}" + "".join(f"{cell([run[t] for run in runs], 3):>24}" for t in titles), flush=True)
    if arguments.keep:
        keep(KEPT, kept_here(KEPT) | figures)


def process(code: str) -> float:
    """Seconds of a fresh Python that runs ``code``."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    return time.perf_counter() - start


def compare(model: str, rounds: int, cold: int) -> dict[str, list[dict[str, float]]]:
    """Ours with a cold and with a warm cache, and PyTorch, which compiles nothing."""
    run: Callable[..., Any] = partial(child, "benchmarks.startup")
    with tempfile.TemporaryDirectory() as folder:
        caches = [{"NUMBA_CACHE_DIR": f"{folder}/{i}"} for i in range(cold)]
        first = [run("twingrad", "--only", model, environment=cache) for cache in caches]
        ours = partial(run, "twingrad", "--only", model, environment=caches[-1])
        turns = take_turns({"twingrad, warm cache": ours, "torch": partial(run, "torch", "--only", model)}, rounds)
    return {"twingrad, cold cache": first} | turns


def first_steps(engine: str, model: str) -> dict[str, float]:
    """Seconds of the import and of each of the first steps."""
    start = time.perf_counter()
    torch = importlib.import_module("torch" if engine == "torch" else "autograd")
    torch.nn.Linear, torch.optim.Adam  # noqa: B018  loads what autograd loads when it is asked for
    times = {"import": time.perf_counter() - start}
    torch.manual_seed(0)
    entry = WORKLOADS[model]
    step, _ = training_step(torch, entry.build(torch, torch.nn, entry.cpu_batch), "adam")
    for i in range(STEPS):
        start = time.perf_counter()
        step(i)
        times[f"step {i + 1}"] = time.perf_counter() - start
    return times


if __name__ == "__main__":
    main()
