"""Which dtype an operation computes in inside ``autocast``, by its name: on the CPU, on a GPU.

The lists are those of PyTorch's documentation, "Autocast Op Reference" (torch 2.13). "low": the dtype of the context,
float16 or bfloat16; "float32": at least that; "": as anywhere else. Where operands of several dtypes meet ("promote to
the widest" there), the ordinary promotion does it.
"""

from __future__ import annotations

from typing import NamedTuple


class Policy(NamedTuple):
    """The rule on each device."""

    cpu: str
    cuda: str


_LOW = """
    addbmm addmm addmv addr attention baddbmm contract conv conv_transpose gru_cell gru_layer linear lstm_cell lstm_layer matmul
    prelu rnn_layer
"""
_FLOAT32_ON_A_GPU = """
    acos asin cosh cosine_similarity cumprod cumsum dist erfinv exp expm1 group_norm layer_norm log log10 log1p
    log2 log_softmax norm normalize pdist pow pow_tensor reciprocal renorm rsqrt sinh softmax
    softplus sum tan
"""
_FLOAT32_ON_THE_CPU = """
    adaptive_avg_pool3d avg_pool3d binary_cross_entropy grid_sample huber_loss max_pool3d max_unpool2d max_unpool3d
    nanquantile quantile trace
    cholesky cholesky_ex cholesky_inverse cholesky_solve cond eig eigh eigvals eigvalsh geqrf householder_product inv inv_ex
    inverse lstsq lu_factor lu_factor_ex lu_solve matrix_power matrix_rank orgqr ormqr pca_lowrank pinverse qr solve solve_ex svd
    svd_lowrank svdvals tensorinv tensorsolve triangular_solve
"""
_FLOAT32 = """
    binary_cross_entropy_with_logits cdist cosine_embedding_loss cross_entropy ctc_loss hinge_embedding_loss kl_div
    l1_loss margin_ranking_loss mse_loss multi_margin_loss multilabel_margin_loss nll_loss poisson_nll_loss prod
    smooth_l1_loss soft_margin_loss triplet_margin_loss
"""

POLICIES: dict[str, Policy] = {
    name: policy
    for names, policy in [
        (_LOW, Policy("low", "low")),
        (_FLOAT32_ON_A_GPU, Policy("", "float32")),
        (_FLOAT32_ON_THE_CPU, Policy("float32", "")),
        (_FLOAT32, Policy("float32", "float32")),
    ]
    for name in names.split()
}
