"""PyTorch's ``torch.autograd`` namespace: ``import autograd as torch`` and ``torch.autograd.grad`` both resolve."""

from __future__ import annotations

import warnings as _warnings
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager as _AbstractContextManager
from contextlib import nullcontext as _nullcontext
from typing import Any

from autograd import engine
from autograd import forward_ad as forward_ad
from autograd import function as function
from autograd import functional as functional
from autograd import graph as graph
from autograd import tracing as _tracing
from autograd.anomaly import detect_anomaly, set_detect_anomaly
from autograd.errors import GraphError
from autograd.function import Function, once_differentiable
from autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from autograd.gradcheck import gradcheck, gradgradcheck
from autograd.node import Variable as _Tensor
from autograd.ops.joining import stack

profiler = _tracing
__path__: list[str] = []  # a package to the import system: autograd/aliases.py answers for what is below

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "forward_ad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "once_differentiable",
    "profiler",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
]


class _AnyTensor(type):
    """So that ``isinstance(x, Variable)`` is true of tensors."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, _Tensor)


class Variable(metaclass=_AnyTensor):
    """PyTorch's name of what tensors became: ``Variable(x, requires_grad=True)`` is a tensor on the memory of ``x``.

    Args:
        data: a tensor.
        requires_grad: ask for its gradient.
        volatile: accepted; use ``no_grad``.

    Example:
        >>> from autograd.autograd import Variable
        >>> Variable(ag.ones(2), requires_grad=True)
        tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:
        """The tensor."""
        return data.detach().requires_grad_(requires_grad)


def _list(name: str, tensors: Any) -> list[Any]:
    many = [tensors] if isinstance(tensors, _Tensor) else list(tensors) if isinstance(tensors, Iterable) else []
    if not many or not all(isinstance(t, _Tensor) for t in many):
        raise TypeError(f"{name}: expected a Tensor or a sequence of them, got {type(tensors).__name__}")
    return many


def _gradients(name: str, given: Any, count: int) -> list[Any]:
    many = [None] * count if given is None else [given] if isinstance(given, _Tensor) else list(given)
    if len(many) != count:
        raise GraphError(f"{name}: expected one gradient for each of {count} tensors, got {len(many)}")
    return many


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Accumulates the gradient of sum(tensors * grad_tensors) into ``.grad`` of the leaves.

    Args:
        tensors: one tensor or several, recorded.
        grad_tensors: one gradient per tensor, of its shape; None for single elements (1).
        retain_graph: keep what the graph saved, for another backward; default: ``create_graph``.
        create_graph: record the gradients' own computation, for higher derivatives.
        grad_variables: ``grad_tensors`` under its old name.
        inputs: accumulate into these tensors only.

    Raises:
        GraphError: not recorded, not a scalar and no gradient given, freed, or a saved tensor was modified in place.

    Example:
        >>> x = ag.tensor(3.0, requires_grad=True)
        >>> ag.autograd.backward([x * x, x]); x.grad
        tensor(7.)
    """
    roots = _list("backward", tensors)
    given = _gradients("backward", grad_tensors if grad_variables is None else grad_variables, len(roots))
    targets = None if inputs is None else _list("backward", inputs)
    engine.backward(roots, given, retain_graph=retain_graph, create_graph=create_graph, inputs=targets)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of sum(outputs * grad_outputs) with respect to the inputs; ``.grad`` is left alone.

    Args:
        outputs: one tensor or several, recorded.
        inputs: one tensor or several that require grad.
        grad_outputs: one gradient per output, of its shape; None for single elements (1).
        retain_graph: keep what the graph saved; default: ``create_graph``.
        create_graph: record the gradients' own computation, for higher derivatives.
        only_inputs: of old programs; False warns and changes nothing.
        allow_unused: give None instead of raising for an input that the outputs do not depend on.
        is_grads_batched: the first axis of each ``grad_outputs`` counts independent gradients.
        materialize_grads: zeros instead of None for unused inputs.

    Returns:
        One gradient per input, of its shape.

    Raises:
        GraphError: as ``backward``; or an input is not used and ``allow_unused`` is not set.

    Example:
        >>> x = ag.tensor(3.0, requires_grad=True)
        >>> (g,) = ag.autograd.grad(x**3, x, create_graph=True)
        >>> ag.autograd.grad(g, x)
        (tensor(18.),)
    """
    if not only_inputs:
        _warnings.warn(
            "grad: only_inputs is ignored; backward() accumulates into all leaves", FutureWarning, stacklevel=2
        )
    roots, targets = _list("grad", outputs), _list("grad", inputs)
    given: Sequence[Any] = _gradients("grad", grad_outputs, len(roots))
    if is_grads_batched:
        rows = zip(*[g.unbind(0) for g in given], strict=True)
        each = [
            grad(roots, targets, row, True, create_graph, True, allow_unused, materialize_grads=materialize_grads)
            for row in rows
        ]
        return tuple(None if column[0] is None else stack(list(column)) for column in zip(*each, strict=True))
    found = engine.gradients(roots, targets, given, retain_graph=retain_graph, create_graph=create_graph)
    for i, (g, t) in enumerate(zip(found, targets, strict=True)):
        if g is None and materialize_grads:
            found[i] = t.new_zeros(t.shape)
        elif g is None and not allow_unused:
            raise GraphError(
                f"grad: expected outputs that depend on every input, got input {i} of shape {tuple(t.shape)} unused. "
                "Pass allow_unused=True to get None for it"
            )
    return tuple(found)


def set_multithreading_enabled(mode: bool) -> _AbstractContextManager[None]:
    """A context manager that changes nothing: backward runs in the thread that calls it.

    Args:
        mode: accepted.

    Returns:
        A context manager.

    Example:
        >>> with ag.autograd.set_multithreading_enabled(False):
        ...     pass
    """
    return _nullcontext()
