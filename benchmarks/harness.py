"""Measuring two engines against each other fairly.

Each engine runs in a process of its own, the processes take turns, and the figure is the median of the rounds. Two
engines in one process would share nothing but their thread pools' spinning, which slows both by large factors.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
PAUSE = 0.1  # seconds between two turns, in which threads that spin go to sleep


def child(module: str, engine: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Any:
    """Runs ``python -m module --engine ENGINE ...`` and returns the JSON it prints last."""
    return answer([sys.executable, "-m", module, "--engine", engine, *arguments], engine, environment)


def answer(command: list[str], name: str, environment: Mapping[str, str] | None = None) -> Any:
    """Runs a command in the repository's root and returns the JSON it prints last; ``name`` is for its error."""
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=variables)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise RuntimeError(f"{name}: {last[0] if last else f'ended with status {done.returncode}'}")
    return json.loads(done.stdout.splitlines()[-1])


def take_turns(runs: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[Any]]:
    """The answers of each engine over all rounds, A B A B ..."""
    answers: dict[str, list[Any]] = {engine: [] for engine in runs}
    for _ in range(rounds):
        for engine, run in runs.items():
            time.sleep(PAUSE)
            answers[engine].append(run())
    return answers


def on_threads(engine: str, count: int) -> dict[str, str]:
    """The environment in which an engine has so many threads."""
    if engine == "torch":
        return {"OMP_NUM_THREADS": str(count), "MKL_NUM_THREADS": str(count)}
    return {"NUMBA_NUM_THREADS": str(count), "OPENBLAS_NUM_THREADS": "1"}  # one pool, as without any variable


class Runner:
    """A process that waits for its turn: ``python -m module --engine ENGINE ...``, which answers lines with lines.

    Args:
        module: its ``main`` reads one line a question from standard input, and prints one line of JSON as the answer;
            the first answer comes unasked, when it is ready.
        engine: the first argument.
        arguments: the others.
    """

    def __init__(self, module: str, engine: str, *arguments: str) -> None:
        self.name = " ".join([engine, *arguments])
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, "--engine", engine, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        self.ready = self._answer()

    def ask(self, question: str) -> Any:
        """The answer to one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name}: ended with status {self._process.wait()}; its error is above")
        return json.loads(line)

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def memory(what: str) -> int:
    """Bytes of this process: VmRSS now, VmHWM at most."""
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next(int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith(what))


def forget_peak() -> None:
    """From now on VmHWM is the most since now."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5", encoding="ascii")


def spread(values: list[float]) -> tuple[float, float, float]:
    """Smallest, median, largest."""
    return min(values), median(values), max(values)


def cell(values: list[float], digits: int = 2) -> str:
    """The median, and the smallest and largest in brackets."""
    low, middle, high = spread(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def keep(question: str, figures: Any) -> Path:
    """Writes figures, with the hardware they were measured on, into ``benchmarks/results``."""
    target = results(f"{question}.json")
    target.write_text(json.dumps({"hardware": hardware(), "figures": figures}, indent=1) + "\n")
    return target


def kept(question: str) -> tuple[dict[str, str], Any]:
    """The hardware and the figures that were kept before; empty where there are none."""
    path = results(f"{question}.json")
    if not path.exists():
        return {}, {}
    content = json.loads(path.read_text())
    return content["hardware"], content["figures"]


def kept_here(question: str) -> Any:
    """The figures that were kept on this machine, to which those of a part are added; empty where there are none."""
    machine, figures = kept(question)
    return figures if machine == hardware() else {}


def results(name: str) -> Path:
    """The path of a file in ``benchmarks/results``."""
    path = Path(__file__).parent / "results" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def architecture() -> str:
    """This processor's kind as compilers name it, ``znver5``; where the CPU's figures are kept."""
    try:
        from llvmlite.binding import get_host_cpu_name
    except ImportError:
        return platform.machine()
    return str(get_host_cpu_name())


def hardware() -> dict[str, str]:
    """What the figures were measured on."""
    from autograd.cli.info import processor, version

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = {
        "processor": f"{processor()}, {architecture()}",
        "cores": str(cores),
        "python": platform.python_version(),
    }
    return machine | {package: version(package) or "none" for package in ("numpy", "numba", "torch")}
