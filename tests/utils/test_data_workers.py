"""Worker processes: the batches they bring, what they leave behind, and how they fail."""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.utils import data
from autograd.utils.data import pool as pool_module
from autograd.utils.data.worker import WorkerTask

pytestmark = [
    pytest.mark.cpu_only("worker processes make tensors of the CPU"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning"),  # on one processor
]

POSIX = os.name == "posix"
FORK = "fork" in multiprocessing.get_all_start_methods()
needs_fork = pytest.mark.skipif(not FORK, reason="what is local to a function reaches a worker only by fork")


class Squares(data.Dataset[Any]):
    """Samples large enough for shared memory: (2000 float64, the index)."""

    def __len__(self) -> int:
        return 11

    def __getitem__(self, index: Any) -> Any:
        return np.full(2000, index, np.float64), index


class Fails(Squares):
    """Raises on some indices, as told by a dict from index to what to do."""

    def __init__(self, actions: dict[int, Any]) -> None:
        self.actions = actions

    def __getitem__(self, index: Any) -> Any:
        action = self.actions.get(index)
        if isinstance(action, Exception):
            raise action
        if action is not None:
            action()
        return super().__getitem__(index)


class Share(data.IterableDataset[int]):
    """Numbers below 10, each worker its share of them."""

    def __iter__(self) -> Iterator[int]:
        info = data.get_worker_info()
        return iter(range(10) if info is None else range(info.id, 10, info.num_workers))


class Everything(data.IterableDataset[int]):
    def __iter__(self) -> Iterator[int]:
        return iter(range(3))


class Where(data.Dataset[Any]):
    """What a worker knows of itself, and its random numbers."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: Any) -> Any:
        info = data.get_worker_info()
        assert info is not None and info.dataset is self
        return info.id, info.num_workers, info.seed, ag.initial_seed(), random.random(), np.random.rand()  # noqa: NPY002


def blocks(prefix: str = f"tg{os.getpid():x}_") -> set[str]:
    """Names of blocks of shared memory, this process's unless told otherwise, where the system lists them."""
    folder = Path("/dev/shm")
    return {path.name for path in folder.glob(f"{prefix}*")} if folder.is_dir() else set()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Each test ends without processes and shared memory of its own."""
    before = blocks()
    yield
    if multiprocessing.active_children():  # an iterator in the traceback of an expected exception
        gc.collect()
    assert not multiprocessing.active_children()
    assert not blocks() - before


def labels(loader: Any) -> list[list[int]]:
    batches = []
    for x, y in loader:
        assert (x.numpy() == y.numpy()[:, None]).all()
        batches.append(y.tolist())
    return batches


EXPECTED = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10]]


@pytest.mark.parametrize(
    "options", [{}, {"prefetch_factor": 1}, {"prefetch_factor": 5}, {"persistent_workers": True}], ids=str
)
@pytest.mark.parametrize("num_workers", (1, 2))
def test_the_batches_of_one_process(num_workers: int, options: dict[str, Any]) -> None:
    loader = data.DataLoader(Squares(), 3, num_workers=num_workers, **options)
    assert [labels(loader), labels(loader)] == [EXPECTED, EXPECTED]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_every_start_method(method: str) -> None:
    dataset = data.TensorDataset(ag.arange(6), ag.arange(6.0).reshape(6, 1))
    loader = data.DataLoader(dataset, 4, num_workers=1, multiprocessing_context=method)
    assert [(x.tolist(), y.tolist()) for x, y in loader] == [
        ([0, 1, 2, 3], [[0.0], [1.0], [2.0], [3.0]]),
        ([4, 5], [[4.0], [5.0]]),
    ]


METHODS = multiprocessing.get_all_start_methods()  # the first is Python's default
CHOSEN = [(None, "fork"), (METHODS[0], "fork"), *((method, method) for method in METHODS[1:])]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Python's default is ours")
@pytest.mark.parametrize("chosen, expected", CHOSEN)
def test_the_default_start_method(chosen: str | None, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing, "get_start_method", lambda allow_none: chosen)
    assert pool_module.default_context().get_start_method() == expected


def test_workers_start_beside_threads() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert labels(data.DataLoader(Squares(), 3, num_workers=2)) == EXPECTED  # without a warning
    finally:
        stop.set()
        thread.join()


@needs_fork
def test_any_order_brings_every_batch() -> None:
    slow = Fails({0: lambda: time.sleep(0.2)})
    batches = labels(data.DataLoader(slow, 1, num_workers=2, in_order=False))
    assert sorted(batches) == [[i] for i in range(11)]
    assert batches[0] != [0]


@needs_fork
def test_any_batch_that_pickles() -> None:
    samples = [
        np.zeros((0, 3)),
        np.array(2.5),
        np.asfortranarray(np.arange(3000.0).reshape(3, 1000)),
        np.arange(4000)[::2],
        {"text": "x" * 5000, "none": None},
        ag.tensor([1.0, 2.0], requires_grad=True),
        ag.zeros(2000, dtype=ag.float16),
        ag.zeros(3, 0),
        b"z" * 3000,
    ]
    received = list(data.DataLoader(samples, batch_size=None, collate_fn=lambda sample: sample, num_workers=1))  # type: ignore[arg-type]
    for sent, got in zip(samples, received, strict=True):
        assert type(got) is type(sent)
        if isinstance(sent, np.ndarray):
            assert (got.dtype, got.shape, got.flags.writeable) == (sent.dtype, sent.shape, True)
            assert (got == sent).all()
        elif isinstance(sent, ag.Tensor):
            assert (got.dtype, got.shape, got.requires_grad) == (sent.dtype, sent.shape, sent.requires_grad)
            assert (got.detach().numpy() == sent.detach().numpy()).all()
        else:
            assert got == sent


def test_a_received_batch_can_be_changed() -> None:
    for x, _ in data.DataLoader(Squares(), 3, num_workers=1):
        x[0] = -1
        assert x[0, 0].item() == -1


@pytest.mark.parametrize(
    "batch_size, expected", [(2, [[0, 2], [1, 3], [4, 6], [5, 7], [8], [9]]), (None, list(range(10)))]
)
@pytest.mark.parametrize("persistent", (False, True))
def test_shares_of_a_stream(batch_size: int | None, expected: list[Any], persistent: bool) -> None:
    loader = data.DataLoader(Share(), batch_size, num_workers=2, persistent_workers=persistent)
    for _ in range(2):
        assert [batch if batch_size is None else batch.tolist() for batch in loader] == expected


def test_an_unshared_stream_comes_once_per_worker() -> None:
    assert list(data.DataLoader(Everything(), None, num_workers=2)) == [0, 0, 1, 1, 2, 2]


def test_streams_as_pytorch(torch: Any) -> None:
    class Theirs(torch.utils.data.IterableDataset):
        def __iter__(self) -> Iterator[int]:
            info = torch.utils.data.get_worker_info()
            return iter(range(info.id * 3, 7 + info.id))

    class Ours(data.IterableDataset[int]):
        def __iter__(self) -> Iterator[int]:
            info = data.get_worker_info()
            assert info is not None
            return iter(range(info.id * 3, 7 + info.id))

    for options in ({}, {"prefetch_factor": 3}, {"drop_last": True}):
        ours = data.DataLoader(Ours(), 2, num_workers=2, **options)  # type: ignore[arg-type]
        theirs = torch.utils.data.DataLoader(Theirs(), 2, num_workers=2, multiprocessing_context="fork", **options)
        assert [b.tolist() for b in ours] == [b.tolist() for b in theirs]


def test_random_numbers_of_workers() -> None:
    def draw(seed: int) -> list[Any]:
        loader = data.DataLoader(Where(), None, num_workers=2, generator=ag.Generator().manual_seed(seed))
        return list(loader)

    drawn, again, other = draw(1), draw(1), draw(2)
    assert drawn == again
    assert [sample[:2] for sample in drawn] == [[0, 2], [1, 2], [0, 2], [1, 2]]
    assert all(sample[2] == sample[3] for sample in drawn)
    assert drawn[1][2] == drawn[0][2] + 1  # base seed + id
    assert len({sample[4] for sample in drawn + other}) == len({sample[5] for sample in drawn + other}) == 8


class Noise(data.Dataset[Any]):
    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: Any) -> Any:
        return ag.rand(300, 300).sum().item(), ag.randperm(5).tolist()


def test_tensors_are_drawn_and_computed_in_workers() -> None:
    ag.rand(1000, 1000).exp().sum()  # the parent's kernels have started their threads

    def draw(seed: int) -> list[Any]:
        return list(data.DataLoader(Noise(), None, num_workers=2, generator=ag.Generator().manual_seed(seed)))

    drawn = draw(1)
    assert drawn == draw(1) != draw(2)
    assert len({total for total, _ in drawn}) == 6


def test_numpy_is_seeded_as_by_pytorch(torch: Any) -> None:
    seeds = torch.utils.data._utils.worker._generate_state
    drawn = list(data.DataLoader(Where(), None, num_workers=2))
    for worker in (0, 1):
        expected = np.random.RandomState(seeds(drawn[worker][2] - worker, worker)).rand()
        assert drawn[worker][5] == expected


def test_worker_info_is_none_here() -> None:
    assert data.get_worker_info() is None


@needs_fork
def test_worker_init_fn() -> None:
    seen = []

    def init(worker: int) -> None:
        seen.append(worker)

    loader = data.DataLoader(range(4), None, num_workers=2, worker_init_fn=init, collate_fn=lambda i: (i, list(seen)))  # type: ignore[arg-type]
    assert list(loader) == [(0, [0]), (1, [1]), (2, [0]), (3, [1])]


@needs_fork
def test_persistent_workers_keep_their_state() -> None:
    count = []
    dataset = Fails({i: lambda: count.append(0) for i in range(11)})
    loader = data.DataLoader(
        dataset, 1, num_workers=1, persistent_workers=True, collate_fn=lambda _: (os.getpid(), len(count))
    )
    first, second = list(loader), list(loader)
    assert {pid for pid, _ in first} == {pid for pid, _ in second} != {os.getpid()}
    assert [n for _, n in first + second] == list(range(1, 23))


def test_persistent_workers_begin_anew_after_a_broken_off_epoch() -> None:
    loader = data.DataLoader(Squares(), 3, num_workers=2, persistent_workers=True)
    for _ in range(3):
        next(iter(loader))
    assert labels(loader) == EXPECTED


def test_a_broken_off_iteration_leaves_nothing() -> None:
    loader = data.DataLoader(Squares(), 1, num_workers=2, prefetch_factor=3)
    iterator = iter(loader)
    next(iterator)
    if Path("/dev/shm").is_dir():
        deadline = time.monotonic() + 5
        while not blocks() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert blocks()  # batches that wait to be taken
    del iterator  # the fixture looks at what is left


def test_a_second_reading_of_an_ended_iterator() -> None:
    iterator = iter(data.DataLoader(Squares(), 6, num_workers=1))
    assert len(labels(iterator)) == 2
    with pytest.raises(StopIteration):
        next(iterator)


# -- failures ----------------------------------------------------------------------------------------------------------


class Picky(Exception):
    """An exception that cannot be made from a text."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(one, two)


class Local(data.Dataset[int]):
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: Any) -> int:
        class Unknown(ValueError):
            """An exception that the parent cannot import."""

        raise Unknown("local")


RAISED: list[tuple[Any, type[Exception], str]] = [
    (Fails({4: ValueError("four")}), ValueError, "four"),
    (Fails({4: KeyError("four")}), KeyError, "four"),
    (Fails({4: StopIteration("four")}), RuntimeError, r"Fails raised StopIteration on \[4, 5\]"),
    (Fails({4: Picky(1, 2)}), RuntimeError, "Caught Picky"),
    (Local(), RuntimeError, "Caught Unknown"),
]


@pytest.mark.parametrize("dataset, kind, text", RAISED, ids=lambda value: type(value).__name__)
def test_an_exception_comes_with_its_traceback(dataset: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text) as e:
        list(data.DataLoader(dataset, 2, num_workers=1))
    assert type(e.value) is kind
    message = str(e.value)
    assert message.startswith("Caught ")
    assert "in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n" in message
    assert "in __getitem__" in message or kind is RuntimeError


def test_an_iteration_goes_on_after_an_exception() -> None:
    iterator = iter(data.DataLoader(Fails({4: ValueError("four")}), 3, num_workers=2))
    next(iterator)
    with pytest.raises(ValueError, match="four"):
        next(iterator)
    assert labels(iterator) == EXPECTED[2:]


class Unopened(data.IterableDataset[int]):
    def __iter__(self) -> Iterator[int]:
        raise OSError("no stream")


def refuse(worker: int) -> None:
    raise OSError(f"worker {worker} refuses")


START_ERRORS: list[tuple[Any, dict[str, Any], str]] = [
    (Unopened(), {}, "no stream"),
    (Squares(), {"worker_init_fn": refuse}, "worker 0 refuses"),
]


@pytest.mark.parametrize("dataset, options, text", START_ERRORS, ids=["iter", "worker_init_fn"])
def test_an_exception_at_the_start(dataset: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(OSError, match=text):
        list(data.DataLoader(dataset, 2, num_workers=1, **options))


@needs_fork
def test_a_batch_that_does_not_pickle() -> None:
    loader = data.DataLoader(range(2), num_workers=1, collate_fn=lambda batch: lambda: batch)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="in DataLoader worker process 0"):
        list(loader)


@needs_fork
def test_a_batch_with_history() -> None:
    weight = ag.ones(2, requires_grad=True)
    loader = data.DataLoader(range(2), num_workers=1, collate_fn=lambda _: weight * 2)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="expected tensors without history"):
        list(loader)


def killed(number: int) -> Any:
    def action() -> None:
        faulthandler.disable()  # pytest's, which would print
        os.kill(os.getpid(), number)

    return action


DEATHS = [
    (lambda: os._exit(3), r"3. With num_workers=0 the dataset"),
    (lambda: sys.exit(4), r"4. With num_workers=0"),
    *(
        [
            (killed(signal.SIGKILL), r"-9 \(SIGKILL\). The system may have run out of memory: lower num_workers"),
            (killed(signal.SIGBUS), r"\(SIGBUS\). Shared memory \(/dev/shm\) may be full: lower num_workers"),
        ]
        if POSIX
        else []
    ),
]


@needs_fork
@pytest.mark.parametrize("action, text", DEATHS, ids=["_exit", "exit", "SIGKILL", "SIGBUS"][: len(DEATHS)])
def test_the_death_of_a_worker(action: Any, text: str) -> None:
    iterator = iter(data.DataLoader(Fails({3: action}), 3, num_workers=2))
    next(iterator)
    with pytest.raises(
        RuntimeError, match=r"DataLoader worker 1 \(pid \d+\) exited unexpectedly with exit code .*" + text
    ):
        next(iterator)
    with pytest.raises(
        RuntimeError, match=r"worker processes of this iterator have ended. Begin anew with iter\(loader\)"
    ):
        next(iterator)


@needs_fork
def test_a_worker_killed_while_it_waits() -> None:
    loader = data.DataLoader(Squares(), 1, num_workers=1, persistent_workers=True, prefetch_factor=1)
    iterator: Any = iter(loader)
    next(iterator)
    os.kill(iterator.pool.workers[0].process.pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="DataLoader worker 0"):
        list(iterator)
    assert len(labels(loader)) == 11  # new workers


@needs_fork
def test_a_timeout() -> None:
    loader = data.DataLoader(Fails({0: lambda: time.sleep(0.5)}), 1, num_workers=1, timeout=0.05)
    with pytest.raises(
        RuntimeError, match=r"timed out after 0.05 seconds waiting for worker 0. Raise timeout, or look"
    ):
        next(iter(loader))


@needs_fork
def test_a_worker_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "PATIENCE", 0.05)
    busy = multiprocessing.get_context("fork").Event()
    dataset = Fails({0: lambda: (busy.set(), time.sleep(60))})
    iterator: Any = iter(data.DataLoader(dataset, 1, num_workers=1))
    assert busy.wait(5)
    process = iterator.pool.workers[0].process
    iterator.pool.close()
    assert process.exitcode == -signal.SIGTERM


@pytest.mark.skipif(not POSIX, reason="Windows frees a block with its last user")
def test_the_blocks_of_a_killed_worker_are_removed() -> None:
    task: list[WorkerTask] = []

    def make_task(prefix: str) -> WorkerTask:
        task.append(WorkerTask(Squares(), True, data.default_collate, False, None, 0, 1, prefix, 2))
        return task[0]

    pool = pool_module.WorkerPool(make_task, 1, pool_module.default_context())
    number = pool.submit(0, [1, 2])
    name = task[0].block_name(number)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and not pool.workers[0].pipe.poll(0.01):
        pass
    SharedMemory(name).close()  # it is there
    pool.workers[0].process.kill()
    pool.close()
    with pytest.raises(FileNotFoundError):
        SharedMemory(name)


@needs_fork
def test_a_fork_leaves_the_workers_alone() -> None:
    iterator: Any = iter(data.DataLoader(Squares(), 3, num_workers=1))
    child = multiprocessing.get_context("fork").Process(target=iterator.pool.close)
    child.start()
    child.join()
    assert labels(iterator) == EXPECTED


def test_what_does_not_pickle_is_explained() -> None:
    loader = data.DataLoader(range(2), num_workers=1, multiprocessing_context="spawn", collate_fn=lambda batch: batch)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="pickle") as e:
        iter(loader)
    assert "start method 'spawn' pickles dataset, collate_fn and worker_init_fn" in "".join(e.value.__notes__)


# -- the end of the program --------------------------------------------------------------------------------------------

PROGRAM = """
    import os, signal, sys, time
    import numpy as np
    from autograd.utils.data import DataLoader, Dataset

    class Data(Dataset):
        def __len__(self): return 1000
        def __getitem__(self, i): time.sleep(0.005); return np.zeros(5000)

    if __name__ == "__main__":
        iterator = iter(DataLoader(Data(), 2, num_workers=2, prefetch_factor=4))
        next(iterator)
        print(*(worker.process.pid for worker in iterator.pool.workers), iterator.pool.task.prefix, flush=True)
        ENDING
"""
ENDINGS = {
    "exit": ("sys.exit(0)", 0, ""),
    "exception": ("raise ValueError('boom')", 1, "ValueError: boom"),
    "interrupt": ("time.sleep(0.05); os.kill(0, signal.SIGINT); list(iterator)", -signal.SIGINT, "KeyboardInterrupt"),
    "kill": ("time.sleep(0.05); os.kill(os.getpid(), 9)", -9, ""),
}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not POSIX, reason="signals")
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_end_of_the_program(ending: str, tmp_path: Path) -> None:
    code, returncode, error = ENDINGS[ending]
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(PROGRAM).replace("ENDING", code))
    root = Path(ag.__file__).parents[1]
    ended = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,  # a process group of its own, for the interrupt
    )
    assert ended.returncode == returncode, ended.stderr
    *pids, prefix = ended.stdout.split()
    deadline = time.monotonic() + 20
    left: list[Any] = []
    while time.monotonic() < deadline:
        left = [*(pid for pid in pids if alive(int(pid))), *blocks(prefix)]
        if not left:
            break
        time.sleep(0.02)
    assert not left
    assert error in ended.stderr
    assert "leaked" not in ended.stderr or ending == "kill"
    assert ended.stderr == "" or ending != "exit"
