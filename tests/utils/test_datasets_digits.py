"""The fixed split of scikit-learn's digits."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from autograd.utils import data, datasets

sklearn_datasets = pytest.importorskip("sklearn.datasets")


@pytest.fixture(scope="module")
def parts() -> dict[str, datasets.Digits]:
    return {split: datasets.Digits(split) for split in ("train", "test")}


@pytest.mark.parametrize("split, length", [("train", 1347), ("test", 450)])
def test_digits(split: str, length: int, parts: dict[str, datasets.Digits]) -> None:
    part = parts[split]
    image, label = part[7]
    assert (len(part), type(label), image.shape, str(image.dtype)[-7:]) == (length, int, (1, 8, 8), "float32")
    assert part.data.shape == (length, 1, 8, 8)
    levels = part.data.numpy() * 16
    assert (levels == levels.round()).all()
    assert (levels.min(), levels.max()) == (0, 16)


def test_the_parts_are_the_whole(parts: dict[str, datasets.Digits]) -> None:
    whole = sklearn_datasets.load_digits()
    images = np.concatenate([part.data.numpy()[:, 0] for part in parts.values()])
    labels = np.concatenate([part.targets.numpy() for part in parts.values()])

    def rows(x: np.ndarray, y: np.ndarray) -> list[bytes]:
        return sorted(bytes([label]) + image.tobytes() for image, label in zip(x.astype(np.uint8), y, strict=True))

    assert rows(images * 16, labels) == rows(whole.images, whole.target)
    test_counts = np.bincount(parts["test"].targets.numpy())
    assert abs(test_counts - 450 * np.bincount(whole.target) / 1797).max() < 1  # stratified


def test_the_split_does_not_move(parts: dict[str, datasets.Digits]) -> None:
    found = {
        split: hashlib.sha256((p.data.numpy() * 16).astype(np.uint8).tobytes()).hexdigest()[:16]
        for split, p in parts.items()
    }
    assert found == {"train": "97665c73e3ce4275", "test": "e3452c6e88f0f147"}


def test_transforms() -> None:
    part = datasets.Digits("test", transform=lambda x: x.sum().item(), target_transform=lambda y: -y)
    total, label = part[3]
    assert (total, label) == (part.data[3].sum().item(), -part.targets[3].item())
    (totals, labels) = next(iter(data.DataLoader(part, batch_size=4)))
    assert totals.tolist() == [part[i][0] for i in range(4)]
    assert labels.tolist() == [part[i][1] for i in range(4)]


def test_batches_are_what_samples_give(parts: dict[str, datasets.Digits]) -> None:
    test = parts["test"]
    x, y = next(iter(data.DataLoader(test, batch_sampler=[[3, 1, 4]])))
    images, labels = zip(*(test[i] for i in (3, 1, 4)), strict=True)
    assert (x.shape, y.tolist(), y.dtype) == ((3, 1, 8, 8), list(labels), data.default_collate(labels).dtype)
    assert (x.numpy() == np.stack([image.numpy() for image in images])).all()


def test_an_unknown_split() -> None:
    with pytest.raises(ValueError, match="expected split 'train' or 'test', got 'validation'"):
        datasets.Digits("validation")
