"""Transformations of functions: derivatives and batching, under the names of ``torch.func``.

A function here takes and returns tensors, or tuples, lists and dictionaries of them. The transformations may be nested
in any way: ``grad(grad(f))``, ``jacrev(jacrev(f))``, ``vmap(grad(f))``. A result has a history only where something
outside the transformation has one: an argument that requires grad, or a tensor the function closes over.

Forward mode is reverse mode twice: the vector-Jacobian product is linear in its vector, and the gradient of *that* map
is the Jacobian-vector product. It costs a constant factor more than a dedicated forward mode, and no line of code per
operation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from operator import index
from typing import Any

from autograd.batching import vmap
from autograd.errors import GraphError, ShapeError
from autograd.pullback import Pullback, columns_of, filled, ones_like, rows_of, vectors, zeros
from autograd.stateless import functional_call, stack_module_state

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "stack_module_state",
    "vjp",
    "vmap",
]

Argnums = int | tuple[int, ...]


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the gradient of a scalar function.

    Args:
        func: returns one tensor with a single element, of shape ().
        argnums: the argument to differentiate, or a tuple of several.
        has_aux: ``func`` returns (output, aux); aux is passed on.

    Returns:
        A function of the same arguments. It returns the gradient, of the structure and shapes of the argument (for a
        tuple ``argnums``: a tuple of these), or (gradient, aux). Zeros where the output does not depend on a tensor.

    Raises:
        ShapeError: the output is not a scalar.
        TypeError: something other than tensors in an argument to differentiate, or returned.

    Example:
        >>> from autograd.func import grad
        >>> cube = lambda x: x**3
        >>> grad(cube)(ag.tensor(2.0)), grad(grad(cube))(ag.tensor(2.0))
        (tensor(12.), tensor(12.))
    """
    both = _gradient("grad", func, argnums, has_aux)

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        g, value = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient


def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the gradient of a scalar function and its value.

    Args:
        func, argnums, has_aux: as for ``grad``.

    Returns:
        A function of the same arguments that returns (gradient, value), or (gradient, (value, aux)).

    Raises:
        ShapeError: the output is not a scalar.

    Example:
        >>> from autograd.func import grad_and_value
        >>> grad_and_value(lambda x: x**3)(ag.tensor(2.0))
        (tensor(12.), tensor(8.))
    """
    return functools.wraps(func)(_gradient("grad_and_value", func, argnums, has_aux))


def _gradient(name: str, func: Callable[..., Any], argnums: Argnums, has_aux: bool) -> Callable[..., Any]:
    def both(*args: Any, **kwargs: Any) -> Any:
        p = Pullback(name, func, args, kwargs, argnums=_positions(name, argnums, len(args)), has_aux=has_aux)
        if len(p.outputs) != 1 or p.outputs[0].raw.ndim:
            shapes = ", ".join(str(tuple(y.raw.shape)) for y in p.outputs) or "nothing"
            raise ShapeError(
                f"{name}: expected the function to return one scalar tensor of shape (), got {shapes}. "
                "Reduce it (.sum(), .mean()), or use jacrev"
            )
        (y,) = p.outputs
        gradient = p.rebuild(filled(p.released(p.pull([y], [ones_like(y)])), p.inputs))
        return _chosen(gradient, argnums), (p.value, p.aux) if has_aux else p.value

    return both


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of a function and the map from cotangents to vector-Jacobian products, v -> v J.

    Args:
        func: takes and returns structures of tensors.
        primals: its arguments.
        has_aux: ``func`` returns (output, aux).

    Returns:
        (output, vjp_fn), or (output, vjp_fn, aux). ``vjp_fn(cotangents)`` takes cotangents of the structure and shapes of
        the output and returns a tuple with one entry per primal; it may be called many times.

    Raises:
        ShapeError: a cotangent has another shape than the output.

    Example:
        >>> from autograd.func import vjp
        >>> y, back = vjp(lambda x: x * x, ag.tensor([1.0, 2.0]))
        >>> back(ag.tensor([1.0, 10.0]))
        (tensor([ 2., 40.]),)
    """
    p = Pullback("vjp", func, primals, argnums=tuple(range(len(primals))), has_aux=has_aux)

    def vjp_fn(cotangents: Any, retain_graph: bool = True) -> Any:
        given = vectors("vjp", "cotangents", cotangents, p.outputs)
        return p.rebuild(filled(p.released(p.pull(p.outputs, given, retain=retain_graph)), p.inputs))

    return (p.value, vjp_fn, p.aux) if has_aux else (p.value, vjp_fn)


def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """The value of a function and its directional derivative, the Jacobian-vector product J v.

    Args:
        func: takes and returns structures of tensors.
        primals: a tuple with its arguments.
        tangents: a tuple of the same structure and shapes: the direction.
        strict: raise instead of returning zeros where an output depends on no primal.
        has_aux: ``func`` returns (output, aux).

    Returns:
        (output, derivative), or (output, derivative, aux); the derivative has the output's structure and shapes.

    Raises:
        ShapeError: a tangent has another shape than its primal.
        GraphError: ``strict``, and an output depends on no primal.

    Example:
        >>> from autograd.func import jvp
        >>> jvp(lambda x: x**3, (ag.tensor(2.0),), (ag.tensor(1.0),))
        (tensor(8.), tensor(12.))
    """
    for role, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple) or len(given) != len(primals):
            raise TypeError(
                f"jvp: expected {role} to be a tuple with one entry per argument, got {type(given).__name__}"
            )
    p = Pullback("jvp", func, primals, argnums=tuple(range(len(primals))), has_aux=has_aux)
    moved = p.push(vectors("jvp", "tangents", tangents, p.inputs))
    if strict and None in moved:
        raise GraphError(
            f"jvp: expected outputs that depend on the primals, got output {moved.index(None)} that does not"
        )
    out = p.rebuild_outputs(filled(p.released(moved), p.outputs))
    return (p.value, out, p.aux) if has_aux else (p.value, out)


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of a function and its derivative at a point as a function of the direction: runs the function once.

    Args:
        func: takes and returns structures of tensors.
        primals: its arguments, the point.

    Returns:
        (output, jvp_fn). ``jvp_fn(*tangents)`` takes one tangent per primal, of its structure and shapes, and returns J v
        in the output's structure; it may be called many times.

    Raises:
        ShapeError: a tangent has another shape than its primal.

    Example:
        >>> from autograd.func import linearize
        >>> y, along = linearize(lambda x: x**3, ag.tensor(2.0))
        >>> y, along(ag.tensor(1.0)), along(ag.tensor(10.0))
        (tensor(8.), tensor(12.), tensor(120.))
    """
    p = Pullback("linearize", func, primals, argnums=tuple(range(len(primals))))

    def jvp_fn(*tangents: Any) -> Any:
        moved = p.push(vectors("linearize", "tangents", tangents, p.inputs))
        return p.rebuild_outputs(filled(p.released(moved), p.outputs))

    return p.value, jvp_fn


def jacrev(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, chunk_size: int | None = None
) -> Callable[..., Any]:
    """The function that computes the Jacobian row by row, one backward per element of the output.

    The choice where there are fewer outputs than inputs.

    Args:
        func: takes and returns structures of tensors.
        argnums: the argument to differentiate, or a tuple of several.
        has_aux: ``func`` returns (output, aux).
        chunk_size: accepted; the rows are computed one by one.

    Returns:
        A function of the same arguments. It returns, in the structure of the output, and within it in that of the
        argument (for a tuple ``argnums``: a tuple of these), tensors of shape output.shape + input.shape; or
        (Jacobian, aux).

    Example:
        >>> from autograd.func import jacrev
        >>> jacrev(lambda x: x * x)(ag.tensor([1.0, 2.0]))
        tensor([[2., 0.],
                [0., 4.]])
    """
    return _jacobian("jacrev", func, argnums, has_aux, rows_of)


def jacfwd(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    chunk_size: int | None = None,
    randomness: str = "error",
) -> Callable[..., Any]:
    """The function that computes the Jacobian column by column, one ``jvp`` per element of the input.

    The choice where there are fewer inputs than outputs.

    Args:
        func, argnums, has_aux, chunk_size: as for ``jacrev``.
        randomness: accepted; the function itself runs once.

    Returns:
        As ``jacrev``.

    Example:
        >>> from autograd.func import jacfwd
        >>> jacfwd(lambda x: x * ag.tensor([1.0, 3.0]))(ag.tensor(2.0))
        tensor([1., 3.])
    """
    return _jacobian("jacfwd", func, argnums, has_aux, columns_of)


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that computes second derivatives: ``jacrev(jacrev(func))``.

    Args:
        func: usually returns a scalar tensor.
        argnums: the argument to differentiate, or a tuple of several.

    Returns:
        A function of the same arguments; the structures are those of ``jacrev`` applied twice. For one tensor x and
        a scalar output: a tensor of shape x.shape + x.shape.

    Example:
        >>> from autograd.func import hessian
        >>> hessian(lambda x: (x**3).sum())(ag.tensor([1.0, 2.0]))
        tensor([[ 6.,  0.],
                [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)


def _jacobian(
    name: str,
    func: Callable[..., Any],
    argnums: Argnums,
    has_aux: bool,
    blocks_of: Callable[[Pullback], list[list[Any]]],
) -> Callable[..., Any]:
    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        p = Pullback(name, func, args, kwargs, argnums=_positions(name, argnums, len(args)), has_aux=has_aux)
        per_output = []
        for y, blocks in zip(p.outputs, blocks_of(p), strict=True):
            shapes = [(*y.raw.shape, *x.raw.shape) for x in p.inputs]
            full = [zeros(y, s) if b is None else b for b, s in zip(p.released(blocks), shapes, strict=True)]
            per_output.append(_chosen(p.rebuild(full), argnums))
        result = p.rebuild_outputs(per_output)
        return (result, p.aux) if has_aux else result

    return jacobian


def _positions(name: str, argnums: Argnums, count: int) -> tuple[int, ...]:
    """The arguments to differentiate, counted from the front, each once."""
    many = tuple(map(index, argnums if isinstance(argnums, tuple) else (argnums,)))
    if any(not -count <= i < count for i in many):
        raise IndexError(f"{name}: expected argnums within the {count} positional arguments, got {argnums}")
    positions = tuple(i % count for i in many)
    if len(set(positions)) != len(positions) or not positions:
        raise ValueError(f"{name}: expected every argument once in argnums, got {argnums}")
    return positions


def _chosen(structures: tuple[Any, ...], argnums: Argnums) -> Any:
    return structures if isinstance(argnums, tuple) else structures[0]
