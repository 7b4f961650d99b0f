"""Tensors inside tuples, lists and dictionaries: taking such a structure apart and putting it together again.

A structure is a tuple, named tuple, list, dict or OrderedDict of structures; anything else is a leaf.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["tree_flatten", "tree_leaves", "tree_map", "tree_prefix", "tree_unflatten"]

_DICTS = (dict, OrderedDict)


def _children(tree: Any) -> list[Any] | None:
    """The parts of a structure, None for a leaf."""
    if type(tree) in _DICTS:
        return list(tree.values())
    return list(tree) if type(tree) in (tuple, list) or _is_namedtuple(tree) else None


def _is_namedtuple(tree: Any) -> bool:
    return isinstance(tree, tuple) and hasattr(tree, "_fields")


def _like(tree: Any, children: list[Any]) -> Any:
    """A structure of the kind of ``tree`` around other parts."""
    if type(tree) in _DICTS:
        return type(tree)(zip(tree, children, strict=True))
    return type(tree)(*children) if _is_namedtuple(tree) else type(tree)(children)


def tree_map(fn: Callable[[Any], Any], tree: Any) -> Any:
    """The same structure with ``fn(leaf)`` in the place of every leaf.

    Args:
        fn: called once per leaf, in order.
        tree: the structure.

    Returns:
        A structure of the same kind.

    Example:
        >>> from autograd.utils.tree import tree_map
        >>> tree_map(lambda n: n + 1, {"a": 1, "b": (2, [3])})
        {'a': 2, 'b': (3, [4])}
    """
    children = _children(tree)
    return fn(tree) if children is None else _like(tree, [tree_map(fn, child) for child in children])


def tree_leaves(tree: Any) -> list[Any]:
    """The leaves of a structure, in order.

    Args:
        tree: the structure.

    Returns:
        A list of what is neither tuple, list nor dict.

    Example:
        >>> from autograd.utils.tree import tree_leaves
        >>> tree_leaves([1, {"a": (2, 3)}])
        [1, 2, 3]
    """
    leaves: list[Any] = []
    tree_map(leaves.append, tree)
    return leaves


def tree_flatten(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The leaves of a structure, and the function that puts other leaves in their places.

    Args:
        tree: the structure.

    Returns:
        The leaves in order; ``rebuild(leaves)``, which takes as many.

    Example:
        >>> from autograd.utils.tree import tree_flatten
        >>> leaves, rebuild = tree_flatten({"a": 1, "b": [2]})
        >>> rebuild(["x", "y"])
        {'a': 'x', 'b': ['y']}
    """
    shape = tree_map(lambda leaf: None, tree)  # keeps no leaf alive

    def rebuild(leaves: list[Any]) -> Any:
        rest = iter(leaves)
        return tree_map(lambda _: next(rest), shape)

    return tree_leaves(tree), rebuild


def tree_unflatten(leaves: Iterable[Any], treespec: Callable[[list[Any]], Any]) -> Any:
    """The structure that ``tree_flatten`` took apart, with other leaves.

    Args:
        leaves: as many as there were.
        treespec: the second result of ``tree_flatten``.

    Returns:
        The structure.

    Example:
        >>> from autograd.utils.tree import tree_flatten, tree_unflatten
        >>> tree_unflatten("xy", tree_flatten({"a": 1, "b": [2]})[1])
        {'a': 'x', 'b': ['y']}
    """
    return treespec(list(leaves))


def tree_prefix(prefix: Any, tree: Any) -> list[Any]:
    """One value of ``prefix`` per leaf of ``tree``: where ``prefix`` has a leaf, it holds for everything below.

    Args:
        prefix: a structure that may end earlier than ``tree``.
        tree: the structure.

    Returns:
        A list as long as ``tree_leaves(tree)``.

    Raises:
        ValueError: the two differ where both go on.

    Example:
        >>> from autograd.utils.tree import tree_prefix
        >>> tree_prefix((0, {"a": 1}), ([7, 8], {"a": 9}))
        [0, 0, 1]
    """
    parts = _children(prefix)
    if parts is None:
        return [prefix] * len(tree_leaves(tree))
    children = _children(tree)
    if type(prefix) is not type(tree) or children is None or len(parts) != len(children):
        raise ValueError(f"expected a structure like {type(tree).__name__}, got {prefix!r}")
    if isinstance(prefix, dict):
        if prefix.keys() != tree.keys():
            raise ValueError(f"expected the keys {list(tree)}, got {list(prefix)}")
        parts = [prefix[key] for key in tree]
    return [value for part, child in zip(parts, children, strict=True) for value in tree_prefix(part, child)]
