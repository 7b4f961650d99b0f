"""Questions about tensors."""

from __future__ import annotations

UNRECORDED = dict.fromkeys(
    (
        "can_cast",
        "get_device",
        "is_complex",
        "is_floating_point",
        "is_inference",
        "is_nonzero",
        "is_same_size",
        "is_signed",
        "is_tensor",
        "numel",
        "typename",
    ),
    "tests/engine/test_tensor.py",
)
OPS = []
