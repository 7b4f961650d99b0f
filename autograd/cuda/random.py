"""The random stream under the names of ``torch.cuda``. One stream serves all devices, so these are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.random import default_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.tensor import Tensor


def manual_seed(seed: int) -> None:
    """Starts the default stream of random numbers: one stream serves all devices.

    Args:
        seed: any integer.

    Example:
        >>> ag.cuda.manual_seed(0)
    """
    default_generator().manual_seed(seed)


def seed() -> None:
    """Starts the default stream from the operating system's randomness.

    Example:
        >>> ag.cuda.seed()
    """
    default_generator().seed()


def initial_seed() -> int:
    """The seed of the default stream.

    Example:
        >>> ag.cuda.manual_seed(5); ag.cuda.initial_seed()
        5
    """
    return default_generator().initial_seed()


def get_rng_state(device: Any = "cuda") -> Tensor:
    """The state of the default stream, for ``set_rng_state``.

    Args:
        device: accepted; one stream serves all.

    Returns:
        A uint8 tensor of shape (16,) on the CPU.

    Example:
        >>> ag.cuda.get_rng_state().shape
        Size([16])
    """
    return default_generator().get_state()


def set_rng_state(new_state: Tensor, device: Any = "cuda") -> None:
    """Continues the default stream where ``get_rng_state`` was called.

    Args:
        new_state: uint8 tensor of shape (16,).
        device: accepted; one stream serves all.

    Raises:
        ShapeError: not such a state.

    Example:
        >>> ag.cuda.set_rng_state(ag.cuda.get_rng_state())
    """
    default_generator().set_state(new_state)


def get_rng_state_all() -> list[Tensor]:
    """The state of the default stream, as a list of one: one stream serves all devices.

    Returns:
        A list for ``set_rng_state_all``.

    Example:
        >>> len(ag.cuda.get_rng_state_all())
        1
    """
    return [get_rng_state()]


def set_rng_state_all(new_states: Sequence[Tensor]) -> None:
    """Continues where ``get_rng_state_all`` was called.

    Args:
        new_states: what it returned.

    Example:
        >>> ag.cuda.set_rng_state_all(ag.cuda.get_rng_state_all())
    """
    for state in new_states:
        set_rng_state(state)


manual_seed_all, seed_all = manual_seed, seed
