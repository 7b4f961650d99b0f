"""Training on a fixed number of threads gives the same bits in every run; on another number, the same up to rounding."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import backends
from tests.backends.thread_models import MODELS

ROOT = Path(backends.__file__).parents[1]
# Of an array's largest element, and of the model's largest gradient: some gradients are 0 but for rounding, as those of a
# bias that softmax and of a scale that normalization cancels.
TOLERANCE, OF_ALL = 1e-4, 1e-6
WIDE = {  # families of kernels that must have run on all threads
    "mlp": {"matmul", "optimizer"},
    "conv net": {"conv", "normalization", "pooling"},
    "depthwise": {"conv", "normalization"},
    "lstm": {"recurrent_layer"},
    "gru": {"recurrent_layer"},
    "transformer": {"matmul", "normalization"},
}
models = pytest.mark.parametrize("model", MODELS)
Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Arrays]:
    """What each process found, by its number of threads."""
    folder, found = tmp_path_factory.mktemp("threads"), {}
    for name in ("1", "2", "2 again", "3"):
        path = folder / f"{name}.npz"
        command = [sys.executable, "-m", "tests.backends.thread_models", str(path)]
        threads = {"NUMBA_NUM_THREADS": name[0], "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=ROOT, env=os.environ | threads, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        with np.load(path) as arrays:
            found[name] = dict(arrays)
    return found


def of(run: Arrays, model: str) -> Arrays:
    """The arrays of one model."""
    return {name: a for name, a in run.items() if name.startswith(f"{model}/") and not name.endswith("/wide")}


@models
def test_kernels_run_on_all_threads(model: str, runs: dict[str, Arrays]) -> None:
    assert not runs["1"][f"{model}/wide"].size
    for name in ("2", "3"):
        assert set(runs[name][f"{model}/wide"]) >= WIDE[model]


@models
def test_same_bits_in_every_run(model: str, runs: dict[str, Arrays]) -> None:
    first, again = of(runs["2"], model), of(runs["2 again"], model)
    assert len(first) > 4 and first.keys() == again.keys()
    assert [name for name, a in first.items() if a.tobytes() != again[name].tobytes()] == []


@models
@pytest.mark.parametrize("threads", ["2", "3"])
def test_same_numbers_on_any_number_of_threads(threads: str, model: str, runs: dict[str, Arrays]) -> None:
    one, many = of(runs["1"], model), of(runs[threads], model)
    largest = max(float(abs(a).max()) for name, a in one.items() if not name.endswith("/losses"))
    for name, a in one.items():
        assert np.isfinite(a).all(), name
        np.testing.assert_allclose(
            many[name],
            a,
            rtol=0,
            atol=TOLERANCE * abs(a).max() + OF_ALL * largest,
            err_msg=f"{name}, {threads} threads",
        )
