"""Which backend serves what, and what is said where there is none."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from backends import cuda, registry
from backends.cpu import Cpu
from backends.errors import BackendUnavailable
from backends.reference import Reference

INSTALL = "pip install 'twingrad[cuda12]' or pip install 'twingrad[cuda13]'"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """No backend made yet, and no memory of CuPy."""
    monkeypatch.setattr(registry, "_backends", {})
    monkeypatch.setattr(registry, "_by_type", {})
    monkeypatch.delenv("TWINGRAD_CPU", raising=False)
    cuda._import_cupy.cache_clear()
    yield
    cuda._import_cupy.cache_clear()


def test_the_cpu() -> None:
    cpu = registry.get("cpu")
    assert isinstance(cpu, Cpu)
    assert (cpu.xp, cpu.name, cpu.index) == (np, "cpu", 0)
    assert registry.get("cpu", 0) is cpu


def test_the_cpu_may_be_plain_numpy(monkeypatch) -> None:
    monkeypatch.setenv("TWINGRAD_CPU", "reference")
    assert type(registry.get("cpu")) is Reference
    assert registry.get("cpu").name == "cpu"


def test_the_reference() -> None:
    assert type(registry.get("reference")) is Reference
    assert registry.get("reference").name == "reference"


def test_threads_that_ask_together_get_one() -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: registry.get("cpu"), range(16)))) == 1


def test_unknown_names() -> None:
    with pytest.raises(ValueError, match=re.escape("device: expected one of cpu, cuda, meta, reference, got 'tpu'")):
        registry.get("tpu")


def test_there_is_one_cpu() -> None:
    with pytest.raises(BackendUnavailable, match="cpu: index 1 is out of range, there is one cpu device, index 0"):
        registry.get("cpu", 1)


class Special(np.ndarray):
    """Some subclass."""


ARRAYS = [np.zeros(2), np.zeros(()), np.float32(1), np.int64(1), np.bool_(True), np.zeros(2).view(Special)]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: type(a).__name__)
def test_arrays_and_scalars_of_numpy_belong_to_the_cpu(array) -> None:
    assert registry.of(array) is registry.get("cpu")
    assert registry.of(array) is registry.get("cpu")  # found by type


@pytest.mark.parametrize(
    "value, name", [(1.0, "builtins.float"), ([1.0], "builtins.list"), (None, "builtins.NoneType")]
)
def test_what_is_no_array(value, name) -> None:
    expected = (
        f"backend: expected a numpy or cupy array, got {name}. Make it an array first, for example by numpy.asarray"
    )
    with pytest.raises(TypeError, match=re.escape(expected)):
        registry.of(value)


def test_making_the_cpu_silences_floating_point_warnings() -> None:
    with np.errstate(all="warn"):
        registry.get("cpu")
        assert set(np.geterr().values()) == {"ignore"}
        assert np.isinf(np.float32(1) / np.zeros(1, np.float32)).all()


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, numpy; from backends import registry; registry.of(numpy.zeros(1)); "
        "print({'numba', 'cupy', 'backends.cuda'} & set(sys.modules))"
    )
    root = Path(registry.__file__).parents[1]
    found = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr) == ("set()\n", "")


# -- cuda, on a double of CuPy -----------------------------------------------------------------------------------------


class CUDARuntimeError(RuntimeError):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class FakeArray:
    device = SimpleNamespace(id=1)


def fake_cupy(devices=1, driver=13000, error=None) -> ModuleType:
    """A CuPy on a machine with ``devices`` GPUs; a driver of 0 is none; ``error`` is raised by getDeviceCount."""

    def count() -> int:
        if error is not None:
            raise error
        return devices

    cupy = ModuleType("cupy")
    runtime = SimpleNamespace(
        CUDARuntimeError=CUDARuntimeError,
        driverGetVersion=lambda: driver,
        runtimeGetVersion=lambda: 13020,
        getDeviceCount=count,
    )
    cupy.cuda = SimpleNamespace(runtime=runtime)
    cupy.ndarray = FakeArray
    cupy.ufunc = np.ufunc
    return cupy


class Breaks:
    """An import that fails."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.tries = error, 0

    def find_spec(self, name, path=None, target=None):
        if name == "cupy":
            self.tries += 1
            raise self.error


def chained() -> ImportError:
    """What CuPy raises: a long text, and the reason as its cause."""
    error = ImportError("Failed to import CuPy.\n\nIf you installed CuPy via wheels ...")
    error.__cause__ = ImportError("libcudart.so.13: cannot open shared object file")
    return error


def broken(reason: str) -> str:
    return f"cuda: CuPy is installed but does not import ({reason}). Reinstall it: {INSTALL}"


BROKEN = [
    (chained(), broken("ImportError: libcudart.so.13: cannot open shared object file")),
    (AttributeError("module 'numpy' has no 'x'"), broken("AttributeError: module 'numpy' has no 'x'")),
    (ModuleNotFoundError("No 'fastrlock'", name="fastrlock"), broken("ModuleNotFoundError: No 'fastrlock'")),
    (ModuleNotFoundError("No module named 'cupy'", name="cupy"), f"cuda: CuPy is not installed: {INSTALL}"),
]


@pytest.mark.parametrize("error, sentence", BROKEN, ids=["library", "numpy", "dependency", "absent"])
def test_a_cupy_that_does_not_import(monkeypatch, error, sentence) -> None:
    finder = Breaks(error)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    for _ in range(2):  # the reason is kept: a library that half loaded fails differently the second time
        with pytest.raises(BackendUnavailable) as caught:
            registry.get("cuda")
        assert str(caught.value) == sentence
    assert finder.tries == 1
    assert registry.available() == {"cpu": "ok", "cuda": sentence}


NONE = "cuda: CuPy and the NVIDIA driver are installed, but there is no GPU they can use"
OLD = "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime version"
TOO_NEW = (
    "cuda: CuPy is built for CUDA 13.2, but the driver runs 12.9 at most. "
    "Exchange it: pip uninstall -y cupy-cuda13x, then pip install 'twingrad[cuda12]'"
)
MISSING = [
    (fake_cupy(driver=0), 0, "cuda: CuPy is installed, but there is no NVIDIA driver on this machine"),
    (fake_cupy(devices=0), 0, NONE),
    (fake_cupy(error=CUDARuntimeError(100, "cudaErrorNoDevice: no CUDA-capable device is detected")), 0, NONE),
    (fake_cupy(error=CUDARuntimeError(35, OLD)), 0, f"cuda: CuPy is installed, but the CUDA runtime fails: {OLD}"),
    (fake_cupy(driver=12090), 0, TOO_NEW),
    (fake_cupy(1), 1, "cuda: index 1 is out of range, this machine has 1 GPU, index 0"),
    (fake_cupy(4), 4, "cuda: index 4 is out of range, this machine has 4 GPUs, index 0 to 3"),
    (fake_cupy(4), -1, "cuda: index -1 is out of range, this machine has 4 GPUs, index 0 to 3"),
]


@pytest.mark.parametrize("cupy, index, sentence", MISSING)
def test_a_gpu_that_cannot_be_used(monkeypatch, cupy, index, sentence) -> None:
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    with pytest.raises(BackendUnavailable) as caught:
        registry.get("cuda", index)
    assert str(caught.value) == sentence
    if index == 0:
        assert registry.available()["cuda"] == sentence


def test_a_gpu(monkeypatch) -> None:
    cupy = fake_cupy(2)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    monkeypatch.setattr(cuda, "Runtime", lambda cupy, index: SimpleNamespace(validate=None, multiprocessors=1))
    monkeypatch.setattr(cuda, "pool_of", lambda cupy: None)
    monkeypatch.setattr(cuda.install, "missing_parts", lambda cupy: "")
    gpu = registry.get("cuda", 1)
    assert isinstance(gpu, cuda.Cuda)
    assert (gpu.xp.ndarray, gpu.name, gpu.index) == (FakeArray, "cuda", 1)
    assert registry.of(FakeArray()) is gpu
    assert registry.get("cuda", 0) is not gpu
    assert registry.available() == {"cpu": "ok", "cuda": "ok"}


def test_a_gpu_without_a_compiler(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(1))
    monkeypatch.setattr(cuda.install, "missing_parts", lambda cupy: "cuda: no compiler")
    with pytest.raises(BackendUnavailable, match="cuda: no compiler"):
        registry.get("cuda")


def test_a_gpus_own_methods(request) -> None:
    gpu = request.getfixturevalue("cuda")
    for data in ([1, 2], np.array([1, 2]), gpu.xp.asarray([1, 2])):
        a = gpu.asarray(data, "float32")
        assert isinstance(a, gpu.xp.ndarray) and a.dtype == "float32"
        assert gpu.to_numpy(a).tolist() == [1.0, 2.0]
    gpu.synchronize()
    assert type(gpu.scalar(2, "float16")) is np.float16
    assert gpu.to_numpy(np.float32(3)) == 3
