"""One batch out of a dataset, in the main process or in a worker."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from autograd.utils.data.collate import default_collate
from autograd.utils.data.dataset import IterableDataset, TensorRows


class _MapFetcher:
    """Reads the samples of a map-style dataset."""

    def __init__(self, dataset: Any, batched: bool, collate_fn: Callable[[Any], Any]) -> None:
        self.dataset, self.batched, self.collate_fn = dataset, batched, collate_fn
        self.read_batch = getattr(dataset, "__getitems__", None)

    def fetch(self, index: Any) -> Any:
        try:
            samples = self.read(index)
        except StopIteration as error:  # would end the loop as if the data were complete
            raise RuntimeError(f"DataLoader: {type(self.dataset).__name__} raised StopIteration on {index}.") from error
        return self.collate_fn(samples)

    def read(self, index: Any) -> Any:
        if not self.batched:
            return self.dataset[index]
        if self.read_batch is None:
            return [self.dataset[i] for i in index]
        samples = self.read_batch(index)
        if type(samples) is TensorRows and self.collate_fn is not default_collate:
            return list(samples)
        return samples


class _StreamFetcher:
    """Reads the next samples of a stream; StopIteration at its end."""

    def __init__(self, dataset: Any, batched: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        self.samples = iter(dataset)
        self.batched, self.collate_fn, self.drop_last = batched, collate_fn, drop_last
        self.ended = False

    def fetch(self, index: Any) -> Any:
        if self.ended:
            raise StopIteration
        if not self.batched:
            return self.collate_fn(next(self.samples))
        batch = list(itertools.islice(self.samples, len(index)))
        self.ended = len(batch) < len(index)
        if not batch or (self.ended and self.drop_last):
            raise StopIteration
        return self.collate_fn(batch)


Fetcher = _MapFetcher | _StreamFetcher


def make_fetcher(dataset: Any, batched: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> Fetcher:
    """Make the reader of batches for a dataset.

    Args:
        dataset: map-style or :class:`IterableDataset`.
        batched: whether an index is a list of them.
        collate_fn: makes the batch; gets a list of samples, or one sample if not batched.
        drop_last: leave out the last batch of a stream if it is smaller.

    Returns:
        An object whose ``fetch(index)`` returns a batch, or raises StopIteration where a stream ends.

    Example:
        >>> from autograd.utils.data.fetch import make_fetcher
        >>> make_fetcher("abcd", True, "".join, False).fetch([3, 0])
        'da'
    """
    if isinstance(dataset, IterableDataset):
        return _StreamFetcher(dataset, batched, collate_fn, drop_last)
    return _MapFetcher(dataset, batched, collate_fn)
