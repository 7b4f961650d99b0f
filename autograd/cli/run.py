"""A training run as it lies on disk: checkpoints, history, picture."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from autograd.serialization import load, save


class RunFolder:
    """The files of one run: ``last.safetensors``, ``best.safetensors``, ``history.jsonl``, ``curve.png``.

    Every file is replaced in one step, so a run that is killed at any moment leaves whole files.

    Args:
        path: the folder; made where it is missing.

    Example:
        >>> import tempfile
        >>> folder = RunFolder(Path(tempfile.mkdtemp()) / "run")
        >>> folder.append({"epoch": 1, "loss": 0.5}); folder.history()
        [{'epoch': 1, 'loss': 0.5}]
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    @property
    def last(self) -> Path:
        """The checkpoint to resume from."""
        return self.path / "last.safetensors"

    @property
    def best(self) -> Path:
        """The checkpoint with the highest validation accuracy."""
        return self.path / "best.safetensors"

    def save(self, checkpoint: dict[str, Any], *, best: bool = False) -> None:
        """Writes a checkpoint, in one step each."""
        save(checkpoint, self.last)
        if best:
            save(checkpoint, self.best)

    def load(self) -> dict[str, Any]:
        """The last checkpoint.

        Raises:
            FileNotFoundError: there is none.
        """
        if not self.last.exists():
            raise FileNotFoundError(f"resume: expected a checkpoint {self.last}, found none. Start without --resume")
        checkpoint: dict[str, Any] = load(self.last)
        return checkpoint

    def history(self) -> list[dict[str, Any]]:
        """The lines of the history, one dictionary per epoch."""
        file = self.path / "history.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def append(self, row: dict[str, Any]) -> None:
        """Adds the line of an epoch."""
        self.rewrite([*self.history(), row])

    def rewrite(self, rows: list[dict[str, Any]]) -> None:
        """Replaces the history, in one step."""
        file = self.path / "history.jsonl"
        draft = file.with_suffix(".jsonl.part")
        draft.write_text("".join(json.dumps(row) + "\n" for row in rows))
        os.replace(draft, file)

    def draw(self) -> Path | None:
        """Draws loss and accuracy by epoch; None where matplotlib is not installed or there is nothing to draw."""
        rows = self.history()
        if not rows:
            return None
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
        except ImportError:
            return None
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        FigureCanvasAgg(figure)
        loss, accuracy = figure.subplots(1, 2)
        epochs = [row["epoch"] for row in rows]
        for split in ("train", "validation"):
            loss.plot(epochs, [row[f"{split}_loss"] for row in rows], label=split)
            accuracy.plot(epochs, [100 * row[f"{split}_accuracy"] for row in rows], label=split)
        loss.set(xlabel="epoch", ylabel="cross-entropy", title="loss", yscale="log")
        accuracy.set(xlabel="epoch", ylabel="% right", title="accuracy")
        for axes in (loss, accuracy):
            axes.grid(alpha=0.3)
            axes.legend()
        target, draft = self.path / "curve.png", self.path / "curve.part.png"
        figure.savefig(draft, dpi=120)
        os.replace(draft, target)
        return target
