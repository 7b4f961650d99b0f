"""How an operation is declared, run and recorded.

    @op
    def mul(be, a, b):
        return be.xp.multiply(a, b)
    mul.grad(a=lambda g, b: g * b,
             b=lambda g, a: g * a)

The forward works on raw arrays of the backend ``be``: arrays positional, parameters keyword-only. Under it stands one
gradient per differentiable input, and *the parameter names of a gradient are what the node keeps*: ``g`` the incoming
gradient, ``y`` the output, an input's name that input, ``<input>_shape`` only its shape, ``**p`` the keyword parameters.

Gradients are written in differentiable operations. In a first-order backward they run on raw arrays, because an ``Op``
called with raw arrays just calls its forward; under ``create_graph`` the same lines run on tensors and are recorded.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from operator import itemgetter
from types import MethodType
from typing import Any, ClassVar, Literal, NamedTuple, overload

from autograd import dtypes
from autograd.errors import DeviceError, ShapeError
from autograd.grad_mode import mode
from autograd.node import NEVER, Node, Output, Variable, View, caller, tick
from backends import registry

_NUMBERS = (bool, int, float, complex)
_NO_PARAMS: dict[str, Any] = {}
_CONSTANT = [0, "", 0]  # the stamp of what is no tensor


class Formula(NamedTuple):
    """A gradient and what it asks for."""

    fn: Callable[..., Any]
    names: tuple[str, ...]
    wants_params: bool


class Step(NamedTuple):
    """A formula bound to a plan: ``fn(*get((g, *saved)))`` is the gradient of input number ``position``."""

    position: int  # -1: the formula gives the gradients of all inputs at once
    fn: Callable[..., Any]
    get: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    wants_params: bool


class Plan(NamedTuple):
    """What one call keeps, given which of its inputs need a gradient."""

    keep: Callable[[Sequence[Any]], tuple[Any, ...]]  # of (*inputs, *outputs): the arrays to keep
    arrays: tuple[int, ...]  # which ones those are
    shapes: tuple[int, ...]  # of which inputs to keep the shape only
    steps: tuple[Step, ...]
    composed: Step | None  # how to compute under create_graph, where the steps are not differentiable
    saves: bool
    joint: bool
    needs: tuple[bool, ...]


def _getter(indices: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """``itemgetter`` that always gives a tuple."""
    if not indices:
        return lambda items: ()
    if len(indices) == 1:
        (i,) = indices
        return lambda items: (items[i],)
    return itemgetter(*indices)


def _formula(fn: Callable[..., Any]) -> Formula:
    kinds = inspect.signature(fn).parameters.values()
    names = tuple(p.name for p in kinds if p.kind is p.POSITIONAL_OR_KEYWORD)
    return Formula(fn, names, any(p.kind in (p.VAR_KEYWORD, p.KEYWORD_ONLY) for p in kinds))


class Op:
    """A differentiable operation: a forward on raw arrays and the gradients declared under it.

    Args:
        forward: ``forward(be, *arrays, **params)``; its docstring is the operation's.
        outputs: names of the outputs when there are several; gradients may ask for any of them.
        view: the output shares the input's memory (where the backend can), as PyTorch's views do.
        promote: ``"common"``: operands are brought to their common dtype, Python numbers included; ``"float"``: and
            integers to the default float dtype.

    Example:
        >>> from autograd.op import op
        >>> @op
        ... def cube(be, x):
        ...     return x * x * x
        >>> _ = cube.grad(x=lambda g, x: g * (3 * x * x))
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> cube(x).backward(); x.grad
        tensor(12.)
    """

    tensor: ClassVar[Any]  # the class of results; tensor.py sets it
    into: ClassVar[Callable[..., Any]]  # writes a result into out=; tensor.py sets it

    def __init__(
        self,
        forward: Callable[..., Any],
        *,
        outputs: tuple[str, ...] = ("y",),
        view: bool = False,
        promote: Literal["", "common", "float"] = "",
    ) -> None:
        self.forward, self.outputs, self.view, self.promote = forward, outputs, view, promote
        self.several = len(outputs) > 1
        self.name = self.__name__ = forward.__name__.strip("_")
        self.__doc__, self.__module__, self.__qualname__ = forward.__doc__, forward.__module__, forward.__qualname__
        self.__wrapped__ = forward
        signature = inspect.signature(forward)
        _, *parameters = signature.parameters.values()  # without the backend
        self.__signature__ = signature.replace(parameters=parameters)
        self.args = tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY)
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self.formulas: dict[str, Formula] = {}
        self.joint: Formula | None = None
        self.definition: Formula | None = None
        self.differentiable = 0  # bit i: input i has a gradient
        self._named = frozenset(self.args)
        simple = bool(promote) and not self.several and not view and not self.variadic
        self._straight = len(self.args) if simple and len(self.args) in (1, 2) else -1
        self._plans: dict[Any, Plan] = {}

    def __repr__(self) -> str:
        return f"<op {self.name}{self.__signature__}>"

    # -- declaring gradients -----------------------------------------------------------------------------------------
    def grad(self, **formulas: Callable[..., Any]) -> Op:
        """One gradient per differentiable input, by the input's name; each computed only when needed."""
        for name, fn in formulas.items():
            self.formulas[name] = self._checked(fn)
            self.differentiable |= 1 << self.args.index(name)
        return self

    def grad_all(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """All gradients together, where they share work.

        ``fn(needs, g, ...)`` gets which inputs need one (bools) and returns one per input, None where not needed. With
        several outputs ``g`` is a tuple, None where no gradient came.
        """
        self.joint = self._checked(fn)
        self.differentiable = -1
        return fn

    def composed(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """The operation once more in differentiable operations: stands in when the fused gradient must be differentiated.

        ``fn(*inputs, **params)`` returns the (first) output.
        """
        self.definition = _formula(fn)
        return fn

    def _checked(self, fn: Callable[..., Any]) -> Formula:
        formula = _formula(fn)
        allowed = {"g", "needs", *self.args, *self.outputs, *(f"{a}_shape" for a in self.args)}
        if unknown := set(formula.names) - allowed:
            raise TypeError(f"{self.name}: a gradient asks for {unknown}; there is {allowed}")
        return formula

    # -- running -----------------------------------------------------------------------------------------------------
    def __call__(self, *inputs: Any, **params: Any) -> Any:
        if params:
            if "out" in params:
                out = params.pop("out")
                return self.into(out, self(*inputs, **params), self.name)
            if not self._named.isdisjoint(params):  # inputs by name: mul(a, other=b)
                bound = self.__signature__.bind(*inputs, **params)
                return self(*bound.args, **bound.kwargs)
        elif self._straight == len(inputs):
            return self.two(*inputs) if len(inputs) == 2 else self.one(*inputs)
        return self._run(inputs, params)

    def one(self, x: Any) -> Any:
        """The call on one floating tensor that owns its history, written out: most of a program is this or ``two``."""
        if not isinstance(x, Variable) or x.alias is not None or x.raw.dtype.kind != "f":
            return self._run((x,), {})
        raw, be, node = x.raw, x.backend, x.node
        y = self.forward(be, raw)
        if type(y) is not be.xp.ndarray:
            y = be.asarray(y)
        out = _new(self.tensor)
        out.raw, out.backend, out.node, out._grad, out.alias = y, be, None, None, None
        enabled = mode.enabled
        out.stamp = stamp = [0, "", 0] if enabled is not None else [NEVER, "inference_mode", 0]
        if node is not None and enabled and self.differentiable:
            out.node = self.record(1, (node,), (raw, y), (x.stamp, stamp), _NO_PARAMS, y.shape, be)
        return out

    def two(self, a: Any, b: Any) -> Any:
        """The call on two such tensors of one dtype and device, or on one and a Python number, written out."""
        if not isinstance(a, Variable) or a.alias is not None or a.raw.dtype.kind != "f":
            return self._run((a, b), {})
        left, be = a.raw, a.backend
        if isinstance(b, Variable) and b.alias is None and b.raw.dtype is left.dtype and b.backend is be:
            right, nodes, right_stamp = b.raw, (a.node, b.node), b.stamp
        elif type(b) is float or type(b) is int:
            right, nodes, right_stamp = be.scalar(b, left.dtype), (a.node, None), _CONSTANT
        else:
            return self._run((a, b), {})
        try:
            y = self.forward(be, left, right)
        except ValueError as e:
            self._explain(e, (a, b))
            raise
        if type(y) is not be.xp.ndarray:
            y = be.asarray(y)
        out = _new(self.tensor)
        out.raw, out.backend, out.node, out._grad, out.alias = y, be, None, None, None
        enabled = mode.enabled
        out.stamp = stamp = [0, "", 0] if enabled is not None else [NEVER, "inference_mode", 0]
        needs = (nodes[0] is not None) + 2 * (nodes[1] is not None)
        if needs & self.differentiable and enabled:
            stamps = a.stamp, right_stamp, stamp
            out.node = self.record(needs, nodes, (left, right, y), stamps, _NO_PARAMS, y.shape, be)
        return out

    def _run(self, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """The call on anything."""
        be: Any = None
        dtype: Any = None
        mixed = False
        needs, bit = 0, 1
        raws, nodes, stamps = [], [], []
        for x in inputs:
            if isinstance(x, Variable):
                raw, node, stamp = x.raw, x.node, x.stamp
                if be is None:
                    be, dtype = x.backend, raw.dtype
                elif x.backend is not be:
                    raise self._devices_differ(inputs)
                elif raw.dtype is not dtype:
                    mixed = True
                if x.alias is not None and x.alias.seen != stamp[0]:
                    node = refresh(x)
                if node is not None:
                    needs |= bit
            else:
                raw, node, stamp = x, None, _CONSTANT
                mixed = True
            raws.append(raw)
            nodes.append(node)
            stamps.append(stamp)
            bit += bit
        if be is None:
            return self._call_raw(inputs, params)
        if self.promote and (mixed or (self.promote == "float" and dtype.kind not in "fc")):
            target, raws = self._unify(inputs, raws, be)
            if target is not None:  # tensors of another dtype: cast them where the graph sees it
                return self(*[x.to(target) if isinstance(x, self.tensor) else x for x in inputs], **params)

        try:
            y = self.forward(be, *raws, **params) if params else self.forward(be, *raws)
        except ValueError as e:
            self._explain(e, inputs)
            raise

        enabled = mode.enabled
        if self.several:
            outs = tuple([wrap(part, be) for part in y])
            if needs & self.differentiable and enabled:
                raws += [out.raw for out in outs]
                stamps += [out.stamp for out in outs]
                node = self.record(needs, nodes, raws, stamps, params, outs[0].raw.shape, be)
                for i, out in enumerate(outs):
                    if out.raw.dtype.kind in "fc":
                        out.node = Output(node, i, out.raw.shape)
            return outs
        if type(y) is not be.xp.ndarray:  # NumPy gives scalars for 0-d arrays
            y = be.asarray(y)
        out = _new(self.tensor)
        out.raw, out.backend, out.node, out._grad, out.alias = y, be, None, None, None
        out.stamp = stamp = [0, "", 0] if enabled is not None else [NEVER, "inference_mode", 0]
        if self.view and self._shares(y, raws[0], be):
            x = inputs[0]
            out.stamp = stamp = x.stamp
            out.alias = View(x, self, params, stamp[0])
        if needs & self.differentiable and enabled:
            raws.append(y)
            stamps.append(stamp)
            out.node = self.record(needs, nodes, raws, stamps, params, y.shape, be)
        return out

    @staticmethod
    def _shares(y: Any, x: Any, be: Any) -> bool:
        """Whether a view operation gave a view; the first two tests spare most calls the third."""
        return y.base is x or (y.base is not None and y.base is x.base) or bool(be.xp.may_share_memory(y, x))

    def _call_raw(self, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """On raw arrays: nothing wrapped, nothing recorded."""
        for x in inputs:
            if x is not None and type(x) not in _NUMBERS:  # numpy.float64 is a float, too, but it is a 0-d array here
                try:
                    be = registry.of(x)
                except TypeError:
                    break
                return self.forward(be, *inputs, **params)
        return self._needs_tensor(inputs)

    def _needs_tensor(self, inputs: tuple[Any, ...]) -> Any:
        raise TypeError(
            f"{self.name}: expected a Tensor, got {', '.join(type(x).__name__ for x in inputs) or 'nothing'}. "
            "Make one with autograd.tensor(...)"
        )

    def _unify(self, inputs: tuple[Any, ...], raws: list[Any], be: Any) -> tuple[Any, list[Any]]:
        """The operands in their common dtype; or that dtype, when a tensor must be cast to it first."""
        for x in inputs:
            if not (x is None or hasattr(x, "dtype") or isinstance(x, _NUMBERS)):
                raise TypeError(f"{self.name}: expected tensors and numbers, got {type(x).__name__}")
        target = result_type(*inputs)
        if self.promote == "float" and target.category < dtypes.FLOAT:
            target = dtypes.default()
        want, out = target.numpy, []
        for x, raw in zip(inputs, raws, strict=True):
            if isinstance(x, Variable):
                if raw.dtype != want:
                    return target, raws
                out.append(raw)
            elif isinstance(x, _NUMBERS):
                out.append(be.scalar(x, want))
            else:
                out.append(x if x is None else be.asarray(x, want))
        return None, out

    # -- recording ---------------------------------------------------------------------------------------------------
    def record(
        self,
        needs: int,
        nodes: Sequence[Any],
        arrays: Sequence[Any],
        stamps: Sequence[Any],
        params: Any,
        shape: Any,
        be: Any,
    ) -> Node:
        """The node of a call: ``arrays`` and their ``stamps`` are those of inputs and outputs, one after the other."""
        plan = self._plans.get((needs, len(nodes)) if self.variadic else needs) or self._plan(needs, len(nodes))
        node: Node = _new(Node)
        node.op, node.plan, node.inputs, node.params = self, plan, nodes, params
        node.shape, node.backend, node.seq, node.hooks = shape, be, tick(), None
        if plan.arrays:
            node.saved, node.stamps, node.where = plan.keep(arrays), plan.keep(stamps), caller()
        else:
            node.saved = node.stamps = ()
            node.where = caller() if mode.anomaly else None
        if plan.shapes:
            node.saved += tuple([arrays[i].shape for i in plan.shapes])
        return node

    def _plan(self, needs: int, count: int) -> Plan:
        """Which arrays and shapes the wanted gradients name, and where each formula finds them."""
        wanted = tuple(bool(needs >> i & 1 and self.differentiable >> i & 1) for i in range(count))
        names = self.args if not self.variadic else tuple(f"{self.args[0]}{i}" for i in range(count))
        pool = [*names, *self.outputs]

        def expand(asked: tuple[str, ...]) -> list[str]:
            everything: list[str] = []
            for name in asked:  # the name of *xs stands for all of them
                everything += names if self.variadic and name == self.args[0] else [name]
            return [n for n in everything if n not in ("g", "needs")]

        formulas = (
            [self.joint] if self.joint else [self.formulas[a] for a, w in zip(self.args, wanted, strict=False) if w]
        )
        every = [n for f in formulas for n in expand(f.names)]
        if self.definition:
            every += self.args
        arrays = [i for i, n in enumerate(pool) if n in every]
        shapes = [i for i, n in enumerate(names) if f"{n}_shape" in every]
        known = ["g", *(pool[i] for i in arrays), *(f"{names[i]}_shape" for i in shapes), "needs"]

        def bind(position: int, formula: Formula) -> Step:
            if self.variadic and self.args[0] in formula.names:
                return Step(position, *_spread(formula, known, names, self.args[0]))
            return Step(position, formula.fn, _getter([known.index(n) for n in formula.names]), formula.wants_params)

        if self.joint:
            steps = [bind(-1, self.joint)]
        else:
            steps = [bind(i, self.formulas[a]) for i, a in enumerate(self.args) if i < count and wanted[i]]
        composed = None
        if self.definition:
            composed = Step(-1, self.definition.fn, _getter([known.index(n) for n in names]), True)
        saves = bool(arrays or shapes)
        plan = Plan(
            _getter(arrays), tuple(arrays), tuple(shapes), tuple(steps), composed, saves, self.joint is not None, wanted
        )
        self._plans[(needs, count) if self.variadic else needs] = plan
        return plan

    # -- odds and ends -----------------------------------------------------------------------------------------------
    def _explain(self, error: ValueError, inputs: Sequence[Any]) -> None:
        """Raises what the array library's complaint about shapes means."""
        if type(error) is ValueError and "broadcast" in str(error):
            shapes = " and ".join(str(tuple(x.raw.shape)) for x in inputs if isinstance(x, Variable))
            raise ShapeError(
                f"{self.name}: expected broadcastable shapes, got {shapes}. Insert axes of size 1 with unsqueeze() or reshape()"
            ) from None

    def _devices_differ(self, inputs: Sequence[Any]) -> DeviceError:
        names = dict.fromkeys(str(x.device) for x in inputs if isinstance(x, self.tensor))
        return DeviceError(
            f"{self.name}: expected all tensors on one device, got {' and '.join(names)}. Move one with .to(device)"
        )

    def __get__(self, instance: Any, owner: type) -> Any:
        """As a method of Tensor: ``x.exp()`` is ``exp(x)``."""
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> str:
        return self.__qualname__  # pickled by name, like a function


def _spread(formula: Formula, known: list[str], names: tuple[str, ...], variadic: str) -> tuple[Any, ...]:
    """The step of a formula that asks for ``*xs`` as one tuple."""
    members = _getter([known.index(n) for n in names])
    rest = [known.index(n) if n != variadic else -1 for n in formula.names]

    def get(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple([members(items) if i < 0 else items[i] for i in rest])

    return formula.fn, get, formula.wants_params


_new: Callable[[type], Any] = Variable.__new__


@overload
def op(forward: Callable[..., Any], /) -> Op: ...
@overload
def op(
    *, outputs: tuple[str, ...] = ("y",), view: bool = False, promote: Literal["", "common", "float"] = ""
) -> Callable[[Callable[..., Any]], Op]: ...
def op(forward: Callable[..., Any] | None = None, /, **how: Any) -> Any:
    """Declares an operation; see ``Op``."""
    return Op(forward) if forward is not None else lambda f: Op(f, **how)


elementwise = op(promote="common")
floating = op(promote="float")


def wrap(raw: Any, be: Any, node: Any = None) -> Any:
    """A tensor around an array of the backend; with the node that produced it, if any."""
    t = _new(Op.tensor)
    t.raw = raw if type(raw) is be.xp.ndarray else be.asarray(raw)
    t.backend, t.node, t._grad, t.alias = be, node, None, None
    t.stamp = [0, "", 0] if mode.enabled is not None else [NEVER, "inference_mode", 0]
    return t


def result_type(*operands: Any) -> dtypes.dtype:
    """The dtype that arithmetic on these tensors and Python numbers gives, as ``torch.result_type``.

    Args:
        operands: tensors, raw arrays and Python numbers.

    Returns:
        The common dtype: category first, then tensors with dimensions over 0-d tensors over numbers.

    Example:
        >>> ag.result_type(ag.ones(2), 3), ag.result_type(ag.tensor([1]), 2.5)
        (autograd.float32, autograd.float32)
    """
    ranks: list[dtypes.dtype | None] = [None, None, None]
    for x in operands:
        if x is None:
            continue
        if isinstance(x, _NUMBERS):
            rank, kind = 2, dtypes.of_number(x)
        else:
            raw = x.raw if isinstance(x, Variable) else x
            rank, kind = (0 if raw.ndim else 1), dtypes.FROM_NUMPY[raw.dtype]
        known = ranks[rank]
        ranks[rank] = kind if known is None else dtypes.promote_types(known, kind)
    return dtypes.result_type_of(*ranks)


# -- views and in-place writes ---------------------------------------------------------------------------------------
#
# Memory may be seen by many tensors; only one history is kept, that of the tensor that owns it (the base). A write into
# a view becomes a write into its base: base' = view_scatter(base, written view). The view itself, and every other view
# when it is next used, is then taken again from the base. So `stamp`, shared by all of them, tells whether a node is old.


def refresh(x: Variable) -> Any:
    """The node of a view, taken again from its base if the memory was written through another tensor."""
    chain = []
    while x.alias is not None and x.stamp[0] != x.alias.seen:
        chain.append(x)
        x = x.alias.base
    for x in reversed(chain):
        assert x.alias is not None
        x.alias.seen = x.stamp[0]
        x.node = _view_node(x)
    return x.node


def _view_node(x: Variable) -> Any:
    view = x.alias
    assert view is not None
    if view.base.node is None:
        return None
    base = view.base
    return view.op.record(1, [base.node], [base.raw, x.raw], [x.stamp] * 2, view.params, x.raw.shape, x.backend)


def written(x: Variable, name: str, node: Any, track: bool = True) -> None:
    """Notes that the memory of ``x`` was just written by the operation ``name`` whose node is ``node``.

    ``track`` False (under ``no_grad``) leaves the history alone and only marks the memory as changed.
    """
    stamp = x.stamp
    if track and node is None and x.alias is None and x.node is not None:  # a constant; it stays in the graph
        node = erase.record(1, [x.node], [x.raw] * 2, [stamp] * 2, {}, x.raw.shape, x.backend)
    while track and x.alias is not None:
        view, base = x.alias, x.alias.base
        if node is not None or base.node is not None:
            parents = [base.node if base.alias is None else refresh(base), node]
            needs = (parents[0] is not None) | (node is not None) << 1
            params = {"op": view.op, "params": view.params}
            arrays = [base.raw, x.raw, base.raw]
            node = view_scatter.record(needs, parents, arrays, [stamp] * 3, params, base.raw.shape, x.backend)
        x = base
    if track:
        x.node = node
    if stamp[0] != NEVER:  # only now: the views on the way were still to be seen as they were
        stamp[0], stamp[1] = tick(), name
    stamp[2] += 1


@op
def erase(be: Any, x: Any) -> Any:
    """What is left of ``x`` when a constant is written over it."""
    return be.xp.zeros_like(x)


erase.grad(x=lambda g, x_shape: zeros_like_shape(g, x_shape))


@op
def view_scatter(be: Any, base: Any, part: Any, *, op: Op, params: dict[str, Any]) -> Any:
    """``base`` with ``part`` written through the view ``op(base, **params)``."""
    y = be.xp.array(base, order="C")  # an array even of the scalar that NumPy makes of a 0-d gradient
    op.forward(be, y, **params)[...] = part
    return y


view_scatter.grad(
    base=lambda g, part_shape, **p: view_scatter(g, zeros_like_shape(g, part_shape), **p),
    part=lambda g, *, op, params: op(g, **params),
)


def zeros_like_shape(like: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of a shape, with the dtype and on the device of a tensor or raw array."""
    if isinstance(like, Variable):
        return wrap(like.backend.xp.zeros(shape, like.raw.dtype), like.backend)
    return registry.of(like).xp.zeros(shape, like.dtype)
