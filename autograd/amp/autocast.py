"""``autocast``: inside, operations choose their dtypes by ``policies.py``."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from autograd.casting import Casting
from autograd.dtypes import as_dtype, bfloat16, dtype, float16
from autograd.errors import DeviceError
from autograd.grad_mode import mode, switch_autocast
from backends import registry

P = ParamSpec("P")
R = TypeVar("R")

_defaults = {"cpu": bfloat16, "cuda": float16}
_caching = [True]


class autocast:
    """Inside, products and convolutions run in float16 or bfloat16, what needs range or sums in float32.

    Parameters stay float32; each is cast once in a context. Wrap the forward and the loss, not ``backward``. With float16,
    scale the loss by a ``GradScaler``. A context manager, which may be nested, and a decorator.

    Args:
        device_type: "cpu" or "cuda": which device's operations choose.
        dtype: float16 or bfloat16; default: ``get_autocast_dtype(device_type)``.
        enabled: False: inside, operations run in their inputs' dtypes again.
        cache_enabled: keep what parameters were cast to until the outermost context is left.

    Raises:
        DeviceError: another ``device_type``.

    Example:
        >>> x, layer = ag.ones(1, 2), nn.Linear(2, 2)
        >>> with ag.autocast("cpu", dtype=ag.bfloat16):
        ...     y = layer(x)
        >>> y.dtype, layer.weight.dtype
        (autograd.bfloat16, autograd.float32)

    Source: Micikevicius et al., Mixed Precision Training, 2018.
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise TypeError(f"autocast: expected device_type to be a string, got {type(device_type).__name__}")
        self.device = _device("autocast", device_type)
        self.fast_dtype = get_autocast_dtype(self.device) if dtype is None else as_dtype(dtype)
        self._cache_enabled = _caching[0] if cache_enabled is None else cache_enabled
        if enabled and self.device == "cuda" and registry.available()["cuda"] != "ok":
            warnings.warn("autocast: expected a GPU for device_type='cuda', got none. It is disabled", stacklevel=2)
            enabled = False
        if enabled and self.fast_dtype not in (float16, bfloat16):
            warnings.warn(
                f"autocast: expected dtype float16 or bfloat16, got {self.fast_dtype}. It is disabled", stacklevel=2
            )
            enabled = False
        self._enabled = enabled
        self._outer: list[Any] = []

    def __enter__(self) -> autocast:
        outer = mode().autocast
        self._outer.append(outer)
        switch_autocast(_changed(outer, self.device, self.fast_dtype if self._enabled else None, self._cache_enabled))
        return self

    def __exit__(self, *exc: object) -> None:
        switch_autocast(self._outer.pop())

    def __call__(self, func: Callable[P, R]) -> Callable[P, R]:
        """The function, run inside."""

        @functools.wraps(func)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return func(*args, **kwargs)

        return wrapped


def _device(name: str, device_type: str) -> str:
    kind = device_type.partition(":")[0]
    if kind not in _defaults:
        raise DeviceError(f"{name}: expected device_type 'cpu' or 'cuda', got {device_type!r}")
    return kind


def _changed(outer: Casting | None, device: str, low: dtype | None, caching: bool) -> Casting | None:
    """The state with another dtype on one device; None where no device is left."""
    low_of: dict[str, dtype | None] = {} if outer is None else {"cpu": outer.cpu, "cuda": outer.cuda}
    low_of[device] = low
    if not any(low_of.values()):
        return None
    cache = {} if outer is None or outer.cache is None else outer.cache
    return Casting(low_of.get("cpu"), low_of.get("cuda"), cache if caching else None)


def is_autocast_available(device_type: str) -> bool:
    """Whether there is autocast for a device.

    Args:
        device_type: such as "cpu".

    Returns:
        Whether there is.

    Example:
        >>> ag.amp.is_autocast_available("cpu"), ag.amp.is_autocast_available("xpu")
        (True, False)
    """
    return device_type in _defaults


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether the code is inside ``autocast`` of a device.

    Args:
        device_type: "cpu" or "cuda".

    Returns:
        Whether it is.

    Raises:
        DeviceError: another ``device_type``.

    Example:
        >>> with ag.autocast("cpu"):
        ...     ag.is_autocast_enabled("cpu"), ag.is_autocast_enabled()
        (True, False)
    """
    casting = mode().autocast
    return casting is not None and getattr(casting, _device("is_autocast_enabled", device_type)) is not None


def set_autocast_enabled(device_type: str, enabled: bool) -> None:
    """Switches autocast of a device on or off from here on; prefer the context manager.

    Args:
        device_type: "cpu" or "cuda".
        enabled: whether to.

    Raises:
        DeviceError: another ``device_type``.

    Example:
        >>> ag.set_autocast_enabled("cpu", True); ag.is_autocast_enabled("cpu")
        True
        >>> ag.set_autocast_enabled("cpu", False)
    """
    device = _device("set_autocast_enabled", device_type)
    low = get_autocast_dtype(device) if enabled else None
    switch_autocast(_changed(mode().autocast, device, low, _caching[0]))


def get_autocast_dtype(device_type: str) -> dtype:
    """The low dtype of a device: that of the context one is in, else the default, bfloat16 on the CPU, float16 on a GPU.

    Args:
        device_type: "cpu" or "cuda".

    Returns:
        float16 or bfloat16.

    Raises:
        DeviceError: another ``device_type``.

    Example:
        >>> ag.get_autocast_dtype("cpu"), ag.get_autocast_dtype("cuda")
        (autograd.bfloat16, autograd.float16)
    """
    device = _device("get_autocast_dtype", device_type)
    found: dtype | None = getattr(mode().autocast, device, None)
    return _defaults[device] if found is None else found


def set_autocast_dtype(device_type: str, dtype: Any) -> None:
    """Sets the low dtype that contexts of a device have from now on.

    Args:
        device_type: "cpu" or "cuda".
        dtype: float16 or bfloat16.

    Raises:
        DeviceError: another ``device_type``.

    Example:
        >>> ag.set_autocast_dtype("cpu", ag.bfloat16)
    """
    _defaults[_device("set_autocast_dtype", device_type)] = as_dtype(dtype)


def is_autocast_cpu_enabled() -> bool:
    """``is_autocast_enabled("cpu")``.

    Example:
        >>> ag.is_autocast_cpu_enabled()
        False
    """
    return is_autocast_enabled("cpu")


def get_autocast_cpu_dtype() -> dtype:
    """``get_autocast_dtype("cpu")``.

    Example:
        >>> ag.get_autocast_cpu_dtype()
        autograd.bfloat16
    """
    return get_autocast_dtype("cpu")


def get_autocast_gpu_dtype() -> dtype:
    """``get_autocast_dtype("cuda")``.

    Example:
        >>> ag.get_autocast_gpu_dtype()
        autograd.float16
    """
    return get_autocast_dtype("cuda")


def is_autocast_cache_enabled() -> bool:
    """Whether contexts keep what parameters were cast to.

    Example:
        >>> ag.is_autocast_cache_enabled()
        True
    """
    return _caching[0]


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Whether contexts keep what parameters were cast to, where they are not told.

    Args:
        enabled: whether to.

    Example:
        >>> ag.set_autocast_cache_enabled(True)
    """
    _caching[0] = bool(enabled)


def clear_autocast_cache() -> None:
    """Forgets what parameters were cast to.

    Example:
        >>> ag.clear_autocast_cache()
    """
    casting = mode().autocast
    if casting is not None and casting.cache is not None:
        casting.cache.clear()
