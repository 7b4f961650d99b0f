"""Tensors that a module owns: parameters, which are trained, and buffers, which are only kept with them."""

from __future__ import annotations

from typing import Any

from autograd.creation import empty
from autograd.files import unpickled
from autograd.node import Variable
from autograd.tensor import Tensor

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter", "is_lazy"]


def _seen_as(cls: type[Tensor], data: Any) -> Any:
    """The memory of ``data`` as a leaf of class ``cls``; in-place writes are seen by both."""
    source = Tensor() if data is None else data
    if not isinstance(source, Tensor):
        raise TypeError(
            f"{cls.__name__}: expected a Tensor, got {type(data).__name__}. Make one with autograd.tensor(...)"
        )
    t = Variable.__new__(cls)
    t.raw, t.backend, t.stamp = source.raw, source.backend, source.stamp
    t.node = t._grad = t.alias = None
    return t


class Parameter(Tensor):
    """A tensor that a module trains: assigned to an attribute of a ``Module``, it appears among its ``parameters()``.

    Args:
        data: its values; the memory is shared, not copied. None: an empty tensor.
        requires_grad: whether it is trained.

    Raises:
        TypeError: ``data`` is no Tensor.
        DtypeError: ``requires_grad`` with elements that are neither floating nor complex.

    Example:
        >>> w = nn.Parameter(ag.ones(2))
        >>> w
        Parameter containing:
        tensor([1., 1.], requires_grad=True)
        >>> w.is_leaf, w.requires_grad
        (True, True)
    """

    __slots__ = ()

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Any:
        t = _seen_as(cls, data)
        return t.requires_grad_() if requires_grad else t

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None: ...

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that belongs to a module's state and is not trained, such as a running mean.

    Args:
        data: its values; the memory is shared, not copied. None: an empty tensor.
        persistent: whether ``state_dict()`` of the module it is assigned to has it.

    Raises:
        TypeError: ``data`` is no Tensor.

    Example:
        >>> m = nn.Module()
        >>> m.count = nn.Buffer(ag.zeros(1))
        >>> list(m.state_dict())
        ['count']
    """

    __slots__ = ()
    persistent: bool

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:
        t = _seen_as(cls, data)
        t.persistent = persistent
        return t.requires_grad_() if data is not None and data.requires_grad else t

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None: ...


class UninitializedParameter(Parameter):
    """A parameter whose shape is not known yet; ``materialize`` gives it one, and makes it a ``Parameter``.

    Args:
        requires_grad: whether it is trained.
        device, dtype: as for ``empty``.

    Example:
        >>> w = nn.UninitializedParameter()
        >>> w.materialize((2, 3)); type(w).__name__, w.shape
        ('Parameter', Size([2, 3]))
    """

    __slots__ = ()

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        return super().__new__(cls, empty(0, device=device, dtype=dtype), requires_grad)

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None: ...

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Gives the parameter memory, with any values in it.

        Args:
            shape: its shape from now on.
            device, dtype: None for those it was made with.
        """
        _materialize(self, Parameter, shape, device, dtype)

    def __repr__(self) -> str:
        return "<UninitializedParameter>"


class UninitializedBuffer(Tensor):
    """A buffer whose shape is not known yet; ``materialize`` gives it one, and makes it a ``Tensor``.

    Args:
        requires_grad: whether gradients flow to it.
        device, dtype: as for ``empty``.

    Example:
        >>> mean = nn.UninitializedBuffer()
        >>> mean.materialize((2,)); type(mean).__name__, mean.shape
        ('Tensor', Size([2]))
    """

    __slots__ = ()

    def __new__(cls, requires_grad: bool = False, device: Any = None, dtype: Any = None) -> Any:
        return _seen_as(cls, empty(0, device=device, dtype=dtype)).requires_grad_(requires_grad)

    def __init__(self, requires_grad: bool = False, device: Any = None, dtype: Any = None) -> None: ...

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Gives the buffer memory, with any values in it.

        Args:
            shape: its shape from now on.
            device, dtype: None for those it was made with.
        """
        _materialize(self, Tensor, shape, device, dtype)

    def __repr__(self) -> str:
        return "<UninitializedBuffer>"


def _materialize(t: Tensor, cls: type[Tensor], shape: Any, device: Any, dtype: Any) -> None:
    place, kind = t.device if device is None else device, t.dtype if dtype is None else dtype
    t.data = empty(tuple(shape), device=place, dtype=kind)
    t.__class__ = cls


def is_lazy(param: Any) -> bool:
    """Whether a parameter or buffer waits for its shape.

    Args:
        param: anything.

    Returns:
        Whether it is an ``UninitializedParameter`` or ``UninitializedBuffer``.

    Example:
        >>> from nn.parameter import is_lazy
        >>> is_lazy(nn.LazyLinear(3).weight), is_lazy(nn.Linear(2, 3).weight)
        (True, False)
    """
    return isinstance(param, (UninitializedParameter, UninitializedBuffer))


unpickled.parameter_class[:] = [Parameter]  # so that files that hold parameters give parameters
