"""Comparisons, predicates, logic, bits, and the choice between two tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd import dtypes
from autograd.errors import DeviceError, DtypeError, ShapeError
from autograd.formats import rows
from autograd.node import Variable
from autograd.op import elementwise, op, ordered, result_type, wrap
from autograd.ops.out import into

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- comparisons: bool, no gradient -----------------------------------------------------------------------------------


@elementwise
def eq(be: Any, input: Any, other: Any) -> Any:
    """Where the two are equal, element by element.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A bool tensor of the broadcast shape.

    Example:
        >>> ag.eq(ag.tensor([1.0, 2.0]), 2)
        tensor([False,  True])
    """
    return be.xp.equal(input, other)


@elementwise
def ne(be: Any, input: Any, other: Any) -> Any:
    """Where the two differ, element by element.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A bool tensor of the broadcast shape.

    Example:
        >>> ag.ne(ag.tensor([1.0, 2.0]), 2)
        tensor([ True, False])
    """
    return be.xp.not_equal(input, other)


@ordered
def lt(be: Any, input: Any, other: Any) -> Any:
    """Where input < other, element by element.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A bool tensor of the broadcast shape.

    Example:
        >>> ag.lt(ag.tensor([1.0, 2.0]), 2)
        tensor([ True, False])
    """
    return be.xp.less(input, other)


@ordered
def le(be: Any, input: Any, other: Any) -> Any:
    """Where input <= other, element by element.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A bool tensor of the broadcast shape.

    Example:
        >>> ag.le(ag.tensor([2.0, 3.0]), 2)
        tensor([ True, False])
    """
    return be.xp.less_equal(input, other)


@ordered
def gt(be: Any, input: Any, other: Any) -> Any:
    """Where input > other, element by element.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A bool tensor of the broadcast shape.

    Example:
        >>> ag.gt(ag.tensor([1.0, 2.0]), 1)
        tensor([False,  True])
    """
    return be.xp.greater(input, other)


@ordered
def ge(be: Any, input: Any, other: Any) -> Any:
    """Where input >= other, element by element.

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A bool tensor of the broadcast shape.

    Example:
        >>> ag.ge(ag.tensor([1.0, 2.0]), 2)
        tensor([False,  True])
    """
    return be.xp.greater_equal(input, other)


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same values; NaN differs from everything.

    Args:
        input, other: tensors on one device.

    Returns:
        A Python bool.

    Raises:
        DeviceError: they are on two devices.

    Example:
        >>> ag.equal(ag.ones(2), ag.ones(2)), ag.equal(ag.ones(2), ag.ones(3))
        (True, False)
    """
    if input.backend is not other.backend:
        raise DeviceError(
            f"equal: expected one device, got {input.device} and {other.device}. Move one with .to(device)"
        )
    return input.raw.shape == other.raw.shape and bool((input.raw == other.raw).all())


@op
def _isclose(be: Any, input: Any, other: Any, *, rtol: float, atol: float, equal_nan: bool) -> Any:
    close = input == other
    if input.dtype.kind == "b":
        return close
    if input.dtype.kind in "iu":
        close |= abs(input - other) <= atol + abs(rtol * other)
    else:
        distance = abs(input - other)
        close |= be.xp.isfinite(distance) & (distance <= atol + abs(rtol * other))
    return close | (input != input) & (other != other) if equal_nan else close


def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Where |input - other| <= atol + rtol * |other|, element by element.

    Args:
        input, other: broadcastable tensors of one dtype.
        rtol, atol: the tolerances.
        equal_nan: NaN counts as close to NaN.

    Returns:
        A bool tensor of the broadcast shape.

    Raises:
        DtypeError: the dtypes differ.

    Example:
        >>> ag.isclose(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 2.1]))
        tensor([ True, False])
    """
    if input.raw.dtype != other.raw.dtype:
        raise DtypeError(f"isclose: expected one dtype, got {input.dtype} and {other.dtype}. Cast one with .to(dtype)")
    return _isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether |input - other| <= atol + rtol * |other| everywhere.

    Args:
        input, other: broadcastable tensors of one dtype.
        rtol, atol: the tolerances.
        equal_nan: NaN counts as close to NaN.

    Returns:
        A Python bool.

    Raises:
        DtypeError: the dtypes differ.

    Example:
        >>> ag.allclose(ag.tensor([1.0]), ag.tensor([1.0 + 1e-7]))
        True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).raw.all())


# -- predicates -------------------------------------------------------------------------------------------------------


@op
def isfinite(be: Any, input: Any) -> Any:
    """Where the elements are neither infinite nor NaN.

    Args:
        input: any tensor.

    Returns:
        A bool tensor of the same shape.

    Example:
        >>> ag.isfinite(ag.tensor([1.0, float("inf")]))
        tensor([ True, False])
    """
    return be.xp.isfinite(input)


@op
def isinf(be: Any, input: Any) -> Any:
    """Where the elements are infinite, of either sign.

    Args:
        input: any tensor.

    Returns:
        A bool tensor of the same shape.

    Example:
        >>> ag.isinf(ag.tensor([1.0, -float("inf")]))
        tensor([False,  True])
    """
    return be.xp.isinf(input)


@op
def isnan(be: Any, input: Any) -> Any:
    """Where the elements are NaN.

    Args:
        input: any tensor.

    Returns:
        A bool tensor of the same shape.

    Example:
        >>> ag.isnan(ag.tensor([1.0, float("nan")]))
        tensor([False,  True])
    """
    return be.xp.isnan(input)


@op(complex="refused")
def isposinf(be: Any, input: Any) -> Any:
    """Where the elements are positive infinity.

    Args:
        input: any tensor.

    Returns:
        A bool tensor of the same shape.

    Example:
        >>> ag.isposinf(ag.tensor([float("inf"), -float("inf")]))
        tensor([ True, False])
    """
    return input == float("inf")


@op(complex="refused")
def isneginf(be: Any, input: Any) -> Any:
    """Where the elements are negative infinity.

    Args:
        input: any tensor.

    Returns:
        A bool tensor of the same shape.

    Example:
        >>> ag.isneginf(ag.tensor([float("inf"), -float("inf")]))
        tensor([False,  True])
    """
    return input == -float("inf")


# -- choice -----------------------------------------------------------------------------------------------------------


@op
def _where(be: Any, condition: Any, input: Any, other: Any) -> Any:
    return be.where(condition, input, other)


_where.grad(
    input=lambda g, condition: _where(condition, g, 0),
    other=lambda g, condition: _where(condition, 0, g),
)


def where(condition: Any, input: Any = None, other: Any = None, *, out: Tensor | None = None) -> Any:
    """``input`` where the condition holds, else ``other``; of a condition alone, where it holds.

    Args:
        condition: a bool tensor.
        input, other: tensors broadcastable with it, or Python numbers.
        out: a tensor for the result.

    Returns:
        A tensor of the broadcast shape and the promoted dtype; with the condition alone, one int64 index tensor (n,)
        for each of its axes.

    Raises:
        DtypeError: the condition is not bool.
        TypeError: only one of ``input`` and ``other`` is given.

    Example:
        >>> x = ag.tensor([-1.0, 2.0])
        >>> ag.where(x > 0, x, 0), ag.where(x > 0)
        (tensor([0., 2.]), (tensor([1]),))
    """
    if not isinstance(condition, Variable):  # raw arrays, in a gradient
        return _where(condition, input, other)
    be = condition.backend
    if condition.raw.dtype.kind != "b" and condition.raw.dtype != "uint8" and input is not None:
        raise DtypeError(f"where: expected a bool condition, got {condition.raw.dtype}. Compare it: condition != 0")
    if input is None and other is None:
        found = be.xp.nonzero(condition.raw) if condition.raw.ndim else be.xp.nonzero(condition.raw.reshape(1))
        return tuple(wrap(rows(index), be) for index in found)
    if input is None or other is None:
        raise TypeError("where: expected both input and other, or neither, got one of them")
    kind = result_type(input, other)
    condition = condition if condition.raw.dtype.kind == "b" else ne(condition, 0)
    input, other = (
        x.to(kind) if isinstance(x, Variable) else be.scalar(x, kind.numpy)  # type: ignore[attr-defined]
        for x in (input, other)
    )
    return into(out, _where(condition, input, other), "where")


@op
def _masked_fill(be: Any, input: Any, mask: Any, value: Any) -> Any:
    return rows(be.where(mask, value, input))


_masked_fill.grad(
    input=lambda g, mask: _where(mask, 0, g),
    value=lambda g, mask: _where(mask, g, 0),
)


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """``value`` where the mask holds, else ``input``.

    Args:
        input: any tensor.
        mask: a bool tensor broadcastable with it.
        value: a number or a 0-d tensor.

    Returns:
        A tensor of the broadcast shape and the dtype of ``input``.

    Raises:
        DtypeError: the mask is not bool, or ``input`` cannot hold the value.
        ShapeError: the value has axes.

    Example:
        >>> ag.masked_fill(ag.ones(2), ag.tensor([True, False]), -1.0)
        tensor([-1.,  1.])
    """
    if mask.raw.dtype.kind != "b":
        raise DtypeError(f"masked_fill: expected a bool mask, got {mask.dtype}. Compare it: mask != 0")
    if isinstance(value, Variable) and value.raw.ndim:
        raise ShapeError(
            f"masked_fill: expected a number or a 0-d value, got shape {tuple(value.raw.shape)}. Use where"
        )
    kind = result_type(value)
    whole = kind.category < dtypes.COMPLEX and input.raw.dtype.kind in "biu" and not isinstance(value, Variable)
    if whole and math.isfinite(value):  # a number is cut to what the integers hold
        cut = bool(value) if input.raw.dtype.kind == "b" else int(value)
        value = input.backend.xp.asarray(cut).astype(input.raw.dtype)
        return _masked_fill(input, mask, value)
    if kind.category > input.dtype.category:
        raise DtypeError(f"masked_fill: expected a value that fits {input.dtype}, got {kind}. Use .to(dtype)")
    if isinstance(value, Variable):
        value = value.to(input.dtype)  # type: ignore[attr-defined]
    else:
        value = input.backend.scalar(value, input.raw.dtype)
    return _masked_fill(input, mask, value)


@ordered
def heaviside(be: Any, input: Any, values: Any) -> Any:
    """The step function: 0 below zero, 1 above, ``values`` at zero.

    Args:
        input, values: broadcastable tensors.

    Returns:
        A tensor of the broadcast shape and the promoted dtype.

    Example:
        >>> ag.heaviside(ag.tensor([-1.0, 0.0, 2.0]), ag.tensor(0.5))
        tensor([0.0000, 0.5000, 1.0000])
    """
    return be.xp.where(input == 0, values, input > 0)
