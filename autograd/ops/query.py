"""Questions about tensors that are functions in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.dtypes import dtype
from autograd.errors import ShapeError
from autograd.node import Variable

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def is_tensor(obj: Any) -> bool:
    """Whether an object is a tensor.

    Args:
        obj: anything.

    Returns:
        True for a ``Tensor`` or a subclass, and for a sparse one.

    Example:
        >>> ag.is_tensor(ag.ones(1)), ag.is_tensor(1.0)
        (True, False)
    """
    return isinstance(obj, Variable) or bool(getattr(obj, "is_sparse", False) or getattr(obj, "is_sparse_csr", False))


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


def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative numbers.

    Args:
        input: any tensor.

    Returns:
        False for bool and uint8.

    Example:
        >>> ag.is_signed(ag.ones(1)), ag.is_signed(ag.tensor([True]))
        (True, False)
    """
    return input.dtype.is_signed


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape.

    Args:
        input, other: any tensors.

    Returns:
        Whether.

    Example:
        >>> ag.is_same_size(ag.ones(2, 3), ag.zeros(2, 3))
        True
    """
    return bool(input.raw.shape == other.raw.shape)


def is_inference(input: Tensor) -> bool:
    """Whether the tensor was made inside ``inference_mode``.

    Args:
        input: any tensor.

    Returns:
        Whether.

    Example:
        >>> ag.is_inference(ag.ones(1))
        False
    """
    return input.is_inference()


def get_device(input: Tensor) -> int:
    """The index of the GPU a tensor is on, -1 on the CPU.

    Args:
        input: any tensor.

    Returns:
        The index.

    Example:
        >>> ag.get_device(ag.ones(1, device="cpu"))
        -1
    """
    return input.get_device()


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether results of a dtype may be written into a tensor of another: not from a higher category to a lower.

    Args:
        from_, to: dtypes.

    Returns:
        Whether; bool < integer < floating < complex.

    Example:
        >>> ag.can_cast(ag.float64, ag.float32), ag.can_cast(ag.float32, ag.int64)
        (True, False)
    """
    return from_.category <= to.category


def typename(obj: Any) -> str:
    """The name of an object's type, with its module where it is no builtin.

    Args:
        obj: anything; of a tensor, the name of its dtype's class.

    Returns:
        The name.

    Example:
        >>> ag.typename(ag.ones(1, device="cpu")), ag.typename(1)
        ('autograd.FloatTensor', 'int')
    """
    if isinstance(obj, Variable):
        return str(obj.type())  # type: ignore[attr-defined]
    kind = obj if isinstance(obj, type) or hasattr(obj, "__qualname__") else type(obj)
    module = getattr(kind, "__module__", "builtins")
    return kind.__qualname__ if module in ("builtins", None) else f"{module}.{kind.__qualname__}"
