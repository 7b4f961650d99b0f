"""What may be registered in a module, under which names, and how it is found there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nn.module import Module


class _Registered:
    """See ``registered``."""

    def __init__(self, table: str) -> None:
        self.table = table

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, module: Module | None, owner: type | None = None) -> Any:
        if module is None:
            return self
        try:
            return module.__dict__[self.table][self.name]
        except KeyError:  # not registered, or not any more
            raise AttributeError(self.name) from None  # which makes Python ask Module.__getattr__


def registered(table: str = "_parameters") -> Any:
    """An attribute of a class of modules that is found in one of their tables at once.

    Without it Python looks everywhere else, makes an error of it, and only then asks ``Module.__getattr__``, which takes five
    times as long. An attribute of the module itself with that name comes first.
    """
    return _Registered(table)


def check(module: Module, table: str, name: str, value: Any, kind: Any, way_out: str) -> None:
    """Refuses what cannot stand under ``name`` in one of the tables of a module."""
    owner, what = type(module).__name__, table.strip("_")[:-1]
    if table not in module.__dict__:
        raise AttributeError(f"{owner}: expected super().__init__() before the first {what} is assigned. Call it first")
    if value is not None and not isinstance(value, kind):
        first = kind[0] if isinstance(kind, tuple) else kind
        raise TypeError(
            f"{owner}: expected a {first.__name__} or None as {what} {name!r}, got {type(value).__name__}. {way_out}"
        )
    if not isinstance(name, str):
        raise TypeError(f"{owner}: expected a str as the name of a {what}, got {type(name).__name__}")
    if not name or "." in name:
        raise KeyError(f"{owner}: expected a name without dots and not empty for a {what}, got {name!r}")
    if name not in module.__dict__[table] and hasattr(module, name):
        raise KeyError(f"{owner}: expected a new name for a {what}, got {name!r}, which is an attribute already")


def absent(what: str, target: str, owner: Module, name: str) -> AttributeError:
    """The error for a dotted name that leads nowhere."""
    return AttributeError(
        f"get_{what}: expected a {what} at {target!r}, {type(owner).__name__} has none named {name!r}"
    )
