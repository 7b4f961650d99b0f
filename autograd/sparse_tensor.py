"""The class of sparse tensors: what is at which places, and what can be done with it. Functions are in ``sparse.py``."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from autograd.creation import as_tensor, zeros
from autograd.device import device
from autograd.dtypes import dtype
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.layouts import layout, sparse_coo, sparse_csr
from autograd.node import Variable
from autograd.ops.counting import bincount, unique
from autograd.ops.joining import cat, stack
from autograd.ops.shape import broadcast_to
from autograd.size import Size

if TYPE_CHECKING:
    from autograd.tensor import Tensor


class SparseTensor:
    """Values and their places; ``sparse_coo_tensor`` and ``Tensor.to_sparse`` make it.

    Args:
        indices: int64, shape (axes, n); a place may be there more than once: its values count together.
        values: shape (n, *dense axes).
        size: of all axes, sparse and dense.
        coalesced: every place is there once, in row-major order.
        layout: ``sparse_coo``, or ``sparse_csr`` for what shows its rows compressed.

    Attributes:
        shape, dtype, device, layout, requires_grad: as of a ``Tensor``.

    Example:
        >>> x = ag.sparse_coo_tensor([[0, 1], [2, 0]], [3.0, 4.0], (2, 3))
        >>> x @ ag.ones(3, 1)
        tensor([[3.],
                [4.]])
    """

    __array_ufunc__ = None

    def __init__(
        self, indices: Tensor, values: Tensor, size: Any, coalesced: bool = False, layout: layout = sparse_coo
    ) -> None:
        self._at, self._of, self.shape, self._coalesced, self.layout = indices, values, Size(size), coalesced, layout

    # -- what it is --------------------------------------------------------------------------------------------------
    @property
    def dtype(self) -> dtype:
        """Of the values."""
        return self._of.dtype

    @property
    def device(self) -> device:
        """Where they are."""
        return self._of.device

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to the values."""
        return self._of.requires_grad

    @property
    def is_sparse(self) -> bool:
        """Whether the layout is ``sparse_coo``."""
        return self.layout is sparse_coo

    @property
    def is_sparse_csr(self) -> bool:
        """Whether the layout is ``sparse_csr``."""
        return self.layout is sparse_csr

    @property
    def is_cuda(self) -> bool:
        """Whether it is on a GPU."""
        return self._of.is_cuda

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one axis.

        Args:
            dim: the axis; None for all.

        Returns:
            A ``Size`` or an int.
        """
        return self.shape if dim is None else self.shape[dim]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def dim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def numel(self) -> int:
        """The number of elements, zeros included."""
        return prod(self.shape)

    def sparse_dim(self) -> int:
        """The number of axes that have indices."""
        return int(self._at.shape[0])

    def dense_dim(self) -> int:
        """The number of further axes."""
        return self.ndim - self.sparse_dim()

    def is_coalesced(self) -> bool:
        """Whether every place is there once, in order."""
        return self._coalesced

    def _nnz(self) -> int:
        return int(self._of.shape[0])

    def _indices(self) -> Tensor:
        return self._at

    def _values(self) -> Tensor:
        return self._of

    def _once(self, name: str) -> None:
        if not self._coalesced:
            raise GraphError(
                f"{name}: expected a coalesced tensor, as a place may be there twice. Call coalesce() first"
            )

    def indices(self) -> Tensor:
        """The places, of shape (axes, n).

        Raises:
            GraphError: it is not coalesced.
        """
        self._once("indices")
        return self._at

    def values(self) -> Tensor:
        """The values, of shape (n, *dense axes).

        Raises:
            GraphError: it is not coalesced.
        """
        self._once("values")
        return self._of

    def crow_indices(self) -> Tensor:
        """Where each row begins among the values, and where the last ends: shape (rows + 1,)."""
        counts = bincount(self._at[0], minlength=self.shape[0])
        return cat([zeros(1, dtype=counts.dtype, device=self.device), counts.cumsum(0)])

    def col_indices(self) -> Tensor:
        """The columns of the values, row by row."""
        return self._at[1]

    def __repr__(self) -> str:
        return f"tensor(indices={self._at}, values={self._of}, size={tuple(self.shape)}, layout={self.layout})"

    # -- other forms of it -------------------------------------------------------------------------------------------
    def _with(self, values: Tensor) -> SparseTensor:
        return SparseTensor(self._at, values, self.shape, self._coalesced, self.layout)

    def _flat(self, axes: Any) -> Tensor:
        """The places as numbers in row-major order of some of the axes."""
        at: Any = zeros(self._nnz(), dtype=self._at.dtype, device=self.device)
        for axis in axes:
            at = at * self.shape[axis] + self._at[axis]
        return at

    def coalesce(self) -> SparseTensor:
        """The same with every place once, in row-major order; values of one place are added."""
        if self._coalesced:
            return self
        n = self.sparse_dim()
        flat, inverse = unique(self._flat(range(n)), return_inverse=True)
        summed = zeros(flat.shape[0], *self._of.shape[1:], dtype=self.dtype, device=self.device)
        at, rest = [], flat
        for size in reversed(self.shape[:n]):
            at.append(rest % size)
            rest = rest // size
        return SparseTensor(stack(at[::-1]), summed.index_add(0, inverse, self._of), self.shape, True, self.layout)

    def to_dense(self, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
        """All elements.

        Args:
            dtype: of the result.
            masked_grad: accepted.

        Returns:
            A tensor of the same shape.
        """
        n = self.sparse_dim()
        flat = zeros(prod(self.shape[:n]), *self._of.shape[1:], dtype=self.dtype, device=self.device)
        dense = flat.index_add(0, self._flat(range(n)), self._of).reshape(self.shape)
        return dense if dtype is None else dense.to(dtype)

    def to_sparse(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """Itself, with the layout ``sparse_coo``.

        Args:
            args, kwargs: accepted.

        Returns:
            A sparse tensor on the same memory.
        """
        return SparseTensor(self._at, self._of, self.shape, self._coalesced, sparse_coo)

    to_sparse_coo = to_sparse

    def to_sparse_csr(self, dense_dim: int | None = None) -> SparseTensor:
        """The matrix with its rows compressed.

        Args:
            dense_dim: accepted.

        Returns:
            The same values, coalesced.
        """
        one = self.coalesce()
        return SparseTensor(one._at, one._of, self.shape, True, sparse_csr)

    def to(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """The tensor in another dtype or on another device; see ``Tensor.to``."""
        moved = self._of.to(*args, **kwargs)
        return SparseTensor(self._at.to(moved.device), moved, self.shape, self._coalesced, self.layout)

    def cpu(self) -> SparseTensor:
        """The tensor on the CPU."""
        return self.to("cpu")

    def cuda(self, device: Any = None) -> SparseTensor:
        """The tensor on a GPU.

        Args:
            device: which; default: the current.

        Returns:
            The tensor there.
        """
        return self.to("cuda" if device is None else device)

    def float(self) -> SparseTensor:
        """The tensor in float32."""
        return self._with(self._of.float())

    def double(self) -> SparseTensor:
        """The tensor in float64."""
        return self._with(self._of.double())

    def detach(self) -> SparseTensor:
        """The tensor without history."""
        return self._with(self._of.detach())

    def clone(self) -> SparseTensor:
        """A copy of the values."""
        return self._with(self._of.clone())

    def is_floating_point(self) -> bool:
        """Whether the values are floating-point numbers."""
        return self._of.is_floating_point()

    def is_complex(self) -> bool:
        """Whether the values are complex numbers."""
        return self._of.is_complex()

    def copy_(self, src: SparseTensor, non_blocking: bool = False) -> SparseTensor:
        """Takes the places and values of another sparse tensor of the same shape.

        Args:
            src: the other; its values are cast to this tensor's dtype and moved to its device.
            non_blocking: accepted.

        Returns:
            The tensor.

        Raises:
            DtypeError: ``src`` is dense.
            ShapeError: ``src`` has another shape.
        """
        if not isinstance(src, SparseTensor):
            raise DtypeError("copy_: expected a sparse tensor for a sparse one, got a dense one. Use to_sparse()")
        if src.shape != self.shape:
            raise ShapeError(f"copy_: expected a tensor of shape {tuple(self.shape)}, got {tuple(src.shape)}")
        new = src.to(device=self.device, dtype=self.dtype).clone()
        self._at, self._of, self._coalesced = new._at, new._of.detach(), new._coalesced
        return self

    def requires_grad_(self, requires_grad: bool = True) -> SparseTensor:
        """Asks for a gradient of the values, which ``_values().grad`` will be.

        Args:
            requires_grad: whether to.

        Returns:
            The tensor.
        """
        self._of.requires_grad_(requires_grad)
        return self

    def transpose(self, dim0: int, dim1: int) -> SparseTensor:
        """The tensor with two sparse axes exchanged.

        Args:
            dim0, dim1: the axes.

        Returns:
            A sparse tensor, to be coalesced anew.

        Raises:
            ShapeError: one of them is dense.
        """
        order = list(range(self.ndim))
        dim0, dim1 = dim0 % self.ndim, dim1 % self.ndim
        if max(dim0, dim1) >= self.sparse_dim():
            raise ShapeError(
                f"transpose: expected sparse axes, got {dim0} and {dim1} of {self.sparse_dim()}. Use to_dense()"
            )
        order[dim0], order[dim1] = order[dim1], order[dim0]
        at = self._at[as_tensor(order[: self.sparse_dim()], device=self.device)]
        return SparseTensor(at, self._of, [self.shape[i] for i in order], False, sparse_coo)

    def t(self) -> SparseTensor:
        """The transposed matrix."""
        return self.transpose(0, 1)

    T = property(t)

    # -- arithmetic --------------------------------------------------------------------------------------------------
    def matmul(self, other: Any) -> Any:
        """The product with a dense matrix or vector, or (dense inside) with a sparse matrix.

        Args:
            other: shape (n, p) or (n,).

        Returns:
            Dense, of shape (m, p) or (m,); sparse where ``other`` is.

        Raises:
            ShapeError: they do not fit.
        """
        if isinstance(other, SparseTensor):
            return sparse_of(self.to_dense() @ other.to_dense())
        if self.ndim != 2 or other.ndim not in (1, 2) or self.shape[1] != other.shape[0]:
            raise ShapeError(
                f"mm: expected a sparse matrix and a matrix or vector of one inner size, got {tuple(self.shape)} and "
                f"{tuple(other.shape)}"
            )
        rows, columns = self._at
        values = self._of if other.ndim == 1 else self._of[:, None]
        terms = values * other[columns]
        return zeros(self.shape[0], *other.shape[1:], dtype=terms.dtype, device=self.device).index_add(0, rows, terms)

    __matmul__ = mm = mv = spmm = matmul

    def __rmatmul__(self, other: Any) -> Any:
        return self.t().matmul(other if other.ndim == 1 else other.t()).t()

    def add(self, other: Any) -> Any:
        """The sum with a sparse tensor of the same shape, or (then dense) with a dense one.

        Args:
            other: the tensor.

        Returns:
            The sum.

        Raises:
            ShapeError: the shapes differ.
        """
        if not isinstance(other, SparseTensor):
            return other + self.to_dense()
        if self.shape != other.shape:
            raise ShapeError(f"add: expected one shape, got {tuple(self.shape)} and {tuple(other.shape)}")
        both = SparseTensor(cat([self._at, other._at], 1), cat([self._of, other._of]), self.shape)
        return both.coalesce()

    __add__ = __radd__ = add

    def __neg__(self) -> SparseTensor:
        return self._with(-self._of)

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def mul(self, other: Any) -> SparseTensor:
        """The product, element by element.

        Args:
            other: a number, or a tensor that broadcasts to the shape.

        Returns:
            A sparse tensor of the same places.
        """
        if isinstance(other, SparseTensor):
            other = other.to_dense()
        if isinstance(other, Variable) and other.raw.ndim:
            other = broadcast_to(other, self.shape)[tuple(self._at)]  # type: ignore[arg-type]
        return self._with(self._of * other)

    __mul__ = __rmul__ = mul

    def div(self, other: Any) -> SparseTensor:
        """The quotient by a number or a tensor, as ``mul`` takes them.

        Args:
            other: the divisor.

        Returns:
            A sparse tensor of the same places.
        """
        return self * (1 / other)

    __truediv__ = div

    def sum(self, dim: Any = None) -> Any:
        """The sum of all elements, or along some axes.

        Args:
            dim: the axis, or several; None for all.

        Returns:
            A scalar; or a sparse tensor without these axes, dense where no sparse axis is left.
        """
        if dim is None:
            return self._of.sum()
        n = self.sparse_dim()
        gone = {d % self.ndim for d in ([dim] if isinstance(dim, int) else dim)}
        dense = [1 + d - n for d in sorted(gone) if d >= n]
        values = self._of.sum(dense) if dense else self._of
        left = [d for d in range(n) if d not in gone]
        if not left:
            return values.sum(0)
        size = [s for d, s in enumerate(self.shape) if d not in gone]
        return SparseTensor(self._at[as_tensor(left, device=self.device)], values, size).coalesce()


def sparse_of(input: Tensor, sparse_dim: int | None = None, layout: layout = sparse_coo) -> SparseTensor:
    """The elements that are not zero, with their places; see ``Tensor.to_sparse``."""
    n = input.ndim if sparse_dim is None else sparse_dim
    there = input.detach() != 0
    if n < input.ndim:
        there = there.flatten(n).any(-1)
    at = there.nonzero().t()
    return SparseTensor(at, input[tuple(at)], input.shape, True, layout)
