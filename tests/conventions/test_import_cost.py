"""Importing the library loads NumPy, with ml_dtypes for bfloat16, and nothing else from outside; the rest waits for its use."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conventions.tree import PACKAGES, ROOT


def loaded(statement: str) -> set[str]:
    """Top-level packages in a fresh interpreter after a statement, with their submodules cut off."""
    program = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("statement", ["import autograd", "import autograd, nn, optim"])
def test_importing_loads_only_numpy(statement: str) -> None:
    foreign = loaded(statement) - loaded("import numpy, ml_dtypes") - sys.stdlib_module_names - set(PACKAGES)
    assert not foreign, f"{statement} loads {sorted(foreign)}"


def test_importing_autograd_loads_no_layers() -> None:
    assert not {"nn", "optim"} & loaded("import autograd")
