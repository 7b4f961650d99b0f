"""From samples to a batch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

import autograd as ag
from autograd.tensor import Tensor
from autograd.utils.data.dataset import TensorRows


def default_convert(data: Any) -> Any:
    """Turn the NumPy arrays and numbers in a sample into tensors; what the loader does when ``batch_size`` is None.

    Args:
        data: a sample: arrays, tensors, anything, in mappings, sequences and named tuples to any depth.

    Returns:
        The same structure; plain tuples become lists. Arrays of strings and objects stay as they are.

    Example:
        >>> from autograd.utils.data import default_convert
        >>> default_convert({"x": np.array([1, 2]), "name": "one"})
        {'x': tensor([1, 2]), 'name': 'one'}
    """
    return map_leaves(data, _convert)


def _convert(leaf: Any) -> Any:
    """A tensor for an array or a NumPy number."""
    if isinstance(leaf, np.ndarray | np.generic) and leaf.dtype.kind not in "SUO":
        return ag.as_tensor(leaf)
    return leaf


def map_leaves(data: Any, change: Callable[[Any], Any]) -> Any:
    """Apply a function to everything in a structure that is not itself a mapping or a sequence.

    Args:
        data: mappings, sequences and named tuples to any depth; strings are leaves.
        change: the function.

    Returns:
        The same structure; plain tuples become lists, as in PyTorch.

    Example:
        >>> from autograd.utils.data.collate import map_leaves
        >>> map_leaves({"a": [1, 2], "b": (3, "x")}, lambda leaf: leaf * 2)
        {'a': [2, 4], 'b': [6, 'xx']}
    """
    if isinstance(data, Mapping):
        return _as_mapping(data, {key: map_leaves(value, change) for key, value in data.items()})
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _as_sequence(data, [map_leaves(value, change) for value in data])
    return change(data)


def default_collate(batch: Any) -> Any:
    """Stack samples along a new first dimension; what the loader does unless told otherwise.

    Tensors and NumPy arrays (...) of N samples become a tensor (N, ...); floats a float64 tensor (N,), integers int64;
    strings and bytes stay a sequence of them. Mappings, named tuples and sequences are collated field by field.

    Args:
        batch: N samples of one structure.

    Returns:
        The structure of a sample, its leaves stacked; plain tuples become lists.

    Raises:
        TypeError: a leaf of another type.
        RuntimeError: sequences of different length, or tensors of different shape.

    Example:
        >>> from autograd.utils.data import default_collate
        >>> default_collate([(ag.tensor([1, 2]), "a"), (ag.tensor([3, 4]), "b")])
        [tensor([[1, 2],
                [3, 4]]), ('a', 'b')]
    """
    if isinstance(batch, TensorRows):
        return batch.columns()
    first = batch[0]
    for kind, collate in _LEAVES:
        if isinstance(first, kind):
            return collate(batch)
    if isinstance(first, Mapping):
        return _as_mapping(first, {key: default_collate([sample[key] for sample in batch]) for key in first})
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError(
                "default_collate: each element in list of batch should be of equal size, "
                f"got sizes {sorted({len(sample) for sample in batch})}. Pass a collate_fn that pads."
            )
        return _as_sequence(first, [default_collate(column) for column in zip(*batch, strict=True)])
    raise _not_collatable(type(first).__name__)


def _not_collatable(found: str) -> TypeError:
    """The error for a leaf that has no tensor."""
    return TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {found}. Return one of these from the dataset, or pass a collate_fn."
    )


def _stack_tensors(batch: Sequence[Tensor]) -> Tensor:
    return ag.stack(tuple(batch), 0)


def _stack_arrays(batch: Sequence[np.ndarray]) -> Tensor:
    if batch[0].dtype.kind in "SUO":
        raise _not_collatable(f"an array of dtype {batch[0].dtype}")
    return ag.stack([ag.as_tensor(array) for array in batch], 0)


def _as_array(batch: Sequence[Any]) -> Tensor:
    return ag.as_tensor(np.asarray(batch))


# Strings come before numbers: numpy.str_ is a string and a numpy.generic.
_LEAVES: tuple[tuple[Any, Callable[[Sequence[Any]], Any]], ...] = (
    (Tensor, _stack_tensors),
    (np.ndarray, _stack_arrays),
    ((str, bytes), lambda batch: batch),
    (np.generic, _as_array),
    (float, lambda batch: ag.tensor(batch, dtype=ag.float64)),
    (int, lambda batch: ag.tensor(batch)),
)


def _as_mapping(like: Mapping[Any, Any], items: dict[Any, Any]) -> Any:
    """The items in a mapping of the same type, or in a dict if that type cannot be made from one."""
    try:
        if isinstance(like, MutableMapping):
            clone = copy.copy(like)  # keeps what the constructor would not know, such as a default factory
            clone.update(items)
            return clone
        return type(like)(items)  # type: ignore[call-arg]
    except TypeError:
        return items


def _as_sequence(like: Sequence[Any], items: list[Any]) -> Any:
    """The items in a sequence of the same type; a list for a plain tuple, and for what cannot be made from a list."""
    if isinstance(like, tuple):
        return type(like)(*items) if hasattr(like, "_fields") else items
    try:
        if isinstance(like, MutableSequence):
            clone = copy.copy(like)
            clone[:] = items
            return clone
        return type(like)(items)  # type: ignore[call-arg]
    except TypeError:
        return items
