"""Which dtype kernels make sums in: acc_t."""

from __future__ import annotations

from typing import Any

import numpy as np

from backends.cuda.layout import dense
from backends.protocol import Array

_ACC = {np.dtype(name): np.dtype(acc) for name, acc in [("f2", "f4"), ("f4", "f4"), ("f8", "f8")]}


def acc_dtype(dtype: Any) -> Any:
    """The dtype of sums over arrays of ``dtype``.

    Example:
        >>> acc_dtype(np.dtype("float16"))
        dtype('float32')
    """
    return _ACC[dtype]


def as_acc(v: Array | None, x: Array) -> Array | None:
    """v, or None, dense and in the dtype of sums over x.

    Example:
        >>> as_acc(np.ones(2, "float16"), np.ones(3, "float16"))
        array([1., 1.], dtype=float32)
    """
    if v is None:
        return None
    acc = _ACC[x.dtype]
    return dense(v if v.dtype == acc else v.astype(acc))
