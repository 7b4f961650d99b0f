"""NVIDIA's runtime compiler, by ctypes: CUDA C++ in, machine code out. It needs neither a GPU nor a driver."""

from __future__ import annotations

import ctypes
import glob
from functools import cache
from pathlib import Path
from typing import Any

from backends.cuda.libraries import candidates
from backends.errors import BackendUnavailable

MISSING = (
    "cuda: NVRTC, the compiler of CUDA kernels, was not found. It comes with pip install 'twingrad[cuda12]' or "
    "'twingrad[cuda13]'; with a CUDA toolkit of your own, set CUDA_PATH to its folder"
)


class CompileError(RuntimeError):
    """A kernel's source does not compile; the text is the compiler's."""


class Nvrtc:
    """The library, loaded.

    Args:
        path: the shared library.

    Raises:
        OSError: it is not there, or is no library.
    """

    def __init__(self, path: str) -> None:
        for builtins in sorted(glob.glob(str(Path(path).parent / "libnvrtc-builtins.so*"))):
            ctypes.CDLL(builtins, ctypes.RTLD_GLOBAL)  # NVRTC opens it by its bare name
        self._lib = ctypes.CDLL(path)

    @property
    def version(self) -> tuple[int, int]:
        """Major and minor, those of the CUDA toolkit it belongs to."""
        major, minor = ctypes.c_int(), ctypes.c_int()
        self._call("nvrtcVersion", ctypes.byref(major), ctypes.byref(minor))
        return major.value, minor.value

    @property
    def architectures(self) -> list[int]:
        """Compute capabilities that it compiles for, as 75 or 90."""
        count = ctypes.c_int()
        self._call("nvrtcGetNumSupportedArchs", ctypes.byref(count))
        numbers = (ctypes.c_int * count.value)()
        self._call("nvrtcGetSupportedArchs", numbers)
        return list(numbers)

    def compile(self, source: str, options: tuple[str, ...], name: str) -> tuple[bytes, str]:
        """Machine code of a source.

        Args:
            source: CUDA C++, complete.
            options: of NVRTC, ``-arch=sm_90`` among them.
            name: the file's name in messages.

        Returns:
            The cubin, and the log (what ``--ptxas-options=-v`` says of registers, for one).

        Raises:
            CompileError: with the compiler's log.
        """
        program = ctypes.c_void_p()
        self._call(
            "nvrtcCreateProgram", ctypes.byref(program), source.encode(), name.encode(), ctypes.c_int(0), None, None
        )
        try:
            flags = (ctypes.c_char_p * len(options))(*[option.encode() for option in options])
            status = self._lib.nvrtcCompileProgram(program, len(options), flags)
            log = self._bytes(program, "nvrtcGetProgramLog").rstrip(b"\0").decode(errors="replace")
            if status:
                raise CompileError(f"cuda: {name} does not compile with {' '.join(options)}:\n{log}")
            return self._bytes(program, "nvrtcGetCUBIN"), log
        finally:
            self._lib.nvrtcDestroyProgram(ctypes.byref(program))

    def _bytes(self, program: ctypes.c_void_p, getter: str) -> bytes:
        """The result that ``getter`` copies out; its size is told by the function of that name with "Size"."""
        size = ctypes.c_size_t()
        self._call(f"{getter}Size", program, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        self._call(getter, program, buffer)
        return buffer.raw

    def _call(self, name: str, *arguments: Any) -> None:
        status = getattr(self._lib, name)(*arguments)
        if status:
            raise CompileError(f"cuda: {name} failed with NVRTC error {status}")


@cache
def load() -> Nvrtc:
    """The NVRTC of this machine.

    Raises:
        BackendUnavailable: there is none; the message says where it comes from.
    """
    for path in _candidates():
        try:
            return Nvrtc(path)
        except OSError:
            continue
    raise BackendUnavailable(MISSING)


def _candidates() -> list[str]:
    """Where the library may be."""
    return candidates("nvrtc", "cuda_nvrtc")
