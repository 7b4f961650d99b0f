"""Packing what a graph keeps for backward, where a thread asked for it; the public names are in ``graph.py``.

Recording knows nothing of it. The first ``start`` puts another class of nodes in the place of ``call.Node``, the last
``stop`` takes it away; so a program that packs nothing pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any

from autograd import call
from autograd.node import Node, Variable
from autograd.op import wrap

Hooks = tuple[Callable[[Any], Any], Callable[[Any], Any]]
_hooks: ContextVar[Hooks | None] = ContextVar("hooks", default=None)
_users = 0
_lock = Lock()


class Packed:
    """Stands where a node kept arrays; ``restore()`` gives them back."""

    __slots__ = ("restore",)

    def __init__(self, restore: Callable[[], Any]) -> None:
        self.restore = restore


def start(hooks: Hooks) -> Hooks | None:
    """Packs from now on in this thread; returns what packed before."""
    global _users
    before = _hooks.get()
    _hooks.set(hooks)
    with _lock:
        _users += 1
        vars(call)["Node"] = _PackingNode
    return before


def stop(before: Hooks | None) -> None:
    """Ends what ``start`` began."""
    global _users
    _hooks.set(before)
    with _lock:
        _users -= 1
        if not _users:
            vars(call)["Node"] = Node


def _packed(raw: Any, be: Any, hooks: Hooks) -> Callable[[], Any]:
    """Packs an array; returns what unpacks it."""
    pack, unpack = hooks
    with unpacked():
        kept = pack(wrap(raw, be))

    def again() -> Any:
        t = unpack(kept)
        if not isinstance(t, Variable):
            raise TypeError(f"saved_tensors_hooks: expected unpack_hook to return a Tensor, got {type(t).__name__}")
        return t.raw

    return again


class _PackingNode(Node):
    """A node that packs what it keeps, where this thread has hooks, and is then an ordinary node."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if name == "saved":  # set behind ``plan`` and ``backend``
            hooks = _hooks.get()
            if hooks is not None and value:
                be, arrays, stamps = self.backend, value[: self.plan.stamps], value[self.plan.stamps :]
                entries = [(_packed(x, be, hooks), None) if hasattr(x, "strides") else (None, x) for x in arrays]
                entries += [(None, call.CONSTANT)] * len(stamps)
                packed = Packed(lambda: tuple([x if again is None else again() for again, x in entries]))
                object.__setattr__(self, "saved", packed)
            self.__class__ = Node  # type: ignore[assignment]


def packed_records(records: list[Any]) -> Any:
    """What a user's ``Function`` saved, packed where this thread has hooks."""
    hooks = _hooks.get()
    if hooks is None:
        return records
    entries = [(r and _packed(r[0], r[1], hooks), r and (r[1], call.CONSTANT, *r[3:])) for r in records]
    return Packed(lambda: [again and (again(), *rest) for again, rest in entries])


@contextmanager
def unpacked() -> Iterator[None]:
    """Inside, nothing is packed: in what packs, and in checkpoints, which keep nothing."""
    token = _hooks.set(None)
    try:
        yield
    finally:
        _hooks.reset(token)
