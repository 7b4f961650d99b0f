"""New tensors: values, shapes, dtypes and sharing of memory as PyTorch has them."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.errors import DeviceError, DtypeError


def agree(ours, theirs) -> None:
    assert tuple(ours.shape) == tuple(theirs.shape)
    assert str(ours.dtype).rpartition(".")[2] == str(theirs.dtype).rpartition(".")[2]
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-6, atol=1e-7)


DATA = [
    3,
    2.5,
    True,
    1 + 2j,
    [],
    [[]],
    [1, 2, 3],
    [1, 2.5],
    [True, 2],
    [[1, 2], [3, 4]],
    (1.0, (2.0)),
    [1, 1j],
    range(4),
    np.float64(1.5),
    np.int16(3),
    [np.float64(1.5)],
    [np.float32(1.5), 2],
    [np.bool_(True), 1.5],
    np.arange(4, dtype="int32"),
    np.ones((2, 0), "float16"),
    np.array(2.5),
    np.arange(6).reshape(2, 3).T,
    np.arange(4.0)[::-1].copy(),
    2**40,
    -(2**63),
    float("nan"),
]


@pytest.mark.parametrize("data", DATA, ids=repr)
@pytest.mark.parametrize("make", ["tensor", "as_tensor", "asarray"])
def test_from_data(torch, data, make: str) -> None:
    agree(getattr(ag, make)(data), getattr(torch, make)(data))


NUMBERS = [1.7, [1, 2.5], [True, False], 3, np.array([1.25, 300.0]), 1 + 0j, [], 2**40 + 1]
WANTED = ["float64", "float32", "float16", "int64", "int8", "bool", "complex128"]


def fits(data, dtype: str) -> bool:
    return (dtype == "complex128") >= isinstance(data, complex) and (dtype != "int8" or np.max(data, initial=0) < 128)


@pytest.mark.parametrize("data, dtype", [(d, t) for d in NUMBERS for t in WANTED if fits(d, t)], ids=str)
@pytest.mark.parametrize("make", ["tensor", "as_tensor"])
def test_from_data_with_a_dtype(torch, data, dtype: str, make: str) -> None:
    agree(getattr(ag, make)(data, dtype=getattr(ag, dtype)), getattr(torch, make)(data, dtype=getattr(torch, dtype)))


def test_full_precision_of_a_given_dtype() -> None:
    assert ag.tensor(0.1, dtype=ag.float64).item() == 0.1 and ag.as_tensor([0.1], dtype=ag.float64).tolist() == [0.1]
    assert ag.tensor(2**53 + 1).item() == 2**53 + 1


def test_from_tensors(torch) -> None:
    def build(lib):
        a = lib.tensor(2.0)
        return [
            lib.tensor([a, a + 1]),
            lib.tensor([[1, a]]),
            lib.tensor([lib.tensor(1), lib.tensor(2)]),
            lib.tensor([lib.tensor(1.0, dtype=lib.float64), 2]),
            lib.as_tensor([1.0, a]),
        ]

    for ours, theirs in zip(build(ag), build(torch), strict=True):
        agree(ours, theirs)


def test_tensor_copies_and_detaches() -> None:
    a = np.zeros(2)
    t = ag.tensor(a)
    a[0] = 1
    x = ag.ones(2, requires_grad=True)
    c = ag.tensor(x)
    with ag.no_grad():
        x[0] = 5.0
    assert t.tolist() == [0.0, 0.0] and c.tolist() == [1.0, 1.0] and not c.requires_grad


@pytest.mark.cpu_only("a GPU shares no memory with NumPy")
def test_what_shares_memory() -> None:
    a = np.zeros(3)
    shared = [ag.from_numpy(a), ag.as_tensor(a), ag.asarray(a), ag.from_dlpack(a)]
    a[1] = 7
    assert all(t.tolist() == [0.0, 7.0, 0.0] for t in shared)
    shared[0][2] = 9.0
    assert a[2] == 9.0 and shared[3].numpy()[2] == 9.0
    assert ag.as_tensor(a, dtype=ag.float32).tolist() == [0.0, 7.0, 9.0]
    t = ag.ones(2)
    assert ag.as_tensor(t) is t and ag.as_tensor(t, dtype=ag.float32) is t
    x = ag.ones(2, requires_grad=True)
    ag.as_tensor(x, dtype=ag.float64).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_negative_strides_and_transposed_arrays() -> None:
    a = np.arange(6.0).reshape(2, 3)
    assert ag.from_numpy(a.T).stride() == (1, 3) and ag.from_numpy(a[::-1])[0].tolist() == [3.0, 4.0, 5.0]


def test_readonly_arrays_are_read() -> None:
    a = np.arange(3.0)
    a.flags.writeable = False
    assert (ag.from_numpy(a) * 2).tolist() == [0.0, 2.0, 4.0] and ag.tensor(a).add_(1).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("order", [">f4", ">f8", ">i4"])
def test_foreign_byte_orders(order: str) -> None:
    t = ag.tensor(np.array([1, 2], order))
    assert t.tolist() == [1, 2] and t.dtype.numpy == np.dtype(order).newbyteorder("=")


def test_unsigned_integers_become_int64() -> None:
    for name in ("uint16", "uint32"):
        assert (
            ag.tensor(np.array([7], name)).dtype is ag.int64 and ag.tensor([np.dtype(name).type(7)]).dtype is ag.int64
        )


RULES = [
    ("zeros", ((2, 3),), {}),
    ("zeros", (2, 3), {}),
    ("zeros", ((),), {}),
    ("zeros", (0,), {"dtype": "int64"}),
    ("ones", ([2],), {"dtype": "bool"}),
    ("ones", (2,), {"dtype": "complex64"}),
    ("full", ((2,), 7), {}),
    ("full", ((2,), 7.5), {}),
    ("full", ((2,), True), {}),
    ("full", ((), 1j), {}),
    ("full", ((2,), 7), {"dtype": "float16"}),
    ("arange", (5,), {}),
    ("arange", (1, 5), {}),
    ("arange", (5, 1, -2), {}),
    ("arange", (0, 1, 0.1), {}),
    ("arange", (0.5, 3), {}),
    ("arange", (3,), {"dtype": "float64"}),
    ("arange", (1, 2, 0.3), {"dtype": "float32"}),
    ("arange", (-1.5, 1.5, 0.5), {}),
    ("arange", (0,), {}),
    ("arange", (2**40, 2**40 + 3), {}),
    ("linspace", (0, 1, 5), {}),
    ("linspace", (3, -2, 4), {"dtype": "float64"}),
    ("linspace", (0, 10, 1), {}),
    ("linspace", (0, 10, 0), {}),
    ("linspace", (0, 10, 5), {"dtype": "int64"}),
    ("logspace", (0, 2, 3), {}),
    ("logspace", (0, 3, 4), {"base": 2.0}),
    ("eye", (3,), {}),
    ("eye", (2, 3), {"dtype": "int64"}),
    ("eye", (0,), {}),
    ("tril_indices", (3, 4), {}),
    ("tril_indices", (3, 3, -1), {}),
    ("triu_indices", (3, 4), {"offset": 1}),
]


@pytest.mark.parametrize("name, args, options", RULES, ids=lambda v: str(v))
def test_from_a_rule(torch, name: str, args, options) -> None:
    def made(lib):
        return getattr(lib, name)(*args, **{k: getattr(lib, v) if k == "dtype" else v for k, v in options.items()})

    agree(made(ag), made(torch))


def test_tril_and_triu_indices_offset_by_keyword(torch) -> None:
    agree(ag.tril_indices(4, 3, offset=2), torch.tril_indices(4, 3, offset=2))


@pytest.mark.parametrize("name", ["zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like"])
@pytest.mark.parametrize("dtype", [None, "float64"])
def test_like(torch, name: str, dtype) -> None:
    def made(lib):
        model = lib.ones((3, 2), dtype=lib.float16).t()
        return getattr(lib, name)(
            model, *([5] if name == "full_like" else []), **({"dtype": getattr(lib, dtype)} if dtype else {})
        )

    ours, theirs = made(ag), made(torch)
    if name in ("empty_like", "rand_like", "randn_like"):
        assert (tuple(ours.shape), ours.dtype.name) == (tuple(theirs.shape), str(theirs.dtype)[6:])
    else:
        agree(ours, theirs)


@pytest.mark.parametrize("name, args", [("new_zeros", (2, 3)), ("new_ones", ((2,),)), ("new_full", ((2,), 3)),
                                        ("new_tensor", ([1, 2],)), ("new_empty", (0, 2))])  # fmt: skip
@pytest.mark.parametrize("dtype", [None, "int64"])
def test_new_methods(torch, name: str, args, dtype) -> None:
    def made(lib):
        options = {"dtype": getattr(lib, dtype)} if dtype else {}
        return getattr(lib.ones((1,), dtype=lib.float64), name)(*args, **options)

    agree(made(ag), made(torch))


@pytest.mark.parametrize("make", [
    lambda **k: ag.zeros(2, **k), lambda **k: ag.ones(2, **k), lambda **k: ag.empty(2, **k), lambda **k: ag.full((2,), 1.0, **k),
    lambda **k: ag.rand(2, **k), lambda **k: ag.randn(2, **k), lambda **k: ag.arange(2.0, **k), lambda **k: ag.eye(2, **k),
    lambda **k: ag.linspace(0, 1, 2, **k), lambda **k: ag.tensor([1.0], **k), lambda **k: ag.zeros_like(ag.ones(2), **k),
    lambda **k: ag.ones(1).new_zeros(2, **k),
])  # fmt: skip
def test_requires_grad_makes_a_leaf(make) -> None:
    t = make(requires_grad=True, device="cpu", dtype=ag.float64)
    assert t.requires_grad and t.is_leaf and t.dtype is ag.float64 and t.device == ag.device("cpu")
    assert not make().requires_grad


MAKERS = {
    "zeros": (3,), "ones": (3,), "empty": (3,), "full": ((3,), 2.0), "rand": (3,), "randn": (3,), "randint": (5, (3,)),
    "randperm": (3,), "arange": (3,), "linspace": (0, 1, 3), "logspace": (0, 1, 3), "eye": (1, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_other_keywords(name: str) -> None:
    make, args = getattr(ag, name), MAKERS[name]
    out = ag.full((1, 3) if name == "eye" else (3,), -7.0)
    assert make(*args, out=out, layout=None, pin_memory=False) is out
    assert name == "empty" or -7.0 not in out.tolist()
    with pytest.raises(TypeError, match=f"{name}: got an unexpected keyword argument typo"):
        make(*args, typo=1)


def test_sizes_by_keyword() -> None:
    assert ag.zeros(size=(2, 1)).shape == ag.rand(size=[2, 1]).shape == ag.randint(high=3, size=(2, 1)).shape == (2, 1)
    assert ag.randint(low=5, high=6, size=(2,)).tolist() == [5, 5]


def test_constructor(torch) -> None:
    for lib in (ag, torch):
        assert tuple(lib.Tensor(2, 3).shape) == (2, 3) and lib.Tensor([1, 2]).tolist() == [1.0, 2.0]
        assert tuple(lib.Tensor().shape) == (0,) and lib.Tensor([1]).dtype == lib.float32


ERRORS = [
    (lambda: ag.tensor("text"), DtypeError, "tensor: expected numbers, got <U4 from str"),
    (lambda: ag.tensor([1, [2]]), DtypeError, "tensor: expected sequences of equal length, got ragged ones"),
    (lambda: ag.tensor([None]), DtypeError, "tensor: expected numbers, got object from list"),
    (lambda: ag.tensor(2**70), DtypeError, "tensor: expected numbers, got object from int"),
    (lambda: ag.tensor([1, 2], requires_grad=True), DtypeError, "requires_grad_: expected a floating or complex dtype"),
    (lambda: ag.from_numpy([1, 2]), TypeError, "from_numpy: expected a numpy.ndarray, got list. Use as_tensor"),
    (lambda: ag.from_numpy(np.array(["a"])), DtypeError, "from_numpy: expected a dtype known here, got <U1"),
    (lambda: ag.zeros(2, dtype="float8"), DtypeError, "dtype: expected one of bool, uint8, .*, got 'float8'"),
    (
        lambda: ag.zeros(2, device="tpu"),
        DeviceError,
        "device: expected one of cpu, cuda, cuda:0, cuda:1, ..., got 'tpu'",
    ),
    (lambda: ag.arange(0, 5, -1), ValueError, "arange: expected a step that leads from 0 to 5, got -1"),
    (lambda: ag.arange(0, 5, 0), ValueError, "arange: expected a step that leads from 0 to 5, got 0"),
    (lambda: ag.zeros(-1), ValueError, "(?i)negative"),
    (lambda: ag.zeros(2.5), TypeError, "integer"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_errors(call, kind, text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


def test_devices() -> None:
    assert ag.device("cuda:1") == ag.device("cuda", 1) != ag.device("cuda") and str(ag.device("cuda", 1)) == "cuda:1"
    assert repr(ag.device("cpu")) == "device(type='cpu')" and ag.device(ag.device("cuda:2")).index == 2
    assert len({ag.device("cpu"), ag.device("cpu"), ag.device("cuda")}) == 2
    ag.set_default_device("cpu")
    assert ag.get_default_device() == ag.device("cpu")
