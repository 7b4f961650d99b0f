"""What the transformations of ``autograd.func`` and ``autograd.functional`` share: a function, run once and recorded.

A transformation gives its function *aliases* of the arguments. Where an argument has a history that an outer
transformation (or the user's own backward) will follow, the alias is a node on top of it; elsewhere it is a leaf of its
own. So an inner derivative stops at its own aliases, an outer one goes through them, and the two cannot be confused.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from operator import attrgetter
from typing import Any

from autograd import engine
from autograd.dtypes import INEXACT
from autograd.errors import DtypeError, ShapeError
from autograd.grad_mode import is_grad_enabled, set_grad_enabled
from autograd.node import Leaf, Variable
from autograd.op import wrap
from autograd.ops.joining import stack
from autograd.ops.shape import identity
from autograd.utils.tree import tree_flatten, tree_leaves, tree_map


class Pullback:
    """``function(*args, **kwargs)`` run once, and the ways between its outputs and the arguments ``argnums``.

    Args:
        name: of the transformation, for its messages.
        function: takes and returns structures of tensors.
        args, kwargs: its arguments.
        argnums: which arguments to differentiate, counted from 0; every tensor in them takes part.
        has_aux: the function returns (output, anything else).

    Attributes:
        inputs: the aliases, flat; ``rebuild(values)`` gives the arguments ``argnums`` with other values, as a tuple.
        outputs: the outputs, flat; ``rebuild_outputs(values)`` gives the output with other values.
        value, aux: what the function returned, without history unless something outside has one.

    Example:
        >>> from autograd.pullback import Pullback
        >>> p = Pullback("demo", lambda x: x * x, (ag.tensor(3.0),), argnums=(0,))
        >>> p.pull(p.outputs, [ag.tensor(1.0)], retain=True), p.push([ag.tensor(2.0)])
        ([tensor(6.)], [tensor(12.)])
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any] | None = None,
        *,
        argnums: tuple[int, ...],
        has_aux: bool = False,
    ) -> None:
        self.name = name
        self._outer = is_grad_enabled()  # results may have a history
        self._own: dict[Any, Any] = {}  # leaves that nobody outside knows -> their owners, alive as long as this is
        self._transposed: tuple[list[Any], list[Any]] | None = None
        args = list(args)
        for i in argnums:
            args[i] = tree_map(lambda x, i=i: self._alias(x, i), args[i])  # type: ignore[misc]
        self.inputs, self.rebuild = tree_flatten(tuple(args[i] for i in argnums))
        with set_grad_enabled(True):
            result = function(*args, **kwargs or {})
        self.aux = None
        if has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise TypeError(f"{name}: expected the function to return (output, aux), got {type(result).__name__}")
            result, self.aux = result
        self.outputs, self.rebuild_outputs = tree_flatten(result)
        for y in self.outputs:
            if not isinstance(y, Variable):
                raise TypeError(f"{name}: expected the function to return tensors, got {type(y).__name__}")
        beside = [t for t in tree_leaves(self.aux) if isinstance(t, Variable)]
        self._history = self._outer and any(_leads_beyond([*self.outputs, *beside], self._own))
        self.value = self.rebuild_outputs(self.released(self.outputs))
        self.aux = tree_map(lambda x: self.released([x])[0] if isinstance(x, Variable) else x, self.aux)

    def _alias(self, x: Any, at: int) -> Any:
        if not isinstance(x, Variable):
            raise TypeError(
                f"{self.name}: expected tensors in argument {at}, got {type(x).__name__}. "
                "Make it a tensor, or leave it out of argnums"
            )
        if x.raw.dtype.kind not in INEXACT:
            raise DtypeError(
                f"{self.name}: expected a floating or complex tensor in argument {at}, got {x.raw.dtype}. "
                "Cast it, or leave it out of argnums"
            )
        if self._outer and x.requires_grad:  # type: ignore[attr-defined]
            with set_grad_enabled(True):
                return identity(x)
        return self.leaf(x)

    def leaf(self, x: Any) -> Any:
        """The memory of ``x`` with a leaf of its own: a gradient can be asked for and is never accumulated anywhere."""
        alias, owner = x.detach(), x.detach()
        alias.node = Leaf(owner)
        self._own[alias.node] = owner
        return alias

    def pull(
        self, outputs: Sequence[Any], cotangents: Sequence[Any], *, retain: bool = False, create_graph: bool = False
    ) -> list[Any]:
        """Vector-Jacobian products: d(sum of outputs * cotangents)/d(input), None where nothing depends on it.

        Args:
            outputs: some of the outputs.
            cotangents: one per output, of its shape.
            retain: keep the graph for another pull.
            create_graph: record the computation even if nothing outside has a history.
        """
        return self._gradients(outputs, self.inputs, cotangents, retain, create_graph)

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """Jacobian-vector products: one per output, None where it depends on no input.

        ``pull`` is linear in the cotangents; so the pull of *that* map, from tangents back to cotangents, is the push.

        Args:
            tangents: one per input, of its shape; None stands for zeros.
        """
        if self._transposed is None:
            seeds = [self.leaf(wrap(y.backend.xp.zeros_like(y.raw), y.backend)) for y in self.outputs]
            self._transposed = seeds, self.pull(self.outputs, seeds, create_graph=True)
        seeds, images = self._transposed
        pairs = [(g, v) for g, v in zip(images, tangents, strict=True) if g is not None and v is not None]
        return self._gradients([g for g, _ in pairs], seeds, [v for _, v in pairs], True, False)

    def _gradients(
        self, outputs: Sequence[Any], inputs: Sequence[Any], grads: Sequence[Any], retain: bool, create_graph: bool
    ) -> list[Any]:
        pairs = [(y, g) for y, g in zip(outputs, grads, strict=True) if y.requires_grad]
        if not pairs or not inputs:
            return [None] * len(inputs)
        create_graph |= self._outer and (self._history or any(g.requires_grad for _, g in pairs))
        roots, given = zip(*pairs, strict=True)
        return engine.gradients(roots, inputs, given, retain_graph=retain or create_graph, create_graph=create_graph)

    def released(self, tensors: Sequence[Any]) -> list[Any]:
        """The tensors, detached where their history leads to nothing outside; a None is passed on."""
        present = [t for t in tensors if t is not None]
        beyond = iter(_leads_beyond(present, self._own) if self._outer else [False] * len(present))
        return [t if t is None or next(beyond) else t.detach() for t in tensors]


def _leads_beyond(tensors: Sequence[Any], own: Container[Any]) -> list[bool]:
    """For each tensor, whether its history reaches a leaf that lives (of the user, of an outer run) and is not own."""
    ends = [t.grad_fn if not t.is_leaf else t.node for t in tensors]
    seen = {None, *ends}
    order = [node for node in seen if node is not None]
    for node in order:  # grows while it is walked
        for parent in node.inputs:
            if parent not in seen:
                seen.add(parent)
                order.append(parent)
    order.sort(key=attrgetter("seq"))
    beyond: dict[Any, bool] = {None: False}
    for node in order:  # parents first
        if isinstance(node, Leaf):
            beyond[node] = node not in own and node.owner() is not None
        else:
            beyond[node] = any(map(beyond.__getitem__, node.inputs))
    return [beyond[end] for end in ends]


# -- vectors and Jacobians -----------------------------------------------------------------------------------------------


def vectors(name: str, role: str, given: Any, like: Sequence[Any]) -> list[Any]:
    """The tensors of ``given``, checked to be of the shapes of ``like``."""
    found = tree_leaves(given)
    came = [tuple(v.raw.shape) if isinstance(v, Variable) else type(v).__name__ for v in found]
    if came != (wanted := [tuple(x.raw.shape) for x in like]):
        raise ShapeError(f"{name}: expected {role} of shapes {_text(wanted)}, got {_text(came)}")
    return found


def _text(items: Sequence[Any]) -> str:
    return " and ".join(map(str, items)) or "nothing"


def ones_like(y: Any) -> Any:
    """The cotangent of a scalar."""
    return wrap(y.backend.xp.ones_like(y.raw), y.backend)


def zeros(like: Any, shape: tuple[int, ...]) -> Any:
    """The gradient where there is no dependence."""
    return wrap(like.backend.xp.zeros(shape, like.raw.dtype), like.backend)


def filled(found: Sequence[Any], like: Sequence[Any]) -> list[Any]:
    """Zeros in the place of every None."""
    return [zeros(x, x.raw.shape) if v is None else v for v, x in zip(found, like, strict=True)]


def _basis(x: Any) -> Iterator[Any]:
    """The unit vectors of the space of ``x``."""
    for i in range(x.raw.size):
        unit = zeros(x, (x.raw.size,))
        unit.raw[i] = 1
        yield wrap(unit.raw.reshape(x.raw.shape), x.backend)


def rows_of(p: Pullback) -> list[list[Any]]:
    """The Jacobian of every output by every input, None where it is zero, one pull per element of an output."""
    blocks = []
    for y in p.outputs:
        rows = [p.pull([y], [unit], retain=True) for unit in _basis(y)] if y.requires_grad else []
        blocks.append([_joined(y, x, [row[k] for row in rows], 0) for k, x in enumerate(p.inputs)])
    return blocks


def columns_of(p: Pullback) -> list[list[Any]]:
    """As ``rows_of``, one push per element of an input."""
    blocks = []
    for k, x in enumerate(p.inputs):
        columns = [p.push([unit if i == k else None for i in range(len(p.inputs))]) for unit in _basis(x)]
        blocks.append([_joined(y, x, [column[j] for column in columns], -1) for j, y in enumerate(p.outputs)])
    return [list(block) for block in zip(*blocks, strict=True)]


def _joined(y: Any, x: Any, parts: list[Any], dim: int) -> Any:
    """Rows (``dim`` 0) or columns (-1) as one tensor of shape y.shape + x.shape."""
    if all(part is None for part in parts):
        return None
    like = y if dim else x
    return stack(filled(parts, [like] * len(parts)), dim).reshape(*y.raw.shape, *x.raw.shape)
