"""Optimizer steps: one launch for all arrays of a dtype, one pass over memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Any

from backends.cuda.chunks import THREADS, gapless
from backends.cuda.launch import Gpu
from backends.cuda.layout import FLOATS
from backends.cuda.precision import as_acc
from backends.protocol import Array
from backends.reference import optimizer as reference

Row = tuple[Array, ...]  # a parameter, its gradient, its state


class _Groups:
    """Rows of arrays sorted into launches, and the places of those that no launch takes."""

    def __init__(self) -> None:
        self.launches: dict[Any, list[Row]] = {}
        self.rest: list[int] = []
        self._seen: set[int] = set()

    def add(self, place: int, kind: Any, row: Row) -> bool:
        """Whether the row joins a launch: of its dtype and ``kind``, without gaps, its first array not in one yet."""
        p = row[0]
        address = p.data.ptr
        alike = all(a.dtype == p.dtype and _lie_alike(a, p) for a in row[1:])
        if not alike or p.dtype.name not in FLOATS or not gapless(p) or address in self._seen:
            self.rest.append(place)
            return False
        if p.size:
            self._seen.add(address)
            self.launches.setdefault((p.dtype, kind), []).append(row)
        return True


def _lie_alike(a: Array, p: Array) -> bool:
    """Whether the elements of a lie in the order of p's."""
    return bool(a.strides == p.strides or (a.flags.c_contiguous and p.flags.c_contiguous))


def _as_param(be: Gpu, g: Array, p: Array) -> Array:
    """A gradient in the order of its parameter."""
    if g.dtype != p.dtype or _lie_alike(g, p):
        return g
    copy = be.xp.empty_like(p)
    copy[...] = g
    return copy


def _start(be: Gpu, name: str, dtype: Any, rows: Iterable[Row], *numbers: Any) -> None:
    """Starts a kernel over the chunks of rows of arrays."""
    table = be.chunks.table(*zip(*rows, strict=True))
    be.kernel("optimizer", name, dtype)(len(table), THREADS, table, *numbers)


def sgd_(
    be: Gpu,
    params: Sequence[Array],
    grads: Sequence[Array],
    buffers: Sequence[Array | None],
    *,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> list[Array | None]:
    """See ``Backend.sgd_``."""
    after, groups = list(buffers), _Groups()
    for i, (p, g, buffer) in enumerate(zip(params, grads, buffers, strict=True)):
        first = bool(momentum) and buffer is None
        new = be.xp.empty_like(p) if first else buffer
        if groups.add(i, first, (p, _as_param(be, g, p), new) if momentum else (p, _as_param(be, g, p))):
            after[i] = new
    sign = -1.0 if maximize else 1.0
    for (dtype, first), rows in groups.launches.items():
        if not momentum:
            _start(be, "sgd", dtype, rows, lr, sign, weight_decay)
        elif first:
            _start(be, "sgd_momentum_first", dtype, rows, lr, sign, weight_decay, momentum, int(nesterov))
        else:
            gain = 1 - dampening
            _start(be, "sgd_momentum", dtype, rows, lr, sign, weight_decay, momentum, gain, int(nesterov))
    options: dict[str, Any] = {
        "lr": lr,
        "momentum": momentum,
        "dampening": dampening,
        "weight_decay": weight_decay,
        "nesterov": nesterov,
        "maximize": maximize,
    }
    for i in groups.rest:
        (after[i],) = reference.sgd_(be, [params[i]], [grads[i]], [buffers[i]], **options)
    return after


def adam_(
    be: Gpu,
    params: Sequence[Array],
    grads: Sequence[Array],
    exp_avgs: Sequence[Array],
    exp_avg_sqs: Sequence[Array],
    max_exp_avg_sqs: Sequence[Array],
    steps: Sequence[int],
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    maximize: bool,
) -> None:
    """See ``Backend.adam_``."""
    lists = [params, grads, exp_avgs, exp_avg_sqs, *([max_exp_avg_sqs] if max_exp_avg_sqs else [])]
    groups = _Groups()
    for i, (t, (p, g, *state)) in enumerate(zip(steps, zip(*lists, strict=True), strict=True)):
        groups.add(i, t, (p, _as_param(be, g, p), *state))
    name = "amsgrad" if max_exp_avg_sqs else "adam"
    decay, shrink = (0.0, 1 - lr * weight_decay) if decoupled else (weight_decay, 1.0)
    gains = 1 - beta1, beta2, 1 - beta2, eps, -1.0 if maximize else 1.0, decay, shrink
    for (dtype, t), rows in groups.launches.items():
        _start(be, name, dtype, rows, lr / (1 - beta1**t), 1 / sqrt(1 - beta2**t), *gains)
    options: dict[str, Any] = {
        "lr": lr,
        "beta1": beta1,
        "beta2": beta2,
        "eps": eps,
        "weight_decay": weight_decay,
        "decoupled": decoupled,
        "maximize": maximize,
    }
    for i in groups.rest:
        tops = [max_exp_avg_sqs[i]] if max_exp_avg_sqs else []
        reference.adam_(be, [params[i]], [grads[i]], [exp_avgs[i]], [exp_avg_sqs[i]], tops, [steps[i]], **options)


def scale_(be: Gpu, arrays: Sequence[Array], factor: Array | float) -> None:
    """See ``Backend.scale_``."""
    groups = _Groups()
    for i, a in enumerate(arrays):
        groups.add(i, None, (a,))
    on_device = isinstance(factor, be.xp.ndarray)
    for (dtype, _), rows in groups.launches.items():
        factors = (as_acc(factor, rows[0][0]), 1.0) if on_device else (None, float(factor))
        _start(be, "scale", dtype, rows, *factors)
    reference.scale_(be, [arrays[i] for i in groups.rest], factor)
