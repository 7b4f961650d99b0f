"""What is wrong is said in one line, with the right exit status, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd as ag
from autograd.cli import recipes
from autograd.cli.main import main
from backends import registry

ROOT = Path(__file__).resolve().parents[2]
WORDS = [  # status 2: words that mean nothing
    (("train", "--epochs", "-1"), "argument --epochs: expected a whole number of at least 1, got '-1'"),
    (("train", "--epochs", "two"), "argument --epochs: expected a whole number of at least 1, got 'two'"),
    (("train", "--batch-size", "0"), "argument --batch-size: expected a whole number of at least 1, got '0'"),
    (("train", "--workers", "-1"), "argument --workers: expected a whole number of at least 0, got '-1'"),
    (("train", "--lr", "0"), "argument --lr: expected a number above 0, got '0'"),
    (("train", "--lr", "nan"), "argument --lr: expected a number, got 'nan'"),
    (("train", "--weight-decay", "-1"), "argument --weight-decay: expected a number of at least 0, got '-1'"),
    (("train", "--label-smoothing", "1"), "argument --label-smoothing: expected a number from 0 to below 1, got '1'"),
    (("train", "--checkpoint-every", "inf"), "argument --checkpoint-every: expected a number, got 'inf'"),
    (("train", "--model", "lenet6"), "argument --model: invalid choice: 'lenet6'"),
    (("demo", "--data", "letters"), "argument --data: invalid choice: 'letters'"),
    (("demo", "--resume"), "unrecognized arguments: --resume"),
    (("evaluate",), "the following arguments are required: --checkpoint"),
    (("practise",), "argument command: invalid choice: 'practise'"),
    ((), "the following arguments are required: command"),
]


@pytest.mark.parametrize("words, message", WORDS)
def test_words(words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(words)
    assert exit.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}")
    assert "--help says more" in error
    assert error.count("\n") == 1


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """``fails(*words)``: the line of a command that ends with status 1."""

    def run(*words: Any) -> str:
        capsys.readouterr()
        assert main([str(word) for word in words]) == 1
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        return error[len("error: ") : -1]

    return run


def test_devices(fails: Callable[..., str], tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert "expected one of cpu, cuda, cuda:0, cuda:1, ..., got 'tpu'" in fails(
        "train", "--device", "tpu", "--out", out
    )
    assert "cpu: index 1 is out of range" in fails("train", "--device", "cpu:1", "--out", out)
    missing = registry.available()["cuda"]
    if missing != "ok":
        for command in (("train",), ("demo",), ("evaluate", "--checkpoint", out)):
            options = () if command[0] == "evaluate" else ("--out", out)
            assert fails(*command, "--device", "cuda", *options) == f"device {missing}"
    assert not out.exists()


def test_nothing_to_resume(fails: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "run"
    words = (
        f"resume: expected a checkpoint {out / 'last.safetensors'}, found none. Name the folder of the run with --out"
    )
    assert fails("train", "--resume", "--out", out).startswith(words)
    monkeypatch.chdir(tmp_path)
    assert fails("train", "--resume", "--device", "cpu").startswith(
        f"resume: expected a checkpoint {Path('runs/lenet5-digits-cpu/last.safetensors')}, found none"
    )
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_a_run_is_kept(train: Any, fails: Callable[..., str], tmp_path: Path) -> None:
    assert train(tmp_path, "--epochs", "1") == 0
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert fails("train", "--out", tmp_path) == (
        f"train: expected a folder without a run, got {tmp_path}. "
        "Continue that run with --resume, or choose another folder with --out"
    )
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_written(train: Any, fails: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    options = ("--model", "small", "--data", "small", "--device", "cpu")
    error = fails("train", *options, "--out", tmp_path / "file" / "run")
    assert error.startswith(f"train: expected a folder that can be written, got {tmp_path / 'file' / 'run'} (")
    assert error.endswith("). Choose another with --out")
    assert "expected a folder that can be written" in fails("train", *options, "--out", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_without_the_right_to_write(
    train: Any, fails: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    out = tmp_path / "run"
    assert fails("train", "--model", "small", "--data", "small", "--device", "cpu", "--out", out) == (
        f"train: expected a folder that can be written, got {out} (Permission denied). Choose another with --out"
    )


FOREIGN = [  # what lies in the place of a checkpoint, and what is said
    (b"", "it is empty"),
    (b"PK\x03\x04 and more", "load: expected a whole archive, got a damaged one"),
    (b"\x89PNG\r\n\x1a\n" + bytes(100), "load: expected a file of torch.save or safetensors, got"),
    ("half", "Was it cut short?"),
    ("weights", "expected a checkpoint of python -m autograd train, got another file"),
    ("part", "expected a checkpoint of python -m autograd train, got another file"),
]


@pytest.mark.parametrize("content, message", FOREIGN)
def test_files_that_are_no_checkpoints(
    train: Any, fails: Callable[..., str], tmp_path: Path, content: bytes | str, message: str
) -> None:
    assert train(tmp_path, "--epochs", "1") == 0
    last = tmp_path / "last.safetensors"
    if content == "half":
        content = last.read_bytes()[:-100]
    elif content == "weights":
        ag.save({"weight": ag.ones(2)}, last)
        content = last.read_bytes()
    elif content == "part":
        saved = ag.load(last)
        del saved["optimizer"]
        ag.save(saved, last)
        content = last.read_bytes()
    assert isinstance(content, bytes)
    last.write_bytes(content)
    assert message in (error := fails("train", "--resume", "--out", tmp_path))
    assert str(last) in error
    assert message in fails("evaluate", "--checkpoint", last)
    assert last.read_bytes() == content


def test_a_checkpoint_of_a_model_not_known_here(
    train: Any, fails: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train(tmp_path, "--epochs", "1") == 0
    monkeypatch.delitem(recipes.MODELS, "small")
    for words in (("train", "--resume", "--out", tmp_path), ("evaluate", "--checkpoint", tmp_path)):
        assert "expected model to be one of lenet5, mlp, got 'small' in" in fails(*words)
    assert "evaluate: expected a checkpoint, found no file" in fails("evaluate", "--checkpoint", tmp_path / "none")


def test_a_checkpoint_of_a_gpu_is_read_without_one(train: Any, tmp_path: Path) -> None:
    assert train(tmp_path, "--epochs", "1") == 0
    for name in ("last.safetensors", "best.safetensors"):
        file = tmp_path / name
        data = file.read_bytes()
        end = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:end])
        structure = header["__metadata__"]["twingrad"]
        header["__metadata__"]["twingrad"] = structure.replace('{"tensor": {', '{"tensor": {"device": "cuda:0", ')
        made = json.dumps(header).encode()
        file.write_bytes(len(made).to_bytes(8, "little") + made + data[end:])
        assert "cuda:0" in structure or b"cuda:0" in file.read_bytes()
    assert main(["evaluate", "--checkpoint", str(tmp_path)]) == 0
    assert train(tmp_path, "--epochs", "1", "--resume") == 0


def test_a_loss_that_is_not_finite_stops_the_run(
    train: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(tmp_path, "--lr", "1e30") == 1
    error = capsys.readouterr().err
    assert error.startswith("error: train: expected a finite loss, got ")
    assert error.endswith("Start again with a smaller --lr\n")


def test_what_is_not_installed(fails: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    out = tmp_path / "run"
    assert fails("train", "--device", "cpu", "--out", out) == "Digits needs scikit-learn: pip install 'twingrad[data]'"
    assert not out.exists()


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_reader_that_leaves_early(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "autograd", "info"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (1, "")


def test_traceback_shows_where(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="expected a checkpoint"):
        main(["--traceback", "train", "--resume", "--out", str(tmp_path)])
