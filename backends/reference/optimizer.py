"""Optimizer steps over lists of arrays, in place. Scalars are Python floats; arrays keep their dtype."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from backends.protocol import Array, Backend


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
    """One step of SGD: g += weight_decay * p; buf = momentum * buf + (1-dampening) * g; p -= lr * buf.

    The first buffer is the gradient itself. With ``nesterov`` the step is lr * (g + momentum * buf).

    Args:
        params: written.
        grads: each like its parameter.
        buffers: each like its parameter and written, or None before the first step.
        lr, momentum, dampening, weight_decay: as in the formula.
        nesterov: look ahead.
        maximize: step along the gradient.

    Returns:
        The buffers, created where they were None and momentum is not zero.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> p, options = np.ones(1), dict(dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False)
        >>> Reference(np).sgd_([p], [np.ones(1)], [None], lr=0.5, momentum=0.9, **options), p
        ([array([1.])], array([0.5]))

    Source: Sutskever et al., On the importance of initialization and momentum in deep learning, 2013.
    """
    after: list[Array | None] = []
    for p, grad, buffer in zip(params, grads, buffers, strict=True):
        g = -grad if maximize else grad
        if weight_decay:
            g = g + weight_decay * p
        if momentum:
            if buffer is None:
                buffer = g.copy()
            else:
                buffer *= momentum
                buffer += (1 - dampening) * g
            g = g + momentum * buffer if nesterov else buffer
        p -= lr * g
        after.append(buffer)
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
    """One step of Adam, or of AdamW where ``decoupled``.

    m = beta1 m + (1-beta1) g; v = beta2 v + (1-beta2) g^2; p -= lr / (1-beta1^t) * m / (sqrt(v / (1-beta2^t)) + eps).

    Args:
        params: written.
        grads: each like its parameter.
        exp_avgs, exp_avg_sqs: m and v; each like its parameter, written.
        max_exp_avg_sqs: the largest v so far, used in its place and written; empty without AMSGrad.
        steps: t of each parameter, this step included.
        lr, beta1, beta2, eps: as in the formula.
        weight_decay: added to the gradient as weight_decay * p; where ``decoupled``, p *= 1 - lr * weight_decay before.
        decoupled: AdamW.
        maximize: step along the gradient.

    Source: Kingma and Ba, Adam, 2015; Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019;
        Reddi et al., On the Convergence of Adam and Beyond, 2018.
    """
    xp = be.xp
    for i, (p, grad, m, v, t) in enumerate(zip(params, grads, exp_avgs, exp_avg_sqs, steps, strict=True)):
        g = -grad if maximize else grad
        if decoupled:
            p *= 1 - lr * weight_decay
        elif weight_decay:
            g = g + weight_decay * p
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * (g * g)
        if max_exp_avg_sqs:
            v = xp.maximum(max_exp_avg_sqs[i], v, out=max_exp_avg_sqs[i])
        p -= lr / (1 - beta1**t) * m / (xp.sqrt(v) / sqrt(1 - beta2**t) + eps)


def scale_(be: Backend, arrays: Sequence[Array], factor: Array | float) -> None:
    """Every array *= factor.

    Args:
        arrays: written.
        factor: a number or a 0-d array.
    """
    for a in arrays:
        a *= factor
