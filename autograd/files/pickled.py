"""Writing a pickle as PyTorch does: tensors as views into storages, which the file holds beside it."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from autograd.device import device as device_type
from autograd.dtypes import dtype as dtype_type
from autograd.files.location import row_major
from autograd.files.names import STORAGE_OF
from autograd.layouts import layout
from autograd.node import Variable
from autograd.size import Size
from autograd.sparse_tensor import SparseTensor


class Name(NamedTuple):
    """A name that is written as it is, whether or not there is such a module here."""

    module: str
    name: str

    def __call__(self) -> None:
        """Nothing; pickle wants what a file calls to be callable."""


TENSOR = Name("torch._utils", "_rebuild_tensor_v2")
PARAMETER = Name("torch._utils", "_rebuild_parameter")
SPARSE, LAYOUT = Name("torch._utils", "_rebuild_sparse_tensor"), Name("torch.serialization", "_get_layout")


class Block(NamedTuple):
    """Memory that one or several tensors see: a 1-d array of all its elements."""

    key: str
    raw: Any
    backend: Any
    start: int  # its address


class Reference(NamedTuple):
    """A storage as the pickle refers to it."""

    block: Block
    dtype: str
    device: str


class Pickler(pickle._Pickler):
    """Writes a structure; what its tensors see is collected.

    Args:
        file: takes the pickle.
        blocks: the memory of tensors by ``place``; None on the first pass, which only collects.

    Attributes:
        seen: every tensor met, in order.
        used: the blocks that were referred to, by key.
    """

    write: Callable[[bytes], Any]
    dispatch: ClassVar[dict[Any, Callable[..., None]]] = dict(pickle._Pickler.dispatch)

    def __init__(self, file: Any, blocks: dict[Any, Block] | None = None) -> None:
        super().__init__(file, protocol=2)
        self.blocks = blocks
        self.seen: list[Any] = []
        self.used: dict[str, Block] = {}

    def persistent_id(self, obj: Any) -> Any:
        """What stands in the pickle for a storage."""
        if type(obj) is not Reference:
            return None
        self.used[obj.block.key] = obj.block
        kind = Name("torch", STORAGE_OF[obj.dtype])
        return ("storage", kind, obj.block.key, obj.device, int(obj.block.raw.size))

    def reducer_override(self, obj: Any) -> Any:
        """How tensors, shapes and devices are written."""
        if isinstance(obj, Variable):
            return self.tensor(obj)
        if isinstance(obj, SparseTensor):
            size = Size(obj.shape)
            if obj.is_sparse:
                return SPARSE, (obj.layout, (obj._indices(), obj._values(), size, obj.is_coalesced()))
            return SPARSE, (obj.layout, (obj.crow_indices(), obj.col_indices(), obj.values(), size))
        if type(obj) is layout:
            return LAYOUT, (f"torch.{obj._name}",)
        if type(obj) is Size:
            return Name("torch", "Size"), (tuple(obj),)
        if type(obj) is device_type:
            return Name("torch", "device"), (obj.type,) if obj.index is None else (obj.type, obj.index)
        return NotImplemented

    def tensor(self, t: Any) -> Any:
        """A tensor as a call that rebuilds it; a parameter as one around that."""
        if type(t).__name__ == "Parameter":
            return PARAMETER, (t.detach(), t.requires_grad, OrderedDict())
        if t.dtype.name not in STORAGE_OF:
            raise TypeError(f"save: expected a dtype that PyTorch's files have, got {t.dtype}")
        self.seen.append(t)
        shape, strides, offset = tuple(t.raw.shape), t.stride(), 0
        if self.blocks is None:
            block = Block("", t.raw, t.backend, 0)
        else:
            block = self.blocks.get(place(t)) or self.alone(t)
            if block.start:
                offset = (t.data_ptr() - block.start) // t.raw.itemsize
            else:
                strides = row_major(shape)
        reference = Reference(block, t.dtype.name, str(t.device))
        return TENSOR, (reference, offset, shape, strides, t.requires_grad, OrderedDict())

    def alone(self, t: Any) -> Block:
        """The block of a tensor that the first pass did not meet."""
        assert self.blocks is not None
        block = self.blocks[place(t)] = compact(t, f"{len(self.blocks)}")
        return block

    def save_name(self, obj: Name) -> None:
        """A name as such."""
        self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())

    def save_dtype(self, obj: dtype_type) -> None:
        """A dtype under PyTorch's name."""
        self.save_name(Name("torch", obj.name))

    dispatch[Name] = save_name
    dispatch[dtype_type] = save_dtype


def place(t: Any) -> Any:
    """What tells the memory that a tensor sees from any other."""
    return str(t.device), t.dtype.name, t.data_ptr(), tuple(t.raw.shape), tuple(t.raw.strides)


def compact(t: Any, key: str) -> Block:
    """A block of just the elements of a tensor."""
    xp = t.backend.xp
    return Block(key, xp.ascontiguousarray(t.raw).reshape(-1), t.backend, 0)


def blocks_of(tensors: list[Any]) -> dict[Any, Block]:
    """The memory of tensors: those of one dtype that overlap share a block."""

    def start(t: Any) -> tuple[Any, ...]:
        return str(t.device), t.dtype.name, t.data_ptr(), -_reach(t)

    found: dict[Any, Block] = {}
    groups: list[list[Any]] = []
    end = 0
    for t in sorted(tensors, key=start):
        if place(t) in found:
            continue
        if not t.raw.size or min((0, *t.raw.strides)) < 0:
            found[place(t)] = compact(t, f"{len(found)}")
            continue
        first = groups[-1][0] if groups else None
        near = first is not None and first.device == t.device and first.dtype is t.dtype and t.data_ptr() < end
        if near and not (t.data_ptr() - groups[-1][0].data_ptr()) % t.raw.itemsize:
            groups[-1].append(t)
            end = max(end, t.data_ptr() + _reach(t))
        else:
            groups.append([t])
            end = t.data_ptr() + _reach(t)
    for i, group in enumerate(groups):
        first = group[0]
        reach = max(t.data_ptr() + _reach(t) for t in group) - first.data_ptr()
        if len({place(t) for t in group}) == 1 and first.raw.nbytes < reach:  # only gaps besides
            found[place(first)] = compact(first, f"g{i}")
            continue
        xp, step = first.backend.xp, first.raw.itemsize
        raw = xp.lib.stride_tricks.as_strided(first.raw, (reach // step,), (step,))
        block = Block(f"g{i}", raw, first.backend, first.data_ptr())
        found |= {place(t): block for t in group}
    return found


def _reach(t: Any) -> int:
    """Bytes from the first element to the end of the last."""
    return sum((n - 1) * s for n, s in zip(t.raw.shape, t.raw.strides, strict=True)) + int(t.raw.itemsize)


def written(obj: Any) -> tuple[bytes, list[Block]]:
    """The pickle of a structure, and the blocks that it refers to by their positions.

    Raises:
        TypeError: something in it cannot be pickled.
        ValueError: it is too deep.
    """
    try:
        first = Pickler(_Nowhere())
        first.dump(obj)
        blocks = blocks_of(first.seen)
        numbers: dict[str, str] = {}
        for t in first.seen:  # keys in the order in which tensors are met
            numbers.setdefault(blocks[place(t)].key, str(len(numbers)))
        blocks = {at: b._replace(key=numbers[b.key]) for at, b in blocks.items()}
        file = io.BytesIO()
        second = Pickler(file, blocks)
        second.dump(obj)
    except RecursionError:
        raise ValueError("save: expected a structure at most some hundred levels deep, got a deeper one") from None
    except (pickle.PicklingError, AttributeError) as e:
        raise TypeError(
            f"save: expected tensors, plain values and what pickle can hold, got something else: {e}. "
            "Save its state_dict() or plain values"
        ) from e
    return file.getvalue(), list(second.used.values())


class _Nowhere:
    """A file that keeps nothing."""

    def write(self, data: Any) -> int:
        return len(data)
