"""Instructions on words of memory that several threads use, all of them in one order that every thread sees alike.

Addresses and values are int64. (The pool's code is kept on disk until ``pool.py`` changes: touch that after a change here.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic

_WORD = ir.IntType(64)
_Code = tuple[Any, Callable[..., Any]]


def _instruction(words: int, write: Callable[..., Any]) -> _Code:
    """Signature and code of an intrinsic of so many words that gives a word: ``write`` of the builder and the values."""
    return types.int64(*[types.int64] * words), lambda context, builder, signature, values: write(builder, *values)


def _at(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, _WORD.as_pointer())


@intrinsic
def load(context: Any, address: Any) -> _Code:
    """The word at an address."""
    return _instruction(1, lambda b, address: b.load_atomic(_at(b, address), "seq_cst", 8))


@intrinsic
def store(context: Any, address: Any, value: Any) -> _Code:
    """Writes a word; gives it."""

    def write(builder: Any, address: Any, value: Any) -> Any:
        builder.store_atomic(value, _at(builder, address), "seq_cst", 8)
        return value

    return _instruction(2, write)


@intrinsic
def exchange(context: Any, address: Any, value: Any) -> _Code:
    """Writes a word; gives the one that was there."""
    return _instruction(2, lambda b, address, value: b.atomic_rmw("xchg", _at(b, address), value, "seq_cst"))


@intrinsic
def add(context: Any, address: Any, value: Any) -> _Code:
    """Adds to a word; gives what it was before."""
    return _instruction(2, lambda b, address, value: b.atomic_rmw("add", _at(b, address), value, "seq_cst"))


@intrinsic
def replace(context: Any, address: Any, old: Any, new: Any) -> _Code:
    """Writes the new word if the old one is still there; gives whether it was."""

    def write(builder: Any, address: Any, old: Any, new: Any) -> Any:
        both = builder.cmpxchg(_at(builder, address), old, new, "seq_cst")
        return builder.zext(builder.extract_value(both, 1), _WORD)

    return _instruction(3, write)


@intrinsic
def pause(context: Any) -> _Code:
    """Tells the core that it runs a loop that waits."""

    def write(builder: Any) -> Any:
        triple = binding.get_default_triple()
        name, values = {
            "x86_64": ("llvm.x86.sse2.pause", []),
            "aarch64": ("llvm.aarch64.hint", [ir.Constant(ir.IntType(32), 1)]),
            "arm64": ("llvm.aarch64.hint", [ir.Constant(ir.IntType(32), 1)]),
        }.get(triple.split("-")[0], (None, []))
        if name is not None:
            module = builder.module
            kind = ir.FunctionType(ir.VoidType(), [value.type for value in values])
            builder.call(module.globals.get(name) or ir.Function(module, kind, name), values)
        return ir.Constant(_WORD, 0)

    return _instruction(0, write)


@intrinsic
def address_of(context: Any, name: Any) -> _Code | None:
    """The address that the process knows under a name, a literal; looked up when machine code is loaded."""
    if not isinstance(name, types.StringLiteral):
        return None

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        symbol = name.literal_value
        module = builder.module
        place = module.globals.get(symbol) or ir.GlobalVariable(module, ir.IntType(8), symbol)
        return builder.ptrtoint(place, _WORD)

    return types.int64(name), code


@intrinsic
def call(context: Any, function: Any, a: Any) -> _Code:
    """Calls the function at an address with a word; gives what it gives."""

    def write(builder: Any, function: Any, value: Any) -> Any:
        kind = ir.FunctionType(_WORD, [_WORD])
        return builder.call(builder.inttoptr(function, kind.as_pointer()), [value])

    return _instruction(2, write)
