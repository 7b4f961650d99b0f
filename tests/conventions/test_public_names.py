"""The public surface is what ``__all__`` says. (That a written list is sorted, ruff holds by RUF022.)"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.conventions.surface import PUBLIC_PACKAGES, facades, is_function, is_ours
from tests.conventions.tree import files, load, module_name


def exposed(module: ModuleType) -> set[str]:
    """Public names of a module: all of a package's, but its own submodules; what a plain module itself defines."""
    public = {name: value for name, value in vars(module).items() if not name.startswith("_") and name != "annotations"}
    if hasattr(module, "__path__") and (getattr(module, "__file__", None) or "__init__.py").endswith("__init__.py"):
        return {name for name, value in public.items() if not is_submodule(value, module)}
    here = {name: value for name, value in public.items() if getattr(value, "__module__", "") == module.__name__}
    return {name for name, value in here.items() if is_function(value) or (isinstance(value, type) and is_ours(value))}


def is_submodule(value: object, package: ModuleType) -> bool:
    names = tuple(f"{name}." for name in (package.__name__, *PUBLIC_PACKAGES))  # autograd.nn is nn, once imported
    return isinstance(value, ModuleType) and f"{value.__name__}.".startswith(names)


def faults_of(module: ModuleType) -> Iterator[str]:
    listed = list(module.__all__)
    repeated = {name for name in listed if listed.count(name) > 1}
    absent = [name for name in listed if not hasattr(module, name)]
    private = [name for name in listed if name.startswith("_")]
    if repeated:
        yield f"lists more than once: {', '.join(sorted(repeated))}"
    if absent:
        yield f"lists what it does not have: {', '.join(absent)}"
    if private:
        yield f"lists private names: {', '.join(private)}"
    if unlisted := exposed(module) - set(listed):
        yield f"exposes without listing: {', '.join(sorted(unlisted))}"


@pytest.mark.parametrize("facade", facades())
def test_all_is_what_the_module_exposes(facade: str) -> None:
    module = load(facade)
    faults = [f"{facade}.__all__ {fault}" for fault in faults_of(module)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("facade", facades())
def test_listed_modules_declare_their_own_surface(facade: str) -> None:
    module = load(facade)
    values = {name: getattr(module, name, None) for name in module.__all__}
    bare = [n for n, v in values.items() if isinstance(v, ModuleType) and not hasattr(v, "__all__")]
    assert not bare, f"modules in {facade}.__all__ without an __all__ of their own: {', '.join(bare)}"


@pytest.mark.parametrize("package", PUBLIC_PACKAGES)
def test_packages_declare_their_surface(package: str) -> None:
    names = [module_name(path) for path in files(".py", folders=(package,)) if path.name == "__init__.py"]
    assert package in names, f"{package}/__init__.py is missing"
    bare = [name for name in names if not hasattr(load(name), "__all__") and exposed(load(name))]
    assert not bare, f"packages that expose names without an __all__: {', '.join(bare)}"


def test_planted_faults_are_found() -> None:
    module = ModuleType("nn.planted")
    module.__path__ = []
    module.__all__ = ["_private", "absent", "listed", "listed"]
    module.listed = module.unlisted = module._private = 1
    assert list(faults_of(module)) == [
        "lists more than once: listed",
        "lists what it does not have: absent",
        "lists private names: _private",
        "exposes without listing: unlisted",
    ]
