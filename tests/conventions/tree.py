"""The checkout as the convention tests see it: folders, files, modules."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("backends", "autograd", "nn", "optim")
LEAVES = ("tests", "benchmarks", "notebooks")
CACHES = {"__pycache__", ".ipynb_checkpoints"}
OPTIONAL = (
    "cupy",
    "einops",
    "matplotlib",
    "mpi4py",
    "onnx",
    "PIL",
    "sklearn",
    "tensorboard",
)  # the extras of pyproject.toml


def files(*suffixes: str, folders: tuple[str, ...] = PACKAGES, root: Path = ROOT) -> list[Path]:
    """Files below ``folders`` with one of ``suffixes``, caches left out."""
    found = (path for folder in folders for path in sorted((root / folder).rglob("*")))
    return [path for path in found if path.suffix in suffixes and not CACHES.intersection(path.parts)]


def module_name(path: Path, root: Path = ROOT) -> str:
    """The dotted name under which a file is imported."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def module_names(*packages: str) -> list[str]:
    """Names of all modules of ``packages``."""
    return [module_name(path) for path in files(".py", folders=packages)]


def load(name: str) -> ModuleType:
    """The module; skips the test where an optional dependency of it is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as e:
        if (e.name or "").partition(".")[0] in OPTIONAL:
            pytest.skip(f"{name} needs {e.name}")
        raise
