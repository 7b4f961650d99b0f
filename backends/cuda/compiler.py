"""From a kernel file's name to machine code: the source with its includes pasted in, the options, a cache on disk."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from backends.cuda import nvrtc

KERNELS = Path(__file__).parent / "kernels"
OPTIONS = ("-std=c++17", "--device-as-default-execution-space")
TYPES = {  # dtype: what arrays hold, what sums are made in
    "float16": ("half_t", "float"),
    "bfloat16": ("bfloat_t", "float"),
    "float32": ("float", "float"),
    "float64": ("double", "double"),
    "bool": ("bool", "uint32"),
    "int8": ("int8", "uint32"),  # sums of integers wrap around
    "uint8": ("uint8", "uint32"),
    "int16": ("short", "uint32"),
    "uint16": ("uint16", "uint32"),
    "int32": ("int", "uint32"),
    "uint32": ("uint32", "uint32"),
    "int64": ("int64", "uint64"),
    "uint64": ("uint64", "uint64"),
}

_INCLUDE = re.compile(r'^#include "([\w.]+)"\n', re.MULTILINE)


@cache
def source(family: str) -> str:
    """The complete text of a kernel file.

    ``#include "x.cuh"`` is replaced by that file, once: then the cache on disk sees every change of it.

    Args:
        family: the file's name in ``kernels/``, without ``.cu``.

    Returns:
        CUDA C++ that includes nothing.

    Example:
        >>> "#include" in source("elementwise"), "__global__" in source("elementwise")
        (False, True)
    """
    pasted: set[str] = set()

    def paste(name: str) -> str:
        if name in pasted:
            return ""
        pasted.add(name)
        text = (KERNELS / name).read_text(encoding="utf-8").replace("#pragma once\n", "\n")
        parts, line = [f'#line 1 "{name}"\n'], 1
        for i, piece in enumerate(_INCLUDE.split(text)):
            if i % 2:  # the name of an include
                line += 1
                parts.append(f'{paste(piece)}#line {line} "{name}"\n')
            else:
                line += piece.count("\n")
                parts.append(piece)
        return "".join(parts)

    return paste(f"{family}.cu")


def defines(dtype: str, extra: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The options that make one variant of a family.

    Args:
        dtype: name of the arrays' dtype.
        extra: further macros, "NAME=value".

    Returns:
        One option per macro.

    Example:
        >>> defines("float16", ("TILE=32",))
        ('-Dscalar_t=half_t', '-Dacc_t=float', '-DTILE=32')
    """
    scalar, acc = TYPES[dtype]
    return (f"-Dscalar_t={scalar}", f"-Dacc_t={acc}", *[f"-D{macro}" for macro in extra])


def machine_code(text: str, options: tuple[str, ...], arch: str, name: str) -> bytes:
    """The cubin of a source, from the cache on disk or from NVRTC.

    Args:
        text: from ``source``.
        options: from ``defines``.
        arch: "sm_90" and the like.
        name: the file's name in messages.

    Returns:
        The cubin.

    Raises:
        nvrtc.CompileError: with the compiler's log.
        BackendUnavailable: there is no NVRTC.
    """
    compiler = nvrtc.load()
    flags = (*OPTIONS, *options, f"-arch={arch}")
    key = hashlib.sha256(repr((compiler.version, flags, text)).encode()).hexdigest()[:32]
    path = folder() / f"{Path(name).stem}-{arch}-{key}.cubin"
    with suppress(OSError):
        return path.read_bytes()
    cubin, _ = compiler.compile(text, flags, name)
    with suppress(OSError):  # a home that cannot be written costs the next process a compilation, no more
        write(path, cubin)
    return cubin


def folder() -> Path:
    """Where compiled kernels are kept: $TWINGRAD_CACHE, else the user's cache folder.

    Example:
        >>> folder().name
        'cuda'
    """
    if chosen := os.environ.get("TWINGRAD_CACHE"):
        return Path(chosen) / "cuda"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "twingrad" / "cuda"


def write(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all, however many processes write it at once.

    Example:
        >>> with tempfile.TemporaryDirectory() as d:
        ...     write(Path(d) / "sub" / "a", b"1")
        ...     (Path(d) / "sub" / "a").read_bytes()
        b'1'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    os.replace(file.name, path)
