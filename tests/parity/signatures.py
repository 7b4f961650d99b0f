"""What PyTorch's functions take, and how ours differ.

Of what is written in Python the signature is asked for; of the rest it stands in the type stubs that PyTorch brings along,
one overload after the other.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import autograd
import nn
import nn.functional
import optim

P = inspect.Parameter
UNKNOWN = object()  # a default that is no literal
STUBS = {"torch": ("_VariableFunctions.pyi", ""), "Tensor": ("__init__.pyi", "TensorBase"), "nn": ("_nn.pyi", "")}
IGNORED = {  # keywords without an effect that we could have
    "layout": "there is one layout", "names": "axes have no names", "pin_memory": "accepted by creation functions",
    "_stacklevel": "of PyTorch's own warnings",
}  # fmt: skip


def ours(name: str) -> Any:
    """The object that a name such as "torch.add", "Tensor.add", "F.relu", "nn.Linear" stands for here."""
    prefix, _, rest = name.partition(".")
    place = {"torch": autograd, "Tensor": autograd.Tensor, "F": nn.functional, "nn": nn, "optim": optim}[prefix]
    return attrgetter(rest)(place)


def theirs(name: str) -> Any:
    """The object that it stands for in PyTorch."""
    import torch

    prefix, _, rest = name.partition(".")
    places = {"torch": torch, "Tensor": torch.Tensor, "F": torch.nn.functional, "nn": torch.nn, "optim": torch.optim}
    return attrgetter(rest)(places[prefix])


def is_there(find: Callable[[str], Any], name: str) -> bool:
    """Whether a name is found."""
    try:
        find(name)
    except AttributeError:
        return False
    return True


# -- PyTorch's signatures ---------------------------------------------------------------------------------------------


@cache
def stubs(kind: str) -> dict[str, list[inspect.Signature]]:
    """The overloads of every function in one of the stub files."""
    import torch

    file, owner = STUBS[kind]
    text = (Path(torch.__file__).parent / "_C" / file).read_text()
    body = ast.parse(text).body
    if owner:
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == owner)
    found: dict[str, list[inspect.Signature]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef) and not _is_obsolete(node, kind):
            found.setdefault(node.name, []).append(_signature(node, method=bool(owner)))
    return found


def _is_obsolete(node: ast.FunctionDef, kind: str) -> bool:
    """Overloads on axes' names; and those on a number in the tensor's place, or in a deprecated order."""
    text = ast.unparse(node.args)
    return "EllipsisType" in text or (kind == "torch" and any(arg.arg == "self" for arg in node.args.args))


def _signature(node: ast.FunctionDef, method: bool) -> inspect.Signature:
    a = node.args
    positional = [*a.posonlyargs, *a.args]
    defaults: list[Any] = [P.empty] * (len(positional) - len(a.defaults)) + [*map(_literal, a.defaults)]
    found = [
        P(arg.arg, P.POSITIONAL_OR_KEYWORD, default=default) for arg, default in zip(positional, defaults, strict=True)
    ]
    if a.vararg:
        found.append(P(a.vararg.arg, P.VAR_POSITIONAL))
    for arg, default in zip(a.kwonlyargs, a.kw_defaults, strict=True):
        found.append(P(arg.arg, P.KEYWORD_ONLY, default=P.empty if default is None else _literal(default)))
    return inspect.Signature(found[method:] if found and found[0].name == "self" and method else found)


def _literal(node: ast.expr) -> Any:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return UNKNOWN
    return UNKNOWN if value is ... else value


def expected(name: str) -> list[inspect.Signature]:
    """The signatures of a function of PyTorch, none where it does not say."""
    prefix, _, rest = name.partition(".")
    value = theirs(name)
    if inspect.isclass(value):
        return [without_self(value.__init__)]
    if inspect.isfunction(value) and "boolean_dispatch" not in value.__qualname__:
        return [without_self(value, method=prefix == "Tensor")]
    last = rest.rpartition(".")[2]
    if prefix == "torch" and "." not in rest:
        return stubs("torch").get(last, [])
    if prefix == "Tensor":
        return stubs("Tensor").get(last, [])
    return stubs("nn").get(last, stubs("torch").get(last, [])) if prefix == "F" else []


def without_self(function: Any, method: bool = True) -> inspect.Signature:
    signature = inspect.signature(function)
    first, *rest = [*signature.parameters.values(), None]
    return (
        signature.replace(parameters=rest[:-1]) if method and first is not None and first.name == "self" else signature
    )


# -- the comparison ---------------------------------------------------------------------------------------------------


def faults(name: str) -> Iterator[str]:
    """How the signature of ours differs from what PyTorch's callers may write."""
    mine = ours(name)
    method = name.startswith("Tensor.")
    try:
        signature = inspect.signature(mine.__init__ if inspect.isclass(mine) else mine)
    except (TypeError, ValueError):
        return
    if inspect.isclass(mine):
        signature = without_self(mine.__init__)
    elif method:  # the first parameter is the tensor, whatever its name
        signature = signature.replace(parameters=list(signature.parameters.values())[1:])
    takes_out = hasattr(mine, "op") or hasattr(mine, "operation")
    overloads = expected(name)
    defaults: dict[str, list[Any]] = {}
    for overload in overloads:
        for p in overload.parameters.values():
            defaults.setdefault(p.name, []).append(p.default)
    found: dict[str, None] = {}
    for overload in overloads:
        found.update(dict.fromkeys(_differences(signature, overload, takes_out, defaults)))
    yield from found


def _differences(
    mine: inspect.Signature, overload: inspect.Signature, takes_out: bool, defaults: dict[str, list[Any]]
) -> Iterator[str]:
    have = mine.parameters
    many = any(p.kind is P.VAR_POSITIONAL for p in have.values())
    keywords = any(p.kind is P.VAR_KEYWORD for p in have.values())
    wanted = [p for p in overload.parameters.values() if p.kind not in (P.VAR_POSITIONAL, P.VAR_KEYWORD)]
    places = [p.name for p in have.values() if p.kind in (P.POSITIONAL_ONLY, P.POSITIONAL_OR_KEYWORD)]
    for i, p in enumerate(wanted):
        if p.name in IGNORED and (p.name not in have or keywords):
            continue
        known = have.get(p.name)
        if known is None:
            if not (keywords or (takes_out and p.name == "out") or (many and p.kind is not P.KEYWORD_ONLY)):
                yield f"takes no {p.name}="
        elif p.kind is not P.KEYWORD_ONLY and not many and p.name in places and places.index(p.name) != i:
            yield f"{p.name} stands at place {places.index(p.name) + 1}, not {i + 1}"
        elif p.kind is not P.KEYWORD_ONLY and known.kind is P.KEYWORD_ONLY and not many:
            yield f"{p.name} is taken by keyword only"
        elif p.default is P.empty and known.default is not P.empty:
            pass  # another overload may leave it out
        elif known.default is P.empty and p.default is not P.empty:
            yield f"{p.name} has no default, should be {p.default!r}"
        elif not any(_same(known.default, default) for default in defaults[p.name]):
            yield f"{p.name} is {known.default!r} by default, should be {p.default!r}"


def _same(a: Any, b: Any) -> bool:
    if b is UNKNOWN or b is P.empty or a is P.empty:
        return True
    if a is None and b == ():
        return True
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return tuple(a) == tuple(b)
    return bool(a == b) or str(a).rpartition(".")[2] == str(b).rpartition(".")[2]
