"""Random numbers in place, of laws beside the uniform and the normal one: each a function of uniform numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd.dtypes import REAL, float64
from autograd.errors import ArgumentError, DtypeError
from autograd.inplace import fill
from autograd.ops.sampling import _draw
from autograd.random import Generator

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _floating(name: str, x: Tensor) -> None:
    if x.raw.dtype.kind not in REAL:
        raise DtypeError(f"{name}: expected a floating dtype, got {x.dtype}. Cast it with .float()")


def cauchy_(x: Tensor, median: float = 0, sigma: float = 1, *, generator: Generator | None = None) -> Tensor:
    """Fills with Cauchy numbers: median + sigma tan(pi (u - 1/2)); returns the tensor.

    Args:
        x: a floating tensor.
        median: where the density is highest.
        sigma: half its width at half its height, > 0.
        generator: the stream.

    Returns:
        ``x``.

    Raises:
        DtypeError: the dtype is not floating.
        ValueError: ``sigma`` is not positive.

    Example:
        >>> ag.empty(3).cauchy_().shape
        Size([3])
    """
    _floating("cauchy_", x)
    if sigma <= 0:
        raise ArgumentError(f"cauchy_: expected sigma > 0, got {sigma}")
    u = _draw(x.backend, "uniform", x.raw.shape, float64.numpy, 0.0, 1.0, generator)
    return fill(x, "cauchy_", median + sigma * x.backend.xp.tan(math.pi * (u - 0.5)))


def log_normal_(x: Tensor, mean: float = 1, std: float = 2, *, generator: Generator | None = None) -> Tensor:
    """Fills with numbers whose logarithm is normal; returns the tensor.

    Args:
        x: a floating tensor.
        mean, std: of the logarithm.
        generator: the stream.

    Returns:
        ``x``.

    Raises:
        DtypeError: the dtype is not floating.
        ValueError: ``std`` is not positive.

    Example:
        >>> bool((ag.empty(5).log_normal_() > 0).all())
        True
    """
    _floating("log_normal_", x)
    if std <= 0:
        raise ArgumentError(f"log_normal_: expected std > 0, got {std}")
    return fill(
        x, "log_normal_", x.backend.xp.exp(_draw(x.backend, "normal", x.raw.shape, x.raw.dtype, mean, std, generator))
    )


def geometric_(x: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fills with the number of trials up to the first success: ceil(log(1 - u) / log(1 - p)), at least 1.

    Args:
        x: any tensor of numbers.
        p: the probability of success, in (0, 1).
        generator: the stream.

    Returns:
        ``x``.

    Raises:
        ValueError: ``p`` is not between 0 and 1.

    Example:
        >>> bool((ag.empty(5).geometric_(0.5) >= 1).all())
        True
    """
    if not 0 < p < 1:
        raise ArgumentError(f"geometric_: expected p between 0 and 1, got {p}")
    xp = x.backend.xp
    u = _draw(x.backend, "uniform", x.raw.shape, float64.numpy, 0.0, 1.0, generator)
    return fill(x, "geometric_", xp.maximum(xp.ceil(xp.log1p(-u) / math.log1p(-p)), 1))
