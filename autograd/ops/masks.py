"""Elements picked and placed by a mask, or by their number in the flattened tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.errors import DtypeError, ShapeError
from autograd.formats import rows
from autograd.inplace import inplace
from autograd.node import Variable
from autograd.op import wrap
from autograd.ops.indexing import positions
from autograd.ops.out import into
from autograd.ops.shape import _expand, _reshape, broadcast, ravel
from autograd.ops.subscript import _at, _put, _put_add
from autograd.ops.views import _slice

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _mask_of(name: str, mask: Any) -> Any:
    if not isinstance(mask, Variable) or mask.raw.dtype != bool:
        what = mask.dtype if isinstance(mask, Variable) else type(mask).__name__  # type: ignore[attr-defined]
        raise DtypeError(f"{name}: expected a bool mask, got {what}. Compare it: mask != 0")
    return mask


def masked_select(input: Tensor, mask: Tensor, *, out: Any = None) -> Tensor:
    """The elements where the mask is True, in one axis; a copy.

    Args:
        input: any shape.
        mask: bool, broadcastable with ``input``.
        out: a tensor to write the result into.

    Returns:
        Shape (number of True in the broadcast mask,).

    Raises:
        DtypeError: the mask is not bool.

    Example:
        >>> x = ag.tensor([1.0, -2.0, 3.0]); x.masked_select(x > 0)
        tensor([1., 3.])
    """
    raw = _mask_of("masked_select", mask).raw
    shape = broadcast("masked_select", input.raw.shape, raw.shape)
    x = input if input.raw.shape == shape else _expand(input, shape=shape)
    chosen = input.backend.xp.broadcast_to(raw, shape).copy()
    if not shape:
        x, chosen = ravel(x), chosen.reshape(1)
    return into(out, _at(x, fancy=(chosen,)), "masked_select")


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy of ``input`` in which the elements where the mask is True are those of ``source``, one after the other.

    Args:
        input: any shape.
        mask: bool, broadcastable with ``input``.
        source: at least as many elements as the mask has True, of the dtype of ``input``.

    Returns:
        A tensor of the broadcast shape.

    Raises:
        DtypeError: the mask is not bool, or ``source`` of another dtype.
        ShapeError: ``source`` has too few elements.

    Example:
        >>> ag.zeros(3).masked_scatter(ag.tensor([True, False, True]), ag.tensor([1.0, 2.0]))
        tensor([1., 0., 2.])
    """
    raw = _mask_of("masked_scatter", mask).raw
    if source.raw.dtype != input.raw.dtype:
        raise DtypeError(f"masked_scatter: expected a source of {input.dtype}, got {source.dtype}. Cast it with .to()")
    shape = broadcast("masked_scatter", input.raw.shape, raw.shape)
    chosen = input.backend.xp.broadcast_to(raw, shape).copy()
    count = int(chosen.sum())
    if source.raw.size < count:
        raise ShapeError(f"masked_scatter: expected a source of at least {count} elements, got {source.raw.size}")
    x = input if input.raw.shape == shape else _expand(input, shape=shape)
    values = _slice(ravel(source), index=(slice(count), ...))
    if shape:
        return _put(x, values, basic=None, fancy=(chosen,))
    return _reshape(_put(ravel(x), values, basic=None, fancy=(chosen.reshape(1),)), shape=())


def nonzero(input: Tensor, *, out: Any = None, as_tuple: bool = False) -> Any:
    """Where the elements are not zero.

    Args:
        input: n axes.
        out: a tensor to write the result into.
        as_tuple: give one tensor per axis, as an index has them.

    Returns:
        Shape (count, n), int64; with ``as_tuple`` n tensors of shape (count,).

    Example:
        >>> ag.tensor([0, 5, 7]).nonzero()
        tensor([[1],
                [2]])
    """
    be, raw = input.backend, input.raw
    found = be.xp.nonzero(raw if raw.ndim else raw.reshape(1))
    if as_tuple:
        return tuple(wrap(rows(i), be) for i in found)
    places = be.xp.stack(found, 1) if raw.ndim else be.xp.zeros((len(found[0]), 0), "int64")
    return into(out, wrap(rows(places), be), "nonzero")


def argwhere(input: Tensor) -> Tensor:
    """Where the elements are not zero, one row for each.

    Args:
        input: n axes.

    Returns:
        Shape (count, n), int64.

    Example:
        >>> ag.tensor([[0, 5], [7, 0]]).argwhere()
        tensor([[0, 1],
                [1, 0]])
    """
    return nonzero(input)


def take(input: Tensor, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Elements by their number in the flattened tensor; a copy.

    Args:
        input: any shape, n elements.
        index: any shape, integers in [-n, n).
        out: a tensor for the result.

    Returns:
        A tensor of the shape of ``index``.

    Raises:
        IndexError: an index is out of range.

    Example:
        >>> ag.tensor([[4, 3], [2, 1]]).take(ag.tensor([0, 3]))
        tensor([4, 1])
    """
    size = input.raw.size
    index = positions("take", index, size, -size)
    taken = _at(ravel(input), fancy=(index.raw.reshape(-1).copy(),))
    return into(out, taken if index.raw.ndim == 1 else _reshape(taken, shape=index.raw.shape), "take")


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of ``input`` with elements written by their number in the flattened tensor.

    Args:
        input: any shape, n elements.
        index: any shape, integers in [-n, n).
        source: as many elements as ``index``, of the dtype of ``input``.
        accumulate: add instead, as often as an element is named.

    Returns:
        A tensor like ``input``.

    Raises:
        DtypeError: ``source`` has another dtype.
        IndexError: an index is out of range.
        ShapeError: ``source`` has another number of elements.

    Example:
        >>> ag.zeros(2, 2).put(ag.tensor([0, 3]), ag.tensor([1.0, 2.0]))
        tensor([[1., 0.],
                [0., 2.]])
    """
    size = input.raw.size
    index = positions("put", index, size, -size)
    if source.raw.dtype != input.raw.dtype:
        raise DtypeError(f"put: expected a source of {input.dtype}, got {source.dtype}. Cast it with .to()")
    if source.raw.size != index.raw.size:
        raise ShapeError(f"put: expected as many elements as the index has, {index.raw.size}, got {source.raw.size}")
    fancy = (index.raw.reshape(-1).copy(),)
    x, values = ravel(input), ravel(source)
    y = _put_add(x, values, fancy=fancy) if accumulate else _put(x, values, basic=None, fancy=fancy)
    return _reshape(y, shape=input.raw.shape)


masked_scatter_, put_ = inplace(masked_scatter), inplace(put)
