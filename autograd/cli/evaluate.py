"""Accuracy of a checkpoint on the test set, in total and by class."""

from __future__ import annotations

from pathlib import Path

from autograd.cli.recipes import DATASETS, MODELS
from autograd.cli.run import read_checkpoint
from autograd.cli.train import choose_device, predict, score


def evaluate(checkpoint: Path, device: str = "auto", data_dir: Path = Path("data")) -> int:
    """Prints what a checkpoint of ``train`` reaches on the test set.

    Args:
        checkpoint: the file, or the folder of a run for its best one.
        device: cpu, cuda, cuda:1, ... or auto.
        data_dir: where downloaded data lie.

    Returns:
        The exit status.

    Raises:
        DeviceError: the device is not there.
        FileNotFoundError: there is no such file.
        SerializationError: the file is damaged or of another format.
        ValueError: it is no checkpoint of a training run, or of a model or data that are not known here.
    """
    where = choose_device(device)
    if checkpoint.is_dir():
        checkpoint = checkpoint / "best.safetensors"
    saved = read_checkpoint(checkpoint, "evaluate")
    options = saved["options"]
    for kind, known in (("model", MODELS), ("data", DATASETS)):
        if options[kind] not in known:
            raise ValueError(
                f"evaluate: expected {kind} to be one of {', '.join(known)}, got {options[kind]!r} in {checkpoint}"
            )
    model = MODELS[options["model"]](saved["channels"], saved["classes"]).to(where)
    model.load_state_dict(saved["model"])
    images, labels = DATASETS[options["data"]](data_dir).test
    logits = predict(model, images, where)
    total, right = score(logits, labels), logits.argmax(1).numpy() == labels
    print(f"{options['model']} on {options['data']} after {saved['epoch']} epochs, on {where}")
    print(
        f"test accuracy {100 * total.accuracy:.2f} % ({int(right.sum()):,} of {len(labels):,}), loss {total.loss:.4f}"
    )
    for c in range(saved["classes"]):
        mine = right[labels == c]
        print(f"  class {c}: {100 * mine.mean():6.2f} % ({int(mine.sum()):,} of {len(mine):,})")
    return 0
