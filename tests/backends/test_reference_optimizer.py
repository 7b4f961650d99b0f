"""Optimizer steps against PyTorch's, several in a row with every option, and one from every sample's state."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from tests.backends.oracle import match, rows
from tests.backends.sample import REFERENCE, Draw
from tests.backends.samples_more import ADAM, ADAMS, SGD, SGDS


def sgd_(torch, params, grads, buffers, **options):
    after = list(buffers)  # PyTorch puts new buffers into the list it is given
    import_module("torch.optim.sgd").sgd(params, grads, after, foreach=False, **options)
    return after


def adam_(torch, params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, steps, **options):
    before = [torch.tensor(float(step - 1)) for step in steps]
    state = exp_avgs, exp_avg_sqs, max_exp_avg_sqs, before
    options["decoupled_weight_decay"] = options.pop("decoupled")
    import_module("torch.optim.adam").adam(
        params, grads, *state, foreach=False, amsgrad=bool(max_exp_avg_sqs), **options
    )


def scale_(torch, arrays, factor):
    for a in arrays:
        a *= factor


ORACLES = {f.__name__: f for f in (sgd_, adam_, scale_)}


@rows(ORACLES)
def test_as_torch(torch, sample, dtype) -> None:
    match(torch, ORACLES, sample, dtype)


def problem(torch):
    """Two parameters, as arrays and as tensors, and gradients for five steps."""
    draw = Draw(np.random.default_rng(0), "float64")
    arrays, steps = [draw(3, 2), draw(4)], [[draw(3, 2), draw(4)] for _ in range(5)]
    return arrays, [torch.from_numpy(a.copy()).requires_grad_() for a in arrays], steps


def give(torch, tensors, grads) -> None:
    for tensor, grad in zip(tensors, grads, strict=True):
        tensor.grad = torch.from_numpy(grad.copy())


def same(arrays, tensors) -> None:
    for a, tensor in zip(arrays, tensors, strict=True):
        np.testing.assert_allclose(a, tensor.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize("options", SGDS.values(), ids=SGDS.keys())
def test_a_run_of_sgd(torch, options) -> None:
    params, tensors, steps = problem(torch)
    optimizer = torch.optim.SGD(tensors, foreach=False, **SGD | options)
    buffers = [None, None]
    for grads in steps:
        give(torch, tensors, grads)
        optimizer.step()
        buffers = REFERENCE.sgd_(params, grads, buffers, **SGD | options)
    same(params, tensors)


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("options", ADAMS.values(), ids=ADAMS.keys())
def test_a_run_of_adam(torch, options, amsgrad) -> None:
    params, tensors, steps = problem(torch)
    mine = ADAM | options
    rule = torch.optim.AdamW if mine["decoupled"] else torch.optim.Adam
    theirs = {key: mine[key] for key in ("lr", "eps", "weight_decay", "maximize")}
    optimizer = rule(tensors, betas=(mine["beta1"], mine["beta2"]), amsgrad=amsgrad, foreach=False, **theirs)
    m, v, largest = ([np.zeros_like(p) for p in params] for _ in range(3))
    for t, grads in enumerate(steps, start=1):
        give(torch, tensors, grads)
        optimizer.step()
        REFERENCE.adam_(params, grads, m, v, largest if amsgrad else [], [t, t], **mine)
    same(params, tensors)


def test_the_first_buffer_is_not_the_gradient_itself() -> None:
    grad = np.ones(2)
    (buffer,) = REFERENCE.sgd_([np.ones(2)], [grad], [None], **SGD | {"momentum": 0.9})
    assert not np.shares_memory(buffer, grad)
