"""Accuracy of a checkpoint on the test set, in total and by class."""

from __future__ import annotations

from pathlib import Path

from autograd.cli.recipes import DATASETS, MODELS, Images
from autograd.cli.train import choose_device, score
from autograd.serialization import load


def evaluate(checkpoint: Path, device: str, data_dir: Path | None) -> int:
    """Prints what a checkpoint of ``train`` reaches on the test set.

    Args:
        checkpoint: the file.
        device: cpu, cuda, auto.
        data_dir: where downloaded data lie.

    Returns:
        The exit status.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no checkpoint of a training run.
    """
    if not checkpoint.exists():
        raise FileNotFoundError(f"evaluate: expected a checkpoint, found no file {checkpoint}")
    saved = load(checkpoint)
    if not isinstance(saved, dict) or saved.get("format") != 1:
        raise ValueError(f"evaluate: expected a checkpoint of python -m autograd train, got another file {checkpoint}")
    arguments, where = saved["arguments"], choose_device(device)
    model = MODELS[arguments["model"]](saved["channels"], saved["classes"]).to(where)
    model.load_state_dict(saved["model"])
    test = DATASETS[arguments["data"]](data_dir or Path("data")).test
    total = score(model, test, where)
    print(f"{arguments['model']} on {arguments['data']} after {saved['epoch']} epochs, on {where}")
    print(f"test accuracy {100 * total.accuracy:.2f} %, loss {total.loss:.4f}, {len(test.labels):,} images")
    for c in range(saved["classes"]):
        mine = test.labels == c
        part = score(model, Images(test.images[mine], test.labels[mine]), where)
        print(f"  class {c}: {100 * part.accuracy:6.2f} % of {int(mine.sum())}")
    return 0
