"""The tensor: an array, a device, a place in the graph, and the operations as methods."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd import dtype as dtypes
from autograd import creation, engine, printing
from autograd.device import backend_of, device
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.inplace import check_writable, fill, history, inplace, overwrite
from autograd.node import NEVER, Handle, Leaf, Variable, add_hook
from autograd.op import Op, refresh, wrap
from autograd.ops import (
    arithmetic,
    axes,
    bounds,
    comparison,
    conversion,
    counting,
    elementwise,
    extremum,
    groups,
    indexing,
    joining,
    linalg,
    logic,
    masks,
    matrices,
    norms,
    power,
    product,
    quantiles,
    rearrange,
    reduction,
    rounding,
    sampling,
    scan,
    shape as reshaping,
    softmax as softmaxes,
    sorting,
    spread,
    subscript,
    trigonometry,
    views,
)
from autograd.size import Size


_OPERANDS = (Variable, int, float, complex, np.ndarray, np.generic)  # what arithmetic with a tensor takes


class Tensor(Variable):
    """An n-dimensional array that records what is done to it.

    Usually made by ``autograd.tensor``, ``zeros``, ``randn`` ...; ``Tensor(data)`` gives the default dtype, as in PyTorch.

    Args:
        data: numbers, nested sequences, an array, or sizes of an uninitialised tensor.

    Example:
        >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
    """

    __slots__ = ()
    __array_priority__ = 1000  # NumPy arrays and scalars on the left leave binary operations to us
    __array_ufunc__ = None

    def __new__(cls, *data: Any) -> Any:
        self = Variable.__new__(cls)
        be = backend_of()
        kind = dtypes.default().numpy
        if all(isinstance(n, int) for n in data) and data:
            self.raw = be.xp.empty(data, kind)
        else:
            (source,) = data or ((),)
            self.raw = be.xp.array(source.raw if isinstance(source, Variable) else source, kind)
        self.backend, self.node, self._grad, self.alias, self.stamp = be, None, None, None, [0, "", 0]
        return self

    def __init__(self, *data: Any) -> None: ...

    # -- what it is --------------------------------------------------------------------------------------------------
    @property
    def shape(self) -> Size:
        """The sizes of the axes."""
        return Size(self.raw.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one axis."""
        return Size(self.raw.shape) if dim is None else self.raw.shape[dim]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return int(self.raw.ndim)

    def dim(self) -> int:
        """The number of axes."""
        return int(self.raw.ndim)

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return int(self.raw.size)

    nelement = numel

    @property
    def dtype(self) -> dtypes.dtype:
        """The element type."""
        return dtypes.FROM_NUMPY[self.raw.dtype]

    @property
    def device(self) -> device:
        """Where the memory is."""
        be = self.backend
        return device("cpu") if be.name != "cuda" else device("cuda", be.index)

    @property
    def is_cuda(self) -> bool:
        """Whether the memory is on a GPU."""
        return bool(self.backend.name == "cuda")

    def get_device(self) -> int:
        """The index of the GPU, -1 on the CPU."""
        return self.backend.index if self.is_cuda else -1

    def is_floating_point(self) -> bool:
        """Whether the elements are floating-point numbers."""
        return bool(self.raw.dtype.kind == "f")

    def is_complex(self) -> bool:
        """Whether the elements are complex numbers."""
        return bool(self.raw.dtype.kind == "c")

    def is_inference(self) -> bool:
        """Whether it was made inside ``inference_mode``."""
        return bool(self.stamp[0] == NEVER)

    def element_size(self) -> int:
        """Bytes of one element."""
        return int(self.raw.itemsize)

    itemsize = property(element_size)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return int(self.raw.nbytes)

    def stride(self, dim: int | None = None) -> Any:
        """Steps between neighbours along each axis (or one), in elements."""
        steps = tuple(s // self.raw.itemsize for s in self.raw.strides)
        return steps if dim is None else steps[dim]

    def data_ptr(self) -> int:
        """The address of the first element."""
        return int(self.raw.data.ptr if self.is_cuda else self.raw.ctypes.data)

    def is_contiguous(self) -> bool:
        """Whether the elements lie in memory in row-major order without gaps."""
        return bool(self.raw.flags.c_contiguous)

    def is_set_to(self, tensor: Tensor) -> bool:
        """Whether both see exactly the same memory in the same way."""
        same = self.data_ptr() == tensor.data_ptr() and self.raw.shape == tensor.raw.shape
        return same and self.raw.strides == tensor.raw.strides

    @property
    def _version(self) -> int:
        return int(self.stamp[2])

    @property
    def _base(self) -> Variable | None:
        view, base = self.alias, None
        while view is not None:
            view, base = view.base.alias, view.base
        return base

    def _is_view(self) -> bool:
        return self.alias is not None

    # -- its place in the graph --------------------------------------------------------------------------------------
    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to it."""
        return (self.node if self.alias is None else refresh(self)) is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Asks for (or stops asking for) a gradient of this leaf; returns the tensor.

        Raises:
            DtypeError: the elements are not floating-point or complex.
            GraphError: switched off on a result of recorded operations; use ``detach()``.
        """
        if not self.is_leaf:
            if requires_grad:
                return self
            raise GraphError("requires_grad_: expected a leaf, got a result of recorded operations. Use detach()")
        if not requires_grad:
            self.node = None
        elif self.node is None:
            if self.raw.dtype.kind not in "fc":
                raise DtypeError(
                    f"requires_grad_: expected a floating or complex dtype, got {self.dtype}. Cast it first"
                )
            self.node, self.alias = Leaf(self), None
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation produced it."""
        node = self.node if self.alias is None else refresh(self)
        return node is None or type(node) is Leaf

    @property
    def grad_fn(self) -> Any:
        """The node of the operation that produced it, None for a leaf."""
        return None if self.is_leaf else self.node

    @property
    def grad(self) -> Tensor | None:
        """The gradient accumulated by ``backward``, of the same shape; None before."""
        grad: Tensor | None = self._grad
        return grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad: expected a Tensor or None, got {type(value).__name__}")
            if value.raw.shape != self.raw.shape:
                raise ShapeError(f"grad: expected shape {tuple(self.raw.shape)}, got {tuple(value.raw.shape)}")
            if value.raw.dtype != self.raw.dtype:
                raise DtypeError(f"grad: expected dtype {self.dtype}, got {value.dtype}")
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Accumulates d(sum of self * gradient)/d(leaf) into ``leaf.grad`` of every leaf that requires it.

        Args:
            gradient: of this tensor's shape; may be left out for a single element (1).
            retain_graph: keep what the graph saved, for another backward; default: ``create_graph``.
            create_graph: record the gradients' own computation, for higher derivatives.
            inputs: accumulate into these tensors only.

        Raises:
            GraphError: not recorded, not a scalar and no gradient given, freed, or a saved tensor was modified in place.
            ShapeError: ``gradient`` has another shape.
        """
        if isinstance(inputs, Tensor):
            inputs = [inputs]
        engine.backward(
            [self], [gradient], retain_graph=retain_graph, create_graph=create_graph, inputs=inputs
        )  # fmt: skip

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> Handle:
        """Calls ``hook(grad)`` whenever the gradient of this tensor is complete; a returned tensor replaces it."""
        node = self.node if self.alias is None else refresh(self)
        if node is None:
            raise GraphError("register_hook: expected a tensor that requires grad")
        return add_hook(node, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> Handle:
        """Calls ``hook(tensor)`` after a gradient was added to this leaf's ``grad``."""
        if not isinstance(self.node, Leaf):
            raise GraphError("register_post_accumulate_grad_hook: expected a leaf that requires grad")
        if self.node.after is None:
            self.node.after = []
        self.node.after.append(hook)
        return Handle(self.node.after, hook)

    def retain_grad(self) -> None:
        """Keeps the gradient of this non-leaf in ``grad`` too."""
        if self.is_leaf:
            if self.node is None:
                raise GraphError("retain_grad: expected a tensor that requires grad")
            return
        me = weakref.ref(self)

        def keep(g: Tensor) -> None:
            tensor = me()
            if tensor is not None:
                tensor._grad = g.clone() if tensor._grad is None else tensor._grad + g

        keep.retains = True  # type: ignore[attr-defined]
        if not self.retains_grad:
            add_hook(self.node, keep)

    @property
    def retains_grad(self) -> bool:
        """Whether ``retain_grad`` was called."""
        hooks = None if self.is_leaf else self.node.hooks
        return any(getattr(hook, "retains", False) for hook in hooks or ())

    def detach(self) -> Tensor:
        """The same memory outside the graph; in-place writes are seen by both."""
        t: Tensor = wrap(self.raw, self.backend)
        t.stamp = self.stamp
        return t

    def detach_(self) -> Tensor:
        """Takes the tensor itself out of the graph."""
        if self.alias is not None:
            raise GraphError("detach_: expected a tensor that owns its history, got a view. Use detach()")
        self.node = None
        return self

    @property
    def data(self) -> Tensor:
        """The same memory outside the graph, unwatched: writes to it are not noticed by backward."""
        t: Tensor = wrap(self.raw, self.backend)
        return t

    @data.setter
    def data(self, value: Tensor) -> None:
        self.raw, self.backend = value.raw, value.backend
        if isinstance(self.node, Leaf):
            self.node.shape, self.node.backend = value.raw.shape, value.backend

    # -- leaving -----------------------------------------------------------------------------------------------------
    def numpy(self, *, force: bool = False) -> Any:
        """The NumPy array that shares this memory.

        Args:
            force: detach and copy from a device first, where needed.

        Raises:
            GraphError: it requires grad (and not ``force``).
            TypeError: it is on a GPU (and not ``force``).
        """
        if not force:
            if self.requires_grad:
                raise GraphError("numpy: expected a tensor that does not require grad. Call detach() first")
            if self.is_cuda:
                raise TypeError("numpy: expected a CPU tensor, got one on the GPU. Call cpu() first")
        return self.backend.to_numpy(self.raw)

    def item(self) -> Any:
        """The only element as a Python number.

        Raises:
            ShapeError: there is not exactly one element.
        """
        if self.raw.size != 1:
            raise ShapeError(f"item: expected one element, got shape {tuple(self.raw.shape)}. Use tolist()")
        return self.raw.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self.raw.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(self, **options: Any) -> Any:
        if self.requires_grad:
            raise GraphError("dlpack: expected a tensor that does not require grad. Call detach() first")
        return self.raw.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.raw.__dlpack_device__()

    # -- operations: conversion, copying, filling --------------------------------------------------------------------
    to = conversion.to
    clone = conversion.clone
    type_as = conversion.type_as
    float = conversion.method("float", dtypes.float32)
    double = conversion.method("double", dtypes.float64)
    half = conversion.method("half", dtypes.float16)
    long = conversion.method("long", dtypes.int64)
    int = conversion.method("int", dtypes.int32)
    short = conversion.method("short", dtypes.int16)
    char = conversion.method("char", dtypes.int8)
    byte = conversion.method("byte", dtypes.uint8)
    bool = conversion.method("bool", dtypes.bool_)
    cpu, cuda, type = conversion.cpu, conversion.cuda, conversion.type
    copy_, fill_, zero_ = conversion.copy_, conversion.fill_, conversion.zero_
    uniform_, normal_, bernoulli_ = sampling.uniform_, sampling.normal_, sampling.bernoulli_
    exponential_, random_ = sampling.exponential_, sampling.random_
    bernoulli, multinomial = sampling.bernoulli, sampling.multinomial
    new_tensor, new_zeros, new_ones = (creation.new(f) for f in (creation.tensor, creation.zeros, creation.ones))
    new_empty, new_full = creation.new(creation.empty), creation.new(creation.full)

    def __repr__(self) -> str:
        return printing.text(self)

    # -- operations: arithmetic, elementwise, comparison, reduction ---------------------------------------------------
    def __add__(self, other: Any) -> Any:
        return arithmetic._add.two(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return arithmetic._add(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __sub__(self, other: Any) -> Any:
        return arithmetic._sub.two(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return arithmetic._sub(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        return arithmetic.mul.two(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rmul__(self, other: Any) -> Any:
        return arithmetic.mul(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        return arithmetic.true_divide.two(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rtruediv__(self, other: Any) -> Any:
        return arithmetic.true_divide(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    __rdiv__ = __rtruediv__

    def __floordiv__(self, other: Any) -> Any:
        return arithmetic.floor_divide(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rfloordiv__(self, other: Any) -> Any:
        return arithmetic.floor_divide(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __mod__(self, other: Any) -> Any:
        return arithmetic.remainder(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rmod__(self, other: Any) -> Any:
        return arithmetic.remainder(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __pow__(self, exponent: Any) -> Any:
        if type(exponent) in (int, float) and self.raw.dtype.kind == "f":
            return power._pow(self, exponent=exponent)
        return power.pow(self, exponent) if isinstance(exponent, _OPERANDS) else NotImplemented

    def __rpow__(self, base: Any) -> Any:
        return power.pow(base, self) if isinstance(base, _OPERANDS) else NotImplemented

    def __neg__(self) -> Any:
        return arithmetic.neg(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return arithmetic.abs(self)

    def __invert__(self) -> Any:
        return logic.bitwise_not(self)

    def __and__(self, other: Any) -> Any:
        return logic.bitwise_and(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rand__(self, other: Any) -> Any:
        return logic.bitwise_and(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __or__(self, other: Any) -> Any:
        return logic.bitwise_or(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __ror__(self, other: Any) -> Any:
        return logic.bitwise_or(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __xor__(self, other: Any) -> Any:
        return logic.bitwise_xor(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rxor__(self, other: Any) -> Any:
        return logic.bitwise_xor(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __lshift__(self, other: Any) -> Any:
        return logic.bitwise_left_shift(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rlshift__(self, other: Any) -> Any:
        return logic.bitwise_left_shift(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __rshift__(self, other: Any) -> Any:
        return logic.bitwise_right_shift(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __rrshift__(self, other: Any) -> Any:
        return logic.bitwise_right_shift(other, self) if isinstance(other, _OPERANDS) else NotImplemented

    def __eq__(self, other: Any) -> Any:
        return comparison.eq(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __ne__(self, other: Any) -> Any:
        return comparison.ne(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __lt__(self, other: Any) -> Any:
        return comparison.lt(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __le__(self, other: Any) -> Any:
        return comparison.le(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __gt__(self, other: Any) -> Any:
        return comparison.gt(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    def __ge__(self, other: Any) -> Any:
        return comparison.ge(self, other) if isinstance(other, _OPERANDS) else NotImplemented

    add = arithmetic.add
    sub = arithmetic.sub
    rsub = arithmetic.rsub
    mul = arithmetic.mul
    true_divide = arithmetic.true_divide
    div = arithmetic.div
    floor_divide = arithmetic.floor_divide
    remainder = arithmetic.remainder
    fmod = arithmetic.fmod
    reciprocal = arithmetic.reciprocal
    neg = arithmetic.neg
    sign = arithmetic.sign
    abs = arithmetic.abs
    copysign = arithmetic.copysign
    lerp = arithmetic.lerp
    addcmul = arithmetic.addcmul
    addcdiv = arithmetic.addcdiv
    add_ = inplace(arithmetic.add)
    sub_ = inplace(arithmetic.sub)
    mul_ = inplace(arithmetic.mul)
    true_divide_ = inplace(arithmetic.true_divide)
    div_ = inplace(arithmetic.div)
    floor_divide_ = inplace(arithmetic.floor_divide)
    remainder_ = inplace(arithmetic.remainder)
    fmod_ = inplace(arithmetic.fmod)
    reciprocal_ = inplace(arithmetic.reciprocal)
    neg_ = inplace(arithmetic.neg)
    sign_ = inplace(arithmetic.sign)
    abs_ = inplace(arithmetic.abs)
    copysign_ = inplace(arithmetic.copysign)
    lerp_ = inplace(arithmetic.lerp)
    addcmul_ = inplace(arithmetic.addcmul)
    addcdiv_ = inplace(arithmetic.addcdiv)
    subtract, multiply, divide, negative, absolute = sub, mul, div, neg, abs
    subtract_, multiply_, divide_, negative_, absolute_ = sub_, mul_, div_, neg_, abs_
    __iadd__, __isub__, __imul__ = add_, sub_, mul_
    __itruediv__, __ifloordiv__, __imod__ = div_, floor_divide_, remainder_
    square = power.square
    pow = power.pow
    float_power = power.float_power
    hypot = power.hypot
    square_ = inplace(power.square)
    pow_ = inplace(power.pow)
    float_power_ = inplace(power.float_power)
    hypot_ = inplace(power.hypot)
    __ipow__ = pow_
    maximum = bounds.maximum
    minimum = bounds.minimum
    fmax = bounds.fmax
    fmin = bounds.fmin
    clamp = bounds.clamp
    clamp_min = bounds.clamp_min
    clamp_max = bounds.clamp_max
    clamp_ = inplace(bounds.clamp)
    clamp_min_ = inplace(bounds.clamp_min)
    clamp_max_ = inplace(bounds.clamp_max)
    clip, clip_ = clamp, clamp_
    exp = elementwise.exp
    exp2 = elementwise.exp2
    expm1 = elementwise.expm1
    log = elementwise.log
    log2 = elementwise.log2
    log10 = elementwise.log10
    log1p = elementwise.log1p
    logaddexp = elementwise.logaddexp
    logaddexp2 = elementwise.logaddexp2
    xlogy = elementwise.xlogy
    sqrt = elementwise.sqrt
    rsqrt = elementwise.rsqrt
    sigmoid = elementwise.sigmoid
    logit = elementwise.logit
    erf = elementwise.erf
    relu = elementwise.relu
    exp_ = inplace(elementwise.exp)
    exp2_ = inplace(elementwise.exp2)
    expm1_ = inplace(elementwise.expm1)
    log_ = inplace(elementwise.log)
    log2_ = inplace(elementwise.log2)
    log10_ = inplace(elementwise.log10)
    log1p_ = inplace(elementwise.log1p)
    xlogy_ = inplace(elementwise.xlogy)
    sqrt_ = inplace(elementwise.sqrt)
    rsqrt_ = inplace(elementwise.rsqrt)
    sigmoid_ = inplace(elementwise.sigmoid)
    logit_ = inplace(elementwise.logit)
    erf_ = inplace(elementwise.erf)
    relu_ = inplace(elementwise.relu)
    sin = trigonometry.sin
    cos = trigonometry.cos
    tan = trigonometry.tan
    asin = trigonometry.asin
    acos = trigonometry.acos
    atan = trigonometry.atan
    atan2 = trigonometry.atan2
    sinh = trigonometry.sinh
    cosh = trigonometry.cosh
    tanh = trigonometry.tanh
    asinh = trigonometry.asinh
    acosh = trigonometry.acosh
    atanh = trigonometry.atanh
    sinc = trigonometry.sinc
    deg2rad = trigonometry.deg2rad
    rad2deg = trigonometry.rad2deg
    sin_ = inplace(trigonometry.sin)
    cos_ = inplace(trigonometry.cos)
    tan_ = inplace(trigonometry.tan)
    asin_ = inplace(trigonometry.asin)
    acos_ = inplace(trigonometry.acos)
    atan_ = inplace(trigonometry.atan)
    atan2_ = inplace(trigonometry.atan2)
    sinh_ = inplace(trigonometry.sinh)
    cosh_ = inplace(trigonometry.cosh)
    tanh_ = inplace(trigonometry.tanh)
    asinh_ = inplace(trigonometry.asinh)
    acosh_ = inplace(trigonometry.acosh)
    atanh_ = inplace(trigonometry.atanh)
    sinc_ = inplace(trigonometry.sinc)
    deg2rad_ = inplace(trigonometry.deg2rad)
    rad2deg_ = inplace(trigonometry.rad2deg)
    floor = rounding.floor
    ceil = rounding.ceil
    trunc = rounding.trunc
    frac = rounding.frac
    round = rounding.round
    nan_to_num = rounding.nan_to_num
    floor_ = inplace(rounding.floor)
    ceil_ = inplace(rounding.ceil)
    trunc_ = inplace(rounding.trunc)
    frac_ = inplace(rounding.frac)
    round_ = inplace(rounding.round)
    nan_to_num_ = inplace(rounding.nan_to_num)
    eq = comparison.eq
    ne = comparison.ne
    lt = comparison.lt
    le = comparison.le
    gt = comparison.gt
    ge = comparison.ge
    equal = comparison.equal
    isclose = comparison.isclose
    allclose = comparison.allclose
    isfinite = comparison.isfinite
    isinf = comparison.isinf
    isnan = comparison.isnan
    isposinf = comparison.isposinf
    isneginf = comparison.isneginf
    masked_fill = comparison.masked_fill
    heaviside = comparison.heaviside
    eq_ = inplace(comparison.eq)
    ne_ = inplace(comparison.ne)
    lt_ = inplace(comparison.lt)
    le_ = inplace(comparison.le)
    gt_ = inplace(comparison.gt)
    ge_ = inplace(comparison.ge)
    masked_fill_ = inplace(comparison.masked_fill)
    heaviside_ = inplace(comparison.heaviside)

    def where(self, condition: Any, other: Any) -> Any:
        """The tensor where the condition holds, else ``other``; see ``autograd.where``."""
        return comparison.where(condition, self, other)

    logical_and = logic.logical_and
    logical_or = logic.logical_or
    logical_xor = logic.logical_xor
    logical_not = logic.logical_not
    bitwise_and = logic.bitwise_and
    bitwise_or = logic.bitwise_or
    bitwise_xor = logic.bitwise_xor
    bitwise_not = logic.bitwise_not
    bitwise_left_shift = logic.bitwise_left_shift
    bitwise_right_shift = logic.bitwise_right_shift
    logical_and_ = inplace(logic.logical_and)
    logical_or_ = inplace(logic.logical_or)
    logical_xor_ = inplace(logic.logical_xor)
    logical_not_ = inplace(logic.logical_not)
    bitwise_and_ = inplace(logic.bitwise_and)
    bitwise_or_ = inplace(logic.bitwise_or)
    bitwise_xor_ = inplace(logic.bitwise_xor)
    bitwise_not_ = inplace(logic.bitwise_not)
    bitwise_left_shift_ = inplace(logic.bitwise_left_shift)
    bitwise_right_shift_ = inplace(logic.bitwise_right_shift)
    __iand__, __ior__, __ixor__ = bitwise_and_, bitwise_or_, bitwise_xor_
    __ilshift__, __irshift__ = bitwise_left_shift_, bitwise_right_shift_

    sum = reduction.sum
    nansum = reduction.nansum
    mean = reduction.mean
    nanmean = reduction.nanmean
    logsumexp = reduction.logsumexp
    any = reduction.any
    all = reduction.all
    count_nonzero = reduction.count_nonzero
    var = spread.var
    std = spread.std
    norm = norms.norm
    max = extremum.max
    min = extremum.min
    amax = extremum.amax
    amin = extremum.amin
    aminmax = extremum.aminmax
    argmax = extremum.argmax
    argmin = extremum.argmin
    prod = product.prod
    cumprod = product.cumprod
    cumprod_ = inplace(product.cumprod)
    cumsum = scan.cumsum
    logcumsumexp = scan.logcumsumexp
    cummax = scan.cummax
    cummin = scan.cummin
    diff = scan.diff
    cumsum_ = inplace(scan.cumsum)

    # -- operations: shape, joining, indexing, sorting, linalg, softmax ----------------------------------------------
    __getitem__, __setitem__ = subscript.getitem, subscript.setitem

    def __matmul__(self, other: Any) -> Any:
        return linalg._matmul(self, other) if isinstance(other, Variable) else NotImplemented

    def __rmatmul__(self, other: Any) -> Any:
        return linalg._matmul(other, self) if isinstance(other, Variable) else NotImplemented

    T, mT, H, mH = property(axes.T), property(axes.mT), property(axes.H), property(axes.mH)
    reshape, reshape_as, view, view_as = reshaping.reshape, reshaping.reshape_as, reshaping.view, reshaping.view_as
    flatten, unflatten, ravel = reshaping.flatten, reshaping.unflatten, reshaping.ravel
    squeeze, squeeze_ = reshaping.squeeze, reshaping.squeeze_
    unsqueeze, unsqueeze_ = reshaping.unsqueeze, reshaping.unsqueeze_
    expand, expand_as, broadcast_to = reshaping.expand, reshaping.expand_as, reshaping.broadcast_to
    permute, movedim, moveaxis, adjoint = axes.permute, axes.movedim, axes.moveaxis, axes.adjoint
    transpose, swapaxes, swapdims, t = axes.transpose, axes.swapaxes, axes.swapdims, axes.t
    transpose_ = swapaxes_ = swapdims_ = axes.transpose_
    t_ = axes.t_
    select, narrow, diagonal = views.select, views.narrow, views.diagonal
    unfold, as_strided = views.unfold, views.as_strided
    select_scatter, slice_scatter = views.select_scatter, views.slice_scatter
    diagonal_scatter = views.diagonal_scatter
    flip, fliplr, flipud, roll = rearrange.flip, rearrange.fliplr, rearrange.flipud, rearrange.roll
    rot90, repeat, tile = rearrange.rot90, rearrange.repeat, rearrange.tile
    repeat_interleave, contiguous = rearrange.repeat_interleave, rearrange.contiguous
    split, split_with_sizes, chunk = joining.split, joining.split_with_sizes, joining.chunk
    unbind, tensor_split = joining.unbind, joining.tensor_split
    hsplit, vsplit, dsplit = joining.hsplit, joining.vsplit, joining.dsplit
    index_put, index_put_, index_select = subscript.index_put, subscript.index_put_, indexing.index_select
    index_add, index_copy, index_fill = indexing.index_add, indexing.index_copy, indexing.index_fill
    index_add_, index_copy_, index_fill_ = indexing.index_add_, indexing.index_copy_, indexing.index_fill_
    gather, take_along_dim = indexing.gather, indexing.take_along_dim
    scatter, scatter_, scatter_add, scatter_add_ = (
        groups.scatter, groups.scatter_, indexing.scatter_add, indexing.scatter_add_
    )  # fmt: skip
    scatter_reduce, scatter_reduce_ = groups.scatter_reduce, groups.scatter_reduce_
    index_reduce, index_reduce_ = groups.index_reduce, groups.index_reduce_
    masked_select, masked_scatter, masked_scatter_ = masks.masked_select, masks.masked_scatter, masks.masked_scatter_
    nonzero, argwhere, take, put, put_ = masks.nonzero, masks.argwhere, masks.take, masks.put, masks.put_
    tril, tril_, triu, triu_ = matrices.tril, matrices.tril_, matrices.triu, matrices.triu_
    trace, diag, diag_embed, diagflat = matrices.trace, matrices.diag, matrices.diag_embed, matrices.diagflat
    sort, argsort, msort, topk = sorting.sort, sorting.argsort, sorting.msort, sorting.topk
    kthvalue, median, nanmedian, mode = sorting.kthvalue, sorting.median, sorting.nanmedian, sorting.mode
    quantile, nanquantile = quantiles.quantile, quantiles.nanquantile
    unique, unique_consecutive = counting.unique, counting.unique_consecutive
    bincount, histc, histogram = counting.bincount, counting.histc, counting.histogram
    matmul, mm, bmm, mv, dot = linalg.matmul, linalg.mm, linalg.bmm, linalg.mv, linalg.dot
    vdot, inner, outer, ger = linalg.vdot, linalg.inner, linalg.outer, linalg.outer
    kron, cross = linalg.kron, linalg.cross
    addmm, addmm_, baddbmm, baddbmm_ = linalg.addmm, linalg.addmm_, linalg.baddbmm, linalg.baddbmm_
    addbmm, addbmm_, addmv, addmv_ = linalg.addbmm, linalg.addbmm_, linalg.addmv, linalg.addmv_
    addr, addr_, dist = linalg.addr, linalg.addr_, linalg.dist
    softmax, log_softmax = softmaxes.softmax, softmaxes.log_softmax

    # -- as a Python object ------------------------------------------------------------------------------------------
    def __len__(self) -> int:
        if not self.raw.ndim:
            raise TypeError("len: expected at least one axis, got a 0-d tensor")
        return int(self.raw.shape[0])

    def __iter__(self) -> Iterator[Tensor]:
        if not self.raw.ndim:
            raise TypeError("iter: expected at least one axis, got a 0-d tensor")
        return iter(self.unbind(0))

    def __bool__(self) -> bool:
        if self.raw.size != 1:
            raise ShapeError(
                f"bool: expected one element, got shape {tuple(self.raw.shape)}. Use any() or all()"
            )  # fmt: skip
        return bool(self.raw.item())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self.raw.dtype.kind not in "iub" or self.raw.size != 1:
            raise TypeError(f"index: expected one integer, got {self.dtype} of shape {tuple(self.raw.shape)}")
        return int(self.raw.item())

    def __hash__(self) -> int:
        return id(self)

    def __contains__(self, element: Any) -> bool:
        return bool((self == element).any())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if not self.raw.ndim else object.__format__(self, spec)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise GraphError("deepcopy: expected a leaf, got a result of recorded operations. Use detach().clone()")
        t = Variable.__new__(type(self))
        memo[id(self)] = t
        t.raw, t.backend, t.node, t.alias, t.stamp = self.raw.copy(), self.backend, None, None, [0, "", 0]
        t._grad = None if self._grad is None else self._grad.detach().clone()
        t.__dict__.update(self.__dict__)
        if self.node is not None:
            t.node = Leaf(t)
        return t  # type: ignore[return-value]

    def __reduce_ex__(self, protocol: Any) -> Any:
        if not self.is_leaf:
            raise GraphError("pickle: expected a leaf, got a result of recorded operations. Use detach()")
        array = self.backend.to_numpy(self.raw)
        return _rebuild, (type(self), array, str(self.device), self.node is not None, self.__dict__)


def _rebuild(cls: type[Tensor], array: Any, where: str, requires_grad: bool, attributes: dict[str, Any]) -> Tensor:
    """A tensor from its pickled parts."""
    be = backend_of(where)
    t = Variable.__new__(cls)
    t.raw, t.backend, t.node, t.alias, t._grad, t.stamp = be.asarray(array), be, None, None, None, [0, "", 0]
    t.__dict__.update(attributes)
    if requires_grad:
        t.node = Leaf(t)
    return t  # type: ignore[return-value]


Op.tensor = Tensor
