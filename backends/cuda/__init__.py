"""The backend of NVIDIA GPUs, on CuPy's arrays."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

import numpy as np

from backends.cuda import activation as _activation
from backends.cuda import attention as _attention
from backends.cuda import conv as _conv
from backends.cuda import dropout as _dropout
from backends.cuda import elementwise as _elementwise
from backends.cuda import indexing as _indexing
from backends.cuda import install
from backends.cuda import loss as _loss
from backends.cuda import matmul as _matmul
from backends.cuda import normalization as _normalization
from backends.cuda import optimizer as _optimizer
from backends.cuda import pooling as _pooling
from backends.cuda import random as _random
from backends.cuda import recurrent as _recurrent
from backends.cuda import reduction as _reduction
from backends.cuda import softmax as _softmax
from backends.cuda.arrays import Arrays
from backends.cuda.chunks import Chunks
from backends.cuda.launch import Kernels
from backends.cuda.linalg import CudaLinalg
from backends.cuda.memory import pool_of
from backends.cuda.runtime import Runtime
from backends.cuda.transfer import DTYPES, Transfers
from backends.errors import BackendUnavailable
from backends.protocol import Array
from backends.reference import Reference
from backends.special import Special

INSTALL = "pip install 'twingrad[cuda12]' or pip install 'twingrad[cuda13]'"
_NO_DEVICE = 100  # cudaErrorNoDevice, for which CuPy has no name


class Cuda(Reference):
    """The protocol on a GPU.

    What is not listed here, the reference serves by array expressions.

    Args:
        xp: the array module: cupy, or a double of it in tests.
        device: compiles and starts kernels: ``runtime.Runtime``, or an emulator of it in tests.
        index: which GPU.
    """

    bfloat16 = True

    def __init__(self, xp: Any, device: Any, index: int = 0) -> None:
        super().__init__(Arrays(xp), "cuda", index)
        self.device = device
        self.kernel = Kernels(device)
        self.chunks = Chunks(xp, device.multiprocessors)
        self.transfers = Transfers(xp, index)
        self.pool = pool_of(xp)

    @cached_property
    def fft(self) -> Any:
        """Fourier transforms of this GPU's arrays, by NumPy's names."""
        return self.xp.fft

    @cached_property
    def linalg(self) -> CudaLinalg:
        """Factorizations of this GPU's matrices."""
        return CudaLinalg(self)

    @cached_property
    def special(self) -> Special:
        """Special functions of this GPU's arrays, by SciPy's names."""
        from cupyx.scipy import special

        return Special(self, special)

    def asarray(self, data: Any, dtype: Any = None) -> Array:
        """This GPU's array of ``data``, copied only when it must be."""
        if isinstance(data, self.xp.ndarray):
            with self.xp.cuda.Device(self.index):
                return self.xp.asarray(data, dtype)
        host = np.asarray(data, dtype)
        if not host.ndim and host.dtype.char in DTYPES:
            with self.xp.cuda.Device(self.index):  # a number travels as an argument of a kernel: no copy, no wait
                return self.xp.full((), host[()], host.dtype)
        return self.transfers.upload(host)

    def upload(self, a: Any, non_blocking: bool = False) -> Array:
        """This GPU's copy of a NumPy array; from pinned memory the host need not wait for it."""
        return self.transfers.upload(a, non_blocking)

    def scalar(self, value: float, dtype: Any) -> Any:
        """``value`` as a NumPy scalar, which travels as a kernel's argument and needs no device memory."""
        return np.dtype(dtype).type(value)

    def to_numpy(self, a: Array) -> Any:
        """A copy of ``a`` in the host's memory, which waits for the device and raises what kernels have reported."""
        if isinstance(a, np.ndarray | np.generic):
            return a
        copy = self.transfers.download(a)
        self.device.fault.check()
        return copy

    def synchronize(self) -> None:
        """Wait until all work given to this GPU is done; raises what kernels have reported."""
        self.xp.cuda.Device(self.index).synchronize()
        self.device.fault.check()

    matmul = _matmul.matmul
    linear = _matmul.linear

    conv = _conv.conv
    conv_input = _conv.conv_input
    conv_weight = _conv.conv_weight

    max_pool = _pooling.max_pool
    adaptive_max_pool = _pooling.adaptive_max_pool
    pool_scatter = _pooling.pool_scatter
    pool_gather = _pooling.pool_gather
    avg_pool = _pooling.avg_pool
    avg_pool_grad = _pooling.avg_pool_grad
    adaptive_avg_pool = _pooling.adaptive_avg_pool
    adaptive_avg_pool_grad = _pooling.adaptive_avg_pool_grad
    unfold = _pooling.unfold
    fold = _pooling.fold

    batch_norm = _normalization.batch_norm
    batch_norm_grad = _normalization.batch_norm_grad
    batch_norm_relu = _normalization.batch_norm_relu
    batch_norm_relu_grad = _normalization.batch_norm_relu_grad
    layer_norm = _normalization.layer_norm
    layer_norm_grad = _normalization.layer_norm_grad

    softmax = _softmax.softmax
    softmax_grad = _softmax.softmax_grad
    log_softmax = _softmax.log_softmax
    log_softmax_grad = _softmax.log_softmax_grad

    cross_entropy = _loss.cross_entropy
    cross_entropy_grad = _loss.cross_entropy_grad

    check_positions = _indexing.check_positions
    gather_rows = _indexing.gather_rows
    gather = _indexing.gather
    scatter_rows = _indexing.scatter_rows
    index_add_ = _indexing.index_add_
    scatter_add_ = _indexing.scatter_add_

    dropout = _dropout.dropout

    attention = _attention.attention
    attention_grad = _attention.attention_grad

    lstm_cell = _recurrent.lstm_cell
    lstm_cell_grad = _recurrent.lstm_cell_grad
    gru_cell = _recurrent.gru_cell
    gru_cell_grad = _recurrent.gru_cell_grad

    erf = _elementwise.erf
    sigmoid = _elementwise.sigmoid
    sigmoid_grad = _elementwise.sigmoid_grad
    relu = _elementwise.relu
    relu_grad = _elementwise.relu_grad
    gelu = _elementwise.gelu
    gelu_grad = _elementwise.gelu_grad
    activation = _activation.activation
    activation_grad = _activation.activation_grad

    channel_sum = _reduction.channel_sum
    square_sum = _reduction.square_sum

    sgd_ = _optimizer.sgd_
    adam_ = _optimizer.adam_
    scale_ = _optimizer.scale_

    random_bits = _random.random_bits
    uniform = _random.uniform
    normal = _random.normal
    randint = _random.randint
    permutation = _random.permutation


def create(index: int = 0) -> Cuda:
    """The backend of one GPU.

    Args:
        index: which GPU, from 0.

    Returns:
        The backend.

    Raises:
        BackendUnavailable: when CuPy, the driver, a GPU, or a GPU of that index is missing; the message says which.
    """
    cupy, broken = _import_cupy()
    if cupy is None:
        raise BackendUnavailable(broken)
    count = _device_count(cupy)
    if not 0 <= index < count:
        has = "1 GPU, index 0" if count == 1 else f"{count} GPUs, index 0 to {count - 1}"
        raise BackendUnavailable(f"cuda: index {index} is out of range, this machine has {has}")
    if broken := install.missing_parts(cupy):
        raise BackendUnavailable(broken)
    return Cuda(cupy, Runtime(cupy, index), index)


@cache  # a failed import is not tried again: the second error of a half-loaded library says less than the first
def _import_cupy() -> tuple[Any, str]:
    """CuPy and "", or None and why not."""
    if broken := install.two_flavours(install.flavours()):
        return None, broken
    try:
        import cupy
    except ModuleNotFoundError as error:
        if error.name == "cupy":
            return None, f"cuda: CuPy is not installed: {INSTALL}"
        return None, _broken(error)
    except Exception as error:
        return None, _broken(error)
    return cupy, ""


def _broken(error: BaseException) -> str:
    """The sentence for a CuPy that does not import, with the first cause."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"cuda: CuPy is installed but does not import ({type(error).__name__}: {error}). Reinstall it: {INSTALL}"


def _device_count(cupy: Any) -> int:
    """How many GPUs the CUDA runtime sees, at least one."""
    runtime = cupy.cuda.runtime
    try:
        if runtime.driverGetVersion() == 0:
            raise BackendUnavailable("cuda: CuPy is installed, but there is no NVIDIA driver on this machine")
        if broken := install.wrong_flavour(runtime.runtimeGetVersion(), runtime.driverGetVersion()):
            raise BackendUnavailable(broken)
        count = int(runtime.getDeviceCount())
    except runtime.CUDARuntimeError as error:
        if error.status != _NO_DEVICE:
            raise BackendUnavailable(f"cuda: CuPy is installed, but the CUDA runtime fails: {error}") from error
        count = 0
    if count == 0:
        raise BackendUnavailable("cuda: CuPy and the NVIDIA driver are installed, but there is no GPU they can use")
    return count
