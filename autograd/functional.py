"""Derivatives of a function at a point, under the names of ``torch.autograd.functional``.

The older sister of ``autograd.func``: these functions take the point at once, inputs and outputs are a tensor or a tuple
of tensors, and results have a history only with ``create_graph=True``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.errors import GraphError, ShapeError
from autograd.grad_mode import set_grad_enabled
from autograd.node import Variable
from autograd.pullback import Pullback, columns_of, filled, ones_like, rows_of, vectors, zeros

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The value of a function and the vector-Jacobian product v J.

    Args:
        func: takes tensors, returns a tensor or a tuple of them.
        inputs: a tensor or a tuple of tensors, the point.
        v: of the output's structure and shapes; may be left out for a single element (1).
        create_graph: make the results differentiable.
        strict: raise instead of returning zeros where the output does not depend on an input.

    Returns:
        (output, product); the product has the structure and shapes of ``inputs``.

    Raises:
        ShapeError: ``v`` has another shape than the output, or is missing.
        GraphError: ``strict``, and an input is not used.

    Example:
        >>> from autograd.functional import vjp
        >>> vjp(lambda x: x * x, ag.tensor([1.0, 2.0]), ag.tensor([1.0, 10.0]))
        (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with set_grad_enabled(create_graph):
        p = _run("vjp", func, inputs)
        found = p.pull(p.outputs, _given("vjp", v, p.outputs))
        return p.value, _result(p, inputs, _checked("vjp", found, p.inputs, strict))


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The value of a function and the Jacobian-vector product J v.

    Args:
        func, inputs, create_graph: as for ``vjp``.
        v: of the structure and shapes of ``inputs``: the direction; may be left out for a single element (1).
        strict: raise instead of returning zeros where an output does not depend on the inputs.

    Returns:
        (output, product); the product has the structure and shapes of the output.

    Raises:
        ShapeError: ``v`` has another shape than the inputs, or is missing.
        GraphError: ``strict``, and an output does not depend on the inputs.

    Example:
        >>> from autograd.functional import jvp
        >>> jvp(lambda x: x * x, ag.tensor([1.0, 2.0]), ag.tensor([1.0, 10.0]))
        (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with set_grad_enabled(create_graph):
        p = _run("jvp", func, inputs)
        moved = p.push(_given("jvp", v, p.inputs))
        if strict and None in moved:
            raise GraphError(
                f"jvp: expected outputs that depend on the inputs (strict), got output {moved.index(None)} without"
            )
        return p.value, p.rebuild_outputs(filled(p.released(moved), p.outputs))


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of a function at a point.

    Args:
        func, inputs, create_graph: as for ``vjp``.
        strict: raise instead of returning zeros where an output does not depend on an input.
        vectorize: accepted; the rows are computed one by one.
        strategy: "reverse-mode", row by row, or "forward-mode", column by column: the same numbers.

    Returns:
        Output and inputs single tensors: a tensor of shape output.shape + input.shape. A tuple where one of them is a
        tuple, a tuple (per output) of tuples (per input) where both are.

    Raises:
        GraphError: ``strict``, and an output does not depend on an input.

    Example:
        >>> from autograd.functional import jacobian
        >>> jacobian(lambda x, y: x * y, (ag.tensor([1.0, 2.0]), ag.tensor(3.0)))
        (tensor([[3., 0.],
                [0., 3.]]), tensor([1., 2.]))
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(f"jacobian: expected strategy 'reverse-mode' or 'forward-mode', got {strategy!r}")
    with set_grad_enabled(create_graph):
        p = _run("jacobian", func, inputs)
        per_output = []
        for y, row in zip(p.outputs, (rows_of if strategy == "reverse-mode" else columns_of)(p), strict=True):
            found = _checked("jacobian", row, p.inputs, strict, y.raw.shape)
            per_output.append(_result(p, inputs, found))
        return p.rebuild_outputs(per_output)


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The Hessian of a scalar function at a point.

    Args:
        func: takes tensors, returns a single element.
        inputs: a tensor or a tuple of tensors, the point.
        create_graph: make the result differentiable.
        strict: raise instead of returning zeros where the function or its gradient does not depend on an input.
        vectorize: accepted; the rows are computed one by one.
        outer_jacobian_strategy: as ``strategy`` of ``jacobian``.

    Returns:
        For one input x: a tensor of shape x.shape + x.shape; for a tuple: a tuple of tuples, one block per pair.

    Raises:
        ShapeError: the output is not a single element.
        GraphError: ``strict``, and an input is not used.

    Example:
        >>> from autograd.functional import hessian
        >>> hessian(lambda x: (x**3).sum(), ag.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """

    def gradient(*xs: Any) -> Any:
        grads, _ = _gradient("hessian", func, xs, strict)
        return grads if isinstance(inputs, tuple) else grads[0]

    return jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The value of a scalar function and the vector-Hessian product v H, without building H.

    Args:
        func: takes tensors, returns a single element.
        inputs: a tensor or a tuple of tensors, the point.
        v: of the structure and shapes of ``inputs``; may be left out for a single element (1).
        create_graph: make the results differentiable.
        strict: raise instead of returning zeros where the function or its gradient does not depend on an input.

    Returns:
        (output, product); the product has the structure and shapes of ``inputs``.

    Raises:
        ShapeError: the output is not a single element, or ``v`` has another shape than the inputs.
        GraphError: ``strict``, and an input is not used.

    Example:
        >>> from autograd.functional import vhp
        >>> vhp(lambda x: (x**3).sum(), ag.tensor([1.0, 2.0]), ag.tensor([1.0, 1.0]))
        (tensor(9.), tensor([ 6., 12.]))
    """
    return _hessian_product("vhp", func, inputs, v, create_graph, strict)


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The value of a scalar function and the Hessian-vector product H v: that of ``vhp``, as H is symmetric.

    Args:
        func, inputs, v, create_graph, strict: as for ``vhp``.

    Returns:
        As ``vhp``.

    Example:
        >>> from autograd.functional import hvp
        >>> hvp(lambda x: (x**3).sum(), ag.tensor([1.0, 2.0]), ag.tensor([1.0, 1.0]))
        (tensor(9.), tensor([ 6., 12.]))
    """
    return _hessian_product("hvp", func, inputs, v, create_graph, strict)


def _hessian_product(name: str, func: Callable[..., Any], inputs: Any, v: Any, create_graph: bool, strict: bool) -> Any:
    with set_grad_enabled(create_graph):
        p = _run(name, lambda *xs: _gradient(name, func, xs, strict), inputs, has_aux=True)
        found = p.pull(p.outputs, _given(name, v, p.inputs))
        return p.aux, _result(p, inputs, _checked(name, found, p.inputs, strict))


def _run(name: str, func: Callable[..., Any], inputs: Any, has_aux: bool = False) -> Pullback:
    args = inputs if isinstance(inputs, tuple) else (inputs,)
    for x in args:
        if not isinstance(x, Variable):
            raise TypeError(f"{name}: expected inputs to be a tensor or a tuple of tensors, got {type(x).__name__}")
    return Pullback(name, func, args, argnums=tuple(range(len(args))), has_aux=has_aux)


def _given(name: str, v: Any, like: Any) -> Any:
    """The vector that was given; a one where it may be left out."""
    if v is None:
        if len(like) != 1 or like[0].raw.size != 1:
            raise ShapeError(
                f"{name}: expected v, as there is more than a single element, got None. Pass one of the same shape"
            )
        return [ones_like(like[0])]
    return vectors(name, "v", v, like)


def _checked(name: str, found: Any, inputs: Any, strict: bool, lead: Any = ()) -> list[Any]:
    """Zeros for what does not depend on an input, or an error."""
    if strict and None in found:
        raise GraphError(
            f"{name}: expected outputs that depend on every input (strict), got input {found.index(None)} unused"
        )
    return [zeros(x, (*lead, *x.raw.shape)) if g is None else g for g, x in zip(found, inputs, strict=True)]


def _result(p: Pullback, inputs: Any, found: list[Any]) -> Any:
    out = p.rebuild(p.released(found))
    return out if isinstance(inputs, tuple) else out[0]


def _gradient(name: str, func: Callable[..., Any], xs: tuple[Any, ...], strict: bool) -> tuple[tuple[Any, ...], Any]:
    """The gradient of a scalar function, and its value."""
    p = _run(name, func, xs)
    if len(p.outputs) != 1 or p.outputs[0].raw.size != 1:
        shapes = ", ".join(str(tuple(y.raw.shape)) for y in p.outputs)
        raise ShapeError(
            f"{name}: expected the function to return a single element, got {shapes}. Reduce it (.sum(), .mean())"
        )
    found = p.pull(p.outputs, [ones_like(p.outputs[0])], retain=True)
    return tuple(p.released(_checked(name, found, p.inputs, strict))), p.value
