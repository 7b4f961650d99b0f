"""The floating-point policy under which backends work; see backends/README.md."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def silent_floating_point() -> Iterator[None]:
    """inf and nan without warnings, whichever backend was made first."""
    with np.errstate(all="ignore"):
        yield
