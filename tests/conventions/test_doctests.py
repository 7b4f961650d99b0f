"""Every example in a docstring runs, with ``ag``, ``nn``, ``F``, ``optim`` and ``np`` at hand; one test per module.

In ``backends``, which knows no tensors, an example imports what it needs.
"""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conventions.surface import is_function
from tests.conventions.tree import PACKAGES, load, module_names

AT_HAND = {"ag": "autograd", "nn": "nn", "F": "nn.functional", "optim": "optim", "np": "numpy"}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def docstrings(module: ModuleType) -> list[doctest.DocTest]:
    """The docstrings with examples: of the module, its functions, classes, methods and operations."""
    finder = doctest.DocTestFinder()
    found = {test.name: test for test in finder.find(module)}
    for name, value in vars(module).items():  # operations are objects, which doctest does not look into
        if is_function(value) and value.__module__ == module.__name__:
            found |= {test.name: test for test in finder.find(value, f"{module.__name__}.{name}", module)}
    return [test for test in found.values() if test.examples]


def run(test: doctest.DocTest, names: dict[str, Any]) -> str:
    """What went wrong in one docstring; empty if nothing did."""
    runner, report = doctest.DocTestRunner(optionflags=FLAGS, verbose=False), []
    test.globs.update(names)
    runner.run(test, out=report.append)
    return "".join(report)


@pytest.mark.parametrize("name", module_names(*PACKAGES))
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tests = docstrings(load(name))
    aliases = {} if name.startswith("backends") or not tests else AT_HAND
    names = {alias: importlib.import_module(module) for alias, module in aliases.items()}
    monkeypatch.chdir(tmp_path)
    reports = []
    for test in tests:
        if "ag" in names:
            names["ag"].manual_seed(0)
        reports.append(run(test, names))
    assert not any(reports), "".join(reports)


class Operation:
    """A callable with a function's name, as ops are."""

    def __init__(self, doc: str) -> None:
        self.__name__, self.__module__, self.__doc__ = "planted", "nn.planted", doc

    def __call__(self) -> None: ...


def test_a_failing_example_of_an_operation_is_found() -> None:
    module = ModuleType("nn.planted")
    module.planted = Operation(">>> np.add(1, 1) - 1\n2")
    (test,) = docstrings(module)
    assert "nn.planted.planted" in (report := run(test, {"np": importlib.import_module("numpy")}))
    assert "Expected:\n    2\nGot:\n" in report
