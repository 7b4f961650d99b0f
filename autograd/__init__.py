"""twingrad: reverse-mode automatic differentiation on NumPy and CUDA arrays, under PyTorch's names.

``import autograd as ag``, or ``import autograd as torch`` for a program written for PyTorch.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from math import e, inf, nan, pi
from pathlib import Path as _Path

if (_Path(__file__).parent / "tracer.py").exists() or (_Path(__file__).parent / "numpy").exists():
    raise ImportError("twingrad and HIPS autograd are installed over each other: remove both with pip and install one.")

from autograd import accelerator as accelerator
from autograd import autograd as autograd
from autograd import backends as backends
from autograd import cuda as cuda
from autograd import func as func
from autograd import graphviz as graphviz
from autograd import special as special
from autograd import utils as utils
from autograd.anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from autograd.autograd import backward, grad
from autograd.backends import (
    are_deterministic_algorithms_enabled,
    get_float32_matmul_precision,
    set_float32_matmul_precision,
    use_deterministic_algorithms,
)
from autograd.batching import vmap
from autograd.creation import (
    arange,
    as_tensor,
    asarray,
    empty,
    empty_like,
    eye,
    from_dlpack,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    tensor,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)
from autograd.cuda import OutOfMemoryError
from autograd.device import device, get_default_device, set_default_device
from autograd.dtypes import bool_ as bool
from autograd.dtypes import (
    complex64,
    complex128,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    get_default_dtype,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    set_default_dtype,
    uint8,
)
from autograd.dtypes import complex64 as cfloat
from autograd.dtypes import complex128 as cdouble
from autograd.dtypes import float16 as half
from autograd.dtypes import float32 as float
from autograd.dtypes import float64 as double
from autograd.dtypes import int16 as short
from autograd.dtypes import int32 as int
from autograd.dtypes import int64 as long
from autograd.errors import DeviceError, DtypeError, GraphError, SerializationError, ShapeError
from autograd.formats import channels_last, channels_last_3d, contiguous_format, memory_format, preserve_format
from autograd.function import Function, once_differentiable
from autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from autograd.gradcheck import gradcheck, gradgradcheck
from autograd.op import result_type
from autograd.ops.arithmetic import (
    abs,
    add,
    addcdiv,
    addcmul,
    copysign,
    div,
    floor_divide,
    fmod,
    lerp,
    mul,
    neg,
    reciprocal,
    remainder,
    rsub,
    sign,
    sub,
    true_divide,
)
from autograd.ops.axes import adjoint, moveaxis, movedim, permute, swapaxes, swapdims, t, transpose
from autograd.ops.bessel import i0
from autograd.ops.bounds import clamp, clamp_max, clamp_min, fmax, fmin, maximum, minimum
from autograd.ops.comparison import (
    allclose,
    eq,
    equal,
    ge,
    gt,
    heaviside,
    isclose,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    le,
    lt,
    masked_fill,
    ne,
    where,
)
from autograd.ops.conversion import clone
from autograd.ops.counting import bincount, bucketize, histc, histogram, searchsorted, unique, unique_consecutive
from autograd.ops.einsum import einsum, tensordot
from autograd.ops.elementwise import (
    erf,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logaddexp2,
    logit,
    relu,
    rsqrt,
    sigmoid,
    sqrt,
    xlogy,
)
from autograd.ops.error_functions import erfc, erfinv
from autograd.ops.extremum import amax, amin, aminmax, argmax, argmin, max, min
from autograd.ops.gamma import digamma, igamma, igammac, lgamma, mvlgamma, polygamma
from autograd.ops.grids import cartesian_prod, combinations, meshgrid
from autograd.ops.groups import index_reduce, scatter, scatter_reduce
from autograd.ops.indexing import gather, index_add, index_copy, index_fill, index_select, scatter_add, take_along_dim
from autograd.ops.joining import (
    block_diag,
    cat,
    chunk,
    column_stack,
    concat,
    concatenate,
    dsplit,
    dstack,
    hsplit,
    hstack,
    split,
    split_with_sizes,
    stack,
    tensor_split,
    unbind,
    vsplit,
    vstack,
)
from autograd.ops.linalg import (
    addbmm,
    addmm,
    addmv,
    addr,
    baddbmm,
    bmm,
    cdist,
    chain_matmul,
    cross,
    dist,
    dot,
    inner,
    kron,
    matmul,
    mm,
    mv,
    outer,
    vdot,
)
from autograd.ops.logic import (
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
)
from autograd.ops.masks import argwhere, masked_scatter, masked_select, nonzero, put, take
from autograd.ops.matrices import diag, diag_embed, diagflat, trace, tril, triu
from autograd.ops.norms import norm
from autograd.ops.power import float_power, hypot, pow, square
from autograd.ops.product import cumprod, prod
from autograd.ops.quantiles import nanquantile, quantile
from autograd.ops.query import is_complex, is_floating_point, is_nonzero, is_tensor, numel
from autograd.ops.rearrange import flip, fliplr, flipud, repeat_interleave, roll, rot90, tile
from autograd.ops.reduction import all, any, count_nonzero, logsumexp, mean, nanmean, nansum, sum
from autograd.ops.rounding import ceil, floor, frac, nan_to_num, round, trunc
from autograd.ops.sampling import (
    bernoulli,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
)
from autograd.ops.scan import cummax, cummin, cumsum, diff, logcumsumexp
from autograd.ops.shape import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_shapes,
    broadcast_tensors,
    broadcast_to,
    flatten,
    ravel,
    reshape,
    squeeze,
    unflatten,
    unsqueeze,
)
from autograd.ops.softmax import log_softmax, softmax
from autograd.ops.sorting import argsort, kthvalue, median, mode, msort, nanmedian, sort, topk
from autograd.ops.spread import std, std_mean, var, var_mean
from autograd.ops.subscript import index_put
from autograd.ops.trigonometry import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    deg2rad,
    rad2deg,
    sin,
    sinc,
    sinh,
    tan,
    tanh,
)
from autograd.ops.views import (
    as_strided,
    diagonal,
    diagonal_scatter,
    narrow,
    select,
    select_scatter,
    slice_scatter,
    unfold,
)
from autograd.printing import set_printoptions
from autograd.random import Generator, get_rng_state, initial_seed, manual_seed, seed, set_rng_state
from autograd.serialization import load, save
from autograd.size import Size
from autograd.tensor import Tensor

# PyTorch's second names
subtract = sub
multiply = mul
divide = div
negative = neg
absolute = abs
clip = clamp
greater = gt
greater_equal = ge
less = lt
less_equal = le
not_equal = ne
arccos = acos
arcsin = asin
arctan = atan
arctan2 = atan2
arccosh = acosh
arcsinh = asinh
arctanh = atanh
fix = trunc
newaxis = None

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """``autograd.nn`` and its like, for programs that write ``torch.nn``: imported when asked for."""
    if name in ("nn", "optim"):
        return _import_module(name)
    raise AttributeError(f"module 'autograd' has no attribute {name!r}")


# fmt: off
__all__ = [
    "DeviceError", "DtypeError", "Function", "Generator", "GraphError", "OutOfMemoryError", "SerializationError",
    "ShapeError", "Size", "Tensor", "abs", "absolute", "accelerator", "acos", "acosh", "add", "addbmm", "addcdiv",
    "addcmul", "addmm", "addmv", "addr", "adjoint", "all", "allclose", "amax", "amin", "aminmax", "any", "arange",
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "are_deterministic_algorithms_enabled",
    "argmax", "argmin", "argsort", "argwhere", "as_strided", "as_tensor", "asarray", "asin", "asinh", "atan", "atan2",
    "atanh", "atleast_1d", "atleast_2d", "atleast_3d", "autograd", "backends", "backward", "baddbmm", "bernoulli",
    "bincount", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "block_diag", "bmm", "bool", "broadcast_shapes", "broadcast_tensors", "broadcast_to", "bucketize", "cartesian_prod",
    "cat", "cdist", "cdouble", "ceil", "cfloat", "chain_matmul", "channels_last", "channels_last_3d", "chunk", "clamp",
    "clamp_max", "clamp_min", "clip", "clone", "column_stack", "combinations", "complex64", "complex128", "concat",
    "concatenate", "contiguous_format", "copysign", "cos", "cosh", "count_nonzero", "cross", "cuda", "cummax", "cummin",
    "cumprod", "cumsum", "deg2rad", "detect_anomaly", "device", "diag", "diag_embed", "diagflat", "diagonal",
    "diagonal_scatter", "diff", "digamma", "dist", "div", "divide", "dot", "double", "dsplit", "dstack", "dtype", "e",
    "einsum", "empty", "empty_like", "enable_grad", "eq", "equal", "erf", "erfc", "erfinv", "exp", "exp2", "expm1",
    "eye", "finfo", "fix", "flatten", "flip", "fliplr", "flipud", "float", "float16", "float32", "float64",
    "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac", "from_dlpack", "from_numpy", "full",
    "full_like", "func", "gather", "ge", "get_default_device", "get_default_dtype", "get_float32_matmul_precision",
    "get_rng_state", "grad", "gradcheck", "gradgradcheck", "graphviz", "greater", "greater_equal", "gt", "half",
    "heaviside", "histc", "histogram", "hsplit", "hstack", "hypot", "i0", "igamma", "igammac", "iinfo", "index_add",
    "index_copy", "index_fill", "index_put", "index_reduce", "index_select", "inf", "inference_mode", "initial_seed",
    "inner", "int", "int8", "int16", "int32", "int64", "is_anomaly_enabled", "is_complex", "is_floating_point",
    "is_grad_enabled", "is_inference_mode_enabled", "is_nonzero", "is_tensor", "isclose", "isfinite", "isinf", "isnan",
    "isneginf", "isposinf", "kron", "kthvalue", "le", "lerp", "less", "less_equal", "lgamma", "linspace", "load", "log",
    "log1p", "log2", "log10", "log_softmax", "logaddexp", "logaddexp2", "logcumsumexp", "logical_and", "logical_not",
    "logical_or", "logical_xor", "logit", "logspace", "logsumexp", "long", "lt", "manual_seed", "masked_fill",
    "masked_scatter", "masked_select", "matmul", "max", "maximum", "mean", "median", "memory_format", "meshgrid", "min",
    "minimum", "mm", "mode", "moveaxis", "movedim", "msort", "mul", "multinomial", "multiply", "mv", "mvlgamma", "nan",
    "nan_to_num", "nanmean", "nanmedian", "nanquantile", "nansum", "narrow", "ne", "neg", "negative", "newaxis",
    "no_grad", "nonzero", "norm", "normal", "not_equal", "numel", "once_differentiable", "ones", "ones_like", "outer",
    "permute", "pi", "polygamma", "pow", "preserve_format", "prod", "promote_types", "put", "quantile", "rad2deg",
    "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "ravel", "reciprocal", "relu",
    "remainder", "repeat_interleave", "reshape", "result_type", "roll", "rot90", "round", "rsqrt", "rsub", "save",
    "scatter", "scatter_add", "scatter_reduce", "searchsorted", "seed", "select", "select_scatter",
    "set_default_device", "set_default_dtype", "set_detect_anomaly", "set_float32_matmul_precision", "set_grad_enabled",
    "set_printoptions", "set_rng_state", "short", "sigmoid", "sign", "sin", "sinc", "sinh", "slice_scatter", "softmax",
    "sort", "special", "split", "split_with_sizes", "sqrt", "square", "squeeze", "stack", "std", "std_mean", "sub",
    "subtract", "sum", "swapaxes", "swapdims", "t", "take", "take_along_dim", "tan", "tanh", "tensor", "tensor_split",
    "tensordot", "tile", "topk", "trace", "transpose", "tril", "tril_indices", "triu", "triu_indices", "true_divide",
    "trunc", "uint8", "unbind", "unflatten", "unfold", "unique", "unique_consecutive", "unsqueeze",
    "use_deterministic_algorithms", "utils", "var", "var_mean", "vdot", "vmap", "vsplit", "vstack", "where", "xlogy",
    "zeros", "zeros_like",
]
# fmt: on
