"""The device "meta": tensors that have shapes, dtypes and strides, and no values.

Arrays are NumPy's, allocated and never written where a program only makes and initialises tensors: the operating system
then gives them no memory. An operation on them computes, on whatever they hold, as the reference does on the CPU: that
finds every shape, at the price of a computation.
"""

from __future__ import annotations

from typing import Any

from backends.protocol import Array
from backends.reference import Reference


class Meta(Reference):
    """The backend of tensors without values.

    Args:
        xp: numpy.
        name: the device's name.
        index: which device of that name.

    Example:
        >>> import numpy as np
        >>> Meta(np, "meta").upload(np.ones((2, 3))).shape
        (2, 3)
    """

    def upload(self, a: Any, non_blocking: bool = False) -> Array:
        """An array of the same shape, dtype and strides, without the values."""
        return self.xp.empty_like(a)

    def to_numpy(self, a: Array) -> Any:
        """Refused.

        Raises:
            NotImplementedError: there are no values.
        """
        raise NotImplementedError(
            "meta: expected a tensor with values, got one on the device meta, which has none. "
            "Make it on another device, or give a module memory by to_empty(device=...)"
        )
