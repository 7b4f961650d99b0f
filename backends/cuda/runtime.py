"""The GPU, through CuPy and the driver: loading machine code, starting kernels, what the card is."""

from __future__ import annotations

import ctypes
import warnings
from collections.abc import Callable
from functools import cached_property
from threading import local
from typing import Any

from backends.cuda import compiler, cublaslt
from backends.cuda.gemm import Gemm

_STATIC_SHARED, _DYNAMIC_SHARED = 1, 8  # CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, ..._MAX_DYNAMIC_SHARED_SIZE_BYTES
_UNASKED = 48 << 10  # bytes of shared memory, static and dynamic, that need no leave

_MESSAGES = {1: "a position is out of bounds", 2: "a class in target is out of range"}  # common.cuh: FAULT_*


class _Thread(local):
    """What is true of the calling thread; every thread begins with the values below."""

    bound = False  # the GPU's context is current, without which the driver's functions fail


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

        self._driver, self._launch = driver, driver.launchKernel
        self._stream = cupy.cuda.get_current_stream
        facts = cupy.cuda.runtime.getDeviceProperties(index)
        self.name = facts["name"].decode()
        self.arch = f"sm_{facts['major']}{facts['minor']}"
        self.multiprocessors = int(facts["multiProcessorCount"])
        self.shared_memory = int(facts["sharedMemPerBlockOptin"])
        self.fault = Fault(cupy.cuda.alloc_pinned_memory(4))
        self._thread = _Thread()

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
        return LoadedModule(module, self)

    def function(self, module: Any, name: str, shared: int) -> Any:
        """An entry point of a module on this GPU, with leave to use ``shared`` bytes of dynamic shared memory."""
        self._bind()
        function = module.get_function(name)
        static = self._driver.funcGetAttribute(_STATIC_SHARED, function.ptr) if shared else 0
        if static + shared > _UNASKED:  # all there is: leave for less would end that for more, asked for before
            self._driver.funcSetAttribute(function.ptr, _DYNAMIC_SHARED, self.shared_memory - static)
        return function

    def start(
        self, function: Any, gx: int, gy: int, gz: int, bx: int, by: int, bz: int, shared: int, params: int
    ) -> None:
        """Starts a kernel on the current stream."""
        if not self._thread.bound:
            self._bind()
        self._launch(function.ptr, gx, gy, gz, bx, by, bz, shared, self._stream().ptr, params, 0)

    def _bind(self) -> None:
        """Makes the GPU's context the calling thread's: the driver does not, but the CUDA runtime's functions do."""
        with self._cupy.cuda.Device(self._index):
            self._cupy.cuda.runtime.memGetInfo()
        self._thread.bound = True

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
        runtime: the GPU.
    """

    def __init__(self, module: Any, runtime: Runtime) -> None:
        self._module, self._runtime = module, runtime

    def function(self, name: str, shared: int) -> Any:
        """The entry point, with leave to use ``shared`` bytes of dynamic shared memory."""
        return self._runtime.function(self._module, name, shared)


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
