"""One flag for the device: from one seed every model takes the same first step on the CPU and on CUDA, to rounding.

CUDA is the card where there is one, else the emulated one. Dropout, sampling and initial weights take part.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

import autograd as ag
import nn
import nn.functional as F
from autograd import Tensor
from nn import models
from optim import SGD
from tests import devices

Step = tuple[nn.Module, Callable[[nn.Module, str], Tensor]]  # a model, and its loss on a device
LABELS = [1, 0, 2]


def labelled(net: nn.Module, size: int, channels: int = 3) -> Step:
    def loss(net: nn.Module, device: str) -> Tensor:
        x = ag.randn(3, channels, size, size, device=device)
        return F.cross_entropy(net(x), ag.tensor(LABELS, device=device))

    return net, loss


def image(net: nn.Module, *shape: int) -> Step:
    return net, lambda net, device: net(ag.randn(shape, device=device)).square().mean()


def next_token(net: nn.Module) -> Step:
    def loss(net: nn.Module, device: str) -> Tensor:
        tokens = ag.randint(0, 7, (2, 6), device=device)
        out = net(tokens)
        logits = out[0] if isinstance(out, tuple) else out
        return F.cross_entropy(logits.flatten(0, 1), tokens.roll(-1, 1).flatten())

    return net, loss


def translation(net: nn.Module) -> Step:
    def loss(net: nn.Module, device: str) -> Tensor:
        source, target = (ag.randint(1, 7, (2, 5), device=device) for _ in range(2))
        return F.cross_entropy(net(source, target).flatten(0, 1), target.flatten())

    return net, loss


def wave(net: models.WaveNet) -> Step:
    def loss(net: nn.Module, device: str) -> Tensor:
        x = models.mu_law_encode(ag.rand(2, 20, device=device) * 2 - 1, 16)
        return F.cross_entropy(net(x)[..., :-1], x[:, 1:])

    return net, loss


def separation(net: models.MaskSeparator) -> Step:
    def loss(net: nn.Module, device: str) -> Tensor:
        sources = ag.rand(2, 2, 6, 5, device=device).unbind()
        return models.MaskSeparator.loss(net(sources[0] + sources[1]), sources, discrimination=0.05)

    return net, loss


def evidence(net: models.VAE) -> Step:
    def loss(net: nn.Module, device: str) -> Tensor:
        x = ag.rand(4, 12, device=device)
        return -models.VAE.elbo(net(x), x).mean()

    return net, loss


def contrast(net: models.RBM) -> Step:
    return net, lambda net, device: net.contrastive_divergence(ag.rand(4, 8, device=device).round(), steps=2)


def detection(net: models.GridDetector) -> Step:
    def loss(net: nn.Module, device: str) -> Tensor:
        boxes = [ag.tensor([[2.0, 3.0, 12.0, 14.0]], device=device)] * 2
        return net.loss(net(ag.rand(2, 1, 16, 16, device=device)), boxes, [ag.tensor([1], device=device)] * 2)

    return net, loss


STEPS: dict[str, Callable[[], Step]] = {
    "perceptron": lambda: labelled(nn.Sequential(nn.Flatten(), nn.Linear(48, 8), nn.Tanh(), nn.Linear(8, 3)), 4),
    "LeNet-5": lambda: labelled(models.LeNet5(num_classes=3, image_size=28), 28, 1),
    "AlexNet, layers": lambda: labelled(nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(), nn.LocalResponseNorm(5, k=2.0), nn.MaxPool2d(3, 2),
        nn.Conv2d(8, 8, 3, groups=2), nn.ReLU(), nn.Flatten(), nn.Dropout(), nn.LazyLinear(3),
    ), 24),
    "Inception": lambda: image(models.Inception(6, (2, 2, 3, 2, 2, 2)), 2, 6, 7, 7),
    "VGG": lambda: labelled(models.VGG((1, 1), (4, 8), num_classes=3, hidden=16, batch_norm=True), 16),
    "ResNet": lambda: labelled(models.ResNet(models.BasicBlock, (1, 1, 1, 1), num_classes=3, width=4), 32),
    "ResNet, bottleneck": lambda: labelled(models.ResNet(models.Bottleneck, (1, 1, 1, 1), num_classes=3, width=2), 64),
    "ResNet for CIFAR": lambda: labelled(models.CifarResNet(8, num_classes=3, width=4), 16),
    "hypernetwork": lambda: labelled(models.HyperResNet(num_classes=3, size=4, embedding=4), 12),
    "DCGAN, generator": lambda: image(models.DCGANGenerator(8, 1, 4, 16), 2, 8, 1, 1),
    "DCGAN, discriminator": lambda: image(models.DCGANDiscriminator(1, 4, 16), 2, 1, 16, 16),
    "U-Net": lambda: image(models.UNet(1, 2, width=2), 1, 1, 32, 32),
    "detector": lambda: detection(models.GridDetector(3, 1, 16, 4)),
    "autoencoder": lambda: image(models.Autoencoder((12, 6, 3), noise=0.3), 4, 12),
    "VAE": lambda: evidence(models.VAE((12, 8), 2)),
    "RBM": lambda: contrast(models.RBM(8, 5)),
    "character LSTM": lambda: next_token(models.CharLSTM(7, 4, 8, layers=2, dropout=0.2)),
    "GPT": lambda: next_token(models.GPT(vocabulary=7, context=8, width=8, layers=1, heads=2)),
    "sequence to sequence": lambda: translation(models.Seq2Seq(7, 7, embedding=4, hidden=8)),
    "transformer": lambda: translation(models.Translator(7, 7, width=8, heads=2, layers=1, feedforward=16)),
    "WaveNet": lambda: wave(models.WaveNet(levels=16, channels=4, skip_channels=4, layers=2, cycles=2)),
    "separator": lambda: separation(models.MaskSeparator(bins=5, hidden=6)),
}  # fmt: skip


def first_step(make: Callable[[], Step], device: str) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss, and what the weights and statistics are after a step."""
    ag.manual_seed(0)
    net, loss = make()
    net.to(device)
    optimizer = SGD(net.parameters(), lr=0.1, momentum=0.9)
    value = loss(net, device)
    assert value.device.type == device
    value.backward()
    optimizer.step()
    return value.detach().cpu(), {name: t.cpu() for name, t in net.state_dict().items()}


@pytest.mark.parametrize("make", STEPS.values(), ids=STEPS)
def test_the_first_step_is_the_same_on_both_devices(make: Callable[[], Step]) -> None:
    here, state = first_step(make, "cpu")
    with devices.installed() as backend:
        backend.device.fault.clear()
        there, other = first_step(make, "cuda")
    assert here.isfinite() and ag.allclose(there, here, rtol=1e-5, atol=1e-6)
    assert other.keys() == state.keys()
    for name, value in state.items():
        assert ag.allclose(other[name].double(), value.double(), rtol=1e-4, atol=1e-5), name
