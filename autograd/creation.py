"""New tensors from data, from a rule, or empty. Every function takes dtype=, device= and requires_grad=."""

from __future__ import annotations

import functools
import math
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import dtypes
from autograd.device import backend_of
from autograd.dtypes import as_dtype
from autograd.errors import ArgumentError, DtypeError
from autograd.node import Variable
from autograd.op import wrap
from autograd.ops.arguments import sizes
from autograd.ops.conversion import to
from autograd.ops.out import fresh, like

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _numpy_dtype(dtype: Any) -> Any:
    return (dtypes.default() if dtype is None else as_dtype(dtype)).numpy


# -- from data ---------------------------------------------------------------------------------------------------------


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A new leaf with a copy of ``data``.

    Args:
        data: numbers, (nested) sequences of numbers or tensors, an array, or a tensor.
        dtype: default: that of an array or tensor; the default dtype for floats, int64 for ints, bool for bools.
        device: default: the default device.
        requires_grad: ask for its gradient.
        pin_memory: in page-locked memory; see ``Tensor.pin_memory``.

    Returns:
        A tensor of the data's shape.

    Raises:
        DtypeError: not numbers, ragged, or integers that should require grad.

    Example:
        >>> ag.tensor([[1, 2], [3, 4]]).dtype
        autograd.int64
    """
    be = backend_of(device if device is not None or not isinstance(data, Variable) else data.device)  # type: ignore[attr-defined]
    if isinstance(data, Variable):
        raw = be.asarray(data.backend.to_numpy(data.raw).copy() if data.backend is not be else data.raw.copy())
    else:
        raw = be.xp.array(_numbers("tensor", data, dtype))
    if dtype is not None:
        raw = raw.astype(as_dtype(dtype).numpy, copy=False)
    t = wrap(raw, be)
    if pin_memory:
        t = t.pin_memory()
    return t.requires_grad_() if requires_grad else t


def _numbers(name: str, data: Any, dtype: Any) -> Any:
    """The array of anything that holds numbers, in PyTorch's dtype for it where no ``dtype`` is given."""
    if hasattr(data, "__cuda_array_interface__"):
        return data
    kinds: set[Any] = set()
    if isinstance(data, (list, tuple, deque, *_PYTHON)):
        data = _plain(data, kinds)
    try:
        array = np.asarray(data)
    except ValueError as e:
        raise DtypeError(f"{name}: expected sequences of equal length, got ragged ones ({e})") from e
    if array.dtype.kind not in "buifc" and array.dtype != dtypes.BFLOAT16:
        raise DtypeError(f"{name}: expected numbers, got {array.dtype} from {type(data).__name__}")
    if dtype is None and kinds:  # of Python numbers, arrays and tensors together
        known = [
            _PYTHON[k]() if k in _PYTHON else dtypes.FROM_NUMPY.get(k.newbyteorder("="), dtypes.int64) for k in kinds
        ]
        array = array.astype(functools.reduce(dtypes.promote_types, known).numpy)
    elif dtype is None and array.size == 0 and isinstance(data, list):
        array = array.astype(dtypes.default().numpy)
    if array.dtype not in dtypes.FROM_NUMPY:
        if array.dtype.kind == "u":  # unsigned widths that have no counterpart here
            return array.astype(np.int64)
        if array.dtype.newbyteorder("=") in dtypes.FROM_NUMPY:
            return array.astype(array.dtype.newbyteorder("="))
        raise DtypeError(f"{name}: expected a dtype known here, got {array.dtype}. Cast it with astype first")
    return array


_PYTHON: dict[Any, Any] = {  # the dtypes of Python's numbers
    bool: lambda: dtypes.bool_,
    int: lambda: dtypes.int64,
    float: dtypes.default,
    complex: lambda: dtypes.default().to_complex(),
}


def _plain(data: Any, kinds: set[Any]) -> Any:
    """Nested sequences with tensors replaced by arrays or numbers; the kinds of elements that were found."""
    if isinstance(data, (list, tuple, deque)):
        return [_plain(item, kinds) for item in data]
    if isinstance(data, Variable):
        kinds.add(data.raw.dtype)
        return data.raw.item() if data.raw.ndim == 0 else data.backend.to_numpy(data.raw)
    kinds.add(data.dtype if isinstance(data, (np.ndarray, np.generic)) else type(data))
    return data


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of ``data`` that shares its memory where it can.

    Args:
        data: as for ``tensor``; an array or tensor of the right dtype and device is not copied.
        dtype, device: default: those of the data.

    Returns:
        A tensor; ``data`` itself if it is one that fits (gradients flow through).

    Example:
        >>> a = np.zeros(2); t = ag.as_tensor(a); a[0] = 1; t
        tensor([1., 0.], dtype=autograd.float64)
    """
    if isinstance(data, Variable):
        return to(data, dtype=dtype, device=device)  # type: ignore[arg-type]
    be = backend_of(device)
    raw = be.asarray(_numbers("as_tensor", data, dtype))
    if dtype is not None:
        raw = raw.astype(as_dtype(dtype).numpy, copy=False)
    return wrap(raw, be)


def from_numpy(ndarray: Any) -> Tensor:
    """A CPU tensor that shares the memory of a NumPy array.

    Args:
        ndarray: of a dtype known here.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        TypeError: not a NumPy array.
        DtypeError: of another dtype.

    Example:
        >>> a = np.arange(3); t = ag.from_numpy(a); a[0] = 9; t
        tensor([9, 1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: expected a numpy.ndarray, got {type(ndarray).__name__}. Use as_tensor")
    if ndarray.dtype not in dtypes.FROM_NUMPY:
        raise DtypeError(f"from_numpy: expected a dtype known here, got {ndarray.dtype}. Cast it with astype first")
    return wrap(ndarray, backend_of("cpu"))


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares the memory of any array that speaks DLPack (NumPy, CuPy, PyTorch, JAX ...).

    Args:
        ext_tensor: an object with ``__dlpack__``.

    Returns:
        A tensor on the array's device.

    Example:
        >>> ag.from_dlpack(np.ones(2)).dtype
        autograd.float64
    """
    kind, index = ext_tensor.__dlpack_device__()
    be = backend_of("cpu" if int(kind) in (1, 3) else f"cuda:{index}")
    return wrap(be.xp.from_dlpack(ext_tensor), be)


# -- from a rule -------------------------------------------------------------------------------------------------------


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """A tensor filled with one number.

    Args:
        size: the shape, a sequence of ints.
        fill_value: the number.
        dtype: default: as ``tensor(fill_value)`` would have.
        device, requires_grad: as for ``tensor``.
        rest: out= to write into; memory_format=, pin_memory=; layout= is accepted.

    Returns:
        A tensor of shape ``size``.

    Example:
        >>> ag.full((2,), 7)
        tensor([7, 7])
    """
    be = backend_of(device)
    value = fill_value.item() if isinstance(fill_value, Variable) else fill_value  # type: ignore[attr-defined]
    kind = dtypes.of_number(value) if dtype is None else as_dtype(dtype)
    return fresh("full", be.xp.full(sizes((size,)), value, kind.numpy), be, requires_grad, rest)


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **rest: Any) -> Tensor:
    """A tensor of zeros.

    Args:
        size: the shape, as ints or one sequence.
        dtype: default: the default dtype.
        device, requires_grad: as for ``tensor``.
        rest: out= to write into; memory_format=, pin_memory=; layout= is accepted.

    Returns:
        A tensor of shape ``size``.

    Example:
        >>> ag.zeros(2, dtype=ag.int64)
        tensor([0, 0])
    """
    be = backend_of(device)
    return fresh("zeros", be.xp.zeros(_size(size, rest), _numpy_dtype(dtype)), be, requires_grad, rest)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **rest: Any) -> Tensor:
    """A tensor of ones.

    Args:
        size: the shape, as ints or one sequence.
        dtype: default: the default dtype.
        device, requires_grad: as for ``tensor``.
        rest: out= to write into; memory_format=, pin_memory=; layout= is accepted.

    Returns:
        A tensor of shape ``size``.

    Example:
        >>> ag.ones((1, 2))
        tensor([[1., 1.]])
    """
    be = backend_of(device)
    return fresh("ones", be.xp.ones(_size(size, rest), _numpy_dtype(dtype)), be, requires_grad, rest)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **rest: Any) -> Tensor:
    """A tensor whose values are whatever the memory held.

    Args:
        size: the shape, as ints or one sequence.
        dtype: default: the default dtype.
        device, requires_grad: as for ``tensor``.
        rest: out= to write into; memory_format=, pin_memory=; layout= is accepted.

    Returns:
        A tensor of shape ``size``.

    Example:
        >>> ag.empty(2, 3).shape
        Size([2, 3])
    """
    be = backend_of(device)
    return fresh("empty", be.xp.empty(_size(size, rest), _numpy_dtype(dtype)), be, requires_grad, rest)


def _size(args: Any, keywords: dict[str, Any]) -> tuple[int, ...]:
    """The shape, also given as ``size=``."""
    return sizes((keywords["size"],) if "size" in keywords else args)


def zeros_like(input: Tensor, **options: Any) -> Tensor:
    """Zeros with the shape, dtype and device of ``input``.

    Args:
        input: the model.
        options: dtype=, device=, requires_grad=, memory_format= override.

    Returns:
        A tensor of the shape of ``input``.

    Example:
        >>> ag.zeros_like(ag.ones(2))
        tensor([0., 0.])
    """
    return like("zeros_like", zeros, input, options)


def ones_like(input: Tensor, **options: Any) -> Tensor:
    """Ones with the shape, dtype and device of ``input``.

    Args:
        input: the model.
        options: dtype=, device=, requires_grad=, memory_format= override.

    Returns:
        A tensor of the shape of ``input``.

    Example:
        >>> ag.ones_like(ag.zeros(2))
        tensor([1., 1.])
    """
    return like("ones_like", ones, input, options)


def empty_like(input: Tensor, **options: Any) -> Tensor:
    """Uninitialised memory with the shape, dtype and device of ``input``.

    Args:
        input: the model.
        options: dtype=, device=, requires_grad=, memory_format= override.

    Returns:
        A tensor of the shape of ``input``.

    Example:
        >>> ag.empty_like(ag.zeros(2)).shape
        Size([2])
    """
    return like("empty_like", empty, input, options)


def full_like(input: Tensor, fill_value: Any, **options: Any) -> Tensor:
    """One number with the shape, dtype and device of ``input``.

    Args:
        input: the model.
        fill_value: the number.
        options: dtype=, device=, requires_grad=, memory_format= override.

    Returns:
        A tensor of the shape of ``input``.

    Example:
        >>> ag.full_like(ag.zeros(2), 5)
        tensor([5., 5.])
    """
    return like("full_like", lambda size, **o: full(size, fill_value, **o), input, options)


def arange(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """Numbers from start (inclusive) to end (exclusive) in equal steps.

    Args:
        start, end, step: numbers; ``arange(end)`` starts at 0.
        dtype: default: int64 if all are ints, else the default dtype.
        device, requires_grad: as for ``tensor``.
        rest: out= to write into; memory_format=, pin_memory=; layout= is accepted.

    Returns:
        A tensor of shape (ceil((end - start) / step),).

    Raises:
        ValueError: the step is zero or leads away from the end.

    Example:
        >>> ag.arange(1, 4), ag.arange(0.0, 1.0, 0.5)
        (tensor([1, 2, 3]), tensor([0.0000, 0.5000]))
    """
    if end is None:
        start, end = 0, start
    start, end, step = (n.item() if isinstance(n, Variable) else n for n in (start, end, step))  # type: ignore[attr-defined]
    if step == 0 or (end - start) * step < 0:
        raise ArgumentError(f"arange: expected a step that leads from {start} to {end}, got {step}")
    floating = any(isinstance(n, float) for n in (start, end, step))
    kind = (dtypes.default() if floating else dtypes.int64) if dtype is None else as_dtype(dtype)
    be = backend_of(device)
    count = math.ceil((end - start) / step)
    values = be.xp.arange(count, dtype="float64" if floating else "int64") * step + start
    return fresh("arange", values.astype(kind.numpy, copy=False), be, requires_grad, rest)


def linspace(
    start: Any, end: Any, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **rest: Any
) -> Tensor:
    """Equally spaced numbers from start to end, both included.

    Args:
        start, end: numbers, also complex ones.
        steps: how many.
        dtype: default: the default dtype, or its complex dtype.
        device, requires_grad: as for ``tensor``.
        rest: out= to write into; memory_format=, pin_memory=; layout= is accepted.

    Returns:
        A tensor of shape (steps,).

    Example:
        >>> ag.linspace(0, 1, 3)
        tensor([0.0000, 0.5000, 1.0000])
    """
    be = backend_of(device)
    first, last = (x.item() if isinstance(x, Variable) else x for x in (start, end))  # type: ignore[attr-defined]
    if isinstance(first, complex) or isinstance(last, complex):
        values = first + (last - first) * be.xp.linspace(0.0, 1.0, int(steps))
        dtype = dtypes.default().to_complex() if dtype is None else dtype
    else:
        values = be.xp.linspace(float(first), float(last), int(steps))
    return fresh("linspace", values.astype(_numpy_dtype(dtype), copy=False), be, requires_grad, rest)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """base ** numbers equally spaced from start to end.

    Args:
        start, end: exponents.
        steps: how many.
        base: of the powers.
        dtype, device, requires_grad: as for ``linspace``.
        rest: out= to write into; memory_format=, pin_memory=; layout= is accepted.

    Returns:
        A tensor of shape (steps,).

    Example:
        >>> ag.logspace(0, 2, 3)
        tensor([  1.,  10., 100.])
    """
    be = backend_of(device)
    values = be.xp.power(float(base), be.xp.linspace(float(start), float(end), int(steps)))
    return fresh("logspace", values.astype(_numpy_dtype(dtype), copy=False), be, requires_grad, rest)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **rest: Any
) -> Tensor:
    """The identity matrix.

    Args:
        n, m: rows and columns (default: square).
        dtype, device, requires_grad: as for ``zeros``.
        rest: out= to write into; memory_format=, pin_memory=; layout= is accepted.

    Returns:
        A tensor of shape (n, m).

    Example:
        >>> ag.eye(2)
        tensor([[1., 0.],
                [0., 1.]])
    """
    be = backend_of(device)
    return fresh("eye", be.xp.eye(n, m, dtype=_numpy_dtype(dtype)), be, requires_grad, rest)


def tril_indices(row: int, col: int, offset: int = 0, **options: Any) -> Tensor:
    """Row and column numbers of the lower triangle.

    Args:
        row, col: the matrix' sizes.
        offset: of the diagonal that is still included.
        options: device=.

    Returns:
        An int64 tensor of shape (2, count).

    Example:
        >>> ag.tril_indices(2, 2)
        tensor([[0, 1, 1],
                [0, 0, 1]])
    """
    be = backend_of(options.get("device"))
    return wrap(be.xp.stack(be.xp.tril_indices(row, offset, col)).astype("int64"), be)


def triu_indices(row: int, col: int, offset: int = 0, **options: Any) -> Tensor:
    """Row and column numbers of the upper triangle.

    Args:
        row, col: the matrix' sizes.
        offset: of the diagonal that is still included.
        options: device=.

    Returns:
        An int64 tensor of shape (2, count).

    Example:
        >>> ag.triu_indices(2, 2)
        tensor([[0, 0, 1],
                [0, 1, 1]])
    """
    be = backend_of(options.get("device"))
    return wrap(be.xp.stack(be.xp.triu_indices(row, offset, col)).astype("int64"), be)


# -- methods: x.new_zeros(...) -----------------------------------------------------------------------------------------


def new(make: Any) -> Any:
    """The method ``x.new_name(...)`` of a creation function: dtype and device default to those of ``x``."""

    def method(self: Any, *args: Any, **options: Any) -> Any:
        chosen = {"dtype": self.dtype, "device": self.device} | {k: v for k, v in options.items() if v is not None}
        return make(*args, **chosen)

    method.__name__ = method.__qualname__ = f"new_{make.__name__}"
    method.__doc__ = f"``{make.__name__}`` with this tensor's dtype and device."
    return method
