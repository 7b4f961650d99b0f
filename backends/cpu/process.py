"""What is changed in the process when the first kernel is compiled; README.md has the reasons and the numbers.

The environment variable TWINGRAD_TUNE=0 leaves everything as it is; OPENBLAS_NUM_THREADS and MALLOC_* settings of the
user's own are respected as well.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import numpy as np

_SETTERS = (  # of the number of threads, as builds of OpenBLAS name it
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
)
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # names of glibc's malloc.h
_KEPT = 1 << 30  # bytes of freed memory that are kept for the next array
LARGEST_KEPT = 1 << 25  # bytes; larger arrays still come from and return to the system. More is not accepted


def tune() -> None:
    """Holds OpenBLAS to one thread, and lets malloc keep what is freed.

    Example:
        >>> tune()  # once more does no harm
    """
    if os.environ.get("TWINGRAD_TUNE") == "0":
        return
    if not {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"} & os.environ.keys():
        _one_blas_thread()
    if sys.platform == "linux" and not any(name.startswith("MALLOC_") for name in os.environ):
        _keep_memory()


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
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc has it, musl has not
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(_TRIM_THRESHOLD, _KEPT)
