"""The same elements in another shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.dtypes import int64
from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform

Samples = Callable[[np.random.Generator], list[Sample]]
X, S = np.zeros((2, 3)), np.zeros(())


def on(*rows: tuple[Any, ...]) -> Samples:
    """Rows of (shape, argument, ..., {keyword: argument}): a tensor of that shape and the arguments as they are."""

    def samples(rng: np.random.Generator) -> list[Sample]:
        found = []
        for shape, *args in rows:
            kwargs = args.pop() if args and isinstance(args[-1], dict) else {}
            found.append(Sample(uniform(rng, shape), *args, **kwargs))
        return found

    return samples


def like_another(*pairs: tuple[tuple[int, ...], tuple[int, ...]]) -> Samples:
    """A tensor, and another whose shape counts."""
    return lambda rng: [Sample(uniform(rng, a), np.zeros(b, "int64")) for a, b in pairs]


def several(*groups: list[tuple[int, ...]]) -> Samples:
    """Several tensors, as arguments and as a sequence."""
    return lambda rng: [sample for shapes in groups for sample in [Sample(*[uniform(rng, s) for s in shapes])]]


def few_axes(rng: np.random.Generator) -> list[Sample]:
    shapes = [(), (3,), (2, 3), (2, 0), (2, 1, 3), (1, 2, 1, 2)]
    return [*(Sample(uniform(rng, s)) for s in shapes), Sample([uniform(rng, s) for s in shapes])]


OPS = [
    Op(
        "reshape",
        on(
            ((2, 6), (3, 4)),
            ((2, 6), (-1, 3)),
            ((), (1, 1)),
            ((1,), ()),
            ((0, 3), (3, 0)),
            ((2, 0), (0,)),
            ((4,), [2, 2]),
        ),
        view=False,
        errors=(
            Error(
                ShapeError,
                r"reshape: expected sizes that hold 6 elements \(at most one -1\), got \(4, -1\)",
                X,
                (4, -1),
            ),
            Error(ShapeError, r"got \(-1, -1\)", X, (-1, -1)),
            Error(ShapeError, r"hold 0 elements .*got \(-1, 0\)", np.zeros((0, 2)), (-1, 0)),
            Error(ShapeError, r"got \(-2, 3\)", X, (-2, 3)),
        ),
        complex=True,
    ),
    Op("reshape_as", like_another(((2, 6), (3, 4)), ((), (1,)), ((0, 3), (3, 0)))),
    Op(
        "view",
        on(((2, 6), (2, 2, 3)), ((4,), 2, 2), ((4,), -1, 1), ((), (1, 1)), ((1,), ()), ((2, 3), 2, 1, 3)),
        view=True,
        errors=(
            Error(ShapeError, r"view: expected sizes that hold 6 elements", X, (4, 2)),
            Error(
                ShapeError,
                r"seen as \(6,\) without a copy, .*strides \(1, 2\).*contiguous\(\) before",
                X.reshape(3, 2).T,
                (6,),
            ),
            Error(DtypeError, r"divides into elements of autograd.int64, .*Use to\(autograd.int64\)", X, int64),
        ),
    ),
    Op("view_as", like_another(((2, 6), (2, 2, 3)), ((), (1,))), view=True),
    Op(
        "flatten",
        on(
            ((2, 3, 4),),
            ((2, 3, 4), 1),
            ((2, 3, 4), 0, 1),
            ((2, 3, 4), -2, -1),
            ((),),
            ((5,),),
            ((2, 3), 1, 1),
            ((0, 3),),
        ),
        errors=(
            Error(ShapeError, "flatten: expected start_dim before end_dim, got 1 and 0", X, 1, 0),
            Error(IndexError, r"flatten: expected dim in \[-2, 1\], got 5", X, 1, 5),
        ),
    ),
    Op(
        "unflatten",
        on(((2, 12), 1, (3, 4)), ((2, 12), -1, (3, -1)), ((6,), 0, [2, 3]), ((2, 0), 1, (0, 5))),
        view=True,
        errors=(
            Error(ShapeError, r"unflatten: expected sizes that hold 3 elements", X, 1, (2, 2)),
            Error(ShapeError, "unflatten: expected at least one axis, got a 0-d tensor", S, 0, (1,)),
        ),
    ),
    Op("ravel", on(((2, 3),), ((),), ((5,),), ((0, 3),))),
    Op(
        "squeeze",
        on(
            ((1, 3, 1),),
            ((1, 3, 1), 0),
            ((1, 3, 1), 1),
            ((1, 3, 1), -1),
            ((1, 3, 1), (0, 2)),
            ((1, 3, 1), [0, 1]),
            ((),),
            ((), 0),
            ((1, 0),),
            ((2, 3),),
            ((1, 2), ()),
        ),
        view=True,
        inplace=True,
        errors=(
            Error(IndexError, r"squeeze: expected dim in \[-2, 1\], got 2", X, 2),
            Error(ShapeError, r"squeeze: expected each axis once, got dim \(0, -2\)", X, (0, -2)),
        ),
    ),
    Op(
        "unsqueeze",
        on(((2, 3), 0), ((2, 3), 1), ((2, 3), -1), ((2, 3), 2), ((), 0), ((), -1), ((0,), 1)),
        view=True,
        errors=(Error(IndexError, r"unsqueeze: expected dim in \[-3, 2\], got 3", X, 3),),
    ),
    Op("atleast_1d", few_axes, method=False),
    Op("atleast_2d", few_axes, method=False),
    Op("atleast_3d", few_axes, method=False),
    Op(
        "expand",
        on(
            ((3, 1), (3, 4)),
            ((3, 1), 2, 3, 4),
            ((3, 1), (2, -1, 4)),
            ((3,), (2, 3)),
            ((), (2, 3)),
            ((1,), (0,)),
            ((3, 1), 3, -1),
            ((0, 1), (2, 0, 3)),
            ((2, 3), 1, 2, 3),
        ),
        view=True,
        errors=(
            Error(
                ShapeError, r"expand: expected sizes equal to \(2, 3\) or expanding its ones, got \(4, 3\)", X, (4, 3)
            ),
            Error(ShapeError, r"expanding its ones, got \(-1, 2, 3\)", X, (-1, 2, 3)),
            Error(ShapeError, r"expand: expected at least 2 sizes for shape \(2, 3\), got \(3,\)", X, (3,)),
        ),
        complex=True,
    ),
    Op("expand_as", like_another(((3, 1), (2, 3, 4)), ((), (2,)), ((2, 3), (2, 3))), view=True),
    Op("broadcast_to", on(((3, 1), (2, 3, 4)), ((), (2,)), ((1,), (0,)), ((2, 1), (-1, 3))), view=True),
    Op(
        "sum_to_size",
        on(((2, 3), (1, 3)), ((2, 3), 3), ((2, 3), ()), ((2, 3), (2, 3)), ((4, 2, 3), 2, 1), ((0, 3), (1, 3))),
        torch=lambda x, *args: x.sum_to_size(*args),
        errors=(
            Error(ShapeError, r"sum_to_size: expected sizes that broadcast to \(2, 3\), got \(1, 2, 3\)", X, (1, 2, 3)),
        ),
    ),
    Op(
        "broadcast_tensors",
        several([(3, 1), (4,)], [()], [(2, 1), (1, 3), ()], [(0, 1), (3,)]),
        method=False,
        errors=(
            Error(
                ShapeError, r"broadcast_tensors: expected shapes that broadcast, got \(2, 3\) and \(2,\)", X, X[:, 0]
            ),
        ),
    ),
]
UNRECORDED = {
    "broadcast_shapes": "takes no tensors: tests/ops/test_views.py",
    "squeeze_": "changes the tensor's own shape: tests/ops/test_views.py",
    "unsqueeze_": "as squeeze_",
}
