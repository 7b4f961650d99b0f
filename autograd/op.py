"""How an operation is declared, run and recorded.

    @op
    def mul(be, a, b):
        return be.xp.multiply(a, b)
    mul.grad(a=lambda g, b: g * b,
             b=lambda g, a: g * a)

The forward works on raw arrays of the backend ``be``: arrays positional, parameters keyword-only. Under it stands one
gradient per differentiable input, and *the parameter names of a gradient are what the node keeps*: ``g`` the incoming
gradient, ``y`` the output, an input's name that input, ``<input>_shape`` only its shape, ``**p`` the keyword parameters.
An operation may be a gradient, too: ``tanh.grad(input=_tanh_grad)``; its first input is ``g``, the others are called after
what is kept. Where the gradient is ``g`` itself, it is ``same``.

Gradients are written in differentiable operations. In a first-order backward they run on raw arrays, because an
operation called with raw arrays just calls its forward; under ``create_graph`` the same lines run on tensors and are recorded.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, Protocol, overload

from autograd import call, dtypes, widening
from autograd.call import CONSTANT
from autograd.call import wrap as wrap
from autograd.dtypes import BFLOAT16, INEXACT
from autograd.errors import DeviceError, DtypeError, ShapeError
from autograd.grad_mode import mode
from autograd.node import NEVER, Node, Output, Variable, last_write, seen_as, tick
from autograd.plan import UNKNOWN, Formula, Plan, formula, plan
from autograd.policies import POLICIES
from backends import registry

_NUMBERS = (bool, int, float, complex)


class Op:
    """A differentiable operation: a forward on raw arrays and the gradients declared under it.

    Args:
        forward: ``forward(be, *arrays, **params)``; its docstring is the operation's.
        outputs: names of the outputs when there are several; gradients may ask for any of them.
        kept: names of arrays that the forward gives behind its one output, for gradients alone. To second derivatives they
            are constants, unless the operation is ``composed``.
        view: the output shares the input's memory (where the backend can), as PyTorch's views do.
        promote: ``"common"``: operands are brought to their common dtype, Python numbers included; ``"float"``: and
            integers to the default float dtype.
        complex: of complex numbers. "analytic": its gradients are those of an analytic function, and the conjugates that
            PyTorch's convention asks for are taken around them: conj(f(conj(g), ...)). "refused": it takes none.
        bfloat16: what happens to arrays of it, which are otherwise computed with in float32: "kept": the forward only moves
            elements (a view's does), "kernel": the backend's kernel reads them where ``be.bfloat16``.
        name: how messages call it; the forward's name unless given.

    Attributes:
        function: what users call.

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

    into: ClassVar[Callable[..., Any]]  # writes a result into out=; tensor.py sets it
    made: ClassVar[list[Op]] = []  # all of them, for profilers

    def __init__(
        self,
        forward: Callable[..., Any],
        *,
        outputs: tuple[str, ...] = ("y",),
        kept: tuple[str, ...] = (),
        view: bool = False,
        promote: Literal["", "common", "float"] = "",
        complex: Literal["", "analytic", "refused"] = "",
        bfloat16: Literal["", "kept", "kernel"] = "",
        name: str = "",
    ) -> None:
        self.forward, self.outputs, self.kept, self.view, self.promote = forward, outputs, kept, view, promote
        self.complex = complex
        self.several = len(outputs) > 1
        self.name = name or forward.__name__.strip("_")
        self.bfloat16 = "kept" if view else bfloat16
        self.policy = POLICIES.get(self.name)  # the dtype inside autocast
        signature = inspect.signature(forward)
        _, *parameters = signature.parameters.values()  # without the backend
        self.signature = signature.replace(parameters=parameters)
        self.args = tuple(p.name for p in parameters if p.kind is not p.KEYWORD_ONLY)
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self.formulas: dict[str, Formula] = {}
        self.joint: Formula | None = None
        self.definition: Formula | None = None
        self.writes: Callable[..., Any] | None = None  # see ``over``
        self.by_result = False
        self.differentiable = 0  # bit i: input i has a gradient
        # By which inputs need a gradient, as bits; and how many there are, if that varies; and whether they are complex.
        self.plans: dict[Any, Plan] = {}
        self.by_needs: list[Any] = [UNKNOWN] * 4  # the same for one or two inputs, None where nothing is recorded
        self.function = call.function(self)
        self.made.append(self)

    def __repr__(self) -> str:
        return f"<op {self.name}{self.signature}>"

    # -- declaring gradients -----------------------------------------------------------------------------------------
    def grad(self, **formulas: Callable[..., Any]) -> Op:
        """One gradient per differentiable input, by the input's name; each computed only when needed."""
        for name, fn in formulas.items():
            self.formulas[name] = self._checked(fn)
            self.differentiable |= 1 << self.args.index(name)
        self.by_needs[:] = [UNKNOWN] * 4
        return self

    def grad_all(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """All gradients together, where they share work.

        ``fn(needs, g, ...)`` gets which inputs need one (bools) and returns one per input, None where not needed. With
        several outputs ``g`` is a tuple, None where no gradient came. Where ``grad`` has declared them one by one, too,
        those serve for a single one, and where gradients are recorded.
        """
        self.joint = self._checked(fn)
        self.differentiable = self.differentiable or -1
        self.by_needs[:] = [UNKNOWN] * 4
        return fn

    def composed(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """The operation once more in differentiable operations: stands in when the fused gradient must be differentiated.

        ``fn(*inputs, **params)`` returns the (first) output.
        """
        self.definition = formula(fn)
        return fn

    def over(self, fn: Callable[..., Any], *, by_result: bool = False) -> Op:
        """How the result is written over the first input: ``fn(be, x, *others, **params)``, all floating and of one dtype.

        Calls in place use it where no gradient needs that input; the others work on a copy. ``by_result``: gradients are the
        same when they are given the result for it.
        """
        self.writes, self.by_result = fn, by_result
        return self

    def _checked(self, fn: Callable[..., Any]) -> Formula:
        found = formula(fn)
        allowed = {"g", "needs", *self.args, *self.outputs, *self.kept, *(f"{a}_shape" for a in self.args)}
        if unknown := set(found.names) - allowed:
            raise TypeError(f"{self.name}: a gradient asks for {unknown}; there is {allowed}")
        return found

    # -- running -----------------------------------------------------------------------------------------------------
    def named(self, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """The call with keywords: parameters, ``out``, or inputs by their names."""
        if "out" in params:
            out = params.pop("out")
            return self.into(out, self.function(*inputs, **params), self.name)
        if not params.keys().isdisjoint(self.args):  # mul(a, other=b)
            bound = self.signature.bind(*inputs, **params)
            return self.function(*bound.args, **bound.kwargs)
        return self.run(inputs, params)

    def under(self, autocast: Any, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """The call inside ``autocast``: on inputs of the dtype that it chooses."""
        inputs = autocast.prepared(self.policy, inputs)
        return self.named(inputs, params) if params else self.run(inputs, params)

    def run(self, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """The call on anything."""
        be: Any = None
        dtype: Any = None
        mixed = numbers = False
        needs, lows, bit = 0, 0, 1
        raws, nodes, stamps = [], [], []
        for x in inputs:
            if isinstance(x, Variable):
                raw, node = x.raw, x.node
                stamp, alias = x.stamp, x.alias
                if be is None:
                    be, dtype = x.backend, raw.dtype
                elif x.backend is not be:
                    raise self._devices_differ(inputs)
                elif self.promote and raw.dtype is not dtype:
                    mixed = True
                if alias is not None and alias.seen != stamp[0]:
                    node = refresh(x)
                if node is not None:
                    needs |= bit
                if raw.dtype is BFLOAT16:
                    lows |= bit
            else:
                raw, node, stamp = x, None, CONSTANT
                if type(x) is float or type(x) is int:
                    numbers = True
                else:
                    mixed = True
            raws.append(raw)
            nodes.append(node)
            stamps.append(stamp)
            bit += bit
        if be is None:
            return self._run_raw(inputs, params)
        if self.promote and numbers and not mixed and dtype.kind == "f":
            raws = [be.scalar(x, dtype) if type(x) is float or type(x) is int else x for x in raws]
        elif self.promote and (mixed or numbers or (self.promote == "float" and dtype.kind not in INEXACT)):
            target, raws = self._unify(inputs, raws, be)
            if target is not None:  # tensors of another dtype: cast them where the graph sees it
                return self.run(tuple([x.to(target) if isinstance(x, Variable) else x for x in inputs]), params)  # type: ignore[attr-defined]

        if dtype.kind == "c" and self.complex == "refused":
            raise DtypeError(f"{self.name}: expected real numbers, got {dtype}. Take .real, .imag or .abs() first")
        if lows and self.bfloat16 and (self.bfloat16 == "kept" or be.bfloat16 or widening.mixed(raws)):
            lows = 0
        try:
            if lows:
                y = widening.forward(self, be, raws, params)
            else:
                y = self.forward(be, *raws, **params) if params else self.forward(be, *raws)
        except ValueError as e:
            self.explain(e, inputs)
            raise

        recorded = needs & self.differentiable and mode().enabled
        plan = self.plan(needs, len(nodes), bool(self.complex) and dtype.kind == "c", lows) if recorded else None
        if self.several:
            outs = tuple([wrap(part, be) for part in y])
            if plan is not None:
                raws += [out.raw for out in outs]
                stamps += [out.stamp for out in outs]
                node = call.record(plan, nodes, raws, stamps, params, outs[0].raw.shape, be)
                for i, out in enumerate(outs):
                    if out.raw.dtype.kind in INEXACT:
                        out.node = Output(node, i, out.raw.shape)
            return outs
        if self.kept:
            y, *beside = y
        out = wrap(y, be)
        if self.view and self.shares(out.raw, raws[0], be):
            out.stamp = stamp = inputs[0].stamp
            out.alias = seen_as(inputs[0], self, params, stamp[0])
        if plan is not None:
            raws.append(out.raw)
            stamps.append(out.stamp)
            if self.kept:
                raws += beside
                stamps += [CONSTANT] * len(beside)
            out.node = call.record(plan, nodes, raws, stamps, params, out.raw.shape, be)
        return out

    @staticmethod
    def shares(y: Any, x: Any, be: Any) -> bool:
        """Whether a view operation gave a view; the first two tests spare most calls the third."""
        return y.base is x or (y.base is not None and y.base is x.base) or bool(be.xp.may_share_memory(y, x))

    def _run_raw(self, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """On raw arrays: nothing wrapped, nothing recorded."""
        for x in inputs:
            if x is not None and type(x) not in _NUMBERS:  # numpy.float64 is a float, too, but it is a 0-d array here
                try:
                    be = registry.of(x)
                except TypeError:
                    break
                y = self.forward(be, *inputs, **params)
                return y[0] if self.kept else y
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
        exact = dtypes.float32.numpy if want is BFLOAT16 else want  # numbers are not rounded to it
        for x, raw in zip(inputs, raws, strict=True):
            if isinstance(x, Variable):
                if raw.dtype != want:
                    return target, raws
                out.append(raw)
            elif isinstance(x, _NUMBERS):
                out.append(be.scalar(x, exact))
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
        """The node of a call that was run elsewhere; see ``call.record``."""
        return call.record(self.plan(needs, len(nodes)), nodes, arrays, stamps, params, shape, be)

    def plan(self, needs: int, count: int, conjugate: bool = False, lows: int = 0) -> Plan:
        """What a call keeps of which ``count`` inputs.

        Bit i of ``needs``: input i needs a gradient; of ``lows``: it is bfloat16 and computed with in float32.
        """
        key: Any = (needs, count, conjugate, lows) if self.variadic or conjugate or lows else needs
        found = self.plans.get(key)
        if found is None:
            found = plan(self, needs, count, conjugate)
            self.plans[key] = widening.widened(found, lows) if lows else found
        return found

    def plan_by_needs(self, needs: int, count: int) -> Plan | None:
        """The plan of a call on one or two inputs, None where nothing is recorded; from now on in ``by_needs``."""
        self.by_needs[needs] = found = self.plan(needs, count) if needs & self.differentiable else None
        return found

    # -- odds and ends -----------------------------------------------------------------------------------------------
    def explain(self, error: ValueError, inputs: Sequence[Any]) -> None:
        """Raises what the array library's complaint about shapes means."""
        if type(error) is ValueError and "broadcast" in str(error):
            shapes = " and ".join(str(tuple(x.raw.shape)) for x in inputs if isinstance(x, Variable))
            raise ShapeError(
                f"{self.name}: expected broadcastable shapes, got {shapes}. Insert axes of size 1 with unsqueeze() or reshape()"
            ) from None

    def _devices_differ(self, inputs: Sequence[Any]) -> DeviceError:
        names = dict.fromkeys(str(x.device) for x in inputs if isinstance(x, Variable))  # type: ignore[attr-defined]
        return DeviceError(
            f"{self.name}: expected all tensors on one device, got {' and '.join(names)}. Move one with .to(device)"
        )


class Operation(Protocol):
    """The function of an operation, which carries the ``Op`` and the methods that declare its gradients."""

    op: Op
    forward: Callable[..., Any]
    grad: Callable[..., Op]
    grad_all: Callable[[Callable[..., Any]], Callable[..., Any]]
    composed: Callable[[Callable[..., Any]], Callable[..., Any]]
    over: Callable[..., Op]

    def __call__(self, *inputs: Any, **params: Any) -> Any:
        """Runs the operation: on tensors recorded, on raw arrays not."""


@overload
def op(forward: Callable[..., Any], /) -> Operation: ...
@overload
def op(
    *,
    outputs: tuple[str, ...] = ("y",),
    kept: tuple[str, ...] = (),
    view: bool = False,
    promote: Literal["", "common", "float"] = "",
    complex: Literal["", "analytic", "refused"] = "",
    bfloat16: Literal["", "kept", "kernel"] = "",
    name: str = "",
) -> Callable[[Callable[..., Any]], Operation]: ...
def op(forward: Callable[..., Any] | None = None, /, **how: Any) -> Any:
    """Declares an operation and gives the function that runs it; see ``Op``."""
    return Op(forward).function if forward is not None else lambda f: Op(f, **how).function


elementwise = op(promote="common")
floating = op(promote="float", complex="analytic")
floating_real = op(promote="float", complex="refused")
ordered = op(promote="common", complex="refused")


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
        node = erase.op.record(1, [x.node], [x.raw] * 2, [stamp] * 2, {}, x.raw.shape, x.backend)
    while track and x.alias is not None:
        view, base = x.alias, x.alias.base
        if node is not None or base.node is not None:
            parents = [base.node if base.alias is None else refresh(base), node]
            needs = (parents[0] is not None) | (node is not None) << 1
            params = {"op": view.op, "params": view.params}
            arrays = [base.raw, x.raw, base.raw]
            node = view_scatter.op.record(needs, parents, arrays, [stamp] * 3, params, base.raw.shape, x.backend)
        x = base
    if track:
        x.node = node
    if stamp[0] != NEVER:  # only now: the views on the way were still to be seen as they were
        stamp[0] = now = tick()
        stamp[1] = name
        if last_write[0] < now:
            last_write[0] = now
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
    base=lambda g, part_shape, *, op, params: view_scatter(
        g, zeros_like_shape(op.function(g, **params), part_shape), op=op, params=params
    ),
    part=lambda g, *, op, params: op.function(g, **params),
)


def zeros_like_shape(like: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of a shape, with the dtype and on the device of a tensor or raw array."""
    if isinstance(like, Variable):
        return wrap(like.backend.xp.zeros(shape, like.raw.dtype), like.backend)
    return registry.of(like).xp.zeros(shape, like.dtype)
