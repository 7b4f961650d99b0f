"""Data from files: digits that need no download, MNIST, Fashion-MNIST, CIFAR, and transforms; sound.

Pillow and scikit-learn are loaded where they are first needed: ``pip install 'twingrad[data]'``.
"""

from __future__ import annotations

from autograd.utils.datasets import transforms as transforms
from autograd.utils.datasets.cifar import CIFAR10 as CIFAR10
from autograd.utils.datasets.cifar import CIFAR100 as CIFAR100
from autograd.utils.datasets.cifar import read_cifar as read_cifar
from autograd.utils.datasets.digits import Digits as Digits
from autograd.utils.datasets.download import download_url as download_url
from autograd.utils.datasets.mnist import MNIST as MNIST
from autograd.utils.datasets.mnist import FashionMNIST as FashionMNIST
from autograd.utils.datasets.mnist import read_idx as read_idx
from autograd.utils.datasets.wav import read_wav as read_wav

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "MNIST",
    "Digits",
    "FashionMNIST",
    "download_url",
    "read_cifar",
    "read_idx",
    "read_wav",
    "transforms",
]
