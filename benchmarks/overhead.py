"""What one small operation costs: forward, and forward with backward, against PyTorch eager.

A chain x -> tanh(x * w + b) of 999 operations on tensors of 1, 1,000 and 100,000 elements, in microseconds per
operation. ``python -m benchmarks overhead [--rounds 7] [--keep]``
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from benchmarks.harness import hardware, keep, spread, take_turns

SIZES = (1, 1_000, 100_000)
LINKS = 333  # three operations each


def main(words: list[str] | None = None) -> None:
    """Prints the table of both engines, or (``--engine``) the figures of one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks overhead")
    parser.add_argument("--engine", choices=("twingrad", "torch"))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--keep", action="store_true", help="write the figures into benchmarks/results")
    arguments = parser.parse_args(words)
    if arguments.engine:
        print(json.dumps(measure(arguments.engine)))
        return
    answers = take_turns("benchmarks.overhead", ["twingrad", "torch"], arguments.rounds)
    if arguments.keep:
        keep("overhead", answers)
    print(hardware())
    print(f"{'elements':>9}  {'':<19}{'twingrad us/op':>24}{'torch us/op':>24}{'torch / twingrad':>19}")
    for size in SIZES:
        for what in ("forward", "forward+backward"):
            key = f"{what} {size}"
            ours, theirs = (spread([a[key] for a in answers[e]]) for e in ("twingrad", "torch"))
            cells = [f"{m:.2f} ({low:.2f}-{high:.2f})" for low, m, high in (ours, theirs)]
            print(f"{size:>9}  {what:<19}{cells[0]:>24}{cells[1]:>24}{theirs[1] / ours[1]:>19.2f}")


def measure(engine: str) -> dict[str, float]:
    """Microseconds per operation of one engine: the best of many repetitions, by size and direction."""
    figures = {}
    for size in SIZES:
        x, w, b, seed, tanh = _tensors(engine, size)
        forward, both = [], []
        for _ in range(40 if size < 10_000 else 12):
            start = time.perf_counter()
            y = x
            for _ in range(LINKS):
                y = tanh(y * w + b)
            middle = time.perf_counter()
            y.backward(seed)
            end = time.perf_counter()
            forward.append(middle - start)
            both.append(end - start)
        figures[f"forward {size}"] = min(forward) / (3 * LINKS) * 1e6
        figures[f"forward+backward {size}"] = min(both) / (3 * LINKS) * 1e6
    return figures


def _tensors(engine: str, size: int) -> tuple[Any, ...]:
    if engine == "torch":
        import torch as library
    else:
        import autograd as library  # type: ignore[no-redef]
    x, w, b = (library.full((size,), v, requires_grad=True) for v in (0.01, 1.0, 0.0))
    return x, w, b, library.ones(size), library.tanh


if __name__ == "__main__":
    main()
