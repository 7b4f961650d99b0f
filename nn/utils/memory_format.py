"""Weights of convolutions brought into a memory format."""

from __future__ import annotations

from typing import Any, TypeVar

from nn.module import Module
from nn.modules.conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]

M = TypeVar("M", bound=Module)


def _converted(module: M, kinds: tuple[type[Module], ...], format: Any) -> M:
    for layer in module.modules():
        if isinstance(layer, kinds):
            weight: Any = layer.weight
            weight.data = weight.detach().clone().contiguous(memory_format=format)
    return module


def convert_conv2d_weight_memory_format(module: M, memory_format: Any) -> M:
    """Brings the weights of all ``Conv2d`` and ``ConvTranspose2d`` in a model into a memory format.

    Args:
        module: the model.
        memory_format: such as ``channels_last``.

    Returns:
        The module.

    Example:
        >>> layer = nn.utils.convert_conv2d_weight_memory_format(nn.Conv2d(3, 8, 3), ag.channels_last)
        >>> layer.weight.is_contiguous(memory_format=ag.channels_last)
        True
    """
    return _converted(module, (Conv2d, ConvTranspose2d), memory_format)


def convert_conv3d_weight_memory_format(module: M, memory_format: Any) -> M:
    """Brings the weights of all ``Conv3d`` and ``ConvTranspose3d`` in a model into a memory format.

    Args:
        module: the model.
        memory_format: such as ``channels_last_3d``.

    Returns:
        The module.

    Example:
        >>> layer = nn.utils.convert_conv3d_weight_memory_format(nn.Conv3d(3, 8, 3), ag.channels_last_3d)
        >>> layer.weight.is_contiguous(memory_format=ag.channels_last_3d)
        True
    """
    return _converted(module, (Conv3d, ConvTranspose3d), memory_format)
