"""The samples of tests/op_samples in other dtypes and with special values: what ours gives, and what PyTorch gives."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from types import ModuleType
from typing import Any

import numpy as np

from autograd.dtypes import dtype as Dtype
from autograd.tensor import Tensor
from tests.op_samples.record import Op, Sample, arguments, cast, convert, leaves, mapped, tensor

SPECIAL = (np.nan, np.inf, -np.inf, -0.0, 0.0)


def _with_special(a: np.ndarray) -> np.ndarray:
    if a.dtype.kind != "f" or not a.size:
        return a.copy()
    y = a.astype("float32", order="C", copy=True)
    places = np.linspace(0, y.size - 1, min(len(SPECIAL), y.size)).astype(int)
    y.reshape(-1)[places] = SPECIAL[: len(places)]
    return y


def _cast(kind: str) -> Callable[[np.ndarray], np.ndarray]:
    return lambda a: a.astype(kind) if a.dtype == np.float64 else a.copy()


def _emptied(a: np.ndarray) -> np.ndarray:
    return (a[:0] if a.ndim else a).copy()


VARIATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "int64": _cast("int64"),
    "uint8": lambda a: np.array(np.abs(a), "uint8") if a.dtype == np.float64 else a.copy(),
    "bool": lambda a: np.array(a > 0.5) if a.dtype == np.float64 else a.copy(),
    "special values": _with_special,
    "empty": lambda a: _emptied(a.astype("float32") if a.dtype == np.float64 else a),
}


def samples(record: Op, variation: str, count: int = 2) -> Iterator[Sample]:
    """The first samples of a record, varied."""
    rng = np.random.default_rng(zlib.crc32(record.name.encode()))
    for sample in islice(record.samples(rng), count):
        yield mapped(cast(sample, "float64"), VARIATIONS[variation])


def outcome(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """The arrays and numbers that a call gives; the exception where it raises one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            return error
    return [_array(x) for x in leaves(result)]


def _array(x: Any) -> Any:
    if isinstance(x, Tensor):
        return x.numpy(force=True)
    return x.detach().resolve_conj().resolve_neg().numpy() if hasattr(x, "detach") else x


def fault(record: Op, sample: Sample, torch: ModuleType) -> str | None:
    """How ours differs from PyTorch's on one call, None where it does not."""
    mine = outcome(record.function, *arguments(record, sample, tensor, False))
    oracle = record.oracle(torch)
    if oracle is None:
        return None
    make = lambda a, grad: torch.from_numpy(a.copy())
    given = convert(arguments(record, sample, make, False), lambda d: getattr(torch, d.name), Dtype)
    other = outcome(oracle, *given)
    if isinstance(mine, Exception) or isinstance(other, Exception):
        if isinstance(mine, Exception) and isinstance(other, Exception):
            return None
        if isinstance(mine, Exception):
            return f"raises {type(mine).__name__}"
        return "raises nothing"
    if len(mine) != len(other):
        return f"gives {len(mine)} results, not {len(other)}"
    for a, b in zip(mine, other, strict=True):
        if not isinstance(b, np.ndarray):
            if a != b and a == a:
                return f"gives {a!r}, not {b!r}"
        elif not isinstance(a, np.ndarray) or a.dtype != b.dtype:
            return f"gives {getattr(a, 'dtype', type(a).__name__)}, not {b.dtype}"
        elif a.shape != b.shape:
            return f"gives shape {a.shape}, not {b.shape}"
        elif not _close(a, b, record):
            return "gives other values"
    return None


def _close(a: np.ndarray, b: np.ndarray, record: Op) -> bool:
    if b.dtype.kind not in "fc":
        return bool(np.array_equal(a, b))
    with np.errstate(all="ignore"):
        return bool(np.allclose(a, b, **record.tolerance("float32"), equal_nan=True))
