"""What PyTorch's files call things, and what these are here."""

from __future__ import annotations

import codecs
from collections import Counter, OrderedDict, defaultdict
from typing import Any

import numpy as np

from autograd.device import device
from autograd.dtypes import as_dtype
from autograd.errors import DtypeError
from autograd.size import Size

STORAGES = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "ByteStorage": "uint8", "CharStorage": "int8", "ShortStorage": "int16", "IntStorage": "int32",
    "LongStorage": "int64", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128", "UntypedStorage": "uint8",
}  # fmt: skip
STORAGE_OF = {dtype: name for name, dtype in STORAGES.items() if name != "UntypedStorage"}
_DTYPES = (
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32",
    "float64", "complex64", "complex128",
)  # fmt: skip
_NUMBERS = "biufc"


class StorageKind:
    """A class of storage in a file: what its elements are.

    Attributes:
        dtype: their name, such as "float32".
    """

    __slots__ = ("dtype",)

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype


class ElementKind(StorageKind):
    """A dtype in a file that has none here, such as uint16."""


def element_dtype(name: str) -> Any:
    """The dtype of that name, or what stands for it in a file."""
    try:
        return as_dtype(name)
    except DtypeError:
        return ElementKind(name)


def bytes_of(text: str, encoding: str = "latin1", errors: str = "strict") -> bytes:
    """Bytes that an old pickle holds as text."""
    if encoding != "latin1":
        raise ValueError(f"expected bytes as latin1, got {encoding}")
    return codecs.encode(text, encoding, errors)


def numpy_dtype(spec: Any, align: bool = False, copy: bool = False) -> Any:
    """A NumPy dtype of numbers, as a new object."""
    found = np.dtype(spec, copy=True)
    if found.kind not in _NUMBERS or found.fields or found.subdtype:
        raise ValueError(f"expected an array of numbers, got dtype {found}")
    return found


def numpy_scalar(kind: Any, data: bytes) -> Any:
    """A NumPy number from its bytes."""
    (value,) = np.frombuffer(data, kind)
    return value


def numpy_array(cls: Any, shape: Any, kind: Any) -> Any:
    """An empty array, which takes its contents afterwards."""
    if cls is not np.ndarray:
        raise ValueError(f"expected a plain NumPy array, got {cls!r}")
    return np.ndarray((0,), "b")


def state_for_numpy(made: Any, state: Any) -> bool:
    """Whether a state is one that NumPy's arrays and dtypes of numbers have, and does no harm."""
    if isinstance(made, np.dtype):
        return (
            isinstance(state, tuple)
            and len(state) in (8, 9)
            and state[1] in ("<", ">", "=", "|")
            and tuple(state[2:7]) == (None, None, None, -1, -1)
        )
    return isinstance(state, tuple) and len(state) == 5 and state[2].kind in _NUMBERS and isinstance(state[4], bytes)


# Everything that a file may name without being trusted. Calling these with any arguments runs nothing but them.
SAFE: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "defaultdict"): defaultdict,
    ("collections", "Counter"): Counter,
    ("_codecs", "encode"): bytes_of,
    ("torch", "Size"): Size,
    ("torch", "device"): device,
    ("torch.storage", "UntypedStorage"): StorageKind("uint8"),
    ("numpy", "dtype"): numpy_dtype,
    ("numpy", "ndarray"): np.ndarray,
}
SAFE |= {
    (module, kind.__name__): kind
    for module in ("builtins", "__builtin__")
    for kind in (int, float, bool, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, slice, range)
}
SAFE |= {("__builtin__", name): kind for name, kind in (("xrange", range), ("long", int), ("unicode", str))}
SAFE |= {("torch", name): element_dtype(name) for name in _DTYPES}
SAFE |= {("torch", name): StorageKind(kind) for name, kind in STORAGES.items()}
for _module in ("numpy.core.multiarray", "numpy._core.multiarray"):
    SAFE |= {(_module, "_reconstruct"): numpy_array, (_module, "scalar"): numpy_scalar}
