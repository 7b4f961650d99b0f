"""Complex numbers: made of real ones, taken apart, conjugated.

Gradients follow PyTorch's convention: of a real loss L they are dL/dRe(x) + i dL/dIm(x), that is 2 dL/d conj(x). What is
here is not analytic, so its gradients say themselves where to conjugate; for analytic operations see ``Op``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.errors import DtypeError, ShapeError
from autograd.inplace import inplace
from autograd.node import Variable
from autograd.op import op, zeros_like_shape
from autograd.ops.comparison import where
from autograd.ops.out import into

if TYPE_CHECKING:
    from autograd.tensor import Tensor

_COMPLEX = {"f": "F", "d": "D"}  # characters of dtypes
_REAL = {"F": "f", "D": "d"}


# -- parts ------------------------------------------------------------------------------------------------------------


@op(view=True, name="real")
def _real(be: Any, x: Any) -> Any:
    return x.real


@op(view=True, name="imag")
def _imag(be: Any, x: Any) -> Any:
    return x.imag


@op(name="complex")
def _from_real(be: Any, x: Any) -> Any:
    return x.astype(_COMPLEX[x.dtype.char])


@op(name="complex")
def _from_imag(be: Any, x: Any) -> Any:
    y = be.xp.zeros(x.shape, _COMPLEX[x.dtype.char])
    y.imag[...] = x
    return y


_real.grad(x=lambda g: _from_real(g))
_imag.grad(x=lambda g: _from_imag(g))
_from_real.grad(x=lambda g: _real(g))
_from_imag.grad(x=lambda g: _imag(g))


def real(input: Tensor) -> Tensor:
    """The real parts.

    Args:
        input: any shape and dtype.

    Returns:
        A view with the dtype of the parts; a real ``input`` itself.

    Example:
        >>> ag.real(ag.tensor([1 + 2j, 3 - 4j]))
        tensor([1., 3.])
    """
    return _real(input) if input.raw.dtype.kind == "c" else input


def imag(input: Tensor) -> Tensor:
    """The imaginary parts.

    Args:
        input: any shape, complex.

    Returns:
        A view with the dtype of the parts.

    Raises:
        DtypeError: the elements are real.

    Example:
        >>> ag.imag(ag.tensor([1 + 2j, 3 - 4j]))
        tensor([ 2., -4.])
    """
    if input.raw.dtype.kind != "c":
        raise DtypeError(f"imag: expected a complex dtype, got {input.dtype}. Real numbers have no imaginary part")
    return _imag(input)


def set_real(input: Tensor, value: Any) -> None:
    """``input.real = value``: writes the real parts; see ``fill_``."""
    real(input).fill_(value)


def set_imag(input: Tensor, value: Any) -> None:
    """``input.imag = value``: writes the imaginary parts; see ``fill_``."""
    imag(input).fill_(value)


@op
def _complex(be: Any, real: Any, imag: Any) -> Any:
    y = be.xp.empty(be.xp.broadcast_arrays(real, imag)[0].shape, _COMPLEX[real.dtype.char])
    y.real[...] = real
    y.imag[...] = imag
    return y


_complex.grad(real=lambda g: _real(g), imag=lambda g: _imag(g))


def _checked_pair(name: str, first: Any, second: Any) -> None:
    kinds = (first.raw.dtype.char, second.raw.dtype.char)
    if kinds[0] not in _COMPLEX or kinds[0] != kinds[1]:
        raise DtypeError(
            f"{name}: expected two tensors of float32 or two of float64, got {first.dtype} and {second.dtype}. "
            "Cast one with .to(dtype)"
        )


def complex(real: Tensor, imag: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Complex numbers of their parts: real + i imag.

    Args:
        real, imag: broadcastable, both float32 or both float64.
        out: a tensor for the result.

    Returns:
        A complex64 or complex128 tensor of the broadcast shape.

    Raises:
        DtypeError: other dtypes, or two different ones.

    Example:
        >>> ag.complex(ag.tensor([1.0, 2.0]), ag.tensor([3.0, -4.0]))
        tensor([1.+3.j, 2.-4.j])
    """
    _checked_pair("complex", real, imag)
    return into(out, _complex(real, imag), "complex")


def polar(abs: Tensor, angle: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Complex numbers of their size and angle: abs cos(angle) + i abs sin(angle).

    Args:
        abs, angle: broadcastable, both float32 or both float64; the angle in radians.
        out: a tensor for the result.

    Returns:
        A complex64 or complex128 tensor of the broadcast shape.

    Raises:
        DtypeError: other dtypes, or two different ones.

    Example:
        >>> ag.polar(ag.tensor([1.0, 2.0]), ag.tensor([0.0, math.pi]))
        tensor([ 1.+0.0000e+00j, -2.-1.7485e-07j])
    """
    _checked_pair("polar", abs, angle)
    return into(out, _complex(abs * angle.cos(), abs * angle.sin()), "polar")


# -- pairs of real numbers --------------------------------------------------------------------------------------------


@op(view=True, name="view_as_real")
def _as_pairs(be: Any, x: Any) -> Any:
    return x[..., None].view(_REAL[x.dtype.char])


@op(view=True, name="view_as_complex")
def _of_pairs(be: Any, x: Any) -> Any:
    if not _joins(x):
        x = be.xp.ascontiguousarray(x)
    return x.view(_COMPLEX[x.dtype.char])[..., 0]


_as_pairs.grad(x=lambda g: _of_pairs(g))
_of_pairs.grad(x=lambda g: _as_pairs(g))


def _joins(x: Any) -> bool:
    """Whether pairs along the last axis can be seen as complex numbers."""
    *steps, last = x.strides
    return bool(last == x.itemsize and all(step % (2 * last) == 0 for step in steps))


def view_as_real(input: Tensor) -> Tensor:
    """Complex numbers as pairs of real ones.

    Args:
        input: shape (*), complex.

    Returns:
        A view of shape (*, 2): real and imaginary parts.

    Raises:
        DtypeError: the elements are real.

    Example:
        >>> ag.view_as_real(ag.tensor([1 + 2j, 3 - 4j]))
        tensor([[ 1.,  2.],
                [ 3., -4.]])
    """
    if input.raw.dtype.kind != "c":
        raise DtypeError(f"view_as_real: expected a complex dtype, got {input.dtype}")
    return _as_pairs(input)


def view_as_complex(input: Tensor) -> Tensor:
    """Pairs of real numbers as complex ones.

    Args:
        input: shape (*, 2), float32 or float64, the two parts side by side in memory.

    Returns:
        A complex view of shape (*).

    Raises:
        DtypeError: another dtype.
        ShapeError: the last axis has not size 2, or its elements do not lie side by side.

    Example:
        >>> ag.view_as_complex(ag.tensor([[1.0, 2.0], [3.0, -4.0]]))
        tensor([1.+2.j, 3.-4.j])
    """
    raw = input.raw
    if raw.dtype.char not in _COMPLEX:
        raise DtypeError(f"view_as_complex: expected float32 or float64, got {input.dtype}. Cast it first")
    if not raw.ndim or raw.shape[-1] != 2:
        raise ShapeError(f"view_as_complex: expected a last axis of size 2, got shape {tuple(raw.shape)}")
    if raw.size and not _joins(raw):
        raise ShapeError(
            f"view_as_complex: expected pairs side by side in memory, got strides {input.stride()}. Use contiguous()"
        )
    return _of_pairs(input)


# -- conjugates -------------------------------------------------------------------------------------------------------


@op(name="conj")
def conjugate(be: Any, x: Any) -> Any:
    """The conjugates of complex numbers."""
    return x.conj()


conjugate.grad(x=lambda g: conjugate(g))


def conj(input: Tensor) -> Tensor:
    """The conjugates: a - ib for a + ib.

    Args:
        input: any shape and dtype.

    Returns:
        A tensor with memory of its own (PyTorch gives a view); a real ``input`` itself.

    Example:
        >>> ag.conj(ag.tensor([1 + 2j, 3 - 4j]))
        tensor([1.-2.j, 3.+4.j])
    """
    return conjugate(input) if input.raw.dtype.kind == "c" else input


def conj_physical(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The conjugates, as ``conj``.

    Args:
        input: any shape and dtype.
        out: a tensor for the result.

    Returns:
        A tensor of the same shape and dtype; a real ``input`` itself.

    Example:
        >>> ag.conj_physical(ag.tensor([1 + 2j]))
        tensor([1.-2.j])
    """
    return into(out, conj(input), "conj_physical")


conj_physical_ = inplace(conj_physical)


def is_conj(input: Tensor) -> bool:
    """Whether the conjugation of the elements is still to be done: never here, ``conj`` does it at once.

    Args:
        input: any tensor.

    Returns:
        False.

    Example:
        >>> ag.is_conj(ag.tensor([1j]).conj())
        False
    """
    return False


def is_neg(input: Tensor) -> bool:
    """Whether the negation of the elements is still to be done: never here.

    Args:
        input: any tensor.

    Returns:
        False.

    Example:
        >>> ag.is_neg(ag.tensor([1j]).conj().imag)
        False
    """
    return False


def resolve_conj(input: Tensor) -> Tensor:
    """The tensor with its conjugation done, which it always is here: the tensor itself.

    Args:
        input: any tensor.

    Returns:
        ``input``.

    Example:
        >>> ag.tensor([1j]).conj().resolve_conj()
        tensor([0.-1.j])
    """
    return input


def resolve_neg(input: Tensor) -> Tensor:
    """The tensor with its negation done, which it always is here: the tensor itself.

    Args:
        input: any tensor.

    Returns:
        ``input``.

    Example:
        >>> ag.tensor([1.0]).resolve_neg()
        tensor([1.])
    """
    return input


@op
def isreal(be: Any, input: Any) -> Any:
    """Where the elements have no imaginary part.

    Args:
        input: any shape and dtype.

    Returns:
        A bool tensor of the same shape.

    Example:
        >>> ag.isreal(ag.tensor([1 + 1j, 2 + 0j]))
        tensor([False,  True])
    """
    return input.imag == 0 if input.dtype.kind == "c" else be.xp.ones(input.shape, bool)


# -- size and direction -----------------------------------------------------------------------------------------------


@op
def sgn(be: Any, input: Any) -> Any:
    """The direction of each element: x / |x|, and 0 of 0; of real numbers their sign.

    Args:
        input: any shape and dtype.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.sgn(ag.tensor([3 + 4j, 0j])), ag.sgn(ag.tensor([-2.0]))
        (tensor([0.6000+0.8000j, 0.0000+0.0000j]), tensor([-1.]))
    """
    if input.dtype.kind == "c":
        size = be.xp.absolute(input)
        return be.xp.where(size == 0, 0, input / size)
    return (input > 0).astype(input.dtype) - (input < 0) if input.dtype.kind != "b" else input.copy()


def _sgn_slope(g: Any, input: Any, y: Any) -> Any:
    """What turns: of g the part across the direction y, over |x|."""
    if not of_complex(y):
        return zeros_like_shape(g, g.shape)
    across = _imag(conjugate(y) * g) / where(input == 0, 1, abs(input))
    return y * _from_imag(across)


sgn.grad(input=_sgn_slope)


def of_complex(x: Any) -> bool:
    """Whether a tensor, or a raw array, is complex."""
    return bool((x.raw if isinstance(x, Variable) else x).dtype.kind == "c")


@op(promote="float")
def angle(be: Any, input: Any) -> Any:
    """The angle of each element in (-pi, pi]; of real numbers 0 or, below zero, pi.

    Args:
        input: any shape and dtype.

    Returns:
        A floating tensor of the same shape, in radians.

    Example:
        >>> ag.angle(ag.tensor([1 + 1j, -1 + 0j])), ag.angle(ag.tensor([-2.0, 2.0]))
        (tensor([0.7854, 3.1416]), tensor([3.1416, 0.0000]))
    """
    xp = be.xp
    if input.dtype.kind == "c":
        return xp.arctan2(input.imag, input.real)
    return xp.where(xp.isnan(input), input, xp.where(input < 0, math.pi, 0).astype(input.dtype))


def _angle_slope(g: Any, input: Any) -> Any:
    if not of_complex(input):
        return zeros_like_shape(g, g.shape)
    return where(input == 0, 0, _from_imag(g) / conjugate(where(input == 0, 1, input)))


angle.grad(input=_angle_slope)
