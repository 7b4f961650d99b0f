"""Random numbers: counter-based, so that one seed gives the same numbers on every device.

A generator is a seed and a position in its stream of 32-bit words (Philox 4x32-10; Salmon et al., "Parallel random
numbers: as easy as 1, 2, 3", 2011). A draw computes its words from (seed, position + i) alone, whatever computes it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.device import device as device_type
from autograd.errors import ShapeError
from autograd.op import wrap
from backends import registry
from backends.stream import random_blocks

if TYPE_CHECKING:
    from autograd.tensor import Tensor


__all__ = [
    "Generator",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]


class Generator:
    """A stream of random numbers, as ``torch.Generator``.

    Args:
        device: accepted for compatibility; a stream is the same on every device.

    Example:
        >>> g = ag.Generator().manual_seed(3)
        >>> a = ag.rand(2, generator=g)
        >>> bool((a == ag.rand(2, generator=g.manual_seed(3))).all())
        True
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = device_type(device)
        self._seed, self._offset = 0, 0

    def manual_seed(self, seed: int) -> Generator:
        """Starts the stream of ``seed`` (any integer; taken modulo 2^64) from its beginning; returns the generator."""
        self._seed, self._offset = int(seed) % (1 << 64), 0
        return self

    def seed(self) -> int:
        """Starts a stream from the operating system's randomness; returns its seed."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed of the stream."""
        return self._seed

    def get_state(self) -> Tensor:
        """Seed and position, 16 bytes: uint8 tensor of shape (16,)."""
        words = np.array([self._seed, self._offset], np.uint64)
        state: Tensor = wrap(words.view(np.uint8).copy(), registry.get("cpu"))
        return state

    def set_state(self, state: Tensor) -> Generator:
        """Continues where ``get_state`` was called.

        Args:
            state: uint8 tensor of shape (16,).

        Returns:
            The generator.

        Raises:
            ShapeError: not a state of this kind.
        """
        raw = np.ascontiguousarray(state.backend.to_numpy(state.raw))
        if raw.dtype != np.uint8 or raw.shape != (16,):
            raise ShapeError(f"set_state: expected a uint8 tensor of 16 bytes, got {raw.dtype} of shape {raw.shape}")
        self._seed, self._offset = (int(w) for w in raw.view(np.uint64))
        return self

    def reserve(self, kind: str, n: int, itemsize: int) -> tuple[int, int]:
        """Takes the words of one draw of ``n`` elements from the stream: (seed, position) for the backend's kernel.

        Args:
            kind: "random_bits", "uniform", "normal", "randint", "permutation" or "dropout".
            n: number of elements.
            itemsize: bytes of one element.

        Returns:
            (seed, position).
        """
        at = self._offset
        self._offset += random_blocks(kind, n, itemsize)
        return self._seed, at


_default = Generator()
_default.seed()


def default_generator(device: Any = None) -> Generator:
    """The generator behind every random function that is not given one; one for all devices.

    Args:
        device: accepted.

    Returns:
        The generator.

    Example:
        >>> ag.random.default_generator() is ag.default_generator
        True
    """
    return _default


def manual_seed(seed: int) -> Generator:
    """Starts the default stream of random numbers from ``seed``, on all devices.

    Args:
        seed: any integer.

    Returns:
        The default generator.

    Example:
        >>> _ = ag.manual_seed(0); a = ag.rand(3)
        >>> _ = ag.manual_seed(0); bool((a == ag.rand(3)).all())
        True
    """
    return _default.manual_seed(seed)


def seed() -> int:
    """Starts the default stream from the operating system's randomness.

    Returns:
        The seed.

    Example:
        >>> isinstance(ag.seed(), int)
        True
    """
    return _default.seed()


def initial_seed() -> int:
    """The seed of the default stream.

    Example:
        >>> _ = ag.manual_seed(5); ag.initial_seed()
        5
    """
    return _default.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default stream, for ``set_rng_state``.

    Returns:
        A uint8 tensor of shape (16,).

    Example:
        >>> state = ag.get_rng_state(); a = ag.rand(2)
        >>> ag.set_rng_state(state); bool((a == ag.rand(2)).all())
        True
    """
    return _default.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Continues the default stream where ``get_rng_state`` was called.

    Args:
        new_state: uint8 tensor of shape (16,).

    Raises:
        ShapeError: not such a state.

    Example:
        >>> ag.set_rng_state(ag.get_rng_state())
    """
    _default.set_state(new_state)


@contextmanager
def fork_rng(devices: Iterable[Any] | None = None, enabled: bool = True, **names: str) -> Iterator[None]:
    """A block that draws from the default stream and leaves it where it was.

    Args:
        devices: accepted: there is one stream for all devices.
        enabled: False leaves the stream where the block leaves it.
        names: accepted: names for messages of PyTorch's, and device_type=.

    Yields:
        Nothing.

    Example:
        >>> _ = ag.manual_seed(0); a = ag.rand(1)
        >>> _ = ag.manual_seed(0)
        >>> with ag.random.fork_rng():
        ...     _ = ag.rand(5)
        >>> bool(a == ag.rand(1))
        True
    """
    state = _default.get_state()
    try:
        yield
    finally:
        if enabled:
            _default.set_state(state)
