"""What factorizations and their gradients share: checks of matrices, and small steps that run on tensors and raw arrays."""

from __future__ import annotations

from typing import Any

from autograd.dtypes import FROM_NUMPY
from autograd.errors import DtypeError, ShapeError
from autograd.grad_mode import mode
from autograd.op import op
from autograd.ops.complex import conjugate as _conjugate
from autograd.ops.linalg import _transposed
from autograd.ops.matrices import _tril, _triu
from autograd.ops.views import _diagonal, _undiagonal
from autograd.plan import same
from backends.errors import LinAlgError

# -- checks at the door -----------------------------------------------------------------------------------------------


def matrices(name: str, A: Any) -> Any:
    """``A``, of shape (..., m, n) and a dtype that is factorized.

    Raises:
        DtypeError: integers or half precision.
        ShapeError: fewer than two axes.
    """
    raw = A.raw
    if raw.ndim < 2:
        raise ShapeError(f"{name}: expected matrices (..., m, n), got shape {tuple(raw.shape)}")
    if raw.dtype.char not in "fdFD":
        raise DtypeError(
            f"{name}: expected float32, float64 or a complex dtype, got {FROM_NUMPY[raw.dtype]}. Cast it with .float()"
        )
    return A


def squares(name: str, A: Any) -> Any:
    """``A``, of shape (..., n, n) and a dtype that is factorized.

    Raises:
        DtypeError: integers or half precision.
        ShapeError: not square matrices.
    """
    if matrices(name, A).raw.shape[-1] != A.raw.shape[-2]:
        raise ShapeError(f"{name}: expected square matrices (..., n, n), got shape {tuple(A.raw.shape)}")
    return A


def alike(name: str, A: Any, B: Any) -> None:
    """Refuses two dtypes.

    Raises:
        DtypeError: they differ.
    """
    if A.raw.dtype != B.raw.dtype:
        raise DtypeError(f"{name}: expected one dtype, got {A.dtype} and {B.dtype}. Cast one with .to()")


def succeeded(name: str, info: Any, what: str) -> None:
    """Raises where an info is not zero; waits for the device.

    Raises:
        LinAlgError: ``what``, with the place in ``{}``, and which matrix of a batch it is.
    """
    infos = info.backend.to_numpy(info.raw).reshape(-1)
    if infos.any():
        at = int((infos != 0).argmax())
        which = f" (matrix {at} of the batch)" if info.raw.ndim else ""
        raise LinAlgError(f"{name}: {what.format(infos[at])}{which}")


def recorded(x: Any) -> bool:
    """Whether a gradient may be asked for through a tensor."""
    return bool(mode().enabled) and x.requires_grad


# -- steps ------------------------------------------------------------------------------------------------------------


def is_complex(x: Any) -> bool:
    """Whether a tensor or raw array is complex."""
    raw: Any = getattr(x, "raw", x)
    return bool(raw.dtype.kind == "c")


def conjugate(x: Any) -> Any:
    """The conjugate; a real one as it is."""
    return _conjugate(x) if is_complex(x) else x


def adjoint(x: Any) -> Any:
    """The conjugate transposes of matrices."""
    return conjugate(_transposed(x))


def lower(x: Any, k: int = 0) -> Any:
    """The lower triangles, up to diagonal k."""
    return _tril(x, k=k)


def upper(x: Any, k: int = 0) -> Any:
    """The upper triangles, from diagonal k on."""
    return _triu(x, k=k)


def diagonal_of(x: Any) -> Any:
    """The main diagonals (..., k)."""
    return _diagonal(x, offset=0, axis1=x.ndim - 2, axis2=x.ndim - 1)


def on_diagonal(v: Any) -> Any:
    """Square matrices of zeros with v (..., k) on the diagonal."""
    return _undiagonal(v, offset=0, axis1=v.ndim - 1, axis2=v.ndim, shape=(*v.shape, v.shape[-1]))


def columns(x: Any, start: int, stop: int) -> Any:
    """x[..., start:stop]."""
    return x[..., start:stop]


def rows(x: Any, start: int, stop: int) -> Any:
    """x[..., start:stop, :]."""
    return x[..., start:stop, :]


@op
def plus_identity(be: Any, x: Any) -> Any:
    """x + 1 on the main diagonal."""
    return x + be.xp.eye(x.shape[-2], x.shape[-1], dtype=x.dtype)


plus_identity.grad(x=same)


@op
def beside(be: Any, a: Any, b: Any, *, axis: int) -> Any:
    """One after the other along an axis, one of the last two."""
    return be.xp.concatenate([a, b], axis)


def _part(g: Any, axis: int, start: int, stop: int) -> Any:
    return columns(g, start, stop) if axis == g.ndim - 1 else rows(g, start, stop)


beside.grad(
    a=lambda g, a_shape, *, axis: _part(g, axis, 0, a_shape[axis]),
    b=lambda g, a_shape, *, axis: _part(g, axis, a_shape[axis], g.shape[axis]),
)


@op
def padded(be: Any, x: Any, *, n: int, before: bool = False) -> Any:
    """x as the first columns, or the last, of zeros (..., m, n)."""
    y = be.xp.zeros((*x.shape[:-1], n), x.dtype)
    at = n - x.shape[-1] if before else 0
    y[..., at : at + x.shape[-1]] = x
    return y


padded.grad(
    x=lambda g, x_shape, *, n, before=False: columns(g, n - x_shape[-1], n) if before else columns(g, 0, x_shape[-1])
)
