"""One value for all axes or one for each, under the names that layers outside of PyTorch import."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple[Any, ...]]:
    """A function that makes a tuple of ``n`` of one value, and a tuple of several."""

    def parse(x: Any) -> tuple[Any, ...]:
        return tuple(x) if isinstance(x, Iterable) else tuple(repeat(x, n))

    parse.__name__ = name
    return parse


_single, _pair, _triple, _quadruple = (
    _ntuple(n, name) for n, name in enumerate(("_single", "_pair", "_triple", "_quadruple"), start=1)
)


def _reverse_repeat_tuple(t: tuple[Any, ...], n: int) -> tuple[Any, ...]:
    """The values from the last to the first, each ``n`` times, as ``pad`` takes the widths of axes."""
    return tuple(x for x in reversed(t) for _ in range(n))


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Takes a prefix off the names in a ``state_dict`` that have it, as those of ``DataParallel`` do.

    Args:
        state_dict: changed.
        prefix: such as "module.".

    Example:
        >>> from nn.modules.utils import consume_prefix_in_state_dict_if_present
        >>> state = {"module.weight": 1}; consume_prefix_in_state_dict_if_present(state, "module."); state
        {'weight': 1}
    """
    metadata: dict[str, Any] = getattr(state_dict, "_metadata", None) or {}
    for tables in (state_dict, metadata):
        for name in list(tables):
            if name.startswith(prefix):
                tables[name.removeprefix(prefix)] = tables.pop(name)
