"""PyTorch's ``torch.testing``: comparison of results with a message that says what differs, and tensors to test with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd import dtypes
from autograd.creation import as_tensor, empty
from autograd.dtypes import as_dtype
from autograd.node import Variable
from autograd.op import wrap
from autograd.ops.arguments import sizes
from autograd.ops.sampling import rand, randint
from autograd.tensor import Tensor

__all__ = ["assert_close", "make_tensor"]

_TOLERANCES = {  # rtol, atol
    "float16": (1e-3, 1e-5), "bfloat16": (1.6e-2, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7),
    "complex64": (1.3e-6, 1e-5), "complex128": (1e-7, 1e-7),
}  # fmt: skip


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raises unless |actual - expected| <= atol + rtol * |expected| everywhere.

    Args:
        actual, expected: tensors, arrays or numbers, or sequences or mappings of them.
        allow_subclasses: whether a subclass of ``Tensor`` may stand against a ``Tensor``.
        rtol, atol: the tolerances, both or neither; default by dtype, 1.3e-6 and 1e-5 for float32.
        equal_nan: NaN counts as close to NaN.
        check_device, check_dtype, check_stride: whether these must be the same.
        check_layout: accepted: there is one layout.
        msg: the text of the error, or a function of the text that would stand there.

    Raises:
        AssertionError: they differ; the message says where and by how much.
        ValueError: one tolerance without the other.

    Example:
        >>> ag.testing.assert_close(ag.tensor([1.0]), ag.tensor([1.0 + 1e-7]))
    """
    if (rtol is None) != (atol is None):
        raise ValueError(f"assert_close: expected rtol and atol both or neither, got rtol={rtol} and atol={atol}")
    checks = {"device": check_device, "dtype": check_dtype, "stride": check_stride}
    found = _difference(actual, expected, rtol, atol, equal_nan, checks, allow_subclasses, "")
    if found is not None:
        raise AssertionError(msg(found) if callable(msg) else found if msg is None else msg)


def _difference(
    a: Any,
    b: Any,
    rtol: float | None,
    atol: float | None,
    equal_nan: bool,
    checks: dict[str, bool],
    kinds: bool,
    at: str,
) -> str | None:
    """What differs, in words; None where nothing does."""
    rest = (rtol, atol, equal_nan, checks, kinds)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if a.keys() != b.keys():
            lines = ["The keys of the mappings do not match:"]
            lines += [f"Missing keys in the actual mapping: {sorted(b.keys() - a.keys())}"] * bool(b.keys() - a.keys())
            lines += [f"Additional keys in the actual mapping: {sorted(a.keys() - b.keys())}"] * bool(
                a.keys() - b.keys()
            )
            return _placed("\n".join(lines), at)
        parts = [_difference(a[k], b[k], *rest, f"{at}[{k!r}]") for k in a]
    elif _is_sequence(a) and _is_sequence(b):
        if len(a) != len(b):
            return _placed(f"The length of the sequences mismatch: {len(a)} != {len(b)}", at)
        parts = [_difference(x, y, *rest, f"{at}[{i}]") for i, (x, y) in enumerate(zip(a, b, strict=True))]
    else:
        found = _of_values(a, b, *rest)
        return found if found is None else _placed(found, at)
    return next((part for part in parts if part is not None), None)


def _placed(text: str, at: str) -> str:
    return f"{text}\n\nThe failure occurred for item {at}" if at else text


def _is_sequence(x: Any) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, str)


def _of_values(
    a: Any,
    b: Any,
    rtol: float | None,
    atol: float | None,
    equal_nan: bool,
    checks: dict[str, bool],
    kinds: bool,
) -> str | None:
    if a is None and b is None:
        return None
    both = [isinstance(v, (bool, int, float, complex, np.ndarray, np.generic, Variable)) for v in (a, b)]
    if not all(both) or (not kinds and type(a) is not type(b)):
        if all(both) or None in (a, b):
            return f"The types do not match: {type(a).__name__} and {type(b).__name__}"
        raise TypeError(
            f"assert_close: expected tensors, arrays or numbers, or sequences or mappings of them, "
            f"got {type(a).__name__} and {type(b).__name__}"
        )
    numbers = not hasattr(a, "shape") and not hasattr(b, "shape")
    if numbers:
        if checks["dtype"] and type(a) is not type(b):
            return f"The (d)types do not match: {type(a)} != {type(b)}."
        wide = dtypes.float64 if isinstance(a + b, float) else dtypes.complex128 if isinstance(a + b, complex) else None
        x, y = as_tensor(a, dtype=wide), as_tensor(b, dtype=wide)
    else:
        x, y = as_tensor(a), as_tensor(b)
    for name, wanted in {"shape": True, **checks}.items():
        mine, other = (getattr(t, name) for t in (x, y))
        if name == "stride":
            mine, other = mine(), other()
        if wanted and mine != other and not (numbers and name != "shape"):
            return f"The values for attribute {name!r} do not match: {mine} != {other}."
    if rtol is None or atol is None:
        pairs = [_TOLERANCES.get(t.dtype.name, (0.0, 0.0)) for t in (x, y)]
        rtol, atol = max(p[0] for p in pairs), max(p[1] for p in pairs)
    p, q = (t.detach().numpy(force=True) for t in (x, y))
    narrow = np.promote_types(p.dtype, q.dtype)
    p, q = (v.astype(np.promote_types(narrow, "int64" if narrow.kind in "biu" else "float64")) for v in (p, q))
    with np.errstate(invalid="ignore", over="ignore"):
        close = np.isclose(p, q, rtol, atol, equal_nan) if rtol or atol or equal_nan else p == q
        off = np.abs(p - q)
        relative = np.where(q == 0, np.where(off == 0, 0, np.inf), off / np.where(q == 0, 1, np.abs(q)))
    if close.all():
        return None
    exact = not rtol and not atol
    allowed = ["", ""] if exact else [f" (up to {limit} allowed)" for limit in (atol, rtol)]
    lines = [f"{'Tensor-likes' if close.ndim else 'Scalars'} are not {'equal' if exact else 'close'}!", ""]
    if not close.ndim:
        lines.append(f"Expected {q.item()} but got {p.item()}.")
        lines += [
            f"Absolute difference: {off.item()}{allowed[0]}",
            f"Relative difference: {relative.item()}{allowed[1]}",
        ]
        return "\n".join(lines)
    wrong = int((~close).sum())
    lines.append(f"Mismatched elements: {wrong} / {close.size} ({100 * wrong / close.size:.1f}%)")
    for name, size, limit in zip(("absolute", "relative"), (off, relative), allowed, strict=True):
        ranked = np.where(close, -1, np.where(np.isnan(size), np.inf, size))
        place = tuple(map(int, np.unravel_index(ranked.argmax(), size.shape)))
        lines.append(f"Greatest {name} difference: {size[place].item()} at index {place}{limit}")
    return "\n".join(lines)


def make_tensor(
    *shape: Any,
    dtype: Any,
    device: Any = None,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A random tensor to test with: uniform in [low, high), by default [-9, 9), for uint8 [0, 9], for bools [0, 1].

    Args:
        shape: the shape, as ints or one sequence.
        dtype: of the elements.
        device, requires_grad: as for ``zeros``.
        low, high: the range, cut to what the dtype holds.
        noncontiguous: with gaps in memory, where there is more than one element.
        exclude_zero: the smallest positive number, or 1, in place of every zero.
        memory_format: such as ``channels_last``.

    Returns:
        A tensor of shape ``shape``.

    Raises:
        ValueError: an empty range, or ``noncontiguous`` and ``memory_format`` together.

    Example:
        >>> ag.testing.make_tensor((2, 3), dtype=ag.float32).shape
        Size([2, 3])
    """
    if noncontiguous and memory_format is not None:
        raise ValueError("make_tensor: expected noncontiguous or memory_format, got both")
    kind, size = as_dtype(dtype), sizes(shape)
    lowest: float
    highest: float
    lowest, highest = {"b": (0, 2), "u": (0, 10)}.get(kind.numpy.kind, (-9, 9 if kind.is_floating_point else 10))
    lowest, highest = (lowest if low is None else low), (highest if high is None else high)
    if lowest >= highest:
        raise ValueError(f"make_tensor: expected low < high, got {lowest} and {highest}")
    if kind.is_complex:
        parts = [rand(size, dtype=kind.to_real(), device=device) * (highest - lowest) + lowest for _ in range(2)]
        t: Any = wrap((parts[0].raw + 1j * parts[1].raw).astype(kind.numpy), parts[0].backend)
    elif kind.is_floating_point:
        t = (rand(size, dtype=dtypes.float64, device=device) * (highest - lowest) + lowest).to(kind)
    else:
        t = randint(int(lowest), int(highest), size, device=device).to(kind)
    if exclude_zero:
        t[t == 0] = dtypes.finfo(kind).tiny if kind.category >= dtypes.FLOAT else 1
    if noncontiguous and t.numel() > 1:
        spaced = empty((*size, 2), dtype=kind, device=device)
        spaced[..., 0] = t
        t = spaced[..., 0].detach()
    if memory_format is not None:
        t = t.to(memory_format=memory_format)
    return t.requires_grad_() if requires_grad else t
