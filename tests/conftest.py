"""What every test gets: few threads, a seed, and PyTorch as the oracle where it is installed."""

from __future__ import annotations

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
import sys
import warnings
from types import ModuleType

import numpy as np
import pytest

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


@pytest.fixture(autouse=True)
def seed() -> None:
    """The same random numbers in every test, alone or in company."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  libraries draw from it
    if manual_seed is not None:
        manual_seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch on one thread; the test is skipped where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle: ModuleType = pytest.importorskip("torch")
    oracle.set_num_threads(1)
    return oracle
