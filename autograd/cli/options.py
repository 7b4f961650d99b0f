"""What can be chosen about a run, and the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIXED = (  # a resumed run keeps these
    "model", "data", "epochs", "batch_size", "lr", "weight_decay", "label_smoothing", "augment", "seed",
)  # fmt: skip


@dataclass
class Options:
    """The options of ``train`` and ``demo``; those in ``FIXED`` decide the result, the others how it is reached.

    Args:
        model: a name in ``recipes.MODELS``.
        data: a name in ``recipes.DATASETS``.
        epochs: passes over the training images.
        batch_size: images per step.
        lr: peak learning rate of AdamW under the one-cycle schedule.
        weight_decay: of AdamW.
        label_smoothing: the share of each label that is spread over all classes in training.
        augment: whether images are turned, scaled and shifted at random.
        seed: of everything that is random.
        device: cpu, cuda, cuda:1, ... or auto, a GPU where there is one.
        workers: processes that prepare batches; 0 prepares them in this one.
        data_dir: where downloaded data lie.
        checkpoint_every: seconds between checkpoints inside an epoch.
        out: folder of the run; None for one under runs/.
        resume: continue the run in the folder.
        quiet: no bar and no line per epoch.
        given: the names of the options that the user wrote down.

    Example:
        >>> Options(epochs=3).fixed()["epochs"]
        3
    """

    model: str = "lenet5"
    data: str = "digits"
    epochs: int = 40
    batch_size: int = 32
    lr: float = 2e-3
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    augment: bool = True
    seed: int = 0
    device: str = "auto"
    workers: int = 0
    data_dir: Path = Path("data")
    checkpoint_every: float = 10.0
    out: Path | None = None
    resume: bool = False
    quiet: bool = False
    given: frozenset[str] = frozenset()

    def fixed(self) -> dict[str, Any]:
        """The options that decide the result, by name."""
        return {name: getattr(self, name) for name in FIXED}

    def adopt(self, saved: dict[str, Any]) -> None:
        """Takes over what a run was started with.

        Args:
            saved: what ``fixed`` returned then.

        Raises:
            ValueError: the user wrote down something else.
        """
        for name in FIXED:
            if name in self.given and getattr(self, name) != saved[name]:
                raise ValueError(
                    f"resume: expected {name} {saved[name]}, with which the run was started, "
                    f"got {getattr(self, name)}. Leave the option out, or start another run without --resume"
                )
            setattr(self, name, saved[name])
