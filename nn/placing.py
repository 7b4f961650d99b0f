"""Parameters and buffers on their way to another device, dtype or memory format: what ``Module.to`` applies to each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.device import device as device_type
from autograd.dtypes import as_dtype
from autograd.tensor import Tensor


def conversion(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[[Tensor], Tensor]:
    """What the arguments of ``to`` ask for, as a function of one tensor."""
    place, kind = kwargs.get("device"), kwargs.get("dtype")
    for a in (*args, kwargs.get("tensor")):
        if isinstance(a, Tensor):
            place, kind = a.device, a.dtype
        elif isinstance(a, (str, device_type)) or (isinstance(a, int) and not isinstance(a, bool)):
            place = a
        elif a is not None and not isinstance(a, bool):
            kind = a
    kind = None if kind is None else as_dtype(kind)
    if kind is not None and not (kind.is_floating_point or kind.is_complex):
        raise TypeError(f"to: expected a floating or complex dtype for a module, got {kind}")
    layout = {} if kwargs.get("memory_format") is None else {"memory_format": kwargs["memory_format"]}

    def convert(t: Tensor) -> Tensor:
        target = kind if t.is_floating_point() or t.is_complex() else None
        return t.to(device=place, dtype=target, **(layout if t.ndim in (4, 5) else {}))

    return convert
