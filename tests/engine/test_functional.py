"""``autograd.functional`` against ``torch.autograd.functional`` and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd import functional
from autograd.errors import GraphError, ShapeError

X = np.array([0.5, -1.5, 2.0])
Y = np.array([1.0, 2.0, -0.5])
V = np.array([1.0, 0.25, -2.0])
M = np.arange(9.0).reshape(3, 3) / 4


def square(x):
    return x * x


def mixed(x, y):
    return x * y.exp(), (x * y).sum()


def scalar(x, y):
    return (x**3 * y).sum() + x[0] * y[1] ** 2


def cubes(x):
    return (x**3).sum()


CALLS = [  # name, function, inputs, further arguments
    ("vjp", square, X, (V,)),
    ("vjp", mixed, (X, Y), ((V, np.array(2.0)),)),
    ("vjp", cubes, X, ()),
    ("jvp", square, X, (V,)),
    ("jvp", mixed, (X, Y), ((V, X),)),
    ("jacobian", square, X, ()),
    ("jacobian", mixed, (X, Y), ()),
    ("jacobian", cubes, X, ()),
    ("jacobian", lambda x: x @ x, M, ()),
    ("hessian", cubes, X, ()),
    ("hessian", scalar, (X, Y), ()),
    ("vhp", cubes, X, (V,)),
    ("vhp", scalar, (X, Y), ((V, X),)),
    ("hvp", cubes, X, (V,)),
    ("hvp", scalar, (X, Y), ((V, X),)),
]


def made(make, value):
    return tuple(make(v) for v in value) if isinstance(value, tuple) else make(value)


def compare(ours, theirs) -> None:
    if isinstance(theirs, tuple):
        assert isinstance(ours, tuple) and len(ours) == len(theirs)
        for pair in zip(ours, theirs, strict=True):
            compare(*pair)
    else:
        assert tuple(ours.shape) == tuple(theirs.shape)
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name, function, inputs, more", CALLS)
@pytest.mark.parametrize("create_graph", [False, True])
def test_agrees_with_torch(torch, name: str, function, inputs, more, create_graph: bool) -> None:
    ours = getattr(functional, name)
    theirs = getattr(torch.autograd.functional, name)
    a, b = made(ag.from_numpy, inputs), made(torch.from_numpy, inputs)
    for x in [*(a if isinstance(a, tuple) else [a]), *(b if isinstance(b, tuple) else [b])]:
        x.requires_grad_()
    found = ours(function, a, *(made(ag.from_numpy, v) for v in more), create_graph=create_graph)
    wanted = theirs(function, b, *(made(torch.from_numpy, v) for v in more), create_graph=create_graph)
    compare(found, wanted)
    leaves = list(flat(found))
    assert any(leaf.requires_grad for leaf in leaves) == create_graph
    if create_graph:
        ag.autograd.backward([(leaf * leaf).sum() for leaf in leaves if leaf.requires_grad])
        torch.autograd.backward([(leaf * leaf).sum() for leaf in flat(wanted)])
        for x, y in zip(a if isinstance(a, tuple) else [a], b if isinstance(b, tuple) else [b], strict=True):
            np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-10, atol=1e-10)


def flat(value):
    if isinstance(value, tuple):
        for part in value:
            yield from flat(part)
    else:
        yield value


def test_both_strategies_give_the_same() -> None:
    x, y = ag.from_numpy(X), ag.from_numpy(Y)
    both = [functional.jacobian(mixed, (x, y), strategy=s) for s in ("reverse-mode", "forward-mode")]
    compare(*both)
    with pytest.raises(ValueError, match="jacobian: expected strategy 'reverse-mode' or 'forward-mode', got 'other'"):
        functional.jacobian(mixed, (x, y), strategy="other")


def test_the_inputs_are_left_alone() -> None:
    x = ag.from_numpy(X.copy()).requires_grad_()
    functional.jacobian(square, x)
    functional.hessian(cubes, x)
    assert x.grad is None and x.is_leaf and x.requires_grad


def test_nothing_is_kept_of_the_caller() -> None:
    x, w = ag.from_numpy(X.copy()).requires_grad_(), ag.from_numpy(Y.copy()).requires_grad_()
    out, g = functional.vjp(lambda x: (x * w).sum(), x)
    assert not out.requires_grad and not g.requires_grad


@pytest.mark.parametrize("name", ["vjp", "jvp", "jacobian", "hessian", "vhp", "hvp"])
def test_independence_is_zero_or_an_error(name: str) -> None:
    x = ag.from_numpy(X)
    call = getattr(functional, name)
    constant = ag.tensor(3.0, dtype=ag.float64)
    v = (x,) if name in ("jvp", "vhp", "hvp") else ()
    result = call(lambda x: constant * 1, x, *v)
    last = result[1] if isinstance(result, tuple) else result
    assert not last.numpy().any()
    with pytest.raises(GraphError, match=f"{name}: expected outputs that depend on .*strict"):
        call(lambda x: constant * 1, x, *v, strict=True)


ERRORS = [
    (
        lambda x: functional.vjp(square, x),
        ShapeError,
        "vjp: expected v, as there is more than a single element, got None",
    ),
    (lambda x: functional.vjp(square, x, x[:2]), ShapeError, r"vjp: expected v of shapes \(3,\), got \(2,\)"),
    (
        lambda x: functional.jvp(square, x, (x, x)),
        ShapeError,
        r"jvp: expected v of shapes \(3,\), got \(3,\) and \(3,\)",
    ),
    (
        lambda x: functional.vhp(square, x, x),
        ShapeError,
        r"vhp: expected the function to return a single element, got \(3,\)",
    ),
    (
        lambda x: functional.hvp(square, x, x),
        ShapeError,
        r"hvp: expected the function to return a single element, got \(3,\)",
    ),
    (lambda x: functional.hessian(square, x), ShapeError, "hessian: expected the function to return a single element"),
    (
        lambda x: functional.jacobian(square, [x]),
        TypeError,
        "jacobian: expected inputs to be a tensor or a tuple of tensors",
    ),
    (lambda x: functional.jacobian(square, (3.0,)), TypeError, "jacobian: expected inputs .*, got float"),
    (lambda x: functional.vjp(lambda x: 3.0, x), TypeError, "vjp: expected the function to return tensors, got float"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_errors(call, kind, text: str) -> None:
    with pytest.raises(kind, match=text):
        call(ag.from_numpy(X))
