"""Writes ``surface.json``: the public names, signatures and ufunc loops of the real CuPy that is installed.

Needs CuPy, but neither a GPU nor a driver: ``python -P tests/cupy_double/make_surface.py``.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import cupy
import cupyx
import cupyx.scipy.linalg
import cupyx.scipy.special

SPACES = {
    "cupy": cupy,
    "ndarray": cupy.ndarray,
    "ufunc": type(cupy.add),
    "linalg": cupy.linalg,
    "random": cupy.random,
    "fft": cupy.fft,
    "Generator": cupy.random.Generator,
    "stride_tricks": cupy.lib.stride_tricks,
    "cupyx": cupyx,
    "scipy.linalg": cupyx.scipy.linalg,
    "scipy.special": cupyx.scipy.special,
    "cuda": cupy.cuda,
    "runtime": cupy.cuda.runtime,
    "memory": cupy.cuda.memory,
    "Stream": cupy.cuda.Stream,
    "Event": cupy.cuda.Event,
    "Device": cupy.cuda.Device,
    "MemoryPointer": cupy.cuda.MemoryPointer,
    "MemoryPool": cupy.cuda.MemoryPool,
    "PinnedMemoryPool": cupy.cuda.PinnedMemoryPool,
}


def embedded(function: Any) -> list[str] | None:
    """Parameters from the signature that Cython writes on the first line of a docstring."""
    first = (function.__doc__ or "").strip().split("\n")[0]
    match = re.match(r"[\w.]+\((.*)\)(?: ->.*)?$", first)
    if match is None:
        return None
    names = [part.split("=")[0].split(":")[0].split()[-1] for part in match[1].split(", ") if part.strip("*, ")]
    return [name for name in names if name not in ("self", "/", "\\*")]


def parameters(function: Any) -> list[str] | None:
    """Names of the parameters, ``*`` and ``**`` where they collect others; None where they are not known."""
    try:
        found = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return embedded(function)
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    names = [stars.get(parameter.kind, "") + parameter.name for parameter in found if parameter.name != "self"]
    return embedded(function) or names if names == ["*args", "**kwargs"] else names


def describe(value: Any) -> Any:
    """``{"ufunc": [loops]}``, ``[parameters]`` of a function, an integer constant, or None of anything else."""
    if isinstance(value, type(cupy.add)):
        return {"ufunc": value.types}
    if type(value) is int:
        return value
    if isinstance(value, type) or not callable(value):
        return None
    return parameters(value)


def public(space: Any) -> dict[str, Any]:
    """Every public name of a module or class but its submodules."""
    names = [name for name in dir(space) if not name.startswith("_")]
    return {name: describe(getattr(space, name)) for name in names if not inspect.ismodule(getattr(space, name))}


if __name__ == "__main__":
    surface = {"version": cupy.__version__, **{name: public(space) for name, space in SPACES.items()}}
    rows = [f'"version": {json.dumps(surface.pop("version"))}']
    for space, names in surface.items():
        lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(names[name])}" for name in sorted(names))
        rows.append(f"{json.dumps(space)}: {{\n{lines}\n}}")
    Path(__file__).with_name("surface.json").write_text("{\n" + ",\n".join(rows) + "\n}\n")
