"""Real processes and real signals: killed at random moments, and Ctrl-C from a terminal."""

from __future__ import annotations

import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import autograd as ag
from tests.cli.conftest import SMALL, same

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-m", "tests.cli.small")
LONG = ("--epochs", "12")
OFTEN = ("--checkpoint-every", "0")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and process groups of POSIX")


def start(*words: str) -> subprocess.Popen[str]:
    """The command line that knows the small model, in a process group of its own."""
    return subprocess.Popen(
        (*PROGRAM, *words),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit status, and what was printed."""
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, out, err


one_device = pytest.mark.cpu_only("one of the two runs is another process, which knows no default device of this one")


def wait(process: subprocess.Popen[str], ready: Callable[[], bool]) -> None:
    """Until ``ready``, or the end of the process."""
    limit = time.monotonic() + 60
    while not ready() and process.poll() is None:
        assert time.monotonic() < limit
        time.sleep(0.002)


@one_device
def test_killed_at_random_moments(train: Callable[..., int], tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert train(whole, *LONG) == 0
    last, moments = broken / "last.safetensors", random.Random(3)
    for attempt in range(4):
        written = last.stat().st_mtime_ns if attempt else None
        resume = ("--resume",) if attempt else ()
        process = start("train", *SMALL, *LONG, *OFTEN, *resume, "--out", str(broken))
        wait(process, lambda written=written: last.exists() and last.stat().st_mtime_ns != written)  # type: ignore[misc]
        time.sleep(moments.uniform(0.0, 0.3))
        process.kill()
        status, _, err = finish(process)
        assert status == -signal.SIGKILL or (status, err) == (0, "")
        assert ag.load(last)["format"] == 1
    assert train(broken, *LONG, "--resume") == 0
    same(whole, broken)


@one_device
def test_ctrl_c_in_a_terminal(train: Callable[..., int], tmp_path: Path) -> None:
    """The whole process group gets the signal, workers too; the line that is printed continues the run."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert train(whole, *LONG) == 0
    words = [word for word in SMALL if word != "--quiet"]
    process = start("train", *words, *LONG, *OFTEN, "--workers", "2", "--out", str(broken))
    assert process.stdout is not None
    wait(process, lambda: "epoch   1/12" in process.stdout.readline())  # type: ignore[union-attr]
    os.killpg(process.pid, signal.SIGINT)
    status, _, err = finish(process)
    assert status == 130
    assert "Traceback" not in err
    command = re.search(r"stopped in epoch \d+; continue with: python -m autograd (.*)\n$", err)
    assert command
    assert finish(start(*shlex.split(command[1]), "--quiet"))[::2] == (0, "")
    same(whole, broken)


def test_sigterm_stops_with_a_checkpoint(tmp_path: Path) -> None:
    process = start("train", *SMALL, "--epochs", "300", "--out", str(tmp_path))
    wait(process, (tmp_path / "history.jsonl").exists)
    process.terminate()
    status, _, err = finish(process)
    assert status == 128 + signal.SIGTERM
    assert "stopped in epoch" in err
    assert ag.load(tmp_path / "last.safetensors")["epoch"] >= 1
