"""Packing what a graph keeps for backward, where a thread asked for it; the public names are in ``graph.py``.

Recording knows nothing of it. The first ``start`` puts a recorder in the place of ``call.record``, the last ``stop`` takes
it away; so a program that packs nothing pays nothing.
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
_record = call.record
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
        vars(call)["record"] = _recorder
    return before


def stop(before: Hooks | None) -> None:
    """Ends what ``start`` began."""
    global _users
    _hooks.set(before)
    with _lock:
        _users -= 1
        if not _users:
            vars(call)["record"] = _record


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


def _recorder(*call_: Any) -> Node:
    """In the place of ``call.record``: what the node keeps is packed where this thread has hooks."""
    node, hooks = _record(*call_), _hooks.get()
    if hooks is not None and node.plan.arrays:
        saved = node.saved
        entries = [(_packed(x, node.backend, hooks), None) if hasattr(x, "strides") else (None, x) for x in saved]
        node.saved = Packed(lambda: tuple([x if again is None else again() for again, x in entries]))
        node.stamps = (call.CONSTANT,) * len(node.stamps)
    return node


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
