"""Scalar functions that compile into vector code: exp, expm1, log1p, tanh, sigmoid, erf.

In float32 each is a polynomial without branches (what LLVM can do on 8 or 16 numbers at once); in float64 it is the C
library's. The coefficients are least-maximum fits of our own (weighted least squares, reweighted until level).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from backends.cpu.kernels.jit import EXACT, helper

f = np.float32
_ONE, _TWO = f(1), f(2)

_LOG2E = f(1.4426950408889634)
_LN2_HIGH = f(0.693359375)  # few bits: n * _LN2_HIGH is exact
_LN2_LOW = f(-2.12194440e-4)
_ROUND = f(12582912.0)  # 1.5 * 2^23: adding and subtracting it rounds to the nearest integer
_EXP = tuple(map(f, (0.4999999404, 0.1666651964, 0.0416683927, 0.00836878084, 0.00138144649)))
_TANH = tuple(map(f, (-0.3333328366, 0.1333149076, -0.0537434965, 0.0206505787, -0.00571703678)))
_ERF = tuple(
    map(f, (0.12837916613, -0.37612634897, 0.11283694208, -0.02685927041, 0.00520063424, -0.00081374374, 8.34522507e-5))
)
_ERFC = tuple(map(f, (-2.2278106e-4, -1.12756276, -0.637373805, -0.103762276, 0.022144746, -0.003022474, 1.9381061e-4)))


_LOG = tuple(map(f, (0.33333331, -0.25000823, 0.20001227, -0.16623357, 0.14201762, -0.13160194, 0.1276155, -0.0763443)))
_LOG1P = tuple(map(f, (0.6666641838, 0.4002152681, 0.2800180018, 0.2801201046)))
_ROOT_HALF = np.int32(0x3F3504F3)  # bits of sqrt(1/2)
_COS = tuple(map(f, (1.0, -19.7392082, 64.9393158, -85.4428558, 59.2204056)))
_SIN = tuple(map(f, (6.28318548, -41.3416634, 81.5925522, -75.4020691)))


@intrinsic
def _as_float(_context: Any, bits: Any) -> tuple[Any, Callable[..., Any]]:
    """The float32 that has these 32 bits."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic
def _as_int(_context: Any, value: Any) -> tuple[Any, Callable[..., Any]]:
    """The 32 bits of a float32."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(32))

    return types.int32(types.float32), generate


@helper
def _power2(n: Any) -> Any:
    """2**n for integer n in [-126, 127]."""
    return _as_float(np.int32((np.int32(n) + np.int32(127)) << np.int32(23)))


@helper
def _exp32(x: Any) -> Any:
    """exp by x = n ln2 + r and a polynomial in r; 2^n in two factors, so that denormal results come out."""
    a = min(max(x, f(-104.0)), f(89.0))
    n = (a * _LOG2E + _ROUND) - _ROUND
    r = (a - n * _LN2_HIGH) - n * _LN2_LOW
    c = _EXP
    p = (((c[4] * r + c[3]) * r + c[2]) * r + c[1]) * r + c[0]
    y = p * (r * r) + r + _ONE
    half = np.int32(n) >> np.int32(1)
    y = y * _power2(half) * _power2(np.int32(n) - half)
    return y if x == x else x


@helper
def _expm1_32(x: Any) -> Any:
    """exp(x) - 1 by 2^n (e^r - 1) + (2^n - 1), without the cancellation near 0."""
    a = min(max(x, f(-60.0)), f(88.0))
    n = (a * _LOG2E + _ROUND) - _ROUND
    r = (a - n * _LN2_HIGH) - n * _LN2_LOW
    c = _EXP
    p = (((c[4] * r + c[3]) * r + c[2]) * r + c[1]) * r + c[0]
    power = _power2(n)
    y = power * (p * (r * r) + r) + (power - _ONE)
    return y if x == x else x


@helper
def _tanh32(x: Any) -> Any:
    """tanh: a polynomial below 0.625, else by exp."""
    a = abs(x)
    s = x * x
    c = _TANH
    small = a + a * s * ((((c[4] * s + c[3]) * s + c[2]) * s + c[1]) * s + c[0])
    large = _ONE - _TWO / (_exp32(_TWO * a) + _ONE)
    return math.copysign(small if a < f(0.625) else large, x)


@helper
def _erf32(x: Any) -> Any:
    """erf: a polynomial below 0.93, else 1 - exp(polynomial)."""
    a = abs(x)
    s = x * x
    c = _ERF
    p = (((((c[6] * s + c[5]) * s + c[4]) * s + c[3]) * s + c[2]) * s + c[1]) * s + c[0]
    t = min(a, f(4.0))
    d = _ERFC
    q = (((((d[6] * t + d[5]) * t + d[4]) * t + d[3]) * t + d[2]) * t + d[1]) * t + d[0]
    small, large = a + a * p, _ONE - _exp32(q)
    return math.copysign(large if a >= f(0.93) else small, x)  # of NaN ``small``, which is NaN


@helper
def _sigmoid32(x: Any) -> Any:
    """1 / (1 + exp(-x)); an overflow of exp gives 0, as it should."""
    return _ONE / (_ONE + _exp32(-x))


@helper
def _sigmoid64(x: Any) -> Any:
    """1 / (1 + exp(-x)) by the C library."""
    return 1.0 / (1.0 + math.exp(-x))


@helper
def _log32(x: Any) -> Any:
    """Natural logarithm of a normal positive number: x = 2^n (1 + t), and a polynomial in t."""
    bits = _as_int(x)
    n = (bits - _ROOT_HALF) >> np.int32(23)
    t = _as_float(np.int32(bits - (n << np.int32(23)))) - _ONE
    c = _LOG
    p = (((((((c[7] * t + c[6]) * t + c[5]) * t + c[4]) * t + c[3]) * t + c[2]) * t + c[1]) * t + c[0]) * t
    return f(n) * _LN2_HIGH + (f(n) * _LN2_LOW + (t + t * t * (p - f(0.5))))


@helper
def _log1p32(u: Any) -> Any:
    """log(1 + u) for u in [0, 1] by the series of the inverse hyperbolic tangent of u / (2 + u)."""
    s = u / (_TWO + u)
    q = s * s
    c = _LOG1P
    return u - s * (u - q * (((c[3] * q + c[2]) * q + c[1]) * q + c[0]))


@helper
def _turn32(u: Any) -> tuple[Any, Any]:
    """cos and sin of 2 pi u: u less its nearest quarter, polynomials, and a swap."""
    quarter = (f(4) * u + _ROUND) - _ROUND
    r = u - quarter * f(0.25)
    s = r * r
    c = _COS
    even = (((c[4] * s + c[3]) * s + c[2]) * s + c[1]) * s + c[0]
    d = _SIN
    odd = r * (((d[3] * s + d[2]) * s + d[1]) * s + d[0])
    q = np.int32(quarter)
    cosine = odd if q & np.int32(1) else even
    sine = even if q & np.int32(1) else odd
    return -cosine if (q + np.int32(1)) & np.int32(2) else cosine, -sine if q & np.int32(2) else sine


@helper
def normal32(u1: Any, u2: Any) -> tuple[Any, Any]:
    """Two normal numbers from two float32 in [0,1), by Box and Muller."""
    radius = math.sqrt(f(-2) * _log32(_ONE - u1))
    cosine, sine = _turn32(u2)
    return radius * cosine, radius * sine


@helper
def normal64(u1: Any, u2: Any) -> tuple[Any, Any]:
    """Two normal numbers from two float64 in [0,1)."""
    radius = math.sqrt(-2 * math.log(1 - u1))
    angle = 2 * math.pi * u2
    return radius * math.cos(angle), radius * math.sin(angle)


def exp(x: Any) -> Any:
    """e**x.

    Args:
        x: scalar, float32 or float64.

    Returns:
        Scalar of the same type, to 1 unit in the last place.

    Example:
        >>> exp(0.0)
        1.0
    """
    return math.exp(x)


def expm1(x: Any) -> Any:
    """e**x - 1; from 88 on, in float32, that of 88.

    Args:
        x: scalar, float32 or float64.

    Returns:
        Scalar of the same type, to 2 units in the last place.

    Example:
        >>> expm1(0.0)
        0.0
    """
    return math.expm1(x)


def log(x: Any) -> Any:
    """The natural logarithm, for normal positive x.

    Args:
        x: scalar, float32 or float64.

    Returns:
        Scalar of the same type, to 2 units in the last place.

    Example:
        >>> log(1.0)
        0.0
    """
    return math.log(x)


def log1p(x: Any) -> Any:
    """log(1 + x) for x from 0 to 1.

    Args:
        x: scalar, float32 or float64.

    Returns:
        Scalar of the same type, to 2 units in the last place.

    Example:
        >>> log1p(0.0)
        0.0
    """
    return math.log1p(x)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent.

    Args:
        x: scalar, float32 or float64.

    Returns:
        Scalar of the same type, to 2 units in the last place.

    Example:
        >>> tanh(0.0)
        0.0
    """
    return math.tanh(x)


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)).

    Args:
        x: scalar, float32 or float64.

    Returns:
        Scalar of the same type, to 2 units in the last place.

    Example:
        >>> sigmoid(0.0)
        0.5
    """
    return 1.0 / (1.0 + math.exp(-x))


def erf(x: Any) -> Any:
    """2/sqrt(pi) * integral of exp(-t^2) from 0 to x.

    Args:
        x: scalar, float32 or float64.

    Returns:
        Scalar of the same type, to 2 units in the last place.

    Example:
        >>> erf(0.0)
        0.0
    """
    return math.erf(x)


@helper
def _exp64(x: Any) -> Any:
    return math.exp(x)


@helper
def _expm1_64(x: Any) -> Any:
    return math.expm1(x)


@helper
def _log64(x: Any) -> Any:
    return math.log(x)


@helper
def _log1p64(x: Any) -> Any:
    return math.log1p(x)


@helper
def _tanh64(x: Any) -> Any:
    return math.tanh(x)


@helper
def _erf64(x: Any) -> Any:
    return math.erf(x)


def _by_width(function: Callable[..., Any], narrow: Callable[..., Any], wide: Callable[..., Any]) -> None:
    """Inside kernels ``function`` means ``narrow`` for float32 and ``wide`` for float64."""

    @overload(function, jit_options={"fastmath": EXACT, "error_model": "numpy"})
    def choose(x: Any) -> Any:
        chosen = narrow if x == types.float32 else wide

        def call(x: Any) -> Any:
            return chosen(x)

        return call


_by_width(exp, _exp32, _exp64)
_by_width(expm1, _expm1_32, _expm1_64)
_by_width(log, _log32, _log64)
_by_width(log1p, _log1p32, _log1p64)
_by_width(tanh, _tanh32, _tanh64)
_by_width(sigmoid, _sigmoid32, _sigmoid64)
_by_width(erf, _erf32, _erf64)
