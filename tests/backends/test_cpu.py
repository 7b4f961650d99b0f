"""The CPU's kernels against the reference: every sample, on one thread and on all, in every layout."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import backends
from backends.cpu import Cpu, runtime
from backends.geometry import Conv, Pool
from tests.backends.sample import LAYOUTS, Sample, agree
from tests.backends.samples import SAMPLES

CPU = Cpu(np, "cpu")
ROOT = Path(backends.__file__).parents[1]
FAMILIES = [path.stem for path in sorted((ROOT / "backends" / "cpu").glob("[a-z]*.py"))]
BY_KERNEL: dict[str, list[Sample]] = defaultdict(list)
for _sample in SAMPLES:
    BY_KERNEL[_sample.kernel].append(_sample)
kernels = pytest.mark.parametrize("kernel", BY_KERNEL)


@pytest.fixture(params=["one", "all"])
def threads(request, monkeypatch) -> str:
    """Every array, however small, goes to the compiled kernels, on one thread or on all."""
    monkeypatch.setattr(runtime, "_parallel_from", 0 if request.param == "all" else sys.maxsize)
    for family in FAMILIES:
        module = import_module(f"backends.cpu.{family}")
        if hasattr(module, "_FUSE_FROM"):
            monkeypatch.setattr(module, "_FUSE_FROM", 1)
    return request.param


@kernels
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_as_the_reference(kernel, dtype) -> None:
    for sample in BY_KERNEL[kernel]:
        agree(CPU, sample, dtype)


@kernels
def test_compiled_as_the_reference(kernel, threads) -> None:
    for sample in BY_KERNEL[kernel]:
        agree(CPU, sample, "float32")


@kernels
def test_strides_do_not_matter(kernel) -> None:
    for layout in LAYOUTS:
        for sample in BY_KERNEL[kernel]:
            agree(CPU, sample, "float32", layout)
