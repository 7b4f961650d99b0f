"""Methods: arithmetic, functions of each element, comparison, reduction, scans."""

from __future__ import annotations

from typing import Any

from autograd.inplace import forms, inplace
from autograd.node import Variable
from autograd.ops import (
    arithmetic,
    bessel,
    bounds,
    comparison,
    complex,
    digits,
    divisors,
    elementwise,
    error_functions,
    extremum,
    gamma,
    logic,
    norms,
    power,
    product,
    reduction,
    rounding,
    scan,
    spread,
    trigonometry,
)


class Elementwise(Variable):
    """``x.exp()``, ``x.exp_()``, ``x.sum()`` and their like."""

    __slots__ = ()

    add, add_ = forms(arithmetic.add, arithmetic._add)
    sub, sub_ = forms(arithmetic.sub, arithmetic._sub)
    rsub = arithmetic.rsub
    mul, mul_ = forms(arithmetic.mul)
    true_divide, true_divide_ = forms(arithmetic.true_divide)
    div, div_ = forms(arithmetic.div)
    floor_divide, floor_divide_ = forms(arithmetic.floor_divide)
    remainder, remainder_ = forms(arithmetic.remainder)
    fmod, fmod_ = forms(arithmetic.fmod)
    reciprocal, reciprocal_ = forms(arithmetic.reciprocal)
    neg, neg_ = forms(arithmetic.neg)
    sign, sign_ = forms(arithmetic.sign)
    abs, abs_ = forms(arithmetic.abs)
    sgn, sgn_ = forms(complex.sgn)
    copysign, copysign_ = forms(arithmetic.copysign)
    lerp, lerp_ = forms(arithmetic.lerp)
    addcmul, addcmul_ = forms(arithmetic.addcmul)
    addcdiv, addcdiv_ = forms(arithmetic.addcdiv)
    subtract, multiply, divide, negative, absolute = sub, mul, div, neg, abs
    subtract_, multiply_, divide_, negative_, absolute_ = sub_, mul_, div_, neg_, abs_
    __iadd__, __isub__, __imul__ = add_, sub_, mul_
    __itruediv__, __ifloordiv__, __imod__ = div_, floor_divide_, remainder_
    square, square_ = forms(power.square)
    pow, pow_ = forms(power.pow)
    float_power, float_power_ = forms(power.float_power)
    hypot, hypot_ = forms(power.hypot)
    gcd, gcd_ = forms(divisors.gcd)
    lcm, lcm_ = forms(divisors.lcm)
    ldexp, ldexp_ = forms(digits.ldexp)
    nextafter, nextafter_ = forms(digits.nextafter)
    signbit, frexp, positive = digits.signbit, digits.frexp, digits.positive
    __ipow__ = pow_
    maximum = bounds.maximum
    minimum = bounds.minimum
    fmax = bounds.fmax
    fmin = bounds.fmin
    clamp, clamp_ = forms(bounds.clamp)
    clamp_min, clamp_min_ = forms(bounds.clamp_min)
    clamp_max, clamp_max_ = forms(bounds.clamp_max)
    clip, clip_ = clamp, clamp_
    exp, exp_ = forms(elementwise.exp)
    exp2, exp2_ = forms(elementwise.exp2)
    expm1, expm1_ = forms(elementwise.expm1)
    log, log_ = forms(elementwise.log)
    log2, log2_ = forms(elementwise.log2)
    log10, log10_ = forms(elementwise.log10)
    log1p, log1p_ = forms(elementwise.log1p)
    logaddexp = elementwise.logaddexp
    logaddexp2 = elementwise.logaddexp2
    xlogy, xlogy_ = forms(elementwise.xlogy)
    sqrt, sqrt_ = forms(elementwise.sqrt)
    rsqrt, rsqrt_ = forms(elementwise.rsqrt)
    sigmoid, sigmoid_ = forms(elementwise.sigmoid)
    logit, logit_ = forms(elementwise.logit)
    erf, erf_ = forms(elementwise.erf)
    erfc, erfc_ = forms(error_functions.erfc)
    erfinv, erfinv_ = forms(error_functions.erfinv)
    lgamma, lgamma_ = forms(gamma.lgamma)
    digamma, digamma_ = forms(gamma.digamma)
    mvlgamma, mvlgamma_ = forms(gamma.mvlgamma)
    igamma, igamma_ = forms(gamma.igamma)
    igammac, igammac_ = forms(gamma.igammac)
    i0, i0_ = forms(bessel.i0)
    relu, relu_ = forms(elementwise.relu)

    def polygamma(self: Any, n: int) -> Any:
        """The n-th derivative of ``digamma``; see ``autograd.polygamma``."""
        return gamma.polygamma(n, self)

    polygamma_ = inplace(polygamma)
    sin, sin_ = forms(trigonometry.sin)
    cos, cos_ = forms(trigonometry.cos)
    tan, tan_ = forms(trigonometry.tan)
    asin, asin_ = forms(trigonometry.asin)
    acos, acos_ = forms(trigonometry.acos)
    atan, atan_ = forms(trigonometry.atan)
    atan2, atan2_ = forms(trigonometry.atan2)
    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
    arcsin_, arccos_, arctan_, arctan2_ = asin_, acos_, atan_, atan2_
    sinh, sinh_ = forms(trigonometry.sinh)
    cosh, cosh_ = forms(trigonometry.cosh)
    tanh, tanh_ = forms(trigonometry.tanh)
    asinh, asinh_ = forms(trigonometry.asinh)
    acosh, acosh_ = forms(trigonometry.acosh)
    atanh, atanh_ = forms(trigonometry.atanh)
    arcsinh, arccosh, arctanh = asinh, acosh, atanh
    arcsinh_, arccosh_, arctanh_ = asinh_, acosh_, atanh_
    sinc, sinc_ = forms(trigonometry.sinc)
    deg2rad, deg2rad_ = forms(trigonometry.deg2rad)
    rad2deg, rad2deg_ = forms(trigonometry.rad2deg)
    floor, floor_ = forms(rounding.floor)
    ceil, ceil_ = forms(rounding.ceil)
    trunc, trunc_ = forms(rounding.trunc)
    fix, fix_ = trunc, trunc_
    frac, frac_ = forms(rounding.frac)
    round, round_ = forms(rounding.round)
    nan_to_num, nan_to_num_ = forms(rounding.nan_to_num)
    eq, eq_ = forms(comparison.eq)
    ne, ne_ = forms(comparison.ne)
    lt, lt_ = forms(comparison.lt)
    le, le_ = forms(comparison.le)
    gt, gt_ = forms(comparison.gt)
    ge, ge_ = forms(comparison.ge)
    not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge
    not_equal_, less_, less_equal_, greater_, greater_equal_ = ne_, lt_, le_, gt_, ge_
    equal = comparison.equal
    isclose = comparison.isclose
    allclose = comparison.allclose
    isfinite = comparison.isfinite
    isinf = comparison.isinf
    isnan = comparison.isnan
    isposinf = comparison.isposinf
    isneginf = comparison.isneginf
    masked_fill, masked_fill_ = forms(comparison.masked_fill)
    heaviside, heaviside_ = forms(comparison.heaviside)
    real = property(complex.real, complex.set_real, doc=complex.real.__doc__)
    imag = property(complex.imag, complex.set_imag, doc=complex.imag.__doc__)
    conj, resolve_conj, resolve_neg = complex.conj, complex.resolve_conj, complex.resolve_neg
    conj_physical, conj_physical_ = complex.conj_physical, complex.conj_physical_
    is_conj, is_neg, isreal, angle = complex.is_conj, complex.is_neg, complex.isreal, complex.angle

    def where(self, condition: Any, other: Any) -> Any:
        """The tensor where the condition holds, else ``other``; see ``autograd.where``."""
        return comparison.where(condition, self, other)

    logical_and, logical_and_ = forms(logic.logical_and)
    logical_or, logical_or_ = forms(logic.logical_or)
    logical_xor, logical_xor_ = forms(logic.logical_xor)
    logical_not, logical_not_ = forms(logic.logical_not)
    bitwise_and, bitwise_and_ = forms(logic.bitwise_and)
    bitwise_or, bitwise_or_ = forms(logic.bitwise_or)
    bitwise_xor, bitwise_xor_ = forms(logic.bitwise_xor)
    bitwise_not, bitwise_not_ = forms(logic.bitwise_not)
    bitwise_left_shift, bitwise_left_shift_ = forms(logic.bitwise_left_shift)
    bitwise_right_shift, bitwise_right_shift_ = forms(logic.bitwise_right_shift)
    __iand__, __ior__, __ixor__ = bitwise_and_, bitwise_or_, bitwise_xor_
    __ilshift__, __irshift__ = bitwise_left_shift_, bitwise_right_shift_
    sum = reduction.sum
    nansum = reduction.nansum
    mean = reduction.mean
    nanmean = reduction.nanmean
    logsumexp = reduction.logsumexp
    any = reduction.any
    all = reduction.all
    count_nonzero = reduction.count_nonzero
    var = spread.var
    std = spread.std
    norm = norms.norm
    renorm, renorm_ = forms(norms.renorm)
    max = extremum.max
    min = extremum.min
    amax = extremum.amax
    amin = extremum.amin
    aminmax = extremum.aminmax
    argmax = extremum.argmax
    argmin = extremum.argmin
    prod = product.prod
    cumprod, cumprod_ = forms(product.cumprod)
    cumsum, cumsum_ = forms(scan.cumsum)
    logcumsumexp = scan.logcumsumexp
    cummax = scan.cummax
    cummin = scan.cummin
    diff = scan.diff
