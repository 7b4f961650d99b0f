"""Fixtures of the optimizers' tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType

import pytest


@pytest.fixture
def precision(torch: ModuleType) -> Iterator[Callable[[str], None]]:
    """Sets PyTorch's default dtype, in which it keeps numbers such as NAdam's product of momenta."""
    before = torch.get_default_dtype()
    yield lambda dtype: torch.set_default_dtype(torch.float32 if dtype == "float32" else torch.float64)
    torch.set_default_dtype(before)
