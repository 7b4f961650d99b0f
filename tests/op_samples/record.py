"""The record of an operation and its samples, and how samples become tensors.

A family file ``tests/op_samples/<family>.py`` mirrors ``autograd/ops/<family>.py`` or ``nn/functional/<family>.py``,
where the operation is looked up, and holds ``OPS = [Op(...), ...]``; names that need no record stand in
``UNRECORDED = {name: reason}``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from importlib.util import find_spec
from operator import attrgetter
from types import ModuleType
from typing import Any

import numpy as np

import tests.op_samples
from autograd.device import backend_of
from autograd.op import wrap
from autograd.tensor import Tensor

SAME = "the same name"
TOLERANCE = {  # rtol, atol
    "float16": (2e-3, 2e-3),
    "float32": (2e-5, 1e-5),
    "float64": (1e-9, 1e-9),
    "complex64": (5e-5, 3e-5),
    "complex128": (1e-9, 1e-9),
}
COMPLEX = ("complex64", "complex128")


class Sample:
    """The arguments of one call: float64 arrays (and lists of them) become tensors of the dtype under test, arrays of
    another dtype tensors as they are; anything else is passed on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs

    def __repr__(self) -> str:
        def text(x: Any) -> str:
            return f"{x.dtype}{list(x.shape)}" if isinstance(x, np.ndarray) else repr(x)

        return ", ".join([*map(text, self.args), *(f"{k}={text(v)}" for k, v in self.kwargs.items())])


class Kink(Sample):
    """A call at a point without a derivative, or next to one: compared with PyTorch, not with differences."""


class Rounded(Sample):
    """A call whose gradient PyTorch makes out of rounding errors: compared with differences, not with PyTorch."""


class Error(Sample):
    """A call that must fail: ``Error(ShapeError, "expected .*", *args, **kwargs)``, the text a regular expression."""

    def __init__(self, kind: type[Exception], text: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.text = kind, text


class Late(Error):
    """An Error in the values of tensors: of positions, which a GPU reports when it is next waited for, or of others, which
    it does not look for."""


@dataclass(frozen=True)
class Op:
    """What the harness needs to know about one public operation."""

    name: str  # in the family's module, of autograd ("linalg.inv") or of Tensor; "F.conv2d" for nn.functional
    samples: Callable[[np.random.Generator], list[Sample]]  # calls that work, away from kinks
    torch: str | Callable[..., Any] | None = SAME  # another dotted name under torch; a function; None: no counterpart
    grad: bool = True  # differentiable
    order: int = 2  # highest derivative checked numerically (1 or 2)
    dtypes: tuple[str, ...] = ("float32", "float64")  # integer ones are checked for values only
    complex: bool = False  # complex numbers, too
    rtol: float | None = None  # in place of TOLERANCE, at float32
    atol: float | None = None
    method: bool = True  # Tensor has it too (never asked of "F." names)
    inplace: bool = False  # Tensor has name_() too
    out: bool = False  # takes out=
    view: bool = False  # the result shares the first argument's memory
    constant: tuple[int | str, ...] = ()  # float arguments (by position or name) that have no gradient
    errors: tuple[Error, ...] = ()
    family: str = ""  # the file it stands in; set by ``records``

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The operation."""
        layer = "nn.functional" if self.name.startswith("F.") else "autograd.ops"
        name = self.name.removeprefix("F.")
        places: list[Any] = [Tensor, importlib.import_module("autograd")]
        if find_spec(f"{layer}.{self.family}"):
            places.insert(0, importlib.import_module(f"{layer}.{self.family}"))
        for place in places:
            try:
                found: Callable[..., Any] = reduce(getattr, name.split("."), place)
            except AttributeError:
                continue
            return found
        raise AttributeError(f"{self.name} is neither in {layer}.{self.family} nor in autograd nor in Tensor")

    def oracle(self, torch: ModuleType) -> Callable[..., Any] | None:
        """PyTorch's operation, None if it has none."""
        if self.torch is None or callable(self.torch):
            return self.torch
        name = self.name if self.torch is SAME else self.torch
        name = name.replace("F.", "nn.functional.", 1) if name.startswith("F.") else name
        for place in (torch, torch.Tensor):
            try:
                found: Callable[..., Any] = attrgetter(name)(place)
            except AttributeError:
                continue
            return found
        raise AttributeError(f"torch has no {name}")

    def tolerance(self, *dtypes: str) -> dict[str, float]:
        """Keywords for ``assert_allclose``, by the coarsest float dtype."""
        rtol, atol = max((TOLERANCE.get(dtype, (0, 0)) for dtype in dtypes), default=(0, 0))
        if (rtol, atol) in (TOLERANCE["float32"], TOLERANCE["complex64"]):
            rtol, atol = self.rtol or rtol, self.atol or atol
        return {"rtol": rtol, "atol": atol}


def families() -> list[ModuleType]:
    """The modules of samples."""
    names = [m.name for m in pkgutil.iter_modules(tests.op_samples.__path__) if m.name != "record"]
    return [importlib.import_module(f"tests.op_samples.{name}") for name in names]


def records() -> list[Op]:
    """All records, each told its family."""
    return [
        replace(
            record,
            family=module.__name__.rpartition(".")[2],
            dtypes=record.dtypes + COMPLEX if record.complex else record.dtypes,
        )
        for module in families()
        for record in getattr(module, "OPS", ())
    ]


# -- from samples to tensors ------------------------------------------------------------------------------------------


def convert(value: Any, change: Callable[[Any], Any], kind: type = np.ndarray) -> Any:
    """``value`` with every array (or other ``kind``) in it changed, also inside lists, tuples and dicts."""
    if isinstance(value, kind):
        return change(value)
    if type(value) in (list, tuple):
        return type(value)(convert(v, change, kind) for v in value)
    if isinstance(value, dict):
        return {k: convert(v, change, kind) for k, v in value.items()}
    return value


def mapped(sample: Sample, change: Callable[[np.ndarray], Any]) -> Any:
    """A sample of the same kind with every array changed."""
    other = copy(sample)
    other.args, other.kwargs = convert(sample.args, change), convert(sample.kwargs, change)
    return other


def cast(sample: Sample, dtype: str) -> Any:
    """The sample with float64 arrays brought to ``dtype``, always copied; complex ones get imaginary parts."""

    def change(a: np.ndarray) -> np.ndarray:
        if a.dtype != np.float64 or dtype not in COMPLEX:
            return np.array(a, dtype if a.dtype == np.float64 else a.dtype)
        return np.array(a + 1j * (0.7 * np.flip(a) + 0.1), dtype)

    return mapped(sample, change)


def scattered(sample: Sample) -> Any:
    """The same values, laid out in memory so that no array is contiguous: axes reversed, or gaps in between."""

    def change(a: np.ndarray) -> np.ndarray:
        return np.array(a.T, order="C").T if a.ndim > 1 else np.repeat(a, 2)[::2] if a.ndim else a.copy()

    return mapped(sample, change)


def tensor(array: np.ndarray, requires_grad: bool = False) -> Tensor:
    """A leaf on the default device that shares (on the CPU) the array's memory and strides."""
    be = backend_of()
    t: Tensor = wrap(be.asarray(array), be)
    return t.requires_grad_() if requires_grad and array.dtype.kind in "fc" else t


def arguments(record: Op, sample: Sample, make: Callable[[np.ndarray, bool], Any], grad: bool) -> tuple[Any, Any]:
    """The positional and keyword arguments as tensors made by ``make(array, requires_grad)``."""

    def side(at: int | str, value: Any) -> Any:
        return convert(value, lambda a: make(a, grad and record.grad and at not in record.constant))

    return [side(i, v) for i, v in enumerate(sample.args)], {k: side(k, v) for k, v in sample.kwargs.items()}


def leaves(*values: Any) -> Iterator[Any]:
    """The tensors (or arrays, or numbers) in nested lists, tuples and dicts."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from leaves(*value)
        elif isinstance(value, dict):
            yield from leaves(*value.values())
        else:
            yield value


# -- samples that many operations share -------------------------------------------------------------------------------


def uniform(rng: np.random.Generator, shape: tuple[int, ...], low: float = -3.0, high: float = 3.0) -> np.ndarray:
    """Random numbers as an array, 0-d ones too."""
    return np.array(rng.uniform(low, high, shape))


def unary(low: float = -3.0, high: float = 3.0, *args: Any, **kwargs: Any) -> Callable[..., list[Sample]]:
    """One tensor with elements between two bounds: of several axes, 0-d and empty; the other arguments as given."""

    def samples(rng: np.random.Generator) -> list[Sample]:
        return [Sample(uniform(rng, s, low, high), *args, **kwargs) for s in [(3, 4), (2, 3, 2), (5,), (), (0, 3)]]

    return samples


def binary(low: float = -3.0, high: float = 3.0, number: float | None = 1.5) -> Callable[..., list[Sample]]:
    """Two tensors: of one shape, broadcast either way, 0-d, empty; and a tensor and a number."""
    shapes = [((3, 4), (3, 4)), ((3, 1), (2, 1, 4)), ((2, 3), ()), ((), (2,)), ((), ()), ((0, 3), (1, 3))]

    def samples(rng: np.random.Generator) -> list[Sample]:
        found = [Sample(uniform(rng, a, low, high), uniform(rng, b, low, high)) for a, b in shapes]
        return found if number is None else [*found, Sample(uniform(rng, (2, 3), low, high), number)]

    return samples


def special(*values: float) -> np.ndarray:
    """The values, with NaN and both infinities behind."""
    return np.array([*values, np.nan, np.inf, -np.inf])
