"""Events for TensorBoard, read back by its own reader; skipped where it is not installed."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.utils.tensorboard import SummaryWriter


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("tensorboard"):
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="SummaryWriter: expected the package tensorboard, it is not installed"):
        SummaryWriter("nowhere")


@pytest.mark.filterwarnings("ignore")
def test_what_was_added_is_found(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    x = np.random.default_rng(0).standard_normal(1000)
    with SummaryWriter(tmp_path / "run") as writer:
        for step in range(3):
            writer.add_scalar("loss/train", ag.tensor(0.5 * step), step)
        writer.add_scalars("both", {"a": 1.0, "b": 2}, 7)
        writer.add_histogram("weights", ag.tensor(x), 1)
        writer.add_histogram("few", x, 1, bins=5)
        writer.add_image("picture", ag.rand(3, 4, 5), 2)
        writer.add_images("pictures", np.zeros((9, 1, 4, 5), "uint8"))
        writer.add_text("note", "some *text*", 3)
        writer.add_hparams({"lr": 0.1, "rule": "sgd", "fast": True}, {"accuracy": 0.9}, run_name="table")
        with pytest.raises(ValueError, match="add_histogram: expected at least one value, got none"):
            writer.add_histogram("none", [])
        with pytest.raises(ValueError, match=r"add_image: expected an array with the axes CHW, got shape \(4, 5\)"):
            writer.add_image("flat", np.zeros((4, 5)))
    assert writer.get_logdir() == str(tmp_path / "run")
    found = EventAccumulator(str(tmp_path / "run"), {"histograms": 0, "images": 0}).Reload()
    assert [(e.step, e.value) for e in found.Scalars("loss/train")] == [(0, 0.0), (1, 0.5), (2, 1.0)]
    weights = found.Histograms("weights")[0].histogram_value
    assert weights.num == 1000 and sum(weights.bucket) == 1000 and weights.max == x.max()
    assert len(weights.bucket) == len(weights.bucket_limit)
    picture = found.Images("picture")[0]
    assert (picture.height, picture.width, picture.step) == (4, 5, 2)
    assert (found.Images("pictures")[0].height, found.Images("pictures")[0].width) == (8, 40)
    assert found.Tensors("note/text_summary")[0].tensor_proto.string_val == [b"some *text*"]
    other = EventAccumulator(str(tmp_path / "run" / "both_b")).Reload()
    assert other.Scalars("both")[0].value == 2
    table = EventAccumulator(str(tmp_path / "run" / "table")).Reload()
    assert abs(table.Scalars("accuracy")[0].value - 0.9) < 1e-6
