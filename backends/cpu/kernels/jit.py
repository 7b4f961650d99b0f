"""Compilation: the decorators that every kernel carries.

``@kernel`` makes one function into two: compiled for one thread and for all. ``@helper`` and
``@summing`` mark what kernels call inside. All compile at the first call and keep the machine code on disk.
"""

from __future__ import annotations

import hashlib
import os
import re
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.np.ufunc import parallel

from backends.cpu import process, runtime
from backends.cpu.kernels import pool

F = TypeVar("F", bound=Callable[..., Any])

# Sums may be reordered and multiply-adds contracted; NaN, infinity and signed zero keep their meaning.
FAST = {"reassoc", "contract", "arcp"}
# Inside a helper the order is as written: rounding tricks such as (x + big) - big rely on it.
EXACT = {"contract"}
# Only what says prange runs in parallel, and no two loops are fused: they may share memory in ways numba cannot see.
_PRANGE = dict.fromkeys(
    ("comprehension", "reduction", "inplace_binop", "setitem", "numpy", "stencil", "fusion"), False
) | {"prange": True}


@cache
def _sources(name: str) -> bytes:
    """A file of this folder and, after it, what it imports from here."""
    text = (Path(__file__).parent / f"{name}.py").read_bytes()
    imported = re.findall(rb"^from backends\.cpu\.kernels(?:\.| import )(\w+)", text, re.MULTILINE)
    return text + b"".join(_sources(other.decode()) for other in imported)


@cache
def _digest(name: str) -> str:
    """Of what a kernel is made of: numba's cache looks at one file only and would miss a change in a helper."""
    plan = (Path(__file__).parent.parent / "conv_plan.py").read_bytes() if name == "conv" else b""
    return hashlib.blake2b(_sources(name) + plan, digest_size=4).hexdigest()


process.tune()
if numba.config.NUMBA_NUM_THREADS == 1:
    runtime.serial_only()
elif os.name == "posix":
    pool.start(numba.config.NUMBA_NUM_THREADS)


def get_num_threads() -> int:
    """How many threads share a loop, as ``numba.set_num_threads`` was told last; quicker than Numba's own function.

    Returns:
        The number.

    Example:
        >>> get_num_threads() >= 1
        True
    """
    count: int = getattr(parallel, "_get_num_threads", numba.get_num_threads)()  # there once threads are
    return count


def _named(function: Callable[..., Any], suffix: str) -> Callable[..., Any]:
    """A copy of ``function`` under another name: the name is the key of numba's cache on disk."""
    copy = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    file = function.__module__.rpartition(".")[2]
    copy.__qualname__ = f"{function.__qualname__}.{suffix}.{_digest(file)}"
    copy.__module__ = function.__module__
    return copy


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    """numba's dispatcher, kept on disk where there is a folder to write to."""
    try:
        return numba.njit(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return numba.njit(error_model="numpy", **options)(function)


class Kernel:
    """One function, compiled for one thread (``serial``) and for all (``parallel``).

    ``kernel(work)`` gives the one to call for ``work`` elements. In the source, the one ``prange`` loop is what runs
    in parallel; there is at most one.

    Args:
        function: what to compile.
        fastmath: numba's flags.

    Example:
        >>> from backends.cpu.kernels.elementwise import relu
        >>> relu(10) is relu.serial, relu(10**6) is relu.parallel
        (True, True)
    """

    def __init__(self, function: Callable[..., Any], fastmath: set[str]) -> None:
        self.name = function.__name__
        self.serial = _compiled(_named(function, "serial"), fastmath=fastmath)
        self.parallel = _compiled(_named(function, "parallel"), fastmath=fastmath, parallel=_PRANGE)

    def __call__(self, work: int) -> Any:
        return self.parallel if work >= runtime.parallel_from() else self.serial


def summing(function: F) -> F:
    """Decorator: as ``helper``, with sums in any order, so that they go through vector lanes.

    Args:
        function: of arrays, as a rule.

    Returns:
        The compiled function.

    Example:
        >>> summing(lambda x: x + 1)(2)
        3
    """
    compiled: F = numba.njit(fastmath=FAST, error_model="numpy")(function)
    return compiled


def kernel(function: Callable[..., Any]) -> Kernel:
    """Decorator: compiles ``function`` for one thread and for all, with sums in any order.

    Args:
        function: of arrays and scalars, in the subset of Python that numba compiles.

    Returns:
        The pair, a ``Kernel``.

    Example:
        >>> from backends.cpu.kernels.elementwise import relu
        >>> type(relu).__name__
        'Kernel'
    """
    return Kernel(function, FAST)


def helper(function: F) -> F:
    """Decorator: compiles ``function`` to be called, and inlined, by kernels.

    Args:
        function: of scalars, as a rule.

    Returns:
        The compiled function.

    Example:
        >>> helper(lambda x: x + 1)(2)
        3
    """
    compiled: F = numba.njit(fastmath=EXACT, error_model="numpy")(function)
    return compiled
