"""Modules that PyTorch keeps below ``torch`` and we elsewhere: ``import autograd.nn.functional as F`` finds ``nn.functional``.

Both names give the same module. What PyTorch has as a module and we as an object (``autograd.backends.cudnn``) is found too.
einops, which asks each library of tensors for a backend, gets ours when it is imported.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_PACKAGES = {"autograd.nn": "nn", "autograd.optim": "optim"}  # and all below them
_MODULES = {
    "autograd.autograd.anomaly_mode": "autograd.anomaly",
    "autograd.autograd.forward_ad": "autograd.forward_ad",
    "autograd.autograd.function": "autograd.function",
    "autograd.autograd.functional": "autograd.functional",
    "autograd.autograd.grad_mode": "autograd.grad_mode",
    "autograd.autograd.graph": "autograd.graph",
    "autograd.autograd.gradcheck": "autograd.gradcheck",
    "autograd.autograd.profiler": "autograd.tracing",
    "autograd.autograd.variable": "autograd.autograd",
    "autograd.nn.parallel.data_parallel": "nn.parallel",
    "autograd.nn.parallel.distributed": "nn.parallel",
    "autograd.storage": "autograd.methods.memory",
    "autograd.utils._pytree": "autograd.utils.tree",
    "autograd.utils.hooks": "nn.hooks",
    "autograd.nn.modules.pixelshuffle": "nn.modules.vision",
    "einops.layers.autograd": "nn.einops",
}
_LAWS = {  # PyTorch has a module for each distribution, we one for those that belong together
    "classes": "categorical multinomial one_hot_categorical",
    "compound": "independent mixture_same_family relaxed_bernoulli relaxed_categorical transformed_distribution",
    "counts": "bernoulli binomial continuous_bernoulli geometric negative_binomial poisson",
    "distribution": "exp_family",
    "location": "cauchy gumbel half_cauchy half_normal laplace log_normal normal studentT von_mises",
    "multivariate": "beta dirichlet lowrank_multivariate_normal multivariate_normal",
    "positive": "chi2 exponential fishersnedecor gamma inverse_gamma kumaraswamy pareto uniform weibull",
}
_MODULES |= {
    f"autograd.distributions.{theirs}": f"autograd.distributions.{ours}"
    for ours, names in _LAWS.items()
    for theirs in names.split()
}
_OBJECTS = {f"autograd.backends.{name}" for name in ("cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp")}
_EINOPS = "einops._backends"  # the module of einops that looks for backends


def _find(name: str) -> Any:
    """What a module's name stands for; None where it is no alias."""
    if name in _OBJECTS:
        parent, _, last = name.rpartition(".")
        return getattr(sys.modules[parent], last)
    target = _MODULES.get(name)
    for alias, package in _PACKAGES.items():
        if target is None and (name == alias or name.startswith(alias + ".")):
            target = package + name.removeprefix(alias)
    return None if target is None or importlib.util.find_spec(target) is None else importlib.import_module(target)


class _Finder(MetaPathFinder, Loader):
    """Asked first: to the others ``autograd.nn.functional`` would be another module in the folder of ``nn``."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == _EINOPS:
            spec = PathFinder.find_spec(fullname, path)
            if spec is not None and spec.loader is not None:
                spec.loader = _Joined(spec.loader)
            return spec
        if fullname == "einops.layers.torch" and importlib.util.find_spec("torch") is None:
            fullname = "einops.layers.autograd"
        if not fullname.startswith(("autograd.", "einops.layers.autograd")):
            return None
        found = _find(fullname)
        if found is None:
            return None
        spec = ModuleSpec(fullname, self, is_package=True)
        spec.loader_state = found, getattr(found, "__spec__", None)
        return spec

    def create_module(self, spec: ModuleSpec) -> Any:
        """The module that is there already."""
        return spec.loader_state[0]

    def exec_module(self, module: Any) -> None:
        """It has run; only its own specification is put back."""
        spec = getattr(module, "__spec__", None)
        if isinstance(module, ModuleType) and spec is not None:
            module.__spec__ = spec.loader_state[1]


class _Joined(Loader):
    """Loads einops' backends as their own loader does, and adds ours."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> Any:
        return self.loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__loader__ = module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        importlib.import_module("autograd.einops")


def install() -> None:
    """Lets the import system know the aliases; once."""
    sys.meta_path.insert(0, _Finder())
    if _EINOPS in sys.modules:
        importlib.import_module("autograd.einops")
