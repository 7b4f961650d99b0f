"""Everything that only a GPU can say: the tests on the card, the sanitizers, launch costs, kernels, whole steps.

``python -m benchmarks gpu [--parts tests kernels ...] [--again]``, or ``make gpu``

Nothing is installed or downloaded. The parts are independent; each notes its end in ``results/gpu.json``, and a part that
ended well on the same sources is not run again, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import hardware, results
from benchmarks.speedup import clocks

ROOT = Path(__file__).parents[1]
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
SANITIZED = ["tests/backends/test_cuda.py", "-k", "as_the_reference and float32"]


def parts() -> dict[str, list[list[str]]]:
    """The commands of each part."""
    workers = ["-n", str(min(8, os.cpu_count() or 1)), "--dist", "loadfile"]
    spread = workers if importlib.util.find_spec("xdist") else []
    sanitizer = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
    tools = ("memcheck", "racecheck", "initcheck", "synccheck") if Path(sanitizer).exists() else ()
    return {
        "double": [[*PYTEST, "tests/cupy_double"]],
        "kernel tests": [[*PYTEST, *spread, *map(str, sorted(ROOT.glob("tests/backends/test_cuda*.py")))]],
        "tests": [[*PYTEST, *spread, "--device", "cuda", "tests/engine", "tests/ops", "tests/nn", "tests/optim"]],
        "sanitizer": [[sanitizer, "--tool", tool, "--error-exitcode", "1", *PYTEST, *SANITIZED] for tool in tools],
        "kernels": [[sys.executable, "-m", "benchmarks", "kernels_cuda", "--keep"]],
        "speedup": [[sys.executable, "-m", "benchmarks", "speedup", "--keep", "--seconds", "2"]],
    }


def main(words: list[str] | None = None) -> None:
    """Runs the parts one after the other, and ends with status 1 where one failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks gpu")
    parser.add_argument("--parts", nargs="+", choices=parts(), default=list(parts()))
    parser.add_argument("--again", action="store_true", help="also what ended well before")
    arguments = parser.parse_args(words)
    from backends import registry

    state = registry.available()["cuda"]
    if state != "ok":
        sys.exit(state)
    path = results("gpu.json")
    record: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    sources = _sources()
    for part in arguments.parts:
        before = record.get(part, {})
        if before.get("ended well") and before.get("sources") == sources and not arguments.again:
            print(f"{part}: done before, {before['seconds']:.0f} s")
            continue
        record[part] = _run(parts()[part]) | {"sources": sources}
        record |= {"hardware": hardware(), "clocks": clocks()}
        path.write_text(json.dumps(record, indent=1) + "\n")
        print(f"{part}: {'ended well' if record[part]['ended well'] else 'FAILED'}, {record[part]['seconds']:.0f} s\n")
    failed = [part for part in arguments.parts if not record[part]["ended well"]]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _run(commands: list[list[str]]) -> dict[str, Any]:
    """Runs commands to their end, shows what they print, and keeps the last lines of each."""
    begin, tails, well = time.perf_counter(), [], True
    for command in commands:
        print("$", " ".join(command).replace(sys.executable, "python"), flush=True)
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        lines = []
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line.rstrip())
        well = process.wait() == 0 and well
        tails.append(lines[-30:])
    return {"ended well": well, "seconds": time.perf_counter() - begin, "last lines": tails}


def _sources() -> str:
    """A digest of everything that a result depends on."""
    digest = hashlib.sha256()
    for folder in ("autograd", "backends", "benchmarks", "nn", "optim", "tests"):
        for path in sorted(ROOT.glob(f"{folder}/**/*")):
            if path.suffix in (".py", ".cu", ".cuh", ".h", ".cpp"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    main()
