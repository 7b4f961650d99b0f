"""Reference kernels against PyTorch: an oracle answers a kernel's arguments, given as tensors, as PyTorch does."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from tests.backends.sample import REFERENCE, TOLERANCE, Sample, close, each, run
from tests.backends.samples import SAMPLES

Oracle = Callable[..., Any]
SLACK = 10  # both sides round


def rows(oracles: dict[str, Oracle], refused: str = "") -> pytest.MarkDecorator:
    """Samples of the oracles' kernels, but those that PyTorch refuses, in both dtypes it computes everything in."""
    chosen = [sample for sample in SAMPLES if sample.kernel in oracles and sample.label.split("-plain")[0] != refused]
    cases = [pytest.param(sample, dtype, id=f"{sample.id}-{dtype}") for sample in chosen for dtype in DTYPES]
    return pytest.mark.parametrize("sample, dtype", cases)


DTYPES = "float32", "float64"


def match(torch: ModuleType, oracles: dict[str, Oracle], sample: Sample, dtype: str) -> None:
    """Asserts that the reference answers the sample as PyTorch does."""
    tensors = each(sample.arguments(dtype), torch.from_numpy)
    answer = oracles[sample.kernel](torch, *tensors, **sample.options)
    expected = [None if a is None else a.detach().numpy() for a in leaves([answer, tensors if sample.writes else []])]
    got = run(REFERENCE, sample, dtype)
    assert len(got) == len(expected)
    for i, (a, b) in enumerate(zip(got, expected, strict=True)):
        close(a, b, SLACK * TOLERANCE[dtype] * sample.tolerance, f"{sample.id}, {dtype}, array {i}")


def leaves(value: Any) -> list[Any]:
    """Tensors and Nones in nested lists and tuples."""
    if type(value) in (list, tuple):
        return [a for item in value for a in leaves(item)]
    return [value] if value is None or hasattr(value, "detach") else []


def vjp(torch: ModuleType, f: Callable[..., Any], inputs: list[Any], g: Any) -> Any:
    """Gradients of f at ``inputs`` for the gradient g of what it returns, zeros where f does not depend on one."""
    inputs = [x.detach().clone().requires_grad_() for x in inputs]
    y = f(*inputs)
    grads = torch.autograd.grad(y, inputs, g, allow_unused=True)
    return [torch.zeros_like(x) if grad is None else grad for x, grad in zip(inputs, grads, strict=True)]
