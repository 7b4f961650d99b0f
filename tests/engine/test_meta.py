"""The device meta, and devices as context managers."""

from __future__ import annotations

import pytest

import autograd as ag
import nn

pytestmark = pytest.mark.cpu_only("the tests choose their devices")


def test_tensors_without_values() -> None:
    x = ag.ones(2, 3, device="meta", requires_grad=True)
    y = (x @ ag.empty(3, 4, device="meta")).relu().sum(0)
    assert (y.shape, y.device, y.is_meta, y.is_cpu) == ((4,), ag.device("meta"), True, False)
    assert y.requires_grad
    assert repr(x) == "tensor(..., device='meta', requires_grad=True, size=(2, 3))"
    assert ag.empty(2, 3, device="meta").stride() == (3, 1)
    assert ag.randn(2, 3).t().to("meta").stride() == (1, 3)
    assert ag.ones(2).to(ag.device("meta")).is_meta
    assert x.new_zeros(2).is_meta
    assert ag.zeros_like(x, device="cpu").is_cpu


@pytest.mark.parametrize(
    "read", [lambda x: x.item(), lambda x: x.tolist(), lambda x: x.numpy(), bool, lambda x: x.cpu()]
)
def test_values_cannot_be_read(read) -> None:
    with pytest.raises(NotImplementedError, match="meta: expected a tensor with values, got one on the device meta"):
        read(ag.ones(1, device="meta"))
    with pytest.raises(RuntimeError, match="expected all tensors on one device, got meta and cpu"):
        ag.ones(1, device="meta") + ag.ones(1)


def test_models_are_made_without_memory() -> None:
    state = ag.get_rng_state()
    with ag.device("meta"):
        model = nn.Sequential(*[nn.Linear(16_000, 16_000) for _ in range(8)], nn.LayerNorm(8))  # 8 GB
        nn.init.kaiming_normal_(model[0].weight)
        model[0].weight.data.uniform_(-1, 1).mul_(1)
    assert ag.equal(ag.get_rng_state(), state)
    assert all(p.is_meta for p in model.parameters())
    assert ag.ones(1).is_cpu
    assert sum(p.numel() for p in model.parameters()) == 8 * 16_001 * 16_000 + 16


def test_models_get_values() -> None:
    source, model = nn.Linear(2, 3), nn.Linear(2, 3, device="meta")
    model.load_state_dict(source.state_dict())  # nowhere to put them
    assert model.weight.is_meta
    model.load_state_dict(source.state_dict(), assign=True)
    assert ag.equal(model(ag.ones(1, 2)), source(ag.ones(1, 2)))
    model = nn.Linear(2, 3).to("meta").to_empty(device="cpu")
    assert (model.weight.shape, model.weight.is_cpu) == ((3, 2), True)


def test_devices_of_blocks() -> None:
    meta = ag.device("meta")
    with meta:
        with pytest.raises(RuntimeError, match="broadcast"), ag.device("cpu"):
            ag.zeros(2).add(ag.zeros(3))
        assert ag.zeros(1).is_meta
        with meta:
            assert ag.tensor([1.0]).is_meta
        assert ag.get_default_device() == meta
    assert ag.get_default_device() == ag.device("cpu")
