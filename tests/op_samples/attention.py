"""Attention."""

from __future__ import annotations

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform

UNRECORDED = {"F.multi_head_attention_forward": "takes a module's weights: tests/nn/test_attention.py"}


def heads(rng: np.random.Generator) -> list[Sample]:
    def qkv(queries: int, keys: int) -> list[np.ndarray]:
        shapes = (2, 3, queries, 4), (2, 3, keys, 4), (2, 3, keys, 5)
        return [uniform(rng, shape) for shape in shapes]

    mask = rng.random((2, 1, 3, 6)) < 0.7
    mask[..., 0] = True  # every query sees something
    return [
        Sample(*qkv(3, 6)),
        Sample(*qkv(4, 4), is_causal=True),
        Sample(*qkv(3, 6), attn_mask=mask),
        Sample(*qkv(3, 6), scale=0.3),
        Sample(*[a[0, 0] for a in qkv(3, 6)]),
    ]


OPS = [
    Op(
        "F.scaled_dot_product_attention",
        heads,
        rtol=1e-4,
        errors=(Error(ShapeError, "scaled_dot_product_attention: expected", *[np.zeros((2, n)) for n in (3, 4, 4)]),),
    )
]
