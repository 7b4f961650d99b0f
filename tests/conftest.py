"""What every test gets: few threads, a seed, and PyTorch as the oracle where it is installed."""

from __future__ import annotations

import gc
import os

# Before NumPy loads: workers of pytest-xdist share the cores, while two threads still split a loop.
os.environ.update(
    {
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "NUMBA_NUM_THREADS": "2",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    | dict(os.environ)
)

import random
import signal
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from backends.precision import settings

try:
    import hypothesis
except ModuleNotFoundError:  # its tests skip themselves
    pass
else:
    hypothesis.settings.register_profile("twingrad", derandomize=True, deadline=None, max_examples=50, database=None)
    hypothesis.settings.load_profile("twingrad")

try:
    from autograd import manual_seed
except ImportError:  # the tests of backends need no autograd
    manual_seed = None


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells start what runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


# The order in which pytest-xdist gives files out: first what fills the caches of compiled kernels, before other files want
# the same ones at the same time; last what ends evenly.
ORDER = ("test_cpu.py", "test_cuda_compile.py", "test_ops.py", "", "test_notebooks.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files in ``ORDER``; "" are all others."""
    items.sort(key=lambda item: ORDER.index(item.path.name if item.path.name in ORDER else ""))


def pytest_collection_finish() -> None:
    """No collection of garbage looks at the thousands of tests again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests stay in one worker, so that each kernel is compiled by one only; notebooks are given out singly."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return nodeid if file.endswith(ORDER[-1]) else file

    return Scheduling(config, log)


@pytest.fixture(autouse=True)
def seed() -> None:
    """The same random numbers in every test, alone or in company."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  libraries draw from it
    if manual_seed is not None:
        manual_seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.manual_seed(0)  # not of devices that are not there, which it notes down


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--device", choices=["cpu", "cuda"], default="cpu", help="where tensors are made that name no device"
    )


def pytest_report_header(config: pytest.Config) -> str:
    from tests import devices

    return f"device: {config.getoption('device')}; cuda is {devices.name()}"


@pytest.fixture
def switches() -> Iterator[None]:
    """Puts the switches of ``backends.precision`` back."""
    before = asdict(settings)
    yield
    for name, value in before.items():
        setattr(settings, name, value)


@pytest.fixture(autouse=True)
def default_device(request: pytest.FixtureRequest, switches: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With ``--device cuda`` new tensors are the GPU's, and tests may read them as NumPy arrays all the same."""
    if request.config.getoption("device") == "cpu":
        yield
        return
    if marker := request.node.get_closest_marker("cpu_only"):
        pytest.skip(marker.args[0])
    import autograd
    from autograd.tensor import Tensor
    from tests import devices

    numpy, array = Tensor.numpy, Tensor.__array__
    with devices.installed() as backend:
        backend.device.fault.clear()
        autograd.set_default_device("cuda")
        monkeypatch.setattr(Tensor, "numpy", lambda self, **options: numpy(self.cpu(), **options))
        monkeypatch.setattr(Tensor, "__array__", lambda self, *a, **options: array(self.cpu(), *a, **options))
        yield
        autograd.set_default_device("cpu")


@pytest.fixture
def cuda() -> Iterator[Any]:
    """The backend of "cuda": the card where there is one, else CuPy's double and the emulator of CUDA."""
    from tests import devices

    with devices.installed() as backend:
        yield backend


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch on one thread; the test is skipped where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle: ModuleType = pytest.importorskip("torch")
    oracle.set_num_threads(1)
    return oracle
