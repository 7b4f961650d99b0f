"""Draws whose law depends on the elements of a tensor: gamma, Poisson and binomial numbers, by rejection.

Every round draws for all elements and keeps what is accepted where nothing was before, so that the numbers are a function
of the stream alone, whatever device draws them. All is computed in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd.dtypes import REAL, float64
from autograd.errors import ArgumentError, DtypeError
from autograd.op import op, wrap
from autograd.ops.sampling import _draw
from autograd.random import Generator

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _floating(name: str, x: Tensor) -> None:
    if x.raw.dtype.kind not in REAL:
        raise DtypeError(f"{name}: expected a floating dtype, got {x.dtype}. Cast it with .float()")


def _uniform(be: Any, shape: tuple[int, ...], generator: Generator | None) -> Any:
    """In (0, 1]: its logarithm is finite."""
    return 1 - _draw(be, "uniform", shape, float64.numpy, 0.0, 1.0, generator)


def _until_all(be: Any, shape: tuple[int, ...], needed: Any, propose: Callable[[], tuple[Any, Any]]) -> Any:
    """The first accepted proposal of every element that needs one; ``propose`` gives (values, accepted)."""
    xp = be.xp
    found, open_ = xp.zeros(shape), needed
    while bool(open_.any()):
        values, accepted = propose()
        accepted = accepted & open_
        found = xp.where(accepted, values, found)
        open_ = open_ & ~accepted
    return found


# -- gamma ------------------------------------------------------------------------------------------------------------


@op
def _reparametrised(be: Any, concentration: Any, *, sample: Any) -> Any:
    return sample.astype(concentration.dtype)


@op
def _gamma_slope(be: Any, concentration: Any, y: Any) -> Any:
    """The change of a gamma number with its shape at a fixed level of the distribution function: -(dF/da) / (dF/dy).

    dF/da is a difference of the incomplete gamma function, taken of the tail that is smaller.

    Source: Figurnov et al., Implicit Reparameterization Gradients, 2018.
    """
    xp, special = be.xp, be.special
    a, x = concentration.astype("float64"), xp.maximum(y.astype("float64"), 1e-300)
    step = 1e-4 * xp.minimum(a, 1.0)
    below = special.gammainc(a + step, x) - special.gammainc(a - step, x)
    above = special.gammaincc(a - step, x) - special.gammaincc(a + step, x)
    slope = xp.where(x < a, below, above) / (2 * step)
    density = xp.exp((a - 1) * xp.log(x) - x - special.gammaln(a))
    # near zero F is x^a / Gamma(a + 1), so that log x moves as (digamma(a + 1) - log x) / a
    near = x * (special.psi(a + 1) - xp.log(x)) / a
    return xp.where((x < 1e-6 * a) | (density == 0), near, -slope / density).astype(concentration.dtype)


_reparametrised.grad(concentration=lambda g, concentration, y: g * _gamma_slope(concentration, y))


def _standard_gamma(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Gamma numbers of scale 1; gradients flow to the shape parameters.

    Args:
        input: shape parameters > 0, any shape.
        generator: the stream.

    Returns:
        A tensor of the same shape and dtype.

    Source: Marsaglia and Tsang, A Simple Method for Generating Gamma Variables, 2000.
    """
    _floating("_standard_gamma", input)
    be, raw = input.backend, input.raw
    xp, shape = be.xp, raw.shape
    a = raw.astype("float64")
    d = xp.where(a < 1, a + 1, a) - 1 / 3  # below 1: of a + 1, times u^(1/a)
    c = 1 / xp.sqrt(9 * d)

    def propose() -> tuple[Any, Any]:
        z = _draw(be, "normal", shape, float64.numpy, 0.0, 1.0, generator)
        v = (1 + c * z) ** 3
        u = _uniform(be, shape, generator)
        positive = v > 0
        v = xp.where(positive, v, 1.0)
        return d * v, positive & (xp.log(u) < 0.5 * z * z + d - d * v + d * xp.log(v))

    x = _until_all(be, shape, a > 0, propose)
    boost = xp.exp(xp.log(_uniform(be, shape, generator)) / a)
    x = xp.maximum(xp.where(a < 1, x * boost, x), xp.finfo("float32" if raw.dtype.itemsize < 8 else "float64").tiny)
    return _reparametrised(input, sample=x)


# -- Poisson ----------------------------------------------------------------------------------------------------------

_FEW = 10.0  # below this mean, one after the other


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Poisson numbers.

    Args:
        input: means >= 0, floating, any shape.
        generator: the stream.

    Returns:
        A tensor of whole numbers, of the same shape and dtype.

    Raises:
        DtypeError: the dtype is not floating.
        ValueError: a mean is negative.

    Example:
        >>> ag.poisson(ag.tensor([0.0, 1e-9]))
        tensor([0., 0.])

    Source: Hörmann, The Transformed Rejection Method for Generating Poisson Random Variables, 1993.
    """
    _floating("poisson", input)
    be, raw = input.backend, input.raw
    xp, shape = be.xp, raw.shape
    mean = raw.astype("float64")
    if not bool((mean >= 0).all()):
        raise ArgumentError("poisson: expected means of at least 0, got a negative one or NaN")
    few = mean < _FEW
    count = _arrivals(be, shape, xp.where(few, mean, 0.0), generator)
    rate = xp.where(few, _FEW, mean)
    b = 0.931 + 2.53 * xp.sqrt(rate)
    a = -0.059 + 0.02483 * b
    limit, scale = 0.9277 - 3.6224 / (b - 2), 1.1239 + 1.1328 / (b - 3.4)

    def propose() -> tuple[Any, Any]:
        u, v = _uniform(be, shape, generator) - 0.5, _uniform(be, shape, generator)
        us = 0.5 - xp.abs(u) + 1e-300
        k = xp.floor((2 * a / us + b) * u + rate + 0.43)
        density = k * xp.log(rate) - rate - be.special.gammaln(xp.maximum(k, 0) + 1)
        inside = (k >= 0) & ((us >= 0.013) | (v <= us))
        quick = (us >= 0.07) & (v <= limit)
        return k, quick | (inside & (xp.log(v * scale / (a / (us * us) + b)) <= density))

    return wrap(xp.where(few, count, _until_all(be, shape, ~few, propose)).astype(raw.dtype), be)


def _arrivals(be: Any, shape: tuple[int, ...], mean: Any, generator: Generator | None) -> Any:
    """Poisson numbers of small means: how many exponential waits fit."""
    xp = be.xp
    count, time = xp.zeros(shape), -xp.log(_uniform(be, shape, generator))
    while bool((time < mean).any()):
        count = count + (time < mean)
        time = time - xp.log(_uniform(be, shape, generator))
    return count


# -- binomial ---------------------------------------------------------------------------------------------------------


def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """Binomial numbers: how many of ``count`` trials succeed.

    Args:
        count: whole numbers >= 0, floating.
        prob: of a success, in [0, 1]; of the shape and dtype of ``count``.
        generator: the stream.

    Returns:
        A tensor of whole numbers, of the same shape and dtype.

    Raises:
        DtypeError: the dtype is not floating.
        ValueError: a count is negative or a probability outside [0, 1].

    Example:
        >>> ag.binomial(ag.tensor([5.0, 5.0]), ag.tensor([0.0, 1.0]))
        tensor([0., 5.])

    Source: Hörmann, The Generation of Binomial Random Variates, 1993.
    """
    _floating("binomial", count)
    be, xp = count.backend, count.backend.xp
    n, p = (xp.array(a) for a in xp.broadcast_arrays(count.raw.astype("float64"), prob.raw.astype("float64")))
    if not bool(((n >= 0) & (p >= 0) & (p <= 1)).all()):
        raise ArgumentError("binomial: expected counts of at least 0 and probabilities in [0, 1], got others")
    shape, low = n.shape, xp.minimum(p, 1 - p)
    few = n * low < _FEW
    small = _successes(be, shape, xp.where(few, n, 0.0), xp.where(few, low, 0.0), generator)
    big, q = xp.where(few, 100.0, n), xp.where(few, 0.5, low)
    spread = xp.sqrt(big * q * (1 - q))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * q
    limit, alpha = 0.92 - 4.2 / b, (2.83 + 5.1 / b) * spread
    most, log_odds = xp.floor((big + 1) * q), xp.log(q / (1 - q))

    def log_weight(k: Any) -> Any:
        return k * log_odds - be.special.gammaln(k + 1) - be.special.gammaln(big - k + 1)

    def propose() -> tuple[Any, Any]:
        u, v = _uniform(be, shape, generator) - 0.5, _uniform(be, shape, generator)
        us = 0.5 - xp.abs(u) + 1e-300
        k = xp.floor((2 * a / us + b) * u + big * q + 0.5)
        inside = (k >= 0) & (k <= big)
        safe = xp.clip(k, 0, big)
        quick = (us >= 0.07) & (v <= limit)
        slow = xp.log(v * alpha / (a / (us * us) + b)) <= log_weight(safe) - log_weight(most)
        return safe, inside & (quick | slow)

    found = xp.where(few, small, _until_all(be, shape, ~few, propose))
    return wrap(xp.where(p > 0.5, n - found, found).astype(count.raw.dtype), be)


def _successes(be: Any, shape: tuple[int, ...], n: Any, p: Any, generator: Generator | None) -> Any:
    """Binomial numbers of small means: jumps from one success to the next until the trials are over."""
    xp = be.xp
    certain = p <= 0
    rate = xp.log1p(-xp.where(certain, 0.5, p))
    count = xp.zeros(shape)
    place = xp.where(certain, math.inf, xp.floor(xp.log(_uniform(be, shape, generator)) / rate) + 1)
    while bool((place <= n).any()):
        count = count + (place <= n)
        place = place + xp.floor(xp.log(_uniform(be, shape, generator)) / rate) + 1
    return count
