"""Reading a pickle that PyTorch wrote: by an interpreter that executes nothing, or, for a file that is trusted, by Python's.

A pickle is a program for a small stack machine: it pushes values, names functions and calls them. ``Untrusting`` knows the
instructions that build values, and the few functions in ``names.SAFE`` and below that make tensors and containers of them;
at any other name it stops, before anything has been called.
"""

from __future__ import annotations

import importlib
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from autograd.creation import arange
from autograd.dtypes import dtype as dtype_type
from autograd.errors import SerializationError
from autograd.files.location import Location, row_major, within
from autograd.files.names import SAFE, ElementKind, StorageKind, state_for_numpy
from autograd.layouts import layout, sparse_coo, sparse_csr, strided
from autograd.op import wrap
from autograd.ops.joining import stack
from autograd.sparse_tensor import SparseTensor
from autograd.tensor import Tensor

_trusted: dict[tuple[str, str], Any] = {}  # what add_safe_globals allowed
parameter_class: list[type[Tensor]] = []  # nn.Parameter, once nn is there


class Forbidden(Exception):
    """A name in a pickle that nobody allowed."""


class Stored:
    """Stored elements: their bytes, what they are, and where they were.

    Attributes:
        raw: the bytes, a 1-d uint8 array.
        dtype: the name of the element type.
        device: as saved.
    """

    def __init__(self, raw: Any, dtype: str, device: str) -> None:
        self.raw, self.dtype, self.device = raw, dtype, device
        self.hosts: dict[str, Any] = {}  # by dtype: a 1-d tensor of all elements

    def host(self, dtype: str, location: Location) -> Any:
        """All elements as a 1-d tensor on the device wanted."""
        if dtype not in self.hosts:
            be = location.backend(self.device)
            self.hosts[dtype] = wrap(be.asarray(_elements(self.raw, dtype)), be)
        return self.hosts[dtype]

    def fill(self) -> None:
        """Brings the elements to the tensors that were made before they were read."""
        for dtype, host in self.hosts.items():
            host.raw[...] = host.backend.asarray(_elements(self.raw, dtype))


def _elements(raw: Any, dtype: str) -> Any:
    """Bytes as elements of a dtype that there is here."""
    wider = {"uint16": "int64", "uint32": "int64", "uint64": "int64"}.get(dtype)
    return raw.view(dtype) if wider is None else raw.view(dtype).astype(wider)


class Rebuilding:
    """What the two readers share: stored elements become tensors, and the functions that PyTorch's files call for it.

    Attributes:
        find: gives the bytes of a storage by its key, and how many elements are announced.
        location: where tensors go.
        storages: what was referred to.
    """

    find: Callable[[str, str, int], Any]
    location: Location
    storages: dict[Any, Stored]

    def start(self, find: Callable[[str, str, int], Any], location: Location, storages: dict[Any, Stored]) -> None:
        """Before the first instruction."""
        self.find, self.location, self.storages = find, location, storages
        self.raws: dict[str, Any] = {}
        own = {"_rebuild_tensor": self.tensor, "_rebuild_tensor_v2": self.tensor, "_rebuild_tensor_v3": self.tensor,
               "_rebuild_parameter": self.parameter, "_rebuild_parameter_with_state": self.parameter}  # fmt: skip
        self.functions: dict[tuple[str, str], Any] = {("torch._utils", name): f for name, f in own.items()}
        self.functions["torch._utils", "_rebuild_sparse_tensor"] = self.sparse
        self.functions["torch.serialization", "_get_layout"] = self.known_layout
        self.functions["torch._tensor", "_rebuild_from_type_v2"] = self.with_state
        self.functions["torch.nn.parameter", "Parameter"] = self.parameter
        self.functions["torch", "Tensor"] = Tensor

    def persistent_load(self, pid: Any) -> Stored:
        """The storage that a pickle refers to."""
        if not (isinstance(pid, tuple) and len(pid) in (5, 6) and pid[0] == "storage"):
            raise ValueError(f"expected a reference to a storage, got {pid!r}")
        _, kind, key, device, numel, *view = pid
        if not (isinstance(kind, StorageKind) and isinstance(key, str) and isinstance(numel, int) and numel >= 0):
            raise ValueError(f"expected a reference to a storage, got {pid!r}")
        if key not in self.raws:
            self.raws[key] = self.find(key, kind.dtype, numel)
        raw = self.raws[key]
        at: tuple[Any, ...] = (key, kind.dtype, str(device))
        if view and view[0] is not None:  # a part of the elements; only the oldest files have it
            _, first, count = view[0]
            size = raw.size // max(numel, 1)
            at, raw = (*at, first, count), raw[first * size : (first + count) * size]
        if at not in self.storages:
            self.storages[at] = Stored(raw, kind.dtype, str(device))
        return self.storages[at]

    def tensor(
        self, storage: Stored, offset: int, size: Any, stride: Any, requires_grad: bool = False,
        hooks: Any = None, dtype: Any = None, metadata: Any = None,
    ) -> Tensor:  # fmt: skip
        """A tensor over stored elements; those over the same ones share their memory.

        PyTorch notes in the last argument of either form that the elements are still to be conjugated or negated.
        """
        noted = dtype if isinstance(dtype, dict) else metadata or {}
        if isinstance(dtype, (dtype_type, ElementKind)):
            kind = dtype.dtype if isinstance(dtype, ElementKind) else dtype.name
        else:
            kind = storage.dtype
        host = storage.host(kind, self.location)
        t: Tensor = host.detach()  # shares the memory and the count of writes to it
        if 0 in size:
            t = wrap(host.backend.xp.empty(tuple(size), host.raw.dtype), host.backend)
        elif tuple(stride) == row_major(size) and 0 <= offset <= host.raw.size - int(np.prod(size, dtype=np.int64)):
            t.raw = host.raw[offset : offset + int(np.prod(size, dtype=np.int64))].reshape(tuple(size))
        else:
            t.raw = within(host.raw, host.backend.xp, offset, list(size), list(stride))
        if noted.get("conj"):
            t.raw = t.raw.conj()
        if noted.get("neg"):
            t.raw = -t.raw
        return t.requires_grad_() if requires_grad else t

    def parameter(self, data: Tensor, requires_grad: bool = True, hooks: Any = None, state: Any = None) -> Tensor:
        """A parameter; without ``nn``, a tensor that is trained."""
        if parameter_class:
            return parameter_class[0](data, requires_grad)
        return data.detach().requires_grad_(requires_grad)

    def known_layout(self, name: str) -> layout:
        """A layout by PyTorch's name."""
        return {f"torch.{kind._name}": kind for kind in (strided, sparse_coo, sparse_csr)}[name]

    def sparse(self, kind: layout, parts: tuple[Any, ...]) -> SparseTensor:
        """A sparse tensor of its indices and values."""
        if kind is sparse_csr:
            rows, columns, values, size = parts
            row = arange(size[0], device=rows.device).repeat_interleave(rows[1:] - rows[:-1])
            return SparseTensor(stack([row, columns.long()]), values, size, True, kind)
        indices, values, size, *coalesced = parts
        return SparseTensor(indices, values, size, bool(coalesced and coalesced[0]), kind)

    def with_state(self, function: Any, cls: Any, args: Any, state: Any) -> Any:
        """A tensor with attributes of its own, which are left out."""
        return function(*args)


_INSTRUCTIONS = (
    "PROTO FRAME STOP MARK POP POP_MARK DUP NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT "
    "BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE BINUNICODE8 SHORT_BINUNICODE BINBYTES BINBYTES8 "
    "SHORT_BINBYTES BYTEARRAY8 EMPTY_LIST EMPTY_TUPLE EMPTY_DICT EMPTY_SET LIST TUPLE TUPLE1 TUPLE2 TUPLE3 DICT FROZENSET "
    "APPEND APPENDS SETITEM SETITEMS ADDITEMS GET BINGET LONG_BINGET PUT BINPUT LONG_BINPUT MEMOIZE GLOBAL STACK_GLOBAL "
    "REDUCE NEWOBJ BUILD BINPERSID"
)
_FILLED = {"APPEND": list, "APPENDS": list, "SETITEM": dict, "SETITEMS": dict, "ADDITEMS": set}
_BUILD: Callable[[Any], None] = pickle._Unpickler.dispatch[pickle.BUILD[0]]
_NEWOBJ: Callable[[Any], None] = pickle._Unpickler.dispatch[pickle.NEWOBJ[0]]


class Untrusting(Rebuilding, pickle._Unpickler):
    """Reads a pickle and runs nothing but what makes tensors and containers of plain values."""

    stack: list[Any]
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        getattr(pickle, name)[0]: pickle._Unpickler.dispatch[getattr(pickle, name)[0]] for name in _INSTRUCTIONS.split()
    }

    def find_class(self, module: str, name: str) -> Any:
        """The value or function of that name, if it is allowed."""
        for table in (self.functions, SAFE, _trusted):
            if (module, name) in table:
                return table[module, name]
        raise Forbidden(f"{module}.{name}")

    def load_build(self) -> None:
        """Sets the state of what was made last, for those kinds whose state is harmless."""
        state = self.stack.pop()
        made: Any = self.stack[-1]
        kind = type(made)
        if (kind.__module__, kind.__qualname__) in _trusted:
            self.stack.append(state)
            _BUILD(self)
        elif isinstance(made, (np.dtype, np.ndarray)) and state_for_numpy(made, state):
            made.__setstate__(state)  # type: ignore[union-attr]
        elif kind is OrderedDict and type(state) is dict:
            made.__dict__.update(state)
        else:
            raise Forbidden(f"a state for {kind.__module__}.{kind.__qualname__}")

    def load_newobj(self) -> None:
        """A new object of a class that ``add_safe_globals`` allowed."""
        cls = self.stack[-2]
        if cls not in _trusted.values():
            raise Forbidden(f"{getattr(cls, '__module__', '')}.{getattr(cls, '__qualname__', cls)}")
        _NEWOBJ(self)

    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.NEWOBJ[0]] = load_newobj


def _checked(load: Callable[[Any], None], kind: type, marked: bool) -> Callable[[Any], None]:
    """An instruction that fills a container, for containers of one kind only: of others it would call methods."""

    def run(self: Any) -> None:
        target = self.metastack[-1][-1] if marked else self.stack[-3 if kind is dict else -2]
        if not isinstance(target, kind):
            raise Forbidden(f"elements for {type(target).__qualname__}")
        load(self)

    return run


for _name, _kind in _FILLED.items():
    _code = getattr(pickle, _name)[0]
    Untrusting.dispatch[_code] = _checked(Untrusting.dispatch[_code], _kind, _name.endswith("S"))


class Trusting(Rebuilding, pickle.Unpickler):
    """Reads any pickle, and runs what it says; the names of PyTorch's classes lead to those here."""

    def find_class(self, module: str, name: str) -> Any:
        """The value of that name, imported if need be."""
        for table in (self.functions, SAFE):
            if (module, name) in table and not module.startswith(("numpy", "_codecs")):
                return table[module, name]
        package, *rest = module.split(".")
        if package != "torch":
            return super().find_class(module, name)
        facade = {"nn": "nn", "optim": "optim"}.get(rest[0] if rest else "", "autograd")
        if rest[:2] == ["optim", "lr_scheduler"]:
            facade = "optim.lr_scheduler"
        found = getattr(importlib.import_module(facade), name, None)
        if found is None:
            raise Forbidden(f"{module}.{name}, which has no counterpart here")
        return found


def read(
    f: Any,
    find: Callable[[str, str, int], Any],
    location: Location,
    safe: bool,
    storages: dict[Any, Stored] | None = None,
) -> Any:
    """The value that a pickle stands for.

    Args:
        f: the pickle, a binary file.
        find: as in ``Rebuilding``.
        location: where tensors go, and how messages call the file.
        safe: run nothing that is in it.
        storages: filled with what was referred to.

    Raises:
        SerializationError: it names what is not allowed, or is damaged.
    """
    reader: Any = (Untrusting if safe else Trusting)(f, encoding="utf-8")
    reader.start(find, location, {} if storages is None else storages)
    try:
        return reader.load()
    except Forbidden as e:
        raise SerializationError(
            f"load: expected tensors, plain values and containers, got {e} in {location.name}. None of its code was run. If you "
            "trust the file, pass weights_only=False, which runs what it says, or allow the class with add_safe_globals"
        ) from None
    except (
        pickle.UnpicklingError, EOFError, LookupError, TypeError, ValueError, AttributeError, OverflowError, MemoryError,
    ) as e:  # fmt: skip
        raise SerializationError(
            f"load: expected a file that torch.save wrote, got a damaged one: {location.name}: {e!r}"
        ) from e


# -- what else may be named ---------------------------------------------------------------------------------------------


def _entries(classes: Any) -> dict[tuple[str, str], Any]:
    """Classes and functions, or pairs of one with the name that files have for it."""
    found = {}
    for entry in classes:
        value, path = entry if isinstance(entry, tuple) else (entry, f"{entry.__module__}.{entry.__qualname__}")
        module, _, name = path.rpartition(".")
        found[module, name] = value
    return found


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Allows classes and functions in files that ``load`` reads with ``weights_only=True``.

    Args:
        safe_globals: classes or functions, or pairs of one and the dotted name that the file has for it.

    Example:
        >>> import argparse
        >>> from autograd.serialization import add_safe_globals, clear_safe_globals, get_safe_globals
        >>> add_safe_globals([argparse.Namespace]); get_safe_globals()
        [<class 'argparse.Namespace'>]
        >>> clear_safe_globals()
    """
    _trusted.update(_entries(safe_globals))


def get_safe_globals() -> list[Any]:
    """What ``add_safe_globals`` allowed."""
    return list(_trusted.values())


def clear_safe_globals() -> None:
    """Forgets what ``add_safe_globals`` allowed."""
    _trusted.clear()


@contextmanager
def safe_globals(safe_globals: list[Any]) -> Iterator[None]:
    """Inside, these are allowed as by ``add_safe_globals``.

    Args:
        safe_globals: as for ``add_safe_globals``.

    Returns:
        A context manager.

    Example:
        >>> import argparse
        >>> from autograd.serialization import get_safe_globals, safe_globals
        >>> with safe_globals([argparse.Namespace]):
        ...     len(get_safe_globals())
        1
    """
    before = dict(_trusted)
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _trusted.clear()
        _trusted.update(before)
