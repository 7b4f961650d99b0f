"""Structures of tensors: taken apart and put together again."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import NamedTuple

import pytest

from autograd.utils.tree import tree_flatten, tree_leaves, tree_map, tree_prefix


class Pair(NamedTuple):
    a: object
    b: object


TREES = [  # structure, leaves
    (3, [3]),
    (None, [None]),
    ([], []),
    ((), []),
    ({}, []),
    ([1, (2, 3)], [1, 2, 3]),
    ({"b": 1, "a": [2]}, [1, 2]),
    (OrderedDict(b=1, a=2), [1, 2]),
    (Pair(1, [Pair(2, 3)]), [1, 2, 3]),
    ((1, "text", {4}), [1, "text", {4}]),
    ([[[]], [1]], [1]),
]


@pytest.mark.parametrize("tree, leaves", TREES, ids=repr)
def test_flatten_and_rebuild(tree, leaves) -> None:
    found, rebuild = tree_flatten(tree)
    assert found == leaves == tree_leaves(tree)
    again = rebuild(found)
    assert again == tree and type(again) is type(tree)
    tagged = tree_map(lambda leaf: ("leaf", leaf), tree)
    assert rebuild([("leaf", leaf) for leaf in leaves]) == tagged


def test_kinds_are_kept_and_unknown_containers_are_leaves() -> None:
    counts = defaultdict(int, a=1)
    assert tree_leaves([counts]) == [counts]
    mapped = tree_map(str, {"x": OrderedDict(a=1), "y": Pair(2, [3])})
    assert type(mapped["x"]) is OrderedDict and mapped["y"] == Pair("2", ["3"])


PREFIXES = [
    (0, [1, (2, 3)], [0, 0, 0]),
    ((0, 1), (5, [6, 7]), [0, 1, 1]),
    ({"a": 1, "b": None}, {"b": [1, 2], "a": 3}, [None, None, 1]),
    (Pair(0, 1), Pair([1, 2], 3), [0, 0, 1]),
    (7, (), []),
]


@pytest.mark.parametrize("prefix, tree, values", PREFIXES, ids=repr)
def test_prefix(prefix, tree, values) -> None:
    assert tree_prefix(prefix, tree) == values


@pytest.mark.parametrize(
    "prefix, tree, text",
    [
        ((0, 1), (1, 2, 3), r"expected a structure like tuple, got \(0, 1\)"),
        ([0], (1,), r"expected a structure like tuple, got \[0\]"),
        ((0,), 1, r"expected a structure like int, got \(0,\)"),
        ({"a": 0}, {"b": 0}, r"expected the keys \['b'\], got \['a'\]"),
    ],
)
def test_prefixes_that_do_not_fit(prefix, tree, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        tree_prefix(prefix, tree)
