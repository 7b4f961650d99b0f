"""Where NVIDIA's shared libraries may lie."""

from __future__ import annotations

import glob
import os
import sys


def candidates(library: str, wheel: str) -> list[str]:
    """Paths to try, in this order: a toolkit that the user names, NVIDIA's wheels, the system.

    Args:
        library: its name without "lib" and without an ending.
        wheel: the folder of its wheel for CUDA 12, below ``nvidia/`` (for CUDA 13 all wheels share one).

    Returns:
        Paths of files that exist, then bare names, which the system looks up.

    Example:
        >>> candidates("nvrtc", "cuda_nvrtc")[-1]
        'libnvrtc.so'
    """
    folders = [f"{root}/lib64" for variable in ("CUDA_PATH", "CUDA_HOME") if (root := os.environ.get(variable))]
    for base in sys.path:
        folders += [f"{base}/nvidia/{name}/lib" for name in ("cu13", wheel)]
    folders.append("/usr/local/cuda/lib64")
    found = [path for folder in folders for path in sorted(glob.glob(f"{folder}/lib{library}.so*"), reverse=True)]
    return [*found, *(f"lib{library}.so{version}" for version in (".13", ".12", ""))]
