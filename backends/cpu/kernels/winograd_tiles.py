"""Winograd's method along one axis, as small matrices, and the vector code of them along two axes.

A tile is the ``outs`` results y of a window that takes the weights g over the inputs d::

    y = A' [ (G g) * (B' d) ]               * element by element: one multiplication for each of ``places``

=====  ====  ======  ==============================================================================================
taps   outs  places
=====  ====  ======  ==============================================================================================
two     2      3     multiplies d0-d1, d1 and d1-d2 by g0, g0+g1 and g1
three   2      4     d0-d2, d1+d2, d2-d1 and d1-d3 by g0, (g0+g1+g2)/2, (g0-g1+g2)/2 and g2
five    2      7     three taps, and then two
five    4     11     three pairs of taps as three taps; instead of each product, that of pairs; the last pair is a half
=====  ====  ======  ==============================================================================================

All factors are 0, 1, -1 or 1/2, so that rounding errors stay near those of direct sums. Methods with fewer multiplications
(8 for 4 results of 5 taps) need factors such as 1/24 and 5.

Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016; nested as in Winograd, Arithmetic Complexity
of Computations, 1980.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir

from backends.cpu.kernels.vector import Emitter

Steps = tuple[np.ndarray, ...]  # matrices that are applied one after another


class Tile(NamedTuple):
    """The method for one size of windows: B', G and A', each as matrices to apply one after another.

    Example:
        >>> TILES[3].places, TILES[3].outs, TILES[3].seen
        (4, 2, 4)
    """

    inputs: Steps
    weights: Steps
    results: Steps

    @property
    def places(self) -> int:
        """Multiplications, along one axis."""
        return len(self.inputs[-1])

    @property
    def outs(self) -> int:
        """Results, along one axis."""
        return len(self.results[-1])

    @property
    def seen(self) -> int:
        """Inputs that they see, along one axis."""
        return self.inputs[0].shape[1]


def product_of(steps: Steps) -> np.ndarray:
    """The one matrix that several, applied one after another, come to."""
    return reduce(lambda total, matrix: matrix @ total, steps)


_TWO = Tile(
    (np.array([[1, -1, 0], [0, 1, 0], [0, 1, -1]]),),
    (np.array([[1, 0], [1, 1], [0, 1]]),),
    (np.array([[1, 1, 0], [0, 1, -1]]),),
)
_THREE = Tile(
    (np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]),),
    (np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]),),
    (np.array([[1, 1, 1, 0], [0, 1, -1, -1]]),),
)


def _paired(outer: Tile, taps: int) -> Tile:
    """``outer`` on pairs of taps, results and inputs, its multiplications by ``_TWO``; without taps from ``taps`` on."""
    pair, each = np.eye(2), np.eye(outer.places)
    windows = np.zeros((outer.places, 3, 2 * outer.seen + 1))  # pair j sees the inputs 2j, 2j+1 and 2j+2
    for t in range(3):
        windows[:, t, t : t + 2 * outer.seen : 2] = outer.inputs[0]
    inputs = windows.reshape(-1, windows.shape[2]), np.kron(each, _TWO.inputs[0])
    weights = np.kron(outer.weights[0], pair)[:, :taps], np.kron(each, _TWO.weights[0])
    results = np.kron(each, _TWO.results[0]), np.kron(outer.results[0], pair)
    used = product_of(weights).any(1)  # the others multiply by 0
    seen = product_of(inputs)[used].any(0)
    needed = weights[0].any(1)
    return Tile(
        (inputs[0][:, seen], inputs[1][used]),
        (weights[0][needed], weights[1][used][:, needed]),
        (results[0][:, used], results[1]),
    )


def _beside(first: Tile, second: Tile) -> Tile:
    """The taps of ``first`` and after them those of ``second``, with equally many results."""
    pairs = [(one[0], other[0]) for one, other in zip(first, second, strict=True)]
    shifts = [(first.places, first.weights[0].shape[1]), (first.places, first.weights[0].shape[1]), (0, first.places)]
    steps = []
    for (one, other), (down, right) in zip(pairs, shifts, strict=True):
        matrix = np.zeros((down + len(other), right + other.shape[1]))
        matrix[: len(one), : one.shape[1]] += one
        matrix[down:, right:] += other
        steps.append((matrix,))
    return Tile(*steps)


TILES = {3: _THREE, 5: _paired(_THREE, 5)}  # by the size of the window
WEIGHT_TILES = {3: _THREE, 5: _beside(_THREE, _TWO)}  # for the gradient of the weights: a sum of many tiles' errors


def transform(e: Emitter, steps: Steps, values: Sequence[Any]) -> list[Any]:
    """The matrices applied to a column of vectors."""
    for matrix in steps:
        values = [combination(e, row, values) for row in matrix]
    return list(values)


def transform_plane(e: Emitter, steps: Steps, rows: Iterable[Iterable[Any]]) -> list[Any]:
    """M X M' of rows X of vectors, M the matrices; row after row in one list."""
    columns = [transform(e, steps, column) for column in zip(*rows, strict=True)]
    return [value for row in zip(*columns, strict=True) for value in transform(e, steps, row)]


def rows_of(values: Sequence[Any], length: int) -> list[Sequence[Any]]:
    """A list cut into rows."""
    return [values[start : start + length] for start in range(0, len(values), length)]


def combination(e: Emitter, factors: np.ndarray, values: Sequence[Any]) -> Any:
    """Sum of factors[i] * values[i]; what has the same factor is summed before it is multiplied."""
    b, total = e.builder, None
    for size in np.unique(abs(factors[factors != 0])):
        part = None
        for i in sorted((i for i, f in enumerate(factors) if abs(f) == size), key=lambda i: factors[i] < 0):
            if part is None:
                part = values[i] if factors[i] > 0 else b.fneg(values[i])
            else:
                part = (b.fadd if factors[i] > 0 else b.fsub)(part, values[i])
        if size != 1:
            part = b.fmul(ir.Constant(e.vector, [size] * e.lanes), part)
        total = part if total is None else b.fadd(total, part)
    return total


def split(e: Emitter, vectors: Sequence[Any]) -> list[Any]:
    """From n vectors that follow each other n others: every n-th number, from the 0th on, from the 1st on, and so on."""
    if len(vectors) == 1:
        return list(vectors)
    pairs = list(zip(vectors[::2], vectors[1::2], strict=True))
    halves = [split(e, [e.shuffle(a, b, range(odd, 2 * e.lanes, 2)) for a, b in pairs]) for odd in (0, 1)]
    return [vector for pair in zip(*halves, strict=True) for vector in pair]


def joined(e: Emitter, vectors: Sequence[Any]) -> list[Any]:
    """The reverse of ``split``."""
    if len(vectors) == 1:
        return list(vectors)
    lanes = [lane for t in range(e.lanes) for lane in (t, e.lanes + t)]
    halves = lanes[: e.lanes], lanes[e.lanes :]
    pairs = zip(joined(e, vectors[::2]), joined(e, vectors[1::2]), strict=True)
    return [e.shuffle(a, b, half) for a, b in pairs for half in halves]
