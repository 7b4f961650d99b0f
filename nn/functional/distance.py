"""Distances and similarities between vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import autograd as ag
from autograd.casting import autocasts
from autograd.errors import ShapeError

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@autocasts
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors: x1 . x2 / (max(|x1|, eps) * max(|x2|, eps)).

    Args:
        x1, x2: broadcastable tensors.
        dim: the axis along which the vectors lie.
        eps: below it, lengths count as ``eps``.

    Returns:
        The broadcast shape without ``dim``.

    Example:
        >>> F.cosine_similarity(ag.tensor([[1.0, 0.0]]), ag.tensor([[1.0, 1.0]]))
        tensor([0.7071])
    """
    x1, x2 = ag.broadcast_tensors(x1, x2)
    one, two = (x / x.norm(2, dim, keepdim=True).clamp_min(eps) for x in (x1, x2))
    y: Tensor = (one * two).sum(dim)
    return y


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The length of the difference: |x1 - x2 + eps|_p over the last axis.

    Args:
        x1, x2: broadcastable tensors (*,D).
        p: of the norm.
        eps: added to the difference, so that the gradient exists at 0.
        keepdim: keep the last axis with size 1.

    Returns:
        (*), or with ``keepdim`` (*,1).

    Example:
        >>> F.pairwise_distance(ag.tensor([[3.0, 4.0]]), ag.tensor([[0.0, 0.0]]))
        tensor([5.0000])
    """
    y: Tensor = (x1 - x2 + eps).norm(p, -1, keepdim=keepdim)
    return y


@autocasts
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The distance between every two rows.

    Args:
        input: (N,D).
        p: of the norm.

    Returns:
        (N*(N-1)/2,): of rows (0,1), (0,2), ..., (1,2), ...

    Raises:
        ShapeError: another number of axes.

    Example:
        >>> F.pdist(ag.tensor([[0.0], [1.0], [3.0]]))
        tensor([1., 3., 2.])
    """
    if input.raw.ndim != 2:
        raise ShapeError(f"pdist: expected input (N,D), got {input.raw.shape}")
    first, second = ag.triu_indices(input.raw.shape[0], input.raw.shape[0], 1, device=input.device)
    y: Tensor = (input[first] - input[second]).norm(p, -1)
    return y
