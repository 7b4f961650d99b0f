"""A module of ours beside PyTorch's, with the same weights: values and gradients must agree."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

import autograd as ag
import nn


def loaded(ours: nn.Module, theirs: Any) -> nn.Module:
    """``ours`` with the weights of ``theirs``, which must have the same names in the same order."""
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    ours.load_state_dict({name: ag.tensor(value.numpy()) for name, value in state.items()})
    return ours.train(theirs.training)


def tensors(result: Any) -> list[Any]:
    """The tensors in nested tuples and lists, in order."""
    if isinstance(result, (tuple, list)):
        return [t for part in result for t in tensors(part)]
    return [] if result is None else [result]


def loss(result: Any) -> Any:
    """A number that depends on every element of every output in its own way."""
    return sum((t * t * (i + 1) + t).sum() for i, t in enumerate(tensors(result)) if t.requires_grad)


def array(t: Any) -> np.ndarray:
    return np.asarray(t.detach().numpy())


def assert_same(ours: Any, theirs: Any, rtol: float = 1e-8, atol: float = 1e-11) -> None:
    """Tensors of equal values, or None at the same places."""
    ours, theirs = tensors(ours), tensors(theirs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert tuple(a.shape) == tuple(b.shape)
        np.testing.assert_allclose(array(a), array(b), rtol=rtol, atol=atol)


def assert_modules_agree(
    torch: ModuleType, ours: nn.Module, theirs: Any, *inputs: Any, rtol: float = 1e-8, **kwargs: Any
) -> None:
    """Outputs, gradients of the inputs (float64 arrays) and of all parameters."""
    loaded(ours, theirs)
    mine, other = [of_arrays(inputs, ag.tensor), of_arrays(inputs, torch.tensor)]
    mine_kw = {k: of_arrays(v, ag.tensor, False) for k, v in kwargs.items()}
    other_kw = {k: of_arrays(v, torch.tensor, False) for k, v in kwargs.items()}
    y, z = ours(*mine, **mine_kw), theirs(*other, **other_kw)
    assert_same(y, z, rtol)
    loss(y).backward()
    loss(z).backward()
    assert_same([t.grad for t in tensors(mine)], [t.grad for t in tensors(other)], rtol)
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert p.grad is not None, name
        np.testing.assert_allclose(array(p.grad), array(q.grad), rtol=rtol, atol=1e-10, err_msg=name)


def of_arrays(value: Any, make: Any, requires_grad: bool = True) -> Any:
    """Arrays as tensors (floating ones as leaves that require grad), within tuples too; all else as it is."""
    if isinstance(value, tuple):
        return tuple(of_arrays(part, make, requires_grad) for part in value)
    if not isinstance(value, np.ndarray):
        return value
    return make(value, requires_grad=requires_grad and value.dtype.kind == "f")
