"""Orthogonal polynomials of a degree per element; without derivatives, as in PyTorch.

Each follows from its first two members by a recurrence in the degree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.op import floating_real

Step = Callable[[int, Any, Any, Any], Any]  # degree k, x, the polynomials of degree k - 1 and k: that of degree k + 1


def _polynomial(be: Any, x: Any, n: Any, first: Any, step: Step) -> Any:
    """The polynomial of degree n, truncated; 1 for n = 0, ``first`` for n = 1, 0 for negative n."""
    xp = be.xp
    x, n = xp.broadcast_arrays(x, xp.trunc(n))
    last, this = xp.ones_like(x), first + 0 * x
    y = xp.where(n == 0, last, xp.where(n == 1, this, xp.zeros_like(x)))
    highest = int(n.max()) if n.size else 0
    for k in range(1, highest):
        last, this = this, step(k, x, last, this)
        y = xp.where(n == k + 1, this, y)
    return y


def _chebyshev(k: int, x: Any, last: Any, this: Any) -> Any:
    return 2 * x * this - last


@floating_real
def chebyshev_polynomial_t(be: Any, input: Any, n: Any) -> Any:
    """Chebyshev polynomials of the first kind: T_n(cos t) = cos(n t).

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.chebyshev_polynomial_t(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([-0.8750, -1.0000])
    """
    return _polynomial(be, input, n, input, _chebyshev)


@floating_real
def chebyshev_polynomial_u(be: Any, input: Any, n: Any) -> Any:
    """Chebyshev polynomials of the second kind: U_n(cos t) = sin((n + 1) t) / sin(t).

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.chebyshev_polynomial_u(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([-0.7500, -1.0000])
    """
    return _polynomial(be, input, n, 2 * input, _chebyshev)


@floating_real
def chebyshev_polynomial_v(be: Any, input: Any, n: Any) -> Any:
    """Chebyshev polynomials of the third kind: V_n(cos t) = cos((n + 1/2) t) / cos(t / 2).

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.chebyshev_polynomial_v(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([-1.2500, -1.0000])
    """
    return _polynomial(be, input, n, 2 * input - 1, _chebyshev)


@floating_real
def chebyshev_polynomial_w(be: Any, input: Any, n: Any) -> Any:
    """Chebyshev polynomials of the fourth kind: W_n(cos t) = sin((n + 1/2) t) / sin(t / 2).

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.chebyshev_polynomial_w(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([-0.2500, -1.0000])
    """
    return _polynomial(be, input, n, 2 * input + 1, _chebyshev)


@floating_real
def shifted_chebyshev_polynomial_t(be: Any, input: Any, n: Any) -> Any:
    """Chebyshev polynomials of the first kind on [0, 1]: T_n(2x - 1).

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.shifted_chebyshev_polynomial_t(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([-0.5000, -0.0000])
    """
    return _polynomial(be, 2 * input - 1, n, 2 * input - 1, _chebyshev)


@floating_real
def shifted_chebyshev_polynomial_u(be: Any, input: Any, n: Any) -> Any:
    """Chebyshev polynomials of the second kind on [0, 1]: U_n(2x - 1).

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.shifted_chebyshev_polynomial_u(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([0., -0.])
    """
    return _polynomial(be, 2 * input - 1, n, 4 * input - 2, _chebyshev)


@floating_real
def shifted_chebyshev_polynomial_v(be: Any, input: Any, n: Any) -> Any:
    """Chebyshev polynomials of the third kind on [0, 1]: V_n(2x - 1).

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.shifted_chebyshev_polynomial_v(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([1., 1.])
    """
    return _polynomial(be, 2 * input - 1, n, 4 * input - 3, _chebyshev)


@floating_real
def shifted_chebyshev_polynomial_w(be: Any, input: Any, n: Any) -> Any:
    """Chebyshev polynomials of the fourth kind on [0, 1]: W_n(2x - 1).

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.shifted_chebyshev_polynomial_w(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([-1., -1.])
    """
    return _polynomial(be, 2 * input - 1, n, 4 * input - 1, _chebyshev)


@floating_real
def hermite_polynomial_h(be: Any, input: Any, n: Any) -> Any:
    """Hermite polynomials of physics: H_{k+1} = 2x H_k - 2k H_{k-1}.

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.hermite_polynomial_h(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([-1.7500, -5.0000])
    """
    return _polynomial(be, input, n, 2 * input, lambda k, x, last, this: 2 * x * this - 2 * k * last)


@floating_real
def hermite_polynomial_he(be: Any, input: Any, n: Any) -> Any:
    """Hermite polynomials of probability: He_{k+1} = x He_k - k He_{k-1}.

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.hermite_polynomial_he(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([-0.9375, -1.3750])
    """
    return _polynomial(be, input, n, input, lambda k, x, last, this: x * this - k * last)


@floating_real
def laguerre_polynomial_l(be: Any, input: Any, n: Any) -> Any:
    """Laguerre polynomials: (k + 1) L_{k+1} = (2k + 1 - x) L_k - k L_{k-1}.

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.laguerre_polynomial_l(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([ 0.5312, -0.1458])
    """
    return _polynomial(be, input, n, 1 - input, lambda k, x, last, this: ((2 * k + 1 - x) * this - k * last) / (k + 1))


@floating_real
def legendre_polynomial_p(be: Any, input: Any, n: Any) -> Any:
    """Legendre polynomials: (k + 1) P_{k+1} = (2k + 1) x P_k - k P_{k-1}.

    Args:
        input: any shape.
        n: the degrees, broadcastable, or a number.

    Returns:
        A floating tensor of the broadcast shape.

    Example:
        >>> ag.special.legendre_polynomial_p(ag.tensor([0.25, 0.5]), ag.tensor([2, 3]))
        tensor([-0.4062, -0.4375])
    """
    return _polynomial(be, input, n, input, lambda k, x, last, this: ((2 * k + 1) * x * this - k * last) / (k + 1))
