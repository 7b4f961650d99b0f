"""Saving and loading tensors and the structures around them, in the safetensors format.

The file holds arrays and JSON and nothing else, so reading one runs no code. Arrays stand under the path that leads to
them (``{"model": {"weight": t}}``: "model.weight"), and the structure stands as JSON in the header's metadata. Hence a flat
dictionary of tensors is a plain safetensors file for every other reader, and a plain file is a flat dictionary here.
"""

from __future__ import annotations

import json
import math
import os
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from autograd.device import device as device_type
from autograd.dtypes import as_dtype
from autograd.dtypes import dtype as dtype_type
from autograd.errors import SerializationError
from autograd.files.atomic import replace
from autograd.files.location import Location, name_of, within
from autograd.node import Variable
from autograd.op import wrap
from autograd.size import Size

_STRUCTURE = "twingrad"  # the key of the structure in the metadata
_DTYPES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64", "U16": "uint16",
    "U32": "uint32", "U64": "uint64", "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64",
    "C64": "complex64",
}  # fmt: skip
_READERS: dict[str, Callable[[Any], Any]] = {
    "float": float, "complex": complex, "dtype": as_dtype, "device": device_type,
}  # fmt: skip
_WIDER = {"uint16": "int64", "uint32": "int64"}  # dtypes that tensors do not have, and the ones that hold them


def save(obj: Any, f: Any) -> None:
    """Writes tensors, and the structure they are in, to a file: whole or not at all.

    What can be saved: tensors, NumPy arrays, None, bools, numbers, strings, dtypes, devices, and lists, tuples, dicts and
    OrderedDicts of these, with numbers, strings, None or tuples of them as keys. All come back as they were, except that a
    subclass of Tensor becomes a Tensor, and a NumPy scalar a Python number. Tensors that share memory are stored once, and
    share it again when loaded.

    Args:
        obj: the structure.
        f: a path, or a binary file object with ``write``.

    Raises:
        TypeError: something else is in the structure; the message says where.
        ValueError: the structure contains itself.
        SerializationError: the file could not be written.
    """
    from safetensors import SafetensorError
    from safetensors import numpy as safetensors

    writer = _Writer(obj)
    try:
        if hasattr(f, "write"):
            f.write(safetensors.save(writer.arrays, writer.metadata))
        else:
            replace(os.fspath(f), lambda path: safetensors.save_file(writer.arrays, path, writer.metadata))
    except SafetensorError as e:
        raise SerializationError(f"save: could not write {name_of(f)}: {e}") from e


def load(f: Any, map_location: Any = None) -> Any:
    """Reads a safetensors file; runs nothing that is in it.

    Args:
        f: a path, or a binary file object with ``read``.
        map_location: as for ``autograd.load``.
    """
    location = Location(name_of(f), map_location)
    if hasattr(f, "read"):
        return read(f.read(), location)
    with open(f, "rb") as file:
        return read(file.read(), location)


def read(data: bytes, location: Location) -> Any:
    """What a file stands for.

    Args:
        data: the file.
        location: where tensors go.

    Returns:
        What was saved. For a file made elsewhere: a dictionary from names to tensors.

    Raises:
        SerializationError: the file is cut short, corrupt, or of another kind.
        DeviceError: it was saved from a device that is not here, and no ``map_location`` is given.
    """
    from safetensors import SafetensorError, deserialize

    try:
        entries = dict(deserialize(data))  # type: ignore[no-untyped-call]
    except SafetensorError as e:
        raise SerializationError(
            f"load: expected a file of torch.save or safetensors, got {location.name}: {_diagnosis(data, str(e))}"
        ) from e
    header = json.loads(data[8 : 8 + struct.unpack_from("<Q", data)[0]])
    structure = header.get("__metadata__", {}).get(_STRUCTURE)
    reader = _Reader(location, entries)
    if structure is None:
        return {key: reader.plain(key) for key in header if key != "__metadata__"}
    try:
        return reader.value(json.loads(structure))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as e:
        raise SerializationError(
            f"load: expected the structure written by save, got a damaged one in {location.name}: {e!r}"
        ) from e


# -- writing -----------------------------------------------------------------------------------------------------------


class _Writer:
    """Walks a structure: ``arrays`` are to be stored, ``metadata`` says how they hang together."""

    def __init__(self, obj: Any) -> None:
        self.arrays: dict[str, Any] = {}
        self.open: set[int] = set()  # the containers around the current value
        self.stored: dict[int, str] = {}  # id of the host -> its name
        try:
            self.hosts = _hosts([t for t in _tensors(obj, set()) if t.raw.size])
            self.metadata = {_STRUCTURE: json.dumps(self.value(obj, "", "obj"))}
        except RecursionError:
            raise ValueError("save: expected a structure at most some hundred levels deep, got a deeper one") from None

    def value(self, obj: Any, key: str, path: str) -> Any:
        """The JSON of a value. ``key`` names arrays in the file, ``path`` is for messages."""
        kind = type(obj)
        if obj is None or kind in (bool, int, str):
            return obj
        if kind is float:
            return obj if math.isfinite(obj) else {"float": str(obj)}
        if kind is complex:
            return {"complex": str(obj)}
        if isinstance(obj, np.generic):
            return self.value(obj.item(), key, path)
        if kind in (dtype_type, device_type):
            return {"dtype": obj.name} if kind is dtype_type else {"device": str(obj)}
        if isinstance(obj, Variable):
            return {"tensor": self.tensor(obj, key)}
        if kind is np.ndarray:
            if obj.dtype.name not in (*_DTYPES.values(), "complex128"):
                raise TypeError(f"save: expected an array of numbers, got dtype {obj.dtype} at {path}")
            return {"ndarray": {"key": self.store(obj, key)} | _complex(obj)}
        if kind not in (list, tuple, Size, dict, OrderedDict):
            raise TypeError(
                "save: expected tensors, arrays, numbers, strings, None, and lists, tuples and dicts of them, got "
                f"{kind.__module__}.{kind.__qualname__} at {path}. Save its state_dict() or plain values"
            )
        if id(obj) in self.open:
            raise ValueError(f"save: expected a structure without cycles, got one that contains itself at {path}")
        self.open.add(id(obj))
        lead = key and f"{key}."
        if isinstance(obj, dict):
            parts = [
                [self.key(k, path), self.value(v, f"{lead}{k}", f"{path}[{k!r}]")] for k, v in obj.items()
            ]  # fmt: skip
        else:
            parts = [self.value(v, f"{lead}{i}", f"{path}[{i}]") for i, v in enumerate(obj)]
        self.open.discard(id(obj))
        return parts if kind is list else {kind.__name__: parts}

    def key(self, k: Any, path: str) -> Any:
        """The JSON of a dictionary's key."""
        if isinstance(k, tuple) or k is None or isinstance(k, (bool, int, float, str, np.generic)):
            return self.value(k, "", f"the key {k!r} of {path}")
        raise TypeError(f"save: expected numbers, strings, None or tuples as keys, got {type(k).__name__} in {path}")

    def tensor(self, t: Any, key: str) -> dict[str, Any]:
        """Where the tensor's memory is stored, and what else there is to it."""
        host, view = self.hosts.get(id(t), (t, None))
        if id(host) not in self.stored:
            self.stored[id(host)] = self.store(host.backend.to_numpy(host.raw), key)
        about: dict[str, Any] = {"key": self.stored[id(host)]}
        if view is not None:
            about["view"] = view
        if t.requires_grad:
            about["requires_grad"] = True
        if t.is_cuda:
            about["device"] = str(t.device)
        return about | _complex(t.raw)

    def store(self, array: Any, key: str) -> str:
        """Adds an array under the first free name; complex numbers as pairs."""
        if array.dtype.kind == "c":
            array = np.stack([array.real, array.imag], -1)
        key = key or "value"
        while key in self.arrays or key == "__metadata__":
            key += "'"
        self.arrays[key] = np.asarray(array, array.dtype.newbyteorder("="), order="C")
        return key


def _complex(array: Any) -> dict[str, Any]:
    return {"complex": True} if array.dtype.kind == "c" else {}


def _tensors(obj: Any, seen: set[int]) -> Iterator[Any]:
    """All tensors in a structure."""
    if isinstance(obj, Variable):
        yield obj
    elif isinstance(obj, (list, tuple, dict)) and id(obj) not in seen:
        seen.add(id(obj))
        for part in obj.values() if isinstance(obj, dict) else obj:
            yield from _tensors(part, seen)


def _hosts(tensors: list[Any]) -> dict[int, tuple[Any, Any]]:
    """For a tensor that lies inside the memory of another: that one, and [offset, shape, strides] in it, in elements."""

    def span(t: Any) -> tuple[int, int]:
        reach = [(n - 1) * s for n, s in zip(t.raw.shape, t.raw.strides, strict=True)]
        start = t.data_ptr()
        return start + sum(r for r in reach if r < 0), start + sum(r for r in reach if r > 0) + t.raw.itemsize

    spans = {id(t): span(t) for t in tensors}
    found: dict[int, tuple[Any, Any]] = {}
    host = None
    for t in sorted(tensors, key=lambda t: (str(t.device), spans[id(t)][0], -spans[id(t)][1], not t.is_contiguous())):
        if host is None or spans[id(t)][1] > spans[id(host)][1] or t.device != host.device:
            host = t
        elif host.is_contiguous() and host.raw.dtype == t.raw.dtype and min((0, *t.raw.strides)) == 0 and t is not host:
            offset, rest = divmod(t.data_ptr() - host.data_ptr(), t.raw.itemsize)
            if not rest:
                same = t.raw.shape == host.raw.shape and t.is_contiguous()
                found[id(t)] = host, None if same else [offset, list(t.raw.shape), list(t.stride())]
    return found


# -- reading -----------------------------------------------------------------------------------------------------------


class _Reader:
    """Turns the JSON of a structure and the arrays of a file back into values."""

    def __init__(self, location: Location, entries: dict[str, Any]) -> None:
        self.location, self.entries = location, entries
        self.hosts: dict[tuple[str, str], Any] = {}

    def array(self, key: str, complex: bool = False) -> Any:
        """An array of the file; pairs become complex numbers."""
        entry = self.entries[key]
        kind, data, shape = entry["dtype"], entry["data"], entry["shape"]
        if kind not in _DTYPES:
            raise SerializationError(
                f"load: expected a dtype known here, got {kind} for {key!r} in {self.location.name}"
            )
        array = np.frombuffer(data, _DTYPES[kind]).reshape(shape)
        return array.view(f"complex{16 * array.itemsize}").reshape(shape[:-1]) if complex else array

    def plain(self, key: str) -> Any:
        """A tensor of a file made elsewhere."""
        array = self.array(key)
        if array.dtype == np.uint64:
            raise SerializationError(f"load: expected a dtype known here, got U64 for {key!r} in {self.location.name}")
        be = self.location.backend("cpu")
        return wrap(be.asarray(array.astype(_WIDER.get(array.dtype.name, array.dtype), copy=False)), be)

    def value(self, node: Any) -> Any:
        """The value that a piece of JSON stands for."""
        if isinstance(node, list):
            return [self.value(part) for part in node]
        if not isinstance(node, dict):
            return node
        ((kind, content),) = node.items()
        if kind in ("dict", "OrderedDict"):
            made = {} if kind == "dict" else OrderedDict()
            for key, part in content:
                made[self.value(key)] = self.value(part)
            return made
        if kind in ("tuple", "Size"):
            return (tuple if kind == "tuple" else Size)(map(self.value, content))
        if kind == "tensor":
            return self.tensor(**content)
        if kind == "ndarray":
            return self.array(**content)
        return _READERS[kind](content)

    def tensor(self, key: str, view: Any = None, requires_grad: bool = False, device: str = "cpu", **about: Any) -> Any:
        """A tensor; those that shared memory share it again."""
        host = self.hosts.get((key, device))
        if host is None:
            be = self.location.backend(device)
            host = self.hosts[key, device] = wrap(be.asarray(self.array(key, **about)), be)
        t = host.detach()  # shares the memory and the count of writes to it
        if view is not None:
            t.raw = within(host.raw, host.backend.xp, *view)
        return t.requires_grad_() if requires_grad else t


def _diagnosis(data: bytes, reason: str) -> str:
    """What is wrong with a file, in words."""
    if not data:
        return "it is empty"
    with suppress(struct.error, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        start = 8 + struct.unpack_from("<Q", data)[0]
        header = json.loads(data[8:start])
        size = start + max(entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__")
        if len(data) != size:
            return f"its header announces {size} bytes, and there are {len(data)}. Was it cut short?"
    if data[:1] == b"\x80" and data[1:2] in b"\x02\x03\x04\x05":
        return "it is a plain pickle"
    return f"it is damaged or of another format ({reason})"
