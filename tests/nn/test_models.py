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
