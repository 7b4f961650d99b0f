"""What one small operation costs: forward, and forward with backward, against PyTorch, MyGrad and HIPS autograd.

A chain x -> tanh(x * w + b) of 999 operations on tensors of 1, 1,000 and 100,000 elements, and single operations on
8x8 matrices, in microseconds per operation. ``python -m benchmarks overhead [--rounds 5] [--keep]``

MyGrad and HIPS autograd (which is imported under the same name as ours) run in environments of their own, which are made
at the first time and need the package index then.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.harness import ROOT, answer, architecture, cell, child, hardware, keep, take_turns
from benchmarks.small_ops import SINGLE, SIZES

KEPT = f"{architecture()}/overhead"  # under benchmarks/results
PEERS = {"mygrad": "mygrad==2.5.0", "autograd": "autograd==1.9.1"}
TITLES = {"twingrad": "twingrad", "torch": "torch", "mygrad": "MyGrad", "autograd": "HIPS autograd"}


def main(words: list[str] | None = None) -> None:
    """Prints the table of all engines."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks overhead")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="write the figures into benchmarks/results")
    arguments = parser.parse_args(words)
    runs: dict[str, Callable[[], Any]] = {e: partial(child, "benchmarks.small_ops", e) for e in ("twingrad", "torch")}
    runs |= {peer: partial(ask, peer, python) for peer in PEERS if (python := environment(peer))}
    answers = take_turns(runs, arguments.rounds)
    versions = hardware() | dict(PEERS[peer].split("==") for peer in PEERS if peer in answers)
    if arguments.keep:
        keep(KEPT, answers | {"peers": {p: PEERS[p] for p in PEERS if p in answers}})
    print(
        versions, "microseconds per operation: median (smallest-largest) over rounds; ratios of the smallest", sep="\n"
    )
    print(table(answers, [f"{size} elements" for size in SIZES], [str(size) for size in SIZES]))
    print(table({e: answers[e] for e in ("twingrad", "torch")}, [f"{name}, 8x8" for name in SINGLE], list(SINGLE)))


def table(answers: dict[str, list[Any]], titles: list[str], keys: list[str]) -> str:
    """One line for each of ``keys`` and direction."""
    lines = [f"\n{'':<34}" + "".join(f"{TITLES[e]:>24}" for e in answers) + f"{'torch / twingrad':>19}"]
    for title, key in zip(titles, keys, strict=True):
        for what in ("forward", "forward+backward"):
            values = {engine: [a[f"{what} {key}"] for a in rounds] for engine, rounds in answers.items()}
            ratio = min(values["torch"]) / min(values["twingrad"])  # where others use the processor, medians are theirs
            cells = "".join(f"{cell(v):>24}" for v in values.values())
            lines.append(f"{title:<16}{what:<18}{cells}{ratio:>19.2f}")
    return "\n".join(lines)


def ask(peer: str, python: Path) -> Any:
    """A peer's figures; its interpreter is isolated, so that it finds its own package ``autograd`` and not ours."""
    script = ROOT / "benchmarks" / "small_ops.py"
    return answer([str(python), "-I", str(script), "--engine", peer], TITLES[peer])


def environment(peer: str) -> Path | None:
    """The Python of a virtual environment with a peer and our NumPy, made if need be; None, and why, if it cannot be."""
    from autograd.cli.info import version

    packages = [PEERS[peer], f"numpy=={version('numpy')}"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "twingrad" / "peers" / "-".join(packages).replace("==", "-")
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if python.exists():
        return python
    print(f"installing {' '.join(packages)} into {folder}", flush=True)
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    install = [sys.executable, "-m", "pip", "--python", str(draft), "install", "--quiet", *packages]
    try:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(draft)], capture_output=True, check=True)
        subprocess.run(install, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1]
        print(f"{TITLES[peer]} is left out, as it could not be installed: {said}")
        return None
    draft.replace(folder)  # complete or not at all; its python is a link, which may move
    return python


if __name__ == "__main__":
    main()
