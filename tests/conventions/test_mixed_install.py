"""HIPS autograd installs a package of the same name; the mixture of both in one folder is recognised at import."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conventions.tree import ROOT


def import_copy(folder: Path) -> subprocess.CompletedProcess[str]:
    """``import autograd`` from a folder, in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", "import autograd; print(autograd.__file__)"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in ("autograd", "backends"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_a_clean_copy_imports(copy: Path) -> None:
    done = import_copy(copy)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(copy)


@pytest.mark.parametrize("foreign", ["autograd/tracer.py", "autograd/numpy/__init__.py"])
def test_a_mixed_install_is_named(copy: Path, foreign: str) -> None:
    (copy / foreign).parent.mkdir(exist_ok=True)
    (copy / foreign).touch()
    done = import_copy(copy)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert "HIPS autograd" in last
    assert last.endswith(".")
