"""Datasets and their combinations, beside PyTorch's where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.utils import data
from autograd.utils.data.dataset import TensorRows


class Range(data.IterableDataset[int]):
    def __init__(self, *args: int) -> None:
        self.range = range(*args)

    def __iter__(self) -> Iterator[int]:
        return iter(self.range)

    def __len__(self) -> int:
        return len(self.range)


def rows(n: int = 5) -> data.TensorDataset:
    return data.TensorDataset(ag.arange(n), ag.from_numpy(np.arange(2.0 * n, dtype=np.float32).reshape(n, 2)))


# name: how to make it, its samples as plain values
COMBINED: dict[str, tuple[Any, list[Any]]] = {
    "concat": (lambda: data.ConcatDataset(["ab", "", "c"]), ["a", "b", "c"]),
    "sum": (lambda: data.Subset("ab", [0, 1]) + data.Subset("cd", [1]), ["a", "b", "d"]),
    "subset": (lambda: data.Subset("abcd", [3, 1, 1]), ["d", "b", "b"]),
    "nested subset": (lambda: data.Subset(data.Subset("abcd", [3, 1]), [1]), ["b"]),
    "stack of tuples": (lambda: data.StackDataset("ab", [1, 2]), [("a", 1), ("b", 2)]),
    "stack of dicts": (lambda: data.StackDataset(x="ab", y=[1, 2]), [{"x": "a", "y": 1}, {"x": "b", "y": 2}]),
}


@pytest.mark.parametrize("name", COMBINED)
def test_combined(name: str) -> None:
    make, expected = COMBINED[name]
    dataset = make()
    assert len(dataset) == len(expected)
    assert [dataset[i] for i in range(len(dataset))] == expected
    if hasattr(dataset, "__getitems__"):
        assert list(dataset.__getitems__([0, 0])) == [expected[0]] * 2


def test_tensor_dataset() -> None:
    dataset = rows()
    index, row = dataset[3]
    assert (len(dataset), index.item(), row.tolist()) == (5, 3, [6.0, 7.0])
    assert [column.tolist() for column in dataset[1:3]] == [[1, 2], [[2.0, 3.0], [4.0, 5.0]]]


def test_rows_of_a_tensor_dataset_are_its_samples() -> None:
    dataset = rows()
    batch = dataset.__getitems__([4, 0, -1])
    assert isinstance(batch, TensorRows)
    assert [[x.tolist() for x in sample] for sample in batch] == [[4, [8, 9]], [0, [0, 1]], [4, [8, 9]]]
    assert [[x.tolist() for x in sample] for sample in batch[1:]] == [[0, [0, 1]], [4, [8, 9]]]
    assert [column.tolist() for column in batch.columns()] == [[4, 0, 4], [[8, 9], [0, 1], [8, 9]]]
    with pytest.raises(IndexError):
        dataset.__getitems__([5]).columns()


def test_a_subclass_of_tensor_dataset_keeps_its_samples() -> None:
    class Doubled(data.TensorDataset):
        def __getitem__(self, index: Any) -> tuple[Any, ...]:
            return tuple(x * 2 for x in super().__getitem__(index))

    loaded = next(iter(data.DataLoader(Doubled(ag.arange(4)), batch_size=2)))
    assert loaded[0].tolist() == [0, 2]


def test_chain() -> None:
    chain = Range(2) + Range(5, 7)
    assert isinstance(chain, data.ChainDataset)
    assert (list(chain), len(chain)) == ([0, 1, 5, 6], 4)


def test_concat_reads_backwards() -> None:
    dataset = data.ConcatDataset(["ab", "c"])
    assert [dataset[i] for i in (-1, -2, -3)] == ["c", "b", "a"]
    assert dataset.cumulative_sizes == [2, 3]


def no_items() -> Any:
    class Half(data.Subset[Any]):
        def __getitem__(self, index: Any) -> Any:
            return 0

    return Half("ab", [0])


class Short(data.Dataset[int]):
    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: Any) -> int:
        return 0

    def __getitems__(self, indices: list[int]) -> list[int]:
        return [0]


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda: data.Dataset()[0], NotImplementedError, "Dataset: expected a subclass to define __getitem__, got none"),
    (lambda: iter(data.IterableDataset()), NotImplementedError, "define __iter__"),
    (lambda: data.TensorDataset(ag.zeros(2), ag.zeros(3)), AssertionError, r"same length, got \[2, 3\]. Size mismatch"),
    (lambda: data.ConcatDataset([]), AssertionError, "datasets should not be an empty iterable"),
    (lambda: data.ConcatDataset([Range(2)]), AssertionError, "does not support IterableDataset. Chain streams with"),
    (lambda: data.ConcatDataset(["ab"])[-3], ValueError, "should not exceed dataset length, got -3 of 2"),
    (lambda: data.ConcatDataset(["ab"])[2], IndexError, "expected an index below 2, got 2"),
    (lambda: list(data.ChainDataset(["ab"])), AssertionError, "only supports IterableDataset, got str"),
    (lambda: len(data.ChainDataset(["ab"])), AssertionError, "only supports IterableDataset, got str"),
    (lambda: data.StackDataset(), ValueError, "got 0 by position and 0 by name"),
    (lambda: data.StackDataset("a", x="a"), ValueError, "got 1 by position and 1 by name"),
    (lambda: data.StackDataset("a", "ab"), ValueError, r"same length, got \[1, 2\]"),
    (
        lambda: data.StackDataset(Short()).__getitems__([0, 1]),
        ValueError,
        "expected 2 samples for as many indices, got 1",
    ),
    (no_items, NotImplementedError, "Half overrides __getitem__ but not __getitems__"),
    (lambda: data.random_split("abc", [1, 1]), ValueError, r"lengths that sum to 3 .*, got \[1, 1\]"),
    (lambda: data.random_split("abc", [1.5, -0.5]), ValueError, "Fraction at index 0 is not between 0 and 1, got 1.5"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_errors(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


SPLITS = [
    (10, [7, 3]),
    (10, [0.7, 0.3]),
    (10, [0.33, 0.33, 0.34]),
    (11, [0.5, 0.5]),
    (7, [0.25, 0.25, 0.25, 0.25]),
    (3, [0, 3]),
    (1, [1]),
]


@pytest.mark.parametrize("total, lengths", SPLITS)
def test_random_split(total: int, lengths: list[float], torch: ModuleType) -> None:
    ours = data.random_split(range(total), lengths)
    theirs = torch.utils.data.random_split(range(total), lengths)
    assert [len(part) for part in ours] == [len(part) for part in theirs]
    assert sorted(i for part in ours for i in part) == list(range(total))


def test_random_split_follows_its_generator() -> None:
    first, second, third = (
        [part.indices for part in data.random_split(range(50), [0.5, 0.5], ag.Generator().manual_seed(seed))]
        for seed in (1, 1, 2)
    )
    assert first == second != third


def test_an_empty_part_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="Length of split at index 2 is 0. This might result in an empty dataset"):
        data.random_split(range(2), [0.5, 0.5, 0.0])
