"""PyTorch's ``torch.jit.annotations``: names for annotations that its compiler reads."""

from __future__ import annotations

from typing import Any, Optional, Union

__all__ = [
    "Any",
    "BroadcastingList1",
    "BroadcastingList2",
    "BroadcastingList3",
    "Dict",
    "List",
    "Optional",
    "Tuple",
    "Union",
]

Dict, List, Tuple = dict, list, tuple  # older model definitions import them from here


class _Broadcasting:
    """``BroadcastingList2[int]``: a list of two ints, or one int for both; an annotation and nothing else.

    Example:
        >>> from autograd.jit.annotations import BroadcastingList2
        >>> BroadcastingList2[int]
        list[int]
    """

    def __class_getitem__(cls, kind: Any) -> Any:
        return list[kind]


BroadcastingList1 = BroadcastingList2 = BroadcastingList3 = _Broadcasting
