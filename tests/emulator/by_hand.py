"""One kernel on NumPy arrays, for the emulator's own tests and for looking at a kernel by hand."""

from __future__ import annotations

import ctypes
import re
from typing import Any

import numpy as np

from backends.cuda.compiler import KERNELS
from tests.emulator import memory
from tests.emulator.emulator import Emulator


def run(
    source: str,
    name: str,
    grid: int | tuple[int, ...],
    block: int | tuple[int, ...],
    *args: Any,
    shared: int = 0,
    options: tuple[str, ...] = (),
    mode: str = "check",
    order: str = "shuffled",
    seed: int = 0,
) -> None:
    """Compiles a source and runs one of its kernels, which may touch the arrays among its arguments and nothing else.

    Args:
        source: CUDA C++; ``#include`` of the files in backends/cuda/kernels is allowed.
        name: the kernel.
        grid: blocks.
        block: threads of a block.
        args: NumPy arrays (their memory is the device's), None, numbers, bytes for a struct.
        shared: bytes of dynamic shared memory.
        options: "-DNAME=value".
        mode: "fast" or "check".
        order: "shuffled", "ascending" or "descending".
        seed: of the shuffles.

    Raises:
        KernelFault: the emulator found a fault.
    """
    emulator = Emulator(mode, order, seed)
    function = emulator.compile(_complete(source), options, f"{name}.cu").function(name, shared)
    holders = [
        _pointer(arg) if type_.pointer else _value(arg, type_.name)
        for type_, arg in zip(function.entry.signature, args, strict=True)
    ]
    table = (ctypes.c_void_p * max(1, len(holders)))(*[holder.ctypes.data for holder in holders])
    arrays = [arg for arg in args if isinstance(arg, np.ndarray)]
    for i, array in enumerate(arrays):
        memory.register(array.ctypes.data, array.nbytes, f"array {i}")
    try:
        emulator.start(function, *_three(grid), *_three(block), shared, ctypes.addressof(table))
    finally:
        for array in arrays:
            memory.unregister(array.ctypes.data)


def _complete(source: str) -> str:
    """The source with its includes pasted, each once, and lines that keep their numbers."""
    pasted: set[str] = set()

    def paste(match: re.Match[str]) -> str:
        if match[1] in pasted:
            return "\n"
        pasted.add(match[1])
        text = _INCLUDE.sub(paste, (KERNELS / match[1]).read_text())
        line = source.count("\n", 0, match.start()) + 2
        return f'#line 1 "{match[1]}"\n{text}\n#line {line} "kernel.cu"\n'

    return _INCLUDE.sub(paste, source)


_INCLUDE = re.compile(r'^#include "([\w.]+)"\n', re.MULTILINE)


def _pointer(array: np.ndarray | None) -> np.ndarray:
    return np.array([0 if array is None else array.ctypes.data], np.uint64)


def _value(value: Any, type_: str) -> np.ndarray:
    return np.frombuffer(value, np.uint8) if isinstance(value, bytes) else np.array([value], type_)


def _three(size: int | tuple[int, ...]) -> tuple[int, ...]:
    return (size, 1, 1) if isinstance(size, int) else (*size, 1, 1)[:3]
