"""Element types under PyTorch's names, and the promotion of mixed ones.

Promotion follows PyTorch, not NumPy: the category decides first (bool < int < float < complex), then, within a category,
tensors with dimensions outrank 0-d tensors, which outrank Python numbers. So ``float32 * int64`` stays float32 (NumPy:
float64, which silently halves the speed of a training step).
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from autograd.errors import DtypeError

BOOL, INT, FLOAT, COMPLEX = range(4)
_CATEGORY = {"b": BOOL, "u": INT, "i": INT, "f": FLOAT, "c": COMPLEX, "V": FLOAT}  # bfloat16's kind is "V"
REAL, INEXACT = "fV", "fcV"  # kinds of floating, and of floating and complex arrays


class dtype:
    """The element type of a tensor, as ``torch.dtype``; compares equal to the NumPy dtype of the same name.

    Args:
        numpy_dtype: the NumPy dtype it stands for.

    Attributes:
        numpy: the ``numpy.dtype``.
        is_floating_point, is_complex, is_signed: what the elements are.
        itemsize: bytes of one element.

    Example:
        >>> ag.float32.itemsize, ag.float32.is_floating_point, ag.zeros(2).dtype == ag.float32
        (4, True, True)
    """

    __slots__ = ("category", "is_complex", "is_floating_point", "is_signed", "itemsize", "name", "numpy")

    def __init__(self, numpy_dtype: Any) -> None:
        self.numpy: np.dtype[Any] = np.dtype(numpy_dtype)
        self.name = self.numpy.name
        self.category = _CATEGORY[self.numpy.kind]
        self.is_floating_point = self.category == FLOAT
        self.is_complex = self.category == COMPLEX
        self.is_signed = self.numpy.kind not in "bu"
        self.itemsize = self.numpy.itemsize

    def __repr__(self) -> str:
        return f"autograd.{self.name}"

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, (np.dtype, type)) and _known(other) is self)

    def __hash__(self) -> int:
        return hash(self.name)

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)

    def to_complex(self) -> dtype:
        """The complex dtype whose parts have this precision."""
        return self if self.is_complex else complex128 if self is float64 else complex64

    def to_real(self) -> dtype:
        """The dtype of the real part."""
        return {complex64: float32, complex128: float64}.get(self, self)


bool_ = dtype("bool")
uint8, int8, int16, int32, int64 = (dtype(n) for n in ("uint8", "int8", "int16", "int32", "int64"))
float16, float32, float64 = (dtype(n) for n in ("float16", "float32", "float64"))
bfloat16 = dtype(ml_dtypes.bfloat16)
BFLOAT16 = bfloat16.numpy  # NumPy has one object of it, and every array refers to that
FLOAT32 = float32.numpy  # the same; what most arrays are
complex64, complex128 = dtype("complex64"), dtype("complex128")

_ALL = (
    bool_, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64, complex128
)  # fmt: skip
FROM_NUMPY: dict[Any, dtype] = {d.numpy: d for d in _ALL}
_BY_NAME = {d.name: d for d in _ALL} | {
    "half": float16, "float": float32, "double": float64, "short": int16, "int": int32, "long": int64,
    "cfloat": complex64, "cdouble": complex128,
}  # fmt: skip


def _known(spec: Any) -> dtype | None:
    try:
        return FROM_NUMPY.get(np.dtype(spec))
    except TypeError:
        return None


def as_dtype(spec: Any) -> dtype:
    """The ``dtype`` meant by a dtype, a NumPy dtype, a name, or the Python types bool, int, float, complex.

    As in PyTorch, ``float`` means the default dtype, ``int`` int64 and ``complex`` the default's complex dtype.

    Raises:
        DtypeError: there is no such element type here.

    Example:
        >>> as_dtype("float64"), as_dtype(np.int32), as_dtype(int)
        (autograd.float64, autograd.int32, autograd.int64)
    """
    if isinstance(spec, dtype):
        return spec
    if isinstance(spec, str):
        found = _BY_NAME.get(spec.rpartition(".")[2])
    elif spec is float:
        found = default()
    elif spec is complex:
        found = default().to_complex()
    else:
        found = _known(spec)
    if found is None:
        raise DtypeError(f"dtype: expected one of {', '.join(d.name for d in _ALL)}, got {spec!r}")
    return found


_default = [float32]


def default() -> dtype:
    """The dtype of new tensors from Python floats."""
    return _default[0]


def get_default_dtype() -> dtype:
    """The dtype of tensors made from Python floats; float32 unless set.

    Example:
        >>> ag.get_default_dtype()
        autograd.float32
    """
    return _default[0]


def set_default_dtype(d: Any) -> None:
    """Sets the dtype of tensors made from Python floats.

    Args:
        d: a floating dtype.

    Raises:
        DtypeError: ``d`` is not floating.

    Example:
        >>> ag.set_default_dtype(ag.float64); ag.tensor(1.0).dtype
        autograd.float64
        >>> ag.set_default_dtype(ag.float32)
    """
    new = as_dtype(d)
    if not new.is_floating_point:
        raise DtypeError(f"set_default_dtype: expected a floating dtype, got {new}")
    _default[0] = new


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest dtype that holds both, category first.

    Args:
        type1, type2: dtypes.

    Returns:
        Their common dtype.

    Example:
        >>> ag.promote_types(ag.int64, ag.float16), ag.promote_types(ag.uint8, ag.int8)
        (autograd.float16, autograd.int16)
    """
    a, b = type1, type2
    if a is b:
        return a
    if a.category < b.category:
        a, b = b, a
    if a.category == b.category or (a.is_complex and b.is_floating_point):
        if {a, b} == {float16, bfloat16}:  # neither holds the other
            return float32
        return FROM_NUMPY[np.promote_types(a.numpy, b.numpy)]
    return a


def of_number(value: complex) -> dtype:
    """The dtype that a Python number stands for."""
    if isinstance(value, (bool, np.bool_)):
        return bool_
    if isinstance(value, (int, np.integer)):
        return int64
    return default() if isinstance(value, (float, np.floating)) else default().to_complex()


def result_type_of(dimensioned: dtype | None, zero_dim: dtype | None, number: dtype | None) -> dtype:
    """Promotion across ranks, each the promoted dtype of its rank or None: a lower rank counts by category only."""
    result = dimensioned
    for lower in (zero_dim, number):
        if result is None:
            result = lower
        elif lower is not None and lower.category > result.category:
            complex_of_float = lower.is_complex and result.is_floating_point
            result = result.to_complex() if complex_of_float else promote_types(result, lower)
    assert result is not None
    return result


class finfo:
    """Limits of a floating dtype, as ``torch.finfo``.

    Args:
        d: a floating or complex dtype; None for the default dtype.

    Raises:
        DtypeError: not a floating dtype.

    Example:
        >>> ag.finfo(ag.float32).eps
        1.1920928955078125e-07
    """

    def __init__(self, d: Any = None) -> None:
        kind = default() if d is None else as_dtype(d)
        if kind.category < FLOAT:
            raise DtypeError(f"finfo: expected a floating dtype, got {kind}. Use iinfo for integers")
        i: Any = (ml_dtypes if kind is bfloat16 else np).finfo(kind.numpy)
        self.dtype, self.bits = kind.name, int(i.bits)
        self.eps, self.resolution = float(i.eps), float(f"1e-{i.precision}")
        self.max, self.min = float(i.max), float(i.min)
        self.tiny = self.smallest_normal = float(i.tiny)

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        return f"finfo({', '.join(f'{name}={getattr(self, name):.6g}' for name in names)}, dtype={self.dtype})"


class iinfo:
    """Limits of an integer dtype, as ``torch.iinfo``.

    Args:
        d: an integer dtype.

    Raises:
        DtypeError: not an integer dtype.

    Example:
        >>> ag.iinfo(ag.int8).max
        127
    """

    def __init__(self, d: Any) -> None:
        kind = as_dtype(d)
        if kind.category != INT:
            raise DtypeError(f"iinfo: expected an integer dtype, got {kind}. Use finfo for floating ones")
        i = np.iinfo(kind.numpy)
        self.dtype, self.bits, self.max, self.min = kind.name, int(i.bits), int(i.max), int(i.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
