"""The gamma function's family: its logarithm, derivatives and incomplete integrals, and Hurwitz's zeta function."""

from __future__ import annotations

import math
from operator import index
from typing import TYPE_CHECKING, Any, NoReturn

from autograd.errors import ArgumentError
from autograd.op import floating_real
from autograd.ops.elementwise import exp, log
from autograd.ops.out import into

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@floating_real
def lgamma(be: Any, input: Any) -> Any:
    """The logarithm of the absolute value of the gamma function: log|Γ(x)|.

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape; inf at 0, -1, -2, ...

    Example:
        >>> ag.lgamma(ag.tensor([1.0, 4.0]))
        tensor([0.0000, 1.7918])
    """
    y = be.special.gammaln(input)
    return be.xp.where(input == -math.inf, be.scalar(math.inf, input.dtype), y)


@floating_real
def digamma(be: Any, input: Any) -> Any:
    """The derivative of ``lgamma``: ψ(x) = Γ'(x) / Γ(x).

    Args:
        input: any shape.

    Returns:
        A floating tensor of the same shape.

    Example:
        >>> ag.digamma(ag.tensor([1.0, 2.0]))
        tensor([-0.5772,  0.4228])
    """
    return be.special.psi(input)


@floating_real
def _polygamma(be: Any, input: Any, *, n: int) -> Any:
    return (-1) ** (n + 1) * math.factorial(n) * be.special.zeta(float(n + 1), input)


lgamma.grad(input=lambda g, input: g * digamma(input))
digamma.grad(input=lambda g, input: g * _polygamma(input, n=1))
_polygamma.grad(input=lambda g, input, *, n: g * _polygamma(input, n=n + 1))


def polygamma(n: int, input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The n-th derivative of ``digamma``: (-1)^(n+1) n! ζ(n + 1, x) for n > 0.

    Args:
        n: which derivative, at least 0.
        input: any shape.
        out: a tensor for the result.

    Returns:
        A floating tensor of the same shape.

    Raises:
        ValueError: ``n`` is negative.

    Example:
        >>> ag.polygamma(1, ag.tensor([1.0, 0.5]))
        tensor([1.6449, 4.9348])
    """
    if index(n) < 0:
        raise ArgumentError(f"polygamma: expected n >= 0, got {n}")
    return into(out, _polygamma(input, n=n) if n else digamma(input), "polygamma")


def mvlgamma(input: Tensor, p: int, *, out: Tensor | None = None) -> Tensor:
    """The logarithm of the multivariate gamma function: log(π) p(p - 1)/4 + Σ_{i<p} lgamma(x - i/2).

    Args:
        input: any shape.
        p: how many dimensions, at least 1.
        out: a tensor for the result.

    Returns:
        A floating tensor of the same shape.

    Raises:
        ValueError: ``p`` is below 1.

    Example:
        >>> ag.mvlgamma(ag.tensor([2.0, 3.0]), 2)
        tensor([0.4516, 1.5502])
    """
    if index(p) < 1:
        raise ArgumentError(f"mvlgamma: expected p >= 1, got {p}")
    y = lgamma(input) + math.log(math.pi) * p * (p - 1) / 4
    for i in range(1, p):
        y = y + lgamma(input - i / 2)
    return into(out, y, "mvlgamma")


def _no_derivative(name: str, argument: str) -> NoReturn:
    raise NotImplementedError(f"{name}: there is no derivative with respect to {argument}. Pass {argument}.detach()")


@floating_real
def igamma(be: Any, input: Any, other: Any) -> Any:
    """The lower incomplete gamma function: 1/Γ(a) ∫_0^x t^(a-1) exp(-t) dt.

    Args:
        input: a, not negative; without a derivative.
        other: x, not negative; broadcastable.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.gammainc(ag.tensor([1.0]), ag.tensor([1.0]))
        tensor([0.6321])
    """
    return be.special.gammainc(input, other)


@floating_real
def igammac(be: Any, input: Any, other: Any) -> Any:
    """The upper incomplete gamma function: 1 - ``igamma``.

    Args:
        input: a, not negative; without a derivative.
        other: x, not negative; broadcastable.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.gammaincc(ag.tensor([1.0]), ag.tensor([1.0]))
        tensor([0.3679])
    """
    return be.special.gammaincc(input, other)


def _integrand(input: Any, other: Any) -> Any:
    """x^(a-1) exp(-x) / Γ(a), by its logarithm, which cannot overflow."""
    return exp((input - 1) * log(other) - other - lgamma(input))


igamma.grad(
    input=lambda g: _no_derivative("igamma", "input"),
    other=lambda g, input, other: g * _integrand(input, other),
)
igammac.grad(
    input=lambda g: _no_derivative("igammac", "input"),
    other=lambda g, input, other: -g * _integrand(input, other),
)


@floating_real
def zeta(be: Any, input: Any, other: Any) -> Any:
    """Hurwitz's zeta function: ζ(x, q) = Σ_{k>=0} 1 / (k + q)^x.

    Args:
        input: x, above 1; without a derivative.
        other: q; broadcastable.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.zeta(ag.tensor([2.0, 4.0]), 1)
        tensor([1.6449, 1.0823])
    """
    return be.special.zeta(input, other)


zeta.grad(
    input=lambda g: _no_derivative("zeta", "input"),
    other=lambda g, input, other: g * (-input * zeta(input + 1, other)),
)
