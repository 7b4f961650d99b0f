"""The runtime and compiled kernels, by ctypes."""

from __future__ import annotations

import ctypes
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.emulator import build, memory


class Launch(ctypes.Structure):
    """``emu::Launch`` of state.h."""

    _fields_ = [
        ("entry", ctypes.c_void_p),
        ("arguments", ctypes.c_void_p),
        ("grid", ctypes.c_uint * 3),
        ("block", ctypes.c_uint * 3),
        ("dynamic_shared", ctypes.c_size_t),
        ("static_begin", ctypes.c_void_p),
        ("static_end", ctypes.c_void_p),
        ("order", ctypes.c_int),
        ("seed", ctypes.c_uint),
        ("check", ctypes.c_int),
    ]


class _ParameterType(ctypes.Structure):
    """``emu::ParameterType`` of signature.h."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("pointer", ctypes.c_int),
        ("constant", ctypes.c_int),
        ("size", ctypes.c_uint),
    ]


class _Entry(ctypes.Structure):
    """``emu::Entry`` of signature.h."""

    _fields_ = [
        ("name", ctypes.c_char_p),
        ("call", ctypes.c_void_p),
        ("signature", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_ParameterType))),
        ("most_threads", ctypes.c_uint),
    ]


class Type(NamedTuple):
    """The type of a kernel's parameter, from the C++ compiler."""

    name: str  # NumPy's, or "void", "bfloat16", "struct"
    pointer: bool
    const: bool
    size: int  # bytes


class Entry(NamedTuple):
    """A compiled kernel."""

    name: str
    call: int
    signature: tuple[Type, ...]
    most_threads: int  # of __launch_bounds__


class Library:
    """A compiled kernel source.

    Args:
        path: from ``build.kernels``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        runtime()  # before the kernels, which are linked with it
        self._library = ctypes.CDLL(str(path))
        bounds = (ctypes.c_void_p * 2)()
        self._library.emu_static_shared(bounds)
        self.static_begin, self.static_end = bounds[0], bounds[1]
        self.entries = {entry.name: entry for entry in self._entries()}

    def _entries(self) -> list[Entry]:
        rows = ctypes.cast(self._library.emu_entries, ctypes.POINTER(_Entry))
        found: list[Entry] = []
        while rows[len(found)].name is not None:
            row = rows[len(found)]
            types = (_ParameterType * 256)()
            signature = tuple(
                Type(t.name.decode(), bool(t.pointer), bool(t.constant), t.size) for t in types[: row.signature(types)]
            )
            found.append(Entry(row.name.decode(), row.call, signature, row.most_threads))
        return found

    def explain(self, message: str) -> str:
        """A message of the runtime with source lines for instructions' offsets."""
        return re.sub(r"\[\+(0x[0-9a-f]+)\]", lambda m: f"({build.source_lines(self.path, m[1])})", message)


@cache
def runtime() -> Any:
    """The runtime, loaded once."""
    library = ctypes.CDLL(str(build.runtime()))
    library.emu_launch.argtypes = [ctypes.POINTER(Launch)]
    library.emu_launch.restype = ctypes.c_char_p
    library.emu_register.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
    library.emu_register.restype = None
    library.emu_unregister.argtypes = [ctypes.c_void_p]
    library.emu_unregister.restype = None
    return library


def tell_of_memory() -> None:
    """Tells the runtime which memory kernels may touch by now."""
    library = runtime()
    memory.tell(
        lambda address, nbytes, label: library.emu_register(address, nbytes, label.encode()), library.emu_unregister
    )
