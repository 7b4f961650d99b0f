"""What this machine has: versions, devices, threads, and what CUDA would need."""

from __future__ import annotations

import importlib.metadata
import os
import platform

from backends import registry

PACKAGES = ("numpy", "numba", "safetensors", "tqdm", "scikit-learn", "pillow", "matplotlib", "torch")
CUPY = ("cupy-cuda13x", "cupy-cuda12x", "cupy")


def version(package: str) -> str | None:
    """The installed version of a distribution, None if it is not there."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def processor() -> str:
    """The processor's name."""
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def info() -> str:
    """The report that ``python -m autograd info`` prints.

    Returns:
        Lines of text.

    Example:
        >>> "numpy" in info()
        True
    """
    threads = {
        n: os.environ[n] for n in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS") if n in os.environ
    }
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    rows = [
        ("twingrad", version("twingrad") or "from the source tree"),
        ("Python", f"{platform.python_version()} on {platform.platform()}"),
        ("processor", f"{processor()}, {cores} cores usable"),
        ("threads", ", ".join(f"{k}={v}" for k, v in threads.items()) or f"{cores} (no variable limits them)"),
    ]
    rows += [(p, version(p) or "not installed") for p in PACKAGES]
    rows += [("cupy", next((f"{v} ({p})" for p in CUPY if (v := version(p))), "not installed"))]
    rows += [(f"device {name}", state) for name, state in registry.available().items()]
    return "\n".join(f"{name:<14}{value}" for name, value in rows)
