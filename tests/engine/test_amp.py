"""autocast and GradScaler: dtypes as in PyTorch, the cache, errors, and training to the accuracy of float32."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import autograd as ag
import nn
import nn.functional as F
import optim
from autograd.errors import DeviceError, GraphError
from nn.models import LeNet5

LOW = (ag.float16, ag.bfloat16)


def calls(t: Any, f: Any) -> dict[str, Any]:
    """Results of calls whose dtypes autocast decides, in either library."""
    x, y = t.ones(3, 3), t.ones(3, 3, dtype=t.bfloat16)
    image, heads, target = t.ones(1, 1, 5, 5), t.ones(1, 1, 2, 4), t.tensor([0, 1, 2])
    double = t.ones(3, 3, dtype=t.float64)
    lstm, transformer = t.nn.LSTM(3, 2), t.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    return {
        "matmul": x @ x, "mixed matmul": x @ y, "matmul64": double @ double, "bmm": t.bmm(x[None], x[None]),
        "addmm": t.addmm(x, x, x), "baddbmm": t.baddbmm(x[None], x[None], x[None]), "linear": f.linear(x, y),
        "einsum": t.einsum("ij,jk->ik", x, x), "conv2d": f.conv2d(image, t.ones(2, 1, 3, 3), t.ones(2)),
        "conv1d": f.conv1d(x[None], x[None]), "transposed": f.conv_transpose2d(image, t.ones(1, 1, 3, 3)),
        "attention": f.scaled_dot_product_attention(heads, heads, heads), "prelu": f.prelu(x, t.ones(1)),
        "relu": y.relu(), "exp": y.exp(), "softmax": y.softmax(0), "sum": y.sum(), "mean": y.mean(), "pow": y**2,
        "prod": y.prod(), "trace": y.trace(), "add": x + y, "cat": t.cat([x, y]), "stack": t.stack([x, y]),
        "layer norm": f.layer_norm(y, (3,)), "mse": f.mse_loss(y, y), "l1": f.l1_loss(y, y),
        "smooth": f.smooth_l1_loss(y, y), "huber": f.huber_loss(y, y), "ce": f.cross_entropy(y, target),
        "nll": f.nll_loss(y, target), "kl": f.kl_div(y, y, reduction="sum"), "bce": f.binary_cross_entropy(y, y),
        "logits": f.binary_cross_entropy_with_logits(y, y), "margin": f.margin_ranking_loss(y[0], y[1], y[2]),
        "triplet": f.triplet_margin_loss(y, y, y), "pooled": f.avg_pool2d(image.to(t.bfloat16), 2), "gelu": f.gelu(y),
        "lstm": lstm(x[None])[0], "transformer": transformer(heads[0]), "cdist": t.cdist(y[None], y[None]),
    }  # fmt: skip


@pytest.mark.cpu_only("PyTorch's lists for the CPU")
@pytest.mark.filterwarnings("ignore")
def test_dtypes_are_torchs(torch: ModuleType) -> None:
    with ag.autocast("cpu"):
        ours = {name: y.dtype.name for name, y in calls(ag, F).items()}
    with torch.autocast("cpu"):
        theirs = {name: str(y.dtype).removeprefix("torch.") for name, y in calls(torch, torch.nn.functional).items()}
    assert ours == theirs


def test_dtypes_on_a_gpu(cuda: Any) -> None:
    half, x = ag.ones(3, 3, device="cuda", dtype=ag.float16), ag.ones(3, 3, device="cuda")
    wide = [ag.exp, ag.log, ag.sum, lambda t: t**2, lambda t: t.softmax(0), lambda t: F.layer_norm(t, (3,)),
            lambda t: t.cumsum(0), lambda t: F.mse_loss(t, t), lambda t: t.norm(), ag.rsqrt, ag.prod]  # fmt: skip
    with ag.autocast("cuda"):
        assert (x @ x).dtype is ag.float16 and F.linear(x, half).dtype is ag.float16
        assert [f(half).dtype for f in wide] == [ag.float32] * len(wide)
        assert (half + 1).dtype is ag.float16 and (half + x).dtype is ag.float32
        assert (ag.ones(2, 2, device="cpu") @ ag.ones(2, 2, device="cpu")).dtype is ag.float32  # another device
    with ag.autocast("cuda", dtype=ag.bfloat16):
        low = x.requires_grad_() @ x
        assert low.dtype is ag.bfloat16 and F.relu(low).dtype is ag.bfloat16
    low.float().sum().backward()
    assert x.grad is not None and x.grad.dtype is ag.float32 and x.grad.cpu().tolist() == [[6.0] * 3] * 3


def test_it_nests_and_ends(default_device: None) -> None:
    device = ag.get_default_device().type
    x = ag.ones(2, 2)
    with ag.autocast(device, dtype=ag.bfloat16):
        assert ag.is_autocast_enabled(device) and ag.get_autocast_dtype(device) is ag.bfloat16
        with ag.amp.autocast(device, enabled=False):
            assert not ag.is_autocast_enabled(device) and (x @ x).dtype is ag.float32
            with pytest.raises(ag.DtypeError, match="matmul: expected one dtype"):
                x @ x.bfloat16()
        with ag.autocast(device, dtype=ag.float16):
            assert (x @ x).dtype is ag.float16
        assert (x @ x).dtype is ag.bfloat16
    assert not ag.is_autocast_enabled(device) and (x @ x).dtype is ag.float32

    @ag.autocast(device, dtype=ag.bfloat16)
    def product(a: Any) -> Any:
        return a @ a

    assert product(x).dtype is ag.bfloat16 and (x @ x).dtype is ag.float32


def test_a_parameter_is_cast_once(monkeypatch: pytest.MonkeyPatch) -> None:
    device = ag.get_default_device().type
    w, x = ag.ones(2, 2, requires_grad=True), ag.ones(2, 2)
    casts = []
    to = ag.Tensor.to
    monkeypatch.setattr(ag.Tensor, "to", lambda self, *a, **k: (casts.append(self), to(self, *a, **k))[1])
    with ag.autocast(device, dtype=ag.bfloat16):
        x @ w + x @ w
        with ag.no_grad():
            x @ w
        assert sum(t is w for t in casts) == 2  # once with a history, once without
        with ag.no_grad():
            w.mul_(2)
        assert (x @ w)[0, 0].item() == 4  # what was written is seen
    casts.clear()
    with ag.autocast(device, dtype=ag.bfloat16, cache_enabled=False):
        x @ w, x @ w
    assert sum(t is w for t in casts) == 2


def test_backward_runs_outside() -> None:
    device = ag.get_default_device().type
    w = ag.randn(4, 4).requires_grad_()
    with ag.autocast(device, dtype=ag.bfloat16):
        loss = (w @ w).float().square().sum()
        (g,) = ag.autograd.grad(loss, w, create_graph=True)
        g.sum().backward()
    assert g.dtype is ag.float32 and w.grad is not None and w.grad.dtype is ag.float32


def test_a_checkpoint_runs_again_as_it_ran() -> None:
    device = ag.get_default_device().type
    layer, x = nn.Linear(4, 4), ag.randn(2, 4)

    def slopes(checkpointed: bool) -> list[Any]:
        layer.zero_grad()
        with ag.autocast(device, dtype=ag.bfloat16):
            block = lambda x: layer(layer(x).relu())
            y = ag.utils.checkpoint.checkpoint(block, x, use_reentrant=False) if checkpointed else block(x)
        y.float().sum().backward()
        return [p.grad.tolist() for p in layer.parameters() if p.grad is not None]

    assert slopes(True) == slopes(False)


def test_a_function_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    device = ag.get_default_device().type
    seen = []

    class Product(ag.autograd.Function):
        @staticmethod
        @ag.amp.custom_fwd(device_type=device, cast_inputs=ag.float32)
        def forward(ctx: Any, a: Any) -> Any:
            seen.append(ag.is_autocast_enabled(device))
            return a @ a

        @staticmethod
        @ag.amp.custom_bwd(device_type=device)
        def backward(ctx: Any, g: Any) -> Any:
            seen.append(ag.is_autocast_enabled(device))
            return g

    x = ag.ones(2, 2, dtype=ag.bfloat16, requires_grad=True)
    with ag.autocast(device, dtype=ag.bfloat16):
        y = Product.apply(x)
    y.sum().backward()
    assert y.dtype is ag.float32 and seen == [False, False]


def test_errors() -> None:
    with pytest.raises(DeviceError, match="autocast: expected device_type 'cpu' or 'cuda', got 'tpu'"):
        ag.autocast("tpu")
    with pytest.warns(UserWarning, match=r"expected dtype float16 or bfloat16, got autograd\.float64"):
        assert not ag.autocast("cpu", dtype=ag.float64)._enabled
    for options, text in [({"growth_factor": 1.0}, "growth_factor above 1"), ({"backoff_factor": 1.0}, "below 1")]:
        with pytest.raises(ValueError, match=text):
            ag.amp.GradScaler(**options)
    w = ag.ones(1, requires_grad=True)
    optimizer, scaler = optim.SGD([w], lr=0.1), ag.amp.GradScaler()
    with pytest.raises(GraphError, match="step: expected a call of scale"):
        scaler.step(optimizer)
    loss = scaler.scale(w.sum())
    with pytest.raises(GraphError, match="expected gradients to look for inf in"):
        scaler.step(optimizer)
    loss.backward()
    with pytest.raises(GraphError, match="update: expected a step"):
        scaler.update()
    scaler.unscale_(optimizer)
    with pytest.raises(GraphError, match="unscale_: expected one call"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    with pytest.raises(GraphError, match="step: expected one call"):
        scaler.step(optimizer)
    with pytest.raises(GraphError, match="expected a call before step"):
        scaler.unscale_(optimizer)
    with pytest.raises(ValueError, match="expected no closure"):
        scaler.step(optimizer, lambda: 0)
    with pytest.raises(ValueError, match="expected the state of an enabled GradScaler"):
        scaler.load_state_dict({})
    h = ag.ones(1, dtype=ag.float16, requires_grad=True)
    scaler.scale(h.sum()).backward()
    with pytest.raises(ValueError, match="expected float32 gradients"):
        scaler.unscale_(optim.SGD([h], lr=0.1))


@pytest.mark.cpu_only("PyTorch's scaler on the CPU")
def test_the_scale_is_torchs(torch: ModuleType) -> None:
    """Steps with and without inf: weights, scale and growth tracker."""

    def history(t: Any, sgd: Any) -> list[Any]:
        w = t.ones(2, requires_grad=True)
        optimizer = sgd([w], lr=0.25)
        scaler = t.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
        seen = []
        for factor in (1.0, 1.0, float("inf"), 1.0, float("nan"), 1.0, 1.0, 1.0):
            optimizer.zero_grad()
            scaler.scale((w * factor).sum()).backward()
            if factor == 1.0:
                scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
            seen.append((w.tolist(), scaler.get_scale(), scaler.state_dict()))
        scaler.update(3.0)
        scaler.load_state_dict(scaler.state_dict())
        return [*seen, scaler.get_scale()]

    assert history(ag, optim.SGD) == history(torch, torch.optim.SGD)


def test_a_scaler_that_is_off() -> None:
    w = ag.ones(1, requires_grad=True)
    optimizer, scaler = optim.SGD([w], lr=0.5), ag.cuda.amp.GradScaler(enabled=False)
    loss = w.sum()
    assert scaler.scale(loss) is loss and scaler.state_dict() == {} and scaler.get_scale() == 1.0
    loss.backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert w.item() == 0.5 and not scaler.is_enabled()
    assert [t.item() for t in ag.amp.GradScaler(init_scale=4.0).scale([loss, loss])] == [4.0, 4.0]


class Reader(nn.Module):
    """A transformer that tells whether a sequence has more of one token than of another."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.head = nn.Embedding(4, 16), nn.Linear(16, 2)
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)

    def forward(self, tokens: Any) -> Any:
        return self.head(self.layer(self.embedding(tokens)).mean(1))


def sequences(n: int) -> tuple[Any, Any]:
    tokens = ag.randint(0, 4, (n, 9))
    return tokens, ((tokens == 0).sum(1) > (tokens == 1).sum(1)).long()


def images(n: int) -> tuple[Any, Any]:
    """Noise with a bright square in one of four corners."""
    x, y = ag.randn(n, 1, 32, 32) * 0.5, ag.randint(0, 4, (n,))
    for i, corner in enumerate(y.tolist()):
        top, left = 18 * (corner // 2), 18 * (corner % 2)
        x[i, 0, top : top + 12, left : left + 12] += 1
    return x, y


def accuracy(make: Any, data: Any, steps: int, low: Any) -> float:
    """Of a model trained under autocast to ``low``, or in float32 where it is None."""
    ag.manual_seed(1)
    device, model = ag.get_default_device().type, make()
    optimizer = optim.AdamW(model.parameters(), lr=5e-3)
    scaler = ag.amp.GradScaler(device, enabled=low is ag.float16)
    for _ in range(steps):
        x, y = data(16)
        optimizer.zero_grad()
        with ag.autocast(device, dtype=low or ag.bfloat16, enabled=low is not None):
            loss = F.cross_entropy(model(x), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
    x, y = data(100)
    with ag.no_grad(), ag.autocast(device, dtype=low or ag.bfloat16, enabled=low is not None):
        return (model(x).argmax(1) == y).float().mean().item()


@pytest.mark.cpu_only("a minute on the emulator")
@pytest.mark.parametrize("make, data, steps, least", [(LeNet5, images, 20, 0.97), (Reader, sequences, 60, 0.9)])
def test_training_reaches_the_accuracy_of_float32(make: Any, data: Any, steps: int, least: float) -> None:
    reached = {low: accuracy(make, data, steps, low) for low in (None, *LOW)}
    assert min(reached.values()) >= least, reached
