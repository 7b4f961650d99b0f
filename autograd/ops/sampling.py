"""Random tensors, and random in-place fills. All draw from a ``Generator``; the default one is seeded by ``manual_seed``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd import dtypes
from autograd.device import backend_of
from autograd.dtypes import as_dtype
from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.inplace import fill
from autograd.node import Variable
from autograd.op import wrap
from autograd.ops.arguments import sizes
from autograd.ops.out import fresh, into, like
from autograd.random import Generator, default_generator

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _draw(
    be: Any, kind: str, shape: tuple[int, ...], dtype: Any, a: float, b: float, generator: Generator | None
) -> Any:
    """A raw array of uniform numbers in [a, b), or of normal ones with mean a and standard deviation b.

    Of complex ones both parts are drawn; the variance of normal ones is split between them.
    """
    if dtype.kind == "c":
        part = dtypes.FROM_NUMPY[dtype].to_real().numpy
        parts = _draw(be, kind, (*shape, 2), part, a, b / math.sqrt(2) if kind == "normal" else b, generator)
        return parts.view(dtype)[..., 0]
    source = generator or default_generator()
    if dtype is dtypes.BFLOAT16:
        wide = dtypes.float32.numpy
        if kind == "uniform":  # of 8 bits: rounding must not reach b
            return (be.xp.floor(_draw(be, kind, shape, wide, 0.0, 256.0, source)) / 256 * (b - a) + a).astype(dtype)
        return _draw(be, kind, shape, wide, a, b, source).astype(dtype)
    if be.name == "meta":
        return be.xp.empty(shape, dtype)
    seed, offset = source.reserve(kind, math.prod(shape), dtype.itemsize)
    return getattr(be, kind)(shape, dtype, a, b, seed, offset)


def _floating(name: str, dtype: Any) -> Any:
    kind = dtypes.default() if dtype is None else as_dtype(dtype)
    if kind.category < dtypes.FLOAT:
        raise DtypeError(f"{name}: expected a floating or complex dtype, got {kind}. Use randint for integers")
    return kind.numpy


def rand(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """Uniform numbers in [0, 1); complex ones have such parts.

    Args:
        size: the shape, as ints or one sequence.
        generator: the stream; default: the one of ``manual_seed``.
        dtype, device, requires_grad: as for ``zeros``.
        rest: out= to write into; layout=, pin_memory= and the like are accepted.

    Returns:
        A tensor of shape ``size``.

    Raises:
        DtypeError: the dtype is neither floating nor complex.

    Example:
        >>> ag.rand(2, 3).shape
        Size([2, 3])
    """
    be = backend_of(device)
    shape = sizes((rest["size"],) if "size" in rest else size)
    drawn = _draw(be, "uniform", shape, _floating("rand", dtype), 0.0, 1.0, generator)
    return fresh("rand", drawn, be, requires_grad, rest)


def randn(
    *size: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """Standard normal numbers (Box-Muller on pairs of uniform ones); complex ones have parts of variance 1/2.

    Args:
        size: the shape, as ints or one sequence.
        generator: the stream; default: the one of ``manual_seed``.
        dtype, device, requires_grad: as for ``zeros``.
        rest: out= to write into; layout=, pin_memory= and the like are accepted.

    Returns:
        A tensor of shape ``size``.

    Raises:
        DtypeError: the dtype is neither floating nor complex.

    Example:
        >>> ag.randn(4).shape
        Size([4])
    """
    be = backend_of(device)
    shape = sizes((rest["size"],) if "size" in rest else size)
    drawn = _draw(be, "normal", shape, _floating("randn", dtype), 0.0, 1.0, generator)
    return fresh("randn", drawn, be, requires_grad, rest)


def randint(
    *args: Any,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **rest: Any,
) -> Tensor:
    """Uniform integers in [low, high).

    Args:
        args: ``randint(high, size)`` or ``randint(low, high, size)``; also by name.
        generator: the stream; default: the one of ``manual_seed``.
        dtype: default: int64.
        device, requires_grad: as for ``zeros``.
        rest: out= to write into; layout=, pin_memory= and the like are accepted.

    Returns:
        A tensor of shape ``size``.

    Raises:
        ValueError: the range is empty.

    Example:
        >>> t = ag.randint(3, 5, (100,)); (t.min().item(), t.max().item())
        (3, 4)
    """
    given = list(args)
    size = rest.pop("size") if "size" in rest else given.pop()
    high = rest.pop("high") if "high" in rest else given.pop()
    low = rest.pop("low") if "low" in rest else given.pop() if given else 0
    be = backend_of(device)
    drawn = _integers(be, sizes((size,)), int(low), int(high), dtype or dtypes.int64, generator)
    return fresh("randint", drawn, be, requires_grad, rest)


def _integers(be: Any, shape: tuple[int, ...], low: int, high: int, dtype: Any, generator: Generator | None) -> Any:
    if high <= low:
        raise ArgumentError(f"randint: expected low < high, got low={low} and high={high}")
    seed, offset = (generator or default_generator()).reserve("randint", math.prod(shape), 8)
    return be.randint(shape, low, high, seed, offset).astype(as_dtype(dtype).numpy, copy=False)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None, **rest: Any
) -> Tensor:
    """The numbers 0 to n-1 in random order.

    Args:
        n: how many.
        generator: the stream; default: the one of ``manual_seed``.
        dtype: default: int64.
        device: as for ``zeros``.
        rest: out= to write into; layout=, pin_memory= and the like are accepted.

    Returns:
        A tensor of shape (n,).

    Example:
        >>> ag.randperm(5).sort().values
        tensor([0, 1, 2, 3, 4])
    """
    be = backend_of(device)
    seed, offset = (generator or default_generator()).reserve("permutation", n, 8)
    drawn = be.permutation(n, seed, offset).astype(as_dtype(dtype or dtypes.int64).numpy, copy=False)
    return fresh("randperm", drawn, be, False, rest)


def rand_like(input: Tensor, **options: Any) -> Tensor:
    """Uniform numbers in [0, 1) with the shape, dtype and device of ``input``.

    Args:
        input: the model.
        options: dtype=, device=, requires_grad=, generator=, memory_format= override.

    Returns:
        A tensor of the shape of ``input``.

    Example:
        >>> ag.rand_like(ag.zeros(2)).shape
        Size([2])
    """
    return like("rand_like", rand, input, options)


def randn_like(input: Tensor, **options: Any) -> Tensor:
    """Standard normal numbers with the shape, dtype and device of ``input``.

    Args:
        input: the model.
        options: dtype=, device=, requires_grad=, generator=, memory_format= override.

    Returns:
        A tensor of the shape of ``input``.

    Example:
        >>> ag.randn_like(ag.zeros(2)).shape
        Size([2])
    """
    return like("randn_like", randn, input, options)


def randint_like(input: Tensor, *range_: int, **options: Any) -> Tensor:
    """Uniform integers with the shape, dtype and device of ``input``.

    Args:
        input: the model.
        range_: ``high``, or ``low, high``.
        options: dtype=, device=, generator=, memory_format= override.

    Returns:
        A tensor of the shape of ``input``.

    Example:
        >>> ag.randint_like(ag.zeros(2), 1)
        tensor([0., 0.])
    """
    bounds = tuple(options.pop(n) for n in ("low", "high") if n in options)
    return like("randint_like", lambda shape, **chosen: randint(*range_, *bounds, shape, **chosen), input, options)


def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None, **options: Any
) -> Tensor:
    """Normal numbers, each with its own mean and standard deviation where tensors are given.

    Args:
        mean, std: numbers or tensors.
        size: the shape, when both are numbers.
        generator: the stream; default: the one of ``manual_seed``.
        options: dtype=, device=, requires_grad=.

    Returns:
        A tensor of shape ``size``, or of the broadcast shape of ``mean`` and ``std``.

    Raises:
        ShapeError: two numbers and no size.

    Example:
        >>> ag.normal(ag.zeros(3), 1.0).shape
        Size([3])
    """
    if size is not None:
        return randn(size, generator=generator, **options) * std + mean
    if not isinstance(mean, Variable) and not isinstance(std, Variable):
        raise ShapeError("normal: expected a size when mean and std are numbers, got none")
    model: Any = mean + std
    return mean + std * randn_like(model.detach(), generator=generator)


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:
    """1 with probability ``input`` (or ``p``), else 0, element by element.

    Args:
        input: probabilities in [0, 1], floating.
        p: one probability for all.
        generator: the stream; default: the one of ``manual_seed``.
        out: a tensor for the result.

    Returns:
        A tensor of zeros and ones like ``input``.

    Raises:
        ValueError: a probability outside [0, 1].

    Example:
        >>> ag.bernoulli(ag.tensor([0.0, 1.0]))
        tensor([0., 1.])
    """
    raw, be = input.raw, input.backend
    chance = raw if p is None else p
    if be.xp.any((be.xp.asarray(chance) < 0) | (be.xp.asarray(chance) > 1)):
        raise ArgumentError("bernoulli: expected probabilities in [0, 1], got one outside")
    u = _draw(be, "uniform", raw.shape, dtypes.float32.numpy, 0.0, 1.0, generator)
    return into(out, wrap((u < chance).astype(raw.dtype), be), "bernoulli")


def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Positions drawn with probabilities proportional to the weights.

    With replacement by inverting the cumulative sum; without, by the smallest -log(u)/weight (Efraimidis and Spirakis,
    "Weighted random sampling with a reservoir", 2006).

    Args:
        input: weights >= 0, shape (n,) or (rows, n).
        num_samples: how many positions per row.
        replacement: whether a position may be drawn again.
        generator: the stream; default: the one of ``manual_seed``.
        out: a tensor for the result.

    Returns:
        An int64 tensor of shape (num_samples,) or (rows, num_samples).

    Raises:
        ShapeError: ``input`` has other than 1 or 2 axes.
        ValueError: weights negative, not finite or all zero, or too few of them.

    Example:
        >>> ag.multinomial(ag.tensor([0.0, 1.0]), 2, replacement=True)
        tensor([1, 1])
    """
    raw, be = input.raw, input.backend
    xp = be.xp
    if raw.ndim not in (1, 2) or raw.dtype.kind not in dtypes.REAL:
        raise ShapeError(
            f"multinomial: expected floating weights of shape (n,) or (rows, n), got {raw.dtype} {raw.shape}"
        )
    weights = xp.atleast_2d(raw).astype("float64")
    if not bool(xp.isfinite(weights).all() and (weights >= 0).all() and (weights.sum(1) > 0).all()):
        raise ArgumentError("multinomial: expected weights that are finite, >= 0 and not all zero")
    if not replacement and num_samples > int((weights > 0).sum(1).min()):
        raise ArgumentError(
            f"multinomial: expected at least {num_samples} positive weights in each row, got fewer. Use replacement=True"
        )
    rows, n = weights.shape
    shape = (rows, num_samples) if replacement else (rows, n)
    u = _draw(be, "uniform", shape, dtypes.float64.numpy, 0.0, 1.0, generator)
    if replacement:
        bounds = xp.cumsum(weights, 1)
        u *= bounds[:, -1:]
        picked = xp.stack([xp.searchsorted(b, r, side="right") for b, r in zip(bounds, u, strict=True)])
        picked = xp.minimum(picked, n - 1)
    else:
        picked = xp.argsort(-xp.log1p(-u) / weights, axis=1)[:, :num_samples]
    picked = picked.astype("int64")
    return into(out, wrap(picked if raw.ndim == 2 else picked[0], be), "multinomial")


# -- in place -----------------------------------------------------------------------------------------------------------


def uniform_(x: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fills with uniform numbers in [from, to); returns the tensor.

    Args:
        x: a floating tensor.
        from_, to: the bounds.
        generator: the stream.

    Returns:
        ``x``.

    Example:
        >>> ag.empty(2).uniform_(0, 1).shape
        Size([2])
    """
    return fill(x, "uniform_", _draw(x.backend, "uniform", x.raw.shape, x.raw.dtype, from_, to, generator))


def normal_(x: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fills with normal numbers; returns the tensor.

    Args:
        x: a floating tensor.
        mean, std: numbers.
        generator: the stream.

    Returns:
        ``x``.

    Example:
        >>> ag.empty(2).normal_().shape
        Size([2])
    """
    if std < 0:
        raise ArgumentError(f"normal_: expected std >= 0, got {std}")
    return fill(x, "normal_", _draw(x.backend, "normal", x.raw.shape, x.raw.dtype, mean, std, generator))


def bernoulli_(x: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fills with 1 with probability ``p``, else 0; returns the tensor.

    Args:
        x: any tensor.
        p: a number or a tensor of probabilities.
        generator: the stream.

    Returns:
        ``x``.

    Example:
        >>> ag.empty(2).bernoulli_(1.0)
        tensor([1., 1.])
    """
    u = _draw(x.backend, "uniform", x.raw.shape, dtypes.float32.numpy, 0.0, 1.0, generator)
    return fill(x, "bernoulli_", u < (p.raw if isinstance(p, Variable) else p))


def exponential_(x: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fills with exponential numbers of rate ``lambd``: -log(1 - u) / lambd; returns the tensor.

    Args:
        x: a floating tensor.
        lambd: the rate, > 0.
        generator: the stream.

    Returns:
        ``x``.

    Example:
        >>> bool((ag.empty(5).exponential_() >= 0).all())
        True
    """
    u = _draw(x.backend, "uniform", x.raw.shape, x.raw.dtype, 0.0, 1.0, generator)
    return fill(x, "exponential_", -x.backend.xp.log1p(-u) / lambd)


def random_(x: Tensor, from_: int = 0, to: int | None = None, *, generator: Generator | None = None) -> Tensor:
    """Fills with uniform integers in [from, to); returns the tensor.

    Args:
        x: any tensor.
        from_, to: the bounds; ``random_(to)`` starts at 0; no bounds: the integers that the dtype holds exactly.
        generator: the stream.

    Returns:
        ``x``.

    Example:
        >>> ag.empty(2).random_(1)
        tensor([0., 0.])
    """
    if to is None and from_:
        from_, to = 0, from_
    if to is None:
        bits = {"f": {2: 11, 4: 24, 8: 53}, "i": {1: 7, 2: 15, 4: 31, 8: 62}, "u": {1: 8}, "b": {1: 1}, "V": {2: 8}}
        to = 1 << bits[x.raw.dtype.kind][x.raw.dtype.itemsize]
    return fill(x, "random_", _integers(x.backend, x.raw.shape, from_, to, dtypes.int64, generator))
