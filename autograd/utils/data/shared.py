"""Batches between processes, through shared memory.

A batch is pickled with its arrays out of band; pickle and arrays go into one block of shared memory that the worker
fills and the parent copies out and removes at once. So nothing that a user keeps occupies shared memory, and the
message in the pipe stays small: a worker never blocks in sending, which the pool's freedom from deadlocks rests on.

The parent names the blocks, so that it can remove every block that a worker has or might have made, also after the
worker was killed in the middle of it.
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Sequence
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np

import autograd as ag
from autograd.tensor import Tensor

INLINE = 1024  # bytes; what is smaller travels in the message itself
ALIGN = 64  # bytes; arrays begin on cache lines

Packed = list[bytes | int]
"""A batch on its way: its parts themselves (pickle first, then arrays), or their sizes in bytes within the block."""


class _Pickler(pickle.Pickler):
    """Pickles a tensor as its array, which must be in the memory of the CPU."""

    def reducer_override(self, value: Any) -> Any:
        if type(value) is not Tensor:
            return NotImplemented
        if value.device.type != "cpu":
            raise RuntimeError(
                f"DataLoader: expected CPU tensors from a worker process, got one on {value.device}. "
                "Return CPU tensors from the dataset and move the batch in the training loop."
            )
        if value.requires_grad and not value.is_leaf:
            raise RuntimeError(
                "DataLoader: expected tensors without history from a worker process, got one that is the result of "
                "an operation on a tensor that requires grad. Detach it in the dataset or the collate_fn."
            )
        return _rebuild_tensor, (value.detach().numpy(), value.requires_grad)


def _rebuild_tensor(array: np.ndarray, requires_grad: bool) -> Tensor:
    """A tensor on the array."""
    return ag.from_numpy(array).requires_grad_(requires_grad)


def _aligned(size: int) -> int:
    return -(-size // ALIGN) * ALIGN


def start_tracker() -> None:
    """Start Python's resource tracker, which removes shared memory that a killed program leaves behind.

    Before the workers start: they inherit it, and one tracker then sees both the making and the removal of a block.

    Example:
        >>> from autograd.utils.data.shared import start_tracker
        >>> start_tracker()
    """
    if os.name == "posix":
        resource_tracker.ensure_running()


def pack(batch: Any, name: str, inline: float = INLINE) -> tuple[Packed, SharedMemory | None]:
    """Serialize a batch, into a new block of shared memory if it is not small.

    Args:
        batch: anything that pickles.
        name: name of the block.
        inline: how many bytes count as small.

    Returns:
        What :func:`unpack` needs, and the block if one was made; the caller closes it.

    Raises:
        RuntimeError: a tensor that is not on the CPU, or has history.

    Example:
        >>> from autograd.utils.data.shared import pack, unpack
        >>> packed, block = pack([1, 2], "unused")
        >>> unpack(packed, "unused"), block
        ([1, 2], None)
    """
    stream = io.BytesIO()
    arrays: list[pickle.PickleBuffer] = []
    _Pickler(stream, protocol=5, buffer_callback=arrays.append).dump(batch)
    parts = [stream.getbuffer(), *(array.raw() for array in arrays)]
    sizes = [part.nbytes for part in parts]
    total = sum(map(_aligned, sizes))
    if total <= inline:
        return [bytes(part) for part in parts], None
    block = SharedMemory(name, create=True, size=total)
    memory, begin = _memory(block), 0
    for part in parts:
        memory[begin : begin + part.nbytes] = part
        begin += _aligned(part.nbytes)
    return [*sizes], block


def unpack(packed: Packed, name: str) -> Any:
    """Restore a batch, and remove its block.

    Args:
        packed: what :func:`pack` returned.
        name: name of the block.

    Returns:
        The batch, in memory of its own.

    Example:
        >>> from autograd.utils.data.shared import pack, unpack
        >>> packed, block = pack(np.arange(1000), "twingrad-example")
        >>> block.close()
        >>> int(unpack(packed, "twingrad-example").sum())
        499500
    """
    inline = [bytearray(part) for part in packed if isinstance(part, bytes)]  # writable, as arrays are
    head, *arrays = inline or _take([part for part in packed if isinstance(part, int)], name)
    return pickle.loads(head, buffers=arrays)


def _memory(block: SharedMemory) -> memoryview:
    """The bytes of an open block."""
    assert block.buf is not None
    return block.buf


def _take(sizes: Sequence[int], name: str) -> list[Any]:
    """Copy the parts out of a block and remove it; one allocation per array, so that each is freed by itself."""
    block = SharedMemory(name)
    try:
        parts = [np.empty(size, np.uint8) for size in sizes]
        memory, begin = _memory(block), 0
        for part in parts:
            part[:] = memory[begin : begin + part.nbytes]
            begin += _aligned(part.nbytes)
    finally:
        block.close()
        block.unlink()
    return parts


def remove(name: str) -> None:
    """Remove a block, if it exists.

    Args:
        name: name of the block.

    Example:
        >>> from autograd.utils.data.shared import remove
        >>> remove("twingrad-never-made")
    """
    try:
        block = SharedMemory(name)
    except FileNotFoundError:
        return
    block.close()
    block.unlink()
