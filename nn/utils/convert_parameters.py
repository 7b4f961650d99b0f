"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

import autograd as ag
from autograd.errors import ShapeError
from autograd.tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of all parameters, one after the other; gradients flow through.

    Args:
        parameters: tensors of one dtype on one device.

    Returns:
        (total number of elements,).

    Example:
        >>> nn.utils.parameters_to_vector(nn.Linear(2, 3).parameters()).shape
        Size([9])
    """
    return ag.cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Gives parameters the values of a vector: they become views of its memory.

    Args:
        vec: (total number of elements,).
        parameters: the tensors to change.

    Raises:
        TypeError: ``vec`` is no Tensor.
        ShapeError: it has another number of elements.

    Example:
        >>> layer = nn.Linear(1, 1)
        >>> nn.utils.vector_to_parameters(ag.tensor([2.0, 3.0]), layer.parameters())
        >>> layer.weight.item(), layer.bias.item()
        (2.0, 3.0)
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: expected a Tensor, got {type(vec).__name__}")
    targets = list(parameters)
    total = sum(p.numel() for p in targets)
    if tuple(vec.shape) != (total,):
        raise ShapeError(f"vector_to_parameters: expected shape ({total},), got {tuple(vec.shape)}")
    at = 0
    for p in targets:
        p.data = vec.detach()[at : at + p.numel()].reshape(p.shape)
        at += p.numel()
