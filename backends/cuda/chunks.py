"""Tables of chunks (``kernels/chunks.cuh``): many arrays in one launch."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

from backends.cuda.layout import is_channels_last
from backends.protocol import Array

THREADS = 256  # of the block that has a chunk
LEAST, MOST = 1 << 11, 1 << 16  # elements of a chunk
BLOCKS = 8  # that a multiprocessor runs at a time: as many chunks keep all of them busy
KEPT = 16  # tables


def gapless(a: Array) -> bool:
    """Whether a's elements fill its memory, in whatever order.

    Example:
        >>> gapless(np.zeros((2, 3)).T), gapless(np.zeros((2, 3))[:, 1:])
        (True, False)
    """
    return bool(a.flags.c_contiguous or a.flags.f_contiguous or is_channels_last(a))


class Chunks:
    """Makes tables and keeps the latest: a training step that finds its arrays where they were makes none.

    A table goes to the device from pinned memory, so that the host need not wait.

    Args:
        xp: the array module.
        multiprocessors: of the GPU.
    """

    def __init__(self, xp: Any, multiprocessors: int) -> None:
        self._xp, self._multiprocessors = xp, multiprocessors
        self._tables: OrderedDict[tuple[Any, ...], Array] = OrderedDict()
        self._flying: list[tuple[Any, Any]] = []  # (event, pinned memory) of copies that may not be done
        self._lock = Lock()

    def table(self, *lists: Sequence[Array]) -> Array:
        """The table of arrays that go together.

        Args:
            lists: K lists of equally many arrays; the i-th ones have one size, dtype and order in memory, without gaps.

        Returns:
            int64 (chunks, K + 1): K addresses and the number of elements.
        """
        sizes = tuple([a.size for a in lists[0]])
        pointers = tuple([a.data.ptr for arrays in lists for a in arrays])
        stream = self._xp.cuda.get_current_stream()
        key = stream.ptr, lists[0][0].itemsize, sizes, pointers
        with self._lock:
            found = self._tables.get(key)
            if found is None:
                rows = self._rows(np.array(pointers).reshape(len(lists), -1), np.array(sizes), lists[0][0].itemsize)
                found = self._tables[key] = self._sent(rows, stream)
                if len(self._tables) > KEPT:
                    self._tables.popitem(last=False)
            else:
                self._tables.move_to_end(key)
        return found

    def _rows(self, pointers: Any, sizes: Any, itemsize: int) -> Any:
        """The table on the host, from addresses (K, arrays)."""
        even = -(-int(sizes.sum()) // (BLOCKS * self._multiprocessors))
        chunk = min(MOST, max(LEAST, -(-even // LEAST) * LEAST))
        counts = -(-sizes // chunk)
        array = np.repeat(np.arange(len(sizes)), counts)
        start = (np.arange(len(array)) - np.repeat(counts.cumsum() - counts, counts)) * chunk
        return np.vstack([pointers[:, array] + start * itemsize, np.minimum(sizes[array] - start, chunk)]).T

    def _sent(self, rows: Any, stream: Any) -> Array:
        """A device array of ``rows``; the copy is in the order of the stream."""
        self._flying = [(event, memory) for event, memory in self._flying if not event.done]
        memory = self._xp.cuda.alloc_pinned_memory(rows.size * 8)
        pinned = np.frombuffer(memory, np.int64, rows.size).reshape(rows.shape)
        pinned[...] = rows
        table = self._xp.empty(rows.shape, np.int64)
        table.set(pinned, stream)
        event = self._xp.cuda.Event(disable_timing=True)
        event.record(stream)
        self._flying.append((event, memory))
        return table
