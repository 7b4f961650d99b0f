"""Everything that only a GPU can say: the tests on the card, kernels, whole steps, the sanitizers.

``python -m benchmarks gpu [--parts tests kernels ...] [--minutes 9] [--again]``, or ``make gpu``

Nothing is installed or downloaded. The parts are independent; each notes its end in ``results/gpu.json``, and a part that
ended well on the same sources is not run again, so that an interrupted run goes on where it stopped. A part that takes too
long is ended. What the parts print is in ``results/gpu_<part>.log``.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Timer
from typing import Any, NamedTuple

from benchmarks.harness import hardware, results
from benchmarks.speedup import MODELS, clocks

ROOT = Path(__file__).parents[1]
SANITIZED = [
    "-p", "benchmarks.raw_memory", "tests/backends/test_cuda.py", "tests/backends/test_cuda_conv_tensor.py",
    "-k", "(as_the_reference and float32) or test_values",
]  # fmt: skip
SMOKE = ["-x", "tests/backends/test_cuda.py", "-k", "as_the_reference and float32 and (relu or matmul or conv or sgd)"]
TOOLS = ("memcheck", "racecheck", "initcheck", "synccheck")
ENOUGH = 10.0  # seconds without which no part is begun
LAST_LINES = 30


class Part(NamedTuple):
    """One part: a command, and the seconds after which it is ended."""

    command: list[str]
    limit: float


def parts() -> dict[str, Part]:
    """The parts in the order in which their answers are wanted."""
    python = [sys.executable, "-m"]
    kernels = sorted(map(str, ROOT.glob("tests/backends/test_cuda*.py")))
    kernels = [path for path in kernels if not path.endswith("test_cuda_compile.py")]  # which needs no GPU
    found = {
        "smoke": Part([*pytest(), *SMOKE], 90),
        "compile": Part([*python, "benchmarks", "compile_cuda"], 120),
        "double": Part([*pytest(), "tests/cupy_double"], 60),
        "kernel tests": Part([*pytest(), *workers(), *kernels], 240),
        "kernels": Part([*python, "benchmarks", "kernels_cuda", "--keep"], 300),
    }
    steps = [*python, "benchmarks", "speedup", "--keep", "--seconds", "1"]
    for model in MODELS:
        found[f"steps {model}"] = Part([*steps, "--devices", "cuda", "--models", model], 120)
    folders = [f"tests/{name}" for name in ("engine", "ops", "nn", "optim", "utils")]
    found["tests"] = Part([*pytest(), *workers(), "--device", "cuda", *folders], 420)
    if sanitizer := _sanitizer():
        for tool in TOOLS:
            found[tool] = Part([sanitizer, "--tool", tool, "--error-exitcode", "1", *pytest(), *SANITIZED], 180)
    for model in MODELS:
        found[f"cpu steps {model}"] = Part([*steps, "--devices", "cpu", "--models", model], 240)
    return found


def pytest() -> list[str]:
    """The test runner, with the plugins that are needed and there: others of the machine may want a word, too."""
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "--maxfail=300", "-p", "no:cacheprovider"]
    if importlib.util.find_spec("xdist"):
        command += ["-p", "xdist"]
    if importlib.util.find_spec("pytest_timeout"):  # a kernel that hangs ends its process, and is named
        command += ["-p", "pytest_timeout", "--timeout=100", "--timeout-method=thread"]
    return command


def workers() -> list[str]:
    """Processes that share the tests; a file's stay in one, so that each kernel is compiled by one of them only."""
    if importlib.util.find_spec("xdist") is None:
        return []
    return ["-n", str(min(8, os.cpu_count() or 1)), "--dist", "loadfile"]


def _sanitizer() -> str | None:
    return shutil.which("compute-sanitizer") or shutil.which("compute-sanitizer", path="/usr/local/cuda/bin")


def main(words: list[str] | None = None) -> None:
    """Runs the parts one after the other, and ends with status 1 where one failed."""
    available = parts()
    parser = argparse.ArgumentParser(prog="python -m benchmarks gpu")
    parser.add_argument("--parts", nargs="+", choices=available, default=list(available))
    parser.add_argument("--minutes", type=float, default=60.0, help="then the rest is left to another run")
    parser.add_argument("--again", action="store_true", help="also what ended well before")
    arguments = parser.parse_args(words)
    from backends import registry

    state = registry.available()["cuda"]
    if state != "ok":
        sys.exit(state)
    path, end = results("gpu.json"), time.monotonic() + 60 * arguments.minutes
    record: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    sources, left = _sources(), []
    for name in arguments.parts:
        before = record.get(name, {})
        if before.get("ended well") and before.get("sources") == sources and not arguments.again:
            print(f"{name}: done before, {before['seconds']:.0f} s")
            continue
        seconds = end - time.monotonic()
        if seconds < ENOUGH:
            left.append(name)
            continue
        part = available[name]
        record[name] = run(name, part._replace(limit=min(part.limit, seconds))) | {"sources": sources}
        record |= {"hardware": hardware(), "clocks": clocks()}
        path.write_text(json.dumps(record, indent=1) + "\n")
        print(f"{name}: {record[name]['end']}, {record[name]['seconds']:.0f} s\n", flush=True)
        if name == "smoke" and not record[name]["ended well"]:
            sys.exit("failed: smoke; with the simplest kernels wrong, no other part is begun")
    if left:
        print(f"not begun for lack of time: {', '.join(left)}")
    failed = [name for name in arguments.parts if name not in left and not record[name]["ended well"]]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def run(name: str, part: Part) -> dict[str, Any]:
    """Runs a part to its end or its limit, shows what it prints, and keeps all of it in a file."""
    begin, lines, late = time.perf_counter(), list[str](), False
    print("$", " ".join(part.command).replace(sys.executable, "python"), flush=True)
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUNBUFFERED": "1"}
    with (
        results(f"gpu_{name.replace(' ', '_')}.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            part.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            start_new_session=True, env=environment,
        ) as process,
    ):  # fmt: skip

        def stop() -> None:
            nonlocal late
            late = True
            os.killpg(process.pid, signal.SIGKILL)  # its workers, too

        timer = Timer(part.limit, stop)
        timer.start()
        for line in process.stdout or ():
            print(line, end="", flush=True)
            log.write(line)
            log.flush()
            lines.append(line.rstrip())
        status = process.wait()
        timer.cancel()
    end = f"STOPPED after {part.limit:.0f} s" if late else "FAILED" if status else "ended well"
    seconds = time.perf_counter() - begin
    return {"ended well": end == "ended well", "end": end, "seconds": seconds, "last lines": lines[-LAST_LINES:]}


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
