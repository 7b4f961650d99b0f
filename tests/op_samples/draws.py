"""Draws whose law depends on a tensor: nothing to compare with; ``tests/distributions`` looks at their moments."""

from __future__ import annotations

UNRECORDED = dict.fromkeys(["binomial", "poisson"], "random: tests/distributions")
