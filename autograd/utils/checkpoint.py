"""Activation checkpointing: memory for time. What a function saved for backward is dropped, and computed again there.

A checkpointed call is recorded like any other; then the arrays that its nodes keep are dropped. When backward comes to
the first of these nodes, the function runs once more, with the random numbers of the first time, and every node takes
from its twin in the second run what it had lost. So the graph, the order of the additions and every gradient are those of
the plain call, to the bit, and all that works on a graph (higher derivatives, hooks, ``inputs=``, nesting) still does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from operator import attrgetter
from typing import Any

from autograd.casting import Casting
from autograd.errors import GraphError
from autograd.function_node import FunctionNode
from autograd.grad_mode import is_grad_enabled, mode, set_grad_enabled, switch_autocast
from autograd.node import NEVER, Leaf, Node, Variable, tick
from autograd.packing import unpacked
from autograd.random import default_generator
from autograd.utils.tree import tree_leaves, tree_map

__all__ = ["checkpoint", "checkpoint_sequential", "noop_context_fn"]


def noop_context_fn() -> tuple[AbstractContextManager[Any], AbstractContextManager[Any]]:
    """Two contexts that do nothing, for the first and the second run.

    Example:
        >>> from autograd.utils.checkpoint import noop_context_fn
        >>> len(noop_context_fn())
        2
    """
    return nullcontext(), nullcontext()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """``function(*args, **kwargs)`` that keeps no activations for backward, and runs again there instead.

    While ``function`` runs, it needs the memory of a plain call; after it, only its arguments and results are kept. It
    should compute the same both times: no in-place changes of its arguments, no counting of calls.

    Args:
        function: takes and returns structures of tensors (and anything else).
        args, kwargs: its arguments.
        use_reentrant: accepted; there is one way here, which gives what PyTorch's ``use_reentrant=False`` gives.
        context_fn: returns two context managers, around the first and the second run.
        determinism_check: "default": raise if the second run saves arrays of other shapes; "none": do not look.
        debug: accepted.
        preserve_rng_state: give the second run the random numbers of the first (dropout drops the same).

    Returns:
        What ``function`` returns.

    Raises:
        GraphError: ``function`` or something later changed an argument in place, or (in backward) the second run did
            not record what the first did.

    Example:
        >>> from autograd.utils.checkpoint import checkpoint
        >>> x = ag.tensor(2.0, requires_grad=True)
        >>> checkpoint(lambda t: t.exp().sin(), x, use_reentrant=False).backward()
        >>> y = ag.tensor(2.0, requires_grad=True)
        >>> y.exp().sin().backward(); bool(x.grad == y.grad)
        True
    """
    if determinism_check not in ("default", "none"):
        raise ValueError(f"checkpoint: expected determinism_check 'default' or 'none', got {determinism_check!r}")
    first, second = context_fn()
    if not is_grad_enabled():
        with first:
            return function(*args, **kwargs)
    segment = _Segment(function, args, kwargs, second, determinism_check == "default", preserve_rng_state)
    with first, unpacked():
        result = function(*args, **kwargs)
    segment.drop(result)
    return result


def checkpoint_sequential(
    functions: Any,
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    *,
    preserve_rng_state: bool = True,
    context_fn: Callable[[], tuple[Any, Any]] = noop_context_fn,
) -> Any:
    """A chain of functions in ``segments`` pieces of equal length, all but the last one checkpointed.

    Args:
        functions: an ``nn.Sequential``, or functions to be called one after the other.
        segments: number of pieces.
        input: of the first function.
        use_reentrant: accepted, as in ``checkpoint``.
        preserve_rng_state, context_fn: as in ``checkpoint``.

    Returns:
        What the last function returns.

    Raises:
        ValueError: there are no functions, or fewer than ``segments``.

    Example:
        >>> from autograd.utils.checkpoint import checkpoint_sequential
        >>> x = ag.ones(2, requires_grad=True)
        >>> checkpoint_sequential([lambda t: 2 * t, lambda t: t * t], 2, x).sum().backward(); x.grad
        tensor([8., 8.])
    """
    chain = list(functions.children() if hasattr(functions, "children") else functions)
    if not 1 <= segments <= len(chain):
        raise ValueError(
            f"checkpoint_sequential: expected 1 to {len(chain)} segments for {len(chain)} functions, got {segments}"
        )
    length = len(chain) // segments
    last = length * (segments - 1)

    def run(part: list[Any]) -> Callable[[Any], Any]:
        def piece(x: Any) -> Any:
            for function in part:
                x = function(x)
            return x

        return piece

    for start in range(0, last, length):
        input = checkpoint(
            run(chain[start : start + length]), input, preserve_rng_state=preserve_rng_state, context_fn=context_fn
        )
    return run(chain[last:])(input)


class _Dropped:
    """Stands where arrays were that a node had kept; ``restore()`` gives them back.

    What it kept besides them stays that of the first run: the stamps, a tuple, or a user's function's records without arrays.
    """

    __slots__ = ("at", "records", "segment")

    def __init__(self, segment: _Segment, at: int, records: Any) -> None:
        self.segment, self.at, self.records = segment, at, records

    def restore(self) -> Any:
        """What the node kept, from the second run."""
        found = self.segment.take(self.at)
        if isinstance(found, _Dropped):  # checkpoints in checkpoints
            found = found.restore()
        if isinstance(self.records, tuple):
            return found[: len(found) - len(self.records)] + self.records
        return [r and (new[0], *r[1:]) for r, new in zip(self.records, found, strict=True)]


class _Segment:
    """One checkpointed call: how to run it again, and what the second run kept that nobody has fetched yet."""

    def __init__(
        self, function: Callable[..., Any], args: Any, kwargs: Any, context: Any, strict: bool, preserve: bool
    ) -> None:
        self.function, self.context, self.strict = function, context, strict
        self.arguments = tree_map(_alias, (args, kwargs))  # made now: later the tensors may have another history
        self.state = default_generator().get_state() if preserve else None
        self.casting = mode().autocast
        self.kept: list[Any] | None = None
        self.start = self.end = tick()

    def drop(self, result: Any) -> None:
        """Takes from the nodes of the first run what they keep."""
        self._check("the function")
        self.end = tick()
        nodes = _recorded(result, self.start)
        self.signature = list(map(_signature, nodes))
        for at, node in enumerate(nodes):
            if isinstance(node, FunctionNode):
                records = node.ctx._records
                bare = records.records if isinstance(records, _Dropped) else [r and (None, *r[1:]) for r in records]
                node.ctx._records = _Dropped(self, at, bare)
            else:
                kept = node.saved
                stamps = kept.records if isinstance(kept, _Dropped) else kept[node.plan.stamps :]
                node.saved = _Dropped(self, at, stamps)

    def take(self, at: int) -> Any:
        """What a node kept in the second run; each is given away once."""
        if self.kept is None:
            self._check("something")
            self.kept = self._again()
        found, self.kept[at] = self.kept[at], None
        return found

    def _check(self, who: str) -> None:
        for i, t in enumerate(tree_leaves(self.arguments)):
            if isinstance(t, Variable) and self.end < t.stamp[0] < NEVER:
                raise GraphError(
                    f"checkpoint: expected arguments that stay as they are until backward, but {who} modified argument {i} "
                    f"of shape {tuple(t.raw.shape)} in place ({t.stamp[1]}). Work on a clone()"
                )

    def _again(self) -> list[Any]:
        start = tick()
        with set_grad_enabled(True), unpacked(), _stream(self.state), _casting(self.casting), self.context:
            args, kwargs = self.arguments
            result = self.function(*args, **kwargs)
        nodes = _recorded(result, start)
        signature = list(map(_signature, nodes))
        names, before = [name for name, _ in signature], [name for name, _ in self.signature]
        if names != before or (self.strict and signature != self.signature):
            pairs = zip(self.signature, signature, strict=False)
            at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(names), len(before)))
            first, second = (s[at] if at < len(s) else "nothing" for s in (self.signature, signature))
            raise GraphError(
                f"checkpoint: expected the second run of the function to record what the first did, got {second} instead "
                f"of {first}. Does it depend on anything that changed in between?"
            )
        return [node.ctx._records if isinstance(node, FunctionNode) else node.saved for node in nodes]


def _alias(x: Any) -> Any:
    """The same memory, requiring grad where ``x`` does, as a leaf that nobody owns."""
    if not isinstance(x, Variable):
        return x
    alias = x.detach()  # type: ignore[attr-defined]
    if x.requires_grad:  # type: ignore[attr-defined]
        alias.node = Leaf(x.detach())  # type: ignore[attr-defined]
    return alias


def _recorded(result: Any, since: int) -> list[Any]:
    """The nodes behind a result that keep something and were recorded after ``since``, in the order of recording."""
    fresh = [t.grad_fn for t in tree_leaves(result) if isinstance(t, Variable)]  # type: ignore[attr-defined]
    order = [node for node in dict.fromkeys(fresh) if node is not None and node.seq > since]
    seen = set(order)
    for node in order:  # grows while it is walked
        for parent in node.inputs:
            if parent is not None and parent not in seen and parent.seq > since:
                seen.add(parent)
                order.append(parent)
    return sorted(
        (n for n in order if isinstance(n, FunctionNode) or (isinstance(n, Node) and n.saved)), key=attrgetter("seq")
    )


def _signature(node: Any) -> tuple[str, Any]:
    """What to recognise a node by: its name, and the shapes and dtypes of what it keeps."""
    kept = node.ctx._records if isinstance(node, FunctionNode) else node.saved
    if isinstance(kept, _Dropped):
        return kept.segment.signature[kept.at]
    arrays = [r and r[0] for r in kept] if isinstance(node, FunctionNode) else kept[: node.plan.stamps]
    return node.name(), [(tuple(a.shape), a.dtype.name) if hasattr(a, "dtype") else a for a in arrays]


@contextmanager
def _casting(casting: Casting | None) -> Iterator[None]:
    """Inside, the dtypes that ``autocast`` chose in the first run, with nothing cast yet."""
    fresh = None if casting is None else Casting(casting.cpu, casting.cuda, None if casting.cache is None else {})
    before = switch_autocast(fresh)
    try:
        yield
    finally:
        switch_autocast(before)


@contextmanager
def _stream(state: Any) -> Iterator[None]:
    """Inside, random numbers continue from a state; afterwards, as if nothing had been drawn."""
    generator = default_generator()
    now = generator.get_state()
    if state is not None:
        generator.set_state(state)
    try:
        yield
    finally:
        if state is not None:
            generator.set_state(now)
