"""Questions about tensors."""

from __future__ import annotations

UNRECORDED = dict.fromkeys(
    ("is_complex", "is_floating_point", "is_nonzero", "is_tensor", "numel"), "tests/engine/test_tensor.py"
)
OPS = []
