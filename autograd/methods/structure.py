"""Methods: conversion, filling, shape, joining, indexing, sorting, matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import creation, dtypes, sparse
from autograd.node import Variable
from autograd.op import wrap
from autograd.ops import (
    axes,
    conversion,
    counting,
    covariance,
    determinants,
    distances,
    groups,
    indexing,
    joining,
    laws,
    linalg,
    masks,
    matrices,
    matrix_forms,
    matrix_functions,
    orthogonal,
    quantiles,
    rearrange,
    sampling,
    sorting,
    spectrogram,
    subscript,
    views,
)
from autograd.ops import cholesky as cholesky_factors
from autograd.ops import (
    shape as reshaping,
)
from autograd.ops import (
    softmax as softmaxes,
)


class Structure(Variable):
    """``x.to(...)``, ``x.reshape(...)``, ``x[i]``, ``x @ y`` and their like."""

    __slots__ = ()

    to = conversion.to
    clone, pin_memory, is_pinned = conversion.clone, conversion.pin_memory, conversion.is_pinned
    type_as = conversion.type_as
    float = conversion.method("float", dtypes.float32)
    double = conversion.method("double", dtypes.float64)
    half = conversion.method("half", dtypes.float16)
    bfloat16 = conversion.method("bfloat16", dtypes.bfloat16)
    cfloat = conversion.method("cfloat", dtypes.complex64)
    cdouble = conversion.method("cdouble", dtypes.complex128)
    long = conversion.method("long", dtypes.int64)
    int = conversion.method("int", dtypes.int32)
    short = conversion.method("short", dtypes.int16)
    char = conversion.method("char", dtypes.int8)
    byte = conversion.method("byte", dtypes.uint8)
    bool = conversion.method("bool", dtypes.bool_)
    cpu, cuda, type = conversion.cpu, conversion.cuda, conversion.type
    copy_, fill_, zero_ = conversion.copy_, conversion.fill_, conversion.zero_
    fill_diagonal_ = conversion.fill_diagonal_
    uniform_, normal_, bernoulli_ = sampling.uniform_, sampling.normal_, sampling.bernoulli_
    exponential_, random_ = sampling.exponential_, sampling.random_
    cauchy_, geometric_, log_normal_ = laws.cauchy_, laws.geometric_, laws.log_normal_
    bernoulli, multinomial = sampling.bernoulli, sampling.multinomial
    new_tensor, new_zeros, new_ones = (creation.new(f) for f in (creation.tensor, creation.zeros, creation.ones))
    new_empty, new_full = creation.new(creation.empty), creation.new(creation.full)

    to_sparse, to_sparse_csr, to_dense = sparse.to_sparse, sparse.to_sparse_csr, sparse.to_dense

    __getitem__, __setitem__ = subscript.getitem, subscript.setitem

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            other = wrap(self.backend.asarray(other), self.backend)
        return linalg._matmul(self, other) if isinstance(other, Variable) else NotImplemented

    def __rmatmul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            other = wrap(self.backend.asarray(other), self.backend)
        return linalg._matmul(other, self) if isinstance(other, Variable) else NotImplemented

    T, mT, H, mH = property(axes.T), property(axes.mT), property(axes.H), property(axes.mH)
    reshape, reshape_as, view, view_as = reshaping.reshape, reshaping.reshape_as, reshaping.view, reshaping.view_as
    flatten, unflatten, ravel = reshaping.flatten, reshaping.unflatten, reshaping.ravel
    squeeze, squeeze_ = reshaping.squeeze, reshaping.squeeze_
    unsqueeze, unsqueeze_ = reshaping.unsqueeze, reshaping.unsqueeze_
    expand, expand_as, broadcast_to = reshaping.expand, reshaping.expand_as, reshaping.broadcast_to
    sum_to_size = reshaping.sum_to_size
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
    split_with_sizes, chunk = joining.split_with_sizes, joining.chunk

    def split(self: Any, split_size: Any, dim: Any = 0) -> Any:
        """An axis cut into pieces of given sizes, as views; see ``autograd.split``."""
        return joining.split(self, split_size, dim)

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
    cov, corrcoef = covariance.cov, covariance.corrcoef
    quantile, nanquantile = quantiles.quantile, quantiles.nanquantile
    stft, istft = spectrogram.stft, spectrogram.istft
    unique, unique_consecutive = counting.unique, counting.unique_consecutive
    bincount, histc, histogram = counting.bincount, counting.histc, counting.histogram
    matmul, mm, bmm, mv, dot = linalg.matmul, linalg.mm, linalg.bmm, linalg.mv, linalg.dot
    vdot, inner, outer, ger = linalg.vdot, linalg.inner, linalg.outer, linalg.outer
    kron, cross = linalg.kron, linalg.cross
    addmm, addmm_, baddbmm, baddbmm_ = linalg.addmm, linalg.addmm_, linalg.baddbmm, linalg.baddbmm_
    addbmm, addbmm_, addmv, addmv_ = linalg.addbmm, linalg.addbmm_, linalg.addmv, linalg.addmv_
    addr, addr_, dist = linalg.addr, linalg.addr_, distances.dist
    cholesky, cholesky_inverse = matrix_forms.cholesky, cholesky_factors.cholesky_inverse
    cholesky_solve, triangular_solve = cholesky_factors.cholesky_solve, matrix_forms.triangular_solve
    det, slogdet, logdet = matrix_forms.det, matrix_forms.slogdet, determinants.logdet
    inverse, pinverse = matrix_forms.inverse, matrix_forms.pinverse
    lu, lu_solve, svd, qr = matrix_forms.lu, matrix_forms.lu_solve, matrix_forms.svd, matrix_forms.qr
    geqrf, orgqr, ormqr = orthogonal.geqrf, orthogonal.orgqr, orthogonal.ormqr
    matrix_power, matrix_exp = matrix_forms.matrix_power, matrix_functions.matrix_exp
    softmax, log_softmax = softmaxes.softmax, softmaxes.log_softmax
