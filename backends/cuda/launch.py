"""Starting kernels: which compiled variant, how its arguments lie in memory.

A launch costs Python about as much as the driver takes. So what does not change from call to call is made once: the
block of memory that holds the arguments, and the table of their addresses that the driver reads.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from struct import Struct
from threading import Lock
from typing import Any, NamedTuple, Protocol

from backends.cuda import compiler
from backends.cuda.chunks import Chunks
from backends.protocol import Array, Backend

Size = int | tuple[int, ...]  # of a grid or a block, in one to three dimensions


class Module(Protocol):
    """A compiled source."""

    def function(self, name: str, shared: int) -> Any:
        """The handle of an entry point that will be given at most ``shared`` bytes of dynamic shared memory."""


class Device(Protocol):
    """What compiles and starts kernels: ``runtime.Runtime``, or an emulator of it."""

    name: str  # "NVIDIA H200"
    arch: str  # "sm_90"
    multiprocessors: int
    shared_memory: int  # bytes of dynamic shared memory that one block may have
    blas: Any  # ``gemm.Gemm``: matrix products by cuBLASLt; None where it is not installed
    fault: Any  # ``runtime.Fault``: where kernels report bad data
    validate: Callable[[Kernel, tuple[Any, ...]], None] | None  # sees every launch's arguments, in tests

    clock: Callable[[Callable[[], Any]], float | None] | None  # ``runtime.Runtime.clock``; None where no time passes

    def compile(self, source: str, options: tuple[str, ...], name: str) -> Module:
        """The compiled source."""

    def start(
        self, function: Any, gx: int, gy: int, gz: int, bx: int, by: int, bz: int, shared: int, params: int
    ) -> None:
        """Starts a kernel on the current stream; ``params`` is the address of a table of addresses of arguments."""


class Gpu(Backend, Protocol):
    """``be`` in this package: the protocol, and what starts kernels."""

    device: Device
    kernel: Kernels
    chunks: Chunks

    def __hash__(self) -> int:
        """By identity: plans are cached by backend."""


class Parameter(NamedTuple):
    """One parameter of an entry point, as its source declares it."""

    kind: str  # "pointer", "number" or "struct"
    type: str  # without const and *, as "scalar_t" or "long long"
    name: str
    const: bool


class Strided:
    """An argument of a kernel that is told an array's strides: where the array begins, whatever gaps it has.

    Args:
        a: the array.
    """

    __slots__ = ("data", "dtype")
    shape = strides = ()

    def __init__(self, a: Array) -> None:
        self.data, self.dtype = a.data, a.dtype


_FORMATS = {"int": "i", "unsigned": "I", "long long": "q", "unsigned long long": "Q", "float": "f", "double": "d"}
_ENTRY = re.compile(
    r'extern\s+"C"\s+__global__\s+(?:__launch_bounds__\([^)]*\)\s*)?void\s+(?:__launch_bounds__\([^)]*\)\s*)?'
    r"(\w+)\s*\(([^)]*)\)"
)


def entries(source: str) -> dict[str, tuple[Parameter, ...]]:
    """The entry points of a source, with their parameters.

    Args:
        source: CUDA C++.

    Returns:
        Parameters by the entry point's name.

    Example:
        >>> entries('extern "C" __global__ void f(const float* __restrict__ x, int n) {}')["f"][0]
        Parameter(kind='pointer', type='float', name='x', const=True)
    """
    plain = re.sub(r"//[^\n]*", "", source)
    return {m[1]: tuple(_parameter(p) for p in m[2].split(",") if p.strip()) for m in _ENTRY.finditer(plain)}


def _parameter(text: str) -> Parameter:
    """``const float* __restrict__ x`` in its parts."""
    words = text.replace("*", " * ").replace("__restrict__", "").replace("__grid_constant__", "").split()
    *words, name = words
    kept = " ".join(word for word in words if word not in ("const", "*"))
    kind = "pointer" if "*" in words else "number" if kept in _FORMATS or kept.endswith("_t") else "struct"
    return Parameter(kind, kept, name, "const" in words)


class Kernel:
    """One compiled entry point: called with a grid, a block and its arguments, it starts.

    Args:
        name: the entry point.
        parameters: from ``entries``.
        types: what scalar_t and acc_t stand for.
        module: the compiled source.
        device: what starts it.
    """

    def __init__(
        self, name: str, parameters: tuple[Parameter, ...], types: dict[str, str], module: Module, device: Device
    ) -> None:
        self.name, self.parameters = name, parameters
        self._module, self._device, self._start = module, device, device.start
        self._validate = device.validate
        self._lock = Lock()  # the driver copies the arguments inside the call, during which other threads run
        self._functions: dict[int, Any] = {}
        self._types = types
        self._pointers = [p.kind == "pointer" for p in parameters]
        self._lay(())

    def _lay(self, args: tuple[Any, ...]) -> None:
        """Lays out memory for the arguments; of structs the length is known when the first one is seen."""
        formats, offsets, end = [], [], 0
        for i, p in enumerate(self.parameters):
            if p.kind == "struct":
                size = len(args[i]) if args else 0
                formats.append(f"{size}s")
                align = 8
            else:
                formats.append("Q" if p.kind == "pointer" else _FORMATS[self._types.get(p.type, p.type)])
                size = align = Struct(formats[-1]).size
            end = -(-end // align) * align
            offsets.append(end)
            end += size
        # '@' aligns numbers by their size as above; before a struct of bytes the padding is written out
        text = "".join(
            f"0Q{code}" if p.kind == "struct" else code for code, p in zip(formats, self.parameters, strict=True)
        )
        self._struct = Struct(f"@{text}")
        self._memory = ctypes.create_string_buffer(max(end, self._struct.size, 1))
        start = ctypes.addressof(self._memory)
        self._table = (ctypes.c_void_p * max(1, len(offsets)))(*[start + offset for offset in offsets])
        self._params = ctypes.addressof(self._table)
        self._structs_known = bool(args) or all(p.kind != "struct" for p in self.parameters)

    def __call__(self, grid: Size, block: Size, *args: Any, shared: int = 0) -> None:
        """Starts the kernel on the current stream; with a 0 in the grid it does nothing.

        Args:
            grid: blocks.
            block: threads of a block.
            args: arrays, None for a null pointer, numbers, bytes for a struct.
            shared: bytes of dynamic shared memory.

        Raises:
            TypeError: the number or the types of the arguments are not the parameters'.
        """
        gx, gy, gz = (grid, 1, 1) if type(grid) is int else (*grid, 1, 1)[:3]  # type: ignore[misc]
        if not (gx and gy and gz):
            return
        bx, by, bz = (block, 1, 1) if type(block) is int else (*block, 1, 1)[:3]  # type: ignore[misc]
        if self._validate is not None:
            self._validate(self, args)
        function = self._functions.get(shared)
        if function is None:
            function = self._functions[shared] = self._module.function(self.name, shared)
        values = [
            (0 if a is None else a.data.ptr) if pointer else a for a, pointer in zip(args, self._pointers, strict=True)
        ]
        with self._lock:
            if not self._structs_known:
                self._lay(args)
            self._struct.pack_into(self._memory, 0, *values)
            self._start(function, gx, gy, gz, bx, by, bz, shared, self._params)


class Kernels:
    """All kernels of one device, compiled when first asked for.

    Args:
        device: what compiles and starts them.
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self._kernels: dict[tuple[Any, ...], Kernel] = {}
        self._modules: dict[tuple[Any, ...], Module] = {}
        self._lock = Lock()

    def __call__(self, family: str, name: str, dtype: Any, defines: tuple[str, ...] = ()) -> Kernel:
        """The kernel ``name`` of ``kernels/<family>.cu`` for arrays of ``dtype``, with further macros ``defines``."""
        key = (family, name, dtype, defines)
        kernel = self._kernels.get(key)
        return self._make(key) if kernel is None else kernel

    def _make(self, key: tuple[Any, ...]) -> Kernel:
        family, name, dtype, defines = key
        scalar, acc = compiler.TYPES[dtype.name]
        with self._lock:
            if (family, dtype, defines) not in self._modules:
                self._modules[family, dtype, defines] = self.device.compile(
                    compiler.source(family), compiler.defines(dtype.name, defines), f"{family}.cu"
                )
            module = self._modules[family, dtype, defines]
            parameters = entries(compiler.source(family))[name]
            types = {"scalar_t": scalar, "acc_t": acc}
            return self._kernels.setdefault(key, Kernel(name, parameters, types, module, self.device))
