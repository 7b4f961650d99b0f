"""Changing the dtype or the device: the only places where an array is cast or moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.device import KINDS, backend_of, device
from autograd.dtypes import as_dtype, dtype
from autograd.errors import DeviceError, ShapeError
from autograd.formats import arranged, as_format, order_of, preserve_format, suggested
from autograd.grad_mode import mode
from autograd.inplace import check_writable, history, put
from autograd.inplace import fill as _fill
from autograd.node import Variable
from autograd.op import op, refresh, wrap, written
from autograd.ops.out import into
from autograd.ops.shape import expand
from autograd.plan import same
from backends import registry

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op(bfloat16="kept")
def _cast(be: Any, x: Any, *, dtype: Any, source: Any) -> Any:
    if x.dtype.kind == "c" and dtype.kind not in "cb":
        x = x.real
    return x.astype(dtype)  # the axes keep their order in memory


_cast.grad(x=lambda g, *, dtype, source: _cast(g, dtype=source, source=dtype))


@op(bfloat16="kept")
def _clone(be: Any, x: Any) -> Any:
    return x.copy()


_clone.grad(x=same)


@op(bfloat16="kept")
def laid_out(be: Any, x: Any, *, order: tuple[int, ...]) -> Any:
    """A copy whose axes lie in memory in ``order``, slowest first."""
    return arranged(x, order)


laid_out.grad(x=lambda g, **p: g)


def clone(input: Any, *, memory_format: Any = preserve_format) -> Any:
    """A copy with memory of its own; gradients flow through.

    Args:
        input: any tensor.
        memory_format: of the copy; default: that of ``input``, without its gaps.

    Returns:
        A tensor of the same shape, dtype and values.

    Raises:
        ShapeError: the format does not suit the number of axes.

    Example:
        >>> x = ag.ones(2); y = x.clone(); _ = y.zero_(); x
        tensor([1., 1.])
    """
    format = as_format("clone", memory_format, preserve_format)
    raw = input.raw
    if format is preserve_format and raw.flags.c_contiguous and (raw.ndim < 4 or 1 not in raw.shape):
        return _clone(input)
    return laid_out(input, order=order_of("clone", format, raw))


@op(bfloat16="kept")
def _move(be: Any, x: Any, *, target: Any, source: Any) -> Any:
    return x  # never run: to_backend copies, this only holds the gradient


_move.grad(x=lambda g, *, target, source: _between(g, target, source))


def _between(g: Any, here: Any, there: Any) -> Any:
    """A gradient carried back to the device its tensor came from."""
    return to_backend(g, there) if isinstance(g, Variable) else there.upload(here.to_numpy(g))


def to_backend(x: Any, target: Any, non_blocking: bool = False) -> Any:
    """The tensor on another device; itself where it already is there."""
    if x.backend is target:
        return x
    moved = wrap(target.upload(x.backend.to_numpy(x.raw), non_blocking), target)
    node = x.node if x.alias is None else refresh(x)
    if node is not None:
        params = {"target": target, "source": x.backend}
        moved.node = _move.op.record(1, [node], [x.raw, moved.raw], [x.stamp, moved.stamp], params, x.raw.shape, target)
    return moved


def to(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The tensor with another dtype and/or on another device; itself where nothing changes.

    Args:
        input: any tensor.
        args: ``to(dtype)``, ``to(device)``, ``to(device, dtype)`` or ``to(other_tensor)``; also by keyword; then
            non_blocking and copy.
        kwargs: device=, dtype=; copy=True for a copy in any case; non_blocking=True to return while memory that
            ``pin_memory`` gave is still being copied to a GPU; memory_format= for another order in memory.

    Returns:
        A tensor of the same shape.

    Raises:
        DeviceError: the device is not there.
        DtypeError: no such dtype, or one that the device does not have.
        ShapeError: the memory format does not suit the number of axes.

    Example:
        >>> ag.ones(2).to(ag.float64).dtype
        autograd.float64
    """
    get = kwargs.get
    kind, place, non_blocking, copy = get("dtype"), get("device"), get("non_blocking", False), get("copy", False)
    flags = []
    for a in args:
        if isinstance(a, Variable):
            kind, place = a.dtype, a.device  # type: ignore[attr-defined]
        elif isinstance(a, device) or (isinstance(a, str) and a.partition(":")[0] in KINDS):
            place = a
        elif isinstance(a, bool):
            flags.append(a)
        elif isinstance(a, int):
            place = device("cuda", a)
        elif a is not None:
            kind = a
    if flags:
        non_blocking, copy = (*flags, copy)[:2]
    out: Any = input
    if place is not None:
        out = to_backend(out, backend_of(place), non_blocking)
    if kind is not None:
        out = cast(out, as_dtype(kind))
    if get("memory_format") is not None:
        format = as_format("to", kwargs["memory_format"], preserve_format)
        order = order_of("to", format, out.raw)
        if format is not preserve_format and (suggested(out.raw) is not format or (copy and out is input)):
            return laid_out(out, order=order)
    return clone(input) if copy and out is input else out


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
        non_blocking: as for ``to``.

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
    return to(input, as_dtype(getattr(dtype, "dtype", dtype)))  # of FloatTensor and its like


_TYPE_NAMES = {
    "float16": "Half", "bfloat16": "BFloat16", "float32": "Float", "float64": "Double", "uint8": "Byte",
    "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long", "bool": "Bool", "complex64": "ComplexFloat",
    "complex128": "ComplexDouble",
}  # fmt: skip


def method(name: str, kind: dtype) -> Any:
    """The method ``x.name()`` that casts to ``kind``."""

    def convert(self: Any, memory_format: Any = None) -> Any:
        return cast(self, kind) if memory_format is None else to(self, kind, memory_format=memory_format)

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"``to`` with dtype {kind.name}: the tensor itself where it has it already."
    return convert


def cpu(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor on the CPU; itself where it already is.

    Args:
        input: any tensor.
        memory_format: as for ``to``.

    Returns:
        A tensor of the same shape.

    Example:
        >>> x = ag.ones(1); x.cpu() is x
        True
    """
    return to(input, "cpu", memory_format=memory_format)


def cuda(input: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """The tensor on a GPU; itself where it already is.

    Args:
        input: any tensor.
        device: which GPU; default: the first.
        non_blocking, memory_format: as for ``to``.

    Returns:
        A tensor of the same shape.

    Raises:
        DeviceError: there is no GPU; the message says what is missing.

    Example:
        >>> x = ag.ones(1).cuda() if ag.cuda.is_available() else None
    """
    place = "cuda" if device is None else device
    return to(input, place, non_blocking=non_blocking, memory_format=memory_format)


def pin_memory(input: Tensor, device: Any = None) -> Tensor:
    """The tensor in page-locked memory, from which ``to(device, non_blocking=True)`` copies while the program goes on.

    Args:
        input: a tensor on the CPU.
        device: of which GPU; default: the current one.

    Returns:
        A copy outside the graph; ``input`` itself where it lies in such memory.

    Raises:
        DeviceError: the tensor is not on the CPU, or there is no GPU, for which alone memory can be locked.

    Example:
        >>> x = ag.ones(1).pin_memory() if ag.cuda.is_available() else None
    """
    if input.backend.name == "cuda":
        raise DeviceError(f"pin_memory: expected a CPU tensor, got one on {input.device}. Call cpu() first")
    try:
        transfers = backend_of("cuda" if device is None else device).transfers
    except DeviceError as e:
        raise DeviceError(f"pin_memory: expected a GPU to lock memory for, but {e}") from e
    raw = transfers.pin(input.raw)
    return input if raw is input.raw else wrap(raw, input.backend)


def is_pinned(input: Tensor, device: Any = None) -> bool:
    """Whether the tensor lies in page-locked memory; see ``pin_memory``.

    Args:
        input: any tensor.
        device: accepted.

    Returns:
        False for tensors on a GPU, and where there is none.

    Example:
        >>> ag.ones(1).is_pinned()
        False
    """
    if input.backend.name == "cuda" or not registry.made("cuda"):
        return False
    return bool(backend_of("cuda").transfers.is_pinned(input.raw))


def copy_(input: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Overwrites with the values of another tensor, broadcast and cast; gradients flow to ``src``.

    Args:
        input: the tensor to write.
        src: a tensor that broadcasts to its shape; any dtype and device.
        non_blocking: as for ``to``.

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
    y = cast(to_backend(src, input.backend, non_blocking), input.dtype)
    if y.raw.shape != input.raw.shape:
        y = expand(y, input.raw.shape)
    put(input, y.raw)
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
    return _fill(input, "fill_", value)


def fill(input: Tensor, value: Any, *, out: Any = None) -> Tensor:
    """One number in the shape, dtype and device of a tensor.

    Args:
        input: the model.
        value: a number or a 0-d tensor (gradients flow to it).
        out: a tensor for the result.

    Returns:
        A tensor like ``input``.

    Example:
        >>> ag.fill(ag.zeros(2), 3)
        tensor([3., 3.])
    """
    y: Any = wrap(input.backend.xp.empty_like(input.raw), input.backend)
    return into(out, fill_(y, value), "fill")


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
    return _fill(input, "zero_", 0)


def fill_diagonal_(input: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Overwrites the main diagonal: the elements whose positions along all axes are equal.

    Args:
        input: at least two axes; of more than two, all of one size.
        fill_value: the number.
        wrap: of a tall matrix, begin again below the square.

    Returns:
        ``input``.

    Raises:
        ShapeError: fewer than two axes, or more of different sizes.

    Example:
        >>> ag.zeros(2, 2).fill_diagonal_(3)
        tensor([[3., 0.],
                [0., 3.]])
    """
    shape = input.raw.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise ShapeError(f"fill_diagonal_: expected two axes, or more of one size, got shape {tuple(shape)}")
    check_writable(input, "fill_diagonal_")
    xp = input.backend.xp
    place = xp.arange(min(shape))
    input.raw[(place,) * len(shape)] = fill_value
    if wrap and len(shape) == 2:
        flat = xp.arange(0, shape[0] * shape[1], shape[1] + 1)
        input.raw[flat // shape[1], flat % shape[1]] = fill_value
    written(input, "fill_diagonal_", None, track=bool(mode().enabled))
    return input
