"""Linear algebra, under the names of ``torch.linalg``; each stands in ``ops/``."""

from __future__ import annotations

from autograd.ops.cholesky import cholesky, cholesky_ex
from autograd.ops.determinants import det, slogdet
from autograd.ops.linalg import matmul
from autograd.ops.lu import ldl_factor, ldl_factor_ex, ldl_solve, lu, lu_factor, lu_factor_ex, lu_solve
from autograd.ops.matrix_functions import cross, diagonal, matrix_exp, matrix_power, multi_dot, vander
from autograd.ops.matrix_norms import cond, matrix_norm, matrix_rank, norm, vecdot, vector_norm
from autograd.ops.orthogonal import householder_product, qr
from autograd.ops.solving import inv, inv_ex, lstsq, pinv, solve, solve_ex, solve_triangular, tensorinv, tensorsolve
from autograd.ops.spectrum import eig, eigh, eigvals, eigvalsh, svd, svdvals
from backends.errors import LinAlgError

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
