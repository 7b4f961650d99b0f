"""What a run leaves behind and prints; evaluate, demo and info."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd.cli import demo as demo_module
from autograd.cli.augment import Augmented, affine
from autograd.cli.demo import table
from autograd.cli.main import main
from autograd.cli.options import Options
from autograd.cli.recipes import DATASETS, MODELS, Images
from autograd.cli.run import RunFolder
from autograd.cli.train import Clock, Result, Score
from autograd.cli.train import train as run
from tests.cli.conftest import SMALL, history


def test_lenet5_learns_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The real thing, short: five epochs on 1,207 images."""
    result = run(Options(epochs=5, device="cpu", out=tmp_path, quiet=True))
    assert result.status == 0
    assert result.test is not None
    assert result.test.accuracy >= 0.95
    assert (
        "lenet5, 61,706 parameters, on cpu; digits, 1,207 images to train, 140 to validate" in capsys.readouterr().out
    )
    assert main(["evaluate", "--checkpoint", str(tmp_path), "--device", "cpu"]) == 0
    total, *classes = capsys.readouterr().out.splitlines()[1:]
    assert f"test accuracy {100 * result.test.accuracy:.2f} %" in total
    right, of = np.array([re.findall(r"(\d+) of (\d+)", line)[0] for line in classes], int).sum(0)
    assert (right, of) == (round(450 * result.test.accuracy), 450)


def test_history_and_printed_lines(train: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *(word for word in SMALL if word != "--quiet"), "--out", str(tmp_path)]) == 0
    rows, printed = history(tmp_path), capsys.readouterr()
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert set(rows[0]) == {
        "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "lr",
    }  # fmt: skip
    assert all(0 <= row["validation_accuracy"] <= 1 and row["train_loss"] > 0 for row in rows)
    assert [line[:11] for line in printed.out.splitlines() if line.startswith("epoch")] == [
        "epoch   1/3", "epoch   2/3", "epoch   3/3",
    ]  # fmt: skip
    for part in ("images/s", "loss ", "accuracy ", "288"):
        assert part in printed.err


def test_the_best_epoch_is_the_one_tested(train: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, "--epochs", "4") == 0
    rows = history(tmp_path)
    best = max(rows, key=lambda row: (row["validation_accuracy"], row["epoch"]))
    assert f"with the weights of epoch {best['epoch']}, the best in validation" in capsys.readouterr().out


def test_the_learning_curve_is_a_picture(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("matplotlib")
    row = {"epoch": 1, "train_loss": 1.0, "train_accuracy": 0.5, "validation_loss": 0.9, "validation_accuracy": 0.6}
    folder = RunFolder(tmp_path)
    assert folder.draw([row])
    alone = np.asarray(image.open(folder.curve).convert("L"))
    assert folder.draw([row, row | {"epoch": 2, "train_loss": 0.1}])
    assert alone.shape == (432, 1080)
    assert (alone != np.asarray(image.open(folder.curve).convert("L"))).mean() > 0.001
    assert [file.name for file in tmp_path.iterdir()] == ["curve.png"]


def test_numbers_that_are_not_finite_stay_json(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_history([{"epoch": 1, "validation_loss": float("nan"), "lr": float("inf")}])
    assert history(tmp_path) == [{"epoch": 1, "validation_loss": None, "lr": None}]


def test_runs_without_a_name_stand_side_by_side(
    train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["train", *SMALL, "--epochs", "1"]) == 0
    assert sorted(path.name for path in Path("runs").iterdir()) == ["small-small-cpu", "small-small-cpu-2"]
    capsys.readouterr()
    assert main(["train", *SMALL, "--epochs", "1", "--resume"]) == 0
    assert f"run kept in {Path('runs/small-small-cpu-2')}" in capsys.readouterr().out


def test_demo(train: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_module.registry, "available", lambda: {"cpu": "ok", "cuda": "cuda: there is no GPU"})
    options = [word for word in SMALL if word not in ("--device", "cpu")]
    assert main(["demo", *options, "--out", str(tmp_path)]) == 0
    *_, head, row, gpu = capsys.readouterr().out.splitlines()
    assert head.split() == ["device", "test", "accuracy", "seconds", "images/s", "speed-up"]
    assert row.startswith("cpu ")
    assert row.endswith(" 1.0x")
    assert gpu == "no GPU: cuda: there is no GPU"
    assert (tmp_path / "cpu" / "best.safetensors").exists()


def test_demo_runs_every_device(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[Options] = []

    def trained(options: Options) -> Result:
        ran.append(options)
        return Result(0, options.device, Score(0.1, 0.99), 10.0, {"cpu": 500.0, "cuda": 20000.0}[options.device])

    monkeypatch.setattr(demo_module, "train", trained)
    monkeypatch.setattr(demo_module.registry, "available", lambda: {"cpu": "ok", "cuda": "ok"})
    assert main(["demo", "--out", "here"]) == 0
    assert [(options.device, options.out) for options in ran] == [
        ("cpu", Path("here/cpu")), ("cuda", Path("here/cuda")),
    ]  # fmt: skip
    assert capsys.readouterr().out.splitlines()[-1].split() == ["cuda", "99.00", "%", "10.0", "20,000", "40.0x"]


def test_a_run_of_one_step_has_no_speed() -> None:
    row = table([Result(0, "cpu", Score(0.1, 0.5), 1.0, 0.0)]).splitlines()[1]
    assert row.split() == ["cpu", "50.00", "%", "1.0", "0", "-"]
    clock = Clock()
    with clock.step(8):
        pass
    assert (clock.images_per_second(), clock.seconds > 0) == (0.0, True)


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = {line[:14].strip() for line in lines}
    assert {
        "twingrad",
        "Python",
        "processor",
        "threads",
        "numpy",
        "numba",
        "cupy",
        "device cpu",
        "device cuda",
    } <= names
    assert "device cpu    ok" in lines


@pytest.mark.parametrize("words", [("--help",), ("train", "--help"), ("demo", "--help"), ("evaluate", "--help")])
def test_help(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(words)
    assert exit.value.code == 0
    assert "usage: python -m autograd" in capsys.readouterr().out


def test_help_loads_nothing_heavy() -> None:
    program = "import sys, autograd.cli.main as m\ntry: m.main(['--help'])\nexcept SystemExit: pass\n"
    program += "print([name for name in ('numba', 'matplotlib', 'sklearn', 'PIL') if name in sys.modules])"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_models_and_digits() -> None:
    assert sum(p.numel() for p in MODELS["lenet5"](1, 10).parameters()) == 61_706
    assert isinstance(MODELS["mlp"](3, 10), nn.Module)
    splits = DATASETS["digits"](Path("nowhere"))
    assert [len(part.labels) for part in (splits.train, splits.validation, splits.test)] == [1207, 140, 450]
    for images, labels in splits[:3]:
        assert (images.dtype, images.shape[1:], images.min(), images.max()) == (np.float32, (1, 32, 32), 0, 1)
        assert labels.dtype == np.int64
        assert set(labels) == set(range(10))


@pytest.mark.parametrize("name, label, side", [("mnist", 28, 32), ("fashion-mnist", 28, 32)])
def test_mnist_from_files(tmp_path: Path, name: str, label: int, side: int) -> None:
    raw = tmp_path / {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}[name] / "raw"
    raw.mkdir(parents=True)
    for part, count in (("train", 40), ("t10k", 10)):
        pixels = np.full((count, 28, 28), 255, np.uint8)
        header = np.array([0x803, count, 28, 28], ">i4").tobytes()
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + pixels.tobytes())
        labels = (np.arange(count) % 10).astype(np.uint8)
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(np.array([0x801, count], ">i4").tobytes() + labels.tobytes())
    splits = DATASETS[name](tmp_path)
    assert splits.train.images.shape == (30, 1, side, side)
    assert splits.validation.images.shape == (10, 1, side, side)
    image = splits.test.images[0, 0]
    assert (image[2:30, 2:30].min(), image.sum()) == (1.0, 28 * 28)


def test_images_move_about_their_centre() -> None:
    image = np.zeros((1, 32, 32), np.float32)
    image[0, 8:12, 15:17] = 1.0  # a mark above the centre
    where = [
        ((np.pi / 2, 1.0, 0.0, 0.0), (15.5, 21.5)),  # clockwise: from twelve o'clock to three
        ((0.0, 1.5, 0.0, 0.0), (6.5, 15.5)),
        ((0.0, 1.0, 0.25, 0.125), (13.5, 23.5)),
    ]
    for change, center in where:
        moved = affine(image, *change)[0]
        y, x = np.indices(moved.shape)
        assert ((moved * y).sum() / moved.sum(), (moved * x).sum() / moved.sum()) == pytest.approx(center, abs=0.1)


def test_augmentation_depends_on_place_alone() -> None:
    images = Images(np.random.default_rng(0).random((4, 1, 32, 32), np.float32), np.arange(4))
    first, again = (Augmented(*images, seed=1, epoch=2) for _ in range(2))
    assert (first[3][0] == again[3][0]).all()
    for seed, epoch in ((2, 2), (1, 3)):
        assert (first[3][0] != Augmented(*images, seed=seed, epoch=epoch)[3][0]).any()
    assert abs(first[3][0] - images.images[3]).max() > 0.1
