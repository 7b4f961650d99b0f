"""The lists of kernels agree: protocol, reference, cpu, cuda, samples."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from types import FunctionType

import numpy as np
import pytest

import backends
from backends.protocol import Backend
from backends.reference import Reference
from tests.backends.sample import REFERENCE
from tests.backends.samples import SAMPLES

FOLDER = Path(backends.__file__).parent
FAMILIES = sorted(path.stem for path in (FOLDER / "reference").glob("[a-z]*.py"))
ARRAY_METHODS = {"asarray", "upload", "scalar", "broadcast_to", "reshape", "rows", "to_numpy", "synchronize"}
KERNELS = {
    name: f
    for name, f in vars(Backend).items()
    if isinstance(f, FunctionType) and not name.startswith("_") and name not in ARRAY_METHODS
}


def functions(backend: str, family: str) -> dict[str, FunctionType]:
    """Public functions that a family's file defines."""
    module = importlib.import_module(f"backends.{backend}.{family}")
    own = inspect.getmembers(module, lambda f: inspect.isfunction(f) and f.__module__ == module.__name__)
    return {name: f for name, f in own if not name.startswith("_")}


def parameters(f) -> list[tuple[str, object, object]]:
    """Names, kinds and defaults of all parameters after the backend itself."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(f).parameters.values()][1:]


def test_the_reference_is_the_protocol_family_by_family() -> None:
    defined = {name: f for family in FAMILIES for name, f in functions("reference", family).items()}
    assert defined.keys() == KERNELS.keys()


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_the_reference_answers(name) -> None:
    assert parameters(getattr(Reference, name)) == parameters(KERNELS[name])
    assert (
        inspect.signature(getattr(Reference, name)).return_annotation
        == inspect.signature(KERNELS[name]).return_annotation
    )


@pytest.mark.parametrize("name", sorted(ARRAY_METHODS))
def test_the_reference_has_the_array_methods(name) -> None:
    assert parameters(getattr(Reference, name)) == parameters(getattr(Backend, name))


FILES = [
    (folder, path.stem)
    for folder in ("cpu", "cuda")
    for path in sorted((FOLDER / folder).glob("[a-z]*.py"))
    if path.stem in FAMILIES
]


@pytest.mark.parametrize("folder, family", FILES)
def test_a_family_is_the_same_in_every_backend(folder, family) -> None:
    reference, fast = functions("reference", family), functions(folder, family)
    assert fast, f"backends/{folder}/{family}.py defines no kernel"
    for name, f in fast.items():
        assert name in reference, f"backends/{folder}/{family}.py: {name} is not in backends/reference/{family}.py"
        assert parameters(f) == parameters(reference[name]), name


@pytest.mark.parametrize("folder, name", [("cpu", "Cpu"), ("cuda", "Cuda")])
def test_what_a_family_defines_is_bound(folder, name) -> None:
    cls = getattr(importlib.import_module(f"backends.{folder}"), name)
    for where, family in FILES:
        if where == folder:
            for kernel, f in functions(folder, family).items():
                assert getattr(cls, kernel) is f, f"{name} does not bind {kernel}"


def test_every_kernel_has_samples() -> None:
    assert {sample.kernel for sample in SAMPLES} == set(KERNELS)
    assert len({sample.id for sample in SAMPLES}) == len(SAMPLES)


def test_a_scalar_is_an_array_of_its_dtype() -> None:
    two = REFERENCE.scalar(2, "float16")
    assert (type(two), two.shape, two.dtype) == (np.ndarray, (), np.float16)
    assert (np.ones(2, "float16") * two).dtype == np.float16


def test_numpy_arrays_stay_what_they_are() -> None:
    a = np.zeros(3)
    assert REFERENCE.asarray(a) is a
    assert REFERENCE.to_numpy(a) is a
    assert REFERENCE.asarray([1, 2], "float32").dtype == np.float32
    REFERENCE.synchronize()
