"""Samplers: lengths, order, randomness; the deterministic ones equal PyTorch's."""

from __future__ import annotations

import itertools
from collections import Counter
from types import ModuleType
from typing import Any

import pytest

import autograd as ag
from autograd.utils import data


def seeded(seed: int) -> ag.Generator:
    return ag.Generator().manual_seed(seed)


RANDOM = {
    "permutation": lambda g: data.RandomSampler(range(50), generator=g),
    "with replacement": lambda g: data.RandomSampler(range(50), replacement=True, num_samples=77, generator=g),
    "two rounds and a half": lambda g: data.RandomSampler(range(20), num_samples=50, generator=g),
    "subset": lambda g: data.SubsetRandomSampler(list(range(10, 60)), generator=g),
    "weighted": lambda g: data.WeightedRandomSampler(list(range(1, 51)), 60, generator=g),
    "weighted, each once": lambda g: data.WeightedRandomSampler(list(range(1, 51)), 40, False, generator=g),
}


@pytest.mark.parametrize("name", RANDOM)
def test_a_generator_determines_the_order(name: str) -> None:
    make = RANDOM[name]
    order = list(make(seeded(3)))
    assert len(order) == len(make(None))
    assert all(type(index) is int for index in order)
    assert order == list(make(seeded(3))) != list(make(seeded(4)))


@pytest.mark.parametrize("name", RANDOM)
def test_the_order_is_drawn_when_the_iteration_begins(name: str) -> None:
    generator = seeded(5)
    iterator = iter(RANDOM[name](generator))
    order = [next(iterator)]
    generator.manual_seed(9)  # nothing that happens later may change it
    assert order + list(iterator) == list(RANDOM[name](seeded(5)))


@pytest.mark.parametrize("name", RANDOM)
def test_a_state_brings_the_order_back(name: str) -> None:
    generator = seeded(1)
    sampler = RANDOM[name](generator)
    list(sampler)
    state = generator.get_state()
    epoch = list(sampler)
    assert epoch != list(sampler)
    generator.set_state(state)
    assert list(sampler) == epoch


@pytest.mark.parametrize("name", RANDOM)
def test_without_a_generator_the_default_one_decides(name: str) -> None:
    orders = []
    for seed in (1, 1, 2):
        ag.manual_seed(seed)
        orders.append(list(RANDOM[name](None)))
    assert orders[0] == orders[1] != orders[2]


def test_counts_of_random_samplers() -> None:
    assert Counter(data.RandomSampler(range(20), num_samples=40)) == Counter(list(range(20)) * 2)
    assert sorted(data.SubsetRandomSampler([7, 3, 5])) == [3, 5, 7]
    assert len(set(data.WeightedRandomSampler([1.0, 2.0, 3.0, 4.0], 4, replacement=False))) == 4
    drawn = Counter(data.WeightedRandomSampler([1.0, 0.0, 3.0], 4000))
    assert drawn[1] == 0
    assert 0.7 < drawn[2] / 4000 < 0.8


def test_the_length_of_a_random_sampler_follows_the_data() -> None:
    grown = [0]
    sampler = data.RandomSampler(grown)
    grown.append(1)
    assert (len(sampler), sorted(sampler)) == (2, [0, 1])


@pytest.mark.parametrize("length", (0, 1, 4, 5, 6, 10))
@pytest.mark.parametrize("batch_size", (1, 2, 5))
@pytest.mark.parametrize("drop_last", (False, True))
def test_batches(length: int, batch_size: int, drop_last: bool, torch: ModuleType) -> None:
    ours = data.BatchSampler(data.SequentialSampler(range(length)), batch_size, drop_last)
    theirs = torch.utils.data.BatchSampler(range(length), batch_size, drop_last)
    assert (list(ours), len(ours)) == (list(theirs), len(theirs))


@pytest.mark.parametrize("length, replicas", [(10, 3), (9, 3), (2, 5), (11, 4), (1, 1)])
@pytest.mark.parametrize("drop_last", (False, True))
def test_shares_without_shuffling(length: int, replicas: int, drop_last: bool, torch: ModuleType) -> None:
    for rank in range(replicas):
        arguments: Any = (range(length), replicas, rank, False, 0, drop_last)
        ours, theirs = data.DistributedSampler(*arguments), torch.utils.data.DistributedSampler(*arguments)
        assert (list(ours), len(ours)) == (list(theirs), len(theirs))


def test_shuffled_shares_cover_the_data_and_change_with_the_epoch() -> None:
    samplers = [data.DistributedSampler(range(12), 3, rank, seed=4) for rank in range(3)]
    epochs = []
    for epoch in (0, 1, 0):
        for sampler in samplers:
            sampler.set_epoch(epoch)
        epochs.append([list(sampler) for sampler in samplers])
        assert sorted(itertools.chain(*epochs[-1])) == list(range(12))
    assert epochs[0] == epochs[2] != epochs[1]


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda: iter(data.Sampler()), NotImplementedError, "Sampler: expected a subclass to define __iter__"),
    (
        lambda: data.RandomSampler([]),
        ValueError,
        "num_samples should be a positive integer value, but got num_samples=0",
    ),
    (lambda: data.RandomSampler([0], num_samples=-1), ValueError, "but got num_samples=-1"),
    (
        lambda: data.RandomSampler([0], replacement=1),
        TypeError,
        "replacement should be a boolean value, but got replacement=1",
    ),
    (lambda: data.WeightedRandomSampler([1.0], 0), ValueError, "num_samples should be a positive integer"),
    (lambda: data.WeightedRandomSampler([1.0], True), ValueError, "but got num_samples=True"),
    (lambda: data.WeightedRandomSampler([1.0], 1, 1), ValueError, "replacement should be a boolean value"),
    (lambda: data.WeightedRandomSampler([[1.0]], 1), ValueError, r"1d sequence but given weights have shape \(1, 1\)"),
    (
        lambda: data.BatchSampler([0], 0, False),
        ValueError,
        "batch_size should be a positive integer value, but got batch_size=0",
    ),
    (lambda: data.BatchSampler([0], True, False), ValueError, "but got batch_size=True"),
    (lambda: data.BatchSampler([0], 1, 0), ValueError, "drop_last should be a boolean value, but got drop_last=0"),
    (
        lambda: data.DistributedSampler([0]),
        RuntimeError,
        "expected num_replicas and rank, got num_replicas=None and rank=None",
    ),
    (
        lambda: data.DistributedSampler([0], 2, 2),
        ValueError,
        r"Invalid rank 2, rank should be in the interval \[0, 1\]",
    ),
    (lambda: data.DistributedSampler([0], 2, -1), ValueError, "Invalid rank -1"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_errors(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()
