"""Functions that exist inside of others only: no machine code of their own, no way in from Python.

Numba makes a library of every compiled function: optimises it, translates it into machine code, and links it to whoever
calls it, where all of that is done once more. A library of what only kernels call leaves it to them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import register_pass
from numba.core.registry import CPUDispatcher
from numba.core.typed_passes import NativeLowering


class _Library(JITCodeLibrary):
    """Instructions for others to link, as they were written."""

    def finalize(self) -> None:
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):
    """Numba's, into such a library."""

    _name = "inlined_lowering"

    def run_pass(self, state: Any) -> bool:
        """See numba.core.compiler_machinery.CompilerPass."""
        state.library = _Library(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        state.library.finalize()
        key = object()  # what callers know the function by
        state["cr"] = state["cr"]._replace(cfunc=key)
        state.targetctx.insert_user_function(key, state["cr"].fndesc, [state.library])
        return True


class _Compiler(Compiler):
    """Numba's, with that lowering."""

    def define_pipelines(self) -> list[Any]:
        """See numba.core.compiler.CompilerBase."""
        (pipeline,) = super().define_pipelines()
        pipeline.passes = [(_Lowering if p is NativeLowering else p, text) for p, text in pipeline.passes]
        pipeline.finalize()
        return [pipeline]


class Inlined(CPUDispatcher):
    """A function for kernels to call.

    Args:
        function: in the subset of Python that Numba compiles.
        options: Numba's.

    Raises:
        TypeError: Python calls it.

    Example:
        >>> Inlined(lambda x: x + 1).py_func(2)
        3
    """

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        options = (
            {"nopython": True, "boundscheck": None, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
            | {"error_model": "numpy"}
            | options
        )
        super().__init__(function, targetoptions=options, pipeline_class=_Compiler)

    def add_overload(self, result: Any) -> None:
        self.overloads[tuple(result.signature.args)] = result

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """See numba.core.dispatcher.Dispatcher; a constant is not worth a function of its own."""
        return super().get_call_template(tuple(map(types.unliteral, args)), kws)

    def __call__(self, *arguments: Any) -> Any:
        raise TypeError(f"{self.py_func.__name__}: called from Python. It exists inside of kernels only")
