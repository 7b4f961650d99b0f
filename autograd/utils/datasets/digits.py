"""The 1,797 real handwritten digits that scikit-learn ships."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd as ag
from autograd.utils.data.dataset import Dataset, TensorRows
from autograd.utils.datasets.optional import need

TEST_SIZE = 450


class Digits(Dataset[tuple[Any, Any]]):
    """Handwritten digits, 8x8 pixels of 17 grey levels (0..16), with the labels 0..9.

    The split is fixed: stratified by label, seed 0, 1,347 to train and 450 to test.

    Args:
        split: "train" or "test".
        transform: called with each image, a float32 tensor (1, 8, 8) in [0, 1].
        target_transform: called with each label, an int.

    Attributes:
        data: float32 tensor (L, 1, 8, 8), the grey levels divided by 16.
        targets: int64 tensor (L,).
        classes: names of the labels.

    Raises:
        ValueError: another split.
        ImportError: scikit-learn is not installed.

    Example:
        >>> from autograd.utils.datasets import Digits
        >>> train = Digits("train")
        >>> image, label = train[0]
        >>> len(train), tuple(image.shape), label in range(10)
        (1347, (1, 8, 8), True)

    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998.
    """

    classes = tuple(map(str, range(10)))

    def __init__(
        self,
        split: str = "train",
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        if split not in ("train", "test"):
            raise ValueError(f"Digits: expected split 'train' or 'test', got {split!r}.")
        digits = need("sklearn.datasets", "Digits").load_digits()
        split_of = need("sklearn.model_selection", "Digits").train_test_split
        rows = split_of(np.arange(len(digits.target)), test_size=TEST_SIZE, stratify=digits.target, random_state=0)[
            split == "test"
        ]
        images = (digits.images[rows] / 16.0).astype(np.float32)
        self.data = ag.from_numpy(images[:, None])  # (L,8,8) -> (L,1,8,8)
        self.targets = ag.from_numpy(digits.target[rows].astype(np.int64))
        self.split = split
        self.transform = transform
        self.target_transform = target_transform

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, label = self.data[index], int(self.targets[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __getitems__(self, indices: list[int]) -> Sequence[Any]:
        if self.transform or self.target_transform or type(self).__getitem__ is not Digits.__getitem__:
            return [self[index] for index in indices]
        return TensorRows(self, (self.data, self.targets), indices)

    def __len__(self) -> int:
        return len(self.targets)
