"""Windows: weights that fade out towards both ends of a frame, for spectra without leakage."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd import dtypes
from autograd.device import backend_of
from autograd.dtypes import as_dtype
from autograd.errors import ArgumentError, DtypeError
from autograd.ops.out import fresh

if TYPE_CHECKING:
    from autograd.tensor import Tensor


Shape = Callable[[Any, Any, float], Any]


def window(name: str, n: int, periodic: bool, shape: Shape, options: dict[str, Any], alone: float = 1.0) -> Tensor:
    """``shape(xp, x, half)`` of n places x from -1 to 1, ``half`` as many steps; a periodic one leaves out the last of n + 1.

    A single element is ``alone``.
    """
    dtype = options.pop("dtype")
    kind = dtypes.default() if dtype is None else as_dtype(dtype)
    if not kind.is_floating_point:
        raise DtypeError(f"{name}: expected a floating dtype, got {kind}")
    if n < 0:
        raise ArgumentError(f"{name}: expected a length >= 0, got {n}")
    be = backend_of(options.pop("device"))
    xp, half = be.xp, (n if periodic else n - 1) / 2
    raw = xp.full(n, alone) if n < 2 else shape(xp, xp.arange(n) / half - 1, half)
    return fresh(name, raw.astype(kind.numpy), be, options.pop("requires_grad"), options)


def cosines(*weights: float) -> Shape:
    """Weights of 1, cos(pi x), cos(2 pi x), ..."""

    def shape(xp: Any, x: Any, half: float) -> Any:
        return sum(w * xp.cos(k * math.pi * x) for k, w in enumerate(weights))

    return shape


def triangle(xp: Any, x: Any, half: float) -> Any:
    """1 in the middle, 0 at the ends."""
    return 1 - abs(x)


def bessel(beta: float) -> Shape:
    """I0(beta sqrt(1 - x^2)) / I0(beta)."""

    def shape(xp: Any, x: Any, half: float) -> Any:
        return xp.i0(beta * xp.sqrt(xp.maximum(1 - x * x, 0))) / xp.i0(xp.asarray(float(beta)))

    return shape


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """The raised cosine: 1/2 - 1/2 cos(2 pi j / n).

    Args:
        window_length: how many elements.
        periodic: one period of a periodic function, as spectra want it; False: symmetric.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= and pin_memory= are accepted.

    Returns:
        Shape (window_length,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.hann_window(4)
        tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("hann_window", window_length, periodic, cosines(0.5, 0.5), options)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """The cosine on a pedestal: alpha - beta cos(2 pi j / n).

    Args:
        window_length: how many elements.
        periodic: one period of a periodic function, as spectra want it; False: symmetric.
        alpha, beta: the weights.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= and pin_memory= are accepted.

    Returns:
        Shape (window_length,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.hamming_window(4)
        tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("hamming_window", window_length, periodic, cosines(alpha, beta), options)


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """Two cosines: 0.42 - 0.5 cos(2 pi j / n) + 0.08 cos(4 pi j / n).

    Args:
        window_length: how many elements.
        periodic: one period of a periodic function, as spectra want it; False: symmetric.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= and pin_memory= are accepted.

    Returns:
        Shape (window_length,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.blackman_window(4).round(decimals=4).abs()
        tensor([0.0000, 0.3400, 1.0000, 0.3400])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("blackman_window", window_length, periodic, cosines(0.42, 0.5, 0.08), options)


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """The triangle: 1 - |2 j / n - 1|.

    Args:
        window_length: how many elements.
        periodic: one period of a periodic function, as spectra want it; False: symmetric.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= and pin_memory= are accepted.

    Returns:
        Shape (window_length,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.bartlett_window(4)
        tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("bartlett_window", window_length, periodic, triangle, options)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """I0(beta sqrt(1 - x^2)) / I0(beta), x from -1 to 1: the larger beta, the lower the side lobes and the wider the peak.

    Args:
        window_length: how many elements.
        periodic: one period of a periodic function, as spectra want it; False: symmetric.
        beta: the shape.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= and pin_memory= are accepted.

    Returns:
        Shape (window_length,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.kaiser_window(4, beta=2.0)
        tensor([0.4387, 0.8348, 1.0000, 0.8348])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("kaiser_window", window_length, periodic, bessel(beta), options)
