"""What recipes show beside the training loop: hooks of all kinds, packed activations, ensembles, tangents, profiles."""

from __future__ import annotations

import copy
import io
from collections import OrderedDict, deque

import numpy as np
import torch
import torch.autograd.forward_ad as fwAD
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call, stack_module_state, vmap
from torch.profiler import ProfilerActivity, profile, record_function


def small() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def build() -> nn.Module:
    return nn.ModuleList([small() for _ in range(3)])


class Exponential(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.kept = y
        return y

    @staticmethod
    def jvp(ctx, tangent):
        y = tangent * ctx.kept
        del ctx.kept
        return y


def packed(model, x):
    """The gradients of a model whose activations wait as NumPy arrays."""
    shapes = []

    def pack(t):
        shapes.append(t.numel() > 0)
        return t.detach().numpy()

    with torch.autograd.graph.saved_tensors_hooks(pack, torch.from_numpy):
        y = model(x).pow(2).sum()
    y.backward()
    with torch.autograd.graph.save_on_cpu():
        z = model(x).exp().sum()
    z.backward()
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        t = model(x)
        w = (t * t).sum()
        t.mul_(2)
        w.backward()
    assert all(shapes)
    return [p.grad for p in model.parameters()]


def watched(model, x):
    """What hooks of all modules, and of several tensors, see."""
    module, seen, names, grads = torch.nn.modules.module, [], [], []
    handles = [
        module.register_module_forward_pre_hook(lambda m, args: names.append(type(m).__name__)),
        module.register_module_forward_hook(lambda m, args, out: seen.append(out.detach())),
        module.register_module_full_backward_hook(lambda m, gi, go: seen.append(go[0])),
        torch.autograd.graph.register_multi_grad_hook(tuple(model.parameters()), grads.extend),
    ]
    x = x.clone().requires_grad_()
    model(x).sum().backward()
    for handle in handles:
        handle.remove()
    model(x).sum().backward()
    assert names == ["Sequential", "Linear", "Tanh", "Linear"]
    return seen, grads


def ensemble(models, x):
    """Predictions of all models at once, through one without values."""
    state = stack_module_state(list(models))
    base = copy.deepcopy(models[0]).to("meta")
    with torch.device("meta"):
        other = small()
    assert base[0].weight.is_meta
    assert other[2].weight.device.type == "meta"
    other.load_state_dict(models[1].state_dict(), assign=True)
    return vmap(lambda p, b, x: functional_call(base, (p, b), (x,)), in_dims=(0, 0, None))(*state, x), other(x)


def tangents(model, x):
    with fwAD.dual_level():
        dual = fwAD.make_dual(x, torch.ones_like(x))
        y = Exponential.apply(model(dual) * x[:, :2])
        return fwAD.unpack_dual(y).tangent


def step_in_backward(model, x):
    optimizers = {p: torch.optim.SGD([p], lr=0.1, foreach=False) for p in model.parameters()}

    def hook(p) -> None:
        optimizers[p].step()
        optimizers[p].zero_grad()

    for p in model.parameters():
        p.register_post_accumulate_grad_hook(hook)
    for _ in range(2):
        F.mse_loss(model(x), torch.ones(len(x), 2)).backward()
    return [p.detach().clone() for p in model.parameters()]


def measured(model, x) -> int:
    ready = []
    plan = torch.profiler.schedule(wait=1, warmup=1, active=2, repeat=1)
    with profile(
        activities=[ProfilerActivity.CPU], schedule=plan, on_trace_ready=lambda p: ready.append(p.step_num)
    ) as p:
        for _ in range(6):
            with record_function("one step"):
                model(x).sum().backward()
            p.step()
    assert "one step" in p.key_averages().table(sort_by="cpu_time_total", row_limit=50)
    return ready[0]


def run(models):
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32))
    results = [packed(models[0], x), watched(models[1], x), ensemble(models, x), tangents(copy.deepcopy(models[2]), x)]
    results.append(step_in_backward(copy.deepcopy(models[2]), x))
    results.append(measured(copy.deepcopy(models[0]), x))
    results.append(torch.tensor(deque([1.0, 2.5], maxlen=4)))
    file = io.BytesIO()
    torch.save(OrderedDict((f"module.{name}", t) for name, t in models.state_dict().items()), file)
    file.seek(0)
    state = torch.load(file, map_location=torch.device("cpu"), weights_only=True)
    torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
    assert list(state) == list(models.state_dict())
    return results
