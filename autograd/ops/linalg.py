"""Products of vectors and matrices; sums over named axes are in einsum.py."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from autograd.casting import autocasts
from autograd.errors import DtypeError, ShapeError
from autograd.formats import rows
from autograd.inplace import inplace
from autograd.op import op
from autograd.ops.arguments import axis_of, numpy_names
from autograd.ops.arithmetic import mul
from autograd.ops.axes import _matrix_axes, _permute
from autograd.ops.complex import conj
from autograd.ops.out import into
from autograd.ops.reduction import _sum
from autograd.ops.shape import _aligned, _reshape, broadcast

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- matmul -----------------------------------------------------------------------------------------------------------


@op(complex="analytic", bfloat16="kernel")
def _matmul(be: Any, input: Any, other: Any) -> Any:
    if input.dtype is not other.dtype and input.dtype != other.dtype:
        raise DtypeError(f"matmul: expected one dtype, got {input.dtype} and {other.dtype}. Cast one with .to()")
    try:
        if other.ndim == 2 and input.ndim > 2:  # one product of large matrices in place of many small ones
            return be.matmul(_flat(input), other).reshape(*input.shape[:-1], other.shape[1])
        return be.matmul(input, other)
    except ValueError:
        raise ShapeError(
            f"matmul: expected (..., m, n) and (..., n, p) or vectors (n,), got {tuple(input.shape)} and "
            f"{tuple(other.shape)}. Is one to be transposed?"
        ) from None


def _flat(x: Any) -> Any:
    """All axes but the last merged, (..., n) -> (m, n)."""
    return _reshape(x, shape=(prod(x.shape[:-1]), x.shape[-1]))


def _column(x: Any) -> Any:
    return _reshape(x, shape=(*x.shape, 1))


def _transposed(x: Any) -> Any:
    return _permute(x, axes=_matrix_axes("matmul", x.ndim))


def _matmul_input(g: Any, input_shape: tuple[int, ...], other: Any) -> Any:
    """The gradient of the left operand, the sum over broadcast batches still to be done."""
    if other.ndim == 1:
        return _column(g) * other if g.ndim else g * other  # (..., m, 1) (n,) -> (..., m, n)
    if len(input_shape) > 1:
        return _matmul(g, _transposed(other))
    gx = _matmul(other, _column(g))  # (..., n, p) (..., p, 1) -> (..., n, 1)
    return _reshape(gx, shape=tuple(gx.shape[:-1]))


def _matmul_other(g: Any, input: Any, other_shape: tuple[int, ...]) -> Any:
    """The gradient of the right operand, the sum over broadcast batches still to be done."""
    if len(other_shape) == 1:
        return _matmul(_reshape(g, shape=(prod(g.shape),)), _flat(input)) if g.ndim else g * input
    if input.ndim == 1:
        return _column(input) * _reshape(g, shape=(*g.shape[:-1], 1, g.shape[-1]))  # (n, 1) (..., 1, p) -> (..., n, p)
    if len(other_shape) == 2 and input.ndim > 2:
        return _matmul(_transposed(_flat(input)), _flat(g))
    return _matmul(_transposed(input), g)


_matmul.grad(
    input=lambda g, input_shape, other: _matmul_input(g, input_shape, other),
    other=lambda g, input, other_shape: _matmul_other(g, input, other_shape),
)


def matmul(input: Tensor, other: Tensor, *, out: Any = None) -> Tensor:
    """The product of vectors, matrices and batches of matrices; the operator ``@``.

    Args:
        input: shape (n,), or (..., m, n).
        other: shape (n,), or (..., n, p), of the same dtype; the batch axes broadcast.
        out: a tensor to write the result into.

    Returns:
        Shape (..., m, p), without the m or p that a vector does not have.

    Raises:
        DtypeError: the dtypes differ.
        ShapeError: the inner sizes differ, or an operand is 0-d.

    Example:
        >>> ag.tensor([[1.0, 2.0], [3.0, 4.0]]) @ ag.tensor([1.0, 1.0])
        tensor([3., 7.])
    """
    if getattr(input, "is_sparse", False) or getattr(other, "is_sparse", False):
        return input @ other
    return into(out, _matmul(input, other), "matmul")


def _product(name: str, a: Any, b: Any, ndims: tuple[int, int]) -> Any:
    """The product of operands that must have so many axes each."""
    if a.is_sparse or a.is_sparse_csr or b.is_sparse:
        return a @ b
    if (a.raw.ndim, b.raw.ndim) != ndims or a.raw.shape[-1] != b.raw.shape[-2 if ndims[1] > 1 else -1]:
        kinds = {1: "a vector", 2: "a matrix", 3: "a batch of matrices"}
        raise ShapeError(
            f"{name}: expected {kinds[ndims[0]]} and {kinds[ndims[1]]} of one inner size, got {tuple(a.raw.shape)} and "
            f"{tuple(b.raw.shape)}. matmul() takes all kinds"
        )
    if ndims == (3, 3) and a.raw.shape[0] != b.raw.shape[0]:
        raise ShapeError(f"{name}: expected batches of one size, got {tuple(a.raw.shape)} and {tuple(b.raw.shape)}")
    return _matmul(a, b)


def mm(input: Tensor, mat2: Tensor, *, out: Any = None) -> Tensor:
    """The product of two matrices.

    Args:
        input: shape (m, n).
        mat2: shape (n, p), of the same dtype.
        out: a tensor to write the result into.

    Returns:
        Shape (m, p).

    Raises:
        ShapeError: not matrices, or the inner sizes differ.

    Example:
        >>> ag.mm(ag.ones(2, 3), ag.ones(3, 2))
        tensor([[3., 3.],
                [3., 3.]])
    """
    return into(out, _product("mm", input, mat2, (2, 2)), "mm")


def bmm(input: Tensor, mat2: Tensor, *, out: Any = None) -> Tensor:
    """The products of two batches of matrices.

    Args:
        input: shape (b, m, n).
        mat2: shape (b, n, p), of the same dtype.
        out: a tensor to write the result into.

    Returns:
        Shape (b, m, p).

    Raises:
        ShapeError: not batches of matrices, or the sizes differ.

    Example:
        >>> ag.bmm(ag.ones(2, 1, 3), ag.ones(2, 3, 1)).shape
        Size([2, 1, 1])
    """
    return into(out, _product("bmm", input, mat2, (3, 3)), "bmm")


def mv(input: Tensor, vec: Tensor, *, out: Any = None) -> Tensor:
    """The product of a matrix and a vector.

    Args:
        input: shape (m, n).
        vec: shape (n,), of the same dtype.
        out: a tensor to write the result into.

    Returns:
        Shape (m,).

    Raises:
        ShapeError: not a matrix and a vector, or the sizes differ.

    Example:
        >>> ag.mv(ag.ones(2, 3), ag.ones(3))
        tensor([3., 3.])
    """
    return into(out, _product("mv", input, vec, (2, 1)), "mv")


def dot(input: Tensor, tensor: Tensor, *, out: Any = None) -> Tensor:
    """The inner product of two vectors.

    Args:
        input, tensor: shape (n,), of the same dtype.
        out: a tensor to write the result into.

    Returns:
        A 0-d tensor.

    Raises:
        ShapeError: not vectors, or the sizes differ.

    Example:
        >>> ag.dot(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0]))
        tensor(11.)
    """
    return into(out, _product("dot", input, tensor, (1, 1)), "dot")


def vdot(input: Tensor, other: Tensor, *, out: Any = None) -> Tensor:
    """The inner product of two vectors, of which the first is conjugated: sum(conj(input) * other).

    Args:
        input, other: shape (n,), of the same dtype.
        out: a tensor to write the result into.

    Returns:
        A 0-d tensor.

    Raises:
        ShapeError: not vectors, or the sizes differ.

    Example:
        >>> ag.vdot(ag.tensor([1.0, 2.0]), ag.tensor([3.0, 4.0]))
        tensor(11.)
    """
    return into(out, _product("vdot", conj(input), other, (1, 1)), "vdot")


def inner(input: Tensor, other: Tensor, *, out: Any = None) -> Tensor:
    """The sum of products over the last axis of both; of 0-d tensors the product.

    Args:
        input: shape (..., n).
        other: shape (..., n), of the same dtype.
        out: a tensor to write the result into.

    Returns:
        The axes of ``input`` and then those of ``other``, without the last ones.

    Raises:
        ShapeError: the last sizes differ.

    Example:
        >>> ag.inner(ag.ones(2, 3), ag.ones(3))
        tensor([3., 3.])
    """
    if not input.raw.ndim or not other.raw.ndim:
        return into(out, mul(input, other), "inner")
    a, b = input.raw.shape, other.raw.shape
    if a[-1] != b[-1]:
        raise ShapeError(f"inner: expected equal last sizes, got {tuple(a)} and {tuple(b)}")
    y = _matmul(_flat(input), _transposed(_flat(other)))  # (..., n) (..., n) -> (m, p)
    return into(out, _reshape(y, shape=(*a[:-1], *b[:-1])), "inner")


def outer(input: Tensor, vec2: Tensor, *, out: Any = None) -> Tensor:
    """All products of an element of one vector with one of another.

    Args:
        input: shape (m,).
        vec2: shape (n,).
        out: a tensor to write the result into.

    Returns:
        Shape (m, n), of the promoted dtype.

    Raises:
        ShapeError: not vectors.

    Example:
        >>> ag.outer(ag.tensor([1, 2]), ag.tensor([3, 4]))
        tensor([[3, 4],
                [6, 8]])
    """
    if input.raw.ndim != 1 or vec2.raw.ndim != 1:
        raise ShapeError(
            f"outer: expected vectors, got {tuple(input.raw.shape)} and {tuple(vec2.raw.shape)}. Use ravel()"
        )
    return into(out, mul(_column(input), vec2), "outer")


# -- a product added to something -------------------------------------------------------------------------------------


def _added(name: str, input: Any, y: Any, beta: Any, alpha: Any, out: Any) -> Any:
    """beta * input + alpha * y; with beta 0 the input does not count, NaN or not."""
    if broadcast(name, input.raw.shape, y.raw.shape) != tuple(y.raw.shape):
        raise ShapeError(
            f"{name}: expected an input that broadcasts to {tuple(y.raw.shape)}, got {tuple(input.raw.shape)}"
        )
    if alpha != 1:
        y = y * alpha
    if beta != 0:
        y = (input if beta == 1 else input * beta) + y
    return into(out, y, name)


@autocasts
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2), of matrices.

    Args:
        input: broadcastable to (m, p).
        mat1: shape (m, n).
        mat2: shape (n, p).
        beta, alpha: numbers; with ``beta=0`` the input is left out.
        out: a tensor to write the result into.

    Returns:
        Shape (m, p).

    Raises:
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.addmm(ag.ones(2), ag.ones(1, 3), ag.ones(3, 2))
        tensor([[4., 4.]])
    """
    return _added("addmm", input, _product("addmm", mat1, mat2, (2, 2)), beta, alpha, out)


@autocasts
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Tensor:
    """beta * input + alpha * (batch1 @ batch2), of batches of matrices.

    Args:
        input: broadcastable to (b, m, p).
        batch1: shape (b, m, n).
        batch2: shape (b, n, p).
        beta, alpha: numbers; with ``beta=0`` the input is left out.
        out: a tensor to write the result into.

    Returns:
        Shape (b, m, p).

    Raises:
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.baddbmm(ag.ones(1), ag.ones(1, 1, 3), ag.ones(1, 3, 2))
        tensor([[[4., 4.]]])
    """
    return _added("baddbmm", input, _product("baddbmm", batch1, batch2, (3, 3)), beta, alpha, out)


@autocasts
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Tensor:
    """beta * input + alpha * sum over the batch of (batch1 @ batch2).

    Args:
        input: broadcastable to (m, p).
        batch1: shape (b, m, n).
        batch2: shape (b, n, p).
        beta, alpha: numbers; with ``beta=0`` the input is left out.
        out: a tensor to write the result into.

    Returns:
        Shape (m, p).

    Raises:
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.addbmm(ag.ones(1), ag.ones(2, 1, 3), ag.ones(2, 3, 2))
        tensor([[7., 7.]])
    """
    product = _product("addbmm", batch1, batch2, (3, 3))
    total = _sum(product, axes=(0,), keepdim=False).to(product.dtype)
    return _added("addbmm", input, total, beta, alpha, out)


@autocasts
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Tensor:
    """beta * input + alpha * (mat @ vec).

    Args:
        input: broadcastable to (m,).
        mat: shape (m, n).
        vec: shape (n,).
        beta, alpha: numbers; with ``beta=0`` the input is left out.
        out: a tensor to write the result into.

    Returns:
        Shape (m,).

    Raises:
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.addmv(ag.ones(1), ag.ones(1, 3), ag.ones(3))
        tensor([4.])
    """
    return _added("addmv", input, _product("addmv", mat, vec, (2, 1)), beta, alpha, out)


@autocasts
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Any = 1, alpha: Any = 1, out: Any = None) -> Tensor:
    """beta * input + alpha * outer(vec1, vec2).

    Args:
        input: broadcastable to (m, n).
        vec1: shape (m,).
        vec2: shape (n,).
        beta, alpha: numbers; with ``beta=0`` the input is left out.
        out: a tensor to write the result into.

    Returns:
        Shape (m, n).

    Raises:
        ShapeError: the shapes do not fit.

    Example:
        >>> ag.addr(ag.ones(1), ag.ones(1), ag.ones(2))
        tensor([[2., 2.]])
    """
    return _added("addr", input, outer(vec1, vec2), beta, alpha, out)


addmm_, baddbmm_, addbmm_, addmv_, addr_ = (inplace(f) for f in (addmm, baddbmm, addbmm, addmv, addr))

# -- other products ---------------------------------------------------------------------------------------------------


def kron(input: Tensor, other: Tensor, *, out: Any = None) -> Tensor:
    """The Kronecker product: every element of ``input`` times the whole of ``other``, as blocks.

    Args:
        input: sizes a_i.
        other: sizes b_i; the one with fewer axes gets axes of size 1 in front.
        out: a tensor to write the result into.

    Returns:
        Shape (a_0 * b_0, a_1 * b_1, ...), of the promoted dtype.

    Example:
        >>> ag.kron(ag.eye(2), ag.ones(1, 2))
        tensor([[1., 1., 0., 0.],
                [0., 0., 1., 1.]])
    """
    ndim = max(input.raw.ndim, other.raw.ndim)
    a, b = _aligned(input.raw.shape, ndim), _aligned(other.raw.shape, ndim)
    left = _reshape(input, shape=tuple(n for size in a for n in (size, 1)))
    right = _reshape(other, shape=tuple(n for size in b for n in (1, size)))
    y = _reshape(mul(left, right), shape=tuple(m * n for m, n in zip(a, b, strict=True)))
    return into(out, y, "kron")


@op(promote="common", complex="analytic")
def _cross(be: Any, input: Any, other: Any, *, axis: int) -> Any:
    return rows(be.xp.cross(input, other, axis=axis))


_cross.grad(
    input=lambda g, other, *, axis: _cross(other, g, axis=axis),
    other=lambda g, input, *, axis: _cross(g, input, axis=axis),
)


@numpy_names
def cross(input: Tensor, other: Tensor, dim: int | None = None, *, out: Any = None) -> Tensor:
    """The cross product of vectors of three elements.

    Args:
        input, other: broadcastable, of as many axes, with size 3 along ``dim``.
        dim: the axis of the vectors; None means the first of size 3.
        out: a tensor to write the result into.

    Returns:
        A tensor of the broadcast shape.

    Raises:
        ShapeError: the axis has not size 3, or the shapes do not fit.

    Example:
        >>> ag.cross(ag.tensor([1, 0, 0]), ag.tensor([0, 1, 0]))
        tensor([0, 0, 1])
    """
    a, b = input.raw.shape, other.raw.shape
    if len(a) != len(b) or not a:
        raise ShapeError(f"cross: expected tensors of as many axes, got {tuple(a)} and {tuple(b)}")
    shape = broadcast("cross", a, b)
    axis = axis_of("cross", dim, len(shape)) if dim is not None else next((i for i, n in enumerate(shape) if n == 3), 0)
    if a[axis] != 3 or b[axis] != 3:
        raise ShapeError(
            f"cross: expected size 3 along axis {axis}, got {tuple(a)} and {tuple(b)}. Name the axis in dim="
        )
    return into(out, _cross(input, other, axis=axis), "cross")


def chain_matmul(*matrices: Tensor, out: Any = None) -> Tensor:
    """The product of several matrices, multiplied in the order that costs least.

    Args:
        matrices: shapes (n_0, n_1), (n_1, n_2), ...
        out: a tensor to write the result into.

    Returns:
        Shape (n_0, n_k).

    Raises:
        ShapeError: the sizes do not fit.

    Example:
        >>> ag.chain_matmul(ag.ones(2, 3), ag.ones(3, 4), ag.ones(4, 1))
        tensor([[12.],
                [12.]])
    """
    return into(out, _cheapest("chain_matmul", list(matrices)), "chain_matmul")


def _cheapest(name: str, matrices: list[Any]) -> Any:
    """The product with the least multiplications, by dynamic programming over where to put the last one."""
    sizes = [m.raw.shape[0] for m in matrices] + [matrices[-1].raw.shape[1]]
    best: dict[tuple[int, int], tuple[int, int]] = {}  # of matrices i..j: cost, where to split

    def cost(i: int, j: int) -> int:
        if i == j:
            return 0
        if (i, j) not in best:
            best[i, j] = min(
                (cost(i, k) + cost(k + 1, j) + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
            )
        return best[i, j][0]

    def multiply(i: int, j: int) -> Any:
        if i == j:
            return matrices[i]
        k = best[i, j][1]
        return _product(name, multiply(i, k), multiply(k + 1, j), (2, 2))

    cost(0, len(matrices) - 1)
    return multiply(0, len(matrices) - 1)
