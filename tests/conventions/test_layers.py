"""Who may import whom, and where in a file.

``backends <- autograd <- nn, optim``; applications (``autograd/__main__.py``, ``autograd/cli/``) may import everything
and are imported by nothing, as are tests, benchmarks and notebooks. Imports stand at the top and form no cycle; inside
a function stands only what defers a third-party package.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conventions.tree import LEAVES, PACKAGES, ROOT, files, module_name

MAY_IMPORT = {
    "backends": ("backends",),
    "autograd": ("autograd", "backends"),
    "nn": ("nn", "autograd", "backends.geometry", "backends.sequence"),
    "optim": ("optim", "autograd"),
}
APPLICATIONS = ("autograd.__main__", "autograd.cli")
NOT_DEFERRED = {*sys.stdlib_module_names, "numpy"}  # cheap, and always there
EXCEPTIONS = {
    ("autograd", "nn"): "resolved lazily for `import autograd as torch; torch.nn.Linear`",
    ("autograd", "optim"): "resolved lazily for `import autograd as torch; torch.optim.SGD`",
    ("nn.modules", "nn"): "resolved lazily for `nn.modules.Linear`",
    ("optim.swa_utils", "nn.utils.averaging"): "averages of models, where PyTorch has them: loaded when asked for",
    ("backends.registry", "backends.cpu"): "a backend is loaded when its device is first asked for",
    ("backends.registry", "backends.cuda"): "a backend is loaded when its device is first asked for",
}


class Import(NamedTuple):
    """One import: ``module`` asks for ``target``."""

    module: str
    target: str
    line: int
    deferred: bool  # inside a function
    typing: bool  # under `if TYPE_CHECKING`
    late: bool  # below the first definition

    def __str__(self) -> str:
        return f"{self.module}, line {self.line}: import of {self.target}"


class Reader(ast.NodeVisitor):
    """Collects the imports of one module."""

    def __init__(self, module: str, package: str, modules: set[str]) -> None:
        self.module, self.package, self.modules = module, package, modules
        self.found: list[Import] = []
        self.deferred = self.typing = self.late = False

    def add(self, node: ast.AST, target: str) -> None:
        line = getattr(node, "lineno", 0)
        self.found.append(Import(self.module, target, line, self.deferred, self.typing, self.late))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.add(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            parents = self.package.split(".")
            base = ".".join([*parents[: len(parents) - node.level + 1], *filter(None, [base])])
        for target in sorted({self.submodule(base, alias.name) for alias in node.names}):
            self.add(node, target)

    def submodule(self, base: str, name: str) -> str:
        return f"{base}.{name}" if f"{base}.{name}" in self.modules else base

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant):
            self.add(node, str(node.args[0].value))
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        outer, self.deferred = self.deferred, True
        self.generic_visit(node)
        self.deferred = outer

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_If(self, node: ast.If) -> None:
        outer = self.typing
        self.typing = outer or "TYPE_CHECKING" in ast.unparse(node.test)
        for child in node.body:
            self.visit(child)
        self.typing = outer
        for child in node.orelse:
            self.visit(child)

    def visit_Module(self, node: ast.Module) -> None:
        for child in node.body:
            self.visit(child)
            self.late |= isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def imports(root: Path) -> tuple[list[Import], set[str]]:
    """All imports of the four packages, and the names of their modules."""
    paths = {module_name(path, root): path for path in files(".py", root=root)}
    found: list[Import] = []
    for name, path in paths.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        reader = Reader(name, package, set(paths))
        reader.visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
        found += reader.found
    return found, set(paths)


def inside(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def layer_faults(found: list[Import], modules: set[str]) -> Iterator[str]:
    for i in found:
        application = inside(i.module, APPLICATIONS)
        if inside(i.target, LEAVES):
            yield f"{i}, which nobody imports"
        elif inside(i.target, APPLICATIONS) and not application:
            yield f"{i}, which is an application"
        elif inside(i.target, PACKAGES) and not application:
            allowed = MAY_IMPORT[i.module.partition(".")[0]]
            if not inside(i.target, allowed) and not (i.deferred and (i.module, i.target) in EXCEPTIONS):
                yield f"{i}, but it may import only {', '.join(allowed)}"


def place_faults(found: list[Import], modules: set[str]) -> Iterator[str]:
    """An own module may be deferred only if importing it loads a third-party package."""
    loads: dict[str, set[str]] = {name: set() for name in modules}
    for i in found:
        if not i.deferred and not i.typing:
            loads[i.module].add(i.target)

    @cache
    def heavy(target: str) -> bool:
        """Whether loading a module loads a third-party package; one walk over what it reaches."""
        reached = [target]
        for name in reached:  # grows while it is walked
            reached += [next_ for next_ in loads.get(name, ()) if next_ not in reached]
        return any(n not in modules and n.partition(".")[0] not in NOT_DEFERRED for n in reached)

    for i in found:
        if i.deferred and not heavy(i.target) and (i.module, i.target) not in EXCEPTIONS:
            yield f"{i} inside a function, though it defers no third-party package"
        if i.late and not i.deferred:
            yield f"{i} below a definition: imports stand at the top"


def cycle_faults(found: list[Import], modules: set[str]) -> Iterator[str]:
    graph: dict[str, set[str]] = {name: set() for name in modules}
    for i in found:
        if i.target in modules and not i.deferred and not i.typing:
            graph[i.module].add(i.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as e:
        yield "cycle: " + " <- ".join(e.args[1])


RULES = [layer_faults, place_faults, cycle_faults]


@pytest.mark.parametrize("rule", RULES)
def test_the_packages_keep(rule) -> None:
    found, modules = imports(ROOT)
    assert found, "no module was read"
    faults = list(rule(found, modules))
    assert not faults, "\n".join(faults)


PLANTED = [
    ("backends/a.py", "from autograd.b import x", "autograd.b, but it may import only backends"),
    ("nn/a.py", "import backends.cpu.conv", "backends.cpu.conv, but it may import only nn, autograd"),
    ("nn/a.py", "from optim import SGD", "optim, but it may import only nn"),
    ("nn/a.py", "def f():\n    from optim import SGD", "optim, but it may import only nn"),
    ("optim/a.py", "import importlib\nnn = importlib.import_module('nn')", "nn, but it may import only optim"),
    ("autograd/sub/a.py", "from ...nn import Module", "but it may import only autograd"),
    ("autograd/a.py", "from autograd.cli import train", "which is an application"),
    ("autograd/a.py", "import tests.op_samples", "which nobody imports"),
    ("autograd/a.py", "def f():\n    import json", "json inside a function"),
    ("autograd/a.py", "f = lambda: __import__('autograd.b')", "autograd.b inside a function"),
    ("autograd/a.py", "def f(): ...\nimport json", "below a definition"),
    ("autograd/b.py", "from autograd import c", "cycle: "),
]
ALLOWED = [
    ("nn/a.py", "from backends import geometry\nfrom backends.geometry import Conv\nfrom autograd.b import x"),
    ("backends/a.py", "def f():\n    import numba\n    from backends.cpu import conv"),
    ("autograd/__init__.py", "def __getattr__(name):\n    import nn, optim"),
    ("autograd/cli/train.py", "import nn, optim"),
    ("autograd/b.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from autograd.c import x"),
]
BASE = {
    "backends/__init__.py": "",
    "backends/geometry.py": "",
    "backends/cpu/__init__.py": "",
    "backends/cpu/conv.py": "import numba",
    "autograd/__init__.py": "from autograd.c import x as x",
    "autograd/b.py": "",
    "autograd/c.py": "from autograd.b import x",
    "nn/__init__.py": "",
    "optim/__init__.py": "",
}


def planted(root: Path, path: str, source: str) -> list[str]:
    for name, text in (BASE | {path: source}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return [fault for rule in RULES for fault in rule(*imports(root))]


@pytest.mark.parametrize("path, source, fault", PLANTED)
def test_a_planted_fault_is_found(tmp_path: Path, path: str, source: str, fault: str) -> None:
    faults = planted(tmp_path, path, source)
    assert any(fault in found for found in faults), faults


@pytest.mark.parametrize("path, source", ALLOWED)
def test_what_is_allowed_passes(tmp_path: Path, path: str, source: str) -> None:
    assert planted(tmp_path, path, source) == []
