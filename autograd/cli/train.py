"""The main job: train a model, validate, keep the best, and continue exactly where a run was stopped."""

from __future__ import annotations

import math
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

import nn
import optim
from autograd.cli.augment import Augmented, stream
from autograd.cli.options import Options
from autograd.cli.recipes import DATASETS, MODELS, Splits
from autograd.cli.run import FORMAT, RunFolder, read_checkpoint
from autograd.creation import from_numpy
from autograd.device import backend_of, device
from autograd.grad_mode import no_grad
from autograd.ops.joining import cat
from autograd.ops.sampling import randperm
from autograd.random import get_rng_state, manual_seed, set_rng_state
from autograd.tensor import Tensor
from autograd.utils.data import DataLoader, Subset, TensorDataset
from backends import registry


class Score(NamedTuple):
    """Mean cross-entropy and share of right answers on one split."""

    loss: float
    accuracy: float


class Result(NamedTuple):
    """What a run came to; ``test`` is None where it was interrupted."""

    status: int
    device: str
    test: Score | None
    seconds: float
    images_per_second: float


def choose_device(name: str) -> device:
    """The device of ``--device``; ``auto`` is a GPU where there is one.

    Args:
        name: cpu, cuda, cuda:1, ... or auto.

    Returns:
        The device.

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


def predict(model: Any, images: Any, where: device, batch_size: int = 256) -> Tensor:
    """What a model, in evaluation mode, says to images.

    Args:
        model: a module that maps (N,C,H,W) to logits (N,classes).
        images: float32 array (N,C,H,W).
        where: the model's device.
        batch_size: images at a time.

    Returns:
        Logits (N,classes) on the CPU.
    """
    model.eval()
    with no_grad():
        parts = [
            model(from_numpy(images[at : at + batch_size]).to(where)).to("cpu")
            for at in range(0, len(images), batch_size)
        ]
        return cat(parts)


def score(logits: Tensor, labels: Any) -> Score:
    """Loss and accuracy of predictions.

    Args:
        logits: (N,classes).
        labels: int64 array (N,).

    Returns:
        The means.

    Example:
        >>> score(ag.tensor([[0.0, 9.0], [9.0, 0.0]]), np.array([1, 1])).accuracy
        0.5
    """
    y = from_numpy(labels)
    right = int((logits.argmax(1) == y).sum().item())
    return Score(float(nn.functional.cross_entropy(logits, y).item()), right / len(labels))


class Trainer:
    """One run: everything that the rest of it depends on is in ``checkpoint``.

    Args:
        options: of the run.
        splits: the data.
        where: the device.
        folder: where the run is kept.
    """

    def __init__(self, options: Options, splits: Splits, where: device, folder: RunFolder) -> None:
        self.options, self.splits, self.where, self.folder = options, splits, where, folder
        manual_seed(options.seed)
        self.model = MODELS[options.model](splits.train.images.shape[1], splits.classes).to(where)
        self.optimizer = optim.AdamW(self.model.parameters(), lr=options.lr, weight_decay=options.weight_decay)
        self.images = len(splits.train.labels)
        self.steps = -(-self.images // options.batch_size)  # per epoch
        self.schedule = optim.lr_scheduler.OneCycleLR(
            self.optimizer, options.lr, total_steps=options.epochs * self.steps, pct_start=0.2
        )
        self.epoch, self.batch = 0, 0  # both count what is done
        self.sums = {"loss": 0.0, "right": 0, "images": 0}  # of the epoch so far
        self.best = -1.0  # validation accuracy
        self.history: list[dict[str, Any]] = []
        self.clock = Clock()
        self.stop = False

    # -- checkpoints -------------------------------------------------------------------------------------------------
    def checkpoint(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return {
            "format": FORMAT,
            "options": self.options.fixed(),
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
            "clock": self.clock.state(),
            "history": self.history,
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Continues a run from its checkpoint."""
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.schedule.load_state_dict(saved["schedule"])
        set_rng_state(saved["random"])
        self.epoch, self.batch, self.sums = saved["epoch"], saved["batch"], saved["sums"]
        self.best, self.history = saved["best"], saved["history"]
        self.clock = Clock(*saved["clock"])

    # -- the loop ----------------------------------------------------------------------------------------------------
    def fit(self) -> None:
        """Trains to the last epoch, or until ``stop`` is set."""
        with self.bar() as bar:
            while self.epoch < self.options.epochs and not self.stop:
                self.train_epoch(bar)
                if self.batch == self.steps:
                    self.finish_epoch(bar)

    def batches(self) -> DataLoader[Any]:
        """The rest of this epoch, in its own random order."""
        options, (images, labels) = self.options, self.splits.train
        data = (
            Augmented(images, labels, options.seed, self.epoch)
            if options.augment
            else TensorDataset(from_numpy(images), from_numpy(labels))
        )
        order = randperm(self.images, generator=stream(options.seed, self.epoch, 0), device="cpu").tolist()
        rest: Subset[Any] = Subset(data, order[self.batch * options.batch_size :])
        # With a generator of its own the loader draws nothing from the stream that dropout reads.
        generator = stream(options.seed, self.epoch, 2)
        return DataLoader(rest, options.batch_size, num_workers=options.workers, generator=generator)

    def train_epoch(self, bar: Any) -> None:
        """The steps of one epoch that are left."""
        self.model.train()
        saved_at = time.monotonic()
        for images, labels in self.batches():
            with self.clock.step(len(labels)):
                self.step(images.to(self.where), labels.to(self.where))
            self.show(bar, len(labels))
            if self.stop:
                break
            if time.monotonic() - saved_at >= self.options.checkpoint_every and self.batch < self.steps:
                self.folder.save(self.checkpoint())
                saved_at = time.monotonic()

    def step(self, images: Tensor, labels: Tensor) -> None:
        """One optimiser step on a batch."""
        self.optimizer.zero_grad()
        logits = self.model(images)
        loss = nn.functional.cross_entropy(logits, labels, label_smoothing=self.options.label_smoothing)
        logits = logits.detach()
        value = float(nn.functional.cross_entropy(logits, labels).item())  # comparable with that of validation
        if not math.isfinite(value):
            raise RuntimeError(
                f"train: expected a finite loss, got {value} in epoch {self.epoch + 1}, batch {self.batch + 1}. "
                "Start again with a smaller --lr"
            )
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.batch += 1
        self.sums["loss"] += value * len(labels)
        self.sums["right"] += int((logits.argmax(1) == labels).sum().item())
        self.sums["images"] += len(labels)

    def finish_epoch(self, bar: Any) -> None:
        """Validates, notes the epoch in the history, and keeps the checkpoint (and the best one)."""
        held = score(predict(self.model, self.splits.validation.images, self.where), self.splits.validation.labels)
        sums, self.sums = self.sums, {"loss": 0.0, "right": 0, "images": 0}
        self.epoch, self.batch = self.epoch + 1, 0
        row = {
            "epoch": self.epoch,
            "train_loss": sums["loss"] / sums["images"],
            "train_accuracy": sums["right"] / sums["images"],
            "validation_loss": held.loss,
            "validation_accuracy": held.accuracy,
            "lr": self.schedule.get_last_lr()[0],
        }
        self.history.append(row)
        better = held.accuracy >= self.best  # of equals the later: its rate is lower
        self.best = max(self.best, held.accuracy)
        self.folder.save(self.checkpoint(), best=better)
        self.folder.write_history(self.history)
        if not self.options.quiet:
            bar.write(
                f"epoch {self.epoch:>3}/{self.options.epochs}  train {_percent(row['train_accuracy'])}, "
                f"loss {row['train_loss']:.4f}  validation {_percent(held.accuracy)}, loss {held.loss:.4f}"
                + ("  best" if better else "")
            )
            sys.stdout.flush()  # a log is read while it grows

    # -- what is shown -----------------------------------------------------------------------------------------------
    def bar(self) -> Any:
        """The progress bar of the whole run: images, images/s, time left, loss and accuracy of the epoch so far."""
        live = sys.stderr.isatty()
        return tqdm(
            total=self.options.epochs * self.images,
            initial=self.done(),
            unit=" images",
            unit_scale=True,
            mininterval=0.1 if live else 10.0,  # seconds; a log is not filled with bars
            smoothing=0.3 if live else 0.0,  # drawn seldom, it would go on showing the first, compiling step's
            disable=self.options.quiet,
            dynamic_ncols=True,
        )

    def show(self, bar: Any, count: int) -> None:
        """Moves the bar by a batch."""
        sums = self.sums
        bar.set_description(f"epoch {self.epoch + 1}/{self.options.epochs}", refresh=False)
        bar.set_postfix_str(
            f"loss {sums['loss'] / sums['images']:.4f}, accuracy {_percent(sums['right'] / sums['images'])}",
            refresh=False,
        )
        bar.update(count)

    def done(self) -> int:
        """Images seen in training."""
        return self.epoch * self.images + int(self.sums["images"])


class Clock:
    """How long a run has taken, over all its parts.

    Args:
        seconds: in steps.
        timed_images: images of the steps that count for the speed: all but the first of a process, which loads kernels.
        timed_seconds: of these.

    Example:
        >>> clock = Clock()
        >>> for _ in range(2):
        ...     with clock.step(32):
        ...         pass
        >>> clock.timed_images
        32
    """

    def __init__(self, seconds: float = 0.0, timed_images: int = 0, timed_seconds: float = 0.0) -> None:
        self.seconds, self.timed_images, self.timed_seconds = seconds, timed_images, timed_seconds
        self.warm = False

    def state(self) -> list[Any]:
        """The arguments that make this clock."""
        return [self.seconds, self.timed_images, self.timed_seconds]

    @contextmanager
    def step(self, images: int) -> Iterator[None]:
        """Measures a step."""
        started = time.perf_counter()
        yield
        elapsed = time.perf_counter() - started
        self.seconds += elapsed
        if self.warm:
            self.timed_images += images
            self.timed_seconds += elapsed
        self.warm = True

    def images_per_second(self) -> float:
        """The speed in steps."""
        return self.timed_images / self.timed_seconds if self.timed_seconds else 0.0


def train(options: Options) -> Result:
    """Runs (or resumes) a training run and reports the test accuracy of its best checkpoint.

    Args:
        options: of the run; a resumed one takes over those it was started with.

    Returns:
        The result; status 130 when Ctrl-C stopped the run, 143 when SIGTERM did (the checkpoint is saved).

    Raises:
        DeviceError: the device is not there.
        FileNotFoundError: there is nothing to resume.
        OSError: the folder cannot be written.
        ValueError: the folder holds a run already; or the run to resume was started with other options.
    """
    where = choose_device(options.device)
    trainer = _resumed(options, where) if options.resume else _new(options, where)
    folder = trainer.folder
    count = sum(p.numel() for p in trainer.model.parameters())
    print(
        f"{options.model}, {count:,} parameters, on {where}; {options.data}, {trainer.images:,} images to train, "
        f"{len(trainer.splits.validation.labels):,} to validate"
    )
    stop = _fit(trainer)
    drawn = folder.draw(trainer.history) if trainer.history else False
    seconds, rate = trainer.clock.seconds, trainer.clock.images_per_second()
    if stop:
        print(f"stopped in epoch {trainer.epoch + 1}; continue with: {resume_command(trainer)}", file=sys.stderr)
        return Result(128 + stop, str(where), None, seconds, rate)
    best = read_checkpoint(folder.best, "train")
    trainer.model.load_state_dict(best["model"])
    test = score(predict(trainer.model, trainer.splits.test.images, where), trainer.splits.test.labels)
    print(
        f"test accuracy {_percent(test.accuracy)}, loss {test.loss:.4f}, with the weights of epoch {best['epoch']}, "
        f"the best in validation; {seconds:.1f} s in training steps, {rate:,.0f} images/s"
    )
    curve = "learning curve in curve.png" if drawn else "no learning curve: pip install 'twingrad[plot]' for Matplotlib"
    print(f"run kept in {folder.path}; {curve}")
    return Result(0, str(where), test, seconds, rate)


def resume_command(trainer: Trainer) -> str:
    """What to type to continue a run.

    Args:
        trainer: the run.

    Returns:
        A line for the shell.
    """
    words = ["python", "-m", "autograd", "train", "--resume", "--out", str(trainer.folder.path)]
    for name in ("device", "data_dir", "workers"):
        if name in trainer.options.given:
            words += [f"--{name.replace('_', '-')}", str(getattr(trainer.options, name))]
    return shlex.join(words)


def _new(options: Options, where: device) -> Trainer:
    """A run at its beginning, with a first checkpoint in a folder that held none."""
    if options.out is None:
        folder = RunFolder.fresh(_home(options, where))
    else:
        folder = RunFolder(options.out)
        if folder.exists():
            raise ValueError(
                f"train: expected a folder without a run, got {folder.path}. "
                "Continue that run with --resume, or choose another folder with --out"
            )
    trainer = Trainer(options, DATASETS[options.data](options.data_dir), where, folder)
    folder.save(trainer.checkpoint())
    return trainer


def _resumed(options: Options, where: device) -> Trainer:
    """A run where it was left."""
    folder = RunFolder.latest(_home(options, where)) if options.out is None else RunFolder(options.out)
    if not folder.last.exists():
        raise FileNotFoundError(
            f"resume: expected a checkpoint {folder.last}, found none. Name the folder of the run with --out, "
            "or start one without --resume"
        )
    saved = read_checkpoint(folder.last, "resume")
    options.adopt(saved["options"])
    for kind, known, name in (("model", MODELS, options.model), ("data", DATASETS, options.data)):
        if name not in known:
            raise ValueError(f"resume: expected {kind} to be one of {', '.join(known)}, got {name!r} in {folder.last}")
    trainer = Trainer(options, DATASETS[options.data](options.data_dir), where, folder)
    trainer.restore(saved)
    folder.write_history(trainer.history)
    return trainer


def _home(options: Options, where: device) -> Path:
    return Path("runs") / f"{options.model}-{options.data}-{where.type}"


def _fit(trainer: Trainer) -> int:
    """Trains; 0, or the number of the signal that stopped it with a checkpoint. A second signal aborts at once."""
    stop = 0

    def handle(number: int, _: object) -> None:
        nonlocal stop
        if stop:
            raise KeyboardInterrupt
        stop, trainer.stop = number, True

    with _handling(handle):
        try:
            trainer.fit()
            if trainer.epoch == trainer.options.epochs:
                return 0
            trainer.folder.save(trainer.checkpoint())
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"aborted; the last checkpoint continues with: {resume_command(trainer)}") from None
    return stop


@contextmanager
def _handling(handle: Callable[[int, Any], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM go to ``handle``, where Python lets a thread say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
