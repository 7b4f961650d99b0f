"""Factorizations by CuPy, which takes them from cuSOLVER and cuBLAS."""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager
from typing import Any

from backends.linalg import Linalg
from backends.protocol import Array


class CudaLinalg(Linalg):
    """Factorizations of a GPU's arrays; what CuPy lacks is LAPACK's on copies on the host."""

    def checked(self) -> AbstractContextManager[Any]:
        """Within this context CuPy looks at what cuSOLVER reports, which waits for the GPU; else it gives garbage."""
        from cupyx import errstate

        return errstate(linalg="raise")

    def lu_of_one(self, a: Array) -> tuple[Array, Array]:
        """See ``Linalg.lu_of_one``."""
        from cupyx.scipy.linalg import lu_factor

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of singular matrices, which the caller looks for
            return lu_factor(a, check_finite=False)

    def solve_triangular(self, a: Array, b: Array, upper: bool, unitriangular: bool) -> Array:
        """See ``Linalg.solve_triangular``."""
        from cupyx.scipy.linalg import solve_triangular

        a, b = self.stacked(a, b)
        return solve_triangular(a, b, lower=not upper, unit_diagonal=unitriangular) if b.size else b.copy()

    def expm(self, a: Array) -> Array:
        """See ``Linalg.expm``."""
        from cupyx.scipy.linalg import expm

        if a.ndim == 2 or not a.size:
            return expm(a) if a.size else a.copy()
        return self.xp.stack([expm(one) for one in a.reshape(-1, *a.shape[-2:])]).reshape(a.shape)
