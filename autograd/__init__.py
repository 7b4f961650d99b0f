"""twingrad: reverse-mode automatic differentiation on NumPy and CUDA arrays, under PyTorch's names.

``import autograd as ag``, or ``import autograd as torch`` for a program written for PyTorch.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from math import e, inf, nan, pi
from pathlib import Path as _Path

if (_Path(__file__).parent / "tracer.py").exists() or (_Path(__file__).parent / "numpy").exists():
    raise ImportError("twingrad and HIPS autograd are installed over each other: remove both with pip and install one.")

from autograd import _C as _C
from autograd import accelerator as accelerator
from autograd import amp as amp
from autograd import autograd as autograd
from autograd import backends as backends
from autograd import compiler as compiler
from autograd import cuda as cuda
from autograd import distributed as distributed
from autograd import fft as fft
from autograd import func as func
from autograd import fx as fx
from autograd import graphviz as graphviz
from autograd import jit as jit
from autograd import linalg as linalg
from autograd import overrides as overrides
from autograd import profiler as profiler
from autograd import random as random
from autograd import serialization as serialization
from autograd import signal as signal
from autograd import sparse as sparse
from autograd import special as special
from autograd import testing as testing
from autograd import types as types
from autograd import utils as utils
from autograd import version as version
from autograd.aliases import install as _install_aliases
from autograd.amp import (
    autocast,
    clear_autocast_cache,
    get_autocast_cpu_dtype,
    get_autocast_dtype,
    get_autocast_gpu_dtype,
    is_autocast_cache_enabled,
    is_autocast_cpu_enabled,
    is_autocast_enabled,
    set_autocast_cache_enabled,
    set_autocast_dtype,
    set_autocast_enabled,
)
from autograd.anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from autograd.autograd import backward, grad
from autograd.backends import (
    are_deterministic_algorithms_enabled,
    get_float32_matmul_precision,
    set_float32_matmul_precision,
    use_deterministic_algorithms,
)
from autograd.batching import vmap
from autograd.buffers import asarray, empty_strided, frombuffer, scalar_tensor
from autograd.compiler import compile
from autograd.creation import (
    arange,
    as_tensor,
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
from autograd.dtypes import (
    bfloat16,
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
from autograd.dtypes import bool_ as bool
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
from autograd.layouts import layout, sparse_coo, sparse_csr, strided
from autograd.node import collect_seldom as _collect_seldom
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
from autograd.ops.cholesky import cholesky_inverse, cholesky_solve
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
from autograd.ops.complex import (
    angle,
    complex,
    conj,
    conj_physical,
    imag,
    is_conj,
    is_neg,
    isreal,
    polar,
    real,
    resolve_conj,
    resolve_neg,
    sgn,
    view_as_complex,
    view_as_real,
)
from autograd.ops.conversion import clone, fill
from autograd.ops.counting import bincount, bucketize, histc, histogram, isin, searchsorted, unique, unique_consecutive
from autograd.ops.covariance import corrcoef, cov
from autograd.ops.determinants import logdet
from autograd.ops.digits import frexp, ldexp, nextafter, positive, signbit
from autograd.ops.distances import cdist, dist
from autograd.ops.divisors import gcd, lcm
from autograd.ops.draws import _standard_gamma as _standard_gamma
from autograd.ops.draws import binomial, poisson
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
from autograd.ops.grids import cartesian_prod, combinations, meshgrid, unravel_index
from autograd.ops.groups import index_reduce, scatter, scatter_reduce, segment_reduce
from autograd.ops.indexing import gather, index_add, index_copy, index_fill, index_select, scatter_add, take_along_dim
from autograd.ops.integrals import cumulative_trapezoid, gradient, trapezoid
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
    chain_matmul,
    cross,
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
from autograd.ops.lowrank import pca_lowrank, svd_lowrank
from autograd.ops.lu import lu_unpack
from autograd.ops.masks import argwhere, masked_scatter, masked_select, nonzero, put, take
from autograd.ops.matrices import diag, diag_embed, diagflat, trace, tril, triu
from autograd.ops.matrix_forms import (
    cholesky,
    det,
    inverse,
    lu,
    lu_solve,
    matrix_power,
    pinverse,
    qr,
    slogdet,
    svd,
    triangular_solve,
    vander,
)
from autograd.ops.matrix_functions import matrix_exp
from autograd.ops.norms import norm, renorm
from autograd.ops.orthogonal import geqrf, orgqr, ormqr
from autograd.ops.power import float_power, hypot, pow, square
from autograd.ops.product import cumprod, prod
from autograd.ops.quantiles import nanquantile, quantile
from autograd.ops.query import (
    can_cast,
    get_device,
    is_complex,
    is_floating_point,
    is_inference,
    is_nonzero,
    is_same_size,
    is_signed,
    is_tensor,
    numel,
    typename,
)
from autograd.ops.rearrange import flip, fliplr, flipud, repeat_interleave, roll, rot90, tile
from autograd.ops.reduction import all, any, count_nonzero, logsumexp, mean, nanmean, nansum, sum
from autograd.ops.rounding import (
    ceil,
    fake_quantize_per_channel_affine,
    fake_quantize_per_tensor_affine,
    floor,
    frac,
    nan_to_num,
    round,
    trunc,
)
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
from autograd.ops.spectrogram import istft, stft
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
from autograd.sparse import sparse_coo_tensor, sparse_csr_tensor
from autograd.tensor import Tensor
from autograd.threads import get_num_interop_threads, get_num_threads, set_num_interop_threads, set_num_threads
from autograd.typed import (
    BFloat16Tensor,
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
)
from autograd.version import __version__ as __version__
from autograd.windows import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window

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
ger = outer
spmm = mm
row_stack = vstack
trapz = trapezoid
detach = Tensor.detach
default_generator = random.default_generator()
newaxis = None

_install_aliases()
_collect_seldom()


_IN_FUNCTIONAL = {  # what PyTorch also has at the top
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "alpha_dropout", "avg_pool1d", "bilinear",
    "binary_cross_entropy_with_logits", "celu", "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity", "ctc_loss",
    "feature_alpha_dropout", "group_norm", "hardshrink", "hinge_embedding_loss", "kl_div", "layer_norm",
    "margin_ranking_loss", "max_pool1d", "max_pool2d", "max_pool3d", "pairwise_distance", "pdist", "pixel_shuffle",
    "pixel_unshuffle", "poisson_nll_loss", "prelu", "rms_norm", "rrelu", "rrelu_", "selu", "selu_", "celu_", "threshold",
    "threshold_", "triplet_margin_loss",
}  # fmt: skip
_IN_PLACE = {  # functions that write into their argument: the methods
    "abs_", "acos_", "acosh_", "addmv_", "arccos_", "arccosh_", "arcsin_", "arcsinh_", "arctan_", "arctanh_", "asin_",
    "asinh_", "atan_", "atanh_", "ceil_", "clamp_", "clamp_max_", "clamp_min_", "clip_", "cos_", "cosh_", "deg2rad_",
    "detach_", "erf_", "erfc_", "exp2_", "exp_", "expm1_", "fill_", "fix_", "floor_", "frac_", "gcd_", "index_put_",
    "lcm_", "ldexp_", "log10_", "log1p_", "log2_", "log_", "logit_", "nan_to_num_", "neg_", "negative_", "rad2deg_",
    "reciprocal_", "relu_", "resize_as_", "round_", "rsqrt_", "sigmoid_", "sin_", "sinc_", "sinh_", "sqrt_", "square_",
    "tan_", "tanh_", "trunc_", "xlogy_", "zero_",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """``autograd.nn`` and its like, for programs that write ``torch.nn``: imported when asked for."""
    if name in ("nn", "optim"):
        return _import_module(name)
    if name == "multiprocessing":
        return _import_module("autograd.multiprocessing")
    if name == "hub":
        return _import_module("autograd.hub")
    if name == "distributions":
        return _import_module("autograd.distributions")
    if name in _IN_FUNCTIONAL:
        return getattr(_import_module("nn.functional"), name)
    if name in _IN_PLACE:
        return getattr(Tensor, name)
    raise AttributeError(f"module 'autograd' has no attribute {name!r}")


def _assert(condition: object, message: str) -> None:
    """``assert`` as a function: model definitions call it where PyTorch's compiler cannot see the statement."""
    assert condition, message


# fmt: off
__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DeviceError", "DoubleTensor", "DtypeError",
    "FloatTensor", "Function", "Generator", "GraphError", "HalfTensor", "IntTensor", "LongTensor", "OutOfMemoryError",
    "SerializationError", "ShapeError", "ShortTensor", "Size", "Tensor", "abs", "absolute", "accelerator", "acos",
    "acosh", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "adjoint", "all", "allclose", "amax",
    "amin", "aminmax", "amp", "angle", "any", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2",
    "arctanh", "are_deterministic_algorithms_enabled", "argmax", "argmin", "argsort", "argwhere", "as_strided",
    "as_tensor", "asarray", "asin", "asinh", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d", "atleast_3d",
    "autocast", "autograd", "backends", "backward", "baddbmm", "bartlett_window", "bernoulli", "bfloat16", "bincount",
    "binomial", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "blackman_window", "block_diag", "bmm", "bool", "broadcast_shapes", "broadcast_tensors", "broadcast_to",
    "bucketize", "can_cast", "cartesian_prod", "cat", "cdist", "cdouble", "ceil", "cfloat", "chain_matmul",
    "channels_last", "channels_last_3d", "cholesky", "cholesky_inverse", "cholesky_solve", "chunk", "clamp",
    "clamp_max", "clamp_min", "clear_autocast_cache", "clip", "clone", "column_stack", "combinations", "compile",
    "compiler", "complex", "complex64", "complex128", "concat", "concatenate", "conj", "conj_physical",
    "contiguous_format", "copysign", "corrcoef", "cos", "cosh", "count_nonzero", "cov", "cross", "cuda", "cummax",
    "cummin", "cumprod", "cumsum", "cumulative_trapezoid", "default_generator", "deg2rad", "det", "detach",
    "detect_anomaly", "device", "diag", "diag_embed", "diagflat", "diagonal", "diagonal_scatter", "diff", "digamma",
    "dist", "distributed", "div", "divide", "dot", "double", "dsplit", "dstack", "dtype", "e", "einsum", "empty",
    "empty_like", "empty_strided", "enable_grad", "eq", "equal", "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "eye",
    "fake_quantize_per_channel_affine", "fake_quantize_per_tensor_affine",
    "fft", "fill", "finfo", "fix", "flatten", "flip", "fliplr", "flipud", "float", "float16", "float32", "float64",
    "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac", "frexp", "from_dlpack", "from_numpy",
    "frombuffer", "full", "full_like", "func", "fx", "gather", "gcd", "ge", "geqrf", "ger", "get_autocast_cpu_dtype",
    "get_autocast_dtype", "get_autocast_gpu_dtype", "get_default_device", "get_default_dtype", "get_device",
    "get_float32_matmul_precision", "get_num_interop_threads", "get_num_threads", "get_rng_state", "grad", "gradcheck",
    "gradgradcheck", "gradient", "graphviz", "greater", "greater_equal", "gt", "half", "hamming_window", "hann_window",
    "heaviside", "histc", "histogram", "hsplit", "hstack", "hypot", "i0", "igamma", "igammac", "iinfo", "imag",
    "index_add", "index_copy", "index_fill", "index_put", "index_reduce", "index_select", "inf", "inference_mode",
    "initial_seed", "inner", "int", "int8", "int16", "int32", "int64", "inverse", "is_anomaly_enabled",
    "is_autocast_cache_enabled", "is_autocast_cpu_enabled", "is_autocast_enabled", "is_complex", "is_conj",
    "is_floating_point", "is_grad_enabled", "is_inference", "is_inference_mode_enabled", "is_neg", "is_nonzero",
    "is_same_size", "is_signed", "is_tensor", "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf",
    "isreal", "istft", "jit", "kaiser_window", "kron", "kthvalue", "layout", "lcm", "ldexp", "le", "lerp", "less",
    "less_equal", "lgamma", "linalg", "linspace", "load", "log", "log1p", "log2", "log10", "log_softmax", "logaddexp",
    "logaddexp2", "logcumsumexp", "logdet", "logical_and", "logical_not", "logical_or", "logical_xor", "logit",
    "logspace", "logsumexp", "long", "lt", "lu", "lu_solve", "lu_unpack", "manual_seed", "masked_fill",
    "masked_scatter", "masked_select", "matmul", "matrix_exp", "matrix_power", "max", "maximum", "mean", "median",
    "memory_format", "meshgrid", "min", "minimum", "mm", "mode", "moveaxis", "movedim", "msort", "mul", "multinomial",
    "multiply", "mv", "mvlgamma", "nan", "nan_to_num", "nanmean", "nanmedian", "nanquantile", "nansum", "narrow", "ne",
    "neg", "negative", "newaxis", "nextafter", "no_grad", "nonzero", "norm", "normal", "not_equal", "numel",
    "once_differentiable", "ones", "ones_like", "orgqr", "ormqr", "outer", "overrides", "pca_lowrank", "permute", "pi",
    "pinverse", "poisson", "polar", "polygamma", "positive", "pow", "preserve_format", "prod", "profiler",
    "promote_types", "put", "qr", "quantile", "rad2deg", "rand", "rand_like", "randint", "randint_like", "randn",
    "randn_like", "random", "randperm", "ravel", "real", "reciprocal", "relu", "remainder", "renorm",
    "repeat_interleave", "reshape", "resolve_conj", "resolve_neg", "result_type", "roll", "rot90", "round", "row_stack",
    "rsqrt", "rsub", "save", "scalar_tensor", "scatter", "scatter_add", "scatter_reduce", "searchsorted", "seed",
    "segment_reduce",
    "select", "select_scatter", "set_autocast_cache_enabled", "set_autocast_dtype", "set_autocast_enabled",
    "set_default_device", "set_default_dtype", "set_detect_anomaly", "set_float32_matmul_precision", "set_grad_enabled",
    "set_num_interop_threads", "set_num_threads", "set_printoptions", "set_rng_state", "sgn", "short", "sigmoid",
    "sign", "signal", "signbit", "sin", "sinc", "sinh", "slice_scatter", "slogdet", "softmax", "sort", "sparse",
    "sparse_coo", "sparse_coo_tensor", "sparse_csr", "sparse_csr_tensor", "special", "split", "split_with_sizes",
    "spmm", "sqrt", "square", "squeeze", "stack", "std", "std_mean", "stft", "strided", "sub", "subtract", "sum", "svd",
    "svd_lowrank", "swapaxes", "swapdims", "t", "take", "take_along_dim", "tan", "tanh", "tensor", "tensor_split",
    "tensordot", "testing", "tile", "topk", "trace", "transpose", "trapezoid", "trapz", "triangular_solve", "tril",
    "tril_indices", "triu", "triu_indices", "true_divide", "trunc", "typename", "types", "uint8", "unbind", "unflatten",
    "unfold", "unique", "unique_consecutive", "unravel_index", "unsqueeze", "use_deterministic_algorithms", "utils",
    "vander", "var", "var_mean", "vdot", "version", "view_as_complex", "view_as_real", "vmap", "vsplit", "vstack",
    "where", "xlogy", "zeros", "zeros_like",
]
# fmt: on
