"""Where samples come from: map-style datasets (``ds[i]``), streams (``iter(ds)``), and ways to combine them."""

from __future__ import annotations

import itertools
import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

import autograd as ag

if TYPE_CHECKING:
    from autograd.random import Generator
    from autograd.tensor import Tensor

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """A collection of samples, each read by its index.

    A subclass defines ``__getitem__(index)`` and, for samplers, ``__len__()``. It may define ``__getitems__(indices)``,
    a list of samples for a list of indices, which the loader then calls once per batch. ``a + b`` concatenates.

    Example:
        >>> from autograd.utils.data import Dataset
        >>> class Squares(Dataset[int]):
        ...     def __getitem__(self, index): return index * index
        ...     def __len__(self): return 5
        >>> [Squares()[i] for i in range(len(Squares()))]
        [0, 1, 4, 9, 16]
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__}: expected a subclass to define __getitem__, got none.")

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """A stream of samples, in the order in which it yields them.

    A subclass defines ``__iter__()``. With worker processes each worker iterates over its own copy, so that every
    sample comes once per worker unless ``__iter__`` takes its share: see :func:`get_worker_info`. ``a + b`` chains.

    Example:
        >>> from autograd.utils.data import DataLoader, IterableDataset
        >>> class Count(IterableDataset[int]):
        ...     def __iter__(self): return iter(range(3))
        >>> list(DataLoader(Count(), batch_size=None))
        [0, 1, 2]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__}: expected a subclass to define __iter__, got none.")

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ChainDataset([self, other])


class TensorRows(Sequence[tuple[Any, ...]]):
    """Samples ``indices`` of a dataset that is nothing but ``tensors``: the list of its rows, or its columns at once.

    What :class:`TensorDataset` answers to ``__getitems__``. ``default_collate`` takes the columns: one gather per
    tensor instead of a read per sample and a stack.

    Args:
        dataset: the dataset whose samples these are.
        tensors: the tensors (L, ...) it reads them from.
        indices: N integers in [-L, L).

    Example:
        >>> from autograd.utils.data import TensorDataset
        >>> rows = TensorDataset(ag.arange(4), ag.arange(4) * 10).__getitems__([3, 1])
        >>> len(rows), [column.tolist() for column in rows.columns()]
        (2, [[3, 1], [30, 10]])
    """

    def __init__(self, dataset: Dataset[Any], tensors: Sequence[Tensor], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.tensors = tensors
        self.indices = indices

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return TensorRows(self.dataset, self.tensors, self.indices[position])
        return self.dataset[self.indices[position]]

    def __len__(self) -> int:
        return len(self.indices)

    def columns(self) -> list[Tensor]:
        """The rows of each tensor, gathered.

        Returns:
            One tensor (N, ...) per tensor (L, ...).

        Example:
            >>> from autograd.utils.data import TensorDataset
            >>> TensorDataset(ag.arange(4)).__getitems__([2, 2]).columns()[0].tolist()
            [2, 2]
        """
        index = np.asarray(self.indices, dtype=np.int64)
        return [tensor[index] for tensor in self.tensors]  # (L, ...) -> (N, ...)


class TensorDataset(Dataset[tuple[Any, ...]]):
    """Samples are the rows of tensors: ``ds[i] == (x[i], y[i], ...)``.

    Args:
        *tensors: tensors (L, ...) that agree in L.

    Raises:
        AssertionError: tensors of different length, as in PyTorch.

    Example:
        >>> from autograd.utils.data import TensorDataset
        >>> ds = TensorDataset(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([7, 8]))
        >>> len(ds), ds[1]
        (2, (tensor([3., 4.]), tensor(8)))
    """

    def __init__(self, *tensors: Tensor) -> None:
        lengths = [tensor.size(0) for tensor in tensors]
        if len(set(lengths)) > 1:
            raise AssertionError(
                f"TensorDataset: expected tensors of the same length, got {lengths}. Size mismatch between tensors"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __getitems__(self, indices: list[int]) -> Sequence[tuple[Any, ...]]:
        if type(self).__getitem__ is not TensorDataset.__getitem__:  # a subclass changes what a sample is
            return [self[index] for index in indices]
        return TensorRows(self, self.tensors, indices)

    def __len__(self) -> int:
        return int(self.tensors[0].size(0))


class StackDataset(Dataset[Any]):
    """Samples of several datasets side by side: a tuple of them, or a dict if they are passed by name.

    Args:
        *args: datasets of one length; samples are tuples.
        **kwargs: datasets of one length; samples are dicts.

    Raises:
        ValueError: no dataset, both forms at once, or different lengths.

    Example:
        >>> from autograd.utils.data import StackDataset
        >>> StackDataset(image=[10, 20], label=[1, 2])[1]
        {'image': 20, 'label': 2}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError(
                "StackDataset: expected datasets either by position (samples are tuples) or by name (dicts), "
                f"got {len(args)} by position and {len(kwargs)} by name."
            )
        self.datasets: Any = args or kwargs
        lengths = [len(dataset) for dataset in (args or kwargs.values())]
        if len(set(lengths)) > 1:
            raise ValueError(f"StackDataset: expected datasets of the same length, got {lengths}.")
        self._length: int = lengths[0]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices: list[int]) -> list[Any]:
        if isinstance(self.datasets, dict):
            columns = [_read(dataset, indices) for dataset in self.datasets.values()]
            return [dict(zip(self.datasets, row, strict=True)) for row in zip(*columns, strict=True)]
        return list(zip(*(_read(dataset, indices) for dataset in self.datasets), strict=True))

    def __len__(self) -> int:
        return self._length


def _read(dataset: Any, indices: list[int]) -> Sequence[Any]:
    """Samples by the dataset's own batched read, if it has one."""
    if not callable(getattr(dataset, "__getitems__", None)):
        return [dataset[index] for index in indices]
    samples: Sequence[Any] = dataset.__getitems__(indices)
    if len(samples) != len(indices):
        raise ValueError(
            f"{type(dataset).__name__}.__getitems__: expected {len(indices)} samples for as many indices, "
            f"got {len(samples)}. Nested dataset's output size mismatch."
        )
    return samples


class ConcatDataset(Dataset[T_co]):
    """Datasets one after the other.

    Args:
        datasets: map-style datasets, at least one.

    Raises:
        AssertionError: no dataset, or an :class:`IterableDataset` among them, as in PyTorch.

    Example:
        >>> from autograd.utils.data import ConcatDataset
        >>> ds = ConcatDataset([[1, 2], [3]])
        >>> len(ds), ds[2], ds[-1], ds.cumulative_sizes
        (3, 3, 3, [2, 3])
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets: list[Any] = list(datasets)
        if not self.datasets:
            raise AssertionError("ConcatDataset: datasets should not be an empty iterable, expected at least one.")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset. Chain streams with ChainDataset.")
        self.cumulative_sizes = list(itertools.accumulate(len(dataset) for dataset in self.datasets))

    def __getitem__(self, index: int) -> T_co:
        length = len(self)
        if index < -length:
            raise ValueError(
                f"ConcatDataset: absolute value of index should not exceed dataset length, got {index} of {length}."
            )
        index += length if index < 0 else 0
        part = bisect_right(self.cumulative_sizes, index)
        if part == len(self.datasets):
            raise IndexError(f"ConcatDataset: expected an index below {length}, got {index}.")
        before = self.cumulative_sizes[part - 1] if part else 0
        sample: T_co = self.datasets[part][index - before]
        return sample

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[T_co]):
    """Streams one after the other.

    Args:
        datasets: iterable-style datasets.

    Raises:
        AssertionError: on iteration or ``len``, if one is not an :class:`IterableDataset`, as in PyTorch.

    Example:
        >>> from autograd.utils.data import ChainDataset, IterableDataset
        >>> class Count(IterableDataset[int]):
        ...     def __iter__(self): return iter(range(2))
        >>> list(ChainDataset([Count(), Count()]))
        [0, 1, 0, 1]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[T_co]:
        for dataset in self.datasets:
            yield from self._checked(dataset)

    def __len__(self) -> int:
        return sum(len(self._checked(dataset)) for dataset in self.datasets)

    @staticmethod
    def _checked(dataset: Any) -> Any:
        if not isinstance(dataset, IterableDataset):
            raise AssertionError(f"ChainDataset only supports IterableDataset, got {type(dataset).__name__}.")
        return dataset


class Subset(Dataset[T_co]):
    """Some samples of a dataset: ``Subset(ds, indices)[i] == ds[indices[i]]``.

    Args:
        dataset: the whole dataset.
        indices: which samples, in which order.

    Raises:
        NotImplementedError: a subclass defines ``__getitem__`` and not ``__getitems__``, which the loader calls.

    Example:
        >>> from autograd.utils.data import Subset
        >>> list(Subset("abcd", [3, 0]))
        ['d', 'a']
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices
        kind = type(self)
        if kind.__getitem__ is not Subset.__getitem__ and kind.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{kind.__name__} overrides __getitem__ but not __getitems__, which the loader calls. "
                "Define __getitems__(self, indices) too: return [self[i] for i in indices]"
            )

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> Sequence[Any]:
        return _read(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Sequence[float], generator: Generator | None = None) -> list[Subset[Any]]:
    """Split a dataset into random parts that do not overlap.

    Args:
        dataset: a dataset of L samples.
        lengths: integers that sum to L, or fractions that sum to 1: part i gets floor(L * fraction), and what is left
            goes one by one to the parts in turn.
        generator: where the permutation comes from; None for the default generator.

    Returns:
        One :class:`Subset` per length.

    Raises:
        ValueError: lengths that do not sum to L, or a fraction outside [0, 1].

    Example:
        >>> from autograd.utils.data import random_split
        >>> [len(part) for part in random_split(range(10), [0.7, 0.3])]
        [7, 3]
    """
    total = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        counts = _fractions_to_counts(lengths, total)
    else:
        counts = list(lengths)  # type: ignore[arg-type]
    if sum(counts) != total:
        raise ValueError(
            f"random_split: expected lengths that sum to {total} (or fractions that sum to 1), got {list(lengths)}. "
            "Sum of input lengths does not equal the length of the input dataset!"
        )
    order = ag.randperm(total, generator=generator).tolist()
    ends = itertools.accumulate(counts)
    return [Subset(dataset, order[end - count : end]) for end, count in zip(ends, counts, strict=True)]


def _fractions_to_counts(fractions: Sequence[float], total: int) -> list[int]:
    """Sizes of the parts, warning of an empty one."""
    for i, fraction in enumerate(fractions):
        if not 0 <= fraction <= 1:
            raise ValueError(f"random_split: Fraction at index {i} is not between 0 and 1, got {fraction}.")
    counts = [math.floor(total * fraction) for fraction in fractions]
    for i in range(total - sum(counts)):
        counts[i % len(counts)] += 1
    for i, count in enumerate(counts):
        if count == 0:
            warnings.warn(f"Length of split at index {i} is 0. This might result in an empty dataset.", stacklevel=3)
    return counts
