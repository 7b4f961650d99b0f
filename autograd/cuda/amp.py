"""``torch.cuda.amp``: mixed precision on a GPU; ``autograd.amp`` with the device filled in."""

from __future__ import annotations

import functools
from typing import Any

from autograd import amp
from autograd.dtypes import float16

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]

custom_fwd = functools.partial(amp.custom_fwd, device_type="cuda")
custom_bwd = functools.partial(amp.custom_bwd, device_type="cuda")


class GradScaler(amp.GradScaler):
    """``amp.GradScaler("cuda", ...)``.

    Args:
        init_scale, growth_factor, backoff_factor, growth_interval, enabled: as there.

    Example:
        >>> ag.cuda.amp.GradScaler(enabled=False).is_enabled()
        False
    """

    def __init__(
        self,
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)


class autocast(amp.autocast):
    """``amp.autocast("cuda", ...)``.

    Args:
        enabled, dtype, cache_enabled: as there.

    Example:
        >>> with ag.cuda.amp.autocast(enabled=False):
        ...     ag.is_autocast_enabled()
        False
    """

    def __init__(self, enabled: bool = True, dtype: Any = float16, cache_enabled: bool = True) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)
