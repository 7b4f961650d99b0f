"""An interrupted run, continued, ends where an unbroken one ends: to the last bit, at whatever moment it was interrupted."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd as ag
from autograd.cli.train import Trainer
from tests.cli.conftest import history, same

Train = Callable[..., int]


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``interrupt(n)``: Ctrl-C during the n-th step from now on; ``interrupt(n, 2)``: twice."""
    step = Trainer.step

    def after(steps: int, times: int = 1) -> None:
        left = [steps]

        def interrupted(trainer: Trainer, *batch: Any) -> None:
            left[0] -= 1
            for _ in range(times if left[0] == 0 else 0):
                signal.raise_signal(signal.SIGINT)
            step(trainer, *batch)

        monkeypatch.setattr(Trainer, "step", interrupted)

    return after


@pytest.mark.parametrize(
    "options, stops",
    [
        ((), (4, 3, 14)),  # within an epoch, twice in the same one, beyond the next
        ((), (10,)),  # with the last batch of an epoch
        (("--workers", "2"), (13,)),
        (("--no-augment",), (1, 8)),
        (("--checkpoint-every", "0"), (27,)),
    ],
)
def test_continues_bit_for_bit(
    train: Train, interrupt: Any, tmp_path: Path, options: tuple[str, ...], stops: tuple[int, ...]
) -> None:
    assert train(tmp_path / "whole", *options) == 0
    assert len(history(tmp_path / "whole")) == 3
    resume: tuple[str, ...] = ()
    for steps in stops:
        interrupt(steps)
        assert train(tmp_path / "broken", *options, *resume) == 130
        resume = ("--resume",)
    interrupt(0)
    assert train(tmp_path / "broken", *options, "--resume") == 0
    same(tmp_path / "whole", tmp_path / "broken")


def test_workers_change_nothing(train: Train, tmp_path: Path) -> None:
    assert train(tmp_path / "alone") == train(tmp_path / "helped", "--workers", "2") == 0
    same(tmp_path / "alone", tmp_path / "helped")


def test_the_seed_changes_everything(train: Train, tmp_path: Path) -> None:
    assert train(tmp_path / "0") == train(tmp_path / "1", "--seed", "1") == 0
    assert history(tmp_path / "0") != history(tmp_path / "1")


def test_ctrl_c_says_how_to_continue(
    train: Train, interrupt: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt(15)
    assert train(tmp_path / "a run") == 130
    printed = capsys.readouterr()
    command = f"python -m autograd train --resume --out '{tmp_path / 'a run'}' --device cpu"
    assert printed.err == f"stopped in epoch 2; continue with: {command}\n"
    saved = ag.load(tmp_path / "a run" / "last.safetensors")
    assert (saved["epoch"], saved["batch"]) == (1, 5)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_in_the_last_step_comes_too_late(train: Train, interrupt: Any, tmp_path: Path) -> None:
    interrupt(30)
    assert train(tmp_path) == 0


def test_a_second_ctrl_c_aborts_and_leaves_the_last_checkpoint(
    train: Train, interrupt: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt(15, times=2)
    assert train(tmp_path / "broken") == 130
    assert capsys.readouterr().err.startswith("aborted; the last checkpoint continues with: python -m autograd train")
    assert ag.load(tmp_path / "broken" / "last.safetensors")["epoch"] == 1
    interrupt(0)
    assert train(tmp_path / "broken", "--resume") == train(tmp_path / "whole") == 0
    same(tmp_path / "whole", tmp_path / "broken")


class Killed(BaseException):
    """The end of a process."""


def test_dying_between_any_two_files_loses_nothing(
    train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(tmp_path / "whole", "--epochs", "2") == 0
    replace = os.replace
    for moment in range(1, 10):
        left = [moment]

        def dying(source: Any, target: Any, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            replace(source, target)

        folder = tmp_path / f"at file {moment}"
        monkeypatch.setattr(os, "replace", dying)
        try:
            train(folder, "--epochs", "2")
        except Killed:
            pass
        else:
            break
        monkeypatch.setattr(os, "replace", replace)
        resume = ("--resume",) if (folder / "last.safetensors").exists() else ()
        assert moment == 1 or resume
        assert train(folder, "--epochs", "2", *resume) == 0
        same(tmp_path / "whole", folder)
    assert moment > 6  # the first checkpoint; in each epoch the best, the last, the history


def test_a_finished_run_resumes_to_its_result(train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path) == 0
    first = capsys.readouterr().out
    before = (tmp_path / "last.safetensors").read_bytes()
    assert train(tmp_path, "--resume") == 0
    assert capsys.readouterr().out == first
    assert (tmp_path / "last.safetensors").read_bytes() == before


def test_the_history_comes_back_from_the_checkpoint(train: Train, interrupt: Any, tmp_path: Path) -> None:
    assert train(tmp_path / "whole") == 0
    interrupt(25)
    assert train(tmp_path / "broken") == 130
    interrupt(0)
    (tmp_path / "broken" / "history.jsonl").write_text("not JSON")
    (tmp_path / "broken" / ".last.safetensors.0123.tmp").write_text("what a killed process was writing")
    assert train(tmp_path / "broken", "--resume") == 0
    same(tmp_path / "whole", tmp_path / "broken")
    assert sorted(file.name for file in (tmp_path / "broken").iterdir()) == [
        "best.safetensors", "history.jsonl", "last.safetensors",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "options, words",
    [
        (("--epochs", "9"), "expected epochs 3, with which the run was started, got 9. Leave the option out"),
        (("--seed", "4"), "expected seed 0, with which the run was started, got 4"),
        (("--no-augment",), "expected augment True, with which the run was started, got False"),
    ],
)
def test_what_decides_the_result_stays(
    train: Train,
    interrupt: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    words: str,
) -> None:
    interrupt(5)
    assert train(tmp_path) == 130
    before = (tmp_path / "last.safetensors").read_bytes()
    capsys.readouterr()
    assert train(tmp_path, "--resume", *options) == 1
    assert words in capsys.readouterr().err
    assert (tmp_path / "last.safetensors").read_bytes() == before
