"""The tensor: an array, a device, a place in the graph, and the operations as methods."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

from autograd import call, dtypes, engine, printing
from autograd.device import backend_of, device
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.formats import as_format, contiguous_format, is_in, memory_format
from autograd.methods.elementwise import Elementwise
from autograd.methods.memory import Memory
from autograd.methods.operators import Operators
from autograd.methods.structure import Structure
from autograd.node import NEVER, Handle, Leaf, Variable, add_hook
from autograd.op import Op, refresh, wrap
from autograd.ops.out import into
from autograd.size import Size


class Tensor(Operators, Elementwise, Structure, Memory):
    """An n-dimensional array that records what is done to it.

    Usually made by ``autograd.tensor``, ``zeros``, ``randn`` ...; ``Tensor(data)`` gives the default dtype, as in PyTorch.

    Args:
        data: numbers, nested sequences, an array, or sizes of an uninitialised tensor.

    Example:
        >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
    """

    __slots__ = ()
    __array_priority__ = 1000  # NumPy arrays and scalars on the left leave binary operations to us
    __array_ufunc__ = None

    def __new__(cls, *data: Any) -> Any:
        self = Variable.__new__(cls)
        be = backend_of()
        kind = dtypes.default().numpy
        if len(data) == 1 and isinstance(data[0], Size):
            data = tuple(data[0])
        if all(isinstance(n, int) for n in data) and data:
            self.raw = be.xp.empty(data, kind)
        else:
            (source,) = data or ((),)
            self.raw = be.xp.array(source.raw if isinstance(source, Variable) else source, kind)
        self.backend, self.node, self._grad, self.alias, self.stamp = be, None, None, None, [0, "", 0]
        return self

    def __init__(self, *data: Any) -> None: ...

    # -- what it is --------------------------------------------------------------------------------------------------
    @property
    def shape(self) -> Size:
        """The sizes of the axes."""
        return Size(self.raw.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one axis.

        Args:
            dim: the axis; None for all.

        Returns:
            A ``Size`` or an int.
        """
        return Size(self.raw.shape) if dim is None else self.raw.shape[dim]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return int(self.raw.ndim)

    def dim(self) -> int:
        """The number of axes."""
        return int(self.raw.ndim)

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return int(self.raw.size)

    nelement = numel

    @property
    def dtype(self) -> dtypes.dtype:
        """The element type."""
        return dtypes.FROM_NUMPY[self.raw.dtype]

    @property
    def device(self) -> device:
        """Where the memory is."""
        be = self.backend
        return device("cuda", be.index) if be.name == "cuda" else device("meta" if be.name == "meta" else "cpu")

    @property
    def is_cuda(self) -> bool:
        """Whether the memory is on a GPU."""
        return bool(self.backend.name == "cuda")

    def get_device(self) -> int:
        """The index of the GPU, -1 on the CPU."""
        return self.backend.index if self.is_cuda else -1

    def is_floating_point(self) -> bool:
        """Whether the elements are floating-point numbers."""
        return bool(self.raw.dtype.kind in dtypes.REAL)

    def is_complex(self) -> bool:
        """Whether the elements are complex numbers."""
        return bool(self.raw.dtype.kind == "c")

    def is_inference(self) -> bool:
        """Whether it was made inside ``inference_mode``."""
        return bool(self.stamp[0] == NEVER)

    def element_size(self) -> int:
        """Bytes of one element."""
        return int(self.raw.itemsize)

    itemsize = property(element_size)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return int(self.raw.nbytes)

    def stride(self, dim: int | None = None) -> Any:
        """Steps between neighbours along each axis, or along one, in elements.

        Args:
            dim: the axis; None for all.

        Returns:
            A tuple of ints or an int.
        """
        steps = tuple(s // self.raw.itemsize for s in self.raw.strides)
        return steps if dim is None else steps[dim]

    def data_ptr(self) -> int:
        """The address of the first element."""
        return int(self.raw.data.ptr if self.is_cuda else self.raw.ctypes.data)

    def is_contiguous(self, memory_format: memory_format = contiguous_format) -> bool:
        """Whether the elements lie in memory without gaps, in row-major order or in that of another format.

        Args:
            memory_format: such as ``channels_last``.

        Returns:
            Whether they do; axes of size 1 may be in two formats at once.
        """
        return is_in(as_format("is_contiguous", memory_format, contiguous_format), self.raw)

    def is_set_to(self, tensor: Tensor) -> bool:
        """Whether both have the same ``data_ptr``, ``shape`` and ``stride``: see the same memory in the same way."""
        same = self.data_ptr() == tensor.data_ptr() and self.raw.shape == tensor.raw.shape
        return same and self.raw.strides == tensor.raw.strides

    @property
    def _version(self) -> int:
        return int(self.stamp[2])

    @property
    def _base(self) -> Variable | None:
        base: Variable | None = None
        alias = self.alias
        while alias is not None:
            base = alias.base
            alias = base.alias
        return base

    def _is_view(self) -> bool:
        return self.alias is not None

    # -- its place in the graph --------------------------------------------------------------------------------------
    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to it."""
        return (self.node if self.alias is None else refresh(self)) is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Asks for (or stops asking for) a gradient of this leaf.

        Args:
            requires_grad: whether to.

        Returns:
            The tensor.

        Raises:
            DtypeError: the elements are not floating-point or complex.
            GraphError: switched off on a result of recorded operations; use ``detach()``.
        """
        if not self.is_leaf:
            if requires_grad:
                return self
            raise GraphError("requires_grad_: expected a leaf, got a result of recorded operations. Use detach()")
        if not requires_grad:
            self.node = None
        elif self.node is None:
            if self.raw.dtype.kind not in dtypes.INEXACT:
                raise DtypeError(
                    f"requires_grad_: expected a floating or complex dtype, got {self.dtype}. Cast it first"
                )
            self.node, self.alias = Leaf(self), None
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation produced it."""
        node = self.node if self.alias is None else refresh(self)
        return node is None or type(node) is Leaf

    @property
    def grad_fn(self) -> Any:
        """The node of the operation that produced it, None for a leaf."""
        return None if self.is_leaf else self.node

    @property
    def grad(self) -> Tensor | None:
        """The gradient accumulated by ``backward``, of the same shape; None before."""
        grad: Tensor | None = self._grad
        return grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad: expected a Tensor or None, got {type(value).__name__}")
            if value.raw.shape != self.raw.shape:
                raise ShapeError(f"grad: expected shape {tuple(self.raw.shape)}, got {tuple(value.raw.shape)}")
            if value.raw.dtype != self.raw.dtype:
                raise DtypeError(f"grad: expected dtype {self.dtype}, got {value.dtype}")
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Accumulates d(sum of self * gradient)/d(leaf) into ``leaf.grad`` of every leaf that requires it.

        Args:
            gradient: of this tensor's shape; may be left out for a single element (1).
            retain_graph: keep what the graph saved, for another backward; default: ``create_graph``.
            create_graph: record the gradients' own computation, for higher derivatives.
            inputs: accumulate into these tensors only.

        Raises:
            GraphError: not recorded, not a scalar and no gradient given, freed, or a saved tensor was modified in place.
            ShapeError: ``gradient`` has another shape.
        """
        if isinstance(inputs, Tensor):
            inputs = [inputs]
        engine.backward(
            [self], [gradient], retain_graph=retain_graph, create_graph=create_graph, inputs=inputs
        )  # fmt: skip

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Calls a function whenever the gradient of this tensor is complete.

        Args:
            hook: called with the gradient; a tensor that it returns replaces the gradient.

        Returns:
            A handle whose ``remove()`` takes the hook away.
        """
        node = self.node if self.alias is None else refresh(self)
        if node is None:
            raise GraphError("register_hook: expected a tensor that requires grad")
        return add_hook(node, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> Handle:
        """Calls ``hook(tensor)`` after a gradient was added to this leaf's ``grad``."""
        if not isinstance(self.node, Leaf):
            raise GraphError("register_post_accumulate_grad_hook: expected a leaf that requires grad")
        if self.node.after is None:
            self.node.after = []
        self.node.after.append(hook)
        return Handle(self.node.after, hook)

    def retain_grad(self) -> None:
        """Keeps the gradient of this non-leaf in ``grad`` too."""
        if self.is_leaf:
            if self.node is None:
                raise GraphError("retain_grad: expected a tensor that requires grad")
            return
        me = weakref.ref(self)

        def keep(g: Tensor) -> None:
            tensor = me()
            if tensor is not None:
                tensor._grad = g.clone() if tensor._grad is None else tensor._grad + g

        keep.retains = True  # type: ignore[attr-defined]
        if not self.retains_grad:
            add_hook(self.node, keep)

    @property
    def retains_grad(self) -> bool:
        """Whether ``retain_grad`` was called."""
        hooks = None if self.is_leaf else self.node.hooks
        return any(getattr(hook, "retains", False) for hook in hooks or ())

    def detach(self) -> Tensor:
        """The same memory outside the graph; in-place writes are seen by both."""
        t: Tensor = wrap(self.raw, self.backend)
        t.stamp = self.stamp
        return t

    def detach_(self) -> Tensor:
        """Takes the tensor itself out of the graph."""
        if self.alias is not None:
            raise GraphError("detach_: expected a tensor that owns its history, got a view. Use detach()")
        self.node = None
        return self

    @property
    def data(self) -> Tensor:
        """The same memory outside the graph, unwatched: writes to it are not noticed by backward."""
        t: Tensor = wrap(self.raw, self.backend)
        return t

    @data.setter
    def data(self, value: Tensor) -> None:
        self.raw, self.backend = value.raw, value.backend
        if isinstance(self.node, Leaf):
            self.node.shape, self.node.backend = value.raw.shape, value.backend

    # -- leaving -----------------------------------------------------------------------------------------------------
    def numpy(self, *, force: bool = False) -> Any:
        """The NumPy array that shares this memory.

        Args:
            force: detach and copy from a device first, where needed.

        Returns:
            A NumPy array of the same shape and dtype.

        Raises:
            GraphError: it requires grad (and not ``force``).
            TypeError: it is on a GPU (and not ``force``).
        """
        if not force:
            if self.requires_grad:
                raise GraphError("numpy: expected a tensor that does not require grad. Call detach() first")
            if self.is_cuda:
                raise TypeError(f"numpy: expected a CPU tensor, got one on {self.device}. Call cpu() first")
        return self.backend.to_numpy(self.raw)

    def item(self) -> Any:
        """The only element as a Python number.

        Raises:
            ShapeError: there is not exactly one element.
        """
        if self.raw.size != 1:
            raise ShapeError(f"item: expected one element, got shape {tuple(self.raw.shape)}. Use tolist()")
        return self._values().item()

    def _values(self) -> Any:
        """The array; refused of a tensor on the device meta."""
        return self.backend.to_numpy(self.raw) if self.backend.name == "meta" else self.raw

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._values().tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(self, **options: Any) -> Any:
        if self.requires_grad:
            raise GraphError("dlpack: expected a tensor that does not require grad. Call detach() first")
        return self.raw.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.raw.__dlpack_device__()

    def __repr__(self) -> str:
        return printing.text(self)

    # -- as a Python object ------------------------------------------------------------------------------------------
    def __len__(self) -> int:
        if not self.raw.ndim:
            raise TypeError("len: expected at least one axis, got a 0-d tensor")
        return int(self.raw.shape[0])

    def __iter__(self) -> Iterator[Tensor]:
        if not self.raw.ndim:
            raise TypeError("iter: expected at least one axis, got a 0-d tensor")
        return iter(self.unbind(0))

    def __bool__(self) -> bool:
        if self.raw.size != 1:
            raise ShapeError(
                f"bool: expected one element, got shape {tuple(self.raw.shape)}. Use any() or all()"
            )  # fmt: skip
        return bool(self._values().item())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self.raw.dtype.kind not in "iub" or self.raw.size != 1:
            raise TypeError(f"index: expected one integer, got {self.dtype} of shape {tuple(self.raw.shape)}")
        return int(self.raw.item())

    __hash__ = object.__hash__  # of an object, not of what ``==`` compares

    def __contains__(self, element: Any) -> bool:
        return bool((self == element).any())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if not self.raw.ndim else object.__format__(self, spec)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise GraphError("deepcopy: expected a leaf, got a result of recorded operations. Use detach().clone()")
        t = Variable.__new__(type(self))
        memo[id(self)] = t
        t.raw, t.backend, t.node, t.alias, t.stamp = self.raw.copy(), self.backend, None, None, [0, "", 0]
        t._grad = None if self._grad is None else self._grad.detach().clone()
        t.__dict__.update(self.__dict__)
        if self.node is not None:
            t.node = Leaf(t)
        return t

    def __reduce_ex__(self, protocol: Any) -> Any:
        if not self.is_leaf:
            raise GraphError("pickle: expected a leaf, got a result of recorded operations. Use detach()")
        array = self.backend.to_numpy(self.raw)
        return _rebuild, (type(self), array, str(self.device), self.node is not None, self.__dict__)


def _rebuild(cls: type[Tensor], array: Any, where: str, requires_grad: bool, attributes: dict[str, Any]) -> Tensor:
    """A tensor from its pickled parts."""
    be = backend_of(where)
    t = Variable.__new__(cls)
    t.raw, t.backend, t.node, t.alias, t._grad, t.stamp = be.asarray(array), be, None, None, None, [0, "", 0]
    t.__dict__.update(attributes)
    if requires_grad:
        t.node = Leaf(t)
    return t


call.tensor_class = Tensor
Op.into = staticmethod(into)
