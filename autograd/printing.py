"""How tensors print: PyTorch's form, by NumPy's array printer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import dtype as dtypes

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
    profiles = {
        "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
        "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
        "full": {"precision": 4, "threshold": 1 << 62, "edgeitems": 3, "linewidth": 80},
    }
    if profile is not None:
        _options.update(profiles[profile], sci_mode=None)
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
        "sci_mode": sci_mode,
    }
    _options.update({k: v for k, v in given.items() if v is not None})


def text(t: Tensor) -> str:
    """The tensor as ``repr`` shows it: values, then what is not the default."""
    array = t.backend.to_numpy(t.raw)
    head = "tensor("
    values = _values(array, len(head))
    kind = t.dtype
    notes = []
    if t.raw.size == 0 and t.raw.ndim != 1:
        notes.append(f"size={tuple(t.raw.shape)}")
    if t.is_cuda:
        notes.append(f"device='{t.device}'")
    plain = (dtypes.default(), dtypes.int64, dtypes.bool_, dtypes.default().to_complex())
    if kind not in plain or (t.raw.size == 0 and kind is not dtypes.default()):
        notes.append(f"dtype={kind}")
    if not t.is_leaf:
        notes.append(f"grad_fn=<{t.grad_fn.name()}>")
    elif t.requires_grad:
        notes.append("requires_grad=True")
    tail = "".join(f", {note}" for note in notes) + ")"
    last = values.rpartition("\n")[2]
    if len(last) + len(tail) + (len(head) if "\n" not in values else 0) > _options["linewidth"] and notes:
        tail = ",\n" + " " * len(head) + tail[2:]
    return head + values + tail


def _values(array: Any, indent: int) -> str:
    if array.size == 0:
        return "[]"
    floating = array.dtype.kind in "fc"
    shown = array.astype("float32") if array.dtype == np.float16 else array
    formatter = _float_format(shown) if array.dtype.kind == "f" else None
    lines: str = np.array2string(
        shown,
        precision=_options["precision"],
        threshold=_options["threshold"],
        edgeitems=_options["edgeitems"],
        max_line_width=_options["linewidth"] - indent,
        separator=", ",
        floatmode="fixed" if floating else "maxprec",
        formatter=formatter,
        sign="-",
    )
    return lines.replace("\n", "\n" + " " * indent)


def _float_format(array: Any) -> dict[str, Any]:
    """One format for all elements: whole numbers as ``1.``, scientific where the range is wide, else fixed."""
    shown = array
    if array.size > _options["threshold"]:
        edge = _options["edgeitems"]
        for axis in range(array.ndim):
            n = shown.shape[axis]
            if n > 2 * edge:
                shown = np.concatenate([shown.take(range(edge), axis), shown.take(range(n - edge, n), axis)], axis)
    finite = np.abs(shown[np.isfinite(shown) & (shown != 0)]).astype("float64")
    precision, science = _options["precision"], _options["sci_mode"]
    whole = bool((finite == np.ceil(finite)).all())
    top, low = (finite.max(), finite.min()) if finite.size else (1.0, 1.0)
    if science is None:
        science = bool(top / low > 1000 or top > 1e8 or (low < 1e-4 and not whole))

    def one(v: Any) -> str:
        if not np.isfinite(v):
            return "nan" if v != v else "inf" if v > 0 else "-inf"
        if science:
            return f"{v:.{precision}e}"
        return f"{v:.0f}." if whole else f"{v:.{precision}f}"

    width = max((len(one(v)) for v in shown.ravel()), default=0)
    return {"float_kind": lambda v: one(v).rjust(width) if array.ndim else one(v)}
