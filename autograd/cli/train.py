"""The main job: train a model, validate, keep the best, and continue exactly where a run was stopped."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import nn
import optim
from autograd.cli.recipes import DATASETS, MODELS, Augmented, Images, Splits, stream
from autograd.cli.run import RunFolder
from autograd.creation import from_numpy
from autograd.device import backend_of, device
from autograd.grad_mode import no_grad
from autograd.ops.sampling import randperm
from autograd.random import get_rng_state, manual_seed, set_rng_state
from autograd.serialization import load
from autograd.utils.data import DataLoader, Subset, TensorDataset
from backends import registry

FIXED = ("model", "data", "epochs", "batch_size", "lr", "weight_decay", "augment", "seed")  # a resumed run keeps these


class Score(NamedTuple):
    """Mean cross-entropy and share of right answers on one split."""

    loss: float
    accuracy: float


class Result(NamedTuple):
    """What a run came to."""

    status: int
    device: str
    test: Score | None
    seconds: float
    images_per_second: float


def choose_device(name: str) -> device:
    """The device of ``--device``; ``auto`` is a GPU where there is one.

    Raises:
        DeviceError: a GPU was asked for and something is missing; the message says what.

    Example:
        >>> choose_device("cpu")
        device(type='cpu')
    """
    if name == "auto":
        name = "cuda" if registry.available()["cuda"] == "ok" else "cpu"
    backend_of(name)
    return device(name)


def score(model: Any, data: Images, where: device, batch_size: int = 256) -> Score:
    """Loss and accuracy of a model on a split.

    Args:
        model: a module that maps images (N,C,H,W) to logits (N,classes).
        data: the split.
        where: the model's device.
        batch_size: images at a time.

    Returns:
        The means over the split.
    """
    model.eval()
    loss, right = 0.0, 0
    with no_grad():
        for at in range(0, len(data.labels), batch_size):
            x = from_numpy(data.images[at : at + batch_size]).to(where)
            y = from_numpy(data.labels[at : at + batch_size]).to(where)
            logits = model(x)
            loss += nn.functional.cross_entropy(logits, y, reduction="sum").item()
            right += int((logits.argmax(1) == y).sum().item())
    return Score(loss / len(data.labels), right / len(data.labels))


class Trainer:
    """One run: everything that a checkpoint must hold is an attribute here.

    Args:
        arguments: of ``python -m autograd train``.
        splits: the data.
        where: the device.
        folder: where the run is kept.
    """

    def __init__(self, arguments: argparse.Namespace, splits: Splits, where: device, folder: RunFolder) -> None:
        self.arguments, self.splits, self.where, self.folder = arguments, splits, where, folder
        manual_seed(arguments.seed)
        self.model = MODELS[arguments.model](splits.train.images.shape[1], splits.classes).to(where)
        self.optimizer = optim.AdamW(self.model.parameters(), lr=arguments.lr, weight_decay=arguments.weight_decay)
        self.steps = -(-len(splits.train.labels) // arguments.batch_size)
        total = max(1, arguments.epochs * self.steps)
        self.schedule = optim.lr_scheduler.OneCycleLR(self.optimizer, arguments.lr, total_steps=total, pct_start=0.2)
        if arguments.augment:
            self.data: Any = Augmented(splits.train, arguments.seed)
        else:
            self.data = TensorDataset(from_numpy(splits.train.images), from_numpy(splits.train.labels))
        self.epoch, self.batch = 0, 0  # both count what is done
        self.sums = {"loss": 0.0, "right": 0, "images": 0}  # of the epoch so far
        self.best = -1.0
        self.seconds = 0.0  # of training steps, over all parts of the run
        self.stop = False

    # -- checkpoints -------------------------------------------------------------------------------------------------
    def checkpoint(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return {
            "format": 1,
            "arguments": {name: getattr(self.arguments, name) for name in FIXED},
            "channels": self.splits.train.images.shape[1],
            "classes": self.splits.classes,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": get_rng_state(),
            "epoch": self.epoch,
            "batch": self.batch,
            "sums": self.sums,
            "best": self.best,
            "seconds": self.seconds,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Continues a run from its checkpoint."""
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.schedule.load_state_dict(saved["schedule"])
        set_rng_state(saved["random"])
        self.epoch, self.batch, self.sums = saved["epoch"], saved["batch"], saved["sums"]
        self.best, self.seconds = saved["best"], saved["seconds"]
        self.folder.rewrite([row for row in self.folder.history() if row["epoch"] <= self.epoch])

    # -- the loop ----------------------------------------------------------------------------------------------------
    def fit(self) -> None:
        """Trains to the last epoch, or until ``stop`` is set."""
        while self.epoch < self.arguments.epochs and not self.stop:
            self.train_epoch()
            if self.batch == self.steps:
                self.finish_epoch()

    def batches(self) -> DataLoader:
        """The rest of this epoch, in its own random order."""
        count, size = len(self.data), self.arguments.batch_size
        if isinstance(self.data, Augmented):
            self.data.epoch = self.epoch
        order = randperm(count, generator=stream(self.arguments.seed, self.epoch, 0), device="cpu").tolist()
        rest = Subset(self.data, order[self.batch * size :])
        return DataLoader(rest, batch_size=size, num_workers=self.arguments.workers)

    def train_epoch(self) -> None:
        """The steps of one epoch that are left."""
        self.model.train()
        saved_at = time.monotonic()
        with self.bar() as bar:
            for images, labels in self.batches():
                started = time.perf_counter()
                self.step(images.to(self.where), labels.to(self.where))
                self.seconds += time.perf_counter() - started
                sums = self.sums
                bar.set_postfix(
                    loss=f"{sums['loss'] / sums['images']:.4f}",
                    accuracy=f"{100 * sums['right'] / sums['images']:.2f}%",
                    refresh=False,
                )
                bar.update(len(labels))
                if self.stop:
                    break
                if time.monotonic() - saved_at > self.arguments.checkpoint_every and self.batch < self.steps:
                    self.folder.save(self.checkpoint())
                    saved_at = time.monotonic()

    def step(self, images: Any, labels: Any) -> None:
        """One optimiser step on a batch."""
        self.optimizer.zero_grad()
        logits = self.model(images)
        loss = nn.functional.cross_entropy(logits, labels)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.batch += 1
        n = len(labels)
        self.sums["loss"] += loss.item() * n
        self.sums["right"] += int((logits.detach().argmax(1) == labels).sum().item())
        self.sums["images"] += n

    def finish_epoch(self) -> None:
        """Validates, notes the epoch in the history, and keeps the checkpoint (and the best one)."""
        held = score(self.model, self.splits.validation, self.where)
        sums, self.sums = self.sums, {"loss": 0.0, "right": 0, "images": 0}
        self.epoch, self.batch = self.epoch + 1, 0
        better = held.accuracy >= self.best
        self.best = max(self.best, held.accuracy)
        self.folder.append(
            {
                "epoch": self.epoch,
                "train_loss": sums["loss"] / sums["images"],
                "train_accuracy": sums["right"] / sums["images"],
                "validation_loss": held.loss,
                "validation_accuracy": held.accuracy,
                "lr": self.schedule.get_last_lr()[0],
            }
        )
        self.folder.save(self.checkpoint(), best=better)

    def bar(self) -> Any:
        """The progress bar of an epoch."""
        from tqdm import tqdm

        total = len(self.data)
        return tqdm(
            total=total,
            initial=min(self.batch * self.arguments.batch_size, total),
            desc=f"epoch {self.epoch + 1}/{self.arguments.epochs}",
            unit=" images",
            disable=self.arguments.quiet,
            leave=False,
            dynamic_ncols=True,
        )


def train(arguments: argparse.Namespace) -> Result:
    """Runs (or resumes) a training run and reports the test accuracy of its best checkpoint.

    Args:
        arguments: of ``python -m autograd train``.

    Returns:
        The result; status 130 when Ctrl-C stopped the run (its checkpoint is saved).
    """
    where = choose_device(arguments.device)
    folder = RunFolder(arguments.out or Path("runs") / f"{arguments.model}-{arguments.data}-{where.type}")
    saved = folder.load() if arguments.resume else None
    if saved is not None:
        for name in FIXED:
            setattr(arguments, name, saved["arguments"][name])
    trainer = Trainer(arguments, DATASETS[arguments.data](arguments.data_dir), where, folder)
    if saved is not None:
        trainer.restore(saved)
    else:
        folder.rewrite([])
        folder.save(trainer.checkpoint(), best=True)
    count = sum(p.numel() for p in trainer.model.parameters())
    print(f"{arguments.model}, {count:,} parameters, {len(trainer.data):,} images of {arguments.data}, on {where}")

    def interrupted(*_: object) -> None:
        if trainer.stop:
            raise KeyboardInterrupt
        trainer.stop = True

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        trainer.fit()
    finally:
        signal.signal(signal.SIGINT, before)
    picture = folder.draw()
    rate = trainer.epoch * len(trainer.data) / trainer.seconds if trainer.seconds else 0.0
    if trainer.stop and trainer.epoch < arguments.epochs:
        folder.save(trainer.checkpoint())
        print(f"stopped in epoch {trainer.epoch + 1}; continue with: {_resume(arguments, folder)}", file=sys.stderr)
        return Result(130, str(where), None, trainer.seconds, rate)
    trainer.model.load_state_dict(load(folder.best)["model"])
    test = score(trainer.model, trainer.splits.test, where)
    print(
        f"test accuracy {100 * test.accuracy:.2f} %, loss {test.loss:.4f}; "
        f"{trainer.seconds:.1f} s in training steps, {rate:,.0f} images/s"
    )
    print(f"run kept in {folder.path}" + (f", learning curve in {picture}" if picture else ""))
    return Result(0, str(where), test, trainer.seconds, rate)


def _resume(arguments: argparse.Namespace, folder: RunFolder) -> str:
    return f"python -m autograd train --resume --out {folder.path} --device {arguments.device}"
