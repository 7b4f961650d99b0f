"""Second spellings: what they stand for is recorded under its own name."""

from __future__ import annotations

import numpy as np

from tests.op_samples.record import Op, Sample, uniform

_IN_PLACE = ("relu_", "elu_", "selu_", "celu_", "leaky_relu_", "hardtanh_", "rrelu_", "threshold_")
UNRECORDED = {f"F.{name}": "writes into its argument: tests/nn/test_spellings.py" for name in _IN_PLACE}


def lines(rng: np.random.Generator) -> list[Sample]:
    return [Sample(uniform(rng, (5, 2, 3)), uniform(rng, (2, 3, 4)), uniform(rng, (4,)), pad) for pad in (0, 1)]


def of(nd: int, *args: int) -> dict[str, object]:
    def samples(rng: np.random.Generator) -> list[Sample]:
        return [Sample(uniform(rng, (1, 2, *(5,) * nd)), *args)]

    return {"samples": samples, "grad": False}


OPS = [
    Op("F.conv_tbc", lines, torch="conv_tbc", rtol=1e-4),
    Op("F.upsample_nearest", lambda rng: [Sample(uniform(rng, (1, 2, 3)), 5)]),
    Op("F.upsample_bilinear", lambda rng: [Sample(uniform(rng, (1, 2, 3, 4)), (5, 6))]),
    *(Op(f"F.max_pool{nd}d_with_indices", **of(nd, 2)) for nd in (1, 2, 3)),
    *(Op(f"F.adaptive_max_pool{nd}d_with_indices", **of(nd, 3)) for nd in (1, 2, 3)),
]
