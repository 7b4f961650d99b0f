"""From samples to batches: the same structures, dtypes and errors as PyTorch."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, namedtuple
from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.utils import data
from autograd.utils.data.collate import map_leaves

Point = namedtuple("Point", ["x", "y"])


class Frozen(Mapping[str, Any]):
    """A mapping that cannot be made from a dict."""

    def __init__(self, *, x: Any) -> None:
        self.x = x

    def __getitem__(self, key: str) -> Any:
        return {"x": self.x}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(["x"])

    def __len__(self) -> int:
        return 1


def default(**items: Any) -> defaultdict[str, Any]:
    return defaultdict(list, items)


# Samples, given a function that makes a tensor of an array.
SAMPLES: dict[str, Any] = {
    "tensors": lambda t: [t(np.ones((2, 3), np.float32)), t(np.zeros((2, 3), np.float32))],
    "0-d tensors": lambda t: [t(np.array(1)), t(np.array(2))],
    "integer tensors": lambda t: [t(np.arange(3)), t(np.arange(3) + 1)],
    "arrays": lambda t: [np.arange(3, dtype=np.float32), np.zeros(3, np.float32)],
    "float64 arrays": lambda t: [np.arange(3.0), np.zeros(3)],
    "0-d arrays": lambda t: [np.array(1.5), np.array(2.5)],
    "one array": lambda t: [np.arange(3)],
    "floats": lambda t: [1.5, 2.0],
    "integers": lambda t: [1, 2, 3],
    "truths": lambda t: [True, False],
    "NumPy float32": lambda t: [np.float32(1), np.float32(2)],
    "NumPy float64": lambda t: [np.float64(1), np.float64(2)],
    "NumPy int64": lambda t: [np.int64(1), np.int64(2)],
    "NumPy uint8": lambda t: [np.uint8(1), np.uint8(2)],
    "NumPy bool": lambda t: [np.True_, np.False_],
    "strings": lambda t: ["a", "bc"],
    "NumPy strings": lambda t: [np.str_("a"), np.str_("b")],
    "bytes": lambda t: [b"a", b"bc"],
    "tuples": lambda t: [(1, "a"), (2, "b")],
    "lists": lambda t: [[1, 2.5], [3, 4.5]],
    "tuples of one": lambda t: [(t(np.arange(2)),), (t(np.arange(2)),)],
    "named tuples": lambda t: [Point(1, 2.5), Point(3, 4.5)],
    "dicts": lambda t: [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}],
    "ordered dicts": lambda t: [OrderedDict(b=1, a=2), OrderedDict(b=3, a=4)],
    "default dicts": lambda t: [default(x=1), default(x=2)],
    "read-only dicts": lambda t: [MappingProxyType({"x": 1}), MappingProxyType({"x": 2})],
    "mappings that cannot be rebuilt": lambda t: [Frozen(x=1), Frozen(x=2)],
    "ranges": lambda t: [range(3), range(3, 6)],
    "nested": lambda t: [
        {"a": [(t(np.arange(2)), 1.5)], "b": {"c": "x"}},
        {"a": [(t(np.arange(2)), 2.5)], "b": {"c": "y"}},
    ],
}


def plain(value: Any) -> Any:
    """A structure with tensors replaced by what can be compared: dtype, shape, values."""
    if hasattr(value, "requires_grad"):
        return str(value.dtype).partition(".")[2], tuple(value.shape), value.tolist()
    if isinstance(value, Mapping):
        return type(value).__name__, {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value).__name__, [plain(item) for item in value]
    return type(value).__name__, str(value)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("function", ("default_collate", "default_convert"))
def test_as_pytorch(name: str, function: str, torch: ModuleType) -> None:
    make = SAMPLES[name]
    ours = getattr(data, function)(make(ag.from_numpy))
    theirs = getattr(torch.utils.data, function)(make(torch.from_numpy))
    assert plain(ours) == plain(theirs)


def test_a_collated_batch_is_a_copy() -> None:
    array = np.zeros(2)
    batch = data.default_collate([array])
    array[0] = 7
    assert batch.tolist() == [[0, 0]]


@pytest.mark.cpu_only("a GPU shares no memory with NumPy")
def test_converted_arrays_share_memory() -> None:
    array = np.zeros(2)
    converted = data.default_convert({"x": array})["x"]
    array[0] = 7
    assert converted.tolist() == [7, 0]


def test_leaves_are_not_mistaken_for_structures() -> None:
    assert map_leaves(["ab", b"c", None], lambda leaf: (leaf,)) == [("ab",), (b"c",), (None,)]
    objects = np.array(["a", None], dtype=object)
    assert data.default_convert(objects) is objects


ERRORS: list[tuple[Any, type[Exception], str]] = [
    ([None], TypeError, "must contain tensors, numpy arrays, numbers, dicts or lists; found NoneType"),
    ([object()], TypeError, "found object. Return one of these from the dataset, or pass a collate_fn"),
    ([np.array(["a"])], TypeError, "found an array of dtype <U1"),
    ([[1, 2], [3]], RuntimeError, r"each element in list of batch should be of equal size, got sizes \[1, 2\]"),
    ([(1,), (2, 3)], RuntimeError, "equal size"),
    ([np.zeros(2), np.zeros(3)], RuntimeError, "stack"),
]


@pytest.mark.parametrize("batch, kind, text", ERRORS)
def test_errors(batch: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        data.default_collate(batch)
