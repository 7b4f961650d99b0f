"""Optimizer steps, one pass over memory for each parameter."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from backends.cpu.runtime import FLOATS, SERIAL_BELOW, Kernels
from backends.protocol import Array, Backend
from backends.reference import optimizer as reference

_kernels = Kernels("optimizer")


def _served(*arrays: Array) -> bool:
    """Whether the kernels take these: one dtype, float32 or float64, without gaps."""
    dtype = arrays[0].dtype  # a list, as all(...) takes three times as long
    return dtype.char in FLOATS and not [a for a in arrays if a.dtype != dtype or not a.flags.c_contiguous]


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
    after: list[Array | None] = []
    sign = -1.0 if maximize else 1.0
    options = float(lr), sign, float(weight_decay), float(momentum), 1.0 - dampening
    for p, g, buffer in zip(params, grads, buffers, strict=True):
        if _served(p, g) if buffer is None else _served(p, g, buffer):
            if momentum:
                fresh = buffer is None
                buffer = be.xp.empty_like(p) if buffer is None else buffer
                _kernels.sgd_momentum(p.size)(p.ravel(), g.ravel(), buffer.ravel(), options, nesterov, fresh)
            else:
                _kernels.sgd(p.size)(p.ravel(), g.ravel(), float(lr), sign, float(weight_decay))
            after.append(buffer)
        else:
            after += reference.sgd_(
                be,
                [p],
                [g],
                [buffer],
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
    decay, shrink = (0.0, 1 - lr * weight_decay) if decoupled else (weight_decay, 1.0)
    gains = 1.0 - beta1, float(beta2), 1.0 - beta2, -1.0 if maximize else 1.0, float(decay), float(shrink)
    for i, (p, g, m, v, t) in enumerate(zip(params, grads, exp_avgs, exp_avg_sqs, steps, strict=True)):
        tops = [max_exp_avg_sqs[i]] if max_exp_avg_sqs else []
        if _served(p, g, m, v, *tops):
            flat = [a.ravel() for a in (p, g, m, v, *tops)]
            step = _kernels.amsgrad(p.size) if tops else _kernels.adam(p.size)
            step(*flat, lr / (1 - beta1**t), 1 / sqrt(1 - beta2**t), float(eps), gains)
        else:
            reference.adam_(
                be,
                [p],
                [g],
                [m],
                [v],
                tops,
                [t],
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
    for a in arrays:
        if a.size >= SERIAL_BELOW and _served(a):
            _kernels.scale(a.size)(a.reshape(-1), float(factor))
        else:
            reference.scale_(be, [a], factor)
