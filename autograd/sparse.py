"""PyTorch's ``torch.sparse``: tensors of which only the elements that are not zero are kept, with their places.

A sparse tensor is two tensors: ``indices`` of shape (axes, n) and ``values`` of shape (n, ...). What can be done with it is
composed of operations on these, so gradients flow to values and dense operands, to every order. It is no ``Tensor``: it
has the methods below, and ``torch.mm``, ``matmul`` and ``addmm`` take it; everything else wants ``to_dense()``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.creation import as_tensor, full, zeros
from autograd.errors import ShapeError
from autograd.layouts import sparse_coo, sparse_csr
from autograd.ops.counting import unique
from autograd.ops.joining import stack
from autograd.ops.linalg import mm as _mm
from autograd.ops.shape import broadcast_to
from autograd.sparse_tensor import SparseTensor, sparse_of

if TYPE_CHECKING:
    from autograd.tensor import Tensor

__all__ = [
    "FloatTensor",
    "SparseTensor",
    "addmm",
    "log_softmax",
    "mm",
    "softmax",
    "sparse_coo_tensor",
    "sparse_csr_tensor",
    "sum",
    "to_dense",
    "to_sparse",
    "to_sparse_csr",
]


def sparse_coo_tensor(
    indices: Any,
    values: Any,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> SparseTensor:
    """A sparse tensor of values and their places.

    Args:
        indices: integers, shape (axes, n).
        values: shape (n, *dense axes); gradients flow to it.
        size: of all axes; default: just large enough.
        dtype: of the values; default: theirs.
        device: default: that of the values.
        pin_memory: accepted.
        requires_grad: ask for a gradient of the values.
        check_invariants: accepted: places are always checked.
        is_coalesced: every place is there once, in order.

    Returns:
        A ``SparseTensor``.

    Raises:
        ShapeError: the shapes do not fit, or a place is outside.

    Example:
        >>> ag.sparse_coo_tensor([[0, 0], [1, 1]], [2.0, 3.0]).to_dense()
        tensor([[0., 5.]])
    """
    of = as_tensor(values, dtype=dtype, device=device)
    at = as_tensor(indices, device=of.device).long()
    if at.ndim != 2 or of.ndim < 1 or at.shape[1] != of.shape[0]:
        raise ShapeError(
            f"sparse_coo_tensor: expected indices (axes, n) and values (n, ...), got {tuple(at.shape)} and {tuple(of.shape)}"
        )
    if size is None:
        size = [*(at.max(1).values + 1).tolist(), *of.shape[1:]]
    size, n = tuple(size), at.shape[0]
    if len(size) != n + of.ndim - 1 or size[n:] != tuple(of.shape[1:]):
        raise ShapeError(f"sparse_coo_tensor: expected a size of {n} axes and {tuple(of.shape[1:])}, got {size}")
    if at.numel() and (int(at.min()) < 0 or any(m >= s for m, s in zip(at.max(1).values.tolist(), size, strict=False))):
        raise ShapeError(f"sparse_coo_tensor: expected indices inside the size {size}, got {at.max(1).values.tolist()}")
    if requires_grad:
        of = of.detach().requires_grad_()
    return SparseTensor(at, of, size, bool(is_coalesced))


def sparse_csr_tensor(
    crow_indices: Any,
    col_indices: Any,
    values: Any,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
) -> SparseTensor:
    """A sparse matrix with compressed rows.

    Args:
        crow_indices: where each row begins among the values, and where the last ends: shape (rows + 1,).
        col_indices: the columns of the values, row by row, ascending.
        values: shape (n,).
        size: (rows, columns); default: just large enough.
        dtype, device, pin_memory, requires_grad, check_invariants: as for ``sparse_coo_tensor``.

    Returns:
        A ``SparseTensor``.

    Raises:
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.sparse_csr_tensor([0, 1, 2], [1, 0], [2.0, 3.0]).to_dense()
        tensor([[0., 2.],
                [3., 0.]])
    """
    starts, columns = as_tensor(crow_indices), as_tensor(col_indices)
    counts = (starts[1:] - starts[:-1]).long()
    rows = full((len(counts),), 1, dtype=counts.dtype, device=counts.device).cumsum(0).sub(1).repeat_interleave(counts)
    if size is None:
        size = (len(counts), int(columns.max()) + 1 if columns.numel() else 0)
    how = {"dtype": dtype, "device": device, "requires_grad": requires_grad}
    coo = sparse_coo_tensor(stack([rows, columns.long()]), values, size, is_coalesced=True, **how)
    return coo.to_sparse_csr()


def to_sparse(input: Tensor, sparse_dim: int | None = None, *, layout: Any = None) -> SparseTensor:
    """The elements that are not zero, with their places; also a method.

    Args:
        input: any tensor.
        sparse_dim: how many axes get indices; default: all.
        layout: ``sparse_coo`` or ``sparse_csr``.

    Returns:
        A coalesced ``SparseTensor``; gradients flow to the elements that are kept.

    Example:
        >>> ag.eye(2).to_sparse().indices()
        tensor([[0, 1],
                [0, 1]])
    """
    return sparse_of(input, sparse_dim, sparse_coo if layout is None else layout)


def to_sparse_csr(input: Tensor, dense_dim: int | None = None) -> SparseTensor:
    """The elements of a matrix that are not zero, with compressed rows; also a method.

    Args:
        input: a matrix.
        dense_dim: accepted.

    Returns:
        A ``SparseTensor``.

    Example:
        >>> ag.eye(2).to_sparse_csr().crow_indices()
        tensor([0, 1, 2])
    """
    return to_sparse(input, layout=sparse_csr)


def to_dense(input: Tensor, dtype: Any = None, *, masked_grad: bool | None = None) -> Tensor:
    """A dense tensor is that already; also a method.

    Args:
        input: any tensor.
        dtype: of the result.
        masked_grad: accepted.

    Returns:
        The tensor, in ``dtype`` where one is given.

    Example:
        >>> ag.ones(1).to_dense()
        tensor([1.])
    """
    return input if dtype is None else input.to(dtype)


def mm(mat1: Any, mat2: Any, reduce: str = "sum") -> Any:
    """The product of two matrices, of which one is sparse.

    Args:
        mat1: shape (m, n), sparse or dense.
        mat2: shape (n, p), sparse or dense.
        reduce: "sum".

    Returns:
        Shape (m, p); sparse where both are.

    Raises:
        ValueError: another ``reduce``.

    Example:
        >>> ag.sparse.mm(ag.eye(2).to_sparse(), ag.ones(2, 1))
        tensor([[1.],
                [1.]])
    """
    if reduce != "sum":
        raise ValueError(f"sparse.mm: expected reduce 'sum', got {reduce!r}")
    return mat1 @ mat2 if isinstance(mat1, SparseTensor) or isinstance(mat2, SparseTensor) else _mm(mat1, mat2)


def addmm(mat: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta * mat + alpha * (mat1 @ mat2), with ``mat1`` sparse.

    Args:
        mat: shape (m, p).
        mat1: sparse, shape (m, n).
        mat2: shape (n, p).
        beta, alpha: factors.

    Returns:
        Shape (m, p).

    Example:
        >>> ag.sparse.addmm(ag.ones(2, 1), ag.eye(2).to_sparse(), ag.ones(2, 1))
        tensor([[2.],
                [2.]])
    """
    return beta * mat + alpha * mm(mat1, mat2)


def sum(input: SparseTensor, dim: Any = None, dtype: Any = None) -> Any:
    """The sum of a sparse tensor, or along some of its axes.

    Args:
        input: the tensor.
        dim: the axis, or several; None for all.
        dtype: to sum in.

    Returns:
        As ``SparseTensor.sum``.

    Example:
        >>> ag.sparse.sum(ag.eye(3).to_sparse())
        tensor(3.)
    """
    return (input if dtype is None else input.to(dtype)).sum(dim)


def _normalized(name: str, input: SparseTensor, dim: int, dtype: Any, log: bool) -> SparseTensor:
    x = (input if dtype is None else input.to(dtype)).coalesce()
    dim %= x.ndim
    if dim >= x.sparse_dim():
        values = getattr(x._values(), name)(dim - x.sparse_dim() + 1)
        return SparseTensor(x._indices(), values, x.shape, True)
    others = [d for d in range(x.sparse_dim()) if d != dim]
    _, group = unique(x._flat(others), return_inverse=True)
    shape = int(group.max()) + 1 if group.numel() else 0, *x._values().shape[1:]
    values = x._values()
    at = broadcast_to(group.reshape(-1, *[1] * (values.ndim - 1)), tuple(values.shape))
    top = zeros(*shape, dtype=values.dtype, device=x.device).scatter_reduce(
        0, at, values.detach(), "amax", include_self=False
    )
    shifted = values - top[group]
    total = zeros(*shape, dtype=values.dtype, device=x.device).index_add(0, group, shifted.exp())[group]
    return SparseTensor(x._indices(), shifted - total.log() if log else shifted.exp() / total, x.shape, True)


def softmax(input: SparseTensor, dim: int, *, dtype: Any = None) -> SparseTensor:
    """The softmax of the elements that are kept; the others count as -inf.

    Args:
        input: the tensor.
        dim: the axis along which the results sum to one.
        dtype: to compute in.

    Returns:
        A sparse tensor of the same places.

    Example:
        >>> ag.sparse.softmax(ag.eye(2).to_sparse(), dim=1).to_dense()
        tensor([[1., 0.],
                [0., 1.]])
    """
    return _normalized("softmax", input, dim, dtype, False)


def log_softmax(input: SparseTensor, dim: int, *, dtype: Any = None) -> SparseTensor:
    """The logarithm of ``softmax``.

    Args:
        input, dim, dtype: as for ``softmax``.

    Returns:
        A sparse tensor of the same places.

    Example:
        >>> ag.sparse.log_softmax(ag.eye(2).to_sparse(), dim=1).values()
        tensor([0., 0.])
    """
    return _normalized("log_softmax", input, dim, dtype, True)


def FloatTensor(indices: Any, values: Any, size: Any = None) -> SparseTensor:
    """The older way to write ``sparse_coo_tensor``.

    Args:
        indices, values, size: as there.

    Returns:
        A ``SparseTensor`` of float32.

    Example:
        >>> ag.sparse.FloatTensor(ag.tensor([[0], [1]]), ag.tensor([2.0]), (1, 2)).to_dense()
        tensor([[0., 2.]])
    """
    return sparse_coo_tensor(indices, values, size).float()
