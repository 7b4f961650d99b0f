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


def vgg11(torch: Any, nn: Any, size: int, width: int = 64) -> Workload:
    """VGG-11 on 224x224, without dropout."""
    layers, before = [], 3
    for times in (1, "M", 2, "M", 4, 4, "M", 8, 8, "M", 8, 8, "M"):
        if times == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(before, times * width, 3, padding=1), nn.ReLU()]
            before = times * width
    units = 64 * width
    layers += [
        nn.Flatten(), nn.Linear(49 * before, units), nn.ReLU(),
        nn.Linear(units, units), nn.ReLU(), nn.Linear(units, 1000),
    ]  # fmt: skip
    return _classifier(torch, nn.Sequential(*layers), (3, 224, 224), 1000, size)


def vgg11_narrow(torch: Any, nn: Any, size: int) -> Workload:
    """VGG-11 with a quarter of the channels and units."""
    return vgg11(torch, nn, size, width=16)


def resnet18(torch: Any, nn: Any, size: int) -> Workload:
    """ResNet-18 on 224x224."""
    stem = [nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    stem.append(nn.MaxPool2d(3, 2, padding=1))
    stages = ((64, 1), (128, 2), (256, 2), (512, 2))
    return _classifier(torch, nn.Sequential(*stem, *_residual(nn, stages, 2, 1000)), (3, 224, 224), 1000, size)


def resnet20(torch: Any, nn: Any, size: int) -> Workload:
    """ResNet-20 on 32x32."""
    stem = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    stages = ((16, 1), (32, 2), (64, 2))
    return _classifier(torch, nn.Sequential(*stem, *_residual(nn, stages, 3, 10)), (3, 32, 32), 10, size)


def _residual(nn: Any, stages: tuple[tuple[int, int], ...], blocks: int, classes: int) -> list[Any]:
    """Stages of basic blocks, each stage with a width and a stride, and the head."""

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

    layers, before = [], stages[0][0]
    for width, stride in stages:
        for _ in range(blocks):
            layers.append(Block(before, width, stride))
            before, stride = width, 1
    return [*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes)]


def depthwise(torch: Any, nn: Any, size: int) -> Workload:
    """MobileNet's separable convolutions, half as wide and on 96x96."""

    def unit(before: int, after: int, kernel: int, stride: int = 1, groups: int = 1) -> list[Any]:
        conv = nn.Conv2d(before, after, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False)
        return [conv, nn.BatchNorm2d(after), nn.ReLU()]

    layers, before = unit(3, 16, 3, 2), 16
    for width, stride in ((32, 1), (64, 2), (64, 1), (128, 2), (128, 1), (256, 2), *3 * [(256, 1)]):
        layers += unit(before, before, 3, stride, before) + unit(before, width, 1)
        before = width
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 100)]
    return _classifier(torch, nn.Sequential(*layers), (3, 96, 96), 100, size)


def unet(torch: Any, nn: Any, size: int) -> Workload:
    """A U-Net of three levels, 16 to 64 channels, that gives each of 128x128 pixels one of 4 classes."""

    def twice(before: int, after: int) -> Any:
        return nn.Sequential(
            nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(),
            nn.Conv2d(after, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(),
        )  # fmt: skip

    class UNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down1, self.down2, self.bottom = twice(1, 16), twice(16, 32), twice(32, 64)
            self.pool = nn.MaxPool2d(2)
            self.up2, self.up1 = nn.ConvTranspose2d(64, 32, 2, stride=2), nn.ConvTranspose2d(32, 16, 2, stride=2)
            self.join2, self.join1, self.head = twice(64, 32), twice(32, 16), nn.Conv2d(16, 4, 1)

        def forward(self, x: Any) -> Any:
            first = self.down1(x)
            second = self.down2(self.pool(first))
            y = self.up2(self.bottom(self.pool(second)))
            y = self.up1(self.join2(torch.cat([y, second], 1)))
            return self.head(self.join1(torch.cat([y, first], 1)))

    def batch(device: str) -> tuple[Any, Any]:
        inputs = torch.randn(size, 1, 128, 128, device=device)
        return inputs, torch.randint(0, 4, (size, 128, 128), device=device)

    def loss(model: Any, inputs: Any, targets: Any) -> Any:
        return torch.nn.functional.cross_entropy(model(inputs), targets)

    return Workload(UNet(), batch, loss, size)


def lstm(torch: Any, nn: Any, size: int, steps: int = 64) -> Workload:
    """A character model: 64 steps, 256 units, 96 characters."""
    return _characters(torch, nn, nn.LSTM, size, steps)


def gru(torch: Any, nn: Any, size: int, steps: int = 64) -> Workload:
    """As ``lstm``, with gated recurrent units."""
    return _characters(torch, nn, nn.GRU, size, steps)


def _characters(torch: Any, nn: Any, recurrent: Any, size: int, steps: int) -> Workload:
    """A recurrent layer between an embedding and a linear layer."""

    class Characters(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(96, 256)
            self.recurrent = recurrent(256, 256, batch_first=True)
            self.head = nn.Linear(256, 96)

        def forward(self, x: Any) -> Any:
            return self.head(self.recurrent(self.embedding(x))[0])

    return _sequence(torch, Characters(), 96, steps, size)


def transformer(torch: Any, nn: Any, size: int, steps: int = 128) -> Workload:
    """A decoder-only language model: 4 layers, 256 wide, 4 heads, 128 steps, 96 tokens."""

    class Language(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token, self.position = nn.Embedding(96, 256), nn.Embedding(steps, 256)
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

    return _sequence(torch, Language(), 96, steps, size)


def _sequence(torch: Any, model: Any, tokens: int, steps: int, size: int) -> Workload:
    """A model that predicts the next token at every step."""

    def batch(device: str) -> tuple[Any, Any]:
        text = torch.randint(0, tokens, (size, steps + 1), device=device)
        return text[:, :-1].contiguous(), text[:, 1:].contiguous()

    def loss(model: Any, inputs: Any, targets: Any) -> Any:
        return torch.nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())

    return Workload(model, batch, loss, size)


class Entry(NamedTuple):
    """A network of the list."""

    build: Callable[..., Workload]  # of the engine, its nn and a batch's size
    batch: int  # the usual size on a GPU
    cpu_batch: int


WORKLOADS = {
    "mlp": Entry(mlp, 128, 128),
    "lenet5": Entry(lenet5, 128, 64),
    "resnet20": Entry(resnet20, 128, 64),
    "alexnet": Entry(alexnet, 128, 16),
    "vgg11": Entry(vgg11, 64, 8),
    "vgg11_narrow": Entry(vgg11_narrow, 64, 16),
    "resnet18": Entry(resnet18, 128, 16),
    "depthwise": Entry(depthwise, 128, 32),
    "unet": Entry(unet, 32, 4),
    "lstm": Entry(lstm, 32, 32),
    "gru": Entry(gru, 32, 32),
    "transformer": Entry(transformer, 16, 16),
}
