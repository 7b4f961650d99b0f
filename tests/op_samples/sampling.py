"""Random tensors have no value to compare."""

from __future__ import annotations

UNRECORDED = dict.fromkeys(
    (
        "bernoulli", "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "multinomial", "normal",
        "normal_", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "random_", "randperm",
        "uniform_",
    ),
    "random; moments, streams and errors: tests/engine/test_random.py",
)  # fmt: skip
OPS = []
