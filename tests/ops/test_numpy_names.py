"""NumPy's names of arguments, ``axis=`` and ``keepdims=``, wherever PyTorch takes them for ``dim=`` and ``keepdim=``."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

import autograd as ag

CALLS = {
    "sum": lambda t, x: x.sum(axis=0, keepdims=True),
    "mean": lambda t, x: t.mean(x, axis=(0, 1)),
    "max": lambda t, x: x.max(axis=1, keepdims=True).values,
    "argmax": lambda t, x: x.argmax(axis=-1),
    "std": lambda t, x: t.std(x, axis=1, correction=0),
    "cat": lambda t, x: t.cat([x, x], axis=1),
    "stack": lambda t, x: t.stack([x, x], axis=-1),
    "cumsum": lambda t, x: x.cumsum(axis=1),
    "sort": lambda t, x: x.sort(axis=0).values,
    "squeeze": lambda t, x: x[:, :1].squeeze(axis=1),
    "unsqueeze": lambda t, x: x.unsqueeze(axis=0),
    "softmax": lambda t, x: t.softmax(x, axis=-1),
    "split": lambda t, x: x.chunk(2, axis=1)[0],
    "gather": lambda t, x: x.gather(axis=1, index=t.tensor([[0], [1]])),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_numpy_names(call, torch: ModuleType) -> None:
    a = np.arange(6.0).reshape(2, 3) % 4
    got, expected = call(ag, ag.tensor(a)), call(torch, torch.tensor(a))
    assert got.shape == tuple(expected.shape)
    np.testing.assert_allclose(got.numpy(force=True), expected.numpy())


def test_other_names_are_none() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'axes'"):
        ag.ones(2).sum(axes=0)
