"""What a docstring must hold, for every name a user can reach.

A function or operation: one sentence; with arguments also Args (each by name), Returns (where it returns something) and
an Example that runs. A class: the same on the class, nothing on ``__init__``. A method: one sentence, and with
arguments Args and Returns, unless it overrides a documented method or its one line names the function it forwards to.
"""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conventions.surface import facades, is_function, is_ours, parameters, section
from tests.conventions.tree import load

NOTHING = (None, "None", "NoReturn", "Never", "Self")  # return annotations that need no words


def text_of(value: Any) -> str:
    return inspect.cleandoc(value.__doc__ or "")


def sentence_faults(doc: str) -> Iterator[str]:
    first = " ".join(doc.partition("\n\n")[0].split())
    if not doc:
        yield "has no docstring"
    elif first[-1] not in ".:":
        yield f"begins with no sentence: {first[:60]!r}"


def argument_faults(doc: str, names: Any, *titles: str) -> Iterator[str]:
    described = section(doc, *titles)
    missing = [name for name in names if not re.search(rf"\b{re.escape(name)}\b", described)]
    if not described:
        yield f"has no {titles[0]} section"
    elif missing:
        yield f"does not describe {', '.join(missing)} under {titles[0]}"


def example_faults(doc: str) -> Iterator[str]:
    if ">>>" not in section(doc, "Example", "Examples"):
        yield "has no Example with >>>"


def function_faults(function: Any) -> Iterator[str]:
    doc, names = text_of(function), parameters(function)
    yield from sentence_faults(doc)
    if doc and names:
        yield from argument_faults(doc, names, "Args")
        yield from result_faults(function, doc)
        yield from example_faults(doc)


def result_faults(function: Any, doc: str) -> Iterator[str]:
    if inspect.signature(function).return_annotation not in NOTHING and not section(doc, "Returns", "Yields"):
        yield "has no Returns section"


def class_faults(cls: type) -> Iterator[str]:
    doc = text_of(cls) if "__doc__" in vars(cls) else ""
    yield from sentence_faults(doc)
    if vars(cls).get("__init__") is not None and vars(cls)["__init__"].__doc__:
        yield "has a docstring on __init__: it belongs on the class"
    if doc and not issubclass(cls, BaseException | enum.Enum):
        if names := constructor_parameters(cls):
            yield from argument_faults(doc, names, "Args", "Attributes")
        yield from example_faults(doc)


def constructor_parameters(cls: type) -> dict[str, inspect.Parameter]:
    return parameters(cls) if is_ours(cls.__init__) or is_ours(cls.__new__) else {}


def method_faults(cls: type) -> Iterator[str]:
    for owner in filter(is_ours, cls.__mro__):
        for name, value in vars(owner).items():
            method = value.__func__ if isinstance(value, staticmethod | classmethod) else value
            if not name.startswith("_") and is_function(method):
                yield from (f"{owner.__name__}.{name} {fault}" for fault in one_method_faults(owner, name, method))


def one_method_faults(owner: type, name: str, method: Any) -> Iterator[str]:
    doc = text_of(method)
    if not doc and any(getattr(vars(base).get(name), "__doc__", None) for base in owner.__mro__[1:]):
        return
    yield from sentence_faults(doc)
    names = parameters(method)
    if not doc or not names:
        return
    if "\n\n" in doc:
        yield from argument_faults(doc, names, "Args")
        yield from result_faults(method, doc)
    elif not any(resolves(word, owner) for word in re.findall(r"`([\w.]+)`", doc)):
        yield "has arguments, but neither Args nor the name, in backticks, of the function it forwards to"


def resolves(path: str, owner: type) -> bool:
    """Whether a dotted name leads to something callable: from a package, in the class, autograd or nn.functional."""
    autograd, functional = load("autograd"), load("nn.functional")
    roots = {"autograd": autograd, "ag": autograd, "nn": load("nn"), "F": functional, "optim": load("optim")}
    first, _, rest = path.partition(".")
    starts = [(roots[first], rest)] if first in roots and rest else [(at, path) for at in (owner, autograd, functional)]
    return any(callable(follow(at, names)) for at, names in starts)


def follow(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def faults_of(value: Any) -> Iterator[str]:
    if inspect.isclass(value) and is_ours(value):
        yield from class_faults(value)
        yield from method_faults(value)
    elif is_function(value):
        yield from function_faults(value)


@pytest.mark.parametrize("facade", facades())
def test_public_names_are_documented(facade: str) -> None:
    module = load(facade)
    assert module.__doc__, f"{facade} has no docstring"
    faults = [f"{facade}.{name} {fault}" for name in module.__all__ for fault in faults_of(getattr(module, name))]
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults)


GOOD = """One sentence.

Args:
    x: (N,) float32.

Returns:
    (N,).

Example:
    >>> 1
    1
"""
PLANTED = [
    (GOOD, []),
    ("", ["has no docstring"]),
    (GOOD.replace("One sentence.", "no sentence"), ["begins with no sentence: 'no sentence'"]),
    (GOOD.replace(" x:", " y:"), ["does not describe x under Args"]),
    (GOOD.replace("Args:", "Arguments:"), ["has no Args section"]),
    (GOOD.replace("Returns:", "It gives"), ["has no Returns section"]),
    (GOOD.replace(">>>", ""), ["has no Example with >>>"]),
]


@pytest.mark.parametrize("doc, faults", PLANTED)
def test_a_planted_fault_is_found(doc: str, faults: list[str]) -> None:
    def function(x: int) -> int:
        return x

    function.__doc__ = doc
    assert list(function_faults(function)) == faults


def test_classes_and_methods_are_held_to_it() -> None:
    class Planted:
        """A class."""

        def __init__(self, size: int) -> None:
            """Not here."""

        def one(self, x: int) -> int:
            """Says nothing of x."""

        def two(self, x: int) -> int:
            """Says more.

            But not of x.
            """

        def three(self) -> int:
            """Has nothing to say more of."""

    for part in (Planted, Planted.__init__, Planted.one, Planted.two, Planted.three):
        part.__module__ = "nn"
    assert list(faults_of(Planted)) == [
        "has a docstring on __init__: it belongs on the class",
        "has no Args section",
        "has no Example with >>>",
        "Planted.one has arguments, but neither Args nor the name, in backticks, of the function it forwards to",
        "Planted.two has no Args section",
        "Planted.two has no Returns section",
    ]
