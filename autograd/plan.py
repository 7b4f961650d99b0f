"""What a recorded call keeps, and how its gradients find it: worked out once for each choice of inputs that need one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from autograd.op import Op

Pull = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]
ALONE, ALL, TOGETHER = -1, -2, -3  # in place of the index of what a gradient takes besides g
SAME = -4  # the gradient is g itself
FORWARD = -5  # and FORWARD - i: the gradient is an operation's forward, as a function of (backend, g, saved[i])
UNKNOWN: Any = object()  # a plan that was not asked for yet


class Formula(NamedTuple):
    """A gradient and what it asks for."""

    fn: Callable[..., Any]
    names: tuple[str, ...]
    wants_params: bool


class Plan:
    """What one call keeps, given which of its inputs need a gradient.

    Attributes:
        op: the operation.
        saves: whether anything is kept.
        keep: of (*inputs, *outputs, *kept) and their stamps: the arrays to keep, behind them the shapes of further inputs,
            and behind those the stamps of the arrays.
        arrays: which arrays those are.
        stamps: where in what is kept the stamps begin.
        kept: the same as bits, where arrays are all that is kept; else 0.
        steps: (position of an input, its gradient, ``at``), where each has its own; the gradient is a function of
            (g, saved[at]), of g alone (``at`` is ``ALONE``), or of (g, saved, params) (``ALL``).
        joint: the gradients of all inputs at once, as a function of (g, (*saved, needs), params).
        quick: the steps of a first-order walk: where there is a ``joint``, (position of an input that needs a gradient, None,
            ``TOGETHER``); else ``steps``, with no call where the gradient is ``same``, and where it is an operation, only of
            its forward (see ``FORWARD``).
        composed: the operation's definition bound to its inputs, where the gradients cannot be differentiated.
        broadcasts: whether a gradient may have a larger shape than its input; in an ``elementwise`` operation it has the
            shape of the output.
        needs: for each input, whether its gradient is wanted.
    """

    __slots__ = (
        "arrays", "broadcasts", "composed", "elementwise", "joint", "keep", "kept", "needs", "op", "quick", "saves",
        "stamps", "steps",
    )  # fmt: skip

    op: Op
    saves: bool
    keep: Callable[[Sequence[Any], Sequence[Any]], tuple[Any, ...]]
    arrays: tuple[int, ...]
    stamps: int
    kept: int
    steps: tuple[tuple[int, Callable[..., Any], int], ...]
    joint: Pull | None
    quick: tuple[tuple[int, Any, int], ...]
    composed: Composed | None
    broadcasts: bool
    elementwise: bool
    needs: tuple[bool, ...]


class Composed(NamedTuple):
    """The definition of a fused operation, and the place of its inputs in (g, *saved)."""

    fn: Callable[..., Any]
    get: Callable[[Sequence[Any]], tuple[Any, ...]]


def same(g: Any) -> Any:
    """The gradient with respect to what is only added to."""
    return g


def formula(fn: Callable[..., Any]) -> Formula:
    """A gradient with the names of its parameters; that of an operation's first input stands for ``g``."""
    operation = getattr(fn, "op", None)
    if operation is not None:
        _, *others = operation.signature.parameters.values()
        arrays = [p.name for p in others if p.kind is not p.KEYWORD_ONLY]
        return Formula(fn, ("g", *arrays), len(arrays) < len(others))
    code: Any = fn.__code__
    wants_params = bool(code.co_kwonlyargcount or code.co_flags & inspect.CO_VARKEYWORDS)
    return Formula(fn, code.co_varnames[: code.co_argcount], wants_params)


def plan(op: Op, needs: int, count: int, conjugate: bool) -> Plan:
    """The plan of a call with ``count`` inputs, of which those whose bit is set in ``needs`` need a gradient.

    ``conjugate``: the operation is analytic, and its inputs are complex.
    """
    wanted = tuple(bool(needs >> i & 1 and op.differentiable >> i & 1) for i in range(count))
    names = op.args if not op.variadic else tuple(f"{op.args[0]}{i}" for i in range(count))
    pool = [*names, *op.outputs, *op.kept]
    formulas = {i: op.formulas[name] for i, name in enumerate(op.args[:count]) if wanted[i]} if op.formulas else {}
    joint = None if len(formulas) == 1 else op.joint
    asked = {name for f in (*formulas.values(), joint) if f is not None for name in f.names} - {"g", "needs"}
    if op.definition:
        asked.update(op.args)
    if op.variadic and op.args[0] in asked:  # the name of *xs stands for all of them
        asked.update(names)
    arrays = tuple(i for i, name in enumerate(pool) if name in asked)
    shapes = tuple(i for i, name in enumerate(names) if f"{name}_shape" in asked)
    stamps = ("a stamp" for _ in arrays)
    known = ["g", *(pool[i] for i in arrays), *(f"{names[i]}_shape" for i in shapes), *stamps, "needs"]

    places: dict[str, Any] = {name: known.index(name) for name in known}
    if op.variadic and op.args[0] in asked:
        places[op.args[0]] = getter([places[name] for name in names])
    made = Plan()
    made.op, made.needs, made.broadcasts = op, wanted, count > 1
    made.elementwise = bool(op.promote) and not op.several
    made.arrays, made.saves = arrays, bool(arrays or shapes)
    made.keep, made.stamps = _keeper(arrays, shapes), len(arrays) + len(shapes)
    made.kept = 0 if shapes else sum(1 << i for i in arrays)
    made.joint = _pull(joint, places, conjugate) if joint else None
    made.steps = tuple([(i, *_step(f, places, conjugate)) for i, f in formulas.items()])
    made.quick = quickest(made)
    made.composed = Composed(op.definition.fn, getter([places[name] for name in names])) if op.definition else None
    return made


def _step(f: Formula, places: dict[str, Any], conjugate: bool) -> tuple[Callable[..., Any], int]:
    """The function and the ``at`` of one of ``Plan.steps``: the user's own where it can be called just so."""
    if f.names[0] == "g" and not f.wants_params and not conjugate:
        match [places[name] for name in f.names]:
            case [_]:
                return f.fn, ALONE
            case [_, int(i)]:
                return f.fn, i - 1
    return _pull(f, places, conjugate), ALL


def quickest(plan: Plan) -> tuple[tuple[int, Any, int], ...]:
    """``Plan.quick``, of its other steps."""
    if plan.joint is not None:
        return tuple([(i, None, TOGETHER) for i, needed in enumerate(plan.needs) if needed])
    return tuple([(i, *_without_call(pull, at)) for i, pull, at in plan.steps])


def _without_call(pull: Any, at: int) -> tuple[Any, int]:
    """A step without the calls that a first-order walk can do without."""
    if pull is same:
        return pull, SAME
    return (pull.forward, FORWARD - at) if at >= 0 and hasattr(pull, "forward") else (pull, at)


def _pull(f: Formula, places: dict[str, Any], conjugate: bool) -> Pull:
    """A gradient as a function of (g, saved, params).

    ``places`` says where in (g, *saved) a name is found, or how to pick what it stands for. The common kinds are written
    out, as they run once per node.
    """
    fn, at = f.fn, [places[name] for name in f.names]

    def pull(g: Any, saved: tuple[Any, ...], params: dict[str, Any]) -> Any:
        known = (g, *saved)
        found = [known[i] if type(i) is int else i(known) for i in at]
        return fn(*found, **params) if f.wants_params else fn(*found)

    if conjugate:
        return _conjugated(pull)
    if at[:1] == [0] and all(type(i) is int for i in at):
        match [i - 1 for i in at[1:]], f.wants_params:
            case [i, j], False:
                return lambda g, saved, params: fn(g, saved[i], saved[j])
            case [], True:
                return lambda g, saved, params: fn(g, **params)
            case [i], True:
                return lambda g, saved, params: fn(g, saved[i], **params)
    return pull


def pulled(pull: Callable[..., Any], at: int, g: Any, saved: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """What the gradient of a step gives."""
    return pull(g, saved[at]) if at >= 0 else pull(g) if at == ALONE else pull(g, saved, params)


def _conjugated(pull: Pull) -> Pull:
    """The gradient, or gradients, of an analytic function of complex numbers, made of those for real numbers."""

    def pulled(g: Any, saved: tuple[Any, ...], params: dict[str, Any]) -> Any:
        found = pull(g.conj(), saved, params)
        return [None if gx is None else gx.conj() for gx in found] if type(found) is tuple else found.conj()

    return pulled


def _keeper(arrays: Sequence[int], shapes: Sequence[int]) -> Callable[[Sequence[Any], Sequence[Any]], tuple[Any, ...]]:
    """``Plan.keep`` of the arrays, and the shapes of the arrays, at these indices."""
    pick = getter(arrays)
    if not shapes:
        return lambda items, stamps: pick(items) + pick(stamps)
    if len(shapes) == 1 and not arrays:
        (i,) = shapes
        return lambda items, stamps: (items[i].shape,)
    return lambda items, stamps: (*pick(items), *[items[i].shape for i in shapes], *pick(stamps))


def getter(indices: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """``itemgetter`` that always gives a tuple."""
    if not indices:
        return lambda items: ()
    if len(indices) == 1:
        (i,) = indices
        return lambda items: (items[i],)
    return itemgetter(*indices)
