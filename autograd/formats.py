"""Memory formats: in which order the elements of a tensor lie in memory. Its shape, and its values, stay the same."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from autograd.errors import ShapeError
from backends import registry


class memory_format:
    """An order of the axes in memory, as ``torch.memory_format``; there are the four below.

    Attributes:
        name: "contiguous_format", "channels_last", "channels_last_3d" or "preserve_format".

    Example:
        >>> ag.zeros(2, 3, 4, 5).to(memory_format=ag.channels_last).stride()
        (60, 1, 15, 3)
    """

    __slots__ = ("name",)

    name: str

    def __init__(self, name: str) -> None:
        if name not in _NAMES:
            raise ValueError(f"memory_format: expected one of {', '.join(_NAMES)}, got {name!r}")
        self.name = name

    def __repr__(self) -> str:
        return f"autograd.{self.name}"

    def __reduce__(self) -> str:
        return self.name  # pickled by name: there is one object of each


_NAMES = ("contiguous_format", "channels_last", "channels_last_3d", "preserve_format")
contiguous_format, channels_last, channels_last_3d, preserve_format = map(memory_format, _NAMES)
_CHANNELS_LAST = {4: channels_last, 5: channels_last_3d}
_RANKS = {format: rank for rank, format in _CHANNELS_LAST.items()}


def as_format(name: str, value: Any, default: memory_format) -> memory_format:
    """The format that an argument of the function ``name`` stands for, None for the default.

    Raises:
        TypeError: not a memory format.
    """
    if value is None:
        return default
    if not isinstance(value, memory_format):
        raise TypeError(f"{name}: expected a memory format such as channels_last, got {value!r}")
    return value


def order_of(name: str, format: memory_format, raw: Any) -> tuple[int, ...]:
    """The axes of a new array in ``format`` with the shape of ``raw``, slowest first.

    Raises:
        ShapeError: the format is for another number of axes.
    """
    if format is preserve_format:
        return _order_in_memory(raw)
    if format is contiguous_format:
        return tuple(range(raw.ndim))
    if raw.ndim != _RANKS[format]:
        raise ShapeError(f"{name}: expected {_RANKS[format]} axes for {format.name}, got shape {tuple(raw.shape)}")
    return (0, *range(2, raw.ndim), 1)


def _order_in_memory(raw: Any) -> tuple[int, ...]:
    """The axes as they lie in memory, slowest first; repeated elements (a step of 0) leave the order of the axes."""
    if raw.ndim < 4 and raw.flags.c_contiguous:
        return tuple(range(raw.ndim))
    strides, shape = raw.strides, raw.shape
    if any(step == 0 and n > 1 for step, n in zip(strides, shape, strict=True)):
        return tuple(range(raw.ndim))
    return tuple(sorted(range(raw.ndim), key=lambda i: (-abs(strides[i]), shape[i] == 1)))


def is_in(format: memory_format, raw: Any) -> bool:
    """Whether the elements of an array lie without gaps in the order of a format; axes of size 1 may have any step."""
    if format is preserve_format or format is contiguous_format:
        return bool(raw.flags.c_contiguous)
    if raw.ndim != _RANKS[format]:
        return False
    expected = raw.itemsize
    for i in (1, *range(raw.ndim - 1, 1, -1), 0):
        if raw.shape[i] != 1:
            if raw.strides[i] != expected:
                return False
            expected *= raw.shape[i]
    return True


def suggested(raw: Any) -> memory_format:
    """The format that an array's steps speak for, gaps or not; row-major where they fit both.

    With axes of size 1 an array can be in two formats at once. What ``to(memory_format=)`` leaves alone is decided by
    this, and what the answer is for each case is PyTorch's choice.
    """
    format = _CHANNELS_LAST.get(raw.ndim)
    if format is None or raw.strides[1] == 0:
        return contiguous_format
    least = 0
    for i in (1, *range(raw.ndim - 1, 1, -1), 0):
        step = raw.strides[i]
        if raw.shape[i] == 0 or step < least or (i == 0 and least == raw.strides[1]):
            return contiguous_format
        least = step * max(raw.shape[i], 1)
    return format


def arranged(raw: Any, order: tuple[int, ...]) -> Any:
    """A copy of an array whose axes lie in memory in ``order``, slowest first."""
    turned = raw.transpose(order)
    copy = turned.copy() if turned.flags.c_contiguous else rows(turned)
    return copy.transpose(inverse(order))


def rows(raw: Any) -> Any:
    """An array in row-major order, copied if it is in another: such are PyTorch's results, and ``view`` is called on them."""
    return raw if raw.flags.c_contiguous else registry.of(raw).rows(raw)


def packed(raw: Any) -> Any:
    """An array without gaps: in row-major order, copied if need be, or with the channels last if it is so already."""
    if raw.flags.c_contiguous or (raw.ndim in _CHANNELS_LAST and is_in(_CHANNELS_LAST[raw.ndim], raw)):
        return raw
    return registry.of(raw).rows(raw)


@lru_cache(1024)
def inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    """The transposition that undoes ``order``."""
    return tuple(sorted(range(len(order)), key=order.__getitem__))
