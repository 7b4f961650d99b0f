"""Arguments of a launch against the kernel's parameters, as the C++ compiler knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.emulator.native import Type


def check_arguments(kernel: str, signature: Sequence[Type], names: Sequence[str], args: Sequence[Any]) -> None:
    """Raises when a GPU would read or write something else than what the caller means.

    Args:
        kernel: its name.
        signature: types of the parameters.
        names: of the parameters.
        args: arrays, None for null pointers, numbers, bytes for structs.

    Raises:
        TypeError: a wrong number of arguments, a wrong kind, dtype, layout or size of a struct.
        OverflowError: an integer that does not fit.
    """
    if len(args) != len(signature):
        raise TypeError(f"{kernel}: {len(signature)} parameters, {len(args)} arguments")
    for type_, name, arg in zip(signature, names, args, strict=True):
        problem = (
            _pointer(type_, arg) if type_.pointer else _struct(type_, arg) if _is_struct(type_) else _number(type_, arg)
        )
        if problem:
            error = OverflowError if problem.endswith("does not fit") else TypeError
            raise error(f"{kernel}: parameter {name} is {_spelled(type_)}, {problem}")


def _is_struct(type_: Type) -> bool:
    return type_.name in ("struct", "float16", "bfloat16")


def _spelled(type_: Type) -> str:
    return f"{'const ' if type_.const else ''}{type_.name}{'*' if type_.pointer else ''}"


def _pointer(type_: Type, array: Any) -> str:
    if array is None:
        return ""
    if not hasattr(array, "data") or not hasattr(array.data, "ptr"):
        return f"got {type(array).__name__}: expected an array of the device, or None"
    if not hasattr(array, "dtype"):  # the word for faults
        return ""
    if type_.name not in ("void", "struct") and array.dtype.name != type_.name:
        return f"got an array of {array.dtype.name}"
    if not _is_dense(array.shape, array.strides, array.dtype.itemsize):
        return f"got an array of shape {array.shape} with strides {array.strides}: its memory has gaps or overlaps"
    return ""


def _is_dense(shape: tuple[int, ...], strides: tuple[int, ...], itemsize: int) -> bool:
    """Whether the elements fill their memory without gaps, in any order of the axes."""
    if 0 in shape:
        return True
    expected = itemsize
    for stride, size in sorted((stride, size) for stride, size in zip(strides, shape, strict=True) if size > 1):
        if stride != expected:
            return False
        expected *= size
    return True


def _number(type_: Type, value: Any) -> str:
    if type_.name.startswith("float"):
        ok = isinstance(value, int | float | np.number) and not isinstance(value, complex | np.complexfloating)
        return "" if ok else f"got {type(value).__name__}"
    if not isinstance(value, int | np.integer | np.bool_):
        return f"got {type(value).__name__}"
    least, most = (0, 1) if type_.name == "bool" else (np.iinfo(type_.name).min, np.iinfo(type_.name).max)
    return "" if least <= int(value) <= most else f"{value} does not fit"


def _struct(type_: Type, value: Any) -> str:
    if not isinstance(value, bytes):
        return f"got {type(value).__name__}: expected bytes"
    return "" if len(value) == type_.size else f"of {type_.size} bytes, got {len(value)} bytes"
