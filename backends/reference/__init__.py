"""Every kernel of the protocol as a plain array expression: the oracle of the other backends, and their fallback."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from backends.linalg import Linalg
from backends.protocol import Array
from backends.reference import activation as _activation
from backends.reference import attention as _attention
from backends.reference import conv as _conv
from backends.reference import dropout as _dropout
from backends.reference import elementwise as _elementwise
from backends.reference import indexing as _indexing
from backends.reference import loss as _loss
from backends.reference import matmul as _matmul
from backends.reference import normalization as _normalization
from backends.reference import optimizer as _optimizer
from backends.reference import pooling as _pooling
from backends.reference import random as _random
from backends.reference import recurrent as _recurrent
from backends.reference import recurrent_layer as _recurrent_layer
from backends.reference import reduction as _reduction
from backends.reference import softmax as _softmax
from backends.special import Special


class Reference:
    """The backend over any array library with NumPy's functions; a faster one inherits it and overrides kernels.

    Args:
        xp: the array library, numpy or cupy.
        name: the device's name.
        index: which device of that name.

    Example:
        >>> import numpy as np
        >>> Reference(np).relu(np.array([-1.0, 2.0]))
        array([0., 2.])
    """

    bfloat16 = False

    def __init__(self, xp: Any, name: str = "reference", index: int = 0) -> None:
        self.xp = xp
        self.name = name
        self.index = index

    @cached_property
    def fft(self) -> Any:
        """Fourier transforms of this backend's arrays, by NumPy's names; SciPy's take a third of the time of NumPy's."""
        import scipy.fft

        return scipy.fft

    @cached_property
    def linalg(self) -> Linalg:
        """Factorizations of this backend's matrices."""
        return Linalg(self)

    @cached_property
    def special(self) -> Special:
        """Special functions of this backend's arrays, by SciPy's names."""
        import scipy.special

        return Special(self, scipy.special)

    def asarray(self, data: Any, dtype: Any = None) -> Array:
        """This backend's array of ``data``, copied only when it must be."""
        return self.xp.asarray(data, dtype)

    def upload(self, a: Any, non_blocking: bool = False) -> Array:
        """This backend's array of a NumPy array, copied only when it must be."""
        return self.asarray(a)

    def scalar(self, value: float, dtype: Any) -> Any:
        """``value`` as a 0-d array, which ufuncs take faster than a Python number."""
        return self.xp.array(value, dtype)

    def broadcast_to(self, a: Array, shape: tuple[int, ...]) -> Array:
        """``a`` repeated along axes of size 1 and new ones in front: a view that is not to be written."""
        return self.xp.broadcast_to(a, shape)

    def reshape(self, a: Array, shape: tuple[int, ...]) -> Array:
        """The elements of ``a`` in another shape: a view where they lie so, else a copy."""
        return a.reshape(shape)

    def rows(self, a: Array) -> Array:
        """``a`` in row-major order: itself where it is, else a copy."""
        return a if a.flags.c_contiguous else a.copy("C")

    def to_numpy(self, a: Array) -> Any:
        """``a`` as a NumPy array: itself where it is one, a copy from a device."""
        return a.get() if hasattr(a, "get") else a

    def synchronize(self) -> None:
        """Nothing to wait for: every call returns with its work done."""

    matmul = _matmul.matmul
    linear = _matmul.linear
    linear_grad = _matmul.linear_grad

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
    channel_affine = _normalization.channel_affine

    softmax = _softmax.softmax
    softmax_grad = _softmax.softmax_grad
    log_softmax = _softmax.log_softmax
    log_softmax_grad = _softmax.log_softmax_grad

    cross_entropy = _loss.cross_entropy
    cross_entropy_mean = _loss.cross_entropy_mean
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
    lstm_layer = _recurrent_layer.lstm_layer
    lstm_layer_grad = _recurrent_layer.lstm_layer_grad
    gru_layer = _recurrent_layer.gru_layer
    gru_layer_grad = _recurrent_layer.gru_layer_grad
    rnn_layer = _recurrent_layer.rnn_layer
    rnn_layer_grad = _recurrent_layer.rnn_layer_grad

    erf = _elementwise.erf
    sigmoid = _elementwise.sigmoid
    sigmoid_grad = _elementwise.sigmoid_grad
    tanh = _elementwise.tanh
    tanh_grad = _elementwise.tanh_grad
    add = _elementwise.add
    sub = _elementwise.sub
    mul = _elementwise.mul
    add_ = _elementwise.add_
    sub_ = _elementwise.sub_
    mul_ = _elementwise.mul_
    div = _elementwise.div
    where = _elementwise.where
    relu = _elementwise.relu
    relu_ = _elementwise.relu_
    relu_grad = _elementwise.relu_grad
    gelu = _elementwise.gelu
    gelu_grad = _elementwise.gelu_grad
    activation = _activation.activation
    activation_ = _activation.activation_
    activation_grad = _activation.activation_grad

    axes_sum = _reduction.axes_sum
    cumsum = _reduction.cumsum
    channel_sum = _reduction.channel_sum
    channel_dot = _reduction.channel_dot
    square_sum = _reduction.square_sum

    sgd_ = _optimizer.sgd_
    adam_ = _optimizer.adam_
    scale_ = _optimizer.scale_

    random_bits = _random.random_bits
    uniform = _random.uniform
    normal = _random.normal
    randint = _random.randint
    permutation = _random.permutation
