"""A training run as it lies on disk: checkpoints, history, picture."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograd.serialization import load, save

FORMAT = 1
KEYS = {
    "format", "options", "channels", "classes", "model", "optimizer", "schedule", "random", "epoch", "batch", "sums",
    "best", "clock", "history",
}  # fmt: skip


def read_checkpoint(path: Path, user: str) -> dict[str, Any]:
    """A checkpoint of ``python -m autograd train``, its tensors on the CPU whatever device they were saved from.

    Args:
        path: the file.
        user: the command, for messages.

    Returns:
        What ``Trainer.checkpoint`` made.

    Raises:
        FileNotFoundError: there is no such file.
        SerializationError: the file is damaged or of another format.
        ValueError: it holds something else than a training run.
    """
    if not path.exists():
        raise FileNotFoundError(f"{user}: expected a checkpoint, found no file {path}")
    saved: Any = load(path, map_location="cpu")
    if not isinstance(saved, dict) or saved.get("format") != FORMAT or saved.keys() != KEYS:
        raise ValueError(f"{user}: expected a checkpoint of python -m autograd train, got another file {path}")
    return saved


class RunFolder:
    """The files of one run: ``last.safetensors``, ``best.safetensors``, ``history.jsonl``, ``curve.png``.

    Every file is replaced in one step, so a run that is killed at any moment leaves whole files. The last checkpoint
    decides: the history is in it too, and ``history.jsonl`` is written from it.

    Args:
        path: the folder; made when the first file is written.

    Example:
        >>> import tempfile
        >>> folder = RunFolder(Path(tempfile.mkdtemp()) / "run")
        >>> folder.exists()
        False
        >>> folder.write_history([{"epoch": 1, "loss": 0.5}]); folder.history.read_text()
        '{"epoch": 1, "loss": 0.5}\\n'
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last = path / "last.safetensors"  # to resume from
        self.best = path / "best.safetensors"  # of the best epoch by validation
        self.history = path / "history.jsonl"  # a line per epoch
        self.curve = path / "curve.png"

    @classmethod
    def fresh(cls, path: Path) -> RunFolder:
        """The folder ``path``, or ``path-2``, ``path-3``, ... : the first without a run."""
        return next(folder for folder in _numbered(path) if not folder.exists())

    @classmethod
    def latest(cls, path: Path) -> RunFolder:
        """The last of ``path``, ``path-2``, ... that holds a run, or ``path`` where none does."""
        found = cls(path)
        for folder in _numbered(path):
            if not folder.exists():
                return found
            found = folder
        raise AssertionError("the numbers do not end")

    def exists(self) -> bool:
        """Whether a run, or a part of one, is there."""
        return any(file.exists() for file in (self.last, self.best, self.history, self.curve))

    def save(self, checkpoint: dict[str, Any], *, best: bool = False) -> None:
        """Writes a checkpoint; the best one first, so that the last is never ahead of it."""
        with self._writing():
            for file in (self.best, self.last) if best else (self.last,):
                for stale in self.path.glob(f".{file.name}.*.tmp"):  # what a killed process left half written
                    stale.unlink(missing_ok=True)
                save(checkpoint, file)

    def write_history(self, rows: list[dict[str, Any]]) -> None:
        """Writes the history, one JSON object per line; a number that is not finite becomes null."""
        lines = [
            {name: v if not isinstance(v, float) or math.isfinite(v) else None for name, v in row.items()}
            for row in rows
        ]
        draft = self.history.with_suffix(".jsonl.part")
        with self._writing():
            draft.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
            os.replace(draft, self.history)

    def draw(self, rows: list[dict[str, Any]]) -> bool:
        """Draws loss and accuracy by epoch; False where Matplotlib is not installed."""
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
            from matplotlib.ticker import MaxNLocator
        except ImportError:
            return False
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        FigureCanvasAgg(figure)
        loss, error = figure.subplots(1, 2)
        epochs = [row["epoch"] for row in rows]
        for split, style in (("train", "-"), ("validation", "--")):
            loss.plot(epochs, [row[f"{split}_loss"] for row in rows], style, marker=".", label=split)
            error.plot(epochs, [100 * row[f"{split}_accuracy"] for row in rows], style, marker=".", label=split)
        loss.set(xlabel="epoch", ylabel="cross-entropy", title="loss", yscale="log")
        error.set(xlabel="epoch", ylabel="accuracy in %", title="accuracy")
        for axes in (loss, error):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.grid(alpha=0.3)
            axes.legend()
        draft = self.curve.with_suffix(".part.png")
        with self._writing():
            figure.savefig(draft, dpi=120)
            os.replace(draft, self.curve)
        return True

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Makes the folder, and says in words that it cannot be written."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            yield
        except OSError as e:
            raise OSError(
                f"train: expected a folder that can be written, got {self.path} ({e.strerror or e}). "
                "Choose another with --out"
            ) from e


def _numbered(path: Path) -> Iterator[RunFolder]:
    """``path``, ``path-2``, ``path-3``, ..."""
    yield RunFolder(path)
    number = 2
    while True:
        yield RunFolder(path.with_name(f"{path.name}-{number}"))
        number += 1
