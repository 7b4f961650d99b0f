"""``python -m benchmarks overhead``: runs one measurement."""

from __future__ import annotations

import argparse
import importlib

QUESTIONS = (
    "compile_cuda", "gpu", "kernels_cpu", "kernels_cuda", "overhead", "race", "speedup", "startup", "sweep",
    "systems", "timeline",
)  # fmt: skip

parser = argparse.ArgumentParser(prog="python -m benchmarks")
parser.add_argument("question", choices=QUESTIONS)
arguments, rest = parser.parse_known_args()
importlib.import_module(f"benchmarks.{arguments.question}").main(rest)
