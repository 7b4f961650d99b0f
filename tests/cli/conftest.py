"""Runs of the command line in folders of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.cli import recipes
from autograd.cli.main import main
from autograd.cli.run import RunFolder
from tests.cli import small

SMALL = ("--model", "small", "--data", "small", "--device", "cpu", "--batch-size", "10", "--epochs", "3", "--quiet")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small model and data, for one test."""
    monkeypatch.setitem(recipes.MODELS, "small", small.model)
    monkeypatch.setitem(recipes.DATASETS, "small", small.data)


@pytest.fixture
def train(known: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """``train(folder, *options)``: one run of the small model, without a picture; its exit status."""
    monkeypatch.setattr(RunFolder, "draw", lambda folder, rows: False)
    return lambda folder, *options: main(["train", *SMALL, "--out", str(folder), *options])


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """A checkpoint as one level: path to bytes or plain value; without the clock."""
    if isinstance(value, ag.Tensor):
        array = value.detach().numpy()
        return {path: (array.dtype, array.shape, array.tobytes())}
    if isinstance(value, np.ndarray):
        return {path: (value.dtype, value.shape, value.tobytes())}
    if isinstance(value, (dict, list, tuple)):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        return {k: v for name, part in parts if name != "clock" for k, v in flat(part, f"{path}/{name}").items()}
    return {path: value}


def same(one: Path, other: Path) -> None:
    """Checks that two runs ended in the same place, to the last bit."""
    for name in ("last.safetensors", "best.safetensors"):
        a, b = flat(ag.load(one / name)), flat(ag.load(other / name))
        assert a.keys() == b.keys()
        assert [key for key in a if a[key] != b[key]] == []
    assert (one / "history.jsonl").read_bytes() == (other / "history.jsonl").read_bytes()


def history(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
