"""Exponentials, logarithms, roots and sigmoids, element by element; integers become the default float dtype."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.op import floating, floating_real, op
from autograd.ops.comparison import where
from autograd.ops.out import into

if TYPE_CHECKING:
    from autograd.tensor import Tensor


# -- exponentials and logarithms --------------------------------------------------------------------------------------


@floating
def exp(be: Any, input: Any) -> Any:
    """e to the power of each element.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.exp(ag.tensor([0.0, 1.0]))
        tensor([1.0000, 2.7183])
    """
    return be.xp.exp(input)


exp.grad(input=lambda g, y: g * y)


@floating
def exp2(be: Any, input: Any) -> Any:
    """2 to the power of each element.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.exp2(ag.tensor([0.0, 3.0]))
        tensor([1., 8.])
    """
    return be.xp.exp2(input)


exp2.grad(input=lambda g, y: g * (y * math.log(2)))


@floating
def expm1(be: Any, input: Any) -> Any:
    """exp(input) - 1, accurate near zero.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.expm1(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 1.7183])
    """
    return be.xp.expm1(input)


expm1.grad(input=lambda g, y: g * (y + 1))


@floating
def log(be: Any, input: Any) -> Any:
    """The natural logarithm; NaN below zero.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.log(ag.tensor([1.0, 2.0]))
        tensor([0.0000, 0.6931])
    """
    return be.xp.log(input)


log.grad(input=lambda g, input: g / input)


@floating
def log2(be: Any, input: Any) -> Any:
    """The logarithm to base 2.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.log2(ag.tensor([1.0, 8.0]))
        tensor([0., 3.])
    """
    return be.xp.log2(input)


log2.grad(input=lambda g, input: g / (input * math.log(2)))


@floating
def log10(be: Any, input: Any) -> Any:
    """The logarithm to base 10.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.log10(ag.tensor([1.0, 50.0]))
        tensor([0.0000, 1.6990])
    """
    return be.xp.log10(input)


log10.grad(input=lambda g, input: g / (input * math.log(10)))


@floating
def log1p(be: Any, input: Any) -> Any:
    """log(1 + input), accurate near zero.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.log1p(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 0.6931])
    """
    return be.xp.log1p(input)


log1p.grad(input=lambda g, input: g / (input + 1))


def _logaddexp(xp: Any, a: Any, b: Any) -> Any:
    if a.dtype.kind != "c":
        return xp.logaddexp(a, b)
    first = a.real >= b.real
    top, low = xp.where(first, a, b), xp.where(first, b, a)
    return xp.where(xp.isfinite(low), top + xp.log(1 + xp.exp(low - top)), top)


@floating
def logaddexp(be: Any, input: Any, other: Any) -> Any:
    """log(exp(input) + exp(other)), without overflow.

    Args:
        input, other: broadcastable tensors.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.logaddexp(ag.tensor([0.0]), ag.tensor([0.0]))
        tensor([0.6931])
    """
    return _logaddexp(be.xp, input, other)


logaddexp.grad(
    input=lambda g, input, other: g / (1 + exp(other - input)),
    other=lambda g, input, other: g / (1 + exp(input - other)),
)


@floating_real
def logaddexp2(be: Any, input: Any, other: Any) -> Any:
    """log2(2**input + 2**other), without overflow.

    Args:
        input, other: broadcastable tensors.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.logaddexp2(ag.tensor([1.0]), ag.tensor([1.0]))
        tensor([2.])
    """
    return be.xp.logaddexp2(input, other)


logaddexp2.grad(
    input=lambda g, input, other: g / (1 + exp2(other - input)),
    other=lambda g, input, other: g / (1 + exp2(input - other)),
)


@floating_real
def xlogy(be: Any, input: Any, other: Any) -> Any:
    """input * log(other), and 0 where input is 0 (unless other is NaN).

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.xlogy(ag.tensor([0.0, 2.0]), ag.tensor([0.0, 1.0]))
        tensor([0., 0.])
    """
    product = input * be.xp.log(other)
    return be.xp.where(be.xp.isnan(other), other, be.xp.where(be.xp.equal(input, 0), input * 0, product))


xlogy.grad(
    input=lambda g, input, other: where((input == 0) & (other <= 0), 0, xlogy(g, other)),
    other=lambda g, input, other: g * input / other,
)


@floating_real
def xlog1py(be: Any, input: Any, other: Any) -> Any:
    """input * log(1 + other), and 0 where input is 0 (unless other is NaN).

    Args:
        input, other: broadcastable tensors, or a Python number for one of them.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.xlog1py(ag.tensor([0.0, 2.0]), ag.tensor([-1.0, 0.0]))
        tensor([0., 0.])
    """
    product = input * be.xp.log1p(other)
    return be.xp.where(be.xp.isnan(other), other, be.xp.where(be.xp.equal(input, 0), input * 0, product))


xlog1py.grad(
    input=lambda g, input, other: where((input == 0) & (other <= -1), 0, xlog1py(g, other)),
    other=lambda g, input, other: g * input / (other + 1),
)


@floating_real
def entr(be: Any, input: Any) -> Any:
    """The entropy of each element: -x log(x), 0 at 0 and -inf below.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.special.entr(ag.tensor([0.0, 0.5, -1.0]))
        tensor([0.0000, 0.3466,   -inf])
    """
    return be.special.entr(input)


entr.grad(input=lambda g, input: g * (-1 - log(input)))


# -- roots ------------------------------------------------------------------------------------------------------------


@floating
def sqrt(be: Any, input: Any) -> Any:
    """The square root; NaN below zero.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.sqrt(ag.tensor([4.0, 9.0]))
        tensor([2., 3.])
    """
    return be.xp.sqrt(input)


sqrt.grad(input=lambda g, y: g / (y * 2))


@floating
def rsqrt(be: Any, input: Any) -> Any:
    """1 / sqrt(input).

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.rsqrt(ag.tensor([4.0, 16.0]))
        tensor([0.5000, 0.2500])
    """
    return 1 / be.xp.sqrt(input)


rsqrt.grad(input=lambda g, y: g * (y * y * y * -0.5))


# -- sigmoids ---------------------------------------------------------------------------------------------------------


@floating
def sigmoid(be: Any, input: Any) -> Any:
    """1 / (1 + exp(-x)), without overflow.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.sigmoid(ag.tensor([0.0, 1.0]))
        tensor([0.5000, 0.7311])
    """
    return be.sigmoid(input) if input.dtype.kind != "c" else 1 / (1 + be.xp.exp(-input))


@op(complex="analytic")
def _sigmoid_grad(be: Any, dy: Any, y: Any) -> Any:
    return be.sigmoid_grad(dy, y)


sigmoid.grad(input=_sigmoid_grad)
_sigmoid_grad.grad(dy=_sigmoid_grad, y=lambda g, dy, y: g * (dy * (1 - y * 2)))


@floating_real
def _logit(be: Any, input: Any) -> Any:
    return be.xp.log(input / (1 - input))


_logit.grad(input=lambda g, input: g / (input * (1 - input)))


def logit(input: Tensor, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
    """The inverse of the sigmoid: log(x / (1 - x)).

    Args:
        input: any shape.
        eps: first clamp x to [eps, 1 - eps].
        out: a tensor for the result.

    Returns:
        A floating tensor of the same shape; NaN outside [0, 1] unless clamped.

    Example:
        >>> ag.logit(ag.tensor([0.5, 0.9]))
        tensor([0.0000, 2.1972])
    """
    x = input if eps is None else input.clamp(eps, 1 - eps)
    return into(out, _logit(x), "logit")


@floating_real
def erf(be: Any, input: Any) -> Any:
    """The error function: 2/sqrt(pi) * integral of exp(-t^2) from 0 to x.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.erf(ag.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8427])
    """
    return be.erf(input)


erf.grad(input=lambda g, input: g * (exp(-(input * input)) * (2 / math.sqrt(math.pi))))


@op(complex="refused")
def relu(be: Any, input: Any) -> Any:
    """max(x, 0); NaN stays NaN.

    Args:
        input: any shape.

    Returns:
        A tensor of the same shape and dtype.

    Example:
        >>> ag.relu(ag.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    return be.relu(input)


@op
def _relu_grad(be: Any, dy: Any, y: Any) -> Any:
    return be.relu_grad(dy, y)


relu.grad(input=_relu_grad)
relu.over(lambda be, input: be.relu_(input))
_relu_grad.grad(dy=_relu_grad)
