"""A step length along a direction that satisfies the strong Wolfe conditions."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any, NamedTuple

_DECREASE = 1e-4  # of the loss, as a share of what the slope at the start promises
_CURVATURE = 0.9  # what may remain of the slope


class Point(NamedTuple):
    """What is known at one step length."""

    t: float
    loss: float
    grad: Any  # all gradients as one vector
    slope: float  # of the loss along the direction


def strong_wolfe(
    evaluate: Callable[[float], Point], start: Point, t: float, *, reach: float, tolerance: float, limit: int
) -> tuple[Point, int]:
    """A point with loss <= start.loss + 1e-4 t start.slope and |slope| <= 0.9 |start.slope|, or the best found.

    First steps of growing length until a minimum is bracketed, then cubic interpolation within the bracket.

    Args:
        evaluate: the point at a step length.
        start: the point at length 0; its slope is negative.
        t: the length to try first.
        reach: the largest element of the direction.
        tolerance: stop once the bracket, in the parameters, is shorter.
        limit: of iterations.

    Returns:
        The point, and how often ``evaluate`` was called.

    Example:
        >>> bowl = lambda t: Point(t, (t - 1) ** 2, None, 2 * (t - 1))
        >>> point, evaluations = strong_wolfe(bowl, bowl(0.0), 4.0, reach=1.0, tolerance=1e-9, limit=20)
        >>> point.t, evaluations
        (1.0, 2)

    Source: Nocedal and Wright, Numerical Optimization, 2006, algorithms 3.5 and 3.6; safeguards as in minFunc.
    """

    def too_high(point: Point) -> bool:
        return point.loss > start.loss + _DECREASE * point.t * start.slope

    def flat(point: Point) -> bool:
        return abs(point.slope) <= -_CURVATURE * start.slope

    previous, point, evaluations, iteration = start, evaluate(t), 1, 0
    bracket = [start, point]  # should no minimum be bracketed in time
    while iteration < limit:
        rising = point.slope >= 0
        if too_high(point) or (iteration > 1 and point.loss >= previous.loss) or (rising and not flat(point)):
            bracket = [previous, point]
            break
        if flat(point):
            return point, evaluations
        t = _minimum(previous, point, point.t + 0.01 * (point.t - previous.t), 10 * point.t)
        previous, point = point, evaluate(t)
        bracket = [start, point]
        evaluations += 1
        iteration += 1

    low = 0 if bracket[0].loss <= bracket[1].loss else 1
    stalled = False
    while iteration < limit:
        left, right = sorted((bracket[0].t, bracket[1].t))
        if (right - left) * reach < tolerance:
            break
        t, stalled = _inside(_minimum(bracket[0], bracket[1], left, right), left, right, stalled)
        point = evaluate(t)
        evaluations += 1
        iteration += 1
        if too_high(point) or point.loss >= bracket[low].loss:
            bracket[1 - low] = point
            low = 0 if bracket[0].loss <= bracket[1].loss else 1
            continue
        if flat(point):
            return point, evaluations
        if point.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = point
    return bracket[low], evaluations


def _minimum(a: Point, b: Point, left: float, right: float) -> float:
    """Where the cubic through two points with their slopes is lowest, within [left, right]; the middle if nowhere."""
    if a.t > b.t:
        a, b = b, a
    bend = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = bend * bend - a.slope * b.slope
    root = sqrt(square) if square >= 0 else 0.0
    width = b.slope - a.slope + 2 * root
    if not square >= 0 or width == 0:
        return (left + right) / 2
    return min(right, max(left, b.t - (b.t - a.t) * ((b.slope + root - bend) / width)))


def _inside(t: float, left: float, right: float, stalled: bool) -> tuple[float, bool]:
    """``t`` kept off the ends of the bracket when it comes near one for the second time; and whether it is near."""
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if not stalled and left < t < right:
        return t, True
    return (right - margin if abs(t - right) < abs(t - left) else left + margin), False
