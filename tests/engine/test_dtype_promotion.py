"""Which dtype results have: PyTorch's rules, over all pairs of dtypes and ranks; and the dtype objects themselves."""

from __future__ import annotations

import copy
import itertools
import pickle

import numpy as np
import pytest

import autograd as ag
from autograd.dtypes import as_dtype
from autograd.errors import DtypeError

NAMES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128"]
pytestmark = pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
NUMBERS = [True, 3, 2.5, 1 + 2j]
PAIRS = list(itertools.product(NAMES, NAMES))


def operands(lib, name: str):
    """A tensor with dimensions, and one without."""
    dtype = getattr(lib, name)
    return [lib.ones((2,), dtype=dtype), lib.ones((), dtype=dtype)]


def named(dtype) -> str:
    """The name without its library; PyTorch's complex32 stands for our complex64, as we have no complex halves."""
    return str(dtype).rpartition(".")[2].replace("complex32", "complex64")


@pytest.mark.parametrize("a", NAMES)
def test_result_type_of_tensors(torch, a: str) -> None:
    for b in NAMES:
        for ours, theirs in zip(
            itertools.product(operands(ag, a), operands(ag, b)),
            itertools.product(operands(torch, a), operands(torch, b)),
            strict=True,
        ):
            assert named(ag.result_type(*ours)) == named(torch.result_type(*theirs)), (a, b, ours)


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_result_type_with_numbers(torch, a: str, number) -> None:
    for ours, theirs in zip(operands(ag, a), operands(torch, a), strict=True):
        assert named(ag.result_type(ours, number)) == named(torch.result_type(theirs, number))
        assert named(ag.result_type(number, ours)) == named(torch.result_type(number, theirs))


def test_promote_types(torch) -> None:
    for a, b in PAIRS:
        ours = ag.promote_types(getattr(ag, a), getattr(ag, b))
        assert named(ours) == named(torch.promote_types(getattr(torch, a), getattr(torch, b))), (a, b)
        assert ours is ag.promote_types(getattr(ag, b), getattr(ag, a))


OPERATIONS = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "eq": lambda a, b: a == b,
    "lt": lambda a, b: a < b,
    "maximum": None,
    "atan2": None,
    "where": None,
}


def call(lib, name: str, a, b):
    if name == "where":
        return lib.where(lib.ones((2,), dtype=lib.bool), a, b)
    return OPERATIONS[name](a, b) if OPERATIONS[name] else getattr(lib, name)(a, b)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operations_follow(torch, operation: str) -> None:
    """Whatever PyTorch computes for a pair, we compute in the same dtype."""
    differ = []
    for a, b in PAIRS:
        rows = zip(
            itertools.product(operands(ag, a), operands(ag, b)),
            itertools.product(operands(torch, a), operands(torch, b)),
            strict=True,
        )
        for ours, theirs in rows:
            try:
                wanted = call(torch, operation, *theirs).dtype
            except (RuntimeError, TypeError):
                continue
            found = call(ag, operation, *ours)
            if named(found.dtype) != named(wanted) or found.raw.dtype != found.dtype.numpy:
                differ.append((a, b, [t.ndim for t in ours], named(found.dtype), named(wanted)))
    assert not differ


@pytest.mark.parametrize("operation", ["add", "mul", "div", "pow", "eq", "lt"])
@pytest.mark.parametrize("number", NUMBERS, ids=repr)
def test_operations_with_numbers_follow(torch, operation: str, number) -> None:
    differ = []
    for a in NAMES:
        for ours, theirs in zip(operands(ag, a), operands(torch, a), strict=True):
            for swap in (False, True):
                pair = lambda t, swap=swap: (number, t) if swap else (t, number)
                try:
                    wanted = call(torch, operation, *pair(theirs)).dtype
                except (RuntimeError, TypeError):
                    continue
                found = call(ag, operation, *pair(ours)).dtype
                if named(found) != named(wanted):
                    differ.append((a, ours.ndim, swap, named(found), named(wanted)))
    assert not differ


UNARY = ["exp", "sqrt", "sin", "sigmoid", "reciprocal", "abs", "neg", "sign", "square", "floor", "isnan", "logical_not"]
REDUCTIONS = ["sum", "prod", "mean", "amax", "all", "count_nonzero", "cumsum", "argmax", "std", "logsumexp"]


DIFFERENT = {  # on purpose
    ("square", "bool"): "PyTorch: int64",
}


@pytest.mark.parametrize("operation", UNARY + REDUCTIONS)
def test_one_operand(torch, operation: str) -> None:
    differ = []
    for a in NAMES:
        more = (0,) if operation in ("cumsum", "logsumexp") else ()
        if (operation, a) in DIFFERENT:
            continue
        try:
            wanted = getattr(torch, operation)(torch.ones((2,), dtype=getattr(torch, a)), *more).dtype
        except (RuntimeError, TypeError, NotImplementedError):
            continue
        found = getattr(ag, operation)(ag.ones((2,), dtype=getattr(ag, a)), *more).dtype
        if named(found) != named(wanted):
            differ.append((a, named(found), named(wanted)))
    assert not differ


def test_other_default_dtypes(torch) -> None:
    ag.set_default_dtype(ag.float64)
    torch.set_default_dtype(torch.float64)
    try:
        for a in NAMES:
            for ours, theirs in zip(operands(ag, a), operands(torch, a), strict=True):
                for number in NUMBERS:
                    assert named(ag.result_type(ours, number)) == named(torch.result_type(theirs, number))
        assert ag.tensor(1.0).dtype is ag.float64 and ag.tensor(1j).dtype is ag.complex128
        assert ag.ones(2).dtype is ag.float64 and ag.ones(2, dtype=ag.int32).sqrt().dtype is ag.float64
    finally:
        ag.set_default_dtype(ag.float32)
        torch.set_default_dtype(torch.float32)
    with pytest.raises(DtypeError, match=r"set_default_dtype: expected a floating dtype, got autograd.int64"):
        ag.set_default_dtype(ag.int64)


def test_gradients_come_back_in_the_operands_dtype() -> None:
    for a, b in itertools.product(["float16", "float32", "float64"], repeat=2):
        x = ag.ones(2, dtype=getattr(ag, a), requires_grad=True)
        y = ag.ones((), dtype=getattr(ag, b), requires_grad=True)
        (x * y * 2.0 + ag.ones(2, dtype=ag.int64)).sum().backward()
        assert (named(x.grad.dtype), named(y.grad.dtype)) == (a, b)


# -- the objects -------------------------------------------------------------------------------------------------------
def test_attributes(torch) -> None:
    for name in NAMES:
        ours, theirs = getattr(ag, name), getattr(torch, name)
        for attribute in ("is_floating_point", "is_complex", "is_signed", "itemsize"):
            assert getattr(ours, attribute) == getattr(theirs, attribute), (name, attribute)
        assert repr(ours) == f"autograd.{name}" and ours.numpy == np.dtype(name)


def test_limits(torch) -> None:
    for name in ("float16", "float32", "float64"):
        ours, theirs = ag.finfo(getattr(ag, name)), torch.finfo(getattr(torch, name))
        for attribute in ("bits", "eps", "max", "min", "tiny", "smallest_normal", "resolution"):
            assert getattr(ours, attribute) == pytest.approx(getattr(theirs, attribute)), (name, attribute)
    for name in ("uint8", "int8", "int16", "int32", "int64"):
        ours, theirs = ag.iinfo(getattr(ag, name)), torch.iinfo(getattr(torch, name))
        assert (ours.bits, ours.max, ours.min) == (theirs.bits, theirs.max, theirs.min)
    assert (
        ag.finfo().eps == ag.finfo(ag.float32).eps
        and "eps=" in repr(ag.finfo())
        and "max=127" in repr(ag.iinfo(ag.int8))
    )
    with pytest.raises(DtypeError, match=r"finfo: expected a floating dtype, got autograd.int8. Use iinfo"):
        ag.finfo(ag.int8)
    with pytest.raises(DtypeError, match=r"iinfo: expected an integer dtype, got autograd.float32. Use finfo"):
        ag.iinfo(ag.float32)


SPECS = [
    (ag.float16, ag.float16),
    ("float64", ag.float64),
    ("autograd.int32", ag.int32),
    ("half", ag.half),
    (np.float32, ag.float32),
    (np.dtype("complex64"), ag.complex64),
    (float, ag.float32),
    (int, ag.int64),
    (bool, ag.bool),
    (complex, ag.complex64),
]


@pytest.mark.parametrize("spec, dtype", SPECS, ids=str)
def test_what_a_dtype_may_be_given_as(spec, dtype) -> None:
    assert as_dtype(spec) is dtype and ag.zeros(1, dtype=spec).dtype is dtype


@pytest.mark.parametrize("spec", ["float", "nonsense", np.dtype("U3"), object(), np.uint16])
def test_unknown_dtypes(spec) -> None:
    if spec == "float":
        assert as_dtype(spec) is ag.float32
        return
    with pytest.raises(DtypeError, match=r"dtype: expected one of bool, uint8, .*, got "):
        as_dtype(spec)


def test_names_of_torch() -> None:
    assert (ag.float, ag.double, ag.half, ag.long, ag.int, ag.short) == (
        ag.float32, ag.float64, ag.float16, ag.int64, ag.int32, ag.int16,
    )  # fmt: skip


def test_comparison_pickle_copy() -> None:
    assert ag.float32 == np.float32 and ag.float32 == np.dtype("float32") and ag.float32 != ag.float64
    assert ag.float32 != "float32" and ag.float32 != 3
    assert pickle.loads(pickle.dumps(ag.float16)) is ag.float16 and copy.deepcopy(ag.int8) is ag.int8
    assert {ag.float32: 1}[ag.tensor(1.0).dtype] == 1
