"""Arguments brought to one form at the door: axes counted from the front, sizes as tuples of ints."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from operator import index
from typing import Any, TypeVar

from autograd.errors import ArgumentError, ShapeError
from autograd.node import Variable

F = TypeVar("F", bound=Callable[..., Any])
_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}
_ALL = tuple([tuple(range(ndim)) for ndim in range(9)])  # the axes of so many dimensions


def numpy_names(function: F) -> F:
    """Decorator: a function that takes NumPy's ``axis=`` and ``keepdims=`` for ``dim=`` and ``keepdim=``, as PyTorch's do."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return function(*args)
        if "axis" in kwargs or "keepdims" in kwargs:
            kwargs = {_NUMPY_NAMES.get(name, name): value for name, value in kwargs.items()}
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]


def axis_of(name: str, dim: Any, ndim: int) -> int:
    """``dim`` counted from the front; a 0-d tensor is treated as having one axis, as in PyTorch.

    Raises:
        IndexError: there is no such axis.
    """
    if type(dim) is int and 0 <= dim < ndim:
        return dim
    axis = index(dim)
    size = ndim or 1
    if not -size <= axis < size:
        raise IndexError(f"{name}: expected dim in [{-size}, {size - 1}], got {axis}")
    return axis + size if axis < 0 else axis


def axes_of(name: str, dims: Any, ndim: int) -> tuple[int, ...]:
    """Several axes, each once. None and the empty tuple mean all.

    Raises:
        IndexError: there is no such axis.
        ShapeError: one is repeated.
    """
    if dims is None:
        return _ALL[ndim] if ndim < len(_ALL) else tuple(range(ndim))
    if type(dims) is int and 0 <= dims < ndim:
        return (dims,)
    if not isinstance(dims, int) and isinstance(dims, Iterable) and not tuple(dims):
        return tuple(range(ndim))
    axes = tuple(axis_of(name, d, ndim) for d in ((dims,) if not isinstance(dims, Iterable) else dims))
    if len(set(axes)) != len(axes):
        raise ShapeError(f"{name}: expected each axis once, got dim {tuple(dims)}")
    return axes if ndim else ()


def index_of(name: str, position: Any, size: int) -> int:
    """``position`` along an axis of ``size`` elements, counted from the front.

    Raises:
        IndexError: there is no such position.
    """
    i = index(position)
    if not -size <= i < size:
        raise IndexError(f"{name}: index {i} is out of range for size {size}. Valid are {-size} to {size - 1}")
    return i + size if i < 0 else i


def sizes(args: Any) -> tuple[int, ...]:
    """Sizes given one by one or as one sequence: ``f(2, 3)`` and ``f((2, 3))``."""
    if len(args) == 1:
        (only,) = args
        if type(only) is int:
            return args
        if isinstance(only, (tuple, list)) or (isinstance(only, Iterable) and not isinstance(only, Variable)):
            args = only
    return tuple(map(index, args))


def tensor_list(name: str, tensors: Any) -> tuple[Any, ...]:
    """The tensors of a sequence.

    Raises:
        TypeError: it is not a sequence of tensors.
        ValueError: it is empty.
    """
    if type(tensors) not in (list, tuple) and (isinstance(tensors, Variable) or not isinstance(tensors, Iterable)):
        raise TypeError(f"{name}: expected a sequence of tensors, got {type(tensors).__name__}. Write {name}([x, y])")
    found = tuple(tensors)
    if not found:
        raise ArgumentError(f"{name}: expected at least one tensor, got an empty sequence")
    for x in found:
        if not isinstance(x, Variable):
            raise TypeError(f"{name}: expected tensors, got {type(x).__name__}. Make one with autograd.tensor(...)")
    return found
