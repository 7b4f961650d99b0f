"""Dropout; ``backends/reference/dropout.py`` defines which elements stay."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from backends.cpu.kernels.jit import helper, kernel
from backends.cpu.kernels.random import philox


@helper
def _one(word: Any, least: int, scale: Any, i: int, x: Any, y: Any, mask: Any) -> None:
    """Element i: kept where the word's upper 24 bits are at least ``least``."""
    kept = np.int64(word >> np.uint64(8)) >= least
    mask[i] = kept
    y[i] = x[i] * (scale if kept else scale * 0)


@kernel
def dropout(seed: Any, offset: Any, least: int, scale: Any, x: Any, y: Any, mask: Any) -> None:
    """y = x * scale where kept, else x * 0; four elements take one block of words."""
    for b in prange((x.size + 3) // 4):
        words = philox(seed, offset + np.uint64(b))
        first = 4 * b
        if first + 4 <= x.size:
            _one(words[0], least, scale, first, x, y, mask)
            _one(words[1], least, scale, first + 1, x, y, mask)
            _one(words[2], least, scale, first + 2, x, y, mask)
            _one(words[3], least, scale, first + 3, x, y, mask)
        else:
            for lane in range(x.size - first):
                _one(words[lane], least, scale, first + lane, x, y, mask)
