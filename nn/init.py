"""Initial values of parameters, written in place and outside the graph."""

from __future__ import annotations

import math
import warnings
from typing import Any

import autograd as ag
from autograd.errors import ShapeError
from autograd.op import wrap
from autograd.random import Generator
from autograd.tensor import Tensor
from nn.skipping import initialiser

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]

_LINEAR = ("linear", "sigmoid", *(f"conv{t}{n}d" for t in ("", "_transpose") for n in (1, 2, 3)))
_GAINS: dict[str, float] = dict.fromkeys(_LINEAR, 1.0) | {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor on a weight's standard deviation that makes up for what a nonlinearity takes from the variance.

    1 for linear, sigmoid and convolutions; 5/3 for tanh; sqrt(2) for relu; sqrt(2 / (1 + slope^2)) for leaky_relu; 3/4
    for selu.

    Args:
        nonlinearity: the function's name in ``nn.functional``.
        param: the negative slope of leaky_relu; None for 0.01.

    Returns:
        The gain.

    Raises:
        ValueError: an unknown name, or a slope that is no number.

    Example:
        >>> nn.init.calculate_gain("leaky_relu", 1.0)
        1.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"calculate_gain: expected a number as negative slope, got {param!r}")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        known = ", ".join([*_GAINS, "leaky_relu"])
        raise ValueError(f"calculate_gain: expected nonlinearity to be one of {known}, got {nonlinearity!r}")
    return _GAINS[nonlinearity]


# -- the same for every element ----------------------------------------------------------------------------------------


@initialiser
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fills a tensor with one number.

    Args:
        tensor: any shape.
        val: the number.

    Returns:
        The tensor.

    Example:
        >>> nn.init.constant_(ag.empty(2), 0.5)
        tensor([0.5000, 0.5000])
    """
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fills a tensor with ones.

    Args:
        tensor: any shape.

    Returns:
        The tensor.

    Example:
        >>> nn.init.ones_(ag.empty(2))
        tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fills a tensor with zeros.

    Args:
        tensor: any shape.

    Returns:
        The tensor.

    Example:
        >>> nn.init.zeros_(ag.empty(2))
        tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


@initialiser
def eye_(tensor: Tensor) -> Tensor:
    """Makes a matrix the identity, as far as it is square.

    Args:
        tensor: (rows, columns).

    Returns:
        The tensor.

    Raises:
        ShapeError: not two axes.

    Example:
        >>> nn.init.eye_(ag.empty(2, 3))
        tensor([[1., 0., 0.],
                [0., 1., 0.]])
    """
    _expect_axes("eye_", tensor, 2, 2)
    return _put(tensor, tensor.backend.xp.eye(*tensor.shape))


@initialiser
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Makes a convolution's weight pass its input through: 1 at the centre where output and input channel are the same.

    Args:
        tensor: (O, C, *K) with 1 to 3 spatial axes.
        groups: each of so many groups of outputs passes its inputs through; divides O.

    Returns:
        The tensor.

    Raises:
        ShapeError: not three to five axes.
        ValueError: ``groups`` does not divide O.

    Example:
        >>> nn.init.dirac_(ag.empty(1, 1, 3))
        tensor([[[0., 1., 0.]]])
    """
    _expect_axes("dirac_", tensor, 3, 5)
    out_channels, in_channels, *kernel = tensor.shape
    if groups < 1 or out_channels % groups:
        raise ValueError(f"dirac_: expected groups that divide the {out_channels} output channels, got {groups}")
    each = out_channels // groups
    values = tensor.backend.xp.zeros(tensor.shape)
    for group in range(groups):
        for c in range(min(each, in_channels)):
            values[(group * each + c, c, *(k // 2 for k in kernel))] = 1
    return _put(tensor, values)


# -- independent random elements ---------------------------------------------------------------------------------------


@initialiser
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fills a tensor from the uniform distribution U(a, b).

    Args:
        tensor: any shape, floating.
        a, b: the bounds.
        generator: the stream of random numbers; None for the default one.

    Returns:
        The tensor.

    Example:
        >>> w = nn.init.uniform_(ag.empty(100), -1, 1); bool((w.abs() <= 1).all())
        True
    """
    return tensor.uniform_(a, b, generator=generator)


@initialiser
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fills a tensor from the normal distribution N(mean, std^2).

    Args:
        tensor: any shape, floating.
        mean, std: of the distribution.
        generator: the stream of random numbers; None for the default one.

    Returns:
        The tensor.

    Example:
        >>> nn.init.normal_(ag.empty(2, 3)).shape
        Size([2, 3])
    """
    return tensor.normal_(mean, std, generator=generator)


@initialiser
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fills a tensor from the normal distribution N(mean, std^2) restricted to [a, b].

    By inversion: x = mean + std * sqrt(2) * erfinv(u), u uniform between erf of the two bounds.

    Args:
        tensor: any shape, floating.
        mean, std: of the distribution before it is restricted.
        a, b: the bounds, absolute.
        generator: the stream of random numbers; None for the default one.

    Returns:
        The tensor.

    Raises:
        ValueError: a is not below b.

    Example:
        >>> w = nn.init.trunc_normal_(ag.empty(1000), std=3.0); bool((w.abs() <= 2).all())
        True
    """
    if a >= b:
        raise ValueError(f"trunc_normal_: expected a < b, got {a} and {b}")
    if not a - 2 * std <= mean <= b + 2 * std:
        warnings.warn("trunc_normal_: the mean is more than 2 std outside [a, b]; the tail is inexact", stacklevel=3)
    low, high = (math.erf((bound - mean) / (std * math.sqrt(2))) for bound in (a, b))
    u = ag.empty(tensor.shape, dtype=ag.float64, device=tensor.device).uniform_(low, high, generator=generator)
    return tensor.copy_(u.erfinv_().mul_(std * math.sqrt(2)).add_(mean).clamp_(a, b))


# -- random, scaled to the number of inputs and outputs ----------------------------------------------------------------


@initialiser
def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fills a weight from U(-a, a), a = gain * sqrt(6 / (fan_in + fan_out)).

    Args:
        tensor: (O, I, *K): fan_in is I times the window, fan_out O times the window.
        gain: see ``calculate_gain``.
        generator: the stream of random numbers; None for the default one.

    Returns:
        The tensor.

    Raises:
        ShapeError: less than two axes.

    Example:
        >>> w = nn.init.xavier_uniform_(ag.empty(3, 3)); bool((w.abs() <= 1).all())
        True

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """
    bound = gain * math.sqrt(6 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return uniform_(tensor, -bound, bound, generator)


@initialiser
def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fills a weight from N(0, s^2), s = gain * sqrt(2 / (fan_in + fan_out)).

    Args:
        tensor: (O, I, *K), see ``xavier_uniform_``.
        gain: see ``calculate_gain``.
        generator: the stream of random numbers; None for the default one.

    Returns:
        The tensor.

    Raises:
        ShapeError: less than two axes.

    Example:
        >>> nn.init.xavier_normal_(ag.empty(3, 5)).shape
        Size([3, 5])

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """
    std = gain * math.sqrt(2 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return normal_(tensor, 0.0, std, generator)


@initialiser
def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fills a weight from U(-b, b), b = gain * sqrt(3 / fan).

    Args:
        tensor: (O, I, *K), see ``xavier_uniform_``.
        a: the negative slope, for leaky_relu.
        mode: "fan_in" keeps the variance in the forward, "fan_out" in the backward.
        nonlinearity: see ``calculate_gain``.
        generator: the stream of random numbers; None for the default one.

    Returns:
        The tensor.

    Raises:
        ShapeError: less than two axes.
        ValueError: an unknown mode or nonlinearity.

    Example:
        >>> w = nn.init.kaiming_uniform_(ag.empty(8, 6), nonlinearity="relu"); bool((w.abs() <= 1).all())
        True

    Source: He et al., Delving Deep into Rectifiers, 2015.
    """
    if _is_empty("kaiming_uniform_", tensor):
        return tensor
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


@initialiser
def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fills a weight from N(0, s^2), s = gain / sqrt(fan).

    Args:
        tensor: (O, I, *K), see ``xavier_uniform_``.
        a: the negative slope, for leaky_relu.
        mode: "fan_in" keeps the variance in the forward, "fan_out" in the backward.
        nonlinearity: see ``calculate_gain``.
        generator: the stream of random numbers; None for the default one.

    Returns:
        The tensor.

    Raises:
        ShapeError: less than two axes.
        ValueError: an unknown mode or nonlinearity.

    Example:
        >>> nn.init.kaiming_normal_(ag.empty(16, 3, 3, 3), mode="fan_out", nonlinearity="relu").shape
        Size([16, 3, 3, 3])

    Source: He et al., Delving Deep into Rectifiers, 2015.
    """
    if _is_empty("kaiming_normal_", tensor):
        return tensor
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fans = dict(zip(("fan_in", "fan_out"), _calculate_fan_in_and_fan_out(tensor), strict=True))
    if str(mode).lower() not in fans:
        raise ValueError(f"kaiming: expected mode to be 'fan_in' or 'fan_out', got {mode!r}")
    return calculate_gain(nonlinearity, a) / math.sqrt(fans[mode.lower()])


def _is_empty(name: str, tensor: Tensor) -> bool:
    if 0 in tensor.shape:
        warnings.warn(f"{name}: a tensor without elements has nothing to initialise", stacklevel=4)
        return True
    return False


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output depends on, and how many outputs an input reaches: (O,I,*K) -> I*prod(K), O*prod(K)."""
    if tensor.ndim < 2:
        raise ShapeError(f"init: expected a weight with at least 2 axes to count fan in and out, got {tensor.shape}")
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


# -- random matrices with structure ------------------------------------------------------------------------------------


@initialiser
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Makes a weight, seen as a matrix of its first axis by the others, a random one with orthonormal rows or columns.

    Args:
        tensor: (R, *): at least two axes.
        gain: a factor on the result.
        generator: the stream of random numbers; None for the default one.

    Returns:
        The tensor.

    Raises:
        ShapeError: less than two axes.

    Example:
        >>> w = nn.init.orthogonal_(ag.empty(2, 4, dtype=ag.float64))
        >>> bool(((w @ w.T - ag.eye(2)).abs() < 1e-12).all())
        True

    Source: Saxe et al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2013.
    """
    _expect_axes("orthogonal_", tensor, 2, math.inf)
    if 0 in tensor.shape:
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    xp = tensor.backend.xp
    kind = ag.float64 if tensor.dtype == ag.float64 else ag.float32
    flat = ag.empty(rows, columns, dtype=kind, device=tensor.device).normal_(generator=generator).raw
    q, r = xp.linalg.qr(flat.T if rows < columns else flat)
    q = q * xp.sign(xp.diag(r))  # unique, hence uniform over the orthogonal matrices (Mezzadri 2007)
    return _put(tensor, gain * (q.T if rows < columns else q).reshape(tensor.shape))


@initialiser
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fills a matrix from N(0, std^2), with a fraction of each column set to zero.

    Args:
        tensor: (rows, columns).
        sparsity: the fraction, rounded up to whole elements.
        std: of the elements that are not zero.
        generator: the stream of random numbers; None for the default one.

    Returns:
        The tensor.

    Raises:
        ShapeError: not two axes.

    Example:
        >>> w = nn.init.sparse_(ag.empty(10, 4), sparsity=0.3); (w == 0).sum(0)
        tensor([3, 3, 3, 3])

    Source: Martens, Deep learning via Hessian-free optimization, 2010.
    """
    _expect_axes("sparse_", tensor, 2, 2)
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    values = ag.empty(rows, columns, device=tensor.device).normal_(0, std, generator=generator).raw
    for column in range(columns):
        values[ag.randperm(rows, generator=generator, device=tensor.device).raw[:zeros], column] = 0
    return _put(tensor, values)


def _put(tensor: Tensor, raw: Any) -> Tensor:
    """Overwrites a tensor with an array of its backend."""
    return tensor.copy_(wrap(raw, tensor.backend))


def _expect_axes(name: str, tensor: Tensor, least: int, most: float) -> None:
    if not least <= tensor.ndim <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}" if most < math.inf else f"at least {least}"
        raise ShapeError(f"{name}: expected {wanted} axes, got shape {tuple(tensor.shape)}")


# Names that PyTorch keeps for old programs.
constant = constant_
dirac = dirac_
eye = eye_
kaiming_normal = kaiming_normal_
kaiming_uniform = kaiming_uniform_
normal = normal_
orthogonal = orthogonal_
sparse = sparse_
uniform = uniform_
xavier_normal = xavier_normal_
xavier_uniform = xavier_uniform_
