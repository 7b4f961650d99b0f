"""The order in which samples are read.

A random sampler draws the whole order of an epoch when its iteration begins: the order is a function of the generator's
state at that moment and of nothing that happens between two batches. A trainer that keeps this state and the number of
batches done can therefore continue in the middle of an epoch (the recipe stands in the README of this folder).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import autograd as ag

if TYPE_CHECKING:
    from autograd.random import Generator

T_co = TypeVar("T_co", covariant=True)


def draw_seed(generator: Generator | None) -> int:
    """Draw a seed for other generators.

    Args:
        generator: where it comes from; None for the default generator.

    Returns:
        An integer in [0, 2**63 - 1).

    Example:
        >>> from autograd.utils.data.sampler import draw_seed
        >>> draw_seed(ag.Generator().manual_seed(1)) == draw_seed(ag.Generator().manual_seed(1))
        True
    """
    return int(ag.randint(0, 2**63 - 1, (), dtype=ag.int64, generator=generator).item())


def _is_count(value: Any) -> bool:
    """Whether value is an integer above zero; True is not a count."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


class Sampler(Generic[T_co]):
    """An order of indices, or of lists of indices (batches).

    A subclass defines ``__iter__()``, and ``__len__()`` if the length of the loader is asked for.

    Example:
        >>> from autograd.utils.data import Sampler
        >>> class Even(Sampler[int]):
        ...     def __iter__(self): return iter(range(0, 6, 2))
        >>> list(Even())
        [0, 2, 4]
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__}: expected a subclass to define __iter__, got none.")


class SequentialSampler(Sampler[int]):
    """0, 1, ..., len(data_source) - 1.

    Args:
        data_source: what has the length.

    Example:
        >>> from autograd.utils.data import SequentialSampler
        >>> list(SequentialSampler("abc"))
        [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Random indices, each once per round through the data, or drawn with replacement.

    Args:
        data_source: what has the length L.
        replacement: draw every index from all of [0, L).
        num_samples: how many indices; None for L. Without replacement more than L means further permutations.
        generator: where the order comes from; None draws a seed for it from the default generator.

    Raises:
        TypeError: replacement is not a bool.
        ValueError: num_samples is not a positive integer.

    Example:
        >>> from autograd.utils.data import RandomSampler
        >>> sorted(RandomSampler(range(4), num_samples=8))
        [0, 0, 1, 1, 2, 2, 3, 3]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler: replacement should be a boolean value, but got replacement={replacement}")
        if not _is_count(self.num_samples):
            raise ValueError(
                "RandomSampler: num_samples should be a positive integer value, "
                f"but got num_samples={self.num_samples}. Is the dataset empty?"
            )

    @property
    def num_samples(self) -> int:
        """How many indices an iteration yields; follows the data's length unless it was given."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        length, generator = len(self.data_source), self.generator
        if generator is None:
            generator = ag.Generator().manual_seed(draw_seed(None))
        if self.replacement:
            yield from ag.randint(0, length, (self.num_samples,), dtype=ag.int64, generator=generator).tolist()
        else:
            rounds = [ag.randperm(length, generator=generator) for _ in range(math.ceil(self.num_samples / length))]
            yield from itertools.islice(itertools.chain.from_iterable(r.tolist() for r in rounds), self.num_samples)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """A random permutation of given indices.

    Args:
        indices: the indices.
        generator: where the order comes from; None for the default generator.

    Example:
        >>> from autograd.utils.data import SubsetRandomSampler
        >>> sorted(SubsetRandomSampler([7, 3, 5]))
        [3, 5, 7]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in ag.randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices 0, ..., L - 1 with probability ``weights[i] / sum(weights)``.

    Args:
        weights: L numbers >= 0, not all zero.
        num_samples: how many indices to draw.
        replacement: False draws every index at most once.
        generator: where they come from; None for the default generator.

    Raises:
        ValueError: num_samples not a positive integer, replacement not a bool, weights not one-dimensional.

    Example:
        >>> from autograd.utils.data import WeightedRandomSampler
        >>> list(WeightedRandomSampler([0.0, 1.0, 0.0], 4))
        [1, 1, 1, 1]
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if not _is_count(num_samples):
            raise ValueError(
                "WeightedRandomSampler: num_samples should be a positive integer value, "
                f"but got num_samples={num_samples}"
            )
        if not isinstance(replacement, bool):
            raise ValueError(
                f"WeightedRandomSampler: replacement should be a boolean value, but got replacement={replacement}"
            )
        self.weights = ag.as_tensor(weights, dtype=ag.float64)
        if self.weights.dim() != 1:
            raise ValueError(
                "WeightedRandomSampler: weights should be a 1d sequence but given "
                f"weights have shape {tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        drawn = ag.multinomial(self.weights, self.num_samples, self.replacement, generator=self.generator)
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Batches of the indices of another sampler.

    Args:
        sampler: the indices.
        batch_size: how many to a batch.
        drop_last: leave out a last batch that is smaller.

    Raises:
        ValueError: batch_size not a positive integer, drop_last not a bool.

    Example:
        >>> from autograd.utils.data import BatchSampler
        >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
        [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        if not _is_count(batch_size):
            raise ValueError(
                f"BatchSampler: batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(drop_last, bool):
            raise ValueError(f"BatchSampler: drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        full, rest = divmod(len(self.sampler), self.batch_size)  # type: ignore[arg-type]
        return full + (rest > 0 and not self.drop_last)


class InfiniteSampler(Sampler[None]):
    """None without end: the "indices" of a stream.

    Example:
        >>> from autograd.utils.data.sampler import BatchSampler, InfiniteSampler
        >>> next(iter(BatchSampler(InfiniteSampler(), 3, False)))
        [None, None, None]
    """

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)
