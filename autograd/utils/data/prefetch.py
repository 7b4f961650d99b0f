"""Batches on a GPU, copied while the program works on the one before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd.op import wrap
from autograd.tensor import Tensor
from autograd.utils.data.collate import map_leaves


class _UnderWay:
    """A tensor of the next batch whose copy was begun."""

    __slots__ = ("copy",)

    def __init__(self, copy: Any) -> None:
        self.copy = copy


class Prefetched(Iterator[Any]):
    """The batches of an iterator with their CPU tensors on a GPU, one copied in advance.

    Asking for a batch begins the copy of the next one, on a stream of its own; it overlaps with what the program then
    does with the batch that it got. What reading the next batch raises, is raised when that one is asked for.

    Args:
        batches: where the batches come from, in pinned memory.
        backend: of the GPU.
    """

    def __init__(self, batches: Iterator[Any], backend: Any) -> None:
        self.batches, self.backend = batches, backend
        self._next: Any = None
        self._started = False

    def __next__(self) -> Any:
        if not self._started:
            self._next, self._started = self._begin(), True
        if isinstance(self._next, Exception):
            raise self._next
        batch = map_leaves(self._next, self._arrived)
        self._next = self._begin()
        return batch

    def __len__(self) -> int:
        return len(self.batches)  # type: ignore[arg-type]

    def _begin(self) -> Any:
        """The next batch with copies under way, or the exception that there is in its place."""
        try:
            batch = next(self.batches)
        except Exception as error:  # StopIteration, too
            return error
        return map_leaves(batch, self._sent)

    def _sent(self, leaf: Any) -> Any:
        if isinstance(leaf, Tensor) and not leaf.is_cuda:
            return _UnderWay(self.backend.transfers.begin(leaf.raw))
        return leaf

    def _arrived(self, leaf: Any) -> Any:
        return wrap(self.backend.transfers.arrive(leaf.copy), self.backend) if isinstance(leaf, _UnderWay) else leaf
