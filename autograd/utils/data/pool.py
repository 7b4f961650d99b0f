"""The parent's side of the worker processes: their start, their pipes, their end.

One pipe per worker and no thread: a worker's death closes its pipe and is seen at once, and starting more workers is
never a fork of a process whose threads we made. Sending cannot deadlock: before each send the parent takes what the
worker has said, and the worker's messages are small, so the worker is always free to read.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import secrets
import signal
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from typing import Any

from autograd.utils.data.shared import remove, start_tracker, unpack
from autograd.utils.data.worker import BATCH, ERROR, READY, RESET, STOP, WorkerTask, run

PATIENCE = 5.0  # seconds that a worker has to finish what it is doing when the pool closes

_HINTS = {
    "SIGKILL": "The system may have run out of memory: lower num_workers, prefetch_factor or batch_size.",
    "SIGBUS": "Shared memory (/dev/shm) may be full: lower num_workers, prefetch_factor or batch_size, or enlarge it.",
}


def default_context() -> BaseContext:
    """How workers are started unless ``multiprocessing_context`` says otherwise.

    On Linux by fork, so that datasets and functions need not be picklable (notebooks, lambdas), the data is not copied,
    and a worker is there in milliseconds. Workers touch none of what a fork breaks: no thread pools, no GPU. Elsewhere,
    and if ``multiprocessing.set_start_method`` chose another way than Python's own default, as Python does it.

    Example:
        >>> from autograd.utils.data.pool import default_context
        >>> default_context().get_start_method() in multiprocessing.get_all_start_methods()
        True
    """
    chosen = multiprocessing.get_start_method(allow_none=True)
    by_user = chosen is not None and chosen != multiprocessing.get_all_start_methods()[0]
    if sys.platform == "linux" and not by_user:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context(chosen)


class _Worker:
    """One process, its pipe, and what it owes."""

    def __init__(self, process: Any, pipe: Connection) -> None:
        self.process, self.pipe = process, pipe
        self.numbers: deque[int] = deque()  # tasks given out, in their order, which is the order of the answers
        self.answers: deque[Any] = deque()  # messages that came and were not asked for yet

    def signs_of_life(self) -> tuple[Any, Any]:
        """What becomes ready when the worker speaks or dies."""
        return self.pipe, self.process.sentinel

    def read(self) -> None:
        """Take the next message; EOFError if the worker died without one."""
        if not self.process.is_alive() and not self.pipe.poll():
            raise EOFError
        self.answers.append(self.pipe.recv())


class WorkerPool:
    """Worker processes that turn indices into batches.

    Args:
        make_task: given a prefix for names of shared memory, what the workers are told.
        num_workers: how many processes.
        context: how to start them.

    Example:
        >>> from autograd.utils.data.pool import WorkerPool, default_context
        >>> from autograd.utils.data.worker import WorkerTask
        >>> task = lambda prefix: WorkerTask("abcd", True, "".join, False, None, 0, 1, prefix, 2)
        >>> pool = WorkerPool(task, 1, default_context())
        >>> pool.submit(0, [3, 0]); pool.receive([0]); pool.close()
        0
        (0, 'batch', 'da')
    """

    def __init__(self, make_task: Callable[[str], WorkerTask], num_workers: int, context: BaseContext) -> None:
        self.owner = os.getpid()  # a fork has a copy of the pool, which must leave the workers alone
        self.closed = False
        self.submitted = 0
        self.workers: list[_Worker] = []
        self.task = make_task(f"tg{self.owner:x}_{secrets.token_hex(4)}_")
        start_tracker()
        try:
            for number in range(num_workers):
                self._start(number, context)
        except BaseException:
            self.close()
            raise

    def _start(self, number: int, context: BaseContext) -> None:
        ours, theirs = context.Pipe()
        forked = context.get_start_method() == "fork"
        foreign = [*(worker.pipe for worker in self.workers), ours] if forked else []
        process = context.Process(  # type: ignore[attr-defined]
            target=run, args=(self.task, number, theirs, foreign), name=f"DataLoaderWorker-{number}", daemon=True
        )
        try:
            with warnings.catch_warnings():
                # Python warns of any fork beside threads, such as a progress bar's; see default_context on why it may.
                warnings.filterwarnings("ignore", ".*multi-threaded, use of fork", DeprecationWarning)
                process.start()
        except BaseException as error:
            ours.close()
            if not forked and isinstance(error, (TypeError, AttributeError, pickle.PicklingError)):
                error.add_note(
                    f"DataLoader: start method {context.get_start_method()!r} pickles dataset, collate_fn and "
                    "worker_init_fn. Define them at the top of a module, or choose multiprocessing_context='fork'."
                )
            raise
        finally:
            theirs.close()
        self.workers.append(_Worker(process, ours))

    def submit(self, worker: int, index: Any) -> int:
        """Give a task to a worker.

        Args:
            worker: number of the worker.
            index: an index or a list of them.

        Returns:
            The number of the task.

        Raises:
            RuntimeError: the worker has died.
        """
        self._require_open()
        number, self.submitted = self.submitted, self.submitted + 1
        receiver = self.workers[worker]
        receiver.numbers.append(number)
        try:
            while receiver.pipe.poll():
                receiver.read()
            receiver.pipe.send((number, index))
        except (EOFError, OSError):
            self._fail(worker)
        except BaseException:  # interrupted within a message
            self.close()
            raise
        return number

    def receive(self, candidates: Sequence[int], timeout: float = 0) -> tuple[int, str, Any]:
        """Wait for the next answer of one of the workers, the first that has one.

        Args:
            candidates: numbers of workers that have tasks.
            timeout: seconds; 0 waits as long as they live.

        Returns:
            The worker's number; "batch", "error" or "end"; the batch, the exception to raise, or None.

        Raises:
            RuntimeError: a worker has died, or did not answer in time.
        """
        self._require_open()
        try:
            number = self._await(candidates, timeout)
            worker = self.workers[number]
            kind, packed = worker.answers.popleft()
            name = self.task.block_name(worker.numbers[0])
            content: Any = unpack(packed, name) if kind in (BATCH, ERROR) else None
            worker.numbers.popleft()  # from here on there is no block to remove
        except BaseException:  # died, timed out, or interrupted within a message
            self.close()
            raise
        return number, kind, content.exception() if kind == ERROR else content

    def _await(self, candidates: Sequence[int], timeout: float) -> int:
        """The number of a worker that has an answer."""
        for number in candidates:
            if self.workers[number].answers:
                return number
        signs = {sign: number for number in candidates for sign in self.workers[number].signs_of_life()}
        ready = wait(list(signs), timeout or None)
        if not ready:
            raise RuntimeError(
                f"DataLoader timed out after {timeout} seconds waiting for worker {candidates[0]}. "
                "Raise timeout, or look with num_workers=0 at what the dataset waits for."
            )
        number = signs[ready[0]]
        try:
            self.workers[number].read()
        except (EOFError, OSError):
            self._fail(number)
        return number

    def reset(self) -> None:
        """Take all tasks back and let the workers begin their datasets anew.

        Raises:
            RuntimeError: a worker has died.
        """
        self._require_open()
        try:
            for number, worker in enumerate(self.workers):
                try:
                    while worker.pipe.poll():
                        worker.read()
                    worker.pipe.send(RESET)
                    while not worker.answers or worker.answers[-1][0] != READY:
                        worker.read()
                except (EOFError, OSError):
                    self._fail(number)
                worker.answers.clear()
                self._remove_blocks(worker)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the workers and remove what they left in shared memory; again is harmless."""
        if self.closed or self.owner != os.getpid():
            return
        self.closed = True
        for worker in self.workers:
            with suppress(OSError):  # it may have gone already
                worker.pipe.send(STOP)
        deadline = time.monotonic() + PATIENCE
        for worker in self.workers:
            self._end(worker, deadline)
            worker.pipe.close()
            self._remove_blocks(worker)

    @staticmethod
    def _end(worker: _Worker, deadline: float) -> None:
        """Read what the worker still says, so that it can leave; past the deadline end it."""
        with suppress(EOFError, OSError):
            while worker.pipe.poll(max(0.0, deadline - time.monotonic())):
                worker.pipe.recv_bytes()
        worker.process.join(max(0.0, deadline - time.monotonic()))
        for end in (worker.process.terminate, worker.process.kill):
            if worker.process.is_alive():
                end()
                worker.process.join(1.0)

    def _remove_blocks(self, worker: _Worker) -> None:
        for number in worker.numbers:
            remove(self.task.block_name(number))
        worker.numbers.clear()

    def _require_open(self) -> None:
        if self.closed:
            raise RuntimeError(
                "DataLoader: the worker processes of this iterator have ended. Begin anew with iter(loader)."
            )

    def _fail(self, number: int) -> None:
        """Raise what happened to a worker whose pipe has closed."""
        process = self.workers[number].process
        process.join(PATIENCE)
        code = process.exitcode
        self.close()
        name = signal.Signals(-code).name if code is not None and -code in set(signal.Signals) else ""
        raise RuntimeError(
            f"DataLoader worker {number} (pid {process.pid}) exited unexpectedly with exit code {code}"
            f"{f' ({name})' if name else ''}. "
            + _HINTS.get(name, "With num_workers=0 the dataset runs in this process and shows its error.")
        ) from None
