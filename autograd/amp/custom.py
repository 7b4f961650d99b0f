"""``autograd.Function`` inside ``autocast``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from autograd.amp.autocast import autocast, get_autocast_dtype, is_autocast_enabled
from autograd.dtypes import as_dtype, dtype, float64
from autograd.node import Variable


def custom_fwd(
    fwd: Callable[..., Any] | None = None, *, device_type: str = "cuda", cast_inputs: Any = None
) -> Callable[..., Any]:
    """Decorates the ``forward`` of a ``Function``: whether it ran inside ``autocast`` holds for its backward, too.

    Args:
        fwd: the method.
        device_type: "cpu" or "cuda".
        cast_inputs: a dtype: inside ``autocast`` floating inputs are cast to it, and the forward runs outside.

    Returns:
        The method; a decorator where ``fwd`` is not given.

    Example:
        >>> class Product(ag.autograd.Function):
        ...     @staticmethod
        ...     @ag.amp.custom_fwd(device_type="cpu", cast_inputs=ag.float32)
        ...     def forward(ctx, a, b):
        ...         return a @ b
        >>> with ag.autocast("cpu"):
        ...     Product.apply(ag.ones(2, 2), ag.ones(2, 2)).dtype
        autograd.float32
    """
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)
    method = fwd

    @functools.wraps(method)
    def forward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        ctx._dtype, inside = get_autocast_dtype(device_type), is_autocast_enabled(device_type)
        ctx._fwd_used_autocast = inside and cast_inputs is None
        if not inside or cast_inputs is None:
            return method(ctx, *args, **kwargs)
        kind = as_dtype(cast_inputs)
        with autocast(device_type, enabled=False):
            return method(ctx, *_cast(args, kind, device_type), **_cast(kwargs, kind, device_type))

    return forward


def _cast(value: Any, kind: dtype, device_type: str) -> Any:
    """Floating tensors of a device in another dtype, in tuples, lists and dictionaries, too."""
    if isinstance(value, Variable):
        own = value.dtype  # type: ignore[attr-defined]
        here = (value.backend.name == "cuda") == (device_type == "cuda")
        return value.to(kind) if here and own.is_floating_point and own is not float64 else value  # type: ignore[attr-defined]
    if isinstance(value, Mapping):
        return {k: _cast(v, kind, device_type) for k, v in value.items()}
    return type(value)(_cast(v, kind, device_type) for v in value) if type(value) in (list, tuple) else value


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str = "cuda") -> Callable[..., Any]:
    """Decorates the ``backward`` of a ``Function`` whose ``forward`` is a ``custom_fwd``: it runs as that did.

    Args:
        bwd: the method.
        device_type: "cpu" or "cuda".

    Returns:
        The method; a decorator where ``bwd`` is not given.

    Example:
        >>> class Double(ag.autograd.Function):
        ...     @staticmethod
        ...     @ag.amp.custom_fwd(device_type="cpu")
        ...     def forward(ctx, x):
        ...         return 2 * x
        ...     @staticmethod
        ...     @ag.amp.custom_bwd(device_type="cpu")
        ...     def backward(ctx, g):
        ...         return 2 * g
        >>> x = ag.ones(1, requires_grad=True)
        >>> Double.apply(x).backward(); x.grad
        tensor([2.])
    """
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)
    method = bwd

    @functools.wraps(method)
    def backward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        with autocast(device_type, enabled=ctx._fwd_used_autocast, dtype=ctx._dtype):
            return method(ctx, *args, **kwargs)

    return backward
