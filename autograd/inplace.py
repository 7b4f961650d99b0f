"""Operations that write into their first argument: ``x.add_(y)``, ``x[i] = y``, ``x.copy_(y)``.

Most compute out of place what PyTorch computes in place and then overwrite, so the formulas of the operations serve
unchanged: what the recorded nodes keep is a copy of what is overwritten. Where no gradient needs that, the backend writes
the result over it at once (``Op.over``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import dtypes
from autograd.call import CONSTANT, record
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.grad_mode import mode
from autograd.node import NEVER, Leaf, Variable, tick
from autograd.op import Op, refresh, wrap, written


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


def over(operation: Callable[..., Any], name: str, x: Any, *args: Any, **kwargs: Any) -> Any:
    """``operation(x, ...)``, written into x; ``name`` is that of the call in messages."""
    check_writable(x, name)
    op = getattr(operation, "op", None)
    if op is not None and op.writes is not None and _at_once(op, name, x, args, kwargs):
        return x
    if history(x, *args, *kwargs.values()):  # the nodes may keep the input: give them a copy of what it was
        node = x.node if x.alias is None else refresh(x)
        overwrite(x, operation(wrap(x.raw.copy(), x.backend, node), *args, **kwargs), name)
    else:
        overwrite(x, operation(x, *args, **kwargs), name)
    return x


def _at_once(op: Op, name: str, x: Any, others: tuple[Any, ...], params: dict[str, Any]) -> bool:
    """Writes the result over x, if it is a call of the plainest kind that needs no copy; returns whether it was."""
    now, be, raw = mode(), x.backend, x.raw
    if raw.dtype.kind != "f" or x.stamp[0] == NEVER or (op.policy is not None and now.autocast is not None):
        return False
    arrays, stamps, nodes = [raw], [x.stamp], [x.node if x.alias is None else refresh(x)]
    for other in others:
        if type(other) in (int, float):
            arrays.append(be.scalar(other, raw.dtype))
            stamps.append(CONSTANT)
            nodes.append(None)
            continue
        if not isinstance(other, Variable) or other.backend is not be:
            return False
        a = other.raw
        if a.dtype is not raw.dtype or a.shape != raw.shape or (a is not raw and be.xp.may_share_memory(a, raw)):
            return False
        arrays.append(a)
        stamps.append(other.stamp)
        nodes.append(other.node if other.alias is None else refresh(other))
    needs = sum(1 << i for i, node in enumerate(nodes) if node is not None)
    plan = op.plan(needs, len(nodes)) if now.enabled and needs & op.differentiable else None
    if plan is not None and ((0 in plan.arrays and not op.by_result) or (plan.arrays and x.alias is not None)):
        return False
    assert op.writes is not None
    op.writes(be, *arrays, **params)
    node = None if plan is None else record(plan, nodes, [*arrays, raw], [*stamps, x.stamp], params, raw.shape, be)
    written(x, name, node, track=bool(now.enabled))
    if node is not None and x.alias is None:
        node.seq = tick()  # after the write: what it keeps is the result
    return True


def inplace(operation: Callable[..., Any], quick: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """The method ``x.name_(...)`` of an operation ``name(x, ...)``; ``quick`` is what that does without keywords."""
    name = f"{operation.__name__}_"

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return over(operation if kwargs or quick is None else quick, name, self, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``{operation.__name__}``, written into the tensor itself; returns it."
    return method


def forms(operation: Any, quick: Any = None) -> tuple[Any, Any]:
    """An operation as a method in both forms: ``x.name(...)`` and ``x.name_(...)``; see ``inplace``."""
    return operation, inplace(operation, quick)


def fill(x: Variable, name: str, array: Any) -> Any:
    """Overwrites all values with ``array`` (or a number); no gradient flows through."""
    check_writable(x, name)
    put(x, array)
    written(x, name, None, track=bool(mode().enabled))
    return x
