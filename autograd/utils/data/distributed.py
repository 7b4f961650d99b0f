"""The share of a dataset that one of several training processes reads."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import autograd as ag
from autograd.utils.data.sampler import Sampler


class DistributedSampler(Sampler[int]):
    """Every ``num_replicas``-th index of the dataset, from ``rank`` on.

    All processes draw the same permutation, of seed + epoch, and take turns. Call :meth:`set_epoch` before each epoch,
    or every epoch has the same order.

    Args:
        dataset: what has the length L.
        num_replicas: number of processes.
        rank: which of them this is, in [0, num_replicas).
        shuffle: permute the indices first.
        seed: of the permutation; the same in all processes.
        drop_last: leave out the tail that does not divide evenly; otherwise the first indices fill up.

    Raises:
        RuntimeError: num_replicas or rank is not given.
        ValueError: rank outside [0, num_replicas).

    Example:
        >>> from autograd.utils.data import DistributedSampler
        >>> [list(DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in (0, 1)]
        [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise RuntimeError(
                "DistributedSampler: expected num_replicas and rank, "
                f"got num_replicas={num_replicas} and rank={rank}, and there is no process group to ask. Pass both."
            )
        if not 0 <= rank < num_replicas:
            raise ValueError(
                f"DistributedSampler: Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            )
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        rounded = math.floor if drop_last else math.ceil
        self.num_samples = rounded(len(dataset) / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        length = len(self.dataset)
        if self.shuffle:
            generator = ag.Generator().manual_seed(self.seed + self.epoch)
            indices = ag.randperm(length, generator=generator).tolist()
        else:
            indices = list(range(length))
        if length:
            indices *= math.ceil(self.total_size / length)  # the first indices again, as often as it takes
        return iter(indices[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose the permutation of an epoch.

        Args:
            epoch: number of the epoch.

        Example:
            >>> from autograd.utils.data import DistributedSampler
            >>> sampler = DistributedSampler(range(5), 1, 0)
            >>> sampler.set_epoch(3)
            >>> sampler.epoch
            3
        """
        self.epoch = epoch
