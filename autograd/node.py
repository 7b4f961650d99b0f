"""The graph: what an operation leaves behind, and the part of a tensor that has a place in it.

References: a node holds its parents strongly, arrays it needs, and no tensor; a tensor holds its node. Nothing points
back, so a graph is freed the moment its last tensor goes, without the garbage collector.
"""

from __future__ import annotations

import gc
import itertools
import linecache
import os
import sys
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograd.op import Op

tick = itertools.count(
    1
).__next__  # one clock for recorded nodes and in-place writes: which came later is one comparison
last_write = [0]  # when anything was last written in place; NEVER once there is memory of that stamp
NEVER = sys.maxsize  # the time stamp of memory that must not be saved (inference tensors)


class Variable:
    """An array with its place in the graph. ``Tensor`` adds the operations; this much the engine itself needs.

    Attributes:
        raw: the array, of the backend's library.
        backend: the backend that computes on it.
        node: the node that produced it (a ``Leaf`` where the user asked for a gradient), None where no gradient flows.
        stamp: [tick of the last in-place write, name of that operation, number of writes]; shared by all views of the memory.
        alias: how it was made from another tensor's memory, None where it owns its history.
    """

    __slots__ = ("__dict__", "__weakref__", "_grad", "alias", "backend", "node", "raw", "stamp")

    raw: Any
    backend: Any
    node: Any
    stamp: list[Any]
    alias: View | None
    _grad: Any


class View:
    """That a tensor is ``op(base, **params)`` on the same memory, and until which in-place write its node is right."""

    __slots__ = ("_memory", "_source", "op", "params", "seen")

    op: Op
    params: dict[str, Any]
    seen: int
    _source: Variable
    _memory: Any

    @property
    def base(self) -> Variable:
        """The tensor it was made from, or what that was before ``t_()`` and its like made it a view of itself."""
        base = self._source
        while base.raw is not self._memory and base.alias is not None:
            base = base.alias.base
        return base


def seen_as(base: Variable, op: Op, params: dict[str, Any], seen: int) -> View:
    """What a tensor made by the view operation ``op(base, **params)`` remembers."""
    view = View()
    view._source = base
    view._memory = base.raw
    view.op = op
    view.params = params
    view.seen = seen
    return view


class Node:
    """One recorded operation.

    Attributes:
        plan: the operation, and what was kept for which gradients.
        inputs: the nodes of the inputs, None where no gradient flows.
        params: the keyword parameters of the call.
        saved: the kept arrays, shapes and stamps of the arrays, a tuple in the plan's order; None once freed; a checkpoint's
            stand-in.
        shape: of the (first) output.
        seq: the clock at recording: parents are always earlier.
        hooks: functions of the gradient with respect to the output.
        code, instruction: the user's line, for ``describe``; None where no array is kept, unless anomalies are looked for.
    """

    __slots__ = (
        "__weakref__", "backend", "code", "hooks", "inputs", "instruction", "params", "plan", "saved", "seq", "shape",
    )  # fmt: skip

    plan: Any  # a Plan; for a user's function only what names it
    inputs: Sequence[Any]
    params: dict[str, Any]
    saved: Any  # a tuple, or what a checkpoint left to restore it
    shape: Any
    seq: int
    hooks: list[Callable[[Any], Any]] | None
    code: Any
    instruction: int
    backend: Any

    @property
    def op(self) -> Any:
        """The operation."""
        return self.plan.op

    @property
    def where(self) -> Any:
        """The user's line, for ``describe``."""
        return None if self.code is None else (self.code, self.instruction)

    def name(self) -> str:
        """The operation's name, as ``grad_fn.name()`` in PyTorch."""
        return f"{self.op.name}Backward"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes of the inputs, as ``grad_fn.next_functions`` in PyTorch."""
        return tuple((n, 0) for n in self.inputs)

    def register_hook(self, hook: Callable[[Any], Any]) -> Handle:
        """Calls ``hook(grad)`` with the gradient of this node's output; see ``Tensor.register_hook``."""
        return add_hook(self, hook)

    def register_prehook(self, hook: Callable[[tuple[Any, ...]], Any]) -> Handle:
        """Calls ``hook((grad,))`` before the node runs, as ``register_hook`` does; a tuple that it returns counts."""

        def run(g: Any) -> Any:
            changed = hook((g,))
            return None if changed is None else changed[0]

        return add_hook(self, run)

    def __repr__(self) -> str:
        return f"<{self.name()} {self.shape}>"


class Output:
    """One output of a node that has several: it stands between that node and the tensor."""

    __slots__ = ("__weakref__", "backend", "hooks", "index", "inputs", "seq", "shape")

    def __init__(self, node: Any, index: int, shape: Any) -> None:
        self.inputs, self.index, self.shape = (node,), index, shape
        self.seq, self.hooks, self.backend = tick(), None, node.backend

    inputs: Sequence[Any]
    hooks: list[Callable[[Any], Any]] | None
    name = Node.name
    next_functions = Node.next_functions
    register_hook = Node.register_hook
    register_prehook = Node.register_prehook
    __repr__ = Node.__repr__

    @property
    def op(self) -> Any:
        """The operation behind the node."""
        return self.inputs[0].op


class Leaf:
    """Where gradients end up: the node of a tensor that the user marked with ``requires_grad``."""

    __slots__ = ("__weakref__", "after", "backend", "hooks", "owner", "seq", "shape")

    inputs: tuple[Any, ...] = ()

    def __init__(self, tensor: Variable) -> None:
        self.owner = weakref.ref(tensor)  # weak: the tensor holds its leaf
        self.shape, self.backend = tensor.raw.shape, tensor.backend
        self.seq = 0
        self.hooks: list[Callable[[Any], Any]] | None = None
        self.after: list[Callable[[Any], Any]] | None = None

    def name(self) -> str:
        """As in PyTorch."""
        return "AccumulateGrad"

    next_functions: tuple[Any, ...] = ()
    register_hook = Node.register_hook
    register_prehook = Node.register_prehook
    __repr__ = Node.__repr__

    @property
    def variable(self) -> Variable | None:
        """The tensor, while it lives."""
        return self.owner()


class Handle:
    """What registering a hook returns; ``remove()`` takes the hook away. Also a context manager."""

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        self._hooks, self._hook = hooks, hook

    def remove(self) -> None:
        """Takes the hook away; more than once does nothing."""
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def add_hook(node: Any, hook: Callable[[Any], Any]) -> Handle:
    """Registers a hook on a node of any kind: after the others, but before what ``retain_grad`` keeps."""
    if node.hooks is None:
        node.hooks = []
    kept = sum(getattr(other, "retains", False) for other in node.hooks)
    node.hooks.insert(len(node.hooks) - kept, hook)
    return Handle(node.hooks, hook)


# -- the garbage collector --------------------------------------------------------------------------------------------
_PYTHONS = 2000  # at most, how many new objects start it where nobody has chosen: 700, from Python 3.13 on 2000


def collect_seldom() -> None:
    """Has the garbage collector start after 10,000 new objects, unless the user has chosen another number, or
    TWINGRAD_TUNE=0.

    It would walk a graph that is being recorded again and again, and find nothing, as a graph has no cycles.
    """
    first, *rest = gc.get_threshold()
    if 0 < first <= _PYTHONS and os.environ.get("TWINGRAD_TUNE") != "0":
        gc.set_threshold(10_000, *rest)


# -- the user's line ------------------------------------------------------------------------------------------------
_ROOT = Path(__file__).resolve().parents[1]
_LIBRARY = tuple(str(_ROOT / package) + "/" for package in ("autograd", "nn", "optim", "backends"))


_our_files: set[str] = set()  # those that ``outside`` met
users_files: set[str] = set()


def is_ours(filename: str) -> bool:
    """Whether a file is part of the library."""
    return filename.startswith(_LIBRARY)


def outside(frame: Any) -> Any:
    """The innermost frame outside the library as (code, instruction): cheap, and it keeps no local variable alive."""
    while frame is not None:
        code = frame.f_code
        file = code.co_filename
        if file not in _our_files:
            if file in users_files or not is_ours(file):
                users_files.add(file)
                return code, frame.f_lasti
            _our_files.add(file)
        frame = frame.f_back
    return None, 0


def describe(where: Any) -> str:
    """``file, line n, in f: source`` of what ``outside`` returned."""
    if where is None:
        return "an unknown line"
    code, instruction = where
    line = next(itertools.islice(code.co_positions(), instruction // 2, None))[0] or code.co_firstlineno
    source = linecache.getline(code.co_filename, line).strip()
    return f"{code.co_filename}, line {line}, in {code.co_name}" + (f": {source}" if source else "")
