"""The worker process of a loader.

It answers every task with exactly one message, in the order of the tasks; the parent relies on both. It never starts
threads and calls no parallel kernel, so that it may be a fork of a process that has threads.
"""

from __future__ import annotations

import math
import os
import pickle
import random
import signal
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

import autograd as ag
from autograd.utils.data.fetch import Fetcher, make_fetcher
from autograd.utils.data.shared import Packed, pack, remove

BATCH, ERROR, END, READY = "batch", "error", "end", "ready"  # kinds of answers
RESET, STOP = "reset", None  # messages that are not tasks (number, index)
PARENT_CHECK = 5.0  # seconds between looks whether the parent lives, where the pipe does not tell


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker process knows about itself.

    Args:
        id: its number, in [0, num_workers).
        num_workers: how many there are.
        seed: what its generators were seeded with: the loader's base seed + id.
        dataset: its copy of the dataset.

    Example:
        >>> from autograd.utils.data import WorkerInfo
        >>> WorkerInfo(id=0, num_workers=2, seed=7, dataset="abc").num_workers
        2
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Which worker process this is, so that an :class:`IterableDataset` can yield its share.

    Returns:
        A :class:`WorkerInfo`; None in the main process.

    Example:
        >>> from autograd.utils.data import get_worker_info
        >>> info = get_worker_info()
        >>> list(range(10) if info is None else range(info.id, 10, info.num_workers))
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    return _worker_info


@dataclass(frozen=True)
class WorkerTask:
    """What all workers of a loader are told at their start.

    Args:
        dataset, batched, collate_fn, drop_last: as in :func:`make_fetcher`.
        init_fn: called with the worker's id before it reads; may be None.
        base_seed: worker i seeds its generators with base_seed + i.
        num_workers: how many there are.
        prefix: a block of shared memory is called prefix + the task's number in hexadecimal.
        outstanding: the most tasks that are given out and not yet taken back.

    Example:
        >>> from autograd.utils.data.worker import WorkerTask
        >>> WorkerTask("abc", True, list, False, None, 0, 1, "tg_", 2).block_name(255)
        'tg_ff'
    """

    dataset: Any
    batched: bool
    collate_fn: Callable[[Any], Any]
    drop_last: bool
    init_fn: Callable[[int], Any] | None
    base_seed: int
    num_workers: int
    prefix: str
    outstanding: int

    def fetcher(self) -> Fetcher:
        """A reader at the beginning of the dataset.

        Example:
            >>> from autograd.utils.data.worker import WorkerTask
            >>> WorkerTask("abc", True, list, False, None, 0, 1, "tg_", 2).fetcher().fetch([1])
            ['b']
        """
        return make_fetcher(self.dataset, self.batched, self.collate_fn, self.drop_last)

    def block_name(self, number: int) -> str:
        """The name of the shared memory for the answer to a task.

        Args:
            number: the task's number.

        Returns:
            A name of at most 30 characters, which is what macOS allows.

        Example:
            >>> from autograd.utils.data.worker import WorkerTask
            >>> WorkerTask("abc", True, list, False, None, 0, 1, "tg_", 2).block_name(10)
            'tg_a'
        """
        return f"{self.prefix}{number:x}"


@dataclass(frozen=True)
class WorkerFailure:
    """An exception on its way to the parent.

    Args:
        kind: its class.
        text: where it was raised, and its traceback.

    Example:
        >>> from autograd.utils.data.worker import WorkerFailure
        >>> WorkerFailure(ValueError, "bad").exception()
        ValueError('bad')
    """

    kind: type[BaseException]
    text: str

    @classmethod
    def of(cls, error: Exception, worker: int) -> WorkerFailure:
        """Describe an exception that is being handled in a worker.

        Args:
            error: the exception.
            worker: number of the worker.

        Returns:
            The description; its class becomes RuntimeError if the parent could not load it.

        Example:
            >>> from autograd.utils.data.worker import WorkerFailure
            >>> print(WorkerFailure.of(ValueError("bad"), 1).text)
            Caught ValueError in DataLoader worker process 1.
            Original Traceback (most recent call last):
            ValueError: bad
        """
        trace = "".join(traceback.format_exception(error)).rstrip()
        if not trace.startswith("Traceback"):  # raised without one
            trace = f"Traceback (most recent call last):\n{trace}"
        kind: type[BaseException] = type(error)
        try:
            pickle.loads(pickle.dumps(kind))
        except Exception:
            kind = RuntimeError
        return cls(kind, f"Caught {type(error).__name__} in DataLoader worker process {worker}.\nOriginal {trace}")

    def exception(self) -> BaseException:
        """The exception to raise in the parent: of the same class, with the text as its message.

        Example:
            >>> from autograd.utils.data.worker import WorkerFailure
            >>> WorkerFailure(IndexError, "beyond").exception()
            IndexError('beyond')
        """
        try:
            return self.kind(_Text(self.text) if issubclass(self.kind, KeyError) else self.text)
        except Exception:  # a class whose constructor wants something else
            return RuntimeError(self.text)


class _Text(str):
    """A string whose repr, which KeyError prints, keeps its lines."""

    __slots__ = ()
    __repr__ = str.__str__


def run(task: WorkerTask, worker: int, pipe: Connection, foreign: list[Connection]) -> None:
    """Serve tasks until told to stop, or until the parent is gone.

    Args:
        task: what to do.
        worker: number of this worker.
        pipe: its connection to the parent.
        foreign: connections that only the parent may hold open; a fork has copies of them.
    """
    for connection in foreign:
        connection.close()
    # Ctrl-C reaches the whole process group, and a fork inherits the handlers of a trainer that saves on a signal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(EOFError, OSError):  # the parent has closed its end, or died
        _Server(task, worker, pipe).serve()


class _Server:
    """The loop of one worker."""

    def __init__(self, task: WorkerTask, worker: int, pipe: Connection) -> None:
        self.task, self.worker, self.pipe = task, worker, pipe
        self.parent = os.getppid()
        self.waiting: deque[Any] = deque()
        self.fetcher: Fetcher | None = None
        self.failure: WorkerFailure | None = None
        # Windows frees a block when nobody has it open, so the worker keeps those that may not have been taken yet.
        self.kept: deque[Any] = deque(maxlen=task.outstanding if os.name == "nt" else 0)

    def serve(self) -> None:
        self.start()
        while (message := self.next_message()) is not STOP:
            if message == RESET:
                self.open_dataset()
                self.pipe.send((READY, []))
            else:
                self.answer(*message)

    def start(self) -> None:
        global _worker_info
        task, seed = self.task, self.task.base_seed + self.worker
        _worker_info = WorkerInfo(self.worker, task.num_workers, seed, task.dataset)
        random.seed(seed)
        ag.manual_seed(seed)
        words = np.random.SeedSequence([self.worker, task.base_seed & 0xFFFFFFFF, task.base_seed >> 32, 0])
        np.random.seed(words.generate_state(4))  # noqa: NPY002  datasets draw from it
        try:
            if task.init_fn is not None:
                task.init_fn(self.worker)
        except Exception as error:
            self.failure = WorkerFailure.of(error, self.worker)
        else:
            self.open_dataset()

    def open_dataset(self) -> None:
        try:
            self.fetcher = self.task.fetcher()
        except Exception as error:
            self.failure = WorkerFailure.of(error, self.worker)

    def next_message(self) -> Any:
        """The next task. Stop and reset overtake the tasks that wait."""
        while not self.waiting or self.pipe.poll():
            while not self.pipe.poll(PARENT_CHECK):
                if os.getppid() != self.parent:
                    return STOP
            message = self.pipe.recv()
            if message is STOP or message == RESET:
                self.waiting.clear()
                return message
            self.waiting.append(message)
        return self.waiting.popleft()

    def answer(self, number: int, index: Any) -> None:
        name = self.task.block_name(number)
        kind, packed, block = self.work(index, name)
        try:
            self.pipe.send((kind, packed))
        except OSError:  # nobody will take the block
            remove(name)
            raise
        finally:
            if block is not None and self.kept.maxlen:
                self.kept.append(block)
            elif block is not None:
                block.close()

    def work(self, index: Any, name: str) -> tuple[str, Packed, Any]:
        try:
            if self.failure is not None:
                failure, self.failure = self.failure, None
                return (ERROR, *pack(failure, name, inline=math.inf))
            assert self.fetcher is not None
            return (BATCH, *pack(self.fetcher.fetch(index), name))
        except StopIteration:
            return END, [], None
        except Exception as error:
            return (ERROR, *pack(WorkerFailure.of(error, self.worker), name, inline=math.inf))
