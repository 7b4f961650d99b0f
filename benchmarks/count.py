"""How many operations and bytes a training step needs at least: the floor under its time on a given card.

Counted per layer in one forward pass. Operations are those of matrix products (2 for a multiplication and addition): once
forward, and backward once for each of the two factors that needs a gradient. Bytes are float32: each layer reads its input
and weights and writes its output once, and as much again twice in the backward pass; the optimiser reads and writes
parameters and its state. A step that fuses layers can move fewer.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

STATE_BYTES = {"sgd": 20, "adam": 28}  # of a parameter: weight, gradient and buffers, read and written


class Need(NamedTuple):
    """What a step needs at least."""

    flops: float
    bytes: float

    def floor(self, flops_per_second: float, bytes_per_second: float) -> float:
        """Seconds when arithmetic and memory overlap completely: the larger of the two."""
        return max(self.flops / flops_per_second, self.bytes / bytes_per_second)


def need(workload: Any, device: str, optimizer: str) -> Need:
    """Counts one step of a workload of either engine."""
    flops = moved = 0.0

    def hook(module: Any, inputs: Any, output: Any) -> None:
        nonlocal flops, moved
        x, y = inputs[0], output[0] if isinstance(output, tuple) else output
        weights = sum(p.numel() for p in module.parameters(recurse=False))
        flops += 2 * _products(module, x, y) * (3 if x.requires_grad else 2)
        moved += 4 * (x.numel() + y.numel() + weights)

    leaves = [m for m in workload.model.modules() if _is_leaf(m)]
    handles = [m.register_forward_hook(hook) for m in leaves]
    inputs, targets = workload.batch(device)
    workload.loss(workload.model, inputs, targets)
    for handle in handles:
        handle.remove()
    parameters = sum(p.numel() for p in workload.model.parameters())
    return Need(flops, 3 * moved + STATE_BYTES[optimizer] * parameters)


def _is_leaf(module: Any) -> bool:
    """Whether a module computes by itself; attention has a layer inside that it does not call."""
    if type(module).__name__ == "NonDynamicallyQuantizableLinear":
        return False
    return type(module).__name__ == "MultiheadAttention" or not list(module.children())


def _products(module: Any, x: Any, y: Any) -> float:
    """Multiplications of matrix products in one forward pass of a layer."""
    kind = type(module).__name__
    if kind.startswith("Conv"):
        return float(y.numel() * prod(module.weight.shape[1:]))
    if kind == "Linear":
        return float(y.numel() * module.in_features)
    if kind in ("LSTM", "GRU", "RNN"):
        weights = sum(p.numel() for name, p in module.named_parameters() if name.startswith("weight"))
        return float(x.shape[0] * x.shape[1] * weights)
    if kind == "MultiheadAttention":
        n, steps, width = x.shape
        return float(n * steps * (4 * width * width + 2 * steps * width))
    return 0.0
