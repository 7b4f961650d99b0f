"""Every name of CuPy that the CUDA backend, the reference and the operations use exists in the real CuPy.

CuPy's double knows the names of arrays and streams; what lies behind them (modules, constants of the runtime, the driver) it
stands in for, so a name there could be one that only the double has. CuPy imports without a GPU.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("backends/cuda", "backends/reference", "autograd")
MODULES = ("xp", "_xp", "cupy", "_cupy")  # how code calls the array module: a name, or the last attribute


class Use(NamedTuple):
    """``cupy.cuda.Event`` as ("cuda", "Event"), and where it stands."""

    names: tuple[str, ...]
    place: str


class Reader(ast.NodeVisitor):
    """Collects the uses of one file; a local variable that is given part of CuPy stands for it from then on."""

    def __init__(self, file: str) -> None:
        self.file, self.found = file, list[Use]()
        self.variables: dict[str, tuple[str, ...]] = {}

    def names(self, node: ast.AST) -> tuple[str, ...] | None:
        """The attributes after the array module, None for what is no part of it."""
        if isinstance(node, ast.Name):
            return () if node.id in MODULES else self.variables.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.names(node.value)
            if owner is not None:
                return (*owner, node.attr)
            return () if node.attr in MODULES else None
        return None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        before = dict(self.variables)
        self.generic_visit(node)
        self.variables = before

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        (target, *_), value = node.targets, node.value
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=False))
        for name, part in pairs:
            if isinstance(name, ast.Name) and (names := self.names(part)):
                self.variables[name.id] = names

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if names := self.names(node):
            self.found.append(Use(names, f"{self.file}:{node.lineno}"))
        self.generic_visit(node)


def uses() -> Iterator[Use]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            reader = Reader(str(path.relative_to(ROOT)))
            reader.visit(ast.parse(path.read_text(encoding="utf-8")))
            yield from reader.found


def missing(cupy: ModuleType, names: tuple[str, ...]) -> str:
    """The first name that does not exist, "" if all do; what functions return is not known, so a call ends the chain."""
    owner: Any = cupy
    for i, name in enumerate(names):
        if not isinstance(owner, ModuleType | type):
            return ""
        if not hasattr(owner, name):
            return ".".join(("cupy", *names[: i + 1]))
        owner = getattr(owner, name)
    return ""


def test_names_exist_in_cupy() -> None:
    cupy = pytest.importorskip("cupy")
    found = list(uses())
    assert len(found) > 500
    assert sorted({(name, use.place) for use in found if (name := missing(cupy, use.names))}) == []


def test_functions_of_the_driver_exist() -> None:
    pytest.importorskip("cupy")
    driver = importlib.import_module("cupy_backends.cuda.api.driver")
    arguments = {"launchKernel": 11, "funcSetAttribute": 3}
    for name, count in arguments.items():
        assert getattr(driver, name).__doc__.count(",") == count - 1, getattr(driver, name).__doc__
    assert driver.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES == 8


def test_the_reader_follows_variables() -> None:
    reader = Reader("x.py")
    reader.visit(ast.parse("def f(be):\n stream, cuda = be.s(), be.xp.cuda\n r = cuda.runtime\n return r.none.at\nr.x"))
    assert {use.names for use in reader.found} == {
        ("cuda",), ("cuda", "runtime"), ("cuda", "runtime", "none"), ("cuda", "runtime", "none", "at"),
    }  # fmt: skip
