"""Changing the dtype or the device: the only places where an array is cast or moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.device import backend_of, device
from autograd.dtypes import as_dtype, dtype
from autograd.inplace import check_writable, fill, history
from autograd.node import Variable
from autograd.op import op, refresh, wrap, written
from autograd.ops.shape import expand

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op
def _cast(be: Any, x: Any, *, dtype: Any, source: Any) -> Any:
    if x.dtype.kind == "c" and dtype.kind not in "cb":
        x = x.real
    return x.astype(dtype)


_cast.grad(x=lambda g, *, dtype, source: _cast(g, dtype=source, source=dtype))


@op
def clone(be: Any, input: Any) -> Any:
    """A copy with memory of its own; gradients flow through.

    Args:
        input: any tensor.

    Returns:
        A tensor of the same shape, dtype and values.

    Example:
        >>> x = ag.ones(2); y = x.clone(); _ = y.zero_(); x
        tensor([1., 1.])
    """
    return input.copy()


clone.grad(input=lambda g: g)


@op
def _move(be: Any, x: Any, *, target: Any, source: Any) -> Any:
    return x  # never run: to_backend copies, this only holds the gradient


_move.grad(x=lambda g, *, target, source: _between(g, target, source))


def _between(g: Any, here: Any, there: Any) -> Any:
    """A gradient carried back to the device its tensor came from."""
    return to_backend(g, there) if isinstance(g, Variable) else there.asarray(here.to_numpy(g))


def to_backend(x: Any, target: Any) -> Any:
    """The tensor on another device; itself where it already is there."""
    if x.backend is target:
        return x
    moved = wrap(target.asarray(x.backend.to_numpy(x.raw)), target)
    node = x.node if x.alias is None else refresh(x)
    if node is not None:
        params = {"target": target, "source": x.backend}
        moved.node = _move.record(1, [node], [x.raw, moved.raw], [x.stamp, moved.stamp], params, x.raw.shape, target)
    return moved


def to(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The tensor with another dtype and/or on another device; itself where nothing changes.

    Args:
        input: any tensor.
        args: ``to(dtype)``, ``to(device)``, ``to(device, dtype)`` or ``to(other_tensor)``; also by keyword.
        kwargs: device=, dtype=, copy=, non_blocking= and memory_format= (accepted).

    Returns:
        A tensor of the same shape.

    Raises:
        DeviceError: the device is not there.
        DtypeError: no such dtype.

    Example:
        >>> ag.ones(2).to(ag.float64).dtype
        autograd.float64
    """
    kind, place = kwargs.get("dtype"), kwargs.get("device")
    for a in args:
        if isinstance(a, Variable):
            kind, place = a.dtype, a.device  # type: ignore[attr-defined]
        elif isinstance(a, device) or (isinstance(a, str) and a.partition(":")[0] in ("cpu", "cuda")):
            place = a
        elif isinstance(a, int) and not isinstance(a, bool):
            place = device("cuda", a)
        elif a is not None and not isinstance(a, bool):
            kind = a
    out: Any = input
    if place is not None:
        out = to_backend(out, backend_of(place))
    if kind is not None:
        out = cast(out, as_dtype(kind))
    if kwargs.get("copy") and out is input:
        out = clone(input)
    return out


def cast(input: Any, kind: dtype) -> Any:
    """The tensor in another dtype; itself where it already has it."""
    source, want = input.raw.dtype, kind.numpy
    if source == want:
        return input
    x = input if kind.is_floating_point or kind.is_complex else input.detach()
    return _cast(x, dtype=want, source=source)


def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor in the dtype of another.

    Args:
        input, other: any tensors.

    Returns:
        A tensor of the shape of ``input`` and the dtype of ``other``.

    Example:
        >>> ag.ones(1).type_as(ag.tensor(1)).dtype
        autograd.int64
    """
    return to(input, other.dtype)


def type(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the tensor's type, or the tensor in another dtype.

    Args:
        input: any tensor.
        dtype: a dtype, or a name such as "torch.FloatTensor"; None asks for the name.
        non_blocking: accepted.

    Returns:
        A name or a tensor.

    Example:
        >>> ag.ones(1).type()
        'autograd.FloatTensor'
    """
    if dtype is None:
        return f"autograd.{_TYPE_NAMES[input.dtype.name]}Tensor"
    if isinstance(dtype, str) and dtype.endswith("Tensor"):
        short = dtype.rpartition(".")[2].removesuffix("Tensor")
        dtype = next((name for name, known in _TYPE_NAMES.items() if known == short), dtype)
    return to(input, as_dtype(dtype))


_TYPE_NAMES = {
    "float16": "Half", "float32": "Float", "float64": "Double", "uint8": "Byte", "int8": "Char", "int16": "Short",
    "int32": "Int", "int64": "Long", "bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble",
}  # fmt: skip


def method(name: str, kind: dtype) -> Any:
    """The method ``x.name()`` that casts to ``kind``."""

    def convert(self: Any, memory_format: Any = None) -> Any:
        return cast(self, kind)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"``to`` with dtype {kind.name}: the tensor itself where it has it already."
    return convert


def cpu(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor on the CPU; itself where it already is.

    Args:
        input: any tensor.
        memory_format: accepted.

    Returns:
        A tensor of the same shape.

    Example:
        >>> x = ag.ones(1); x.cpu() is x
        True
    """
    return to(input, "cpu")


def cuda(input: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """The tensor on a GPU; itself where it already is.

    Args:
        input: any tensor.
        device: which GPU; default: the first.
        non_blocking, memory_format: accepted.

    Returns:
        A tensor of the same shape.

    Raises:
        DeviceError: there is no GPU; the message says what is missing.

    Example:
        >>> x = ag.ones(1).cuda() if ag.cuda.is_available() else None
    """
    return to(input, "cuda" if device is None else device)


def copy_(input: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Overwrites with the values of another tensor, broadcast and cast; gradients flow to ``src``.

    Args:
        input: the tensor to write.
        src: a tensor that broadcasts to its shape; any dtype and device.
        non_blocking: accepted.

    Returns:
        ``input``.

    Raises:
        ShapeError: ``src`` does not broadcast.
        GraphError: ``input`` is a leaf that requires grad.

    Example:
        >>> ag.zeros(2, 2).copy_(ag.tensor([1.0, 2.0]))
        tensor([[1., 2.],
                [1., 2.]])
    """
    check_writable(input, "copy_")
    y = cast(to_backend(src, input.backend), input.dtype)
    if y.raw.shape != input.raw.shape:
        y = expand(y, input.raw.shape)
    input.raw[...] = y.raw
    track = history(input, y)
    written(input, "copy_", (y.node if y.alias is None else refresh(y)) if track else None, track)
    return input


def fill_(input: Tensor, value: Any) -> Tensor:
    """Overwrites every element with one number.

    Args:
        input: the tensor to write.
        value: a number or a 0-d tensor (gradients flow to it).

    Returns:
        ``input``.

    Example:
        >>> ag.zeros(2).fill_(3)
        tensor([3., 3.])
    """
    if isinstance(value, Variable):
        return copy_(input, value)
    return fill(input, "fill_", value)


def zero_(input: Tensor) -> Tensor:
    """Overwrites every element with zero.

    Args:
        input: the tensor to write.

    Returns:
        ``input``.

    Example:
        >>> ag.ones(2).zero_()
        tensor([0., 0.])
    """
    return fill(input, "zero_", 0)
