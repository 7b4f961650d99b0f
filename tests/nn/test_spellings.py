"""Functions that write into their argument, and names of old programs."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F
from nn.attention import SDPBackend, sdpa_kernel

IN_PLACE = [("relu_", ()), ("elu_", (0.5,)), ("selu_", ()), ("celu_", (2.0,)), ("leaky_relu_", (0.2,)),
            ("hardtanh_", (-0.5, 0.5)), ("rrelu_", (0.1, 0.3)), ("threshold_", (0.1, 2.0))]  # fmt: skip


@pytest.mark.parametrize("name, args", IN_PLACE, ids=[name for name, _ in IN_PLACE])
def test_in_place(torch: Any, name: str, args: Any) -> None:
    x = np.linspace(-2, 2, 7)
    mine, theirs = ag.tensor(x.copy()), torch.tensor(x.copy())
    assert getattr(F, name)(mine, *args) is mine
    np.testing.assert_allclose(mine.numpy(), getattr(torch.nn.functional, name)(theirs, *args).numpy(), rtol=1e-12)
    leaf = ag.tensor(x, requires_grad=True)
    getattr(F, name)(leaf * 1, *args).sum().backward()
    assert leaf.grad is not None


def test_old_initialisers() -> None:
    assert nn.init.constant(ag.zeros(2), 3.0).tolist() == [3, 3]
    assert nn.init.xavier_uniform is nn.init.xavier_uniform_ and nn.utils.clip_grad_norm is nn.utils.clip_grad_norm_


def test_kernels_of_attention() -> None:
    x = ag.rand(1, 2, 3, 4)
    with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION], set_priority=True):
        y = F.scaled_dot_product_attention(x, x, x)
    assert ag.equal(y, F.scaled_dot_product_attention(x, x, x))
    with pytest.raises(TypeError, match="sdpa_kernel: expected an SDPBackend or several, got str"), sdpa_kernel("math"):
        pass


PLACES = {
    "batchnorm": "_BatchNorm BatchNorm2d SyncBatchNorm", "instancenorm": "_InstanceNorm InstanceNorm1d",
    "rnn": "RNNBase LSTM GRUCell", "sparse": "Embedding EmbeddingBag", "upsampling": "Upsample", "module": "Module",
    "activation": "ReLU MultiheadAttention", "container": "Sequential", "utils": "_single _pair _triple _ntuple",
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_layers_are_where_pytorch_has_them(place: str) -> None:
    module = importlib.import_module(f"nn.modules.{place}")
    for name in PLACES[place].split():
        assert hasattr(module, name)
        assert getattr(nn, name, None) in (None, getattr(module, name))


def test_layers_are_in_modules_too() -> None:
    assert nn.modules.Linear is nn.Linear and not hasattr(nn.modules, "x")
    assert nn.modules.utils._pair(3) == (3, 3) == nn.modules.utils._pair([3, 3])
    assert nn.modules.utils._reverse_repeat_tuple((1, 2), 2) == (2, 2, 1, 1)


def test_fractional_pooling_draws_its_windows() -> None:
    x = ag.rand(2, 3, 9, 9)
    layer = nn.FractionalMaxPool2d(2, output_ratio=0.6, return_indices=True)
    y, places = layer(x)
    assert y.shape == (2, 3, 5, 5) and ag.equal(x.flatten(2).gather(2, places.flatten(2)).reshape(2, 3, 5, 5), y)
    assert any(not ag.equal(layer(x)[0], y) for _ in range(5))
    assert nn.FractionalMaxPool3d(2, output_size=3)(ag.rand(1, 5, 6, 7)).shape == (1, 3, 3, 3)
    with pytest.raises(ValueError, match="FractionalMaxPool2d: expected one of output_size and output_ratio, got both"):
        nn.FractionalMaxPool2d(2, 3, 0.5)
    with pytest.raises(ValueError, match=r"FractionalMaxPool2d: expected output_ratio between 0 and 1, got 1\.5"):
        nn.FractionalMaxPool2d(2, output_ratio=1.5)
