"""Logic on truth values and on the bits of integers; nothing here has a gradient."""

from __future__ import annotations

from typing import Any

from autograd.errors import DtypeError
from autograd.op import elementwise, op

# -- logic ------------------------------------------------------------------------------------------------------------


@op
def logical_and(be: Any, input: Any, other: Any) -> Any:
    """Where both are nonzero.

    Args:
        input, other: broadcastable tensors of any dtype.

    Returns:
        A bool tensor of the broadcast shape.

    Example:
        >>> ag.logical_and(ag.tensor([0, 1]), ag.tensor([1, 2]))
        tensor([False,  True])
    """
    return be.xp.logical_and(input, other)


@op
def logical_or(be: Any, input: Any, other: Any) -> Any:
    """Where at least one is nonzero.

    Args:
        input, other: broadcastable tensors of any dtype.

    Returns:
        A bool tensor of the broadcast shape.

    Example:
        >>> ag.logical_or(ag.tensor([0, 1]), ag.tensor([0, 0]))
        tensor([False,  True])
    """
    return be.xp.logical_or(input, other)


@op
def logical_xor(be: Any, input: Any, other: Any) -> Any:
    """Where exactly one is nonzero.

    Args:
        input, other: broadcastable tensors of any dtype.

    Returns:
        A bool tensor of the broadcast shape.

    Example:
        >>> ag.logical_xor(ag.tensor([0, 1]), ag.tensor([2, 2]))
        tensor([ True, False])
    """
    return be.xp.logical_xor(input, other)


@op
def logical_not(be: Any, input: Any) -> Any:
    """Where the elements are zero.

    Args:
        input: a tensor of any dtype.

    Returns:
        A bool tensor of the same shape.

    Example:
        >>> ag.logical_not(ag.tensor([0, 3]))
        tensor([ True, False])
    """
    return input == 0 if input.dtype.kind == "c" else be.xp.logical_not(input)  # CuPy's takes no complex numbers


# -- bits: integers and bools -----------------------------------------------------------------------------------------


def _bits(name: str, function: Any, *arrays: Any) -> Any:
    """A ufunc on bits, with our error for floats."""
    try:
        return function(*arrays)
    except TypeError:
        kinds = " and ".join(str(a.dtype) for a in arrays)
        raise DtypeError(f"{name}: expected integers or bools, got {kinds}. Cast with .to(dtype)") from None


@elementwise
def bitwise_and(be: Any, input: Any, other: Any) -> Any:
    """The bits set in both.

    Args:
        input, other: broadcastable tensors of integers or bools, or a Python number for one of them.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: floating-point elements.

    Example:
        >>> ag.bitwise_and(ag.tensor([6, 3]), 2)
        tensor([2, 2])
    """
    return _bits("bitwise_and", be.xp.bitwise_and, input, other)


@elementwise
def bitwise_or(be: Any, input: Any, other: Any) -> Any:
    """The bits set in at least one.

    Args:
        input, other: broadcastable tensors of integers or bools, or a Python number for one of them.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: floating-point elements.

    Example:
        >>> ag.bitwise_or(ag.tensor([4, 3]), 2)
        tensor([6, 3])
    """
    return _bits("bitwise_or", be.xp.bitwise_or, input, other)


@elementwise
def bitwise_xor(be: Any, input: Any, other: Any) -> Any:
    """The bits set in exactly one.

    Args:
        input, other: broadcastable tensors of integers or bools, or a Python number for one of them.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: floating-point elements.

    Example:
        >>> ag.bitwise_xor(ag.tensor([4, 3]), 2)
        tensor([6, 1])
    """
    return _bits("bitwise_xor", be.xp.bitwise_xor, input, other)


@op
def bitwise_not(be: Any, input: Any) -> Any:
    """All bits flipped; for bools the logical not.

    Args:
        input: a tensor of integers or bools.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        DtypeError: floating-point elements.

    Example:
        >>> ag.bitwise_not(ag.tensor([0, 1]))
        tensor([-1, -2])
    """
    return _bits("bitwise_not", be.xp.invert, input)


@elementwise
def bitwise_left_shift(be: Any, input: Any, other: Any) -> Any:
    """The bits moved to higher places: input * 2**other.

    Args:
        input, other: broadcastable tensors of integers, or a Python number for one of them.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: floating-point elements.

    Example:
        >>> ag.bitwise_left_shift(ag.tensor([1, 3]), 2)
        tensor([ 4, 12])
    """
    return _bits("bitwise_left_shift", be.xp.left_shift, input, other)


@elementwise
def bitwise_right_shift(be: Any, input: Any, other: Any) -> Any:
    """The bits moved to lower places, the sign kept: input // 2**other.

    Args:
        input, other: broadcastable tensors of integers, or a Python number for one of them.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Raises:
        DtypeError: floating-point elements.

    Example:
        >>> ag.bitwise_right_shift(ag.tensor([4, -8]), 2)
        tensor([ 1, -2])
    """
    return _bits("bitwise_right_shift", be.xp.right_shift, input, other)
