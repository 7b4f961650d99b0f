"""Vector instructions for kernels: what Numba's own loops cannot be relied on to become.

An ``Emitter`` writes LLVM instructions on vectors as wide as this machine's registers: 16 float32 or 8 float64 with
AVX-512, half of that with AVX2, a quarter on others. ``tile.py`` and ``rows.py`` are made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from llvmlite import binding, ir
from numba import config, types
from numba.extending import intrinsic

# What this processor has, less what the user's NUMBA_CPU_FEATURES, "+avx2,-avx512f", takes away.
_FEATURES = dict(binding.get_host_cpu_features())
_FEATURES |= {word[1:]: word[0] == "+" for word in (config.CPU_FEATURES or "").split(",") if word}
if _FEATURES.get("avx512f"):
    VECTOR_BYTES, REGISTERS = 64, 32
elif _FEATURES.get("avx2"):
    VECTOR_BYTES, REGISTERS = 32, 16
else:
    VECTOR_BYTES, REGISTERS = 16, 32 if "aarch64" in binding.get_default_triple() else 16

_I64, _I32 = ir.IntType(64), ir.IntType(32)
_X86 = "x86_64" in binding.get_default_triple()


def lanes_of(itemsize: int) -> int:
    """Elements in one vector.

    Args:
        itemsize: of an element, in bytes.

    Returns:
        The number.

    Example:
        >>> lanes_of(4) == 2 * lanes_of(8)
        True
    """
    return VECTOR_BYTES // itemsize


class Emitter:
    """Writes instructions on vectors of one element type into a function that Numba compiles.

    Positions and strides are in elements and are LLVM values; Python ints become constants.

    Args:
        context: Numba's target context.
        builder: llvmlite's instruction builder.
        array: type of an array whose elements the vectors hold.

    Example:
        >>> Emitter.__name__  # made by intrinsics, see tile.py
        'Emitter'
    """

    def __init__(self, context: Any, builder: Any, array: Any) -> None:
        self.context, self.builder = context, builder
        self.real = context.get_value_type(array.dtype)
        self.itemsize = array.dtype.bitwidth // 8
        self.lanes = lanes_of(self.itemsize)
        self.vector = ir.VectorType(self.real, self.lanes)
        self.zero = ir.Constant(self.vector, [0.0] * self.lanes)
        self._iota = ir.Constant(ir.VectorType(_I64, self.lanes), list(range(self.lanes)))

    def index(self, value: Any) -> Any:
        """A Python int as an LLVM constant; LLVM values pass."""
        return ir.Constant(_I64, value) if isinstance(value, int) else value

    def plus(self, *terms: Any) -> Any:
        """Sum of integers."""
        total = self.index(terms[0])
        for term in terms[1:]:
            total = self.builder.add(total, self.index(term))
        return total

    def times(self, a: Any, b: Any) -> Any:
        """Product of integers."""
        return self.builder.mul(self.index(a), self.index(b))

    def data(self, array: Any, value: Any, position: Any = 0) -> Any:
        """Pointer to the element at ``position`` of an array argument."""
        return self.at(value, position)

    def at(self, pointer: Any, position: Any) -> Any:
        """Pointer ``position`` elements further."""
        return self.builder.gep(pointer, [self.index(position)])

    def entry(self, pointer: Any) -> Any:
        """The int64 that a pointer into a table points to."""
        return self.builder.load(pointer)

    def load(self, pointer: Any, lanes: int | None = None) -> Any:
        """A vector, or fewer lanes, from any address."""
        kind = ir.VectorType(self.real, lanes or self.lanes)
        value = self.builder.load(self.builder.bitcast(pointer, kind.as_pointer()))
        value.align = self.itemsize
        return value

    def store(self, value: Any, pointer: Any) -> None:
        """A vector, whole or half, to any address."""
        self.builder.store(value, self.builder.bitcast(pointer, value.type.as_pointer())).align = self.itemsize

    def prefetch(self, pointer: Any, write: bool = True) -> None:
        """Has the memory at a pointer brought into the first-level cache, to be written or read."""
        pointer = self.builder.bitcast(pointer, ir.IntType(8).as_pointer())
        flags = [ir.Constant(_I32, value) for value in (int(write), 3, 1)]  # 3: keep in all levels; 1: data
        self.call("llvm.prefetch.p0", ir.VoidType(), [pointer, *flags])

    def splat(self, scalar: Any) -> Any:
        """A vector with the scalar in every lane."""
        undefined = ir.Constant(ir.VectorType(scalar.type, self.lanes), ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, ir.Constant(_I32, 0))
        return self.builder.shuffle_vector(
            first, undefined, ir.Constant(ir.VectorType(_I32, self.lanes), [0] * self.lanes)
        )

    def broadcast(self, pointer: Any) -> Any:
        """A vector with the element that is pointed to in every lane."""
        return self.splat(self.builder.load(pointer))

    def call(self, name: str, result: Any, args: Sequence[Any]) -> Any:
        """Call of an LLVM intrinsic by its full name, types included."""
        module = self.builder.module
        function = module.globals.get(name)
        if function is None:
            function = ir.Function(module, ir.FunctionType(result, [a.type for a in args]), name)
        return self.builder.call(function, args)

    def suffix(self) -> str:
        """How LLVM writes the vector type in the names of intrinsics."""
        return f"v{self.lanes}f{8 * self.itemsize}"

    def multiply_add(self, a: Any, b: Any, c: Any) -> Any:
        """a * b + c, in one instruction where the machine has it."""
        return self.call(f"llvm.fmuladd.{self.suffix()}", self.vector, [a, b, c])

    def lane_sum(self, value: Any) -> Any:
        """Sum of the lanes of a vector of any element type."""
        real = value.type.element
        name = f"llvm.vector.reduce.fadd.v{value.type.count}f{64 if real == ir.DoubleType() else 32}"
        function = self.builder.module.globals.get(name) or ir.Function(
            self.builder.module, ir.FunctionType(real, [real, value.type]), name
        )
        return self.builder.call(function, [ir.Constant(real, -0.0), value], fastmath=("reassoc",))

    def within(self, first: Any, last: Any) -> Any:
        """Mask of the lanes l with first <= l < last."""
        b = self.builder
        low = b.icmp_signed(">=", self._iota, self.splat(self.index(first)))
        return b.and_(low, b.icmp_signed("<", self._iota, self.splat(self.index(last))))

    def load_masked(self, pointer: Any, mask: Any) -> Any:
        """A vector; lanes outside the mask are 0 and their memory is not touched."""
        plain = self.builder.bitcast(pointer, ir.PointerType())
        args = [plain, ir.Constant(_I32, self.itemsize), mask, self.zero]
        return self.call(f"llvm.masked.load.{self.suffix()}.p0", self.vector, args)

    def store_masked(self, value: Any, pointer: Any, mask: Any) -> None:
        """A vector; memory outside the mask is not touched."""
        plain = self.builder.bitcast(pointer, ir.PointerType())
        args = [value, plain, ir.Constant(_I32, self.itemsize), mask]
        self.call(f"llvm.masked.store.{self.suffix()}.p0", ir.VoidType(), args)

    def loaded(self, pointer: Any, mask: Any) -> Any:
        """A vector, whole where the mask is None."""
        return self.load(pointer) if mask is None else self.load_masked(pointer, mask)

    def put(self, value: Any, pointer: Any, mask: Any) -> None:
        """A vector to memory, whole where the mask is None."""
        if mask is None:
            self.store(value, pointer)
        else:
            self.store_masked(value, pointer, mask)

    def gather(self, pointer: Any, step: Any, mask: Any) -> Any:
        """The elements ``step`` apart from a pointer on, one for each lane; as ``load_masked``."""
        b = self.builder
        apart = b.mul(self._iota, self.splat(self.times(step, self.itemsize)))  # bytes
        base = self.splat(b.ptrtoint(pointer, _I64))
        pointers = b.inttoptr(b.add(base, apart), ir.VectorType(ir.PointerType(), self.lanes))
        args = [pointers, ir.Constant(_I32, self.itemsize), mask, self.zero]
        return self.call(f"llvm.masked.gather.{self.suffix()}.v{self.lanes}p0", self.vector, args)

    def shuffle(self, a: Any, b: Any, lanes: Sequence[int]) -> Any:
        """The named lanes of a (0..L-1) and b (L..2L-1)."""
        return self.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_I32, len(lanes)), list(lanes)))

    def loop(self, count: Any, carried: Sequence[Any], body: Callable[[Any, list[Any]], Sequence[Any]]) -> list[Any]:
        """for k in range(count): carried = body(k, carried); what is carried stays in registers."""
        b = self.builder
        before, function = b.block, b.function
        head, inside, after = (function.append_basic_block(name) for name in ("head", "body", "after"))
        b.branch(head)
        b.position_at_end(head)
        k = b.phi(_I64)
        k.add_incoming(self.index(0), before)
        values = [b.phi(value.type) for value in carried]
        for phi, value in zip(values, carried, strict=True):
            phi.add_incoming(value, before)
        b.cbranch(b.icmp_signed("<", k, self.index(count)), inside, after)
        b.position_at_end(inside)
        results = body(k, list(values))
        k.add_incoming(self.plus(k, 1), b.block)
        for phi, value in zip(values, results, strict=True):
            phi.add_incoming(value, b.block)
        b.branch(head).set_metadata("llvm.loop", self._as_written())
        b.position_at_end(after)
        return values

    def parts(self, length: Any) -> tuple[Any, Any, Any, Any]:
        """Of a row: how many whole vectors; where the rest begins, its mask, and whether there is one, 0 or 1."""
        b = self.builder
        whole = b.sdiv(length, self.index(self.lanes))
        last = self.times(whole, self.lanes)
        rest = b.sub(length, last)
        return whole, last, self.within(0, rest), b.zext(b.icmp_signed(">", rest, self.index(0)), last.type)

    def along(self, length: Any, carried: Sequence[Any], body: Callable[..., Sequence[Any]]) -> list[Any]:
        """carried = body(i, mask, *carried) for the first place i of each vector in a row; None is the mask of whole ones."""
        whole, last, mask, more = self.parts(length)
        values = self.loop(whole, carried, lambda v, values: body(self.times(v, self.lanes), None, *values))
        return self.loop(more, values, lambda _, values: body(last, mask, *values))

    def _as_written(self) -> Any:
        """Metadata of a loop that LLVM should neither unroll nor vectorise: it gains nothing, and takes time."""
        module = self.builder.module
        off = module.add_metadata(["llvm.loop.unroll.disable"])
        node = module.add_metadata([off, off])
        node.operands = (node, off)  # a loop's metadata begins with itself
        return node

    def cases(self, value: Any, choices: Iterable[int], body: Callable[[int], None]) -> None:
        """body(n) for the one n among the choices that ``value`` is, each n compiled on its own."""
        b = self.builder
        after = b.function.append_basic_block("done")
        switch = b.switch(value, after)
        for n in choices:
            block = b.function.append_basic_block(f"case{n}")
            switch.add_case(self.index(n), block)
            b.position_at_end(block)
            body(n)
            b.branch(after)
        b.position_at_end(after)


def emits(generate: Callable[..., Any], apart: bool = False, variant: str = "") -> Callable[..., Any]:
    """The code generator of an intrinsic, from a function of an Emitter and the arguments; what it returns, if anything.

    Args:
        generate: called with the Emitter (for the first array among the arguments), the argument types and the values.
        apart: whether the code is a function of its own, which all calls in a kernel share and which returns nothing: worth
            it where it is long.
        variant: tells apart functions that one ``generate`` writes.

    Returns:
        What Numba calls to generate code.

    Example:
        >>> emits(lambda emitter, kinds, values: None).__name__
        'code'
    """

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kinds = signature.args
        array = next(kind for kind in kinds if isinstance(kind, types.Array) and kind.dtype != types.int64)
        values = [
            context.make_array(kind)(context, builder, value).data if isinstance(kind, types.Array) else value
            for kind, value in zip(kinds, values, strict=True)
        ]
        if apart:
            function = _function(context, builder.module, generate, variant, array, kinds, values)
            builder.call(function, values)
            return context.get_dummy_value()
        result = generate(Emitter(context, builder, array), kinds, values)
        return context.get_dummy_value() if result is None else result

    return code


def _function(
    context: Any, module: Any, generate: Callable[..., Any], variant: str, array: Any, kinds: Any, values: Any
) -> Any:
    """The function of a module that does what ``generate`` writes; of equal ones that are linked one stays."""
    kind = ir.FunctionType(ir.VoidType(), [value.type for value in values])
    name = f"twingrad.{generate.__qualname__.partition('.')[0]}{variant}.{'.'.join(map(str, kind.args))}"
    if name in module.globals:
        return module.globals[name]
    function = ir.Function(module, kind, name)
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block())
    generate(Emitter(context, builder, array), kinds, function.args)
    builder.ret_void()
    return function


@intrinsic
def flush_denormals(context: Any) -> tuple[Any, Callable[..., Any]]:
    """Makes this thread treat denormal numbers as 0; returns the state to restore. Some machines take 100 times longer
    over an operation on denormals."""

    def code(_context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        if not _X86:
            return ir.Constant(_I32, 0)
        state, changed = (builder.alloca(_I32) for _ in range(2))
        _control(builder, "stmxcsr", state)
        before = builder.load(state)
        builder.store(builder.or_(before, ir.Constant(_I32, 0x8040)), changed)  # flush to zero, denormals are zero
        _control(builder, "ldmxcsr", changed)
        return before

    return types.int32(), code


@intrinsic
def restore_denormals(context: Any, state: Any) -> tuple[Any, Callable[..., Any]]:
    """Undoes ``flush_denormals``."""

    def code(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        if _X86:
            memory = builder.alloca(_I32)
            builder.store(args[0], memory)
            _control(builder, "ldmxcsr", memory)
        return context.get_dummy_value()

    return types.void(types.int32), code


def _control(builder: Any, instruction: str, memory: Any) -> None:
    """Reads or writes the floating-point control register."""
    plain = builder.bitcast(memory, ir.PointerType())
    name = f"llvm.x86.sse.{instruction}"
    function = builder.module.globals.get(name) or ir.Function(
        builder.module, ir.FunctionType(ir.VoidType(), [ir.PointerType()]), name
    )
    builder.call(function, [plain])
