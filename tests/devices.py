"""The GPU that tests run on: the card where there is one, else CuPy's double with the emulator of CUDA."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType

import pytest

import autograd
from backends import registry
from backends.cuda import Cuda, _import_cupy
from backends.precision import settings


@cache
def real_cupy() -> ModuleType | None:
    """CuPy where it has a GPU."""
    try:
        import cupy
    except ImportError:
        return None
    return cupy if cupy.is_available() else None


@cache
def backend(mode: str = "fast") -> Cuda:
    """The backend under test; without a card in one of the emulator's modes."""
    if real_cupy() is not None:
        return registry.get("cuda")  # the one that device="cuda" is, with its faults and its kernels
    from tests.backends import fake_cublaslt
    from tests.backends.cuda_variants import KnownOnly
    from tests.cupy_double import double

    emulator = KnownOnly(mode)
    emulator.blas = fake_cublaslt.gemm(double)
    return Cuda(double, emulator)


@contextmanager
def installed(mode: str = "fast") -> Iterator[Cuda]:
    """Within, ``device="cuda"`` is ``backend(mode)``, and ``import cupy`` gives the module it runs on.

    Convolutions of float32 are not rounded to TF32, so that results can be compared with other devices'.
    """
    be, tf32 = backend(mode), settings.conv_tf32
    settings.conv_tf32 = False
    try:
        with _in_place(be):
            yield be
    finally:
        settings.conv_tf32 = tf32


@contextmanager
def _in_place(be: Cuda) -> Iterator[None]:
    """Within, an emulated backend stands where CuPy and the backend of the card would."""
    if real_cupy() is not None:
        yield
        return
    from tests import cupy_double

    before = dict(registry._backends)
    cupy_double.install()
    registry.register(be)
    try:
        yield
    finally:
        registry._backends.clear()
        registry._backends.update(before)
        cupy_double.uninstall()
        _import_cupy.cache_clear()  # what was imported within


@contextmanager
def raises_in_time(kind: type[Exception], match: str) -> Iterator[None]:
    """As ``pytest.raises``, of an error in positions: a GPU reports it without details, when it is next waited for."""
    if autograd.get_default_device().type == "cpu":
        with pytest.raises(kind, match=match):
            yield
        return
    with pytest.raises(IndexError, match=r"^cuda: a (position|class)"), _waited_for():
        yield


@contextmanager
def _waited_for() -> Iterator[None]:
    yield
    autograd.cuda.synchronize()


def name() -> str:
    """What "cuda" is in this run."""
    if (cupy := real_cupy()) is None:
        return "emulated (no GPU here)"
    return str(cupy.cuda.runtime.getDeviceProperties(0)["name"].decode())
