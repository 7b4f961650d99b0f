"""Published architectures, with their parameter counts."""

from nn.models.alexnet import AlexNet as AlexNet
from nn.models.alexnet import AlexNetTwoTower as AlexNetTwoTower
from nn.models.lenet import LeNet5 as LeNet5
from nn.models.resnet import BasicBlock as BasicBlock
from nn.models.resnet import Bottleneck as Bottleneck
from nn.models.resnet import ResNet as ResNet
from nn.models.resnet import resnet18 as resnet18
from nn.models.resnet import resnet34 as resnet34
from nn.models.resnet import resnet50 as resnet50
from nn.models.resnet import resnet101 as resnet101
from nn.models.resnet import resnet152 as resnet152
from nn.models.vgg import VGG as VGG
from nn.models.vgg import vgg11 as vgg11
from nn.models.vgg import vgg11_bn as vgg11_bn
from nn.models.vgg import vgg13 as vgg13
from nn.models.vgg import vgg13_bn as vgg13_bn
from nn.models.vgg import vgg16 as vgg16
from nn.models.vgg import vgg16_bn as vgg16_bn
from nn.models.vgg import vgg19 as vgg19
from nn.models.vgg import vgg19_bn as vgg19_bn

__all__ = [
    "VGG",
    "AlexNet",
    "AlexNetTwoTower",
    "BasicBlock",
    "Bottleneck",
    "LeNet5",
    "ResNet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]
