"""Positions along one axis."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Late, Op, Sample, uniform
from tests.op_samples.shape import X

AT = np.array([2, 0, 2])  # into 3 places, one named twice
ONCE = np.array([2, 0])
NONE = np.zeros(0, "int64")
PLACES = np.array([[0, 2, 1], [1, 0, 0]])  # (2, 3) into 3 places along axis 1, or along axis 0 of (3, 3)
APART = np.array([[0, 2, 1], [1, 0, 2]])  # the same, none twice in a row or column
CORNER = np.array([[1, 0]])


def selected(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 4))
    return [
        Sample(a, 0, AT),
        Sample(a, -1, AT.astype("int32")),
        Sample(a, 0, NONE),
        Sample(uniform(rng, (2, 3, 2)), 1, AT),
        Sample(uniform(rng, (3,)), 0, AT),
        Sample(uniform(rng, ()), 0, np.array([0])),
        Sample(uniform(rng, (3, 0)), 0, AT),
        Sample(a, 1, np.array(2)),
    ]


def sliced(*extra: dict[str, object], once: bool = False) -> object:
    """An input, an axis, positions along it, and slices to put there."""

    def samples(rng: np.random.Generator) -> list[Sample]:
        i = ONCE if once else AT
        n = len(i)
        found = [
            Sample(uniform(rng, (3, 2)), 0, i, uniform(rng, (n, 2))),
            Sample(uniform(rng, (2, 3, 2)), 1, i, uniform(rng, (2, n, 2))),
            Sample(uniform(rng, (2, 3)), -1, i, uniform(rng, (2, n))),
            Sample(uniform(rng, (3, 2)), 0, NONE, uniform(rng, (0, 2))),
            Sample(uniform(rng, (3,)), 0, np.array([1]), uniform(rng, (1,))),
            Sample(uniform(rng, ()), 0, np.array(0), uniform(rng, ())),
        ]
        return [*found, *(Sample(uniform(rng, (3, 2)), 0, i, uniform(rng, (n, 2)), **e) for e in extra)]

    return samples


def filled(rng: np.random.Generator) -> list[Sample]:
    a = uniform(rng, (3, 2))
    return [
        Sample(a, 0, AT, 1.5),
        Sample(a, 1, np.array([1]), uniform(rng, ())),
        Sample(uniform(rng, ()), 0, np.array(0), 2.0),
    ]


def gathered(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample(uniform(rng, (2, 3)), 1, PLACES),
        Sample(uniform(rng, (3, 3)), 0, PLACES),
        Sample(uniform(rng, (4, 3)), -1, PLACES.astype("int32")),
        Sample(uniform(rng, (2, 3)), 1, CORNER),
        Sample(uniform(rng, (3,)), 0, np.array([2, 2, 0, 1, 2])),
        Sample(uniform(rng, ()), 0, np.array(0)),
        Sample(uniform(rng, ()), 0, np.array([0])),
        Sample(uniform(rng, (2, 3)), 1, np.zeros((2, 0), "int64")),
        Sample(uniform(rng, (2, 3, 2)), 1, np.array([[[1], [0]]])),
    ]


def along(rng: np.random.Generator) -> list[Sample]:
    return [
        Sample(uniform(rng, (2, 3)), PLACES, 1),
        Sample(uniform(rng, (2, 3)), np.array([[0, -1]]), 1),
        Sample(uniform(rng, (1, 3)), PLACES, 1),
        Sample(uniform(rng, (2, 3)), np.array([5, 1, 0])),
        Sample(uniform(rng, (2, 3)), np.array([[0], [1]]), dim=-1),
    ]


def written(rng: np.random.Generator, index: np.ndarray = APART) -> list[Sample]:
    return [
        Sample(uniform(rng, (2, 3)), 1, index, uniform(rng, (2, 3))),
        Sample(uniform(rng, (3, 3)), 0, index, uniform(rng, (2, 3))),
        Sample(uniform(rng, (3, 4)), -1, index.astype("int32"), uniform(rng, (2, 3))),
        Sample(uniform(rng, (2, 3)), 1, CORNER, uniform(rng, (1, 2))),
        Sample(uniform(rng, ()), 0, np.array(0), uniform(rng, ())),
        Sample(uniform(rng, (2, 3)), 1, np.zeros((2, 0), "int64"), uniform(rng, (2, 0))),
    ]


OUT = (np.array([3]), "index 3 is out of range for size 3. Valid are 0 to 2")
BELOW = (np.array([-1]), "index -1 is out of range for size 3")
V = np.zeros(3)

OPS = [
    Op(
        "index_select",
        selected,
        out=True,
        errors=(
            *(Late(IndexError, f"index_select: {text}", V, 0, i) for i, text in (OUT, BELOW)),
            Error(
                DtypeError,
                r"index_select: expected an integer index, got autograd.float32. Cast it with .long\(\)",
                V,
                0,
                V,
            ),
            Error(ShapeError, r"index_select: expected an index of one axis, got shape \(2, 3\)", V, 0, PLACES),
            Error(TypeError, "index_select: expected index to be a Tensor, got list", V, 0, [1]),
        ),
        complex=True,
    ),
    Op(
        "index_add",
        sliced({"alpha": 2.0}, {"alpha": -1}),
        inplace=True,
        out=True,
        errors=(
            Late(IndexError, "index_add: " + OUT[1], V, 0, OUT[0], V[:1]),
            Error(ShapeError, r"index_add: expected a source of shape \(2,\), got \(3,\)", V, 0, ONCE, V),
            Error(DtypeError, "index_add: expected a source of autograd.float32, got autograd.int64", V, 0, ONCE, ONCE),
        ),
        complex=True,
    ),
    Op(
        "index_copy",
        sliced(once=True),
        inplace=True,
        out=True,
        errors=(Error(ShapeError, r"index_copy: expected a source of shape \(2,\), got \(3,\)", V, 0, ONCE, V),),
    ),
    Op(
        "index_fill",
        filled,
        inplace=True,
        errors=(Error(ShapeError, r"index_fill: expected a number or a 0-d tensor, got shape \(3,\)", V, 0, ONCE, V),),
    ),
    Op(
        "gather",
        gathered,
        out=True,
        errors=(
            Late(IndexError, "gather: " + OUT[1], V, 0, OUT[0]),
            Late(IndexError, "gather: " + BELOW[1], V, 0, BELOW[0]),
            Error(
                ShapeError, r"gather: expected an index of 1 axes as the input has, got shape \(2, 3\)", V, 0, PLACES
            ),
            Error(
                ShapeError,
                r"gather: .* no longer than the input \(2, 3\) but along axis 1, got \(3, 1\)",
                X,
                1,
                AT[:, None],
            ),
        ),
        complex=True,
    ),
    Op(
        "take_along_dim",
        along,
        out=True,
        errors=(
            Late(
                IndexError,
                "take_along_dim: index -4 is out of range for size 3. Valid are -3 to 2",
                V,
                np.array([-4]),
                0,
            ),
            Error(ShapeError, r"take_along_dim: expected indices of 2 axes, got shape \(3,\)", X, AT, 1),
            Error(ShapeError, "take_along_dim: expected shapes that broadcast", X, PLACES[[0, 0, 1]], 1),
        ),
    ),
    Op(
        "scatter_add",
        lambda rng: written(rng, PLACES),
        inplace=True,
        out=True,
        errors=(Late(IndexError, "scatter_add: " + OUT[1], V, 0, OUT[0], V),),
        complex=True,
    ),
]
