"""Which kernel attention runs on, under the names of ``torch.nn.attention``: there is one, whatever is asked for."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["SDPBackend", "sdpa_kernel"]


class SDPBackend(enum.IntEnum):
    """The kernels that PyTorch chooses from."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextmanager
def sdpa_kernel(backends: Any, set_priority: bool = False) -> Iterator[None]:
    """Inside, ``scaled_dot_product_attention`` would run on the kernels asked for; here its own, which gives the same.

    Args:
        backends: an ``SDPBackend`` or several.
        set_priority: accepted.

    Returns:
        A context manager.

    Raises:
        TypeError: something else was asked for.

    Example:
        >>> from nn.attention import SDPBackend, sdpa_kernel
        >>> x = ag.ones(1, 2, 4)
        >>> with sdpa_kernel(SDPBackend.MATH):
        ...     F.scaled_dot_product_attention(x, x, x).shape
        Size([1, 2, 4])
    """
    for backend in [backends] if isinstance(backends, SDPBackend) else backends:
        if not isinstance(backend, SDPBackend):
            raise TypeError(f"sdpa_kernel: expected an SDPBackend or several, got {type(backend).__name__}")
    yield
