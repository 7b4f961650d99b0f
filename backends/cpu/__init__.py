"""The CPU: NumPy arrays, with kernels compiled by Numba in place of the reference's where that pays."""

from __future__ import annotations

from backends.cpu import activation as _activation
from backends.cpu import arrays as _arrays
from backends.cpu import attention as _attention
from backends.cpu import conv as _conv
from backends.cpu import dropout as _dropout
from backends.cpu import elementwise as _elementwise
from backends.cpu import indexing as _indexing
from backends.cpu import layout as _layout
from backends.cpu import loss as _loss
from backends.cpu import matmul as _matmul
from backends.cpu import normalization as _normalization
from backends.cpu import optimizer as _optimizer
from backends.cpu import pooling as _pooling
from backends.cpu import random as _random
from backends.cpu import recurrent as _recurrent
from backends.cpu import recurrent_layer as _recurrent_layer
from backends.cpu import reduction as _reduction
from backends.cpu import softmax as _softmax
from backends.reference import Reference


class Cpu(Reference):
    """The backend of the CPU.

    What is not listed here, the reference serves. Numba is imported when the first compiled kernel is asked for.

    Args:
        xp: numpy.
        name: the device's name.
        index: which device of that name.

    Example:
        >>> import numpy as np
        >>> Cpu(np, "cpu").sigmoid(np.zeros(1))
        array([0.5])
    """

    broadcast_to = _arrays.broadcast_to
    scalar = _arrays.scalar
    reshape = _layout.reshape
    rows = _layout.rows

    matmul = _matmul.matmul
    linear = _matmul.linear
    linear_grad = _matmul.linear_grad

    conv = _conv.conv
    conv_input = _conv.conv_input
    conv_weight = _conv.conv_weight

    max_pool = _pooling.max_pool
    adaptive_max_pool = _pooling.adaptive_max_pool
    pool_scatter = _pooling.pool_scatter
    avg_pool = _pooling.avg_pool
    avg_pool_grad = _pooling.avg_pool_grad
    adaptive_avg_pool = _pooling.adaptive_avg_pool
    adaptive_avg_pool_grad = _pooling.adaptive_avg_pool_grad

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

    add = _elementwise.add
    sub = _elementwise.sub
    mul = _elementwise.mul
    add_ = _elementwise.add_
    sub_ = _elementwise.sub_
    mul_ = _elementwise.mul_
    div = _elementwise.div
    where = _elementwise.where
    erf = _elementwise.erf
    sigmoid = _elementwise.sigmoid
    sigmoid_grad = _elementwise.sigmoid_grad
    tanh = _elementwise.tanh
    tanh_grad = _elementwise.tanh_grad
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
