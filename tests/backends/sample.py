"""What a sample of a kernel is, and the comparison of two backends on one."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backends.protocol import Backend
from backends.reference import Reference

REFERENCE = Reference(np)
TOLERANCE = {"float16": 3e-3, "float32": 3e-6, "float64": 1e-13}  # of the largest value of the result, or of 1


class Draw:
    """Arrays from a generator, all of one floating dtype: ``draw(2, 3)`` is a standard normal array (2,3)."""

    def __init__(self, rng: np.random.Generator, dtype: str) -> None:
        self.rng, self.dtype = rng, dtype

    def __call__(self, *shape: int) -> np.ndarray:
        return self.rng.standard_normal(shape).astype(self.dtype)

    def positive(self, *shape: int) -> np.ndarray:
        return self.rng.uniform(0.1, 2.0, shape).astype(self.dtype)

    def tied(self, *shape: int) -> np.ndarray:
        """Small whole numbers: many equal ones."""
        return self.rng.integers(-2, 3, shape).astype(self.dtype)

    def ints(self, high: int, *shape: int) -> np.ndarray:
        return self.rng.integers(0, high, shape)

    def flags(self, *shape: int) -> np.ndarray:
        return self.rng.random(shape) < 0.6

    def values(self, *values: float) -> np.ndarray:
        return np.array(values, self.dtype)

    def marked(self, value: float, *shape: int) -> np.ndarray:
        """A normal array with ``value`` at some places, at most one of them in any row."""
        a = self(*shape)
        a.reshape(-1)[2 :: max(shape[-1], 4) + 1] = value
        return a


@dataclass(frozen=True)
class Sample:
    """Arguments of one kernel: ``make`` returns the positional ones, ``options`` are the others."""

    kernel: str
    label: str
    make: Callable[[Draw], tuple[Any, ...]]
    options: dict[str, Any] = field(default_factory=dict)
    tolerance: float = 1.0  # times TOLERANCE

    @property
    def id(self) -> str:
        return f"{self.kernel}-{self.label}"

    @property
    def writes(self) -> bool:
        return self.kernel.endswith("_")

    def arguments(self, dtype: str) -> tuple[Any, ...]:
        """New arrays with the same values on every call."""
        return self.make(Draw(np.random.default_rng(zlib.crc32(self.id.encode())), dtype))


class Table(list[Sample]):
    """Samples, one ``add`` a row."""

    def add(
        self, kernel: str, label: str, make: Callable[[Draw], tuple[Any, ...]], tolerance: float = 1.0, **options: Any
    ) -> None:
        self.append(Sample(kernel, label, make, options, tolerance))


def _strided(xp: Any, a: Any) -> Any:
    """Every second element of a larger array, along every axis."""
    out = xp.zeros([2 * n for n in a.shape], a.dtype)[(..., *[slice(None, None, 2)] * a.ndim)]
    out[...] = a
    return out


def _channels_last(xp: Any, a: Any) -> Any:
    return xp.moveaxis(xp.array(xp.moveaxis(a, 1, -1), order="C"), -1, 1) if a.ndim > 2 else a


def _expanded(xp: Any, a: Any) -> Any:
    """A floating array whose last axis is its first element, repeated without memory (other values than before)."""
    return xp.broadcast_to(a[..., :1], a.shape) if a.ndim and a.shape[-1] and a.dtype.kind == "f" else a


LAYOUTS: dict[str, Callable[[Any, Any], Any]] = {
    "contiguous": lambda xp, a: a,
    "transposed": lambda xp, a: xp.array(a.T, order="C").T,
    "channels_last": _channels_last,
    "strided": _strided,
    "reversed": lambda xp, a: xp.flip(xp.array(xp.flip(a), order="C")) if a.ndim else a,
    "expanded": _expanded,  # of arguments that are only read
}


def each(values: Any, f: Callable[[np.ndarray], Any]) -> list[Any]:
    """f of every NumPy array or scalar in nested lists and tuples; everything else, geometries included, as it is."""

    def one(value: Any) -> Any:
        if isinstance(value, np.ndarray | np.generic):
            return f(np.asarray(value))
        if type(value) in (list, tuple):
            return type(value)(each(value, f))
        return value

    return [one(value) for value in values]


def flat(backend: Backend, value: Any) -> list[np.ndarray | None]:
    """Arrays and Nones in nested lists and tuples, as NumPy arrays; numbers and geometries are left out."""
    if type(value) in (list, tuple):
        return [a for item in value for a in flat(backend, item)]
    if value is None or hasattr(value, "dtype"):
        return [None if value is None else np.asarray(backend.to_numpy(value))]
    return []


def run(backend: Backend, sample: Sample, dtype: str, layout: str = "contiguous") -> list[np.ndarray | None]:
    """All arrays that the kernel returns and, where it writes, its array arguments afterwards."""
    place = LAYOUTS["contiguous" if sample.writes and layout == "expanded" else layout]
    arguments = each(sample.arguments(dtype), lambda a: place(backend.xp, backend.asarray(a)))
    with np.errstate(all="ignore"):
        result = getattr(backend, sample.kernel)(*arguments, **sample.options)
    return flat(backend, [result, arguments if sample.writes else []])


def close(got: np.ndarray | None, expected: np.ndarray | None, tolerance: float, what: str) -> None:
    """Asserts same dtype, shape, NaNs and infinities; numbers within ``tolerance`` of the largest one, or of 1."""
    if got is None or expected is None:
        assert got is None and expected is None, what
        return
    assert (got.dtype, got.shape) == (expected.dtype, expected.shape), what
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(got, expected, err_msg=what)
        return
    finite = np.abs(expected[np.isfinite(expected)], dtype=np.float64)
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * finite.max(initial=1.0), err_msg=what)


def agree(backend: Backend, sample: Sample, dtype: str = "float32", layout: str = "contiguous") -> None:
    """Asserts that ``backend`` answers the sample as the reference does."""
    expected, got = run(REFERENCE, sample, dtype, layout), run(backend, sample, dtype, layout)
    assert len(got) == len(expected), sample.id
    for i, (a, b) in enumerate(zip(got, expected, strict=True)):
        close(a, b, TOLERANCE[dtype] * sample.tolerance, f"{sample.id}, {dtype}, {layout}, array {i}")
