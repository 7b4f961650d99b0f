"""Batches of a dataset, read here or by worker processes."""

from __future__ import annotations

import math
import multiprocessing
import os
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.context import BaseContext
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import autograd as ag
from autograd.device import backend_of
from autograd.utils.data.collate import default_collate, default_convert, map_leaves
from autograd.utils.data.dataset import Dataset, IterableDataset
from autograd.utils.data.fetch import make_fetcher
from autograd.utils.data.pool import WorkerPool, default_context
from autograd.utils.data.prefetch import Prefetched
from autograd.utils.data.sampler import BatchSampler, InfiniteSampler, RandomSampler, SequentialSampler, draw_seed
from autograd.utils.data.worker import END, ERROR, WorkerTask

if TYPE_CHECKING:
    from autograd.random import Generator

T_co = TypeVar("T_co", covariant=True)

_FIXED = frozenset(("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"))


class DataLoader(Generic[T_co]):
    """Batches of samples, in the order of a sampler.

    Each ``iter(loader)`` is one pass. With ``num_workers`` processes the batches come in the same order as without;
    worker i draws its random numbers from a seed of its own, base seed + i, where the base seed comes from
    ``generator``. A worker's exception is raised here with its traceback; the death of a worker raises RuntimeError.

    Args:
        dataset: a map-style dataset (``__getitem__``, ``__len__``) or an :class:`IterableDataset`.
        batch_size: samples per batch; None yields samples one by one, as they are.
        shuffle: a new random order in each pass.
        sampler: the indices, in their order; excludes shuffle.
        batch_sampler: lists of indices; excludes batch_size, shuffle, sampler and drop_last.
        num_workers: processes that read; 0 reads in this one.
        collate_fn: makes a batch of a list of samples (of one sample, if batch_size is None).
        pin_memory: put the batch's tensors into page-locked memory, from where a GPU reads faster.
        drop_last: leave out a last batch that is smaller.
        timeout: seconds to wait for a batch of a worker; 0 waits as long as it lives.
        worker_init_fn: called in each worker with its number, after seeding.
        multiprocessing_context: how processes start: "fork", "spawn", "forkserver" or a context; None is fork on Linux
            and Python's default elsewhere. Except by fork, dataset and functions must be picklable.
        generator: of the random order and of the workers' base seed; None for the default generator.
        prefetch_factor: batches that each worker reads in advance; None is 2 with workers.
        persistent_workers: keep the workers from one pass to the next.
        in_order: False takes batches from whichever worker is ready first.
        device: put the batch's tensors on this GPU; the copy of a batch overlaps with the work on the one before. Not in
            PyTorch, whose programs write ``x.to(device, non_blocking=True)`` with pin_memory; that works here, too.

    Raises:
        ValueError: options that exclude each other, or out of range.
        TypeError: multiprocessing_context is neither a name nor a context.
        DeviceError: ``device`` is not there.

    Example:
        >>> from autograd.utils.data import DataLoader, TensorDataset
        >>> loader = DataLoader(TensorDataset(ag.arange(5), ag.arange(5) * 2), batch_size=2)
        >>> len(loader), [y.tolist() for x, y in loader]
        (3, [[0, 2], [4, 6], [8]])
    """

    _iterator: _WorkerIterator | None
    _frozen = False

    def __init__(
        self,
        dataset: Dataset[T_co],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: str | BaseContext | None = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        in_order: bool = True,
        device: Any = None,
    ) -> None:
        _check_worker_options(num_workers, timeout, prefetch_factor, persistent_workers)
        _check_order_options(dataset, batch_size, shuffle, sampler, batch_sampler, drop_last)
        self._is_stream = isinstance(dataset, IterableDataset)
        if sampler is None and self._is_stream:
            sampler = InfiniteSampler()
        elif sampler is None and batch_sampler is None and shuffle:
            sampler = RandomSampler(dataset, generator=generator)  # type: ignore[arg-type]
        elif sampler is None:
            sampler = SequentialSampler(dataset)  # type: ignore[arg-type]
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)

        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self.pin_memory = pin_memory
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = _context(multiprocessing_context, num_workers)
        self.generator = generator
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self.device = None if device is None else ag.device(device)
        self._gpu = None if self.device is None or self.device.type == "cpu" else backend_of(self.device)
        self._claimed_length: int | None = None  # of a stream, once somebody has asked
        self._iterator = None
        self._frozen = True
        _warn_of_many_workers(num_workers)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._frozen and name in _FIXED:
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is initialized. Make a new one."
            )
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[Any]:
        return self._batches() if self._gpu is None else Prefetched(self._batches(), self._gpu)

    def _batches(self) -> Iterator[Any]:
        if self.num_workers == 0:
            return _LocalIterator(self)
        if not self.persistent_workers:
            return _WorkerIterator(self)
        if self._iterator is None or self._iterator.pool.closed:
            self._iterator = _WorkerIterator(self)
        else:
            self._iterator.restart()
        return self._iterator

    def __len__(self) -> int:
        if not self._is_stream:
            return len(self._index_sampler)  # type: ignore[arg-type]
        length = self._claimed_length = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else math.ceil(length / self.batch_size)

    @property
    def _index_sampler(self) -> Iterable[Any]:
        """What yields the argument of a fetch: an index, or a list of them."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler


class _Iterator(Iterator[Any]):
    """One pass through a loader."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self.loader = loader
        self.pin = loader._gpu is not None or (loader.pin_memory and _has_accelerator())
        self.begin()
        self.base_seed = draw_seed(loader.generator)

    def begin(self) -> None:
        self.indices = iter(self.loader._index_sampler)
        self.yielded = 0

    def read(self) -> Any:
        """The next batch, or StopIteration."""
        raise NotImplementedError

    def __next__(self) -> Any:
        batch = self.read()
        self.yielded += 1
        claimed = self.loader._claimed_length
        if claimed is not None and self.yielded > claimed:
            hint = " Does each worker yield only its share? See get_worker_info." if self.loader.num_workers else ""
            warnings.warn(
                f"Length of IterableDataset {self.loader.dataset} was reported to be {claimed} "
                f"(when accessing len(dataloader)), but {self.yielded} samples have been fetched.{hint}",
                stacklevel=2,
            )
        return map_leaves(batch, _pinned) if self.pin else batch

    def __len__(self) -> int:
        return len(self.loader._index_sampler)  # type: ignore[arg-type]


class _LocalIterator(_Iterator):
    """Reads in this process."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        batched = loader.batch_sampler is not None
        self.fetcher = make_fetcher(loader.dataset, batched, loader.collate_fn, loader.drop_last)

    def read(self) -> Any:
        return self.fetcher.fetch(next(self.indices))


class _WorkerIterator(_Iterator):
    """Hands out indices to worker processes in turn, and takes the batches in the same order."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        self.in_advance = (loader.prefetch_factor or 0) * loader.num_workers

        def make_task(prefix: str) -> WorkerTask:
            return WorkerTask(
                dataset=loader.dataset,
                batched=loader.batch_sampler is not None,
                collate_fn=loader.collate_fn,
                drop_last=loader.drop_last,
                init_fn=loader.worker_init_fn,
                base_seed=self.base_seed,
                num_workers=loader.num_workers,
                prefix=prefix,
                outstanding=self.in_advance,
            )

        self.pool = WorkerPool(make_task, loader.num_workers, loader.multiprocessing_context or default_context())
        weakref.finalize(self, self.pool.close)
        self.fill()

    def restart(self) -> None:
        """Begin the next pass with the same workers."""
        self.pool.reset()
        self.begin()
        self.fill()

    def fill(self) -> None:
        self.turns: deque[int] = deque()  # whose answer comes next, one entry per task
        self.rotation = deque(range(self.loader.num_workers))  # those that have more to give
        for _ in range(self.in_advance):
            self.hand_out()

    def hand_out(self, worker: int | None = None) -> None:
        """Give the next index to a worker, the next in rotation unless one is named."""
        if not self.rotation:
            return
        try:
            index = next(self.indices)
        except StopIteration:
            return
        if worker is None:
            worker = self.rotation[0]
            self.rotation.rotate(-1)
        self.pool.submit(worker, index)
        self.turns.append(worker)

    def read(self) -> Any:
        while self.turns:
            in_order = self.loader.in_order
            worker, kind, content = self.pool.receive(
                [self.turns[0]] if in_order else sorted(set(self.turns)), self.loader.timeout
            )
            self.turns.remove(worker)
            if kind == END and worker in self.rotation:
                self.rotation.remove(worker)
            self.hand_out(None if in_order or kind == END else worker)
            if kind == ERROR:
                raise content
            if kind != END:
                return content
        if not self.loader.persistent_workers:
            self.pool.close()
        raise StopIteration


def _check_worker_options(num_workers: int, timeout: float, prefetch_factor: int | None, persistent: bool) -> None:
    """Raise ValueError if the options do not fit."""
    if num_workers < 0:
        raise ValueError(
            f"DataLoader: num_workers option should be non-negative, got {num_workers}; "
            "use num_workers=0 to disable multiprocessing."
        )
    if timeout < 0:
        raise ValueError(f"DataLoader: timeout option should be non-negative, got {timeout}.")
    if prefetch_factor is not None and prefetch_factor <= 0:
        raise ValueError(f"DataLoader: prefetch_factor option should be positive, got {prefetch_factor}.")
    if num_workers == 0:
        for name, given in (
            ("prefetch_factor", prefetch_factor is not None),
            ("persistent_workers", persistent),
            ("timeout", timeout > 0),
        ):
            if given:
                raise ValueError(f"DataLoader: {name} option needs num_workers > 0, got num_workers=0.")


def _check_order_options(
    dataset: Any, batch_size: int | None, shuffle: bool | None, sampler: Any, batch_sampler: Any, drop_last: bool
) -> None:
    """Raise ValueError if the options that say which samples come when exclude each other."""
    if isinstance(dataset, IterableDataset):
        for name, value in (("shuffle", shuffle or None), ("sampler", sampler), ("batch_sampler", batch_sampler)):
            if value is not None:
                raise ValueError(
                    f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}. "
                    "A stream comes in its own order."
                )
    if sampler is not None and shuffle:
        raise ValueError("DataLoader: sampler option is mutually exclusive with shuffle. Let the sampler shuffle.")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError(
            "DataLoader: batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
        )
    if batch_size is None and drop_last:
        raise ValueError(
            "DataLoader: batch_size=None option disables auto-batching and is mutually exclusive with drop_last"
        )


def _context(context: str | BaseContext | None, num_workers: int) -> BaseContext | None:
    """The multiprocessing context that an option names."""
    if context is None:
        return None
    if num_workers == 0:
        raise ValueError(
            "DataLoader: multiprocessing_context can only be used with multi-process loading (num_workers > 0), "
            "but got num_workers=0"
        )
    if isinstance(context, BaseContext):
        return context
    methods = multiprocessing.get_all_start_methods()
    if not isinstance(context, str):
        raise TypeError(
            "DataLoader: multiprocessing_context option should be a valid context object or a string specifying the "
            f"start method, but got multiprocessing_context={context}"
        )
    if context not in methods:
        raise ValueError(
            f"DataLoader: multiprocessing_context option should specify a valid start method in {methods!r}, "
            f"but got multiprocessing_context={context!r}"
        )
    return multiprocessing.get_context(context)


def _warn_of_many_workers(num_workers: int) -> None:
    """Warn if the workers outnumber the processors that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if num_workers > cores:
        warnings.warn(
            f"This DataLoader will create {num_workers} worker processes in total. Our suggested max number of worker "
            f"in current system is {cores}: more of them slow each other down.",
            stacklevel=3,
        )


def _has_accelerator() -> bool:
    """Whether memory can be pinned; warns if not."""
    available = bool(ag.cuda.is_available())
    if not available:
        warnings.warn(
            "'pin_memory' argument is set as true but no accelerator is found, "
            "then device pinned memory won't be used.",
            stacklevel=4,
        )
    return available


def _pinned(leaf: Any) -> Any:
    """A tensor, or what else knows how to, in page-locked memory."""
    return leaf.pin_memory() if hasattr(leaf, "pin_memory") else leaf
