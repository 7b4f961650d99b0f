"""Every recorded operation: value, gradients of both orders, layouts, method and in-place forms, and its errors.

``pytest tests/ops -k mul`` runs one operation. PyTorch is the oracle for values, dtypes and gradients where it is
installed; derivatives are always compared with central differences along random directions.
"""

from __future__ import annotations

import inspect
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from itertools import islice
from operator import attrgetter
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd.dtypes import dtype as Dtype
from autograd.engine import gradients
from autograd.errors import GraphError
from autograd.gradcheck import gradcheck, gradgradcheck
from autograd.ops.conversion import clone
from autograd.tensor import Tensor
from tests.devices import raises_in_time
from tests.op_samples.record import (
    COMPLEX,
    Error,
    Kink,
    Late,
    Op,
    Rounded,
    Sample,
    arguments,
    cast,
    convert,
    families,
    leaves,
    records,
    scattered,
    tensor,
)

RECORDS = records()
FLOATS = ("float16", "float32", "float64", *COMPLEX)


def by_name(records: list[Op]) -> Any:
    return pytest.mark.parametrize("record", records, ids=lambda record: record.name)


def by_dtype(records: list[Op], dtypes: tuple[str, ...] | None = None) -> Any:
    pairs = [(r, d) for r in records for d in r.dtypes if dtypes is None or d in dtypes]
    return pytest.mark.parametrize("record, dtype", pairs, ids=[f"{r.name}-{d}" for r, d in pairs])


def samples(record: Op, dtype: str = "float64") -> Iterator[Sample]:
    """The record's samples in a dtype, the same in every run."""
    for sample in record.samples(np.random.default_rng(zlib.crc32(record.name.encode()))):
        yield cast(sample, dtype)


def run(record: Op, sample: Sample, function: Callable[..., Any], grad: bool = False) -> tuple[Any, list[Tensor]]:
    """The result on fresh tensors, and those of them that require grad."""
    args, kwargs = arguments(record, sample, tensor, grad)
    inputs = [x for x in leaves(args, kwargs) if isinstance(x, Tensor) and x.requires_grad]
    return function(*args, **kwargs), inputs


def tensors(result: Any) -> list[Tensor]:
    return [x for x in leaves(result) if isinstance(x, Tensor)]


def numpy(x: Any) -> Any:
    """An array or number, of our tensor, torch's, or a Python value."""
    if isinstance(x, Tensor):
        return x.numpy(force=True)
    return x.detach().numpy(force=True) if hasattr(x, "detach") else x


def assert_same(record: Op, dtype: str, got: Any, expected: Any, what: str) -> None:
    """Two results agree in structure, shape, dtype and, within the tolerance, in value."""
    got, expected = list(leaves(got)), list(leaves(expected))
    assert len(got) == len(expected), f"{what}: {len(got)} results, expected {len(expected)}"
    for a, b in zip(map(numpy, got), map(numpy, expected), strict=True):
        if not isinstance(b, np.ndarray):
            assert a == b or a != a, f"{what}: {a!r}, expected {b!r}"
            continue
        assert isinstance(a, np.ndarray), f"{what}: {type(a)}, expected a tensor"
        assert a.shape == b.shape, f"{what}: shape {a.shape}, expected {b.shape}"
        assert a.dtype == b.dtype, f"{what}: {a.dtype}, expected {b.dtype}"
        if a.tobytes() == b.tobytes():  # as a rule, and much sooner seen
            continue
        tolerance = record.tolerance(dtype, b.dtype.name) if b.dtype.kind in "fc" else {"rtol": 0}
        np.testing.assert_allclose(a, b, **tolerance, err_msg=what)


def cotangents(result: Any) -> list[np.ndarray]:
    """A random gradient for every differentiable output."""
    rng = np.random.default_rng(1)
    return [noise(rng, t) for t in tensors(result) if t.requires_grad]


def noise(rng: np.random.Generator, t: Tensor) -> np.ndarray:
    """Random numbers of the shape and dtype of a tensor."""
    a = rng.standard_normal(t.raw.shape)
    return np.asarray(a + 1j * rng.standard_normal(t.raw.shape) if t.is_complex() else a, t.raw.dtype)


def gradient(result: Any, inputs: list[Tensor], cots: list[np.ndarray], create_graph: bool = False) -> list[Any]:
    outs = [t for t in tensors(result) if t.requires_grad]
    found = gradients(outs, inputs, [tensor(c) for c in cots], retain_graph=True, create_graph=create_graph)
    return [np.zeros(x.raw.shape, x.raw.dtype) if g is None else g for x, g in zip(inputs, found, strict=True)]


# -- values -----------------------------------------------------------------------------------------------------------


@by_dtype(RECORDS)
def test_value(record: Op, dtype: str) -> None:
    """No input is changed, and the layout in memory makes no difference."""
    for sample in samples(record, dtype):
        before = cast(sample, dtype)
        y, _ = run(record, sample, record.function)
        assert_same(record, dtype, (sample.args, sample.kwargs), (before.args, before.kwargs), f"mutated: {sample}")
        z, _ = run(record, scattered(sample), record.function)
        assert_same(record, dtype, z, y, f"other layout: {sample}")
        if record.view:
            args, kwargs = arguments(record, sample, tensor, False)
            (x, *_), (out, *_) = tensors(args), tensors(record.function(*args, **kwargs))
            assert x.backend.xp.shares_memory(x.raw, out.raw) or not out.raw.size, f"no view: {sample}"


@by_dtype(RECORDS)
def test_value_is_torchs(record: Op, dtype: str, torch: ModuleType) -> None:
    if (oracle := record.oracle(torch)) is None:
        pytest.skip("has no counterpart")
    for sample in samples(record, dtype):
        y, _ = run(record, sample, record.function)
        args, kwargs = for_torch(torch, record, sample, False)
        assert_same(record, dtype, y, quietly(oracle, args, kwargs), f"value: {sample}")


def for_torch(torch: ModuleType, record: Op, sample: Sample, grad: bool) -> tuple[Any, Any]:
    """The arguments as torch's tensors and dtypes."""

    def make(a: np.ndarray, requires_grad: bool) -> Any:
        return torch.from_numpy(a.copy()).requires_grad_(requires_grad and a.dtype.kind in "fc")

    return convert(arguments(record, sample, make, grad), lambda d: getattr(torch, d.name), Dtype)


def quietly(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """The oracle's result; what it warns of is its own business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


# -- gradients --------------------------------------------------------------------------------------------------------
DIFFERENTIABLE = [r for r in RECORDS if r.grad]


@by_dtype(DIFFERENTIABLE, FLOATS)
def test_gradient_is_torchs(record: Op, dtype: str, torch: ModuleType) -> None:
    if (oracle := record.oracle(torch)) is None:
        pytest.skip("has no counterpart")
    for sample in (s for s in samples(record, dtype) if not isinstance(s, Rounded)):
        y, inputs = run(record, sample, record.function, grad=True)
        args, kwargs = for_torch(torch, record, sample, True)
        outs = [t for t in leaves(quietly(oracle, args, kwargs)) if getattr(t, "requires_grad", False)]
        ours = [t for t in tensors(y) if t.requires_grad]
        assert len(ours) == len(outs), f"{len(ours)} differentiable outputs, torch has {len(outs)}: {sample}"
        if not outs:
            continue
        wanted = [x for x in leaves(args, kwargs) if getattr(x, "requires_grad", False)]
        cots = cotangents(y)
        theirs = torch.autograd.grad(outs, wanted, [torch.from_numpy(c) for c in cots], allow_unused=True)
        expected = [torch.zeros_like(x) if g is None else g for x, g in zip(wanted, theirs, strict=True)]
        assert_same(record, dtype, gradient(y, inputs, cots), expected, f"gradient: {sample}")


def doubles(record: Op) -> tuple[str, ...]:
    """The dtypes in which differences are exact enough."""
    real = ("float64",) if set(record.dtypes) - set(COMPLEX) else ()
    return (*real, "complex128") if "complex128" in record.dtypes else real


@by_dtype([replace(r, dtypes=doubles(r)) for r in DIFFERENTIABLE])
def test_derivatives_are_differences(record: Op, dtype: str, pytestconfig: pytest.Config) -> None:
    """First and second order along random directions; recorded and unrecorded backward agree, on any layout.

    On cuda two samples do: formulas are the CPU's, and values and first gradients of all samples are torch's there.
    """
    smooth = (sample for sample in samples(record, dtype) if not isinstance(sample, Kink))
    for sample in islice(smooth, None if pytestconfig.getoption("device") == "cpu" else 2):
        y, inputs = run(record, sample, record.function, grad=True)
        if not (cots := cotangents(y)):
            continue
        first = gradient(y, inputs, cots)
        recorded = gradient(y, inputs, cots, create_graph=True)
        assert_same(record, "float64", recorded, first, f"gradient under create_graph: {sample}")
        z, others = run(record, scattered(sample), record.function, grad=True)
        assert_same(record, "float64", gradient(z, others, cots), first, f"gradient of another layout: {sample}")

        def function(*xs: Tensor, sample: Sample = sample) -> tuple[Tensor, ...]:
            replacing = iter(xs)
            args, kwargs = arguments(record, sample, lambda a, grad: next_or(a, grad, replacing), True)
            return tuple(t for t in tensors(record.function(*args, **kwargs)) if t.requires_grad)

        gradcheck(function, inputs, atol=1e-7, rtol=1e-5, fast_mode=True)
        if record.order > 1:
            gradgradcheck(function, inputs, atol=1e-6, rtol=1e-5, fast_mode=True)


def next_or(a: np.ndarray, grad: bool, replacing: Iterator[Tensor]) -> Tensor:
    return next(replacing) if grad and a.dtype.kind in "fc" else tensor(a)


# -- other forms ------------------------------------------------------------------------------------------------------


@by_name([r for r in RECORDS if r.method and not r.name.startswith("F.")])
def test_method_is_the_function(record: Op) -> None:
    name = record.name.rpartition(".")[2]
    dtype = record.dtypes[0]
    for sample in samples(record, dtype):
        if isinstance(sample.args[0], np.ndarray):
            y, _ = run(record, sample, record.function)
            z, _ = run(record, sample, lambda x, *args, **kwargs: getattr(x, name)(*args, **kwargs))
            assert_same(record, dtype, z, y, f"method: {sample}")


@by_name([r for r in RECORDS if r.inplace])
def test_inplace_is_the_function(record: Op) -> None:
    """Value, gradient, version and identity, wherever the result fits into the first argument."""
    dtype, tried = record.dtypes[0], 0
    for sample in samples(record, dtype):
        y, inputs = run(record, sample, record.function, grad=True)
        x = sample.args[0]
        if not isinstance(x, np.ndarray) or (y.raw.shape, y.raw.dtype) != (x.shape, x.dtype):
            continue
        tried += 1

        def write(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
            t = clone(x)
            version, result = t._version, getattr(t, f"{record.name}_")(*args, **kwargs)
            assert result is t
            assert t._version == version + 1
            return t

        z, others = run(record, sample, write, grad=True)
        assert_same(record, dtype, z, y, f"in place: {sample}")
        if cots := cotangents(y):
            expected = gradient(y, inputs, cots)
            assert_same(record, dtype, gradient(z, others, cots), expected, f"gradient in place: {sample}")
    assert tried, "no sample whose result fits into its first argument"


@by_name([r for r in RECORDS if r.out])
def test_out_receives_the_result(record: Op) -> None:
    """A tensor of the right shape, or an empty one; and no gradient is lost in silence."""
    dtype = record.dtypes[0]
    for sample in samples(record, dtype):
        args, kwargs = arguments(record, sample, tensor, False)
        y = record.function(*args, **kwargs)
        if isinstance(y, tuple) and not hasattr(y, "_fields"):  # where(condition)
            continue
        for like in (np.zeros_like, lambda a: np.zeros(0, a.dtype)):
            given = [tensor(like(t.raw)) for t in tensors(y)]
            result = record.function(*args, **kwargs, out=tuple(given) if isinstance(y, tuple) else given[0])
            assert all(a is b for a, b in zip(tensors(result), given, strict=True)), f"not out itself: {sample}"
            assert all(t._version for t in given), f"out does not count as written: {sample}"
            assert_same(record, dtype, given, tensors(y), f"out=: {sample}")
        args, kwargs = arguments(record, sample, tensor, True)
        y = record.function(*args, **kwargs)
        if any(t.requires_grad for t in tensors(y)):
            lost = tuple(tensor(np.zeros_like(t.raw)) for t in tensors(y))
            with pytest.raises(GraphError, match=f"{record.name.rpartition('.')[2]}: expected no gradients with out="):
                record.function(*args, **kwargs, out=lost if isinstance(y, tuple) else lost[0])


ERRORS = {f"{record.name}-{i}": (record, error) for record in RECORDS for i, error in enumerate(record.errors)}


@pytest.mark.parametrize("record, error", ERRORS.values(), ids=ERRORS)
def test_error(record: Op, error: Error) -> None:
    sample = cast(error, record.dtypes[0])
    expected = pytest.raises(error.kind, match=error.text)
    if isinstance(error, Late) and autograd.get_default_device().type == "cuda":
        expected = raises_in_time(error.kind, error.text) if error.kind is IndexError else nullcontext()
    with expected:
        run(record, sample, record.function)


# -- completeness -----------------------------------------------------------------------------------------------------


def public() -> Iterator[tuple[str, Any]]:
    """The operations a user can reach, by the names of records."""
    for prefix, place in {"": autograd, "linalg.": autograd.linalg, "special.": autograd.special, "F.": F}.items():
        layer = "nn.functional" if place is F else "autograd.ops"
        for name in getattr(place, "__all__", ()):
            value = getattr(place, name)
            if not inspect.isclass(value) and callable(value) and value.__module__.startswith(layer):
                yield prefix + name, value
    for name, value in inspect.getmembers_static(Tensor):
        if callable(value) and not name.startswith("_") and getattr(value, "__module__", "").startswith("autograd.ops"):
            yield name, value


def test_every_operation_has_a_record() -> None:
    recorded = {id(record.function) for record in RECORDS}
    exempt = {name for module in families() for name in getattr(module, "UNRECORDED", {})}
    missing = sorted({name for name, value in public() if id(value) not in recorded} - exempt)
    assert not missing, f"operations without a record in tests/op_samples: {', '.join(missing)}"


@by_name(RECORDS)
def test_recorded_operations_are_public(record: Op) -> None:
    place, name = (autograd, record.name) if not record.name.startswith("F.") else (F, record.name[2:])
    assert hasattr(Tensor, name) or attrgetter(name)(place)


def test_no_operation_has_two_records() -> None:
    names = [record.name for record in RECORDS]
    assert not {name for name in names if names.count(name) > 1}
