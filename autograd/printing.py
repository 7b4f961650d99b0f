"""How tensors print: PyTorch's form."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import dtypes

if TYPE_CHECKING:
    from autograd.tensor import Tensor

_options: dict[str, Any] = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}


def set_printoptions(
    precision: int | None = None,
    threshold: int | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """How many digits and elements of a tensor are printed.

    Args:
        precision: digits after the point.
        threshold: more elements than this are summarised.
        edgeitems: elements shown at each end of a summarised axis.
        linewidth: characters per line.
        profile: "default", "short" (2 digits) or "full" (no summary).
        sci_mode: True or False: always or never scientific notation.

    Example:
        >>> ag.set_printoptions(precision=2); ag.tensor(1.2345)
        tensor(1.23)
        >>> ag.set_printoptions(profile="default")
    """
    profiles: dict[str, dict[str, Any]] = {
        "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
        "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
        "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
    }
    if profile is not None:
        _options.update(profiles[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    _options.update({k: v for k, v in given.items() if v is not None})
    _options["sci_mode"] = sci_mode


def text(t: Tensor) -> str:
    """The tensor as ``repr`` shows it: values, then what is not the default."""
    head, kind = "tensor(", t.dtype
    notes = []
    if t.raw.size == 0 and t.raw.ndim != 1:
        notes.append(f"size={tuple(t.raw.shape)}")
    if t.is_cuda or t.is_meta:
        notes.append(f"device='{t.device}'")
    plain = (dtypes.default(), dtypes.int64, dtypes.bool_, dtypes.default().to_complex())
    if kind not in plain or (t.raw.size == 0 and kind is not dtypes.default()):
        notes.append(f"dtype={kind}")
    if not t.is_leaf:
        notes.append(f"grad_fn=<{t.grad_fn.name()}>")
    elif t.requires_grad:
        notes.append("requires_grad=True")
    if t.is_meta:
        return f"{head}..., {', '.join([*notes, f'size={tuple(t.raw.shape)}'])})"
    values = t.backend.to_numpy(t.raw)
    out = head + _values(values.astype("float32") if kind is dtypes.bfloat16 else values, len(head))
    used = len(out) - out.rfind("\n") + 1
    for note in notes:
        fits = used + len(note) + 2 <= _options["linewidth"]
        out += f", {note}" if fits else ",\n" + " " * len(head) + note
        used = used + len(note) + 2 if fits else len(head) + len(note)
    return out + ")"


def _values(array: Any, indent: int) -> str:
    """The elements, with brackets around every axis."""
    if not array.size:
        return "[]"
    short = array.size > _options["threshold"]
    shown = _ends(array) if short else array
    if array.dtype.kind == "c":
        (real, width), (imaginary, more) = _formatter(shown.real), _formatter(shown.imag)

        def form(v: complex) -> str:
            part = imaginary(v.imag).lstrip() + "j"
            return real(v.real) + (part if part[0] == "-" else f"+{part}")

        return _nested(array, indent, form, width + more + 1, short)
    return _nested(array, indent, *_formatter(shown), short)


def _ends(array: Any) -> Any:
    """What is shown of a long array: the elements at both ends of every axis."""
    edge = _options["edgeitems"]
    for axis, n in enumerate(array.shape):
        if n > 2 * edge:
            array = np.concatenate([array.take(range(edge), axis), array.take(range(n - edge, n), axis)], axis)
    return array


def _formatter(array: Any) -> tuple[Callable[[Any], str], int]:
    """One format for all elements, and its width: whole numbers as ``1.``, scientific where the range is wide."""
    if array.dtype.kind != "f":
        width = max(len(str(v)) for v in array.ravel().tolist())
        return lambda v: str(v).rjust(width), width
    numbers = array[np.isfinite(array) & (array != 0)].astype("float64")
    sizes = np.abs(numbers)
    whole = bool((sizes == np.ceil(sizes)).all())
    precision, science = _options["precision"], _options["sci_mode"]
    if science is None:
        top, low = (sizes.max(), sizes.min()) if sizes.size else (1.0, 1.0)
        science = bool(top / low > 1000 or top > 1e8 or (low < 1e-4 and not whole))

    def form(v: float) -> str:
        if science:
            return f"{v:.{precision}e}"
        if whole:
            return f"{v:.0f}." if math.isfinite(v) else f"{v:.0f}"
        return f"{v:.{precision}f}"

    width = max((len(form(v)) for v in numbers.tolist()), default=1)  # zeros, inf and nan do not count
    return lambda v: form(v).rjust(width), width


def _nested(array: Any, indent: int, form: Callable[[Any], str], width: int, short: bool) -> str:
    """The text of an array whose first line starts at column ``indent``."""
    if not array.ndim:
        return form(array.item())
    edge, n = _options["edgeitems"], len(array)
    cut = short and n > 2 * edge
    parts = [*array[:edge], *array[n - edge :]] if cut else list(array)
    if array.ndim > 1:
        rows = [_nested(part, indent + 1, form, width, short) for part in parts]
        rows[edge:edge] = ["..."] if cut else []
        return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(rows) + "]"
    items = [form(part.item()) for part in parts]
    items[edge:edge] = [" ..."] if cut else []
    per_line = max(1, (_options["linewidth"] - indent) // (width + 2))
    lines = [", ".join(items[i : i + per_line]) for i in range(0, len(items), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
