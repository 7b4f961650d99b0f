"""Networks with their data and loss, written once and run by both engines: ``torch`` is PyTorch or ``autograd``.

Every builder gets the engine's top-level module and its ``nn``, and returns a model, a function that makes a random
batch on a device, and the loss of a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Workload(NamedTuple):
    """One thing to train."""

    model: Any
    batch: Callable[[str], tuple[Any, Any]]  # device -> inputs, targets
    loss: Callable[[Any, Any, Any], Any]  # model, inputs, targets -> 0-d tensor
    size: int  # samples of a batch


def _classifier(torch: Any, model: Any, shape: tuple[int, ...], classes: int, size: int) -> Workload:
    """A classifier of inputs of one shape."""

    def batch(device: str) -> tuple[Any, Any]:
        inputs = torch.randn(size, *shape, device=device)
        return inputs, torch.randint(0, classes, (size,), device=device)

    def loss(model: Any, inputs: Any, targets: Any) -> Any:
        return torch.nn.functional.cross_entropy(model(inputs), targets)

    return Workload(model, batch, loss, size)


def mlp(torch: Any, nn: Any, size: int) -> Workload:
    """784-512-512-10."""
    model = nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
    )  # fmt: skip
    return _classifier(torch, model, (784,), 10, size)


def lenet5(torch: Any, nn: Any, size: int) -> Workload:
    """LeNet-5 on 32x32."""
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(),
        nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip
    return _classifier(torch, model, (1, 32, 32), 10, size)


def alexnet(torch: Any, nn: Any, size: int) -> Workload:
    """AlexNet in one tower on 224x224, without dropout, whose random numbers would differ."""
    model = nn.Sequential(
        nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Linear(9216, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000),
    )  # fmt: skip
    return _classifier(torch, model, (3, 224, 224), 1000, size)


def vgg11(torch: Any, nn: Any, size: int) -> Workload:
    """VGG-11 on 224x224, without dropout."""
    layers, before = [], 3
    for width in (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"):
        if width == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            before = width
    layers += [nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
    return _classifier(torch, nn.Sequential(*layers), (3, 224, 224), 1000, size)


def resnet18(torch: Any, nn: Any, size: int) -> Workload:
    """ResNet-18 on 224x224."""

    class Block(nn.Module):
        def __init__(self, before: int, width: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(width)
            self.relu = nn.ReLU()
            self.shortcut = nn.Identity()
            if stride > 1 or before != width:
                self.shortcut = nn.Sequential(
                    nn.Conv2d(before, width, 1, stride=stride, bias=False), nn.BatchNorm2d(width)
                )

        def forward(self, x: Any) -> Any:
            y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            return self.relu(y + self.shortcut(x))

    layers = [nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, padding=1))
    before = 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        layers += [Block(before, width, stride), Block(width, width, 1)]
        before = width
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000)]
    return _classifier(torch, nn.Sequential(*layers), (3, 224, 224), 1000, size)


def lstm(torch: Any, nn: Any, size: int) -> Workload:
    """A character model: 64 steps, 256 units, 96 characters."""

    class Characters(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(96, 256)
            self.lstm = nn.LSTM(256, 256, batch_first=True)
            self.head = nn.Linear(256, 96)

        def forward(self, x: Any) -> Any:
            return self.head(self.lstm(self.embedding(x))[0])

    return _sequence(torch, Characters(), 96, 64, size)


def transformer(torch: Any, nn: Any, size: int) -> Workload:
    """A decoder-only language model: 4 layers, 256 wide, 4 heads, 128 steps, 96 tokens."""

    class Language(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token, self.position = nn.Embedding(96, 256), nn.Embedding(128, 256)
            layer = nn.TransformerEncoderLayer(
                256, 4, 1024, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            self.blocks = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
            self.norm, self.head = nn.LayerNorm(256), nn.Linear(256, 96)

        def forward(self, x: Any) -> Any:
            steps = x.shape[1]
            mask = nn.Transformer.generate_square_subsequent_mask(steps, device=x.device)
            x = self.token(x) + self.position(torch.arange(steps, device=x.device))
            return self.head(self.norm(self.blocks(x, mask=mask, is_causal=True)))

    return _sequence(torch, Language(), 96, 128, size)


def _sequence(torch: Any, model: Any, tokens: int, steps: int, size: int) -> Workload:
    """A model that predicts the next token at every step."""

    def batch(device: str) -> tuple[Any, Any]:
        text = torch.randint(0, tokens, (size, steps + 1), device=device)
        return text[:, :-1].contiguous(), text[:, 1:].contiguous()

    def loss(model: Any, inputs: Any, targets: Any) -> Any:
        return torch.nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())

    return Workload(model, batch, loss, size)


WORKLOADS: dict[str, tuple[Callable[..., Workload], int]] = {  # and the usual batch
    "mlp": (mlp, 128),
    "lenet5": (lenet5, 128),
    "alexnet": (alexnet, 128),
    "vgg11": (vgg11, 64),
    "resnet18": (resnet18, 128),
    "lstm": (lstm, 32),
    "transformer": (transformer, 16),
}
