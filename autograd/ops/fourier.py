"""Fourier transforms along one axis, and what those along several are made of.

Three linear operations are closed under differentiation: complex to complex, real to the half spectrum, and the half
spectrum to real. The half spectrum leaves out what is conjugate to the rest, so all but its ends count twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from autograd import dtypes
from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.op import op
from autograd.ops.arguments import axis_of
from autograd.ops.complex import conj
from autograd.ops.out import into
from autograd.ops.views import _slice, _unslice, along

if TYPE_CHECKING:
    from autograd.tensor import Tensor

_ADJOINT = {"backward": "forward", "forward": "backward", "ortho": "ortho"}  # where the other direction divides by n
Kind = Literal["complex", "to half", "from half"]

# -- the three operations ---------------------------------------------------------------------------------------------


@op
def _fft(be: Any, x: Any, *, axes: tuple[int, ...], norm: str, forward: bool) -> Any:
    transform = be.fft.fftn if forward else be.fft.ifftn
    return transform(x, axes=axes, norm=norm)


_fft.grad(x=lambda g, *, axes, norm, forward: _fft(g, axes=axes, norm=_ADJOINT[norm], forward=not forward))


@op
def _rfft(be: Any, x: Any, *, axis: int, norm: str) -> Any:
    return be.fft.rfft(x, axis=axis, norm=norm)


@op
def _irfft(be: Any, x: Any, *, n: int, axis: int, norm: str) -> Any:
    return be.fft.irfft(x, n, axis=axis, norm=norm)


@op
def _inside(be: Any, x: Any, *, n: int, axis: int, factor: float) -> Any:
    """The half spectrum of n points with what stands for two frequencies multiplied."""
    y = x.copy()
    y[along(axis, slice(1, (n + 1) // 2))] *= factor
    return y


_rfft.grad(
    x=lambda g, x_shape, *, axis, norm: _irfft(
        _inside(g, n=x_shape[axis], axis=axis, factor=0.5), n=x_shape[axis], axis=axis, norm=_ADJOINT[norm]
    )
)
_irfft.grad(x=lambda g, *, n, axis, norm: _inside(_rfft(g, axis=axis, norm=_ADJOINT[norm]), n=n, axis=axis, factor=2.0))
_inside.grad(x=lambda g, **p: _inside(g, **p))

# -- the door ---------------------------------------------------------------------------------------------------------


def transform(name: str, kind: Kind, forward: bool, input: Any, s: Any, dim: Any, norm: str | None, out: Any) -> Tensor:
    """All transforms of a kind and a direction, with checked and normalised arguments."""
    if norm not in (None, *_ADJOINT):
        raise ArgumentError(f"{name}: expected norm to be 'forward', 'backward' or 'ortho', got {norm!r}")
    norm = norm or "backward"
    axes, lengths = _axes(name, input.raw.shape, s, dim)
    x = _in_dtype(name, kind, input)
    points = [x.raw.shape[axis] if n is None else n for axis, n in zip(axes, lengths, strict=True)]
    if kind == "from half" and lengths[-1] is None:
        points[-1] = 2 * (points[-1] - 1)
    for axis, n in zip(axes, points, strict=True):
        if n < 1:
            raise ShapeError(f"{name}: expected at least one point along axis {axis}, got {n}")
    x = _resized(x, axes, points if kind != "from half" else [*points[:-1], points[-1] // 2 + 1])
    others = axes if kind == "complex" else axes[:-1]
    if kind == "to half":
        x = _rfft(x, axis=axes[-1], norm=norm) if forward else conj(_rfft(x, axis=axes[-1], norm=_ADJOINT[norm]))
    if others:
        x = _fft(x, axes=others, norm=norm, forward=forward)
    if kind == "from half":
        x = _irfft(conj(x) if forward else x, n=points[-1], axis=axes[-1], norm=_ADJOINT[norm] if forward else norm)
    return into(out, x, name)


def _axes(name: str, shape: tuple[int, ...], s: Any, dim: Any) -> tuple[tuple[int, ...], list[int | None]]:
    """The axes to transform, counted from the front, and the points along each, None for those there are."""
    ndim = len(shape)
    s = (s,) if isinstance(s, int) else s
    if dim is None:
        dim = range(ndim) if s is None else range(-len(s), 0)
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if not ndim and dims:
        raise IndexError(f"{name}: expected at least one axis, got a 0-d tensor")
    axes = tuple(axis_of(name, d, ndim) for d in dims)
    if len(set(axes)) < len(axes):
        raise ShapeError(f"{name}: expected each axis once, got dim {dims}")
    lengths: list[int | None] = [None] * len(axes) if s is None else [None if n == -1 else n for n in s]
    if len(lengths) != len(axes):
        raise ShapeError(f"{name}: expected as many sizes as axes, got s={tuple(s)} and dim={dims}")
    return axes, lengths


def _in_dtype(name: str, kind: Kind, input: Any) -> Any:
    """The input in the dtype that the transform takes; integers count as floats."""
    dtype = input.dtype
    if dtype.category < dtypes.FLOAT:
        dtype = dtypes.default()
    if kind == "to half" and dtype.is_complex:
        raise DtypeError(f"{name}: expected real numbers, got {dtype}. Take .real, or use fft or ifft")
    if dtype.to_complex().to_real() is not dtype.to_real():
        raise DtypeError(f"{name}: expected float32, float64 or complex numbers, got {dtype}. Cast with .float()")
    return input.to(dtype if kind == "to half" else dtype.to_complex())


def _resized(x: Any, axes: tuple[int, ...], lengths: list[int]) -> Any:
    """The tensor cut, or filled up with zeros, to so many points along the axes."""
    for axis, n in zip(axes, lengths, strict=True):
        have = x.raw.shape[axis]
        if n < have:
            x = _slice(x, index=along(axis, slice(0, n)))
        elif n > have:
            shape = (*x.raw.shape[:axis], n, *x.raw.shape[axis + 1 :])
            x = _unslice(x, index=along(axis, slice(0, have)), shape=shape)
    return x


# -- along one axis ---------------------------------------------------------------------------------------------------


def fft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The discrete Fourier transform along an axis: y[k] = sum of x[j] exp(-2 pi i j k / n).

    Args:
        input: complex or real, any shape.
        n: points along ``dim``: what is longer is cut, what is shorter filled up with zeros. Default: those there are.
        dim: the axis.
        norm: which direction divides: "backward" (default) the inverse by n, "forward" this one by n, "ortho" both by
            the root of n.
        out: a tensor for the result.

    Returns:
        A complex tensor with ``n`` elements along ``dim``.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.fft(ag.tensor([1.0, 2.0, 3.0, 4.0]))
        tensor([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
    """
    return transform("fft", "complex", True, input, n, dim, norm, out)


def ifft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The inverse of ``fft``: y[j] = 1/n * sum of x[k] exp(2 pi i j k / n).

    Args:
        input: complex or real, any shape.
        n: points along ``dim``: what is longer is cut, what is shorter filled up with zeros. Default: those there are.
        dim: the axis.
        norm: which direction divides: "backward" (default) the inverse by n, "forward" this one by n, "ortho" both by
            the root of n.
        out: a tensor for the result.

    Returns:
        A complex tensor with ``n`` elements along ``dim``.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.ifft(ag.tensor([10 + 0j, -2 + 2j, -2 + 0j, -2 - 2j]))
        tensor([1.+0.j, 2.+0.j, 3.+0.j, 4.+0.j])
    """
    return transform("ifft", "complex", False, input, n, dim, norm, out)


def rfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """``fft`` of real numbers, only the frequencies 0 to n // 2: the others are their conjugates.

    Args:
        input: real, any shape.
        n: points along ``dim``: what is longer is cut, what is shorter filled up with zeros. Default: those there are.
        dim: the axis.
        norm: which direction divides: "backward" (default) the inverse by n, "forward" this one by n, "ortho" both by
            the root of n.
        out: a tensor for the result.

    Returns:
        A complex tensor with n // 2 + 1 elements along ``dim``.

    Raises:
        DtypeError: complex numbers, or float16.
        IndexError: no such axis.
        ShapeError: no points.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.rfft(ag.tensor([1.0, 2.0, 3.0, 4.0]))
        tensor([10.+0.j, -2.+2.j, -2.+0.j])
    """
    return transform("rfft", "to half", True, input, n, dim, norm, out)


def irfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The inverse of ``rfft``: real numbers of half a spectrum.

    Args:
        input: complex or real, any shape; of what must be real, as frequency 0, the imaginary part does not count.
        n: points along ``dim``: what is longer is cut, what is shorter filled up with zeros. Default: 2 (m - 1), m those
            of ``input``.
        dim: the axis.
        norm: which direction divides: "backward" (default) the inverse by n, "forward" this one by n, "ortho" both by
            the root of n.
        out: a tensor for the result.

    Returns:
        A real tensor with ``n`` elements along ``dim``.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.irfft(ag.tensor([10 + 0j, -2 + 2j, -2 + 0j]))
        tensor([1., 2., 3., 4.])
    """
    return transform("irfft", "from half", False, input, n, dim, norm, out)


def hfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The spectrum, which is real, of a signal of which x[n - j] = conj(x[j]) and half is given.

    Args:
        input: complex or real, any shape.
        n: points along ``dim``: what is longer is cut, what is shorter filled up with zeros. Default: 2 (m - 1), m those
            of ``input``.
        dim: the axis.
        norm: which direction divides: "backward" (default) the inverse by n, "forward" this one by n, "ortho" both by
            the root of n.
        out: a tensor for the result.

    Returns:
        A real tensor with ``n`` elements along ``dim``.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.hfft(ag.tensor([1.0, 2.0, 3.0]))
        tensor([ 8., -2.,  0., -2.])
    """
    return transform("hfft", "from half", True, input, n, dim, norm, out)


def ihfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The inverse of ``hfft``: half the signal of a real spectrum.

    Args:
        input: real, any shape.
        n: points along ``dim``: what is longer is cut, what is shorter filled up with zeros. Default: those there are.
        dim: the axis.
        norm: which direction divides: "backward" (default) the inverse by n, "forward" this one by n, "ortho" both by
            the root of n.
        out: a tensor for the result.

    Returns:
        A complex tensor with n // 2 + 1 elements along ``dim``.

    Raises:
        DtypeError: complex numbers, or float16.
        IndexError: no such axis.
        ShapeError: no points.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.ihfft(ag.tensor([8.0, -2.0, 0.0, -2.0]))
        tensor([1.-0.j, 2.-0.j, 3.-0.j])
    """
    return transform("ihfft", "to half", False, input, n, dim, norm, out)
