"""What real CuPy has, from ``surface.json``; see ``make_surface.py``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

SURFACE: dict[str, Any] = json.loads(Path(__file__).with_name("surface.json").read_text())
VERSION: str = SURFACE["version"]


def absent(space: str, owner: str, name: str) -> Exception:
    """The exception for an attribute that the double has not: CuPy lacks it too, or only the double does."""
    if name in SURFACE[space]:
        return NotImplementedError(f"{owner}.{name} exists in CuPy {VERSION}, but its double has not got it")
    return AttributeError(f"{owner} has no attribute {name!r}")


def checker(space: str, name: str) -> Callable[[int, dict[str, Any]], None]:
    """A function of the number of positional arguments and the keywords; raises TypeError where CuPy would."""
    parameters: list[str] | None = SURFACE[space][name]
    if parameters is None or any(p.startswith("**") for p in parameters):
        return lambda count, keywords: None
    allowed = frozenset(p.lstrip("*") for p in parameters)
    most = None if any(p.startswith("*") for p in parameters) else len(parameters)

    def check(count: int, keywords: dict[str, Any]) -> None:
        if most is not None and count > most:
            raise TypeError(f"{name}() takes {most} positional arguments but {count} were given (CuPy {VERSION})")
        for keyword in keywords:
            if keyword not in allowed:
                raise TypeError(f"{name}() got an unexpected keyword argument {keyword!r} (CuPy {VERSION})")

    return check
