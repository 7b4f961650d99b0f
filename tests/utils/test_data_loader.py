"""The loader in the main process: batches, lengths, options, randomness."""

from __future__ import annotations

import itertools
from collections import namedtuple
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.utils import data


class Stream(data.IterableDataset[int]):
    def __init__(self, length: int, claimed: int | None = None) -> None:
        self.length, self.claimed = length, length if claimed is None else claimed

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.length))

    def __len__(self) -> int:
        return self.claimed


def values(loader: Any) -> list[Any]:
    """The batches as plain values."""

    def plain(batch: Any) -> Any:
        if hasattr(batch, "tolist"):
            return batch.tolist()
        if isinstance(batch, dict):
            return {key: plain(value) for key, value in batch.items()}
        return [plain(item) for item in batch] if isinstance(batch, list | tuple) else batch

    return [plain(batch) for batch in loader]


OPTIONS: list[dict[str, Any]] = [
    {},
    {"batch_size": 3},
    {"batch_size": 3, "drop_last": True},
    {"batch_size": 7},
    {"batch_size": 8},
    {"batch_size": None},
    {"batch_size": 2, "sampler": [6, 0, 0, 1, 2]},
    {"batch_sampler": [[0, 1], [6], [2, 2, 2]]},
    {"batch_size": None, "sampler": [[0, 1], [2]]},
    {"batch_size": 3, "collate_fn": list},
    {"batch_size": 3, "collate_fn": len},
    {"batch_size": None, "collate_fn": str},
]


TENSOR_OPTIONS = [options for options in OPTIONS if options.get("collate_fn") is not str]  # tensors print differently
LIST_OPTIONS = [options for options in OPTIONS if options.get("sampler") != [[0, 1], [2]]]  # no item for two indices
ROWS = [
    *(("list", options) for options in LIST_OPTIONS),
    *((kind, options) for kind in ("tensors", "subset") for options in TENSOR_OPTIONS),
]


@pytest.mark.parametrize("kind, options", ROWS, ids=str)
def test_batches_as_pytorch(kind: str, options: dict[str, Any], torch: ModuleType) -> None:
    x = np.arange(14, dtype=np.float32).reshape(7, 2)
    results = []
    for module, utils in ((ag, data), (torch, torch.utils.data)):
        dataset = list(range(7)) if kind == "list" else utils.TensorDataset(module.from_numpy(x), module.arange(7))
        dataset = utils.Subset(dataset, [6, 5, 4, 3, 2, 1, 0]) if kind == "subset" else dataset
        loader = utils.DataLoader(dataset, **options)
        results.append((values(loader), len(loader), len(iter(loader))))
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "options", [{}, {"batch_size": 3}, {"batch_size": 3, "drop_last": True}, {"batch_size": None}], ids=str
)
@pytest.mark.parametrize("length", (0, 1, 6, 7))
def test_streams_as_pytorch(options: dict[str, Any], length: int, torch: ModuleType) -> None:
    class Theirs(torch.utils.data.IterableDataset):
        __iter__ = Stream.__iter__
        __len__ = Stream.__len__
        length, claimed = 7, 7

    Theirs.length = Theirs.claimed = length
    ours, theirs = data.DataLoader(Stream(length), **options), torch.utils.data.DataLoader(Theirs(), **options)
    assert (values(ours), len(ours)) == (values(theirs), len(theirs))


def test_the_fast_read_of_tensors_gives_what_samples_give() -> None:
    x, y = ag.rand(20, 3, 4), ag.randint(0, 9, (20,))
    dataset = data.TensorDataset(x, y)
    order = [19, 0, 7, 7, -1]
    fast = next(iter(data.DataLoader(dataset, batch_sampler=[order])))
    slow = data.default_collate([dataset[i] for i in order])
    assert type(fast) is type(slow) is list
    for one, other in zip(fast, slow, strict=True):
        assert (one.dtype, one.shape, one.tolist()) == (other.dtype, other.shape, other.tolist())
    fast[0][0] = 0  # a copy
    assert x[19].tolist() == slow[0][0].tolist()


def test_a_custom_collate_gets_a_list_of_samples() -> None:
    seen: list[Any] = []
    loader = data.DataLoader(data.TensorDataset(ag.arange(3), ag.arange(3)), batch_size=2, collate_fn=seen.append)
    list(loader)
    assert [type(batch) for batch in seen] == [list, list]
    assert [[type(sample) for sample in batch] for batch in seen] == [[tuple, tuple], [tuple]]


def test_batched_reads_are_used() -> None:
    class Batched(data.Dataset[int]):
        def __len__(self) -> int:
            return 4

        def __getitems__(self, indices: list[int]) -> list[int]:
            return [index * 10 for index in indices]

    assert values(data.DataLoader(Batched(), batch_size=3)) == [[0, 10, 20], [30]]


def test_shuffling_follows_the_generator() -> None:
    def epochs(seed: int) -> list[Any]:
        loader = data.DataLoader(range(20), 4, shuffle=True, generator=ag.Generator().manual_seed(seed))
        return [values(loader), values(loader)]

    one, same, other = epochs(1), epochs(1), epochs(2)
    assert one == same
    assert one[0] != one[1]
    assert one != other
    assert sorted(itertools.chain(*one[0])) == list(range(20))


def test_shuffling_follows_the_default_generator() -> None:
    loader = data.DataLoader(range(20), 4, shuffle=True)
    orders = []
    for seed in (1, 1, 2):
        ag.manual_seed(seed)
        orders.append(values(loader))
    assert orders[0] == orders[1] != orders[2]


WORKERS = pytest.mark.cpu_only("worker processes make tensors of the CPU")


@pytest.mark.parametrize("num_workers", (0, pytest.param(1, marks=WORKERS)))
def test_an_epoch_continues_from_its_first_state(num_workers: int) -> None:
    generator = ag.Generator().manual_seed(0)
    loader = data.DataLoader(range(12), 2, shuffle=True, generator=generator, num_workers=num_workers)
    values(loader)
    state = generator.get_state()
    epoch = values(loader)
    generator.set_state(state)
    assert values(itertools.islice(loader, 4, None)) == epoch[4:]


def test_two_iterators_do_not_disturb_each_other() -> None:
    loader = data.DataLoader(range(6), 2)
    first, second = iter(loader), iter(loader)
    assert values([next(first), next(second), next(first)]) == [[0, 1], [0, 1], [2, 3]]


def test_a_stream_longer_than_it_said() -> None:
    loader = data.DataLoader(Stream(4, claimed=2))
    assert values(loader) == [[0], [1], [2], [3]]  # nobody asked
    assert len(loader) == 2
    iterator = iter(loader)
    assert values(itertools.islice(iterator, 2)) == [[0], [1]]
    for count in (3, 4):
        with pytest.warns(UserWarning, match=rf"was reported to be 2 .*, but {count} samples have been fetched"):
            next(iterator)


def test_stop_iteration_in_a_dataset_does_not_end_the_epoch() -> None:
    class Stops(data.Dataset[int]):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: Any) -> int:
            raise StopIteration

    with pytest.raises(RuntimeError, match=r"Stops raised StopIteration on \[0, 1\]"):
        list(data.DataLoader(Stops(), 2))


@pytest.mark.parametrize(
    "name", ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")
)
def test_what_the_order_rests_on_cannot_change(name: str) -> None:
    loader = data.DataLoader(range(3))
    with pytest.raises(ValueError, match=f"{name} attribute should not be set after DataLoader is initialized"):
        setattr(loader, name, 1)
    loader.timeout = 3


BAD_OPTIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"num_workers": -1}, ValueError, "num_workers option should be non-negative, got -1; use num_workers=0"),
    ({"timeout": -1}, ValueError, "timeout option should be non-negative, got -1"),
    ({"timeout": 1}, ValueError, "timeout option needs num_workers > 0"),
    ({"prefetch_factor": 2}, ValueError, "prefetch_factor option needs num_workers > 0"),
    ({"prefetch_factor": 0, "num_workers": 1}, ValueError, "prefetch_factor option should be positive, got 0"),
    ({"persistent_workers": True}, ValueError, "persistent_workers option needs num_workers > 0"),
    ({"sampler": [0], "shuffle": True}, ValueError, "sampler option is mutually exclusive with shuffle"),
    ({"batch_sampler": [[0]], "batch_size": 2}, ValueError, "batch_sampler option is mutually exclusive"),
    ({"batch_sampler": [[0]], "shuffle": True}, ValueError, "batch_sampler option is mutually exclusive"),
    ({"batch_sampler": [[0]], "sampler": [0]}, ValueError, "batch_sampler option is mutually exclusive"),
    ({"batch_sampler": [[0]], "drop_last": True}, ValueError, "batch_sampler option is mutually exclusive"),
    ({"batch_size": None, "drop_last": True}, ValueError, "batch_size=None option disables auto-batching"),
    ({"batch_size": 0}, ValueError, "batch_size should be a positive integer value, but got batch_size=0"),
    (
        {"multiprocessing_context": "spawn"},
        ValueError,
        r"multi-process loading \(num_workers > 0\), but got num_workers=0",
    ),
    (
        {"multiprocessing_context": "x", "num_workers": 1},
        ValueError,
        "a valid start method in .*multiprocessing_context='x'",
    ),
    (
        {"multiprocessing_context": 1, "num_workers": 1},
        TypeError,
        "valid context object or a string .*multiprocessing_context=1",
    ),
]


@pytest.mark.parametrize(
    "options, kind, text", BAD_OPTIONS, ids=lambda value: str(value) if isinstance(value, dict) else ""
)
def test_bad_options(options: dict[str, Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        data.DataLoader(range(4), **options)


@pytest.mark.parametrize("options", [{"shuffle": True}, {"sampler": [0]}, {"batch_sampler": [[0]]}], ids=str)
def test_streams_take_no_order(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"IterableDataset: expected unspecified {next(iter(options))} option"):
        data.DataLoader(Stream(3), **options)


def test_shuffle_false_is_no_order() -> None:
    assert values(data.DataLoader(Stream(2), shuffle=False)) == [[0], [1]]


def test_an_empty_dataset_cannot_be_shuffled() -> None:
    assert values(data.DataLoader([])) == []
    with pytest.raises(ValueError, match="Is the dataset empty"):
        data.DataLoader([], shuffle=True)


def test_more_workers_than_processors_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0}, raising=False)
    with pytest.warns(UserWarning, match="will create 2 worker processes .* in current system is 1"):
        data.DataLoader(range(3), num_workers=2)


def with_cuda(monkeypatch: pytest.MonkeyPatch, available: bool) -> None:
    monkeypatch.setattr(ag, "cuda", SimpleNamespace(is_available=lambda: available), raising=False)


def test_pinning_without_a_gpu_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with_cuda(monkeypatch, available=False)
    loader = data.DataLoader(range(2), pin_memory=True)
    with pytest.warns(UserWarning, match="'pin_memory' argument is set as true but no accelerator is found"):
        assert values(loader) == [[0], [1]]


def test_everything_in_a_batch_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    class Leaf:
        pinned = False

        def pin_memory(self) -> Leaf:
            leaf = Leaf()
            leaf.pinned = True
            return leaf

    with_cuda(monkeypatch, available=True)
    pair = namedtuple("pair", ["a", "b"])
    samples = [{"x": Leaf(), "y": [Leaf(), "text"], "z": pair(Leaf(), 1)}]
    (batch,) = data.DataLoader(samples, batch_size=None, pin_memory=True)
    assert batch["x"].pinned and batch["y"][0].pinned and batch["z"].a.pinned
    assert (batch["y"][1], type(batch["z"]), batch["z"].b) == ("text", pair, 1)
