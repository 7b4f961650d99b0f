"""Square brackets as a function; the brackets themselves are tests/ops/test_indexing.py."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Late, Op, Sample, uniform

AT, J = np.array([2, 0]), np.array([1, -1])
MASK = np.array([[True, False, True, True], [False] * 4, [False, True, False, False]])


def placed(rng: np.random.Generator) -> list[Sample]:
    a, added = uniform(rng, (3, 4)), np.array([1, 1, 1])
    return [
        Sample(a, (AT, J), uniform(rng, (2,))),
        Sample(a, (AT,), uniform(rng, (2, 4))),
        Sample(a, (AT,), uniform(rng, (4,))),
        Sample(a, (AT, J), uniform(rng, ())),
        Sample(a, (MASK,), uniform(rng, (4,))),
        Sample(a, [AT, J], uniform(rng, (2,)), accumulate=True),
        Sample(a, (added,), uniform(rng, (3, 4)), True),
        Sample(a, (added, added), uniform(rng, ()), True),
        Sample(a, (MASK,), uniform(rng, (1,)), True),
        Sample(uniform(rng, (2, 3, 4)), (AT[1:], AT, J), uniform(rng, (2,))),
    ]


A, V = np.zeros((3, 4)), np.zeros(2)

OPS = [
    Op(
        "index_put",
        placed,
        inplace=True,
        errors=(
            Late(IndexError, "index_put: index 3 is out of range for size 3 of axis 0", A, (AT + 1,), V[:1]),
            Late(IndexError, "index_put: index 3 is out of range for size 3 of axis 0", A, (AT + 1,), V[:1], True),
            Error(
                ShapeError, r"index_put: expected a value that broadcasts to shape \(2, 4\), got \(2,\)", A, (AT,), V
            ),
            Error(
                DtypeError, r"index_put: expected values of autograd.float32, got autograd.int64. Cast", A, (AT,), AT
            ),
            Error(
                IndexError, r"index: expected a mask of shape \(3, 4\) at axis 0, got \(3, 3\)", A, (MASK[:, :3],), V
            ),
        ),
        complex=True,
    ),
]
UNRECORDED = {"index_put_": "has a record as the in-place form of index_put"}
