"""Fourier transforms along several axes, the order of frequencies, and which frequencies they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import dtypes
from autograd.device import backend_of
from autograd.dtypes import as_dtype
from autograd.errors import DtypeError
from autograd.ops.arguments import axes_of
from autograd.ops.fourier import transform
from autograd.ops.out import fresh
from autograd.ops.rearrange import roll

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def fft2(
    input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The discrete Fourier transform along two axes; see ``fft``.

    Args:
        input: complex or real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
        dim: the axes.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A complex tensor.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.fft2(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[10.+0.j, -2.+0.j],
                [-4.+0.j,  0.+0.j]])
    """
    return transform("fft2", "complex", True, input, s, dim, norm, out)


def ifft2(
    input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The inverse of ``fft2``.

    Args:
        input: complex or real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
        dim: the axes.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A complex tensor.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.ifft2(ag.tensor([[10.0, -2.0], [-4.0, 0.0]])).real
        tensor([[1., 2.],
                [3., 4.]])
    """
    return transform("ifft2", "complex", False, input, s, dim, norm, out)


def rfft2(
    input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """``fft2`` of real numbers, half the frequencies along the last axis; see ``rfft``.

    Args:
        input: real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
        dim: the axes.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A complex tensor with n // 2 + 1 elements along the last of the axes.

    Raises:
        DtypeError: complex numbers, or float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.rfft2(ag.ones(2, 4)).shape
        Size([2, 3])
    """
    return transform("rfft2", "to half", True, input, s, dim, norm, out)


def irfft2(
    input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The inverse of ``rfft2``.

    Args:
        input: complex or real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
            Default along the last axis: 2 (m - 1), m those of ``input``.
        dim: the axes.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A real tensor with n elements along the last of the axes.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.irfft2(ag.fft.rfft2(ag.ones(2, 4)))
        tensor([[1., 1., 1., 1.],
                [1., 1., 1., 1.]])
    """
    return transform("irfft2", "from half", False, input, s, dim, norm, out)


def hfft2(
    input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The real spectrum of half a Hermitian signal with two axes; see ``hfft``.

    Args:
        input: complex or real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
            Default along the last axis: 2 (m - 1), m those of ``input``.
        dim: the axes.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A real tensor with n elements along the last of the axes.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.hfft2(ag.ones(2, 3)).shape
        Size([2, 4])
    """
    return transform("hfft2", "from half", True, input, s, dim, norm, out)


def ihfft2(
    input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The inverse of ``hfft2``.

    Args:
        input: real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
        dim: the axes.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A complex tensor with n // 2 + 1 elements along the last of the axes.

    Raises:
        DtypeError: complex numbers, or float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.ihfft2(ag.ones(2, 4)).shape
        Size([2, 3])
    """
    return transform("ihfft2", "to half", False, input, s, dim, norm, out)


def fftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The discrete Fourier transform along several axes; see ``fft``.

    Args:
        input: complex or real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
        dim: the axes; default: the last ones that ``s`` has sizes for, or all.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A complex tensor.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.fftn(ag.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([[10.+0.j, -2.+0.j],
                [-4.+0.j,  0.+0.j]])
    """
    return transform("fftn", "complex", True, input, s, dim, norm, out)


def ifftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The inverse of ``fftn``.

    Args:
        input: complex or real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
        dim: the axes; default: the last ones that ``s`` has sizes for, or all.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A complex tensor.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.ifftn(ag.tensor([[10.0, -2.0], [-4.0, 0.0]])).real
        tensor([[1., 2.],
                [3., 4.]])
    """
    return transform("ifftn", "complex", False, input, s, dim, norm, out)


def rfftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """``fftn`` of real numbers, half the frequencies along the last axis; see ``rfft``.

    Args:
        input: real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
        dim: the axes; default: the last ones that ``s`` has sizes for, or all.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A complex tensor with n // 2 + 1 elements along the last of the axes.

    Raises:
        DtypeError: complex numbers, or float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.rfftn(ag.ones(2, 3, 4)).shape
        Size([2, 3, 3])
    """
    return transform("rfftn", "to half", True, input, s, dim, norm, out)


def irfftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The inverse of ``rfftn``.

    Args:
        input: complex or real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
            Default along the last axis: 2 (m - 1), m those of ``input``.
        dim: the axes; default: the last ones that ``s`` has sizes for, or all.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A real tensor with n elements along the last of the axes.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.irfftn(ag.fft.rfftn(ag.ones(2, 4)))
        tensor([[1., 1., 1., 1.],
                [1., 1., 1., 1.]])
    """
    return transform("irfftn", "from half", False, input, s, dim, norm, out)


def hfftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The real spectrum of half a Hermitian signal with several axes; see ``hfft``.

    Args:
        input: complex or real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
            Default along the last axis: 2 (m - 1), m those of ``input``.
        dim: the axes; default: the last ones that ``s`` has sizes for, or all.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A real tensor with n elements along the last of the axes.

    Raises:
        DtypeError: float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.hfftn(ag.ones(2, 3)).shape
        Size([2, 4])
    """
    return transform("hfftn", "from half", True, input, s, dim, norm, out)


def ihfftn(
    input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The inverse of ``hfftn``.

    Args:
        input: real, any shape.
        s: points along each axis, -1 for those there are: what is longer is cut, what is shorter filled up with zeros.
        dim: the axes; default: the last ones that ``s`` has sizes for, or all.
        norm: which direction divides: "backward" (default) the inverse by the number of points, "forward" this one,
            "ortho" both by its root.
        out: a tensor for the result.

    Returns:
        A complex tensor with n // 2 + 1 elements along the last of the axes.

    Raises:
        DtypeError: complex numbers, or float16.
        IndexError: no such axis.
        ShapeError: no points, or an axis twice.
        ValueError: another ``norm``.

    Example:
        >>> ag.fft.ihfftn(ag.ones(2, 4)).shape
        Size([2, 3])
    """
    return transform("ihfftn", "to half", False, input, s, dim, norm, out)


# -- which frequencies ------------------------------------------------------------------------------------------------


def fftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The frequencies in rising order, 0 in the middle: each axis rolled by half its length.

    Args:
        input: any shape.
        dim: the axis or axes; None for all.

    Returns:
        A tensor like ``input``.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.fft.fftshift(ag.fft.fftfreq(4))
        tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    axes = axes_of("fftshift", dim, input.raw.ndim)
    return roll(input, tuple(input.raw.shape[a] // 2 for a in axes), axes) if axes else input


def ifftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The inverse of ``fftshift``.

    Args:
        input: any shape.
        dim: the axis or axes; None for all.

    Returns:
        A tensor like ``input``.

    Raises:
        IndexError: no such axis.

    Example:
        >>> ag.fft.ifftshift(ag.fft.fftshift(ag.arange(5)))
        tensor([0, 1, 2, 3, 4])
    """
    axes = axes_of("ifftshift", dim, input.raw.ndim)
    return roll(input, tuple((input.raw.shape[a] + 1) // 2 for a in axes), axes) if axes else input


def _frequencies(name: str, n: int, first: int, count: int, d: float, options: dict[str, Any]) -> Tensor:
    """k / (n d) for ``count`` numbers k, those from ``n`` - ``first`` on counted from below zero."""
    kind = options.pop("dtype")
    kind = dtypes.default() if kind is None else as_dtype(kind)
    if kind.category < dtypes.FLOAT:
        raise DtypeError(f"{name}: expected a floating or complex dtype, got {kind}")
    be = backend_of(options.pop("device"))
    k = be.xp.arange(count)
    k[first:] -= n
    return fresh(name, (k * (1 / (n * d))).astype(kind.numpy), be, options.pop("requires_grad"), options)


def fftfreq(
    n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **rest: Any
) -> Tensor:
    """The frequencies of ``fft`` of n points, in its order: 0, 1, ..., -2, -1, each over n d.

    Args:
        n: how many points.
        d: the time from one point to the next.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: out= to write into; layout= is accepted.

    Returns:
        Shape (n,).

    Raises:
        DtypeError: an integer dtype.

    Example:
        >>> ag.fft.fftfreq(4, 0.5)
        tensor([ 0.0000,  0.5000, -1.0000, -0.5000])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return _frequencies("fftfreq", n, (n + 1) // 2, n, d, options)


def rfftfreq(
    n: int, d: float = 1.0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, **rest: Any
) -> Tensor:
    """The frequencies of ``rfft`` of n points: 0, 1, ..., n // 2, each over n d.

    Args:
        n: how many points.
        d: the time from one point to the next.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: out= to write into; layout= is accepted.

    Returns:
        Shape (n // 2 + 1,).

    Raises:
        DtypeError: an integer dtype.

    Example:
        >>> ag.fft.rfftfreq(4, 0.5)
        tensor([0.0000, 0.5000, 1.0000])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return _frequencies("rfftfreq", n, n // 2 + 1, n // 2 + 1, d, options)
