"""Sparse tensors: against dense ones, and against PyTorch's."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.gradcheck import gradcheck, gradgradcheck

AT = [[0, 2, 0, 2, 1], [1, 3, 1, 0, 2]]  # one place twice


def coo(lib: Any = ag, **options: Any) -> Any:
    values = lib.tensor([1.0, -2.0, 3.0, 4.0, 5.0], dtype=lib.float64)
    return lib.sparse_coo_tensor(lib.tensor(AT), values, (3, 4), **options)


def rows(lib: Any, *shape: int) -> Any:
    return lib.tensor(np.random.default_rng(0).standard_normal(shape))


SAMPLES = {
    "coalesce": lambda lib, x: (x.coalesce().indices(), x.coalesce().values()),
    "to_dense": lambda lib, x: x.to_dense(),
    "mm": lambda lib, x: (lib.mm(x, rows(lib, 4, 2)), lib.sparse.mm(x, rows(lib, 4, 2)), x @ rows(lib, 4, 2)),
    "matmul": lambda lib, x: (lib.matmul(x, rows(lib, 4)), x.mv(rows(lib, 4)), lib.spmm(x, rows(lib, 4, 2))),
    "from the right": lambda lib, x: rows(lib, 2, 3) @ x.to_dense(),
    "addmm": lambda lib, x: (
        lib.addmm(rows(lib, 3, 2), x, rows(lib, 4, 2)),
        lib.sparse.addmm(rows(lib, 3, 2), x, rows(lib, 4, 2), beta=2, alpha=3),
    ),
    "transpose": lambda lib, x: (x.t().to_dense(), x.transpose(0, -1).coalesce().indices()),
    "sum": lambda lib, x: (lib.sparse.sum(x), lib.sparse.sum(x, 1).to_dense(), lib.sparse.sum(x, (0, 1))),
    "arithmetic": lambda lib, x: ((2 * x / 4).to_dense(), (x + x).to_dense(), (x - x * 3).to_dense(), (-x).to_dense()),
    "with dense": lambda lib, x: (x.coalesce() * rows(lib, 3, 4)).to_dense(),
    "softmax": lambda lib, x: (
        lib.sparse.softmax(x, 1).to_dense(),
        lib.sparse.log_softmax(x, dim=0).values(),
    ),
    "csr": lambda lib, x: (
        x.coalesce().to_sparse_csr().crow_indices(),
        x.coalesce().to_sparse_csr().col_indices(),
        x.to_dense().to_sparse_csr().values(),
        x.coalesce().to_sparse_csr() @ rows(lib, 4, 2),
        lib.sparse_csr_tensor([0, 2, 2, 3], [0, 2, 1], [1.0, 2.0, 3.0], (3, 4)).to_dense(),
    ),
    "from dense": lambda lib, x: (x.to_dense().to_sparse().indices(), x.to_dense().to_sparse(1).values()),
    "hybrid": lambda lib, x: (
        lib.sparse_coo_tensor([[0, 2, 0]], rows(lib, 3, 2), (4, 2)).to_dense(),
        lib.sparse_coo_tensor([[0, 2, 0]], rows(lib, 3, 2), (4, 2)).coalesce().values(),
        lib.sparse.sum(lib.sparse_coo_tensor([[0, 2, 0]], rows(lib, 3, 2), (4, 2)), 1).to_dense(),
        lib.sparse.softmax(lib.sparse_coo_tensor([[0, 2]], rows(lib, 2, 2), (4, 2)), 1).to_dense(),
    ),
    "what it is": lambda lib, x: lib.tensor(
        [x.dim(), x.ndim, x.size(1), x.numel(), x.sparse_dim(), x.dense_dim(), x._nnz(), x.is_sparse, x.is_coalesced()]
    ),
    "dtypes": lambda lib, x: (x.float().to_dense(), x.to(lib.float32).values() if x.is_coalesced() else x._values()),
    "no size": lambda lib, x: lib.sparse_coo_tensor(AT, [1.0, 2.0, 3.0, 4.0, 5.0]).to_dense(),
}


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("name", SAMPLES)
def test_as_pytorch(name: str, torch: ModuleType) -> None:
    torch.sparse.check_sparse_tensor_invariants.disable()
    found, expected = SAMPLES[name](ag, coo()), SAMPLES[name](torch, coo(torch))
    for a, b in zip(*[r if isinstance(r, tuple) else (r,) for r in (found, expected)], strict=True):
        assert (tuple(a.shape), str(a.dtype).partition(".")[2]) == (tuple(b.shape), str(b.dtype).partition(".")[2])
        np.testing.assert_allclose(a.cpu().numpy(), b.numpy(), rtol=1e-6)


def test_gradients() -> None:
    values = ag.randn(5, dtype=ag.float64, requires_grad=True)
    dense = ag.randn(4, 2, dtype=ag.float64, requires_grad=True)

    def product(values: ag.Tensor, dense: ag.Tensor) -> ag.Tensor:
        x = ag.sparse_coo_tensor(AT, values, (3, 4))
        return ag.mm(x, dense) + ag.sparse.softmax(x, 1).sum(1).to_dense()[:, None] + x.coalesce().to_dense().sum()

    assert gradcheck(product, (values, dense))
    assert gradgradcheck(product, (values, dense))
    x = coo(requires_grad=True)
    (x @ ag.ones(4, dtype=ag.float64)).sum().backward()
    assert x._values().grad.tolist() == [1] * 5


def test_what_is_refused() -> None:
    x = coo()
    with pytest.raises(RuntimeError, match="indices: expected a coalesced tensor"):
        x.indices()
    with pytest.raises(RuntimeError, match=r"mm: expected a sparse matrix and a matrix or vector of one inner size"):
        x @ ag.ones(3, 2)
    with pytest.raises(
        RuntimeError, match=r"sparse_coo_tensor: expected indices inside the size \(2, 2\), got \[2, 3\]"
    ):
        ag.sparse_coo_tensor(AT, ag.ones(5), (2, 2))
    with pytest.raises(RuntimeError, match=r"sparse_coo_tensor: expected indices \(axes, n\) and values \(n, ...\)"):
        ag.sparse_coo_tensor(AT, ag.ones(4))
    with pytest.raises(RuntimeError, match=r"sparse_coo_tensor: expected a size of 2 axes and \(\), got \(3,\)"):
        ag.sparse_coo_tensor(AT, ag.ones(5), (3,))
    with pytest.raises(TypeError, match="exp: expected a Tensor, got SparseTensor"):
        ag.exp(x)
    with pytest.raises(RuntimeError, match=r"add: expected one shape, got \(3, 4\) and \(4, 3\)"):
        x + x.t()
    with pytest.raises(ValueError, match=r"sparse\.mm: expected reduce 'sum', got 'mean'"):
        ag.sparse.mm(x, x, "mean")


def test_forms() -> None:
    x = coo()
    assert (x @ x.t()).to_dense().tolist() == (x.to_dense() @ x.to_dense().t()).tolist()
    assert ag.allclose(ag.ones(2, 3, dtype=ag.float64) @ x, x.to_dense().sum(0).expand(2, 4))
    assert ag.allclose(ag.ones(3, 4, dtype=ag.float64) + x, 1 + x.to_dense())
    assert "layout=autograd.sparse_coo" in repr(x)
    csr = x.to_sparse_csr()
    assert (csr.layout, csr.is_sparse, csr.is_sparse_csr) == (ag.sparse_csr, False, True)
    assert csr.to_sparse().is_sparse
    assert ag.ones(2).to_dense(ag.float64).dtype == ag.float64
    y = x.detach().clone().cpu().double().requires_grad_()
    assert y.requires_grad
    assert not x.requires_grad


@pytest.mark.cpu_only("the file and the module are on the CPU")
def test_files_are_torchs(torch: ModuleType, tmp_path: Path) -> None:
    makers = {"coo": lambda lib: coo(lib), "csr": lambda lib: coo(lib).to_dense().to_sparse_csr()}
    ag.save({name: make(ag) for name, make in makers.items()}, tmp_path / "ours")
    torch.save({name: make(torch) for name, make in makers.items()}, tmp_path / "theirs")
    for lib, path in ((torch, "ours"), (ag, "theirs"), (ag, "ours")):
        for x in lib.load(tmp_path / path).values():
            np.testing.assert_array_equal(x.to_dense().numpy(), coo().to_dense().numpy())


def test_sparse_buffers() -> None:
    import nn

    def module(x: Any) -> nn.Module:
        m = nn.Module()
        m.register_buffer("adjacency", x)
        return m

    m = module(coo())
    m.load_state_dict(module(2 * coo()).state_dict())
    np.testing.assert_array_equal(m.adjacency.to_dense().numpy(), 2 * coo().to_dense().numpy())
    assert m.float().adjacency.dtype is ag.float32 and m.get_buffer("adjacency") is m.adjacency
    assert list(m.state_dict()) == ["adjacency"] and ag.is_tensor(m.adjacency)
    before = m.adjacency.to_dense().tolist()
    with pytest.raises(RuntimeError, match="size mismatch for adjacency"):
        m.load_state_dict(module(coo().t()).state_dict())
    assert m.adjacency.to_dense().tolist() == before
    with pytest.raises(ag.DtypeError, match="copy_: expected a sparse tensor for a sparse one, got a dense one"):
        m.load_state_dict({"adjacency": coo().to_dense()})
    with pytest.raises(ag.ShapeError, match=r"copy_: expected a tensor of shape \(3, 4\), got \(4, 3\)"):
        coo().copy_(coo().t())
