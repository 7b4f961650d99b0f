"""Dropout with the mask drawn from the random stream."""

from __future__ import annotations

from math import ceil

from backends.protocol import Array, Backend


def dropout(be: Backend, x: Array, p: float, seed: int, offset: int) -> tuple[Array, Array]:
    """x * mask / (1-p), each element kept with probability 1-p.

    Element i in row-major order is kept where (word i >> 8) >= ceil(p * 2^24): the float32 uniform number i is at
    least p. One word an element, whatever the dtype.

    Args:
        x: any shape.
        p: the share dropped, 0 to 1.
        seed, offset: place in the random stream.

    Returns:
        y like x, and the mask like x, bool.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).dropout(np.ones(4), 0.5, seed=0, offset=0)
        (array([0., 2., 2., 2.]), array([False,  True,  True,  True]))
    """
    mask = (be.random_bits(x.size, seed, offset) >> 8 >= ceil(p * 2**24)).reshape(x.shape)
    scale = 1 / (1 - p) if p < 1 else 0.0
    return x * (mask * be.xp.asarray(scale, x.dtype)), mask
