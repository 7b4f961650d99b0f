"""PyTorch's ``out=``: results written into a tensor that is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.dtypes import FROM_NUMPY
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.formats import arranged, as_format, contiguous_format, inverse, order_of, preserve_format
from autograd.grad_mode import mode
from autograd.op import wrap, written

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def into(out: Tensor | None, y: Any, name: str) -> Any:
    """``y``, written into ``out`` where one is given; an empty ``out`` takes the shape of ``y``.

    Raises:
        GraphError: a gradient would be lost.
        ShapeError: ``out`` has another shape.
        DtypeError: ``out`` cannot hold the result.
    """
    if out is None:
        return y
    if mode().enabled and (y.requires_grad or out.requires_grad):
        raise GraphError(f"{name}: expected no gradients with out=, got a tensor that requires grad. Use no_grad()")
    kind, target = FROM_NUMPY[y.raw.dtype], FROM_NUMPY[out.raw.dtype]
    if kind.category > target.category:
        raise DtypeError(f"{name}: expected an out= that can hold {kind}, got {target}")
    if out.raw.shape == y.raw.shape:
        out.raw[...] = y.raw
    elif not out.raw.size:
        out.raw = y.raw.astype(target.numpy)
    else:
        raise ShapeError(f"{name}: expected an out= of shape {tuple(y.raw.shape)}, got {tuple(out.raw.shape)}")
    written(out, name, None, track=bool(mode().enabled))
    return out


_CHANGE_NOTHING = {"layout", "names", "non_blocking"}


def fresh(name: str, raw: Any, be: Any, requires_grad: bool, rest: dict[str, Any]) -> Any:
    """What a creation function returns: a tensor around a new array, as a leaf, or in ``out=``, where asked.

    ``rest`` are the function's other keywords.

    Raises:
        TypeError: a keyword that PyTorch does not have either.
    """
    if unknown := rest.keys() - _CHANGE_NOTHING - {"memory_format", "out", "pin_memory", "size"}:
        raise TypeError(f"{name}: got an unexpected keyword argument {', '.join(sorted(unknown))}")
    if rest.get("memory_format") is not None:
        format = as_format(name, rest["memory_format"], contiguous_format)
        raw = arranged(raw, order_of(name, format, raw))
    t = into(rest.get("out"), wrap(raw, be), name)
    if rest.get("pin_memory"):
        t = t.pin_memory()
    return t.requires_grad_() if requires_grad else t


def like(name: str, make: Any, input: Any, options: dict[str, Any]) -> Any:
    """``make(shape)`` of the shape, dtype, device and order in memory of a tensor, unless ``options`` say otherwise."""
    format = as_format(name, options.pop("memory_format", None), preserve_format)
    chosen = {"dtype": input.dtype, "device": input.device} | {k: v for k, v in options.items() if v is not None}
    order = order_of(name, format, input.raw)
    if order == tuple(range(input.raw.ndim)):
        return make(tuple(input.raw.shape), **chosen)
    t = make(tuple(input.raw.shape[i] for i in order), **chosen)
    t.raw = t.raw.transpose(inverse(order))
    return t
