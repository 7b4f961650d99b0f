"""``cupy.random``: other numbers than NumPy's from the same seed, and fewer methods."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cupy_double.array import fresh, ndarray
from tests.cupy_double.surface import absent, checker


class Generator:
    """Distributions over one stream of numbers."""

    def __init__(self, bit_generator: Any) -> None:
        self._host = np.random.Generator(bit_generator)

    def __getattr__(self, name: str) -> Any:
        failure = absent("Generator", "cupy.random.Generator", name)
        if isinstance(failure, AttributeError):
            raise failure
        check = checker("Generator", name)

        def call(*args: Any, **options: Any) -> Any:
            check(len(args), options)
            return fresh(getattr(self._host, name)(*args, **options))

        return call


def default_rng(seed: int | None = None) -> Generator:
    """A generator with a seed, or with one from the system."""
    return Generator(np.random.SFC64(None if seed is None else [7919, seed]))


_default = default_rng(0)


def seed(seed: int | None = None) -> None:
    """Seeds the functions of the module."""
    global _default
    _default = default_rng(seed)


def _size(shape: tuple[int, ...]) -> Any:
    return shape or None


def random(size: Any = None) -> Any:
    """Uniform in [0, 1)."""
    return fresh(_default._host.random(size))


def rand(*size: int) -> Any:
    """Uniform in [0, 1)."""
    return fresh(_default._host.random(_size(size)))


def randn(*size: int) -> Any:
    """Standard normal."""
    return fresh(_default._host.standard_normal(_size(size)))


def standard_normal(size: Any = None, dtype: Any = float) -> Any:
    """Standard normal."""
    return fresh(_default._host.standard_normal(size, dtype))


def uniform(low: float = 0.0, high: float = 1.0, size: Any = None, dtype: Any = float) -> Any:
    """Uniform in [low, high)."""
    return fresh(np.asarray(_default._host.uniform(low, high, size), dtype))


def normal(loc: float = 0.0, scale: float = 1.0, size: Any = None, dtype: Any = float) -> Any:
    """Normal."""
    return fresh(np.asarray(_default._host.normal(loc, scale, size), dtype))


def randint(low: int, high: int | None = None, size: Any = None, dtype: Any = int) -> Any:
    """Integers in [low, high)."""
    return fresh(np.asarray(_default._host.integers(low, high, size), dtype))


def permutation(a: Any) -> Any:
    """A random order."""
    return fresh(_default._host.permutation(a._host if isinstance(a, ndarray) else a))


CONTENTS: dict[str, Any] = {
    "Generator": Generator,
    "default_rng": default_rng,
    "seed": seed,
    "random": random,
    "random_sample": random,
    "rand": rand,
    "randn": randn,
    "standard_normal": standard_normal,
    "uniform": uniform,
    "normal": normal,
    "randint": randint,
    "permutation": permutation,
}
