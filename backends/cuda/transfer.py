"""Copies between the host and a GPU.

The device copies by itself from page-locked ("pinned") memory while the host goes on. Such memory must not be reused
before the copy is done, and CuPy's pool of it does not wait: arrays of copies under way are held here until the event
behind them is reached.

A copy overlaps with kernels only on a stream of its own. ``begin`` allocates in the order of the current stream, so that
memory which kernels given earlier still read is not overwritten, copies beside it, and ``arrive`` makes the current
stream wait:

    current   | step i - 1 |  step i      | wait | step i + 1
    beside                 | copy of i + 1 |
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

import numpy as np

from backends.protocol import Array

DTYPES = "?bhilqBHILQeEfdFD"  # characters of those that the device has


class Copy(NamedTuple):
    """A copy under way: the array on the device, and the event behind it."""

    array: Array
    done: Any


class Transfers:
    """Copies between the host and one GPU.

    Args:
        xp: cupy, or a double of it.
        index: which GPU.
    """

    def __init__(self, xp: Any, index: int = 0) -> None:
        self.xp = xp
        self.index = index
        self._held: deque[tuple[Any, Any]] = deque()  # the event behind a copy, and the arrays it needs
        self._beside: Any = None

    # -- to the device -----------------------------------------------------------------------------------------------
    def upload(self, a: Any, non_blocking: bool = False) -> Array:
        """The device's copy of an array; the axes keep their order in memory.

        Args:
            a: NumPy array, any strides.
            non_blocking: return while pinned memory is still being copied; it must not be changed before that is done.

        Returns:
            Array like ``a``, ready for work given to the current stream from now on.
        """
        with self.xp.cuda.Device(self.index):
            stream = self.xp.cuda.get_current_stream()
            array, source = self._send(a, stream)
            if self.is_pinned(source):  # else the copy has read it all when it returns
                if non_blocking:
                    self._hold(stream.record(), source)
                else:
                    stream.synchronize()
        return array

    def begin(self, a: Any) -> Copy:
        """Starts a copy beside the current stream; see ``arrive``.

        Args:
            a: NumPy array; the copy overlaps with kernels where it is pinned.

        Returns:
            The copy, whose array must not be used before ``arrive``.
        """
        with self.xp.cuda.Device(self.index):
            if self._beside is None:
                self._beside = self.xp.cuda.Stream(non_blocking=True)
            array, source = self._send(a, self._beside)
            done = self._beside.record()
            self._hold(done, (source, array))
        return Copy(array, done)

    def arrive(self, copy: Copy) -> Array:
        """The array of a copy, for work given to the current stream from now on.

        Args:
            copy: what ``begin`` returned.

        Returns:
            The array.
        """
        self.xp.cuda.get_current_stream().wait_event(copy.done)
        return copy.array

    def _send(self, a: Any, stream: Any) -> tuple[Array, Any]:
        """Starts a copy: the array on the device, and the memory that is being read."""
        if a.dtype.char not in DTYPES:
            raise TypeError(
                f"cuda: expected bool, integers, floats or complex numbers of up to 64 bits a part, got {a.dtype}"
            )
        order = _order(a)
        source = a.transpose(order)
        if not source.flags.c_contiguous:
            source = source.copy(order="C")
        array = self.xp.empty(source.shape, source.dtype)
        current = self.xp.cuda.get_current_stream()
        if stream != current:
            stream.wait_event(current.record())  # the memory may still be read by kernels given earlier
        array.set(source, stream)
        return array.transpose(_inverse(order)), source

    def _hold(self, done: Any, arrays: Any) -> None:
        """Keeps arrays until an event is reached, and lets go of those whose event has been."""
        while self._held and self._held[0][0].done:
            self._held.popleft()
        self._held.append((done, arrays))

    # -- to the host -------------------------------------------------------------------------------------------------
    def download(self, a: Array) -> Any:
        """The host's copy of an array; waits for it. The axes keep their order in memory.

        Args:
            a: array on the device, any strides.

        Returns:
            NumPy array like ``a``.
        """
        order = _order(a)
        return a.transpose(order).get().transpose(_inverse(order))

    # -- pinned memory -----------------------------------------------------------------------------------------------
    def pin(self, a: Any) -> Any:
        """A copy in pinned memory; itself where it lies there already, or is empty.

        Args:
            a: NumPy array.

        Returns:
            NumPy array like ``a``.
        """
        if self.is_pinned(a) or not a.size:
            return a
        order = _order(a)
        source = a.transpose(order)
        memory = self.xp.cuda.alloc_pinned_memory(a.nbytes)
        pinned = np.frombuffer(memory, a.dtype, a.size).reshape(source.shape)
        pinned[...] = source
        return pinned.transpose(_inverse(order))

    def is_pinned(self, a: Any) -> bool:
        """Whether an array lies in pinned memory that was taken here.

        Args:
            a: NumPy array.

        Returns:
            Whether it does.
        """
        owner: Any = a
        while owner is not None:
            if isinstance(owner, self.xp.cuda.PinnedMemoryPointer):
                return True
            owner = owner.obj if isinstance(owner, memoryview) else getattr(owner, "base", None)
        return False


def _order(a: Array) -> tuple[int, ...]:
    """The axes as they lie in memory, slowest first."""
    if a.flags.c_contiguous:
        return tuple(range(a.ndim))
    return tuple(sorted(range(a.ndim), key=lambda i: (-abs(a.strides[i]), a.shape[i] == 1)))


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(order)), key=order.__getitem__))
