"""The functions that users call: an operation on one tensor, on two, or on anything.

Most of a program is one of the first two on floating tensors of one dtype and device; they are written out here, each in
one Python frame above the operation's forward. Whatever is not so plain goes to ``Op.run``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd.dtypes import BFLOAT16, FLOAT32
from autograd.grad_mode import mode
from autograd.node import NEVER, Node, Variable, outside, seen_as, tick, users_files
from autograd.plan import UNKNOWN
from backends import registry

if TYPE_CHECKING:
    from autograd.op import Op
    from autograd.plan import Plan

NO_PARAMS: dict[str, Any] = {}
CONSTANT = [0, "", 0]  # the stamp of what is no tensor
_MISSING = object()
tensor_class: Any = Variable  # the class of results; tensor.py sets it
_new: Callable[[type], Any] = Variable.__new__
_frame = sys._getframe


def wrap(raw: Any, be: Any, node: Any = None) -> Any:
    """A tensor around an array of the backend; with the node that produced it, if any."""
    t = _new(tensor_class)
    t.raw = raw if type(raw) is be.xp.ndarray else be.asarray(raw)  # NumPy gives scalars for 0-d arrays
    t.backend, t.node, t._grad, t.alias = be, node, None, None
    t.stamp = [0 if mode().enabled is not None else NEVER, "", 0]
    return t


def record(
    plan: Plan, nodes: Sequence[Any], arrays: Sequence[Any], stamps: Sequence[Any], params: Any, shape: Any, be: Any
) -> Node:
    """The node of a call: ``arrays`` and their ``stamps`` are those of inputs and outputs, one after the other.

    It makes no object that it can do without: each that lives brings the next run of the garbage collector nearer, which
    is a tenth of the time of a forward. ``_on_one`` and ``two`` do the same without a call. ``saved`` comes last of what
    ``packing`` reads: plan, backend, saved.
    """
    node = Node()
    node.plan = plan
    node.inputs = nodes
    node.params = params
    node.shape = shape
    node.backend = be
    node.hooks = None
    node.seq = tick()
    node.saved = plan.keep(arrays, stamps) if plan.saves else ()
    if not plan.arrays and not mode().anomaly:  # nothing that may be modified, which is what the line is for
        node.code = None
        return node
    node.code, node.instruction = outside(_frame(2))
    return node


def function(op: Op) -> Any:
    """The function of an operation, with its name, text and signature."""
    single, count = not op.several and not op.variadic, len(op.args)
    if single and count == 1 and not op.kept:
        call = _on_one(op)
    elif single and count == 2 and not op.kept and not op.view:
        call = _on_two(op)
    else:
        call = _on_anything(op)
    forward = op.forward
    call.__name__, call.__qualname__, call.__module__ = op.name, forward.__qualname__, forward.__module__
    call.__doc__, call.__signature__ = forward.__doc__, op.signature
    call.op, call.forward = op, forward
    call.grad, call.grad_all, call.composed, call.over = op.grad, op.grad_all, op.composed, op.over
    return call


def _with_care(op: Op) -> str:
    """The kinds of dtypes that need more than the plain call: a cast, an error, or gradients of complex numbers."""
    kinds = "biuc" if op.promote == "float" else "c" if op.complex else ""
    return kinds if op.bfloat16 == "kept" else kinds + "V"


def _on_anything(op: Op) -> Any:
    policy, count = op.policy, len(op.args)

    def call(*inputs: Any, **params: Any) -> Any:
        if len(inputs) >= count and (be := registry.known(type(inputs[0]))) is not None and "out" not in params:
            raw = type(inputs[0])
            for x in inputs:
                if type(x) is not raw and x is not None:
                    break
            else:  # raw arrays: nothing wrapped, nothing recorded
                y = op.forward(be, *inputs, **params)
                return y[0] if op.kept else y
        if policy is not None and (autocast := mode().autocast) is not None:
            return op.under(autocast, inputs, params)
        return op.named(inputs, params) if params else op.run(inputs, params)

    return call


def _on_one(op: Op) -> Any:
    kinds, view, policy, plans = _with_care(op), op.view, op.policy, op.by_needs

    def call(x: Any = _MISSING, /, **params: Any) -> Any:
        if type(x) is not tensor_class:
            be = registry.known(type(x))
            if be is not None and "out" not in params:  # a raw array: nothing wrapped, nothing recorded
                forward = op.forward
                return forward(be, x, **params) if params else forward(be, x)
            if not isinstance(x, Variable):
                return op.named(() if x is _MISSING else (x,), params)
        now = mode()
        if policy is not None and now.autocast is not None:
            return op.under(now.autocast, (x,), params)
        raw, be = x.raw, x.backend
        stamp, alias = x.stamp, x.alias
        if alias is not None and alias.seen != stamp[0]:
            return op.named((x,), params)
        if (raw.dtype is not FLOAT32 and raw.dtype.kind in kinds) or (params and "out" in params):
            return op.named((x,), params)
        try:
            forward = op.forward  # a step of its own: called as a method, it is looked for in the class first
            y = forward(be, raw, **params) if params else forward(be, raw)
        except ValueError as e:
            op.explain(e, (x,))
            raise
        shape = y.shape
        if not shape and type(y) is not type(raw):  # NumPy gives scalars for 0-d arrays
            y = be.asarray(y)
        out = _new(tensor_class)
        out.raw = y
        out.backend = be
        out._grad = None
        enabled = now.enabled
        if view and (y.base is raw or op.shares(y, raw, be)):
            out.stamp = own_stamp = stamp
            out.alias = seen_as(x, op, params, stamp[0])
        else:
            out.stamp = own_stamp = [0 if enabled is not None else NEVER, "", 0]
            out.alias = None
        parent = x.node
        plan = plans[1] if enabled and parent is not None else None
        if plan is UNKNOWN:
            plan = op.plan_by_needs(1, 1)
        if plan is None:
            out.node = None
        else:
            if view and raw.dtype is BFLOAT16:
                plan = op.plan(1, 1, lows=1)
            out.node = node = Node()
            node.plan = plan
            node.inputs = (parent,)
            node.params = params or NO_PARAMS
            node.shape = shape
            node.backend = be
            node.hooks = None
            node.seq = tick()
            if plan.arrays:
                kept = plan.kept
                if kept == 2:
                    node.saved = (y, own_stamp)
                elif kept == 1:
                    node.saved = (raw, stamp)
                else:
                    node.saved = plan.keep((raw, y), (stamp, own_stamp))
            else:
                node.saved = plan.keep((raw, y), ()) if plan.saves else ()
                if not now.anomaly:
                    node.code = None
                    return out
            frame = _frame(1)
            code = frame.f_code
            if code.co_filename in users_files:
                node.code = code
                node.instruction = frame.f_lasti
            else:
                node.code, node.instruction = outside(frame)
        return out

    return call


def _on_two(op: Op) -> Any:
    plain, policy = two(op, lambda a, b: op.run((a, b), {})), op.policy

    def call(a: Any = _MISSING, b: Any = _MISSING, /, **params: Any) -> Any:
        if params or b is _MISSING:
            if policy is not None and (autocast := mode().autocast) is not None:
                return op.under(autocast, tuple([x for x in (a, b) if x is not _MISSING]), params)
            return op.named(tuple([x for x in (a, b) if x is not _MISSING]), params)
        kind = type(a)
        if kind is tensor_class:
            return plain(a, b)
        autocast = None if policy is None else mode().autocast
        if autocast is None and kind is type(b) and (be := registry.known(kind)) is not None:
            forward = op.forward  # raw arrays: nothing wrapped, nothing recorded
            return forward(be, a, b)
        if isinstance(a, Variable):
            return plain(a, b)
        return op.run((a, b), params) if autocast is None else op.under(autocast, (a, b), params)

    return call


def two(op: Op, otherwise: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The call on a tensor and another, or a Python number; of one device and dtype, else it is ``otherwise``."""
    kinds, numbers, policy, plans = _with_care(op), bool(op.promote), op.policy, op.by_needs

    def call(a: Any, b: Any) -> Any:
        now = mode()
        if policy is not None and now.autocast is not None:
            a, b = now.autocast.prepared(policy, (a, b))
        left, be = a.raw, a.backend
        parent, stamp = a.node, a.stamp
        dtype = left.dtype
        if a.alias is not None and a.alias.seen != stamp[0]:
            return otherwise(a, b)
        if type(b) is tensor_class or isinstance(b, Variable):
            right, other_parent, other_stamp = b.raw, b.node, b.stamp
            if right.dtype is not dtype or b.backend is not be or (dtype is not FLOAT32 and dtype.kind in kinds):
                return otherwise(a, b)
            if b.alias is not None and b.alias.seen != other_stamp[0]:
                return otherwise(a, b)
        elif numbers and (type(b) is float or type(b) is int) and dtype.kind == "f":
            right, other_parent, other_stamp = be.scalar(b, dtype), None, CONSTANT
        else:
            return otherwise(a, b)
        try:
            forward = op.forward
            y = forward(be, left, right)
        except ValueError as e:
            op.explain(e, (a, b))
            raise
        shape = y.shape
        if not shape and type(y) is not type(left):  # NumPy gives scalars for 0-d arrays
            y = be.asarray(y)
        out = _new(tensor_class)
        out.raw = y
        out.backend = be
        out._grad = None
        out.alias = None
        enabled = now.enabled
        out.stamp = own_stamp = [0 if enabled is not None else NEVER, "", 0]
        if parent is None:
            needs = 0 if other_parent is None else 2
        else:
            needs = 1 if other_parent is None else 3
        plan = plans[needs] if enabled else None
        if plan is UNKNOWN:
            plan = op.plan_by_needs(needs, 2)
        if plan is None:
            out.node = None
        else:
            out.node = node = Node()
            node.plan = plan
            node.inputs = (parent, other_parent)
            node.params = NO_PARAMS
            node.shape = shape
            node.backend = be
            node.hooks = None
            node.seq = tick()
            if plan.kept == 3:
                node.saved = (left, right, stamp, other_stamp)
            elif plan.arrays:
                node.saved = plan.keep((left, right, y), (stamp, other_stamp, own_stamp))
            else:
                node.saved = plan.keep((left, right, y), ()) if plan.saves else ()
                if not now.anomaly:
                    node.code = None
                    return out
            frame = _frame(1)
            code = frame.f_code
            if code.co_filename in users_files:
                node.code = code
                node.instruction = frame.f_lasti
            else:
                node.code, node.instruction = outside(frame)
        return out

    return call
