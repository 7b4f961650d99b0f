"""A stand-in for ``backends.cuda.runtime.Runtime`` that runs kernels on the CPU."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any

from backends.cuda.runtime import Fault
from tests.emulator import build, memory, native
from tests.emulator.arguments import check_arguments

_ORDERS = {"shuffled": 0, "ascending": 1, "descending": 2}
_UNASKED_SHARED = 48 << 10  # bytes of dynamic shared memory that a kernel has without asking


class KernelFault(RuntimeError):
    """A kernel did what it must not; one line for each fault, after the kernel's name."""


class Emulator:
    """A GPU of two multiprocessors, made of g++ and fibers.

    Args:
        mode: "fast" finds hanging and diverging kernels; "check" also looks at every access to memory.
        order: in which the threads of a block, and the blocks of a grid, have their turns: "shuffled", "ascending" or
            "descending".
        seed: of the shuffles. Each launch begins with it, so a failure comes again.

    Raises:
        ValueError: unknown mode or order.
    """

    name = "emulator"
    arch = "sm_90"
    multiprocessors = 2  # so few that loops over a grid make several rounds
    shared_memory = 227 << 10
    clock = None  # its time is the CPU's

    def __init__(self, mode: str = "fast", order: str = "shuffled", seed: int = 0) -> None:
        if mode not in ("fast", "check"):
            raise ValueError(f"Emulator: mode is 'fast' or 'check', not {mode!r}")
        if order not in _ORDERS:
            raise ValueError(f"Emulator: order is one of {', '.join(_ORDERS)}, not {order!r}")
        self._check, self._order, self._seed = mode == "check", _ORDERS[order], seed
        self.fault = Fault(_Word())

    def compile(self, source: str, options: tuple[str, ...], name: str) -> Module:
        """The compiled source.

        Args:
            source: CUDA C++ that includes nothing.
            options: as for NVRTC; only macros count.
            name: the source's, in messages.

        Raises:
            RuntimeError: the source does not compile, or there is no g++.
        """
        return Module(native.Library(build.kernels(source, options, name, check=self._check)), name)

    def start(
        self, function: Function, gx: int, gy: int, gz: int, bx: int, by: int, bz: int, shared: int, params: int
    ) -> None:
        """Runs a kernel to its end.

        Raises:
            KernelFault: the checkers found something, or CUDA would refuse the launch.
        """
        self._check_limits(function, (gx, gy, gz), (bx, by, bz), shared)
        library = function.library
        launch = native.Launch(
            function.entry.call,
            params,
            (gx, gy, gz),
            (bx, by, bz),
            shared,
            library.static_begin,
            library.static_end,
            self._order,
            self._seed,
            self._check,
        )
        if self._check:
            native.tell_of_memory()
        if message := native.runtime().emu_launch(launch):
            raise KernelFault(f"{function.entry.name}: {library.explain(message.decode(errors='replace')).strip()}")

    def validate(self, kernel: Any, args: tuple[Any, ...]) -> None:
        """Compares arguments with the kernel's C++ parameters, which a GPU never does.

        Raises:
            TypeError: a wrong number of arguments, a wrong kind, dtype or layout.
            OverflowError: an integer that does not fit.
        """
        signature = kernel._module.function(kernel.name, 0).entry.signature
        check_arguments(kernel.name, signature, [p.name for p in kernel.parameters], args)

    def _check_limits(self, function: Function, grid: tuple[int, ...], block: tuple[int, ...], shared: int) -> None:
        name = function.entry.name

        def refuse(error: str, why: str) -> None:
            raise KernelFault(f"{name}: {error}: {why}")

        invalid = "CUDA_ERROR_INVALID_VALUE: invalid argument"
        for sizes, limits, what in (
            (grid, (2**31 - 1, 65535, 65535), "grid"),
            (block, (1024, 1024, 64), "block"),
        ):
            if any(not 1 <= size <= limit for size, limit in zip(sizes, limits, strict=True)):
                refuse(invalid, f"a {what} of {sizes}, where each size is at least 1 and at most {limits}")
        threads = block[0] * block[1] * block[2]
        if threads > 1024:
            refuse(invalid, f"a block of {block} has {threads} threads, the most is 1024")
        if threads > function.entry.most_threads:
            refuse(
                "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES: too many resources requested for launch",
                f"{threads} threads in a block, __launch_bounds__ allows {function.entry.most_threads}",
            )
        if shared > max(function.shared, _UNASKED_SHARED):
            refuse(
                invalid,
                f"{shared} bytes of dynamic shared memory; the function was asked for with {function.shared}, "
                f"and without asking there are {_UNASKED_SHARED}",
            )


class Module:
    """A compiled kernel source.

    Args:
        library: its machine code.
        name: of the source.
    """

    def __init__(self, library: native.Library, name: str) -> None:
        self._library, self._name = library, name

    def function(self, name: str, shared: int) -> Function:
        """The kernel ``name``, with leave to use ``shared`` bytes of dynamic shared memory.

        Raises:
            LookupError: there is no such kernel.
            KernelFault: no block has that much shared memory.
        """
        entry = self._library.entries.get(name)
        if entry is None:
            known = ", ".join(self._library.entries) or "none"
            raise LookupError(f"{self._name}: there is no kernel {name}. Kernels of this file: {known}")
        if shared > Emulator.shared_memory:
            raise KernelFault(
                f"{name}: CUDA_ERROR_INVALID_VALUE: invalid argument: {shared} bytes of dynamic shared memory, "
                f"a block has at most {Emulator.shared_memory}"
            )
        return Function(self._library, entry, shared)


class Function:
    """A kernel that can be started.

    Args:
        library: where it is.
        entry: which it is.
        shared: bytes of dynamic shared memory that it may be started with.
    """

    def __init__(self, library: native.Library, entry: native.Entry, shared: int) -> None:
        self.library, self.entry, self.shared = library, entry, shared


class _Word:
    """Four bytes of memory that kernels may write, for as long as this object lives."""

    def __init__(self) -> None:
        self._memory = ctypes.c_int(0)
        self.ptr = ctypes.addressof(self._memory)
        memory.register(self.ptr, 4, "fault")
        weakref.finalize(self, memory.unregister, self.ptr)
