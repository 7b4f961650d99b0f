"""Backward: the walk over the graph from the results to the leaves.

Nodes are visited in the reverse order of their recording, which is a topological order because parents are always
recorded earlier: of the nodes that a gradient has reached always the latest. Gradients on their way live in a dictionary
of this walk, not on the nodes. A first-order walk handles raw arrays; under ``create_graph`` the same formulas run on
tensors, and are recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush, heappushpop
from operator import attrgetter
from typing import Any

from autograd.dtypes import BFLOAT16, INEXACT
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.function_node import FunctionNode
from autograd.grad_mode import mode, set_grad_enabled, switch, switch_autocast
from autograd.node import NEVER, Leaf, Node, Output, Variable, describe, last_write
from autograd.op import refresh, wrap
from autograd.ops.conversion import clone
from autograd.ops.shape import identity, sum_to
from autograd.plan import ALONE, FORWARD, SAME, TOGETHER, pulled


def backward(
    tensors: Sequence[Variable],
    grads: Sequence[Any],
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Sequence[Variable] | None = None,
) -> None:
    """Accumulates d(sum of tensors * grads)/d(leaf) into ``leaf.grad``; see ``autograd.backward``."""
    roots = _roots(tensors, grads, create_graph)
    keep = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        _Walk(roots, keep, create_graph).run()
        return
    nodes = [_node(t) for t in inputs]
    if not nodes or None in nodes:
        raise GraphError("backward: expected inputs that require grad, got one that does not, or none at all")
    walk = _Walk(roots, keep, create_graph, nodes)
    walk.run()
    for t, node in zip(inputs, nodes, strict=True):
        if node in walk.captured:
            _accumulate(t, walk.captured[node], False, create_graph)


def gradients(
    outputs: Sequence[Variable],
    inputs: Sequence[Variable],
    grads: Sequence[Any],
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> list[Any]:
    """d(sum of outputs * grads)/d(input) for each input, None where there is no path; touches no ``.grad``."""
    nodes = [_node(t) for t in inputs]
    if None in nodes:
        at = nodes.index(None)
        raise GraphError(
            f"grad: expected inputs that require grad, got input {at} of shape {tuple(inputs[at].raw.shape)} without. "
            "Call requires_grad_() on it before the forward"
        )
    walk = _Walk(
        _roots(outputs, grads, create_graph),
        create_graph if retain_graph is None else retain_graph,
        create_graph,
        nodes,
    )
    walk.run()
    results = [walk.captured.get(node) for node in nodes]
    return [
        r if r is None or isinstance(r, Variable) else wrap(r, t.backend) for r, t in zip(results, inputs, strict=True)
    ]


def _node(t: Variable) -> Any:
    return t.node if t.alias is None else refresh(t)


def _roots(tensors: Sequence[Variable], grads: Sequence[Any], create_graph: bool) -> list[tuple[Any, Any]]:
    """Nodes to start from, with the gradients given or ones."""
    roots = []
    for t, g in zip(tensors, grads, strict=True):
        node = _node(t)
        if node is None:
            raise GraphError(
                f"backward: expected a tensor that requires grad, got one of shape {tuple(t.raw.shape)} that was not "
                "recorded. Set requires_grad=True on a leaf it depends on, outside no_grad()"
            )
        if g is None:
            if t.raw.size != 1:
                raise GraphError(
                    f"backward: expected a scalar, got shape {tuple(t.raw.shape)}. "
                    "Reduce it (.sum(), .mean()) or pass gradient= of the same shape"
                )
            if t.raw.dtype.kind == "c":
                raise GraphError(
                    f"backward: expected a real scalar, got one of {t.raw.dtype}. "
                    "Take .real or .abs() first, or pass gradient= of that dtype"
                )
            one = t.backend.xp.full(t.raw.shape, 1, t.raw.dtype)
            roots.append((node, wrap(one, t.backend) if create_graph else one))
            continue
        if not isinstance(g, Variable):
            raise TypeError(f"backward: expected gradient to be a Tensor, got {type(g).__name__}")
        if g.raw.shape != t.raw.shape:
            raise ShapeError(f"backward: expected gradient of shape {t.raw.shape}, got {g.raw.shape}")
        if g.raw.dtype != t.raw.dtype:
            raise DtypeError(f"backward: expected gradient of dtype {t.raw.dtype}, got {g.raw.dtype}")
        roots.append((node, g if create_graph else g.raw))
    return roots


_FEW, _MANY = 64, 64  # gradients of a leaf of so few elements are collected, and added up when there are so many


class _Walk:
    """One backward pass: the gradients on their way, whose turn it is, and what was asked to be captured."""

    def __init__(
        self, roots: list[tuple[Any, Any]], retain: bool, create_graph: bool, capture: list[Any] | None = None
    ) -> None:
        self.retain, self.create_graph = retain, create_graph
        self.grads: dict[Any, Any] = {}
        self.waiting: list[tuple[int, Any]] = []  # a heap of the nodes among these (leaves come last), the latest first
        self.shared: set[Any] = set()  # nodes whose gradient array somebody else holds too: never added to in place
        self.captured: dict[Any, Any] = {}
        self.targets = None if capture is None else set(capture)
        self.needed = None if self.targets is None else self._leading_to(self.targets, [node for node, _ in roots])
        for node, g in roots:
            if self.needed is None or node in self.needed:
                self._add(node, g, False)

    @staticmethod
    def _leading_to(targets: set[Any], roots: Iterable[Any]) -> set[Any]:
        """The nodes from which a target can be reached."""
        order = list(dict.fromkeys(roots))
        seen = set(order)
        for node in order:  # grows while it is walked
            for parent in node.inputs:
                if parent is not None and parent not in seen:
                    seen.add(parent)
                    order.append(parent)
        order.sort(key=attrgetter("seq"))
        needed = set(targets)
        for node in order:
            if any(parent in needed for parent in node.inputs):
                needed.add(node)
        return needed

    def run(self) -> None:
        before, autocast = switch(self.create_graph), switch_autocast(None)
        try:
            if self.create_graph or self.targets is not None or mode().anomaly:
                while self.waiting:
                    node = heappop(self.waiting)[1]
                    self._visit(node, self.grads.pop(node))
            else:
                self._run_first_order()
            for leaf in list(self.grads):
                self._arrive(leaf, self.grads.pop(leaf))
        finally:
            switch(before)
            switch_autocast(autocast)

    def _run_first_order(self) -> None:
        """The plain backward, on raw arrays: ``_visit`` written out for the common case, as every microsecond counts."""
        grads, waiting, shared, retain = self.grads, self.waiting, self.shared, self.retain
        nearest = None  # a node that was first reached from the last one: in a chain the next, and the heap stays empty
        while waiting or nearest is not None:
            if nearest is None:
                node = heappop(waiting)[1]
            else:
                node = heappushpop(waiting, (-nearest.seq, nearest))[1] if waiting else nearest
                nearest = None
            g = grads.pop(node)
            if type(node) is not Node or node.hooks:
                self._visit(node, g)
                continue
            plan, saved, inputs = node.plan, node.saved, node.inputs
            if plan.saves:
                if type(saved) is not tuple or last_write[0] > node.seq:  # freed, dropped by a checkpoint, or modified
                    saved = self._kept(node)
                if not retain:
                    node.saved = None
            found: Any = None if plan.joint is None else plan.joint(g, (*saved, plan.needs), node.params)
            for position, pull, at in plan.quick:
                parent = inputs[position]
                gx = (
                    pull(g, saved[at]) if at >= 0
                    else g if at == SAME
                    else pull(g) if at == ALONE
                    else pull(node.backend, g, saved[FORWARD - at]) if at <= FORWARD
                    else found[position] if at == TOGETHER
                    else pull(g, saved, node.params)
                )  # fmt: skip
                if gx is None:
                    continue
                if plan.broadcasts:
                    shape = parent.shape
                    if (node.shape != shape or not plan.elementwise) and gx.shape != shape:
                        gx = sum_to(gx, shape=shape)
                have = grads.get(parent)
                if have is None:
                    grads[parent] = gx
                    if gx is g and (len(plan.quick) > 1 or node in shared):  # else it is handed over
                        shared.add(parent)
                    if parent.seq:  # no leaf
                        if nearest is None:
                            nearest = parent
                        else:
                            heappush(waiting, (-parent.seq, parent))
                elif type(have) is list:
                    have.append(gx)
                    if len(have) == _MANY:
                        grads[parent] = [_total(node.backend, have)]
                elif have.size <= _FEW and not parent.seq and have.dtype is not BFLOAT16:
                    grads[parent] = [have, gx]
                    shared.discard(parent)
                elif have.base is None and parent not in shared and have.size > 1 and have.dtype is not BFLOAT16:
                    have += gx
                else:
                    grads[parent] = _added(node.backend, have, gx)
                    shared.discard(parent)

    def _visit(self, node: Any, g: Any) -> None:
        """Hands the gradient of one node on to its parents."""
        if node.hooks:
            g = self._run_hooks(node, g)
        if self.targets is not None and node in self.targets:
            self.captured[node] = g
        kind = type(node)
        if kind is Node:
            self._visit_op(node, g)
        elif kind is Output:
            self._gather(node, g)
        else:
            self._visit_function(node, g)

    def _visit_op(self, node: Node, g: Any) -> None:
        """Runs the formulas under one operation."""
        saved, plan, params = self._kept(node), node.plan, node.params
        inputs, needed = node.inputs, self.needed
        if self.create_graph:
            saved = self._as_tensors(node)
        if plan.composed is not None and self.create_graph:
            grads = _through_definition(node, g, (g, *saved))
            for parent, gx in zip(inputs, grads, strict=True):
                if gx is not None:
                    self._add(parent, gx, False)
        else:
            needs = plan.needs
            if needed is not None:
                needs = tuple([n and p in needed for n, p in zip(needs, inputs, strict=True)])
            together = plan.joint is not None and not (self.create_graph and plan.steps)
            if together:
                grads = plan.joint(g, (*saved, needs), params)
                for need, parent, gx in zip(needs, inputs, grads, strict=True):
                    if need and gx is not None:
                        self._checked_add(node, parent, gx, gx is not g)
            for position, pull, at in () if together else plan.steps:
                if needs[position]:
                    gx = pulled(pull, at, g, saved, params)
                    self._checked_add(node, inputs[position], gx, gx is not g)
        if not self.retain and plan.saves:
            node.saved = None

    def _kept(self, node: Node) -> tuple[Any, ...]:
        """What the node saved, checked to be there and unmodified."""
        saved = node.saved
        if saved is None:
            raise GraphError(
                f"backward: the graph through {node.op.name} was freed by an earlier backward. "
                "Pass retain_graph=True to the first one, or run the forward again"
            )
        if type(saved) is not tuple:  # dropped by a checkpoint, which computes it again
            saved = node.saved = saved.restore()
        seq = node.seq
        for i, stamp in enumerate(saved[node.plan.stamps :]):
            if stamp[0] > seq:
                raise self._modified(node, saved[i], stamp)
        return saved

    def _checked_add(self, node: Any, parent: Any, gx: Any, fresh: bool) -> None:
        if (now := mode()).anomaly and now.check_nan:
            raw = gx.raw if isinstance(gx, Variable) else gx
            if raw.dtype.kind in INEXACT and node.backend.xp.isnan(raw).any():
                raise GraphError(
                    f"backward: the gradient of {node.op.name} with respect to its input of shape {tuple(parent.shape)} "
                    f"has NaN. The forward ran at {describe(node.where)}"
                )
        if gx.shape != parent.shape:
            gx = sum_to(gx, shape=parent.shape)
        self._add(parent, gx, fresh)

    def _add(self, parent: Any, gx: Any, fresh: bool) -> None:
        """Adds a contribution; in place only into an array that nobody else can hold."""
        grads, shared = self.grads, self.shared
        have = grads.get(parent)
        if have is None:
            grads[parent] = gx
            if not fresh:
                shared.add(parent)
            if parent.seq:
                heappush(self.waiting, (-parent.seq, parent))
        elif type(have) is list:
            have.append(gx)
        elif self._owned(parent, have) and have.size > 1:  # NumPy adds to single elements faster out of place
            have += gx
        else:
            grads[parent] = self._sum(parent, have, gx)
            shared.discard(parent)

    def _owned(self, node: Any, g: Any) -> bool:
        """Whether the array of a node's gradient belongs to this walk alone."""
        return not self.create_graph and g.base is None and node not in self.shared and g.dtype is not BFLOAT16

    def _sum(self, node: Any, a: Any, b: Any) -> Any:
        """a + b: recorded, or of raw arrays by the backend's function, as CuPy's operator loses channels-last."""
        return a + b if self.create_graph else _added(node.backend, a, b)

    def _arrive(self, leaf: Leaf, g: Any) -> None:
        """Takes the gradient of a leaf to its tensor, or captures it."""
        if type(g) is list:
            g = _total(leaf.backend, g)
        if leaf.hooks:
            g = self._run_hooks(leaf, g)
        if self.targets is not None:
            if leaf in self.targets:
                self.captured[leaf] = g
            return
        tensor = leaf.owner()
        if tensor is None:
            return
        _accumulate(tensor, g, self._owned(leaf, g), self.create_graph)
        if leaf.after:
            for hook in leaf.after:
                hook(tensor)

    def _gather(self, node: Output, g: Any) -> None:
        """Hands the gradient of one output to the node that has them all."""
        parent = node.inputs[0]
        slots = self.grads.get(parent)
        if slots is None:
            slots = self.grads[parent] = [None] * len(parent.op.outputs)
            heappush(self.waiting, (-parent.seq, parent))
        have = slots[node.index]
        slots[node.index] = g if have is None else self._sum(node, have, g)

    def _visit_function(self, node: FunctionNode, g: Any) -> None:
        grads = node.backward(g, self.create_graph)
        for parent, gx in zip(node.inputs, grads, strict=True):
            if parent is not None and gx is not None and (self.needed is None or parent in self.needed):
                self._checked_add(node, parent, gx, False)
        if not self.retain:
            node.free()

    def _run_hooks(self, node: Any, g: Any) -> Any:
        if isinstance(g, list):  # a node with several outputs: hooks stand on the outputs
            return g
        for hook in node.hooks:
            t = g if isinstance(g, Variable) else wrap(g, node.backend)
            result = hook(t)
            if result is not None:
                if not isinstance(result, Variable):
                    raise TypeError(f"hook: expected a Tensor or None, got {type(result).__name__}")
                if result.raw.shape != t.raw.shape:
                    raise ShapeError(f"hook: expected a gradient of shape {t.raw.shape}, got {result.raw.shape}")
                g = result if self.create_graph else result.raw
        self.shared.add(node)
        return g

    def _as_tensors(self, node: Node) -> tuple[Any, ...]:
        """The kept arrays with their place in the graph, so that formulas on them are recorded."""
        assert node.plan is not None and node.saved is not None
        out = []
        for at, value in zip(node.plan.arrays, node.saved, strict=False):
            if value is None or not isinstance(value, node.backend.xp.ndarray):
                out.append(value)
            elif at < len(node.inputs):
                out.append(wrap(value, node.backend, node.inputs[at]))
            else:
                k = at - len(node.inputs)
                source = Output(node, k, value.shape) if node.op.several else node if k == 0 else None
                out.append(wrap(value, node.backend, source if value.dtype.kind in INEXACT else None))
        return (*out, *node.saved[len(out) :])

    def _modified(self, node: Node, array: Any, stamp: list[Any]) -> GraphError:
        shape = tuple(array.shape)
        if stamp[0] == NEVER:
            return GraphError(
                f"backward: {node.op.name} needs a tensor of shape {shape} made in inference_mode, at "
                f"{describe(node.where)}. Make it under no_grad(), or clone() it outside"
            )
        return GraphError(
            f"backward: {node.op.name} needs a tensor of shape {shape} that {stamp[1]} has since modified in place. "
            f"The forward ran at {describe(node.where)}. Use the out-of-place form, or clone() the tensor before"
        )


def _accumulate(tensor: Any, g: Any, owned: bool, create_graph: bool) -> None:
    """``tensor.grad += g``; the gradient's memory is never shared with another array of the walk."""
    old = tensor._grad
    if old is None:
        if isinstance(g, Variable):
            with set_grad_enabled(create_graph):
                tensor._grad = clone(g)
        else:
            tensor._grad = wrap(g if owned else _copied(g, tensor), tensor.backend)
    elif create_graph or old.node is not None:
        with set_grad_enabled(create_graph):
            tensor._grad = old + (g if isinstance(g, Variable) else wrap(g, tensor.backend))
    else:
        raw = g.raw if isinstance(g, Variable) else g
        if raw.dtype is BFLOAT16:
            old.raw[...] = _added(tensor.backend, old.raw, raw)
        else:
            tensor.backend.xp.add(old.raw, raw, out=old.raw)
        old.stamp[2] += 1


def _added(be: Any, a: Any, b: Any) -> Any:
    """a + b of raw arrays of one dtype; CuPy adds bfloat16 in float32."""
    y = be.add(a, b)
    return y if y.dtype is a.dtype else y.astype(a.dtype)


def _total(be: Any, parts: list[Any]) -> Any:
    """The sum of small arrays of one shape: for single elements in 0.4 of the time of adding one to the other."""
    return be.axes_sum(be.xp.concatenate(parts, axis=None).reshape(len(parts), *parts[0].shape), (0,), False)


def _copied(g: Any, tensor: Any) -> Any:
    """A copy of a gradient that lies in memory as its tensor does."""
    if tensor.raw.flags.c_contiguous:
        return g.copy() if g.flags.c_contiguous else tensor.backend.rows(g)
    copy = tensor.backend.xp.empty_like(tensor.raw, g.dtype)
    copy[...] = g
    return copy


def _through_definition(node: Node, g: Any, known: tuple[Any, ...]) -> list[Any]:
    """The gradient of a fused operation through its definition in differentiable operations, recorded."""
    plan = node.plan
    assert plan is not None and plan.composed is not None
    inputs = plan.composed.get(known)
    aliases = [identity(x) if need else x for x, need in zip(inputs, plan.needs, strict=True)]
    y = plan.composed.fn(*aliases, **node.params)
    ys, gs = (y, g) if isinstance(y, tuple) else ((y,), g[:1] if node.op.several else (g,))
    pairs = [(y, g) for y, g in zip(ys, gs, strict=True) if g is not None]
    wanted = [a for a, need in zip(aliases, plan.needs, strict=True) if need]
    found = iter(gradients([y for y, _ in pairs], wanted, [g for _, g in pairs], create_graph=True))
    return [next(found) if need else None for need in plan.needs]
