"""Compilation: the decorators that every kernel carries.

``@kernel`` compiles a function whose ``prange`` threads may share. ``@helper`` and ``@summing`` mark what kernels call
inside. Kernels compile at the first call and keep the machine code on disk.
"""

from __future__ import annotations

import hashlib
import os
import re
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.np.ufunc import parallel

from backends.cpu import runtime
from backends.cpu.kernels import pool
from backends.cpu.kernels.inlined import Inlined

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


_POOLED = os.name == "posix"
_shared = pool.shared
if numba.config.NUMBA_NUM_THREADS == 1:
    runtime.serial_only()
if _POOLED:
    pool.start(numba.config.NUMBA_NUM_THREADS, _digest("pool"))


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
    """A copy of ``function`` under a name for numba's cache on disk; its ``prange`` is the pool's, where there is one."""
    scope = function.__globals__ | ({"prange": pool.prange} if _POOLED else {})
    copy = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, function.__closure__)
    file = function.__module__.rpartition(".")[2]
    copy.__qualname__ = f"{function.__qualname__}.{suffix}.{_digest(file)}"
    copy.__module__ = function.__module__
    return copy


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    """numba's dispatcher, kept on disk where there is a folder to write to."""
    try:
        return numba.njit(cache=True, error_model="numpy", no_cfunc_wrapper=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return numba.njit(error_model="numpy", **options)(function)


class Kernel:
    """A function to call with ``serial`` on one thread, with ``parallel`` on all: the same one, where there is a pool.

    ``kernel(work)`` gives the one to call, at once, for ``work`` elements. In the source, the one ``prange`` loop is what
    runs in parallel; there is at most one. What stands before and after it every thread does, so it must write nothing;
    there are no sums over the loop, and nothing is returned.

    Args:
        function: what to compile.
        fastmath: numba's flags.

    Example:
        >>> from backends.cpu.kernels.elementwise import relu
        >>> relu(10) is relu.serial
        True
    """

    def __init__(self, function: Callable[..., Any], fastmath: set[str]) -> None:
        self.name = function.__name__
        self.serial = self.parallel = _compiled(_named(function, "serial"), fastmath=fastmath)
        if not _POOLED:
            self.parallel = _compiled(_named(function, "parallel"), fastmath=fastmath, parallel=_PRANGE)

    def __call__(self, work: int) -> Any:
        shared = _shared[0] = work >= runtime.parallel_from()
        return self.parallel if shared else self.serial


def summing(function: Callable[..., Any]) -> Any:
    """Decorator: as ``helper``, with sums in any order, so that they go through vector lanes.

    Args:
        function: of arrays, as a rule.

    Returns:
        The compiled function.

    Example:
        >>> summing(lambda x: x + 1).py_func(2)
        3
    """
    return Inlined(function, fastmath=FAST)


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


def helper(function: Callable[..., Any]) -> Any:
    """Decorator: compiles ``function`` to be called, and inlined, by kernels.

    Args:
        function: of scalars, as a rule.

    Returns:
        The compiled function.

    Example:
        >>> helper(lambda x: x + 1).py_func(2)
        3
    """
    return Inlined(function, fastmath=EXACT)
