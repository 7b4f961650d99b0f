"""The same elements in another shape: reshaping, adding and dropping axes, broadcasting.

At the top stand the three operations that everything else is made of, and that the engine itself needs. See axes.py for
the order of the axes, views.py for parts of a tensor, rearrange.py for copies.
"""

from __future__ import annotations

from contextlib import nullcontext
from math import prod
from typing import TYPE_CHECKING, Any

from autograd import dtypes
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.grad_mode import enable_grad, mode
from autograd.node import Leaf, Variable
from autograd.op import Operation, op, wrap
from autograd.ops.arguments import axes_of, axis_of, numpy_names, sizes
from autograd.plan import same
from autograd.size import Size

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- the operations ---------------------------------------------------------------------------------------------------


@op(view=True)
def identity(be: Any, x: Any) -> Any:
    """The same values, as a node of its own."""
    return x.view()


identity.grad(x=same)


@op
def sum_to(be: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which ``shape`` was broadcast: the gradient of broadcasting."""
    lead = x.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(i + lead for i, n in enumerate(shape) if n == 1 and x.shape[i + lead] != 1)
    if x.dtype.itemsize > 2:
        return x.sum(axes, keepdims=True).reshape(shape)
    return x.sum(axes, dtype="float32", keepdims=True).reshape(shape).astype(x.dtype)


@op(view=True)
def _expand(be: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    if x.size == prod(shape):  # only ones are added: nothing repeats, and the view can be written
        return x.reshape(shape)
    return be.broadcast_to(x, shape)


@op(view=True)
def _reshape(be: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    return be.reshape(x, shape)


sum_to.grad(x=lambda g, x_shape, *, shape: _expand(_reshape(g, shape=_aligned(shape, len(x_shape))), shape=x_shape))
_expand.grad(x=lambda g, x_shape, **p: sum_to(g, shape=x_shape))
_reshape.grad(x=lambda g, x_shape, **p: _reshape(g, shape=x_shape))


@op(view=True)
def _reinterpret(be: Any, x: Any, *, dtype: Any) -> Any:
    return x.view(dtype)


def _aligned(shape: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    return (1,) * (ndim - len(shape)) + shape


def rearrange_(x: Any, name: str, operation: Operation, **params: Any) -> Any:
    """Gives the tensor itself the shape that a view ``operation(x, **params)`` of it has: ``t_``, ``squeeze_`` ..."""
    owner = x
    while owner.alias is not None:
        owner = owner.alias.base
    if mode().enabled and type(owner.node) is Leaf:
        raise GraphError(f"{name}: expected a tensor that may change, got a leaf that requires grad. Use {name[:-1]}()")
    x.stamp[2] += 1
    if type(x.node) is Leaf:  # under no_grad(): it stays a leaf
        x.raw = operation.forward(x.backend, x.raw, **params)
        x.node.shape = x.raw.shape
        return x
    before = wrap(x.raw, x.backend, x.node)  # stays the base of x and of its views
    before.alias, before.stamp = x.alias, x.stamp
    with enable_grad() if x.node is not None else nullcontext():  # a history goes on under no_grad() too
        y = operation(before, **params)
    x.raw, x.node, x.alias = y.raw, y.node, y.alias
    return x


# -- reshaping --------------------------------------------------------------------------------------------------------


def reshape(input: Tensor, *args: Any, shape: Any = None) -> Tensor:
    """The same values in another shape: a view where the memory allows it, else a copy.

    Args:
        input: any shape and dtype.
        args, shape: sizes with the same product, one by one or as one sequence; one may be -1 and is then inferred.

    Returns:
        A tensor of shape ``shape``.

    Raises:
        ShapeError: the product differs.

    Example:
        >>> ag.arange(6).reshape(2, -1).shape
        Size([2, 3])
    """
    return _reshape(input, shape=resolve_shape("reshape", input.raw.size, sizes(args if shape is None else shape)))


def resolve_shape(name: str, size: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """``shape`` with its -1 inferred, checked to hold ``size`` elements."""
    if prod(shape) == size and (not shape or min(shape) >= 0):
        return shape
    known = 1
    for n in shape:
        known *= n if n >= 0 else 1
    unknown = [i for i, n in enumerate(shape) if n < 0]
    if len(unknown) == 1 and shape[unknown[0]] == -1 and known and size % known == 0:
        at = unknown[0]
        return (*shape[:at], size // known, *shape[at + 1 :])
    if unknown or known != size:
        raise ShapeError(f"{name}: expected sizes that hold {size} elements (at most one -1), got {tuple(shape)}")
    return shape


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """``input`` in the shape of ``other``; see ``reshape``.

    Args:
        input: any shape.
        other: a tensor with as many elements.

    Returns:
        A tensor of the shape of ``other``.

    Example:
        >>> ag.arange(6).reshape_as(ag.zeros(3, 2)).shape
        Size([3, 2])
    """
    return reshape(input, other.raw.shape)


def view(input: Tensor, *args: Any, size: Any = None, dtype: Any = None) -> Tensor:
    """The same memory in another shape or, given a dtype, its bytes read as another dtype.

    Args:
        input: any shape and dtype.
        args, size: sizes with the same product, one by one or as one sequence; one may be -1 and is then inferred.
        dtype: in place of sizes: the dtype to read the bytes as; no gradient flows through.

    Returns:
        A view of shape ``size``; with a dtype of another width the last axis is longer or shorter accordingly.

    Raises:
        ShapeError: the product differs, or the memory does not allow it without a copy.
        DtypeError: the last axis does not divide into elements of ``dtype``.

    Example:
        >>> x = ag.arange(6); x.view(2, 3)[0, 0] = 7; x[0]
        tensor(7)
        >>> ag.tensor(1.0).view(ag.int32)
        tensor(1065353216, dtype=autograd.int32)
    """
    if dtype is None and len(args) == 1 and isinstance(args[0], dtypes.dtype):
        dtype = args[0]
    if dtype is not None:
        return _view_as_dtype(input, dtypes.as_dtype(dtype))
    shape = resolve_shape("view", input.raw.size, sizes(args if size is None else size))
    y = _reshape(input, shape=shape)
    if y.alias is None and y.raw.size:
        strides = tuple(s // input.raw.itemsize for s in input.raw.strides)
        raise ShapeError(
            f"view: expected memory that can be seen as {shape} without a copy, got shape "
            f"{tuple(input.raw.shape)} with strides {strides}. Use reshape(), or contiguous() before"
        )
    return y


def _view_as_dtype(input: Any, dtype: dtypes.dtype) -> Any:
    raw = input.raw
    if dtype.itemsize != raw.itemsize:
        width = raw.shape[-1] * raw.itemsize if raw.ndim else 0
        if not raw.ndim or width % dtype.itemsize or raw.strides[-1] != raw.itemsize:
            raise DtypeError(
                f"view: expected a contiguous last axis that divides into elements of {dtype}, got {input.dtype} of "
                f"shape {tuple(raw.shape)}. Use to({dtype}) to convert the values"
            )
    return _reinterpret(input, dtype=dtype.numpy)


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """The same memory in the shape of ``other``; see ``view``.

    Args:
        input: any shape.
        other: a tensor with as many elements.

    Returns:
        A view of the shape of ``other``.

    Example:
        >>> ag.arange(6).view_as(ag.zeros(3, 2)).shape
        Size([3, 2])
    """
    return view(input, other.raw.shape)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The axes from ``start_dim`` to ``end_dim`` merged into one: a view where the memory allows it, else a copy.

    Args:
        input: any shape (s_0, ..., s_{n-1}).
        start_dim, end_dim: first and last axis to merge.

    Returns:
        Shape (..., s_start * ... * s_end, ...); a 0-d tensor becomes (1,).

    Raises:
        ShapeError: ``start_dim`` comes after ``end_dim``.

    Example:
        >>> ag.zeros(2, 3, 4).flatten(1).shape
        Size([2, 12])
    """
    shape = input.raw.shape
    first, last = axis_of("flatten", start_dim, len(shape)), axis_of("flatten", end_dim, len(shape))
    if first > last:
        raise ShapeError(f"flatten: expected start_dim before end_dim, got {start_dim} and {end_dim}")
    if first == last and shape:
        return input
    return _reshape(input, shape=(*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :]))


@numpy_names
def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """One axis split into several, as a view.

    Args:
        input: any shape.
        dim: the axis.
        sizes: their sizes; one may be -1 and is then inferred.

    Returns:
        Shape (..., *sizes, ...).

    Raises:
        ShapeError: the product of ``sizes`` is not the size of the axis.

    Example:
        >>> ag.zeros(2, 12).unflatten(1, (3, -1)).shape
        Size([2, 3, 4])
    """
    shape = input.raw.shape
    axis = axis_of("unflatten", dim, len(shape))
    if not shape:
        raise ShapeError("unflatten: expected at least one axis, got a 0-d tensor")
    parts = resolve_shape("unflatten", shape[axis], tuple(map(int, sizes)))
    return _reshape(input, shape=(*shape[:axis], *parts, *shape[axis + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """All elements in one axis: a view where the memory allows it, else a copy.

    Args:
        input: any shape with n elements.

    Returns:
        Shape (n,).

    Example:
        >>> ag.zeros(2, 3).ravel().shape
        Size([6])
    """
    return _reshape(input, shape=(input.raw.size,))


# -- axes of size one -------------------------------------------------------------------------------------------------


@numpy_names
def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Axes of size 1 dropped, as a view.

    Args:
        input: any shape.
        dim: the axis or axes to drop where their size is 1; None drops all such axes.

    Returns:
        A view without those axes.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.zeros(1, 3, 1).squeeze().shape, ag.zeros(1, 3, 1).squeeze(0).shape
        (Size([3]), Size([3, 1]))
    """
    return _reshape(input, shape=_squeezed("squeeze", input.raw.shape, dim))


@numpy_names
def squeeze_(input: Tensor, dim: Any = None) -> Tensor:
    """``squeeze``, of the tensor itself; returns it.

    Args:
        input: any shape.
        dim: as in ``squeeze``.

    Returns:
        ``input``.

    Example:
        >>> x = ag.zeros(1, 3); x.squeeze_().shape
        Size([3])
    """
    return rearrange_(input, "squeeze_", _reshape, shape=_squeezed("squeeze_", input.raw.shape, dim))


def _squeezed(name: str, shape: tuple[int, ...], dim: Any) -> tuple[int, ...]:
    if dim is None:
        return tuple(n for n in shape if n != 1)
    if isinstance(dim, (tuple, list)) and not dim:
        return shape
    axes = axes_of(name, dim, len(shape))
    return tuple(n for i, n in enumerate(shape) if n != 1 or i not in axes)


@numpy_names
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """An axis of size 1 added, as a view.

    Args:
        input: n axes.
        dim: where, in [-n-1, n].

    Returns:
        A view with n+1 axes.

    Raises:
        IndexError: ``dim`` is out of range.

    Example:
        >>> ag.zeros(2, 3).unsqueeze(1).shape
        Size([2, 1, 3])
    """
    return _reshape(input, shape=_unsqueezed("unsqueeze", input.raw.shape, dim))


@numpy_names
def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """``unsqueeze``, of the tensor itself; returns it.

    Args:
        input: n axes.
        dim: as in ``unsqueeze``.

    Returns:
        ``input``.

    Example:
        >>> x = ag.zeros(3); x.unsqueeze_(0).shape
        Size([1, 3])
    """
    return rearrange_(input, "unsqueeze_", _reshape, shape=_unsqueezed("unsqueeze_", input.raw.shape, dim))


def _unsqueezed(name: str, shape: tuple[int, ...], dim: int) -> tuple[int, ...]:
    axis = axis_of(name, dim, len(shape) + 1)
    return (*shape[:axis], 1, *shape[axis:])


def atleast_1d(*tensors: Any) -> Any:
    """Tensors with at least one axis, as views.

    Args:
        tensors: one, several, or a sequence of them.

    Returns:
        A tensor, or a tuple of them where several were given; 0-d ones have become (1,).

    Example:
        >>> ag.atleast_1d(ag.tensor(2.0))
        tensor([2.])
    """
    return _each(tensors, lambda shape: shape or (1,))


def atleast_2d(*tensors: Any) -> Any:
    """Tensors with at least two axes, as views.

    Args:
        tensors: one, several, or a sequence of them.

    Returns:
        A tensor, or a tuple of them where several were given; (n,) has become (1, n).

    Example:
        >>> ag.atleast_2d(ag.ones(2)).shape
        Size([1, 2])
    """
    return _each(tensors, lambda shape: _aligned(shape, 2) if len(shape) < 2 else shape)


def atleast_3d(*tensors: Any) -> Any:
    """Tensors with at least three axes, as views.

    Args:
        tensors: one, several, or a sequence of them.

    Returns:
        A tensor, or a tuple of them where several were given; (n,) has become (1, n, 1) and (m, n) (m, n, 1).

    Example:
        >>> ag.atleast_3d(ag.ones(2)).shape
        Size([1, 2, 1])
    """
    return _each(tensors, lambda shape: (*_aligned(shape, 2), 1) if len(shape) < 3 else shape)


def _each(tensors: tuple[Any, ...], shape: Any) -> Any:
    """Every tensor reshaped; one alone comes back alone."""
    if len(tensors) == 1 and isinstance(tensors[0], Variable):
        return _reshape(tensors[0], shape=shape(tensors[0].raw.shape))
    members = tensors[0] if len(tensors) == 1 else tensors
    return tuple(_reshape(x, shape=shape(x.raw.shape)) for x in members)


# -- broadcasting -----------------------------------------------------------------------------------------------------


def expand(input: Tensor, *args: Any, size: Any = None, implicit: bool = False) -> Tensor:
    """Axes of size 1 repeated without copying, as a view; new axes may be put in front.

    Args:
        input: any shape.
        args, size: the sizes wanted, one by one or as one sequence; -1 keeps an axis.
        implicit: accepted.

    Returns:
        A view of shape ``size`` whose repeated elements share memory.

    Raises:
        ShapeError: an axis of another size than 1 would have to change.

    Example:
        >>> ag.zeros(3, 1).expand(2, -1, 4).shape
        Size([2, 3, 4])
    """
    wanted, have = sizes(args if size is None else size), input.raw.shape
    lead = len(wanted) - len(have)
    if lead < 0:
        raise ShapeError(f"expand: expected at least {len(have)} sizes for shape {tuple(have)}, got {wanted}")
    shape = list(wanted)
    for i, n in enumerate(have, lead):
        if shape[i] == -1:
            shape[i] = n
        elif n != 1 and shape[i] != n:
            raise ShapeError(f"expand: expected sizes equal to {tuple(have)} or expanding its ones, got {wanted}")
    if min(shape, default=0) < 0:
        raise ShapeError(f"expand: expected sizes equal to {tuple(have)} or expanding its ones, got {wanted}")
    return _expand(input, shape=tuple(shape))


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """``input`` expanded to the shape of ``other``; see ``expand``.

    Args:
        input: any shape that broadcasts to it.
        other: the tensor with that shape.

    Returns:
        A view of the shape of ``other``.

    Example:
        >>> ag.zeros(3, 1).expand_as(ag.zeros(3, 4)).shape
        Size([3, 4])
    """
    return expand(input, other.raw.shape)


def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """Axes of size 1 repeated without copying, as a view; the same as ``expand``.

    Args:
        input: any shape.
        size: the sizes wanted; -1 keeps an axis.

    Returns:
        A view of shape ``size``.

    Example:
        >>> ag.arange(3).broadcast_to((2, 3)).shape
        Size([2, 3])
    """
    return expand(input, size)


def sum_to_size(input: Tensor, *args: Any, size: Any = None) -> Tensor:
    """The sum over the axes that broadcasting ``size`` would have repeated: what ``expand`` undoes.

    Args:
        input: any shape.
        args, size: sizes that broadcast to it, one by one or as one sequence.

    Returns:
        A tensor of shape ``size``.

    Raises:
        ShapeError: ``size`` does not broadcast to the shape of ``input``.

    Example:
        >>> ag.ones(2, 3).sum_to_size(1, 3)
        tensor([[2., 2., 2.]])
    """
    shape, have = sizes(args if size is None else size), tuple(input.raw.shape)
    if len(shape) > len(have) or broadcast("sum_to_size", shape, have) != have:
        raise ShapeError(f"sum_to_size: expected sizes that broadcast to {have}, got {shape}")
    whole = input.raw.dtype.kind in "biu" and shape != have  # a sum of integers
    return sum_to(input.to(dtypes.int64) if whole else input, shape=shape)


def broadcast_shapes(*shapes: Any) -> Any:
    """The shape that tensors of these shapes have after broadcasting.

    Args:
        shapes: tuples of ints, or ints for a single axis.

    Returns:
        A Size.

    Raises:
        ShapeError: they do not fit.

    Example:
        >>> ag.broadcast_shapes((2, 1), (3,))
        Size([2, 3])
    """
    return Size(broadcast("broadcast_shapes", *[(s,) if isinstance(s, int) else tuple(s) for s in shapes]))


def broadcast(name: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape, by the rule of broadcasting; ``name`` is for the message."""
    out = [1] * max((len(s) for s in shapes), default=0)
    for shape in shapes:
        for i in range(1, len(shape) + 1):
            if shape[-i] not in (1, out[-i]):
                if out[-i] != 1:
                    raise ShapeError(f"{name}: expected shapes that broadcast, got {' and '.join(map(str, shapes))}")
                out[-i] = shape[-i]
    return tuple(out)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """The tensors, each expanded to the shape that all have after broadcasting.

    Args:
        tensors: broadcastable ones.

    Returns:
        A tuple of views of the common shape.

    Raises:
        ShapeError: they do not fit.

    Example:
        >>> a, b = ag.broadcast_tensors(ag.zeros(2, 1), ag.zeros(3)); b.shape
        Size([2, 3])
    """
    members = tensors[0] if len(tensors) == 1 and not isinstance(tensors[0], Variable) else tensors
    shape = broadcast("broadcast_tensors", *[x.raw.shape for x in members])
    return tuple(_expand(x, shape=shape) for x in members)
