"""What is wrong with an installation of CuPy, in sentences that say how to repair it.

There is one distribution of CuPy for each major version of CUDA, all with the import name ``cupy``. A driver runs programs
of its own major version and of older ones; two distributions in one environment overwrite each other's files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata
from typing import Any

_FLAVOUR = re.compile(r"cupy-cuda(\d+)x$")
_OLDEST, _NEWEST = 12, 13  # major versions of CUDA with an extra of ours


def flavours(names: Iterable[str] | None = None) -> list[str]:
    """The distributions of CuPy that are installed.

    Args:
        names: of all distributions; default: those of this environment.

    Returns:
        Such as ["cupy-cuda13x"], sorted.

    Example:
        >>> flavours(["numpy", "cupy-cuda13x", "cupy_cuda12x"])
        ['cupy-cuda12x', 'cupy-cuda13x']
    """
    if names is None:
        names = [d.metadata["Name"] for d in metadata.distributions() if d.metadata["Name"]]
    normal = {re.sub(r"[-_.]+", "-", name).lower() for name in names}
    return sorted(name for name in normal if name == "cupy" or _FLAVOUR.match(name))


def two_flavours(installed: list[str]) -> str:
    """The sentence for several distributions of CuPy in one environment.

    Args:
        installed: what ``flavours`` found.

    Returns:
        The sentence, or "" where there is at most one.

    Example:
        >>> two_flavours(["cupy-cuda13x"])
        ''
    """
    if len(installed) < 2:
        return ""
    names = " and ".join(installed)
    return (
        f"cuda: {names} are installed over each other. Remove all of them and install one: "
        f"pip uninstall -y {' '.join(installed)}, then {_extra(None)}"
    )


def wrong_flavour(runtime: int, driver: int) -> str:
    """The sentence for a CuPy that was built for a newer CUDA than the driver can run.

    Args:
        runtime: CUDA's version that CuPy was built for, 1000 * major + 10 * minor, as ``runtimeGetVersion`` gives it.
        driver: the newest that the driver runs, as ``driverGetVersion`` gives it.

    Returns:
        The sentence, or "" where they go together.

    Example:
        >>> wrong_flavour(13020, 13000), wrong_flavour(12090, 13020)
        ('', '')
    """
    if not driver or runtime // 1000 <= driver // 1000:
        return ""
    fits, state = (
        driver // 1000,
        f"CuPy is built for CUDA {_version(runtime)}, but the driver runs {_version(driver)} at most",
    )
    if fits < _OLDEST:
        return f"cuda: {state}. Update the driver to one for CUDA {_OLDEST} or newer"
    return f"cuda: {state}. Exchange it: pip uninstall -y cupy-cuda{runtime // 1000}x, then {_extra(fits)}"


def missing_parts(cupy: Any) -> str:
    """The sentence for a CuPy without what compiles its kernels: NVRTC, and the headers that its sources include.

    The wheels of CuPy hold neither; they come with the extra ``[ctk]``, which ours ask for.

    Args:
        cupy: the module.

    Returns:
        The sentence, or "" where both are found.
    """
    major = int(cupy.cuda.runtime.runtimeGetVersion()) // 1000
    try:
        cupy.cuda.nvrtc.getVersion()
    except Exception as error:  # whatever the loader says: a library that is not there has no error of its own
        return _incomplete("NVRTC, which compiles kernels", error, major)
    if cupy.cuda.get_cuda_path() is None and not _has_headers(major):
        return _incomplete("CUDA's headers, which CuPy's kernels include", None, major)
    return ""


def _has_headers(major: int) -> bool:
    """Whether the wheel with the headers is installed."""
    for name in ("nvidia-cuda-runtime", f"nvidia-cuda-runtime-cu{major}"):
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
        return True
    return False


def _incomplete(part: str, error: Exception | None, major: int) -> str:
    reason = "" if error is None else f" ({type(error).__name__}: {error})"
    return f"cuda: CuPy is installed without {part}{reason}. Install it: {_extra(major)}"


def _extra(major: int | None) -> str:
    """The command that installs CuPy with its parts, for one major version of CUDA or for the user's choice."""
    if major is None:
        return f"pip install 'twingrad[cuda{_OLDEST}]' or pip install 'twingrad[cuda{_NEWEST}]'"
    return f"pip install 'twingrad[cuda{min(major, _NEWEST)}]'"


def _version(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"
