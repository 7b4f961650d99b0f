"""One name for one thing: protocol, reference, cpu, cuda and ``.cu`` share families, names and the order of arguments.

The protocol opens each family with a comment ``# -- family: ...``.
"""

from __future__ import annotations

import ast
import copy
import re
from pathlib import Path

import pytest

from tests.conventions.tree import ROOT

BACKENDS = ROOT / "backends"
PROTOCOL = BACKENDS / "protocol.py"
NOT_KERNELS = "arrays"  # the protocol's section on moving arrays


def signature(function: ast.FunctionDef) -> str:
    """Names, order, kinds and defaults of the arguments, without the first (self, or the backend)."""
    arguments = copy.deepcopy(function.args)
    for argument in ast.walk(arguments):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    del (arguments.posonlyargs or arguments.args)[:1]
    return ast.unparse(arguments)


def functions(body: list[ast.stmt]) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"}


def protocol() -> dict[str, dict[str, str]]:
    """The kernels by family, with their arguments."""
    source = PROTOCOL.read_text(encoding="utf-8")
    headings = [(n, m[1]) for n, line in enumerate(source.splitlines(), 1) if (m := re.match(r"\s*# -- (\w+)", line))]
    (cls,) = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name == "Backend")
    families: dict[str, dict[str, str]] = {family: {} for _, family in headings}
    for name, function in functions(cls.body).items():
        family = [family for line, family in headings if line < function.lineno][-1]
        families[family][name] = signature(function)
    families.pop(NOT_KERNELS)
    return families


FAMILIES = protocol()


def kernels(path: Path) -> dict[str, str]:
    """The public functions of a family's file, with their arguments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {name: signature(function) for name, function in functions(tree.body).items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_reference_answers_the_whole_protocol(family: str) -> None:
    assert kernels(BACKENDS / "reference" / f"{family}.py") == FAMILIES[family]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("backend", ["cpu", "cuda"])
def test_a_backend_overrides_under_the_same_names(backend: str, family: str) -> None:
    path = BACKENDS / backend / f"{family}.py"
    own = kernels(path) if path.exists() else {}
    strangers = {name: arguments for name, arguments in own.items() if FAMILIES[family].get(name) != arguments}
    assert not strangers, f"{path.name}: not in the protocol's family {family}, or with other arguments: {strangers}"


def test_kernel_files_are_named_after_families() -> None:
    """A variant's name follows the family's: conv_tensor.cu holds convolutions on tensor cores."""
    strangers = [path.name for path in BACKENDS.rglob("*.cu") if path.stem.partition("_")[0] not in FAMILIES]
    assert not strangers, f"no family of that name: {strangers}"
