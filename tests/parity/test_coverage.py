"""What any user expects is there, all of it; of what a full engine has, nearly all."""

from __future__ import annotations

import pytest

from tests.parity.coverage import forms, rows, share

pytestmark = pytest.mark.cpu_only("names do not depend on the device")

PARTS = {1: 1.0, 2: 0.95}  # of each tier


def test_tiers_are_covered() -> None:
    missing = [f"{row.place}.{row.name}" for row in rows() if not row.present]
    for tier, part in PARTS.items():
        assert share(tier) >= part, f"missing: {', '.join(missing)}"


def test_forms() -> None:
    assert forms("torch", "add") == ("function", "method", "in place")
    assert forms("torch", "uniform") == ("in place",)
    assert forms("F", "nothing") == ()
