"""A double of CuPy for machines without a GPU; see README.md.

``double`` is the module; ``install()`` puts it in the place of ``cupy``, ``uninstall()`` restores what was there.
"""

from __future__ import annotations

import sys
import types

from tests.cupy_double import memory, modules
from tests.cupy_double.array import DOUBLE
from tests.cupy_double.log import HostSynchronized as HostSynchronized
from tests.cupy_double.log import forbid_sync as forbid_sync
from tests.cupy_double.log import recording as recording
from tests.cupy_double.memory import check as check
from tests.emulator import memory as emulated

memory.watch(emulated.register, emulated.unregister)  # the emulator must know which addresses kernels may touch
double: types.ModuleType = modules.build()["cupy"]
_replaced: dict[str, types.ModuleType] | None = None


def install() -> types.ModuleType:
    """Makes ``import cupy`` find the double, also where the real one is imported but has no GPU.

    Returns:
        The double's module ``cupy``.

    Raises:
        RuntimeError: if the real CuPy is imported and has a GPU.
    """
    global _replaced
    if is_installed():
        return double
    real = sys.modules.get("cupy")
    if real is not None and real.is_available():
        raise RuntimeError("the real CuPy is imported and has a GPU: use it")
    _replaced = {name: sys.modules.pop(name) for name in _imported()}
    sys.modules.update(DOUBLE)
    return double


def uninstall() -> None:
    """Restores the modules that ``install`` replaced."""
    global _replaced
    if _replaced is None:
        return
    for name in _imported():
        del sys.modules[name]
    sys.modules.update(_replaced)
    _replaced = None


def _imported() -> list[str]:
    """Names of the modules of CuPy that are imported now."""
    names = [name for name in sys.modules if name.startswith("cupy")]
    return [name for name in names if name.split(".")[0] in ("cupy", "cupyx")]


def is_installed() -> bool:
    """Whether ``import cupy`` finds the double."""
    return _replaced is not None
