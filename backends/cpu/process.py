"""What is changed in the process when the first kernel is compiled; README.md has the reasons and the numbers.

The environment variable TWINGRAD_TUNE=0 leaves everything as it is; OPENBLAS_NUM_THREADS and MALLOC_* settings of the
user's own are respected as well.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from pathlib import Path

import numpy as np

_SETTERS = (  # of the number of threads, as builds of OpenBLAS name it
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
)
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # names of glibc's malloc.h
_KEPT = (1 << 31) - 1  # bytes of freed memory that are kept for the next array: all that an int can say
_RESERVED, _STEP = 1 << 30, 1 << 26  # bytes by which the heap grows, the first time and later
_HUGE_PAGE, _MADV_HUGEPAGE = 1 << 21, 14  # bytes; name of Linux's mman.h
LARGEST_KEPT = 1 << 25  # bytes; larger arrays still come from and return to the system. More is not accepted


def tune() -> None:
    """Lets Numba use whole vectors, holds OpenBLAS to one thread, and lets malloc keep what is freed.

    Example:
        >>> tune()  # once more does no harm
    """
    if os.environ.get("TWINGRAD_TUNE") == "0":
        return
    _whole_vectors()
    if not {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"} & os.environ.keys():
        _one_blas_thread()
    if sys.platform == "linux" and not any(name.startswith("MALLOC_") for name in os.environ):
        _keep_memory()


def _whole_vectors() -> None:
    """LLVM makes loops of half vectors where whole ones would lower the clock. The products' whole ones have done so
    already; with them, loops full of arithmetic, as of exp and tanh, take two thirds of the time."""
    import numba  # here, since results need this module, and no numba
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    if features.get("avx512f") and not numba.config.CPU_FEATURES:
        numba.config.CPU_FEATURES = features.flatten() + ",-prefer-256-bit"


def _one_blas_thread() -> None:
    """Two pools of threads, OpenBLAS's and ours, wait for work by spinning, each on the other's cores."""
    for path in Path(np.__file__).parent.parent.glob("numpy.libs/*openblas*"):
        library = ctypes.CDLL(str(path))  # already loaded by NumPy: this only finds it
        for name in _SETTERS:
            if hasattr(library, name):
                getattr(library, name)(1)


def _keep_memory() -> None:
    """The pages of a large array go back to the system when it is freed, and the next one's are zeroed at first touch,
    which takes longer than most kernels."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):  # glibc has it, musl has not
        return
    libc.mallopt(_MMAP_THRESHOLD, LARGEST_KEPT)
    libc.mallopt(_TRIM_THRESHOLD, _KEPT)
    if "[madvise]" in _read("/sys/kernel/mm/transparent_hugepage/enabled"):
        _ask_for_huge_pages(libc)


def _ask_for_huge_pages(libc: ctypes.CDLL) -> None:
    """A product reads more pages of 4 KB than a core knows the places of. NumPy asks for pages of 2 MB for arrays of 4 MB
    and more; here the heap, where the others lie, grows by a stretch of addresses at once, and asks for all of it."""
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    libc.mallopt(_TOP_PAD, _RESERVED)
    libc.free(libc.malloc(LARGEST_KEPT - _HUGE_PAGE))  # more than is free, less than would come from elsewhere
    libc.mallopt(_TOP_PAD, _STEP)
    heap = re.search(r"^(\w+)-(\w+) .*\[heap\]$", _read("/proc/self/maps"), re.MULTILINE)
    if heap is not None:
        first, last = -(-int(heap[1], 16) // _HUGE_PAGE) * _HUGE_PAGE, int(heap[2], 16)
        libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(max(0, last - first)), _MADV_HUGEPAGE)


def _read(file: str) -> str:
    """What a file of the system says; nothing where there is none."""
    try:
        return Path(file).read_text()
    except OSError:
        return ""
