"""The GPU, through CuPy and the driver: loading machine code, starting kernels, what the card is."""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Callable
from functools import cached_property
from typing import Any

from backends.cuda import compiler, cublaslt
from backends.cuda.gemm import Gemm

_DYNAMIC_SHARED = 8  # CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
_STATIC_LIMIT = 48 << 10  # bytes of dynamic shared memory that need no leave

_MESSAGES = {1: "a position is out of bounds", 2: "a class in target is out of range"}  # common.cuh: FAULT_*


class Runtime:
    """One GPU.

    Args:
        cupy: the module.
        index: which GPU.
    """

    validate = None  # production checks nothing twice

    def __init__(self, cupy: Any, index: int) -> None:
        self._cupy, self._index = cupy, index
        from cupy_backends.cuda.api import driver

        self._launch = driver.launchKernel
        self._stream = cupy.cuda.get_current_stream
        facts = cupy.cuda.runtime.getDeviceProperties(index)
        self.name = facts["name"].decode()
        self.arch = f"sm_{facts['major']}{facts['minor']}"
        self.multiprocessors = int(facts["multiProcessorCount"])
        self.shared_memory = int(facts["sharedMemPerBlockOptin"])
        self.fault = Fault(cupy.cuda.alloc_pinned_memory(4))

    @cached_property
    def blas(self) -> Gemm | None:
        """Matrix products by cuBLASLt, None where it is not installed.

        Raises:
            BackendUnavailable: it is installed, but finds no GPU that it can use.
        """
        library = cublaslt.load()
        if library is None:
            warnings.warn(cublaslt.MISSING, RuntimeWarning, stacklevel=2)
            return None
        with self._cupy.cuda.Device(self._index):
            started = cublaslt.CublasLt(library)
        workspace = 32 << 20 if int(self.arch[3:]) >= 90 else 4 << 20  # bytes, as the library's own are
        return Gemm(started, lambda: self._stream().ptr, self._cupy.cuda.alloc, workspace)

    def compile(self, source: str, options: tuple[str, ...], name: str) -> LoadedModule:
        """The compiled source, loaded onto the GPU."""
        code = compiler.machine_code(source, options, self.arch, name)
        with self._cupy.cuda.Device(self._index):
            module = self._cupy.cuda.function.Module()
            module.load(code)
        return LoadedModule(module)

    def start(
        self, function: Any, gx: int, gy: int, gz: int, bx: int, by: int, bz: int, shared: int, params: int
    ) -> None:
        """Starts a kernel on the current stream."""
        self._launch(function.ptr, gx, gy, gz, bx, by, bz, shared, self._stream().ptr, params, 0)

    def clock(self, run: Callable[[], Any]) -> float | None:
        """Milliseconds that the work takes which ``run`` starts on the current stream; waits for it.

        None while the stream is captured into a graph: then nothing runs.
        """
        stream, cuda = self._stream(), self._cupy.cuda
        if stream.is_capturing():
            return None
        start, end = cuda.Event(), cuda.Event()
        start.record(stream)
        run()
        end.record(stream)
        end.synchronize()
        return float(cuda.get_elapsed_time(start, end))


class LoadedModule:
    """A cubin on the GPU.

    Args:
        module: CuPy's.
    """

    def __init__(self, module: Any) -> None:
        self._module = module

    def function(self, name: str, shared: int) -> Any:
        """The entry point, with leave to use ``shared`` bytes of dynamic shared memory."""
        function = self._module.get_function(name)
        if shared > _STATIC_LIMIT:
            from cupy_backends.cuda.api import driver

            driver.funcSetAttribute(function.ptr, _DYNAMIC_SHARED, shared)
        return function


class Fault:
    """Four bytes of the host's memory where kernels report bad data; read whenever the host has waited for the device.

    Args:
        memory: pinned memory, which kernels reach at its host address: an object with ``ptr``.
    """

    def __init__(self, memory: Any) -> None:
        self.data = memory  # as an array's: its pointer is passed to kernels
        self._code = ctypes.c_int.from_address(memory.ptr)
        self.clear()

    def clear(self) -> None:
        """Forgets what was reported."""
        self._code.value = 0

    def check(self) -> None:
        """Raises what a kernel has reported since the last check, once.

        Raises:
            IndexError: a position or a class was out of range; which operation it was, the device cannot say.
        """
        if code := self._code.value:
            self.clear()
            raise IndexError(
                f"cuda: {_MESSAGES[code]}, in an operation since the last synchronisation. "
                "Run it on the CPU, or call autograd.cuda.synchronize() after each operation, to see which"
            )
