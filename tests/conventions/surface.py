"""What a user can reach: the modules that declare ``__all__``, and the names in it.

A public function is a Python function, an operation's included, or a callable object with a function's name, text and
signature.
"""

from __future__ import annotations

import ast
import inspect
from typing import Any

from tests.conventions.tree import PACKAGES, files, module_name

PUBLIC_PACKAGES = ("autograd", "nn", "optim")


def facades() -> list[str]:
    """Modules of the public packages that declare ``__all__``."""
    return [
        module_name(path) for path in files(".py", folders=PUBLIC_PACKAGES) if declares_all(path.read_text("utf-8"))
    ]


def declares_all(source: str) -> bool:
    """Whether a module assigns ``__all__``."""
    targets = (t for node in ast.parse(source).body for t in assigned(node))
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def assigned(node: ast.stmt) -> list[ast.expr]:
    """The targets of an assignment."""
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign) else []


def is_ours(value: Any) -> bool:
    """Whether a class or function was written here."""
    return str(getattr(value, "__module__", "")).partition(".")[0] in PACKAGES


def is_function(value: Any) -> bool:
    """Whether a value is a function of ours, or an operation that looks like one."""
    if inspect.isclass(value) or not callable(value) or not is_ours(value):
        return False
    return inspect.isroutine(value) or isinstance(getattr(value, "__name__", None), str)


def parameters(function: Any) -> dict[str, inspect.Parameter]:
    """What a caller passes: the parameters without self, cls."""
    found = dict(inspect.signature(function).parameters)
    for bound in ("self", "cls"):
        found.pop(bound, None)
    return found


def section(doc: str, *titles: str) -> str:
    """The text of the docstring section that bears one of the titles, such as "Args"; empty if there is none."""
    lines = doc.splitlines()
    for start, line in enumerate(lines):
        title, colon, rest = line.partition(":")
        if colon and title in titles:
            body = [rest]
            for follower in lines[start + 1 :]:
                if follower and not follower[0].isspace():
                    break
                body.append(follower)
            return "\n".join(body).strip()
    return ""
