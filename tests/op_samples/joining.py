"""Tensors put together and taken apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform
from tests.op_samples.shape import S, Samples, X, on

INTS = np.array([[1, 2, 3]])


def joined(*groups: tuple[Any, ...], typed: bool = False) -> Samples:
    """Rows of (shapes, argument, ...): a list of tensors of those shapes; ``typed``: and one with an integer tensor."""

    def samples(rng: np.random.Generator) -> list[Sample]:
        found = [Sample([uniform(rng, s) for s in shapes], *args) for shapes, *args in groups]
        return [*found, Sample([uniform(rng, (1, 3)), INTS])] if typed else found

    return samples


CATS = joined(
    ([(2, 3), (1, 3)],), ([(2, 3), (2, 1), (2, 0)], 1), ([(2, 3), (2, 3)], -1), ([(0,), (2, 3)], 1), ([(3,)],),
    ([(0,), (0,)],), ([(0,), (2, 3)],), typed=True,
)  # fmt: skip
CUTS = on(
    ((5, 2), 2), ((5, 2), 5), ((5, 2), 9), ((5, 2), [1, 4]), ((5, 2), [1, 0, 4]), ((5, 2), [5]), ((2, 6), 4, 1),
    ((2, 6), [2, 4], -1), ((0, 2), 3), ((2, 0), 1, 1),
)  # fmt: skip
NOT_EMPTY = "expected at least one axis, got a 0-d tensor"

OPS = [
    Op(
        "cat",
        CATS,
        out=True,
        errors=(
            Error(
                ShapeError,
                r"cat: expected tensors of equal sizes in every axis but 0, got \(2, 3\) and \(2,\)",
                [X, X[:, 0]],
            ),
            Error(ShapeError, "cat: .*Use stack\\(\\) for a new axis", [S, S]),
            Error(ValueError, "cat: expected at least one tensor, got an empty sequence", []),
            Error(TypeError, r"cat: expected a sequence of tensors, got Tensor. Write cat\(\[x, y\]\)", X),
            Error(TypeError, "cat: expected tensors, got float", [X, 1.0]),
        ),
        complex=True,
    ),
    Op("concat", CATS, out=True),
    Op("concatenate", CATS, out=True),
    Op(
        "stack",
        joined(
            ([(2, 3), (2, 3)],), ([(2, 3), (2, 3)], 1), ([(2,), (2,), (2,)], -1), ([(), ()],), ([(0, 2)], 2), typed=True
        ),
        out=True,
        errors=(
            Error(ShapeError, r"stack: expected tensors of one shape, got \(2, 3\) and \(3,\). Use cat\(\)", [X, X[0]]),
        ),
        complex=True,
    ),
    Op("hstack", joined(([(2,), (3,)],), ([(2, 3), (2, 1)],), ([(), ()],), typed=True), out=True),
    Op(
        "vstack",
        joined(([(3,), (3,)],), ([(2, 3), (3,)],), ([(), ()],), ([(1, 2, 3), (2, 2, 3)],), typed=True),
        out=True,
    ),
    Op(
        "dstack",
        joined(([(3,), (3,)],), ([(2, 3), (2, 3)],), ([(2, 3, 1), (2, 3, 2)],), ([(), ()],), typed=True),
        out=True,
    ),
    Op("column_stack", joined(([(3,), (3,)],), ([(3,), (3, 2)],), ([(), ()],), ([(2, 1, 2), (2, 3, 2)],)), out=True),
    Op(
        "block_diag",
        lambda rng: [
            Sample(*[uniform(rng, s) for s in shapes]) for shapes in ([(2, 3), (1, 2)], [(3,), ()], [(0, 2), (1, 1)])
        ],
        method=False,
        errors=(Error(ShapeError, "block_diag: expected at most 2 axes, got 3", X[None]),),
    ),
    Op(
        "split",
        CUTS,
        view=True,
        errors=(
            Error(ShapeError, r"split: expected sizes that sum up to 2, the size of axis 0, got \(1, 2\)", X, [1, 2]),
            Error(ValueError, "split: expected pieces of a positive size, got 0", X, 0),
            Error(ShapeError, f"split: {NOT_EMPTY}", S, 1),
        ),
    ),
    Op("split_with_sizes", on(((5, 2), [1, 4]), ((2, 6), [2, 4], 1)), view=True),
    Op(
        "chunk",
        on(((5, 2), 2), ((5, 2), 1), ((5, 2), 9), ((2, 6), 4, 1), ((0, 2), 3)),
        view=True,
        errors=(Error(ValueError, "chunk: expected at least 1 chunk, got 0", X, 0),),
    ),
    Op(
        "unbind",
        on(((2, 3),), ((2, 3), 1), ((2, 3, 2), -2), ((1, 2),), ((3,),)),
        view=True,
        errors=(Error(ShapeError, f"unbind: {NOT_EMPTY}", S),),
    ),
    Op(
        "tensor_split",
        on(
            ((5, 2), 2),
            ((5, 2), 3),
            ((5, 2), (1, 3)),
            ((5, 2), (1, 9, 3)),
            ((5, 2), (-1,)),
            ((2, 5), 4, 1),
            ((2, 3), ()),
        ),
        errors=(Error(ValueError, "tensor_split: expected at least 1 piece, got 0", X, 0),),
    ),
    Op(
        "hsplit",
        on(((4,), 2), ((2, 4), 2), ((2, 4), (1,)), ((2, 4, 1), (1, 3))),
        errors=(Error(ShapeError, r"hsplit: expected pieces that divide 3, got 2. Use tensor_split\(\)", X, 2),),
    ),
    Op(
        "vsplit",
        on(((4, 2), 2), ((4, 2), (1,))),
        errors=(Error(ShapeError, "vsplit: expected at least 2 axes, got 1", X[0], 1),),
    ),
    Op(
        "dsplit",
        on(((1, 2, 4), 2), ((1, 2, 4), (3,))),
        errors=(Error(ShapeError, "dsplit: expected at least 3 axes, got 2", X, 1),),
    ),
]
