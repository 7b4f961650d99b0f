"""A softmax over very many classes, the rare ones in clusters with smaller layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import autograd as ag
from autograd.errors import ShapeError
from autograd.tensor import Tensor
from nn import functional as F
from nn.module import Module
from nn.modules.container import ModuleList, Sequential
from nn.modules.linear import Linear

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class _ASMoutput(NamedTuple):
    """log-probabilities of the targets, and the loss."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """log_softmax over many classes, sorted from frequent to rare: the frequent ones in a head, the others in clusters.

    log p(class) = head(cluster of the class) + tail(class within the cluster), so only the clusters of the targets are
    computed.

    Args:
        in_features: F, the width of the input.
        n_classes: how many classes there are.
        cutoffs: the classes at which clusters begin, rising.
        div_value: the layer of cluster i is F / div_value^i wide.
        head_bias: a bias in the head.
        device, dtype: of the parameters.

    Attributes:
        head: from F to the frequent classes and one number for each cluster.
        tail: one pair of layers for each cluster.

    Raises:
        ValueError: cutoffs that do not rise within [1, n_classes - 1].

    Example:
        >>> layer = nn.AdaptiveLogSoftmaxWithLoss(16, 20, [5, 10])
        >>> output, loss = layer(ag.ones(3, 16), ag.tensor([0, 7, 19]))
        >>> output.shape, loss.shape
        (Size([3]), Size([]))

    Source: Grave et al., Efficient softmax approximation for GPUs, 2016.
    """

    head: Linear
    tail: ModuleList

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cuts = list(cutoffs)
        if not cuts or cuts != sorted(set(cuts)) or min(cuts) < 1 or max(cuts) > n_classes - 1:
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: expected cutoffs that rise within [1, {n_classes - 1}], got {cuts}"
            )
        self.in_features, self.n_classes, self.div_value, self.head_bias = in_features, n_classes, div_value, head_bias
        self.cutoffs = [*cuts, n_classes]
        self.shortlist_size, self.n_clusters = cuts[0], len(cuts)
        self.head_size = self.shortlist_size + self.n_clusters
        place = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, head_bias, **place)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(self._clusters()):
            width = int(in_features // div_value ** (i + 1))
            layers = Linear(in_features, width, False, **place), Linear(width, high - low, False, **place)
            self.tail.append(Sequential(*layers))

    def _clusters(self) -> list[tuple[int, int]]:
        """The first class of each cluster, and the one after its last."""
        return list(zip(self.cutoffs[:-1], self.cutoffs[1:], strict=True))

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        self.head.reset_parameters()
        for first, second in self.tail:
            first.reset_parameters()
            second.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        batched = target_.ndim == 1
        if (target_.ndim, input_.ndim) not in ((0, 1), (1, 2)) or (batched and len(input_) != len(target_)):
            raise ShapeError(
                f"AdaptiveLogSoftmaxWithLoss: expected input (N,F) and target (N,), or (F,) and (), got "
                f"{tuple(input_.shape)} and {tuple(target_.shape)}"
            )
        x, target = (input_, target_) if batched else (input_.unsqueeze(0), target_.unsqueeze(0))
        if target.numel() and not 0 <= int(target.min()) <= int(target.max()) < self.n_classes:
            raise IndexError(
                f"AdaptiveLogSoftmaxWithLoss: expected targets in [0, {self.n_classes - 1}], got numbers from "
                f"{int(target.min())} to {int(target.max())}"
            )
        places = target.clone()  # in the head: the class, or its cluster
        parts = []
        for i, (low, high) in enumerate(self._clusters()):
            (rows,) = ((target >= low) & (target < high)).nonzero(as_tuple=True)
            if rows.numel():
                places[rows] = self.shortlist_size + i
                scores = F.log_softmax(self.tail[i](x[rows]), 1)
                parts.append((rows, scores.gather(1, (target[rows] - low).unsqueeze(1)).squeeze(1)))
        output = F.log_softmax(self.head(x), 1).gather(1, places.unsqueeze(1)).squeeze(1)
        for rows, scores in parts:
            output = output.index_add(0, rows, scores)
        loss = (-output).mean()
        return _ASMoutput(output if batched else output.squeeze(0), loss)

    def log_prob(self, input: Tensor) -> Tensor:
        """Log-probabilities of all classes.

        Args:
            input: (N,F).

        Returns:
            (N, n_classes).
        """
        head = F.log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for i, cluster in enumerate(self.tail):
            own = head[:, self.shortlist_size + i].unsqueeze(1)
            parts.append(F.log_softmax(cluster(input), 1) + own)
        return ag.cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class.

        Args:
            input: (N,F).

        Returns:
            (N,), int64.
        """
        return self.log_prob(input).argmax(1)
