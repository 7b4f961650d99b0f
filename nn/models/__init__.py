"""Published architectures, with their parameter counts."""

from nn.models.lenet import LeNet5 as LeNet5

__all__ = ["LeNet5"]
