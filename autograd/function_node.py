"""The node of a user-defined ``Function``: it calls the user's ``backward`` instead of declared formulas."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from autograd.errors import GraphError, ShapeError
from autograd.grad_mode import set_grad_enabled
from autograd.node import Node, Output, Variable, describe, tick
from autograd.op import refresh, wrap
from autograd.packing import packed_records


class Context:
    """What ``forward`` hands to ``backward``: the ``ctx`` of ``torch.autograd.Function``.

    Attributes:
        needs_input_grad: for each input, whether a gradient is wanted.
        saved_tensors: what ``save_for_backward`` kept, checked to be unmodified.

    Example:
        >>> class Double(ag.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return x * 2
        ...     @staticmethod
        ...     def backward(ctx, g):
        ...         return g * 2
        >>> x = ag.ones(2, requires_grad=True)
        >>> Double.apply(x).sum().backward(); x.grad
        tensor([2., 2.])
    """

    def __init__(self) -> None:
        self.needs_input_grad: tuple[bool, ...] = ()
        self.to_save: tuple[Any, ...] = ()
        self.dirty: tuple[Any, ...] = ()
        self.non_differentiable: tuple[Any, ...] = ()
        self.materialize_grads = True
        self._records: Any = []
        self.linear: Any = None  # of a function with a jvp only: its tangents and what it made of them
        self.like: tuple[Any, ...] = ()  # and what its inputs are like
        self._node: Any = None

    def save_for_backward(self, *tensors: Any) -> None:
        """Keeps tensors (inputs, outputs or others; None is allowed) for ``saved_tensors``."""
        self.to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Keeps tensors for a ``jvp``, where there is no ``backward`` with tensors of its own."""
        self.to_save = self.to_save or tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Declares inputs that ``forward`` modified in place; they must be returned."""
        self.dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Declares outputs through which no gradient flows."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """False: ``backward`` receives None instead of zeros for outputs without gradient."""
        self.materialize_grads = value

    def keep(self, node: Any, outputs: tuple[Any, ...]) -> None:
        """Turns what was saved into arrays with their place in the graph, so that no tensor is held."""
        assert self._records is not None
        for t in self.to_save:
            at = next((i for i, o in enumerate(outputs) if o is t), None)
            if t is None or at is None:
                self._records.append(None if t is None else (t.raw, t.backend, t.stamp, refresh(t), None))
            else:
                self._records.append((t.raw, t.backend, t.stamp, None, at))
        self._records = packed_records(self._records)
        self._node = tick(), node.op.name, node.where
        self.to_save = ()

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors given to ``save_for_backward``.

        Raises:
            GraphError: one was modified in place since, or the graph was freed.
        """
        if self._records is None:
            raise GraphError(
                f"backward: the graph through {self._node[1]} was freed by an earlier backward. "
                "Pass retain_graph=True to the first one, or run the forward again"
            )
        if not self._node:
            return self.to_save
        if not isinstance(self._records, list):  # dropped by a checkpoint, which computes it again
            self._records = self._records.restore()
        seq, name, where = self._node
        out: list[Any] = []
        for record in self._records:
            if record is None:
                out.append(None)
                continue
            raw, be, stamp, node, at = record
            if stamp[0] > seq:
                raise GraphError(
                    f"backward: {name} needs a tensor of shape {tuple(raw.shape)} that {stamp[1]} has since modified in "
                    f"place. The forward ran at {describe(where)}. Use the out-of-place form, or clone() the tensor before"
                )
            if at is not None:
                node = self._output(at, raw.shape)
            out.append(wrap(raw, be, node))
        return tuple(out)

    _output: Any = None


class FunctionNode(Node):
    """The graph's entry for one ``Function.apply``."""

    __slots__ = ("cls", "ctx", "dtypes", "shapes")

    ctx: Context
    cls: Any
    shapes: list[Any]
    dtypes: list[Any]

    def name(self) -> str:
        """The name of the user's class, as in PyTorch."""
        return f"{self.cls.__name__}Backward"

    def backward(self, grads: list[Any], create_graph: bool) -> list[Any]:
        """Calls the user's backward; returns one gradient per input, raw unless ``create_graph``."""
        ctx, name = self.ctx, self.cls.__name__
        tensors = []
        for g, shape, kind in zip(grads, self.shapes, self.dtypes, strict=True):
            if g is None and ctx.materialize_grads and shape is not None:
                g = self.backend.xp.zeros(shape, kind)
            tensors.append(g if g is None or isinstance(g, Variable) else wrap(g, self.backend))
        ctx._output = lambda at, shape: Output(self, at, shape)
        try:
            with set_grad_enabled(create_graph):
                results = self.cls.backward(ctx, *tensors)
        finally:
            ctx._output = None
        results = results if isinstance(results, tuple) else (results,)
        if len(results) < len(self.inputs) or any(r is not None for r in results[len(self.inputs) :]):
            raise GraphError(
                f"{name}.backward: expected {len(self.inputs)} gradients, one per input of forward, got {len(results)}. "
                "Return None for inputs without one"
            )
        out: list[Any] = []
        for i, (parent, r) in enumerate(zip(self.inputs, results, strict=False)):
            if parent is None or r is None:
                out.append(None)
                continue
            if not isinstance(r, Variable):
                raise TypeError(f"{name}.backward: expected a Tensor or None for input {i}, got {type(r).__name__}")
            if r.raw.shape != parent.shape and not _sums_to(r.raw.shape, parent.shape):
                raise ShapeError(
                    f"{name}.backward: expected a gradient of shape {tuple(parent.shape)} for input {i}, "
                    f"got {tuple(r.raw.shape)}"
                )
            out.append(r if create_graph else r.raw)
        return out

    def free(self) -> None:
        """Drops what was saved."""
        self.ctx._records = None


def _sums_to(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    """Whether ``target`` broadcasts to ``shape``."""
    lead = len(shape) - len(target)
    return lead >= 0 and all(t in (1, s) for s, t in zip(shape[lead:], target, strict=True))


def declared(name: str, outputs: int) -> Any:
    """What a node's ``plan`` must answer, for a user's function."""
    return SimpleNamespace(op=SimpleNamespace(name=name, outputs=("y",) * outputs, several=True))
