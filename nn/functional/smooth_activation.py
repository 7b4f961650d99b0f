"""Smooth activations, those that are smooth on either side of zero, and softmax.

Formulas keep large values away from exp: what is not chosen stays finite too, and so do derivatives of every order.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd.errors import ArgumentError, ShapeError
from autograd.inplace import inplace as in_place
from autograd.op import op
from autograd.ops.activation import activation
from autograd.ops.arguments import axis_of
from autograd.ops.comparison import where
from autograd.ops.elementwise import erf, exp, relu, sigmoid
from autograd.ops.trigonometry import tanh

if TYPE_CHECKING:
    from autograd.tensor import Tensor

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805

# -- exponential below zero: scale * (x where x > 0, else alpha * (exp(rate * x) - 1)) ---------------------------------


def _elu_grad(g: Any, x: Any, alpha: float, scale: float, rate: float) -> Any:
    return where(x <= 0, g * (exp(relu(-x) * -rate) * (alpha * scale * rate)), g * scale)


_elu = activation("elu", _elu_grad)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha * (exp(x) - 1).

    Args:
        input: any shape.
        alpha: minus the limit at -inf.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.elu(ag.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000])

    Source: Clevert, Unterthiner and Hochreiter, Exponential Linear Units, 2015.
    """
    y: Tensor = in_place(elu)(input, alpha) if inplace else _elu(input, params=(alpha, 1.0, 1.0))
    return y


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """scale * elu(x, alpha), with the constants for which activations keep mean 0 and variance 1.

    Args:
        input: any shape.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.selu(ag.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks, 2017.
    """
    y: Tensor = in_place(selu)(input) if inplace else _elu(input, params=(_SELU_ALPHA, _SELU_SCALE, 1.0))
    return y


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha * (exp(x / alpha) - 1): continuously differentiable for every alpha.

    Args:
        input: any shape.
        alpha: minus the limit at -inf; not 0.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Raises:
        ValueError: alpha is 0.

    Example:
        >>> F.celu(ag.tensor([-2.0, 2.0]), 2.0)
        tensor([-1.2642,  2.0000])

    Source: Barron, Continuously Differentiable Exponential Linear Units, 2017.
    """
    if alpha == 0:
        raise ArgumentError("celu: expected alpha other than 0, got 0")
    y: Tensor = in_place(celu)(input, alpha) if inplace else _elu(input, params=(alpha, 1.0, 1 / alpha))
    return y


# -- smooth ------------------------------------------------------------------------------------------------------------


@op
def _gelu(be: Any, x: Any, *, by_tanh: bool) -> Any:
    return be.gelu(x, by_tanh)


@op
def _gelu_grad(be: Any, g: Any, x: Any, *, by_tanh: bool) -> Any:
    return be.gelu_grad(g, x, by_tanh)


_gelu.grad(x=_gelu_grad)


@_gelu.composed
def _gelu_definition(x: Any, *, by_tanh: bool) -> Any:
    phi = tanh((x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)) if by_tanh else erf(x * math.sqrt(0.5))
    return x * 0.5 * (phi + 1)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x * Phi(x), Phi the distribution function of the normal distribution.

    Args:
        input: any shape, floating.
        approximate: "none", or "tanh" for x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))).

    Returns:
        A tensor like ``input``.

    Raises:
        ValueError: another word.

    Example:
        >>> F.gelu(ag.tensor([-1.0, 2.0]))
        tensor([-0.1587,  1.9545])

    Source: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.
    """
    if approximate not in ("none", "tanh"):
        raise ArgumentError(f'gelu: expected approximate "none" or "tanh", got {approximate!r}')
    y: Tensor = _gelu(input, by_tanh=approximate == "tanh")
    return y


def _silu_grad(g: Any, x: Any) -> Any:
    s = sigmoid(x)
    return g * (s * (x * (1 - s) + 1))


_silu = activation("silu", _silu_grad)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x * sigmoid(x), also called swish.

    Args:
        input: any shape.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.silu(ag.tensor([-1.0, 2.0]))
        tensor([-0.2689,  1.7616])

    Source: Elfwing, Uchibe and Doya, Sigmoid-Weighted Linear Units, 2017.
    """
    y: Tensor = in_place(silu)(input) if inplace else _silu(input)
    return y


def _mish_grad(g: Any, x: Any) -> Any:
    t = tanh(_softplus(x, params=(1.0, math.inf)))
    return g * (t + x * sigmoid(x) * (1 - t * t))


_mish = activation("mish", _mish_grad)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * tanh(softplus(x)).

    Args:
        input: any shape.
        inplace: write the result into ``input``.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.mish(ag.tensor([-1.0, 2.0]))
        tensor([-0.3034,  1.9440])

    Source: Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.
    """
    y: Tensor = in_place(mish)(input) if inplace else _mish(input)
    return y


def _softplus_grad(g: Any, x: Any, beta: float, threshold: float) -> Any:
    return where(x * beta > threshold, g, g * sigmoid(x * beta))


_softplus = activation("softplus", _softplus_grad)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta * x)) / beta, a smooth relu; x itself where beta * x > threshold.

    Args:
        input: any shape.
        beta: how sharp the bend is.
        threshold: from where on it is linear.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.softplus(ag.tensor([-1.0, 2.0]))
        tensor([0.3133, 2.1269])
    """
    y: Tensor = _softplus(input, params=(beta, threshold))
    return y


_logsigmoid = activation("logsigmoid", lambda g, x: g * sigmoid(-x))


def logsigmoid(input: Tensor) -> Tensor:
    """log(1 / (1 + exp(-x))).

    Args:
        input: any shape.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.logsigmoid(ag.tensor([-1000.0, 0.0]))
        tensor([-1.0000e+03, -6.9315e-01])
    """
    y: Tensor = _logsigmoid(input)
    return y


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|).

    Args:
        input: any shape.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.softsign(ag.tensor([-1.0, 3.0]))
        tensor([-0.5000,  0.7500])
    """
    y: Tensor = input / (input.abs() + 1)
    return y


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x).

    Args:
        input: any shape.

    Returns:
        A tensor like ``input``.

    Example:
        >>> F.tanhshrink(ag.tensor([-1.0, 2.0]))
        tensor([-0.2384,  1.0360])
    """
    y: Tensor = input - input.tanh()
    return y


# -- gated -------------------------------------------------------------------------------------------------------------


@op(promote="float", complex="refused")
def _glu(be: Any, x: Any, *, axis: int) -> Any:
    a, b = _halves(x, axis)
    return be.mul(a, be.sigmoid(b))


@op
def _glu_grad(be: Any, g: Any, x: Any, *, axis: int) -> Any:
    a, b = _halves(x, axis)
    gx, gate = be.xp.empty_like(x), be.sigmoid(b)
    for half, value in zip(_halves(gx, axis), (be.mul(g, gate), be.sigmoid_grad(be.mul(g, a), gate)), strict=True):
        half[...] = value
    return gx


@_glu.grad_all
def _glu_gradients(needs: Any, g: Any, x: Any, *, axis: int) -> Any:
    return (_glu_grad(g, x, axis=axis),)


@_glu.composed
def _glu_definition(x: Any, *, axis: int) -> Any:
    a, b = x.split(x.shape[axis] // 2, axis)
    return a * sigmoid(b)


def _halves(x: Any, axis: int) -> tuple[Any, Any]:
    """The first and the second half along an axis, as views."""
    before, size = (slice(None),) * axis, x.shape[axis] // 2
    return x[(*before, slice(size))], x[(*before, slice(size, None))]


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half along an axis, gated by the second: a * sigmoid(b).

    Args:
        input: any shape with an even size along ``dim``.
        dim: the axis that is halved.

    Returns:
        A tensor with half the size along ``dim``.

    Raises:
        ShapeError: the size is odd.

    Example:
        >>> F.glu(ag.tensor([2.0, 0.0]))
        tensor([1.])

    Source: Dauphin, Fan, Auli and Grangier, Language Modeling with Gated Convolutional Networks, 2016.
    """
    axis = axis_of("glu", dim, input.raw.ndim)
    size = input.raw.shape[axis] if input.raw.ndim else 1
    if size % 2:
        raise ShapeError(f"glu: expected an even size along dim {dim}, got shape {input.raw.shape}")
    y: Tensor = _glu(input, axis=axis)
    return y


# -- softmax along an axis ---------------------------------------------------------------------------------------------


def _axis(name: str, input: Tensor, dim: int | None) -> int:
    """The axis meant; the one that very old programs mean where none is given."""
    if dim is not None:
        return dim
    warnings.warn(f"{name}: expected dim=, got None. Which axis is meant then depends on the shape", stacklevel=3)
    return 0 if input.raw.ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(x) / sum of exp(x) along an axis.

    Args:
        input: any shape.
        dim: the axis that sums to 1.
        _stacklevel: accepted.
        dtype: cast to it first.

    Returns:
        A tensor of the same shape.

    Example:
        >>> F.softmax(ag.tensor([0.0, 0.0]), dim=0)
        tensor([0.5000, 0.5000])
    """
    return input.softmax(_axis("softmax", input, dim), dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """x - log of the sum of exp(x) along an axis: the logarithm of ``softmax``, without overflow.

    Args:
        input: any shape.
        dim: the axis whose exponentials sum to 1.
        _stacklevel: accepted.
        dtype: cast to it first.

    Returns:
        A tensor of the same shape.

    Example:
        >>> F.log_softmax(ag.tensor([0.0, 1000.0]), dim=0)
        tensor([-1000.,     0.])
    """
    return input.log_softmax(_axis("log_softmax", input, dim), dtype=dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(-x) / sum of exp(-x) along an axis.

    Args:
        input: any shape.
        dim: the axis that sums to 1.
        _stacklevel: accepted.
        dtype: cast to it first.

    Returns:
        A tensor of the same shape.

    Example:
        >>> F.softmin(ag.tensor([0.0, 0.0]), dim=0)
        tensor([0.5000, 0.5000])
    """
    y: Tensor = (-input).softmax(_axis("softmin", input, dim), dtype=dtype)
    return y


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A differentiable draw from the classes that logits give: softmax((x + Gumbel noise) / tau).

    Args:
        logits: any shape.
        tau: the temperature; small ones come near one-hot.
        hard: return one-hot vectors, whose gradient is that of the soft ones.
        eps: accepted.
        dim: the axis of the classes.

    Returns:
        A tensor like ``logits``.

    Example:
        >>> F.gumbel_softmax(ag.zeros(3), hard=True).sum()
        tensor(1.)

    Source: Jang, Gu and Poole, Categorical Reparameterization with Gumbel-Softmax, 2016.
    """
    noise = -ag.empty_like(logits).exponential_().log()
    soft: Tensor = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    one_hot = ag.zeros_like(logits).scatter(dim, soft.detach().argmax(dim, keepdim=True), 1.0)
    y: Tensor = one_hot - soft.detach() + soft
    return y
