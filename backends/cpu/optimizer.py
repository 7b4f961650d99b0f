"""Optimizer steps: one call and one pass over memory for all arrays of a dtype.

The products of a training step leave little else in the caches, so what counts here is how much code is touched, NumPy's
and Python's own included: ``zip(..., strict=True)`` takes as long then as a row of arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from backends.cpu.runtime import Kernels, parallel_from
from backends.protocol import Array, Backend
from backends.reference import optimizer as reference

_kernels = Kernels("optimizer")
_LIKE = {np.dtype(real): np.empty(0, real) for real in (np.float32, np.float64)}  # tell a kernel its dtype
_Calls = list[tuple[Any, Any, list[Array]]]  # of a kernel: dtype, what else its rows have in common, and their arrays


def _join(calls: _Calls, kind: Any, row: Sequence[Array]) -> int:
    """Adds a parameter and what belongs to it to the last call, if they are of its dtype and kind, or to a new one.

    Gives their size; 0 where there is nothing to do or no kernel takes them: not all float32 or float64, of one size, in
    row-major order, without gaps.
    """
    dtype, size = row[0].dtype, row[0].size
    for a in row:
        if (a.dtype is not dtype and a.dtype != dtype) or a.size != size or not a.flags.carray:
            return 0
    last, common, arrays = calls[-1] if calls else (None, None, [])
    if dtype is last and kind == common:
        arrays.extend(row)
    elif dtype in _LIKE:
        calls.append((dtype, kind, [*row]))
    else:
        return 0
    return int(size)


def _run(kernel: Any, work: int, dtype: Any, arrays: list[Array], width: int, *numbers: float) -> None:
    """Calls a kernel for arrays in rows of that width."""
    table = tuple(arrays)
    shares = _kernels.THREADS if work >= parallel_from() else 1
    kernel(work)(id(table), len(table) // width, _LIKE[dtype], *numbers, shares)


def sgd_(
    be: Backend,
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
    after, rest = list(buffers), []
    calls: _Calls = []
    work = 0
    for i, p in enumerate(params):
        buffer = after[i]
        fresh = buffer is None
        if momentum and buffer is None:
            buffer = after[i] = be.xp.empty_like(p)
        size = _join(calls, fresh, (p, grads[i], buffer) if momentum else (p, grads[i]))
        work += size
        if not size:
            rest.append(i)
    slope = float(lr), -1.0 if maximize else 1.0, float(weight_decay)
    for dtype, fresh, arrays in calls:
        if momentum:
            gains = float(momentum), 1.0 - dampening, 1 if nesterov else 0, 1 if fresh else 0
            _run(_kernels.sgd_momentum, work, dtype, arrays, 3, *slope, *gains)
        else:
            _run(_kernels.sgd, work, dtype, arrays, 2, *slope)
    for i in rest:
        (after[i],) = reference.sgd_(
            be,
            [params[i]],
            [grads[i]],
            [buffers[i]],
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
            maximize=maximize,
        )
    return after


def adam_(
    be: Backend,
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
    decay, shrink = (0.0, 1.0 - lr * weight_decay) if decoupled else (weight_decay, 1.0)
    gains = 1.0 - beta1, float(beta2), 1.0 - beta2, -1.0 if maximize else 1.0, float(decay), float(shrink)
    kernel, width = (_kernels.amsgrad, 5) if max_exp_avg_sqs else (_kernels.adam, 4)
    calls: _Calls = []
    rest, work = [], 0
    for i, p in enumerate(params):
        row = p, grads[i], exp_avgs[i], exp_avg_sqs[i]
        size = _join(calls, steps[i], (*row, max_exp_avg_sqs[i]) if max_exp_avg_sqs else row)
        work += size
        if not size:
            rest.append(i)
    for dtype, t, arrays in calls:
        rate, root = lr / (1.0 - beta1**t), 1.0 / sqrt(1.0 - beta2**t)
        _run(kernel, work, dtype, arrays, width, rate, root, float(eps), *gains)
    for i in rest:
        reference.adam_(
            be,
            [params[i]],
            [grads[i]],
            [exp_avgs[i]],
            [exp_avg_sqs[i]],
            max_exp_avg_sqs[i : i + 1],
            [steps[i]],
            lr=lr,
            beta1=beta1,
            beta2=beta2,
            eps=eps,
            weight_decay=weight_decay,
            decoupled=decoupled,
            maximize=maximize,
        )


def scale_(be: Backend, arrays: Sequence[Array], factor: Array | float) -> None:
    """See ``Backend.scale_``."""
    calls: _Calls = []
    work = 0
    for a in arrays:
        size = _join(calls, None, (a,))
        work += size
        if not size:
            reference.scale_(be, [a], factor)
    for dtype, _, row in calls:
        _run(_kernels.scale, work, dtype, row, 1, float(factor))
