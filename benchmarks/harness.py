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
        last = done.stderr.strip().splitlines()[-1:]
        raise RuntimeError(f"{engine}: {last[0] if last else f'ended with status {done.returncode}'}")
    return json.loads(done.stdout.splitlines()[-1])


def take_turns(module: str, engines: list[str], rounds: int, *arguments: str) -> dict[str, list[Any]]:
    """The answers of each engine over all rounds, A B A B ..."""
    answers: dict[str, list[Any]] = {engine: [] for engine in engines}
    for _ in range(rounds):
        for engine in engines:
            answers[engine].append(child(module, engine, *arguments))
    return answers


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
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1],
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
