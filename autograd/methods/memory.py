"""Methods: the memory behind a tensor, and what kind of tensor it is."""

from __future__ import annotations

import mmap
from math import prod
from typing import Any

import numpy as np

from autograd.device import device
from autograd.dtypes import FROM_NUMPY
from autograd.errors import DeviceError, GraphError
from autograd.inplace import check_writable
from autograd.layouts import layout, strided
from autograd.node import Leaf, Variable
from autograd.op import written
from autograd.ops import query
from autograd.ops.arguments import sizes
from autograd.typed import legacy


class UntypedStorage:
    """The whole memory that a tensor looks into, as ``torch.UntypedStorage``.

    Args:
        array: the array that owns it.
        where: its device.

    Attributes:
        device: where it is.

    Example:
        >>> x = ag.ones(2, 3)
        >>> x[1].untyped_storage().data_ptr() == x.untyped_storage().data_ptr(), x[1].untyped_storage().nbytes()
        (True, 24)
    """

    def __init__(self, array: Any, where: device) -> None:
        self._array, self.device = array, where

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return int(self._array.data.ptr if self.device.type == "cuda" else self._array.ctypes.data)

    def nbytes(self) -> int:
        """How many bytes."""
        return int(self._array.nbytes)

    size = __len__ = nbytes


class Memory(Variable):
    """``x.untyped_storage()``, ``x.resize_(...)``, ``x.layout`` and their like."""

    __slots__ = ()

    is_signed, is_same_size, is_nonzero = query.is_signed, query.is_same_size, query.is_nonzero
    is_sparse = is_sparse_csr = is_quantized = is_nested = is_mkldnn = is_mps = is_xpu = is_xla = False

    def new(self, *data: Any) -> Any:
        """A tensor of this one's dtype and device: uninitialised of given sizes, or of a sequence, array or tensor.

        Args:
            data: sizes as ints or a ``Size``, or the data.

        Returns:
            A tensor.
        """
        return legacy(data, FROM_NUMPY[self.raw.dtype], self.device)  # type: ignore[attr-defined]

    @property
    def is_cpu(self) -> bool:
        """Whether the memory is the CPU's."""
        return bool(self.backend.name not in ("cuda", "meta"))

    @property
    def is_meta(self) -> bool:
        """Whether it has a shape and no values."""
        return bool(self.backend.name == "meta")

    @property
    def layout(self) -> layout:
        """How the elements are kept: ``autograd.strided``."""
        return strided

    def _owner(self) -> Any:
        """The array that owns the memory."""
        array = self.raw
        while isinstance(array.base, type(array)):
            array = array.base
        return array

    def untyped_storage(self) -> UntypedStorage:
        """The whole memory that the tensor looks into.

        Returns:
            Its address and size.
        """
        return UntypedStorage(self._owner(), self.device)  # type: ignore[attr-defined]

    storage = untyped_storage

    def storage_offset(self) -> int:
        """How many elements stand in memory before the first of this tensor."""
        start = self.raw.data.ptr if self.backend.name == "cuda" else self.raw.ctypes.data
        return int((start - self.untyped_storage().data_ptr()) // self.raw.itemsize)

    def dim_order(self) -> tuple[int, ...]:
        """The axes in the order in which they lie in memory, the slowest first."""
        return tuple(sorted(range(self.raw.ndim), key=lambda i: -self.raw.strides[i]))

    def is_shared(self) -> bool:
        """Whether forked processes see what others write: after ``share_memory_``, and always on a GPU."""
        return not self.is_cpu or isinstance(getattr(self._owner().base, "obj", None), mmap.mmap)

    def share_memory_(self) -> Any:
        """Moves the values to memory that processes forked from now on share; returns the tensor.

        Raises:
            GraphError: it is a view, or a result of recorded operations.
        """
        if self.alias is not None or not (self.node is None or isinstance(self.node, Leaf)):
            raise GraphError("share_memory_: expected a leaf that owns its memory. Use detach().clone()")
        if self.is_cpu and self.raw.nbytes and not self.is_shared():
            shared = np.frombuffer(memoryview(mmap.mmap(-1, self.raw.nbytes)), self.raw.dtype).reshape(self.raw.shape)
            shared[...] = self.raw
            self.raw = shared
        return self

    def resize_(self, *size: Any, memory_format: Any = None) -> Any:
        """Changes the shape; elements keep their place in row-major order, new ones are whatever the memory holds.

        Args:
            size: the new shape, as ints or one sequence.
            memory_format: accepted: the result is contiguous.

        Returns:
            The tensor.

        Raises:
            GraphError: it requires grad, or is a view.
        """
        if self.node is not None or self.alias is not None:
            raise GraphError("resize_: expected a tensor that owns its memory and requires no grad. Use reshape()")
        check_writable(self, "resize_")
        shape = sizes(size)
        old = self.raw.reshape(-1)
        if prod(shape) > old.size:
            new = self.backend.xp.empty(prod(shape), old.dtype)
            new[: old.size] = old
            old = new
        self.raw = old[: prod(shape)].reshape(shape)
        written(self, "resize_", None)
        return self

    def resize_as_(self, the_template: Any, *, memory_format: Any = None) -> Any:
        """Changes the shape to that of another tensor; see ``resize_``.

        Args:
            the_template: a tensor.
            memory_format: accepted.

        Returns:
            The tensor.
        """
        return self.resize_(the_template.raw.shape)

    def set_(self, source: Any = None) -> Any:
        """Looks into the memory of another tensor from now on.

        Args:
            source: a tensor of the same dtype; None for no elements.

        Returns:
            The tensor.

        Raises:
            GraphError: it requires grad, or is a view.
        """
        if self.node is not None or self.alias is not None:
            raise GraphError("set_: expected a tensor that owns its memory and requires no grad. Assign to .data")
        if source is None:
            self.raw = self.backend.xp.empty(0, self.raw.dtype)
        else:
            self.raw, self.backend, self.stamp = source.raw, source.backend, source.stamp
        return self

    @property
    def __cuda_array_interface__(self) -> Any:
        if self.is_cpu:
            raise AttributeError("a tensor on the CPU has no __cuda_array_interface__")
        if self.node is not None:
            raise DeviceError("__cuda_array_interface__: expected a tensor that does not require grad. Call detach()")
        return self.raw.__cuda_array_interface__
