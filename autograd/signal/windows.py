"""Windows under the names of ``torch.signal.windows``: symmetric unless ``sym=False``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from autograd.windows import Shape, bessel, cosines, triangle, window

if TYPE_CHECKING:
    from autograd.tensor import Tensor

__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]


def _away(weigh: Any) -> Shape:
    """``weigh(xp, d)`` of the steps d from the middle."""
    return lambda xp, x, half: weigh(xp, x * half)


def _positive(name: str, what: str, value: float) -> float:
    if value <= 0:
        raise ValueError(f"{name}: expected {what} > 0, got {value}")
    return value


def bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """The triangle: 1 - |2 j / (M - 1) - 1|.

    Args:
        M: how many elements.
        sym: symmetric; False: one period of a periodic function, as spectra want it.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= is accepted.

    Returns:
        Shape (M,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.signal.windows.bartlett(5)
        tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("bartlett", M, not sym, triangle, options)


def blackman(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """Two cosines: 0.42 - 0.5 cos(2 pi j / (M - 1)) + 0.08 cos(4 pi j / (M - 1)).

    Args:
        M: how many elements.
        sym: symmetric; False: one period of a periodic function, as spectra want it.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= is accepted.

    Returns:
        Shape (M,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.signal.windows.blackman(5).round(decimals=4).abs()
        tensor([0.0000, 0.3400, 1.0000, 0.3400, 0.0000])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("blackman", M, not sym, cosines(0.42, 0.5, 0.08), options)


def cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """Half a period of the sine: sin(pi (j + 1/2) / M).

    Args:
        M: how many elements.
        sym: symmetric; False: one period of a periodic function, as spectra want it.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= is accepted.

    Returns:
        Shape (M,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.signal.windows.cosine(3)
        tensor([0.5000, 1.0000, 0.5000])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("cosine", M, not sym, lambda xp, x, half: xp.cos(math.pi * x * half / (2 * half + 1)), options)


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """Exponential decay from the middle: exp(-|j - center| / tau).

    Args:
        M: how many elements.
        center: where it is largest; default: the middle. Only with ``sym=False``.
        tau: how slow it decays.
        sym: symmetric; False: one period of a periodic function, as spectra want it.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= is accepted.

    Returns:
        Shape (M,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length, a ``tau`` that is not positive, or a ``center`` of a symmetric one.

    Example:
        >>> ag.signal.windows.exponential(3)
        tensor([0.3679, 1.0000, 0.3679])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    if center is not None and sym:
        raise ValueError("exponential: expected center with sym=False only")
    _positive("exponential", "tau", tau)
    middle = 0.0 if center is None else center - M / 2
    alone = 1.0 if center is None else math.exp(-abs(center) / tau)
    decay = _away(lambda xp, d: xp.exp(-abs(d - middle) / tau))
    return window("exponential", M, not sym, decay, options, alone)


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """The bell: exp(-(j - (M - 1) / 2)^2 / (2 std^2)).

    Args:
        M: how many elements.
        std: how wide.
        sym: symmetric; False: one period of a periodic function, as spectra want it.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= is accepted.

    Returns:
        Shape (M,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length, or a ``std`` that is not positive.

    Example:
        >>> ag.signal.windows.gaussian(3)
        tensor([0.6065, 1.0000, 0.6065])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    _positive("gaussian", "std", std)
    return window("gaussian", M, not sym, _away(lambda xp, d: xp.exp(-0.5 * (d / std) ** 2)), options)


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """A sum of cosines: sum over k of (-1)^k a[k] cos(2 pi k j / (M - 1)).

    Args:
        M: how many elements.
        a: the weights.
        sym: symmetric; False: one period of a periodic function, as spectra want it.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= is accepted.

    Returns:
        Shape (M,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length, or no weights.

    Example:
        >>> ag.signal.windows.general_cosine(3, a=[0.5, 0.5])
        tensor([0., 1., 0.])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    weights = tuple(a)
    if not weights:
        raise ValueError("general_cosine: expected at least one weight, got none")
    return window("general_cosine", M, not sym, cosines(*weights), options)


def general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """A cosine on a pedestal: alpha - (1 - alpha) cos(2 pi j / (M - 1)).

    Args:
        M: how many elements.
        alpha: the weights are alpha and 1 - alpha.
        sym: symmetric; False: one period of a periodic function, as spectra want it.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= is accepted.

    Returns:
        Shape (M,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.signal.windows.general_hamming(3, alpha=0.6)
        tensor([0.2000, 1.0000, 0.2000])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("general_hamming", M, not sym, cosines(alpha, 1 - alpha), options)


def hamming(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """The cosine on a pedestal: 0.54 - 0.46 cos(2 pi j / (M - 1)).

    Args:
        M: how many elements.
        sym: symmetric; False: one period of a periodic function, as spectra want it.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= is accepted.

    Returns:
        Shape (M,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.signal.windows.hamming(3)
        tensor([0.0800, 1.0000, 0.0800])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("hamming", M, not sym, cosines(0.54, 0.46), options)


def hann(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """The raised cosine: 1/2 - 1/2 cos(2 pi j / (M - 1)).

    Args:
        M: how many elements.
        sym: symmetric; False: one period of a periodic function, as spectra want it.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= is accepted.

    Returns:
        Shape (M,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.signal.windows.hann(5)
        tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("hann", M, not sym, cosines(0.5, 0.5), options)


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """I0(beta sqrt(1 - x^2)) / I0(beta), x from -1 to 1.

    Args:
        M: how many elements.
        beta: the larger, the lower the side lobes and the wider the peak.
        sym: symmetric; False: one period of a periodic function, as spectra want it.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= is accepted.

    Returns:
        Shape (M,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length, or a negative ``beta``.

    Example:
        >>> ag.signal.windows.kaiser(3, beta=2.0)
        tensor([0.4387, 1.0000, 0.4387])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    if beta < 0:
        raise ValueError(f"kaiser: expected beta >= 0, got {beta}")
    return window("kaiser", M, not sym, bessel(beta), options)


def nuttall(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """Three cosines with weights 0.3635819, 0.4891775, 0.1365995, 0.0106411.

    Args:
        M: how many elements.
        sym: symmetric; False: one period of a periodic function, as spectra want it.
        dtype: default: the default dtype.
        device, requires_grad: as for ``zeros``.
        rest: layout= is accepted.

    Returns:
        Shape (M,).

    Raises:
        DtypeError: a dtype that is not floating.
        ValueError: a negative length.

    Example:
        >>> ag.signal.windows.nuttall(3)
        tensor([3.6280e-04, 1.0000e+00, 3.6280e-04])
    """
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad} | rest
    return window("nuttall", M, not sym, cosines(0.3635819, 0.4891775, 0.1365995, 0.0106411), options)
