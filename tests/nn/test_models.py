"""Published architectures: their parameters and shapes."""

from __future__ import annotations

import pytest

import autograd as ag
import nn
from nn import models


def count(m: nn.Module) -> int:
    return sum(p.numel() for p in m.parameters())


def test_lenet5_has_the_papers_parameters() -> None:
    net = models.LeNet5()
    sizes = [count(m) for m in (*net.features, *net.classifier) if count(m)]
    assert sizes == [156, 2416, 48120, 10164, 850]  # C1, C3, C5, F6, output
    assert count(net) == 61_706
    assert count(models.LeNet5(num_classes=5, in_channels=3)) == 61_706 + 2 * 150 - 5 * 85


@pytest.mark.parametrize("image_size", [28, 32])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_lenet5_computes(image_size: int, activation: str, pooling: str) -> None:
    net = models.LeNet5(image_size=image_size, activation=activation, pooling=pooling)
    x, shapes = ag.zeros(2, 1, image_size, image_size), []
    for part in net.features:
        x = part(x)
        shapes.append(tuple(x.shape[1:]))
    assert list(dict.fromkeys(shapes)) == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (120,)]
    assert net.classifier(x).shape == (2, 10)


PUBLISHED = {
    "AlexNet": 61_100_840,
    "AlexNetTwoTower": 60_965_224,
    "vgg11": 132_863_336,
    "vgg11_bn": 132_868_840,
    "vgg13": 133_047_848,
    "vgg13_bn": 133_053_736,
    "vgg16": 138_357_544,
    "vgg16_bn": 138_365_992,
    "vgg19": 143_667_240,
    "vgg19_bn": 143_678_248,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "googlenet": 13_004_888,
    "UNet": 31_030_658,
    "DCGANGenerator": 3_576_704,
    "DCGANDiscriminator": 2_765_568,
    "GPT": 124_439_808,
}


@pytest.mark.parametrize("name, parameters", PUBLISHED.items())
def test_parameters_are_as_published(name: str, parameters: int) -> None:
    assert count(nn.utils.skip_init(getattr(models, name))) == parameters


def test_names_of_the_weights_are_torchvisions() -> None:
    keys = set(models.resnet18(width=2).state_dict())
    expected = {"conv1.weight", "bn1.running_mean", "layer1.0.conv2.weight", "layer2.0.downsample.0.weight",
                "layer2.0.downsample.1.num_batches_tracked", "layer4.1.bn2.bias", "fc.weight", "fc.bias"}  # fmt: skip
    assert expected <= keys
    assert len(keys) == 122
    assert {"conv3.weight", "bn3.bias"} <= set(models.Bottleneck(4, 2).state_dict())
    assert list(models.VGG((1, 1), (2, 2), num_classes=3, hidden=4).state_dict()) == [
        f"{name}.{kind}"
        for name in ("features.0", "features.3", "classifier.0", "classifier.3", "classifier.6")
        for kind in ("weight", "bias")
    ]


SIXTY_MILLION = pytest.mark.cpu_only("sixty million weights: its layers are tested there at their own sizes")


@pytest.mark.parametrize(
    "net, size",
    [
        pytest.param(lambda: models.AlexNet(num_classes=7), 64, marks=SIXTY_MILLION),
        (lambda: models.VGG((1, 1, 2), (4, 8, 8), num_classes=7, hidden=16, batch_norm=True), 32),
        (lambda: models.resnet18(num_classes=7, width=4), 40),
        (lambda: models.resnet50(num_classes=7, width=2, zero_init_residual=True), 33),
        (lambda: models.CifarResNet(14, num_classes=7, width=4), 16),
        (lambda: models.CifarResNet(8, num_classes=7, width=4, residual=False), 16),
        (lambda: models.HyperResNet(num_classes=7, size=4, embedding=4), 16),
    ],
    ids=["alexnet", "vgg", "resnet18", "resnet50", "cifar", "plain", "hyper"],
)
def test_every_parameter_gets_a_gradient(net, size: int) -> None:
    net = net()
    loss = nn.functional.cross_entropy(net(ag.randn(3, 3, size, size)), ag.tensor([0, 3, 6]))
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


def test_a_residual_block_that_starts_at_zero_passes_its_input() -> None:
    net = models.ResNet(models.BasicBlock, (1, 1, 1, 1), width=4, zero_init_residual=True)
    x = ag.rand(2, 4, 5, 5)
    assert ag.equal(net.layer1(x), x)


ERRORS = [
    ({"image_size": 8}, r"LeNet5: expected image_size 28 or 32, got 8. Resize the images to 32x32, such as 8x8 by 4"),
    (
        {"activation": "elu"},
        r"LeNet5: expected activation 'tanh' or 'relu' and pooling 'avg' or 'max', got 'elu' and 'avg'",
    ),
    (
        {"pooling": "sum"},
        r"LeNet5: expected activation 'tanh' or 'relu' and pooling 'avg' or 'max', got 'tanh' and 'sum'",
    ),
]


@pytest.mark.parametrize("options, text", ERRORS)
def test_errors(options: dict, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        models.LeNet5(**options)
