"""What records of linear algebra cannot say: derivatives on symmetric matrices, of vectors that have no certain sign, and
of what PyTorch does not differentiate."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.errors import GraphError
from autograd.gradcheck import gradcheck, gradgradcheck
from tests.op_samples.solving import invertible


def leaf(*shape: int, seed: int = 0) -> ag.Tensor:
    return ag.tensor(np.random.default_rng(seed).uniform(-1, 1, shape), requires_grad=True)


def square(*shape: int) -> ag.Tensor:
    return ag.tensor(invertible(np.random.default_rng(0), *shape), requires_grad=True)


def check(function: Callable[..., Any], *inputs: ag.Tensor) -> None:
    gradcheck(function, inputs, fast_mode=True)
    gradgradcheck(function, inputs, fast_mode=True)


def of_eigh(A: Any, UPLO: str = "L", lib: Any = ag) -> Any:
    """Functions of eigenvalues and eigenvectors that do not depend on the vectors' signs."""
    values, V = lib.linalg.eigh(A + A.mT, UPLO)
    return values, (V * values.sin()[..., None, :]) @ V.mH, V.abs()


def of_svd(A: Any, full: bool, lib: Any = ag) -> Any:
    U, S, Vh = lib.linalg.svd(A, full)
    k = S.shape[-1]
    U, Vh = U[..., :k], Vh[..., :k, :]
    return S, (U * S.sin()[..., None, :]) @ Vh, U.abs(), Vh.abs()


def factored(A: Any) -> Any:
    return A @ A.mT + ag.eye(A.shape[-1], dtype=A.dtype)


A, TALL, WIDE = (2, 3, 3), (2, 4, 3), (2, 3, 4)
DERIVATIVES: dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "cholesky": (lambda x: ag.linalg.cholesky(factored(x)), (A,)),
    "cholesky-upper": (lambda x: ag.cholesky(factored(x), upper=True), (A,)),
    "eigh": (of_eigh, (A,)),
    "eigh-upper": (lambda x: of_eigh(x, "U"), (A,)),
    "eigvalsh": (lambda x: ag.linalg.eigvalsh(x + x.mT), (A,)),
    "svd": (lambda x: of_svd(x, False), (A,)),
    "svd-tall": (lambda x: of_svd(x, False), (TALL,)),
    "svd-wide-full": (lambda x: of_svd(x, True), (WIDE,)),
    "svd-old": (lambda x: ag.svd(x).V.abs(), (TALL,)),
    "R": (lambda x: ag.linalg.qr(x).R, (WIDE,)),
    "Q": (lambda x: ag.linalg.qr(x).Q, (WIDE,)),
    "lu_solve": (lambda x, b: ag.linalg.lu_solve(*ag.linalg.lu_factor(x), b), (A, (3, 2))),
    "ldl_solve": (lambda b: ag.linalg.ldl_solve(*ag.linalg.ldl_factor(factored(leaf(*A).detach())), b), ((2, 3, 2),)),
    "lstsq": (lambda x, b: ag.linalg.lstsq(x, b, driver="gels")[:2], (TALL, (2, 4, 2))),
    "vander": (lambda x: ag.linalg.vander(x, 4), ((2, 3),)),
    "vander-old": (lambda x: ag.vander(x), ((3,),)),
    "pinv-hermitian": (lambda x: ag.linalg.pinv(factored(x), hermitian=True), (A,)),
    "matrix_power-0": (lambda x: ag.linalg.matrix_power(x, 0) @ x, (A,)),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives_are_differences(name: str) -> None:
    function, shapes = DERIVATIVES[name]
    check(function, *(leaf(*shape, seed=i + 1) for i, shape in enumerate(shapes)))


@pytest.mark.parametrize("p", ["fro", "nuc", math.inf, 1, 2, -2, None])
def test_derivatives_of_conditions(p: Any) -> None:
    check(lambda x: ag.linalg.cond(x, p), square(2, 3))


def invariants(lib: Any, make: Callable[..., Any], x: Any) -> list[Any]:
    found = make(lib, x)
    return [*found, *lib.autograd.grad(sum((y * y.cos()).sum() for y in found), x)]


SAME: dict[str, tuple[Callable[..., Any], tuple[int, ...]]] = {
    "eigh": (lambda lib, x: of_eigh(x, lib=lib), A),
    "svd": (lambda lib, x: of_svd(x, False, lib), TALL),
    "svd-full": (lambda lib, x: of_svd(x, True, lib), WIDE),
}


@pytest.mark.parametrize("name", SAME)
def test_invariants_and_their_gradients_are_torchs(name: str, torch: ModuleType) -> None:
    make, shape = SAME[name]
    x = leaf(*shape)
    ours = invariants(ag, make, x)
    theirs = invariants(torch, make, torch.tensor(x.numpy(force=True), requires_grad=True))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.numpy(force=True), b.detach().numpy(), rtol=1e-8, atol=1e-8)


# -- complex matrices: values and gradients are PyTorch's, derivatives of both orders are differences -----------------


def of_eig(lib: Any, x: Any) -> Any:
    values, V = lib.linalg.eig(x)
    return (V * values.exp()[..., None, :]) @ lib.linalg.inv(V), (V.abs() ** 2 * values.abs()[..., None, :]).sum(-1)


def of_hermitian(lib: Any, x: Any) -> Any:
    values, V = lib.linalg.eigh(x @ x.mH)
    return values, (V * values.sin()[..., None, :]) @ V.mH, V.abs()


R = (3, 2)
COMPLEX: dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "solve": (lambda lib, x, b: lib.linalg.solve(x, b), (A, R)),
    "solve_triangular": (lambda lib, x, b: lib.linalg.solve_triangular(x, b, upper=True), (A, R)),
    "inv": (lambda lib, x: lib.linalg.inv(x), (A,)),
    "pinv": (lambda lib, x: lib.linalg.pinv(x), (TALL,)),
    "cholesky": (lambda lib, x: lib.linalg.cholesky(x @ x.mH, upper=True), (A,)),
    "cholesky_solve": (lambda lib, x, b: lib.cholesky_solve(b, x.tril()), (A, R)),
    "lu": (lambda lib, x: lib.linalg.lu(x)[1:], (WIDE,)),
    "lu_solve": (lambda lib, x, b: lib.linalg.lu_solve(*lib.linalg.lu_factor(x), b, adjoint=True), (A, R)),
    "qr": (lambda lib, x: tuple(lib.linalg.qr(x)), (WIDE,)),
    "householder_product": (lambda lib, x, t: lib.linalg.householder_product(x, t), (TALL, (2, 3))),
    "ormqr": (lambda lib, x, t, b: lib.ormqr(x, t, b, transpose=True), (TALL, (2, 3), (2, 4, 2))),
    "det": (lambda lib, x: lib.linalg.det(x), (A,)),
    "slogdet": (lambda lib, x: tuple(lib.linalg.slogdet(x)), (A,)),
    "logdet": (lambda lib, x: lib.logdet(x), (A,)),
    "eigh": (of_hermitian, (A,)),
    "svd": (lambda lib, x: of_svd(x, False, lib), (TALL,)),
    "svdvals": (lambda lib, x: lib.linalg.svdvals(x), (WIDE,)),
    "eig": (of_eig, (A,)),
    "eigvals": (lambda lib, x: (lib.linalg.eigvals(x) ** 2).sum(-1), (A,)),
    "matrix_exp": (lambda lib, x: lib.linalg.matrix_exp(x), (A,)),
    "vector_norm": (lambda lib, x: lib.linalg.vector_norm(x, 3, 1), (A,)),
    "matrix_norm": (lambda lib, x: lib.linalg.matrix_norm(x, "nuc"), (TALL,)),
    "vecdot": (lambda lib, x, y: lib.linalg.vecdot(x, y), ((2, 3), (2, 3))),
}


def complex_numbers(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    found = [rng.uniform(-1, 1, shape) + 1j * rng.uniform(-1, 1, shape) for shape in shapes]
    return [
        x + 2 * np.eye(shape[-1]) if shape[-1:] == shape[-2:-1] else x for x, shape in zip(found, shapes, strict=True)
    ]


def sizes_and_gradients(lib: Any, function: Callable[..., Any], inputs: list[Any]) -> list[Any]:
    y = function(lib, *inputs)
    parts = y if isinstance(y, tuple) else (y,)
    return [*parts, *lib.autograd.grad(sum(((part * (1 + 2j)).real ** 3).sum() for part in parts), inputs)]


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_matrices(name: str, torch: ModuleType) -> None:
    function, shapes = COMPLEX[name]
    arrays = complex_numbers(*shapes)
    ours = sizes_and_gradients(ag, function, [ag.tensor(a, requires_grad=True) for a in arrays])
    theirs = sizes_and_gradients(torch, function, [torch.tensor(a, requires_grad=True) for a in arrays])
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.numpy(force=True), b.detach().resolve_conj().numpy(), rtol=1e-7, atol=1e-7)
    check(lambda *xs: function(ag, *xs), *(ag.tensor(a, requires_grad=True) for a in arrays))


def test_eigenvectors_of_real_matrices(torch: ModuleType) -> None:
    x = invertible(np.random.default_rng(0), 2, 3)
    ours, theirs = (sizes_and_gradients(lib, of_eig, [lib.tensor(x, requires_grad=True)]) for lib in (ag, torch))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.numpy(force=True), b.detach().resolve_conj().numpy(), rtol=1e-7, atol=1e-7)
    check(lambda x: of_eig(ag, x), square(2, 3))


def test_hermitian_ldl(torch: ModuleType) -> None:
    (x, b) = complex_numbers((3, 3), (3, 2))
    for hermitian, A in ((True, x @ x.conj().T), (False, x + x.T)):
        LD, pivots = ag.linalg.ldl_factor(ag.tensor(A), hermitian=hermitian)
        expected = torch.linalg.ldl_factor(torch.tensor(A), hermitian=hermitian)
        np.testing.assert_allclose(LD.numpy(force=True), expected.LD.numpy(), atol=1e-12)
        B = ag.tensor(b, requires_grad=True)
        y = ag.linalg.ldl_solve(LD, pivots, B, hermitian=hermitian)
        np.testing.assert_allclose((ag.tensor(A) @ y).numpy(force=True), b, atol=1e-12)
        check(lambda B, LD=LD, p=pivots, h=hermitian: ag.linalg.ldl_solve(LD, p, B, hermitian=h), B)


# -- what else --------------------------------------------------------------------------------------------------------


def test_full_matrices_complete_a_basis() -> None:
    U, S, Vh = ag.linalg.svd(leaf(4, 2).detach())
    assert (U.shape, S.shape, Vh.shape) == ((4, 4), (2,), (2, 2))
    np.testing.assert_allclose((U @ U.mT).numpy(force=True), np.eye(4), atol=1e-12)
    assert [tuple(t.shape) for t in ag.svd(leaf(4, 2), some=False)] == [(4, 4), (2,), (2, 2)]


def test_equal_singular_values_have_no_gradient_of_their_vectors() -> None:
    x = ag.eye(2, dtype=ag.float64).requires_grad_()
    ag.linalg.svd(x).U.sum().backward()
    assert not x.grad.isfinite().all()
    y = ag.eye(2, dtype=ag.float64).requires_grad_()
    ag.linalg.svdvals(y).sum().backward()
    assert y.grad.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("mode", ["complete", "r"])
def test_qr_without_a_gradient_says_so(mode: str) -> None:
    with pytest.raises(GraphError, match=f"qr: there is no gradient with mode='{mode}'.* Use mode='reduced'"):
        ag.linalg.qr(leaf(3, 2), mode).R.sum().backward()


def test_results_have_torchs_names() -> None:
    x = square(3)
    names = {
        ag.linalg.eigh: "eigenvalues eigenvectors", ag.linalg.svd: "U S Vh", ag.svd: "U S V", ag.linalg.qr: "Q R",
        ag.linalg.slogdet: "sign logabsdet", ag.linalg.lu: "P L U", ag.linalg.lu_factor: "LU pivots",
        ag.linalg.inv_ex: "inverse info", ag.linalg.lu_factor_ex: "LU pivots info", ag.linalg.ldl_factor: "LD pivots",
        ag.linalg.cholesky_ex: "L info", ag.geqrf: "a tau",
    }  # fmt: skip
    for function, fields in names.items():
        assert " ".join(function(x)._fields) == fields
    assert ag.linalg.lstsq(x, x)._fields == ("solution", "residuals", "rank", "singular_values")
    assert ag.linalg.solve_ex(x, x)._fields == ("result", "info")


def test_what_fails_is_reported_matrix_by_matrix() -> None:
    matrices = ag.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]])
    inverse, info = ag.linalg.inv_ex(matrices)
    assert info.tolist() == [0, 2]
    assert inverse[0].tolist() == [[1, 0], [0, 1]]
    assert inverse[1].isnan().all()
    result, info = ag.linalg.solve_ex(matrices, ag.ones(2, 1))
    assert info.tolist() == [0, 2]
    assert result[0].tolist() == [[1], [1]]
    L, info = ag.linalg.cholesky_ex(-matrices + 2 * ag.eye(2))
    assert info.tolist() == [0, 2]
    assert L[0].tolist() == [[1, 0], [0, 1]]
    with pytest.raises(ag.linalg.LinAlgError, match=r"linalg.solve_ex: .* \(matrix 1 of the batch\)"):
        ag.linalg.solve_ex(matrices, ag.ones(2, 1), check_errors=True)
    assert issubclass(ag.linalg.LinAlgError, RuntimeError)


def test_nuclear_norms_by_the_old_name() -> None:
    x = leaf(2, 3, 4)
    assert ag.norm(x, "nuc", (0, 2), keepdim=True).shape == (1, 3, 1)
    assert x[0].norm("nuc").item() == pytest.approx(ag.linalg.svdvals(x[0]).sum().item())
    check(lambda x: x.norm("nuc", dim=(1, 2)), x)


def test_autocast_leaves_factorizations_in_float32() -> None:
    x = square(3).float()
    with ag.autocast("cpu", dtype=ag.bfloat16):
        for y in (
            ag.linalg.lstsq(x, x)[0],
            ag.linalg.matrix_power(x, 2),
            ag.linalg.inv(x.cpu()),
            x.qr()[0],
            ag.linalg.cond(x),
        ):
            assert y.dtype == ag.float32
        assert ag.linalg.solve(x.cpu().bfloat16(), x.cpu().bfloat16()).dtype == ag.float32


@pytest.mark.parametrize("shape", [(2, 7, 4), (4, 7)])
def test_low_rank_decompositions(shape: tuple[int, ...]) -> None:
    *batch, m, n = shape
    A = leaf(*batch, m, 3) @ leaf(*batch, 3, n, seed=1)  # of rank 3
    U, S, V = ag.svd_lowrank(A, 3)
    assert [tuple(t.shape) for t in (U, S, V)] == [(*batch, m, 3), (*batch, 3), (*batch, n, 3)]
    np.testing.assert_allclose(((U * S[..., None, :]) @ V.mH).numpy(force=True), A.numpy(force=True), atol=1e-10)
    np.testing.assert_allclose(S.numpy(force=True), ag.linalg.svdvals(A)[..., :3].numpy(force=True), atol=1e-10)
    centered = A - A.mean(-2, keepdim=True)
    for found in (ag.pca_lowrank(A), ag.svd_lowrank(A, 4, M=A.mean(-2, keepdim=True))):
        np.testing.assert_allclose(found.S.numpy(force=True), ag.linalg.svdvals(centered).numpy(force=True), atol=1e-10)
    with pytest.raises(ValueError, match=r"svd_lowrank: expected 0 <= q <= min\(m, n\) = 4, got 5"):
        ag.svd_lowrank(A, 5)


def test_parts_of_lu_that_nobody_asks_for_are_empty() -> None:
    LU, pivots = ag.lu(square(3))
    P, L, U = ag.lu_unpack(LU, pivots, unpack_data=False)
    assert (P.shape, L.shape, U.shape) == ((3, 3), (0,), (0,))
    assert ag.lu_unpack(LU, pivots, unpack_pivots=False).P.shape == (0,)


def test_a_triangular_system_without_a_solution_gives_infinities() -> None:
    x = ag.linalg.solve_triangular(ag.zeros(1, 1), ag.ones(1, 1), upper=True)
    assert x.tolist() == [[math.inf]]


def test_power_zero_of_integers_and_names_that_are_one_function() -> None:
    assert ag.linalg.matrix_power(ag.tensor([[2, 1], [0, 3]]), 2).tolist() == [[4, 5], [0, 9]]
    assert ag.matrix_power(ag.zeros(2, 2, 2), 0).tolist() == [[[1, 0], [0, 1]]] * 2
    assert ag.ger is ag.outer
    assert ag.linalg.matmul is ag.matmul
