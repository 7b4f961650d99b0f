"""A product of stacks of matrices, in integers: which sizes, how far apart in memory, in how few calls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np

from backends.protocol import Shape

_MOST_CALLS = 4  # of strided batches; beyond, copying the operands is cheaper


@dataclass(frozen=True, eq=False)
class Product:
    """c = a b for a stack of matrices; c is in C order. Distances are in elements.

    Args:
        shape: of c as ``numpy.matmul`` would give it.
        m, n, k: c is (M,N), a is (M,K), b is (K,N); axes of the stack that a shares with no axis of b are rows in M.
        a, b: distances of two rows, and of two columns.
        count: matrices of one strided batch.
        steps: distances of two of its matrices in a, b and c.
        starts: where in a, b and c each batch begins.
        copies: shapes to which a and b must be broadcast and copied first, None where they can stay.
    """

    shape: Shape
    m: int
    n: int
    k: int
    a: tuple[int, int]
    b: tuple[int, int]
    count: int
    steps: tuple[int, int, int]
    starts: tuple[tuple[int, int, int], ...]
    copies: tuple[Shape | None, Shape | None]


@lru_cache(maxsize=4096)
def product(a_shape: Shape, a_strides: Shape, b_shape: Shape, b_strides: Shape, itemsize: int) -> Product:
    """What ``numpy.matmul`` of two arrays means.

    Args:
        a_shape, a_strides: of the left array, strides in bytes.
        b_shape, b_strides: of the right array.
        itemsize: of both.

    Returns:
        The product.

    Raises:
        ValueError: the inner sizes differ, the batch axes do not broadcast, or an operand is 0-d.

    Example:
        >>> p = product((5, 2, 3), (24, 12, 4), (3, 4), (16, 4), 4)
        >>> p.shape, (p.m, p.n, p.k), p.count
        ((5, 2, 4), (10, 4, 3), 1)
    """
    if not a_shape or not b_shape:
        raise ValueError(f"matmul: expected arrays of one or more axes, got {a_shape} and {b_shape}")
    a_rows, a_columns = _matrix(a_shape, a_strides, itemsize, row=True)
    b_rows, b_columns = _matrix(b_shape, b_strides, itemsize, row=False)
    (m, *_), (n, *_), k = a_rows, b_columns, a_columns[0]
    if k != b_rows[0]:
        raise ValueError(
            f"matmul: expected as many columns on the left as rows on the right, got {k} and {b_rows[0]} from shapes "
            f"{a_shape} and {b_shape}"
        )
    stack = np.broadcast_shapes(a_shape[:-2], b_shape[:-2])
    shape = (*stack, *a_shape[-2:-1], *(b_shape[-1:] if len(b_shape) > 1 else ()))
    a_steps = _spread(a_shape[:-2], a_strides[:-2], stack, itemsize)
    b_steps = _spread(b_shape[:-2], b_strides[:-2], stack, itemsize)
    axes = _merged(stack, a_steps, b_steps, m * n)
    a, b = (a_rows[1], a_columns[1]), (b_rows[1], b_columns[1])
    while axes and axes[-1][2] == 0 and (m == 1 or axes[-1][1] == m * a[0]):  # rows of the stack follow one another
        size, step, *_ = axes.pop()
        a = (step if m == 1 else a[0], a[1])
        m *= size
    axes.sort(key=lambda axis: axis[0])
    count, *steps = axes.pop() if axes else (1, 0, 0, 0)
    scattered = prod(size for size, *_ in axes) > _MOST_CALLS
    copies = (
        _copy(a_shape, (m, k), a, a_steps, stack, scattered),
        _copy(b_shape, (k, n), b, b_steps, stack, scattered),
    )
    return Product(
        shape, m, n, k, a, b, count, (steps[0], steps[1], steps[2]), () if scattered else _starts(axes), copies
    )


def leading(rows: int, columns: int, distances: tuple[int, int]) -> tuple[int, bool] | None:
    """How a matrix lies in memory, as libraries of matrix products ask for it.

    Args:
        rows, columns: its size.
        distances: of two rows and of two columns.

    Returns:
        The distance of its lines, and whether they are its columns; None if it lies in neither way.

    Example:
        >>> leading(2, 3, (3, 1)), leading(2, 3, (1, 2)), leading(2, 3, (6, 2))
        ((3, False), (2, True), None)
    """
    down, right = distances
    if columns == 1 or right == 1:
        line = down if rows > 1 else columns
        if line >= columns:
            return line, False
    if rows == 1 or down == 1:
        line = right if columns > 1 else rows
        if line >= rows:
            return line, True
    return None


def _matrix(shape: Shape, strides: Shape, itemsize: int, row: bool) -> tuple[tuple[int, int], tuple[int, int]]:
    """(size, distance) of rows and of columns; a vector is a row, or a column."""
    lines = [(size, stride // itemsize) for size, stride in zip(shape, strides, strict=True)]
    if len(lines) > 1:
        return lines[-2], lines[-1]
    return ((1, 0), lines[0]) if row else (lines[0], (1, 0))


def _spread(shape: Shape, strides: Shape, stack: Shape, itemsize: int) -> list[int]:
    """Distances along the axes of the stack, 0 where the array is broadcast."""
    own = [0 if size == 1 else stride // itemsize for size, stride in zip(shape, strides, strict=True)]
    return [0] * (len(stack) - len(own)) + own


def _merged(stack: Shape, a: list[int], b: list[int], size: int) -> list[tuple[int, int, int, int]]:
    """The axes of the stack as (size, distances in a, b, c), those that run on from one to the next as one."""
    axes: list[tuple[int, int, int, int]] = []
    for i in reversed(range(len(stack))):
        if stack[i] == 1:
            continue
        if axes and (a[i], b[i]) == (axes[0][0] * axes[0][1], axes[0][0] * axes[0][2]):
            axes[0] = (axes[0][0] * stack[i], *axes[0][1:])
        else:
            axes.insert(0, (stack[i], a[i], b[i], size))
        size *= stack[i]
    return axes


def _starts(axes: list[tuple[int, int, int, int]]) -> tuple[tuple[int, int, int], ...]:
    """Where in a, b and c each combination of positions on the axes is."""
    starts = [(0, 0, 0)]
    for size, a, b, c in axes:
        starts = [(i + at * a, j + at * b, k + at * c) for i, j, k in starts for at in range(size)]
    return tuple(starts)


def _copy(
    shape: Shape, matrix: tuple[int, int], distances: tuple[int, int], steps: list[int], stack: Shape, scattered: bool
) -> Shape | None:
    """The shape to copy an operand to: all of the stack if its matrices are scattered, its own if they are no lines."""
    axes = _merged(stack, steps, steps, 0)
    if scattered and len(axes) > 1:
        return (*stack, *shape[-2:])
    if leading(*matrix, distances) is None or any(step < 0 for step in steps):
        return shape
    return None
