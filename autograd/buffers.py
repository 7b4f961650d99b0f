"""New tensors over memory that is there, or with strides of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import dtypes
from autograd.creation import as_tensor
from autograd.device import backend_of
from autograd.dtypes import as_dtype
from autograd.errors import ArgumentError, ShapeError
from autograd.node import Variable
from autograd.op import wrap
from autograd.ops.arguments import sizes
from autograd.ops.conversion import clone
from autograd.ops.out import fresh

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A 1-d tensor on the memory of a Python buffer.

    Args:
        buffer: bytes, bytearray, array and their like.
        dtype: of the elements.
        count: how many elements; -1 for all.
        offset: bytes to skip.
        requires_grad: ask for its gradient.

    Returns:
        A CPU tensor that shares the memory; of ``bytes`` one that cannot be written.

    Raises:
        ValueError: the buffer is empty or too short.

    Example:
        >>> ag.frombuffer(bytearray([1, 0, 2, 0]), dtype=ag.int16)
        tensor([1, 2], dtype=autograd.int16)
    """
    t: Tensor = wrap(np.frombuffer(buffer, as_dtype(dtype).numpy, count, offset), backend_of("cpu"))
    return t.requires_grad_() if requires_grad else t


def scalar_tensor(s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **rest: Any) -> Tensor:
    """A 0-d tensor of one number.

    Args:
        s: the number.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout=, pin_memory= are accepted.

    Returns:
        A tensor of shape ().

    Example:
        >>> ag.scalar_tensor(3)
        tensor(3.)
    """
    be, kind = backend_of(device), dtypes.default() if dtype is None else as_dtype(dtype)
    return fresh("scalar_tensor", be.xp.full((), s, kind.numpy), be, requires_grad, rest)


def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **rest: Any
) -> Tensor:
    """A tensor of given strides whose values are whatever the memory held.

    Args:
        size: the shape.
        stride: steps along each axis, in elements.
        dtype, device, requires_grad: as for ``zeros``.
        rest: layout=, pin_memory= are accepted.

    Returns:
        A tensor of shape ``size``.

    Raises:
        ShapeError: other than one stride per axis, or a negative one.

    Example:
        >>> ag.empty_strided((2, 3), (1, 2)).stride()
        (1, 2)
    """
    shape, steps = sizes((size,)), sizes((stride,))
    if len(shape) != len(steps) or any(s < 0 for s in steps):
        raise ShapeError(f"empty_strided: expected one stride >= 0 per axis, got {steps} for shape {shape}")
    be, kind = backend_of(device), dtypes.default() if dtype is None else as_dtype(dtype)
    count = 1 + sum((n - 1) * s for n, s in zip(shape, steps, strict=True)) if all(shape) else 0
    memory = be.xp.empty(count, kind.numpy)
    raw = be.xp.lib.stride_tricks.as_strided(memory, shape, tuple(s * memory.itemsize for s in steps))
    return fresh("empty_strided", raw, be, requires_grad, rest)


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of ``obj`` that shares its memory where it can, or must not.

    Args:
        obj: a tensor, an array, or anything that ``tensor`` takes.
        dtype, device: default: those of ``obj``.
        copy: True: always; False: never; None: where it must.
        requires_grad: ask for its gradient; otherwise the result of a tensor is detached.

    Returns:
        A tensor.

    Raises:
        ValueError: ``copy=False``, and a copy is needed.

    Example:
        >>> a = np.zeros(2); t = ag.asarray(a); a[0] = 1; t
        tensor([1., 0.], dtype=autograd.float64)
    """
    if isinstance(obj, (bytes, bytearray, memoryview)):
        made: Any = frombuffer(obj, dtype=dtypes.default() if dtype is None else dtype)
    else:
        made = as_tensor(obj, dtype, device)
    shares = made is obj or _memory(made) == _memory(obj)
    if copy is False and not shares:
        raise ArgumentError(
            "asarray: expected memory that can be shared, got what must be copied. Leave copy=False out"
        )
    if copy and shares:
        made = clone(made.detach())
    if isinstance(obj, Variable) and not requires_grad and made.requires_grad:
        made = made.detach()
    return made.detach().requires_grad_() if requires_grad else made


def _memory(x: Any) -> Any:
    """Where the elements of a tensor or array are."""
    raw = x.raw if isinstance(x, Variable) else x
    return getattr(raw, "__array_interface__", None) and raw.__array_interface__["data"]
