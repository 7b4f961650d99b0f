"""Questions about tensors that are functions in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.errors import ShapeError
from autograd.node import Variable

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def is_tensor(obj: Any) -> bool:
    """Whether an object is a tensor.

    Args:
        obj: anything.

    Returns:
        True for a ``Tensor`` or a subclass.

    Example:
        >>> ag.is_tensor(ag.ones(1)), ag.is_tensor(1.0)
        (True, False)
    """
    return isinstance(obj, Variable)


def is_floating_point(input: Tensor) -> bool:
    """Whether the elements are floating-point numbers.

    Args:
        input: any tensor.

    Returns:
        True for float16, float32, float64.

    Example:
        >>> ag.is_floating_point(ag.ones(1))
        True
    """
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Whether the elements are complex numbers.

    Args:
        input: any tensor.

    Returns:
        True for complex64, complex128.

    Example:
        >>> ag.is_complex(ag.ones(1))
        False
    """
    return input.is_complex()


def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is not zero.

    Args:
        input: a tensor of one element.

    Returns:
        False for 0, 0.0 and False.

    Raises:
        ShapeError: there is not exactly one element.

    Example:
        >>> ag.is_nonzero(ag.tensor([0.0]))
        False
    """
    if input.raw.size != 1:
        raise ShapeError(f"is_nonzero: expected one element, got shape {tuple(input.raw.shape)}. Use any() or all()")
    return bool(input)


def numel(input: Tensor) -> int:
    """The number of elements.

    Args:
        input: any tensor.

    Returns:
        The product of the sizes.

    Example:
        >>> ag.numel(ag.ones(2, 3))
        6
    """
    return input.numel()
