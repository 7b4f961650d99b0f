"""Dropout is random: its tests are in tests/nn/test_dropout.py."""

from __future__ import annotations

_WHY = "random; see tests/nn/test_dropout.py"
UNRECORDED = dict.fromkeys(
    [
        "F.alpha_dropout",
        "F.dropout",
        "F.dropout1d",
        "F.dropout2d",
        "F.dropout3d",
        "F.feature_alpha_dropout",
    ],
    _WHY,
)
