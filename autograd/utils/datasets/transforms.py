"""Images before they enter a model: conversion to tensors here, crops, flips, rotations in ``geometric.py``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd as ag
from autograd.tensor import Tensor
from autograd.utils.datasets.geometric import InterpolationMode as InterpolationMode
from autograd.utils.datasets.geometric import Pad as Pad
from autograd.utils.datasets.geometric import RandomAffine as RandomAffine
from autograd.utils.datasets.geometric import RandomCrop as RandomCrop
from autograd.utils.datasets.geometric import RandomHorizontalFlip as RandomHorizontalFlip
from autograd.utils.datasets.geometric import RandomRotation as RandomRotation
from autograd.utils.datasets.geometric import Resize as Resize

__all__ = [
    "Compose",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "Pad",
    "RandomAffine",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomRotation",
    "Resize",
    "ToTensor",
]


class Compose:
    """Transforms one after the other.

    Args:
        transforms: callables.

    Example:
        >>> from autograd.utils.datasets.transforms import Compose
        >>> Compose([abs, str])(-3)
        '3'
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image

    def __repr__(self) -> str:
        return "\n".join(["Compose(", *(f"    {transform}" for transform in self.transforms), ")"])


class Lambda:
    """A function as a transform.

    Args:
        lambd: the function.

    Raises:
        TypeError: it is not callable.

    Example:
        >>> from autograd.utils.datasets.transforms import Lambda
        >>> Lambda(lambda x: x + 1)(1)
        2
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Lambda: expected a callable, got {type(lambd).__name__}.")
        self.lambd = lambd

    def __call__(self, image: Any) -> Any:
        return self.lambd(image)

    def __repr__(self) -> str:
        return "Lambda()"


class ToTensor:
    """An image as a tensor (C, H, W): uint8 becomes float32 in [0, 1], other dtypes keep their values.

    Takes a Pillow image or an array (H, W) or (H, W, C).

    Example:
        >>> from autograd.utils.datasets.transforms import ToTensor
        >>> ToTensor()(np.array([[0, 255]], dtype=np.uint8))
        tensor([[[0., 1.]]])
    """

    def __call__(self, image: Any) -> Tensor:
        array = np.asarray(image)
        if array.ndim not in (2, 3) or isinstance(image, Tensor):
            raise TypeError(
                "ToTensor: expected a Pillow image or an array (H, W) or (H, W, C), "
                f"got {type(image).__name__} of {array.ndim} dimensions."
            )
        if array.dtype == np.bool_:  # Pillow's mode "1"
            array = array * np.uint8(255)
        array = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)  # (H,W,C) -> (C,H,W)
        if array.dtype == np.uint8:
            return ag.from_numpy(array.astype(np.float32) / np.float32(255))
        return ag.from_numpy(np.array(array, order="C"))

    def __repr__(self) -> str:
        return "ToTensor()"


class Normalize:
    """``(image - mean) / std``, channel by channel.

    Args:
        mean: one number per channel.
        std: one number per channel, none of them zero.
        inplace: change the given tensor.

    Raises:
        ValueError: a zero in std, or a tensor that is not a float image (..., C, H, W).
        TypeError: called with something else than a tensor.

    Example:
        >>> from autograd.utils.datasets.transforms import Normalize
        >>> Normalize([0.5], [0.25])(ag.tensor([[[0.5, 1.0]]]))
        tensor([[[0., 2.]]])
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        if any(value == 0 for value in std):
            raise ValueError(f"Normalize: std should not be zero, got {list(std)}, leading to division by zero.")
        self.mean, self.std, self.inplace = mean, std, inplace

    def __call__(self, image: Tensor) -> Tensor:
        if not isinstance(image, Tensor):
            raise TypeError(f"Normalize: expected a tensor, got {type(image).__name__}. Put ToTensor before it.")
        if not image.is_floating_point() or image.dim() < 3:
            raise ValueError(
                "Normalize: expected a float tensor (..., C, H, W), "
                f"got {image.dtype} of shape {tuple(image.shape)}. Put ToTensor before it."
            )
        mean = ag.tensor(self.mean, dtype=image.dtype, device=image.device).view(-1, 1, 1)
        std = ag.tensor(self.std, dtype=image.dtype, device=image.device).view(-1, 1, 1)
        result: Tensor = image.sub_(mean).div_(std) if self.inplace else (image - mean) / std
        return result

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"
