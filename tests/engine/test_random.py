"""Random numbers: reproducible, independent streams, the right distributions, states that can be kept."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
from autograd.errors import DtypeError, ShapeError

DRAWS = {
    "rand": lambda g: ag.rand(7, 3, generator=g),
    "rand float64": lambda g: ag.rand(5, dtype=ag.float64, generator=g),
    "randn": lambda g: ag.randn(7, generator=g),
    "randint": lambda g: ag.randint(-5, 100, (9,), generator=g),
    "randperm": lambda g: ag.randperm(11, generator=g),
    "normal": lambda g: ag.normal(2.0, 3.0, (5,), generator=g),
    "bernoulli": lambda g: ag.bernoulli(ag.full((20,), 0.5), generator=g),
    "multinomial": lambda g: ag.multinomial(ag.ones(10), 4, generator=g),
    "uniform_": lambda g: ag.empty(5).uniform_(-1, 2, generator=g),
    "normal_": lambda g: ag.empty(5).normal_(1, 2, generator=g),
    "bernoulli_": lambda g: ag.empty(20).bernoulli_(0.3, generator=g),
    "exponential_": lambda g: ag.empty(5).exponential_(2.0, generator=g),
    "random_": lambda g: ag.empty(5, dtype=ag.int64).random_(0, 50, generator=g),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_same_seed_gives_the_same_numbers(draw) -> None:
    first = [draw(ag.Generator().manual_seed(5)).tolist() for _ in range(2)]
    assert first[0] == first[1] != draw(ag.Generator().manual_seed(6)).tolist()
    ag.manual_seed(5)
    assert draw(None).tolist() == first[0]  # the default stream is such a stream
    assert draw(None).tolist() != first[0]  # and it goes on


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_generator_and_the_default_stream_do_not_disturb_each_other(draw) -> None:
    g = ag.Generator().manual_seed(1)
    ag.manual_seed(2)
    alone = [draw(g).tolist() for _ in range(2)], [ag.rand(3).tolist() for _ in range(2)]
    g.manual_seed(1)
    ag.manual_seed(2)
    mixed: tuple[list, list] = ([], [])
    for _ in range(2):
        mixed[1].append(ag.rand(3).tolist())
        mixed[0].append(draw(g).tolist())
    assert mixed == alone


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_states_can_be_kept(draw) -> None:
    g = ag.Generator().manual_seed(3)
    draw(g)
    state = g.get_state()
    after = [draw(g).tolist() for _ in range(2)]
    g.set_state(state)
    assert [draw(g).tolist() for _ in range(2)] == after
    ag.set_rng_state(state)
    assert draw(None).tolist() == after[0]
    other = ag.Generator()
    assert draw(other.set_state(ag.get_rng_state())).tolist() == after[1]


def test_a_state_is_a_copy() -> None:
    g = ag.Generator().manual_seed(3)
    state = g.get_state()
    ag.rand(5, generator=g)
    assert state.dtype is ag.uint8 and state.tolist() != g.get_state().tolist()
    assert g.set_state(state).get_state().tolist() == state.tolist()


def test_numbers_do_not_depend_on_how_many_are_drawn_at_once_elsewhere() -> None:
    """A draw is a function of seed and position: the first words of a longer draw are those of a shorter one."""
    assert ag.rand(5, generator=ag.Generator().manual_seed(9)).tolist() == (
        ag.rand(50, generator=ag.Generator().manual_seed(9))[:5].tolist()
    )


def test_seeds() -> None:
    g = ag.Generator()
    assert g.manual_seed(7) is g and g.initial_seed() == 7
    g.manual_seed(-1)
    assert g.initial_seed() == 2**64 - 1
    seeds = {g.seed() for _ in range(5)}
    assert len(seeds) == 5 and g.initial_seed() in seeds
    assert ag.manual_seed(11) is not None and ag.initial_seed() == 11
    assert ag.seed() == ag.initial_seed()
    assert ag.Generator("cuda").device == ag.device("cuda")


SEEDS = [0, 1, 2, 2**32, 2**63]


def test_streams_of_neighbouring_seeds_are_unrelated() -> None:
    draws = np.stack([ag.randn(4000, generator=ag.Generator().manual_seed(s)).numpy() for s in SEEDS])
    correlations = np.corrcoef(draws) - np.eye(len(SEEDS))
    assert np.abs(correlations).max() < 0.08


N = 40_000
MOMENTS = [  # name, draw, mean, standard deviation
    ("uniform", lambda: ag.rand(N), 0.5, math.sqrt(1 / 12)),
    ("uniform float64", lambda: ag.rand(N, dtype=ag.float64), 0.5, math.sqrt(1 / 12)),
    ("uniform float16", lambda: ag.rand(N, dtype=ag.float16).float(), 0.5, math.sqrt(1 / 12)),
    ("uniform_", lambda: ag.empty(N).uniform_(-2, 6), 2.0, math.sqrt(64 / 12)),
    ("normal", lambda: ag.randn(N), 0.0, 1.0),
    ("normal float64", lambda: ag.randn(N, dtype=ag.float64), 0.0, 1.0),
    ("normal(mean, std)", lambda: ag.normal(3.0, 2.0, (N,)), 3.0, 2.0),
    ("normal of tensors", lambda: ag.normal(ag.full((N,), -1.0), ag.full((N,), 0.5)), -1.0, 0.5),
    ("normal_", lambda: ag.empty(N).normal_(5, 3), 5.0, 3.0),
    ("randint", lambda: ag.randint(0, 10, (N,)).double(), 4.5, math.sqrt(99 / 12)),
    ("randint below zero", lambda: ag.randint(-3, 0, (N,)).double(), -2.0, math.sqrt(8 / 12)),
    ("bernoulli", lambda: ag.bernoulli(ag.full((N,), 0.2)), 0.2, 0.4),
    ("bernoulli_", lambda: ag.empty(N).bernoulli_(0.9), 0.9, 0.3),
    ("exponential_", lambda: ag.empty(N).exponential_(2.0), 0.5, 0.5),
    ("multinomial", lambda: ag.multinomial(ag.tensor([1.0, 3.0]), N, True).double(), 0.75, math.sqrt(0.1875)),
    ("rand_like", lambda: ag.rand_like(ag.zeros(N)), 0.5, math.sqrt(1 / 12)),
    ("randn_like", lambda: ag.randn_like(ag.zeros(N)), 0.0, 1.0),
    ("dropout's uniform bits", lambda: (ag.rand(N) < 0.3).double(), 0.3, math.sqrt(0.21)),
]


@pytest.mark.parametrize("draw, mean, std", [row[1:] for row in MOMENTS], ids=[row[0] for row in MOMENTS])
def test_moments(draw, mean: float, std: float) -> None:
    x = draw().numpy().astype("float64")
    assert x.shape == (N,)
    assert abs(x.mean() - mean) < 5 * std / math.sqrt(N)
    assert abs(x.std() - std) < 0.03 * std
    assert abs(np.corrcoef(x[:-1], x[1:])[0, 1]) < 0.03 and abs(np.corrcoef(x[: N // 2], x[N // 2 :])[0, 1]) < 0.03


def test_uniform_numbers_fill_the_interval_and_never_reach_its_end() -> None:
    for dtype in (ag.float16, ag.float32, ag.float64):
        x = ag.rand(100_000, dtype=dtype)
        assert 0 <= x.min().item() < 1e-3 and 0.999 < x.max().item() < 1
    counts = np.histogram(ag.rand(N).numpy(), 20, (0, 1))[0]
    assert np.abs(counts - N / 20).max() < 6 * math.sqrt(N / 20)


def test_normal_numbers_have_the_right_tails() -> None:
    x = ag.randn(N).numpy()
    for bound, share in ((1, 0.3173), (2, 0.0455), (3, 0.0027)):
        assert abs((np.abs(x) > bound).mean() - share) < 5 * math.sqrt(share / N)
    assert np.isfinite(x).all()


def test_integers_cover_their_range() -> None:
    values, counts = np.unique(ag.randint(3, 10, (7000,)).numpy(), return_counts=True)
    assert values.tolist() == list(range(3, 10)) and counts.min() > 850
    assert set(ag.randint(2, (100,)).tolist()) == {0, 1}
    big = ag.randint(0, 2**40, (100,))
    assert big.max().item() > 2**38 and big.dtype is ag.int64
    assert ag.randint(0, 5, (3,), dtype=ag.float32).dtype is ag.float32


def test_permutations() -> None:
    for n in (0, 1, 2, 10, 1000):
        assert sorted(ag.randperm(n).tolist()) == list(range(n))
    firsts = [ag.randperm(4)[0].item() for _ in range(400)]
    assert min(firsts.count(k) for k in range(4)) > 60
    assert ag.randperm(5, dtype=ag.int32).dtype is ag.int32


def test_multinomial_draws_without_repeating() -> None:
    rows = ag.multinomial(ag.rand(50, 8) + 0.1, 8)
    assert all(sorted(row) == list(range(8)) for row in rows.tolist())
    assert ag.multinomial(ag.tensor([0.0, 1.0, 0.0]), 1).tolist() == [1]


def test_zero_size_and_scalars() -> None:
    assert ag.rand(0).shape == (0,) and ag.randn(2, 0).shape == (2, 0) and ag.rand(()).shape == ()
    assert ag.randn(()).item() != ag.randn(()).item()


def test_in_place_draws_are_noticed_by_backward() -> None:
    x = ag.ones(2, requires_grad=True)
    h = x * 1
    y = h.exp() * h
    h.uniform_()
    with pytest.raises(ag.GraphError, match="uniform_ has since modified in place"):
        y.sum().backward()


ERRORS = [
    (
        lambda: ag.rand(2, dtype=ag.int64),
        DtypeError,
        "rand: expected a floating or complex dtype, got autograd.int64. Use randint",
    ),
    (lambda: ag.randn(2, dtype=ag.bool), DtypeError, "randn: expected a floating or complex dtype"),
    (lambda: ag.randint(5, 5, (2,)), ValueError, "randint: expected low < high, got low=5 and high=5"),
    (
        lambda: ag.set_rng_state(ag.zeros(16)),
        ShapeError,
        r"set_state: expected a uint8 tensor of 16 bytes, got float32",
    ),
    (lambda: ag.set_rng_state(ag.zeros(3, dtype=ag.uint8)), ShapeError, r"got uint8 of shape \(3,\)"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_errors(call, kind, text: str) -> None:
    with pytest.raises(kind, match=text):
        call()
