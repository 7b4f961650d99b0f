"""Published architectures, one paper to a file, with their parameter counts."""

from nn.models.alexnet import AlexNet as AlexNet
from nn.models.alexnet import AlexNetTwoTower as AlexNetTwoTower
from nn.models.autoencoder import VAE as VAE
from nn.models.autoencoder import Autoencoder as Autoencoder
from nn.models.autoencoder import VAEOutput as VAEOutput
from nn.models.boltzmann import DBN as DBN
from nn.models.boltzmann import RBM as RBM
from nn.models.char_lstm import CharLSTM as CharLSTM
from nn.models.cifar_resnet import CifarBlock as CifarBlock
from nn.models.cifar_resnet import CifarResNet as CifarResNet
from nn.models.dcgan import DCGANDiscriminator as DCGANDiscriminator
from nn.models.dcgan import DCGANGenerator as DCGANGenerator
from nn.models.detector import Detections as Detections
from nn.models.detector import GridDetector as GridDetector
from nn.models.detector import box_iou as box_iou
from nn.models.detector import nms as nms
from nn.models.googlenet import GoogLeNet as GoogLeNet
from nn.models.googlenet import GoogLeNetOutputs as GoogLeNetOutputs
from nn.models.googlenet import Inception as Inception
from nn.models.googlenet import InceptionAux as InceptionAux
from nn.models.googlenet import googlenet as googlenet
from nn.models.gpt import GPT as GPT
from nn.models.gpt import GPTBlock as GPTBlock
from nn.models.hypernetwork import HyperNet as HyperNet
from nn.models.hypernetwork import HyperResNet as HyperResNet
from nn.models.lenet import LeNet5 as LeNet5
from nn.models.resnet import BasicBlock as BasicBlock
from nn.models.resnet import Bottleneck as Bottleneck
from nn.models.resnet import ResNet as ResNet
from nn.models.resnet import resnet18 as resnet18
from nn.models.resnet import resnet34 as resnet34
from nn.models.resnet import resnet50 as resnet50
from nn.models.resnet import resnet101 as resnet101
from nn.models.resnet import resnet152 as resnet152
from nn.models.separator import MaskSeparator as MaskSeparator
from nn.models.seq2seq import Seq2Seq as Seq2Seq
from nn.models.translator import SinusoidalPosition as SinusoidalPosition
from nn.models.translator import Translator as Translator
from nn.models.unet import FCN as FCN
from nn.models.unet import UNet as UNet
from nn.models.vgg import VGG as VGG
from nn.models.vgg import vgg11 as vgg11
from nn.models.vgg import vgg11_bn as vgg11_bn
from nn.models.vgg import vgg13 as vgg13
from nn.models.vgg import vgg13_bn as vgg13_bn
from nn.models.vgg import vgg16 as vgg16
from nn.models.vgg import vgg16_bn as vgg16_bn
from nn.models.vgg import vgg19 as vgg19
from nn.models.vgg import vgg19_bn as vgg19_bn
from nn.models.wavenet import WaveNet as WaveNet
from nn.models.wavenet import mu_law_decode as mu_law_decode
from nn.models.wavenet import mu_law_encode as mu_law_encode

__all__ = [
    "DBN",
    "FCN",
    "GPT",
    "RBM",
    "VAE",
    "VGG",
    "AlexNet",
    "AlexNetTwoTower",
    "Autoencoder",
    "BasicBlock",
    "Bottleneck",
    "CharLSTM",
    "CifarBlock",
    "CifarResNet",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "Detections",
    "GPTBlock",
    "GoogLeNet",
    "GoogLeNetOutputs",
    "GridDetector",
    "HyperNet",
    "HyperResNet",
    "Inception",
    "InceptionAux",
    "LeNet5",
    "MaskSeparator",
    "ResNet",
    "Seq2Seq",
    "SinusoidalPosition",
    "Translator",
    "UNet",
    "VAEOutput",
    "WaveNet",
    "box_iou",
    "googlenet",
    "mu_law_decode",
    "mu_law_encode",
    "nms",
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
