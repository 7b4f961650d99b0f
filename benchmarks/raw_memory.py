"""A plugin of pytest (``-p benchmarks.raw_memory``): every array is an allocation of its own on the GPU.

A pool's arrays lie beside each other in one allocation, within which compute-sanitizer sees no access out of bounds.
"""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call() -> None:
    """After the fixtures, the backend's own pool among them."""
    import cupy

    cupy.cuda.set_allocator(None)
