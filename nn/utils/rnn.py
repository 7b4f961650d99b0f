"""Sequences of different lengths in one tensor: padded to the longest, or packed without padding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from autograd.errors import ShapeError
from autograd.tensor import Tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class PackedSequence(NamedTuple):
    """Sequences without padding: first the first elements of all, then the second elements of those that have one, ...

    Made by ``pack_padded_sequence`` and ``pack_sequence``; taken and returned by the recurrent layers.

    Attributes:
        data: the elements, (sum of lengths, *).
        batch_sizes: how many sequences have an element t, int64 of shape (longest,), on the CPU.
        sorted_indices: which sequence stands at each place, longest first; None if they were in that order.
        unsorted_indices: at which place each sequence stands; None likewise.

    Example:
        >>> packed = nn.utils.rnn.pack_sequence([ag.tensor([1, 2, 3]), ag.tensor([4, 5])])
        >>> packed.data, packed.batch_sizes
        (tensor([1, 4, 2, 5, 3]), tensor([2, 2, 1]))
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The sequences with another dtype or on another device, as ``Tensor.to``; indices follow the device."""
        data = self.data.to(*args, **kwargs)
        indices = (None if i is None else i.to(data.device) for i in (self.sorted_indices, self.unsorted_indices))
        return PackedSequence(data, self.batch_sizes, *indices)

    def cpu(self) -> PackedSequence:
        """The sequences on the CPU."""
        return self.to("cpu")

    def cuda(self) -> PackedSequence:
        """The sequences on the GPU."""
        return self.to("cuda")

    def double(self) -> PackedSequence:
        """The sequences in float64."""
        return self.to(ag.float64)

    def float(self) -> PackedSequence:
        """The sequences in float32."""
        return self.to(ag.float32)

    @property
    def is_cuda(self) -> bool:
        """Whether the elements are on a GPU."""
        return self.data.is_cuda


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes one.

    Args:
        permutation: int64 (N,), each of 0..N-1 once; or None.

    Returns:
        int64 (N,), or None.

    Example:
        >>> nn.utils.rnn.invert_permutation(ag.tensor([2, 0, 1]))
        tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    order = permutation.backend.to_numpy(permutation.raw)
    return ag.tensor(np.argsort(order), device=permutation.device)


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Packs a padded batch of sequences.

    Args:
        input: (T, N, *), or (N, T, *) with ``batch_first``.
        lengths: N ints from 1 to T, a sequence or an int64 CPU tensor.
        batch_first: where the batch stands.
        enforce_sorted: the lengths are in decreasing order, which is checked; False: they are sorted here.

    Returns:
        The packed sequences, data (sum of lengths, *).

    Raises:
        ShapeError: another number of lengths than N.
        ValueError: a length outside 1..T, or not in decreasing order with ``enforce_sorted``.

    Example:
        >>> x = ag.tensor([[1, 2, 0], [4, 0, 0]])
        >>> nn.utils.rnn.pack_padded_sequence(x, [2, 1], batch_first=True).data
        tensor([1, 4, 2])
    """
    steps, batch = input.shape[:2] if not batch_first else input.shape[1::-1]
    sizes = np.asarray(lengths.tolist() if isinstance(lengths, Tensor) else list(lengths), dtype=np.int64)
    if sizes.shape != (batch,):
        raise ShapeError(
            f"pack_padded_sequence: expected {batch} lengths for input {tuple(input.shape)}, got {sizes.shape}"
        )
    if not batch or sizes.min() < 1 or sizes.max() > steps:
        raise ValueError(f"pack_padded_sequence: expected lengths from 1 to {steps}, got {sizes.tolist()}")
    order = None
    if not enforce_sorted:
        order = np.argsort(-sizes, kind="stable")
        sizes = sizes[order]
    elif (sizes[1:] > sizes[:-1]).any():
        raise ValueError(
            f"pack_padded_sequence: expected lengths in decreasing order, got {sizes.tolist()}. "
            "Sort the batch, or pass enforce_sorted=False"
        )
    step, place = np.nonzero(sizes > np.arange(sizes[0])[:, None])  # of every element in its packed order
    column = place if order is None else order[place]
    rows = column * steps + step if batch_first else step * batch + column
    flat = input.reshape(steps * batch, *input.shape[2:])
    data = flat.index_select(0, ag.tensor(rows, device=input.device))
    sorted_indices = None if order is None else ag.tensor(order, device=input.device)
    counts = ag.tensor(np.bincount(step), device="cpu")
    return PackedSequence(data, counts, sorted_indices, invert_permutation(sorted_indices))


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """Pads packed sequences to the longest, in the order in which they were before packing.

    Args:
        sequence: packed sequences.
        batch_first: where the batch stands in the result.
        padding_value: what the padding is filled with.
        total_length: pad to this length instead.

    Returns:
        The batch (T, N, *), or (N, T, *) with ``batch_first``, and the lengths, int64 (N,) on the CPU.

    Raises:
        ValueError: ``total_length`` is below the longest.

    Example:
        >>> packed = nn.utils.rnn.pack_sequence([ag.tensor([1, 2]), ag.tensor([4])])
        >>> nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
        (tensor([[1, 2],
                [4, 0]]), tensor([2, 1]))
    """
    counts = np.asarray(sequence.batch_sizes.tolist())
    steps, batch = len(counts), int(counts[0])
    if total_length is not None and total_length < steps:
        raise ValueError(f"pad_packed_sequence: expected total_length of at least {steps}, got {total_length}")
    sizes = (counts[:, None] > np.arange(batch)).sum(0)
    rows = np.full((total_length or steps, batch), -1)  # the packed row of every element, -1: padding
    step, place = np.nonzero(counts[:, None] > np.arange(batch))
    rows[step, place] = np.arange(len(step))
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices.backend.to_numpy(sequence.unsorted_indices.raw)
        rows, sizes = rows[:, order], sizes[order]
    if batch_first:
        rows = rows.T
    data = sequence.data
    padded = data.index_select(0, ag.tensor(rows.clip(0).ravel(), device=data.device)).reshape(
        *rows.shape, *data.shape[1:]
    )
    absent = ag.tensor(rows < 0, device=data.device).reshape(*rows.shape, *([1] * (data.ndim - 1)))
    fill = padding_value if data.is_floating_point() or data.is_complex() else int(padding_value)
    return padded.masked_fill(absent, fill), ag.tensor(sizes, device="cpu")


def pad_sequence(
    sequences: Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Stacks sequences of different lengths, padded to the longest.

    Args:
        sequences: tensors (L_i, *).
        batch_first: where the batch stands in the result.
        padding_value: what the padding is filled with.
        padding_side: "right" (behind) or "left" (before).

    Returns:
        (T, N, *), or (N, T, *) with ``batch_first``; T the longest length.

    Raises:
        ShapeError: the sequences differ in more than their length.
        ValueError: no sequence, or an unknown side.

    Example:
        >>> nn.utils.rnn.pad_sequence([ag.tensor([1, 2]), ag.tensor([3])], batch_first=True)
        tensor([[1, 2],
                [3, 0]])
    """
    parts = list(sequences)
    if not parts or padding_side not in ("left", "right"):
        raise ValueError(
            f"pad_sequence: expected sequences and a side 'left' or 'right', got {len(parts)} and {padding_side!r}"
        )
    if any(p.ndim < 1 or p.shape[1:] != parts[0].shape[1:] for p in parts):
        raise ShapeError(f"pad_sequence: expected sequences (L, *) of equal *, got {[tuple(p.shape) for p in parts]}")
    longest = max(len(p) for p in parts)
    out = []
    for p in parts:
        fill = ag.full((longest - len(p), *p.shape[1:]), padding_value, dtype=p.dtype, device=p.device)
        out.append(ag.cat([p, fill] if padding_side == "right" else [fill, p]))
    return ag.stack(out, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The sequences of a padded batch, without padding.

    Args:
        padded_sequences: (T, N, *), or (N, T, *) with ``batch_first``; padded behind.
        lengths: N ints.
        batch_first: where the batch stands.

    Returns:
        N tensors (L_i, *).

    Example:
        >>> nn.utils.rnn.unpad_sequence(ag.tensor([[1, 2], [3, 0]]), [2, 1], batch_first=True)
        [tensor([1, 2]), tensor([3])]
    """
    axis = 0 if batch_first else 1
    return [padded_sequences.select(axis, i)[: int(n)] for i, n in enumerate(lengths)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Packs sequences of different lengths.

    Args:
        sequences: tensors (L_i, *).
        enforce_sorted: they are in decreasing order of length, which is checked; False: they are sorted here.

    Returns:
        The packed sequences.

    Raises:
        ValueError: not in decreasing order with ``enforce_sorted``.

    Example:
        >>> nn.utils.rnn.pack_sequence([ag.tensor([1, 2]), ag.tensor([3])]).data
        tensor([1, 3, 2])
    """
    return pack_padded_sequence(pad_sequence(sequences), [len(s) for s in sequences], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The single sequences of packed ones, in the order in which they were before packing.

    Args:
        packed_sequences: packed sequences.

    Returns:
        Tensors (L_i, *).

    Example:
        >>> packed = nn.utils.rnn.pack_sequence([ag.tensor([1, 2]), ag.tensor([3])])
        >>> nn.utils.rnn.unpack_sequence(packed)
        [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences)
    return unpad_sequence(padded, lengths.tolist())
