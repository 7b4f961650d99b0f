"""Measuring two engines against each other fairly.

Each engine runs in a process of its own, the processes take turns, and the figure is the median of the rounds. Two
engines in one process would share nothing but their thread pools' spinning, which slows both by large factors.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any


def child(module: str, engine: str, *arguments: str) -> Any:
    """Runs ``python -m module --engine ENGINE ...`` and returns the JSON it prints last."""
    command = [sys.executable, "-m", module, "--engine", engine, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    if done.returncode:
        raise RuntimeError(f"{engine}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def take_turns(module: str, engines: list[str], rounds: int, *arguments: str) -> dict[str, list[Any]]:
    """The answers of each engine over all rounds, A B A B ..."""
    answers: dict[str, list[Any]] = {engine: [] for engine in engines}
    for _ in range(rounds):
        for engine in engines:
            answers[engine].append(child(module, engine, *arguments))
    return answers


def spread(values: list[float]) -> tuple[float, float, float]:
    """Smallest, median, largest."""
    return min(values), median(values), max(values)


def keep(question: str, figures: Any) -> Path:
    """Writes figures, with the hardware they were measured on, into ``benchmarks/results``."""
    target = results(f"{question}.json")
    target.write_text(json.dumps({"hardware": hardware(), "figures": figures}, indent=1) + "\n")
    return target


def results(name: str) -> Path:
    """The path of a file in ``benchmarks/results``."""
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    return folder / name


def hardware() -> dict[str, str]:
    """What the figures were measured on."""
    from autograd.cli.info import processor, version

    packages = ("numpy", "numba", "torch")
    return {"processor": processor(), "python": platform.python_version()} | {p: version(p) or "none" for p in packages}
