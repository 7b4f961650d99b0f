"""Operations that write into their first argument: ``x.add_(y)``, ``x[i] = y``, ``x.copy_(y)``.

Each computes out of place what PyTorch computes in place and then overwrites, so the formulas of the operations serve
unchanged; what the recorded nodes keep is never the memory that is overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import dtypes
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.grad_mode import mode
from autograd.node import Leaf, Variable
from autograd.op import refresh, wrap, written


def check_writable(x: Variable, name: str) -> None:
    """Refuses writes that would lose a gradient or hit the same memory twice."""
    if mode().enabled:
        owner = x
        while owner.alias is not None:
            owner = owner.alias.base
        if type(owner.node) is Leaf:
            raise GraphError(
                f"{name}: expected a tensor that may change, got {'a view of ' if owner is not x else ''}a leaf that "
                "requires grad. Write under no_grad(), or work on a clone()"
            )
        if owner.node is not None and refresh(x) is None:
            raise GraphError(
                f"{name}: expected a view with a history, got one that was made under no_grad() of a tensor that has one. "
                "Make the view outside, or write under no_grad() too"
            )
    raw = x.raw
    flags = raw.flags
    if not flags.c_contiguous and _overlaps(raw):
        raise GraphError(
            f"{name}: expected memory of its own, got an expanded tensor of shape {raw.shape}. clone() it first"
        )
    if not getattr(flags, "writeable", True):
        raise GraphError(f"{name}: expected memory that may be written, got a read-only array. clone() it first")


def _overlaps(raw: Any) -> bool:
    """Whether elements surely share memory: an axis without a step, or more elements than places."""
    steps = [(n - 1) * abs(s) for n, s in zip(raw.shape, raw.strides, strict=True) if n > 1]
    return 0 in steps or sum(steps) // raw.itemsize + 1 < raw.size


def history(*tensors: Any) -> bool:
    """Whether a write from these tensors must be recorded."""
    if not mode().enabled:
        return False
    nodes = [t.node if t.alias is None else refresh(t) for t in tensors if isinstance(t, Variable)]
    return nodes.count(None) < len(nodes)


def put(x: Variable, array: Any) -> None:
    """Writes values into the memory of a tensor, if it has any."""
    if x.backend.name != "meta":
        x.raw[...] = array


def overwrite(x: Variable, y: Any, name: str) -> None:
    """Puts the values and the history of ``y`` into ``x``."""
    if y.raw.shape != x.raw.shape:
        raise ShapeError(
            f"{name}: expected a result of the tensor's own shape {tuple(x.raw.shape)}, got {tuple(y.raw.shape)}. "
            "Use the out-of-place form"
        )
    if y.raw.dtype is not x.raw.dtype:
        kind, target = dtypes.FROM_NUMPY[y.raw.dtype], dtypes.FROM_NUMPY[x.raw.dtype]
        if kind.category > target.category:
            raise DtypeError(f"{name}: expected a result that fits {target}, got {kind}. Use the out-of-place form")
        y = y.to(target)
    put(x, y.raw)
    written(x, name, y.node, track=bool(mode().enabled))


def inplace(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The method ``x.name_(...)`` of an operation ``name(x, ...)``."""
    name = f"{operation.__name__}_"

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        check_writable(self, name)
        if history(self, *args, *kwargs.values()):  # the nodes may keep the input: give them a copy of what it was
            node = self.node if self.alias is None else refresh(self)
            overwrite(self, operation(wrap(self.raw.copy(), self.backend, node), *args, **kwargs), name)
        else:
            overwrite(self, operation(self, *args, **kwargs), name)
        return self

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``{operation.__name__}``, written into the tensor itself; returns it."
    return method


def forms(operation: Any) -> tuple[Any, Any]:
    """An operation as a method in both forms: ``x.name(...)`` and ``x.name_(...)``."""
    return operation, inplace(operation)


def fill(x: Variable, name: str, array: Any) -> Any:
    """Overwrites all values with ``array`` (or a number); no gradient flows through."""
    check_writable(x, name)
    put(x, array)
    written(x, name, None, track=bool(mode().enabled))
    return x
