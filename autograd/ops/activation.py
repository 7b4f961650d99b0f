"""Activations that a backend computes in one pass, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from autograd.node import Variable
from autograd.op import Operation, op
from backends import registry


def activation(
    kind: str, grad: Callable[..., Any], promote: Literal["", "float"] = "float", by_result: bool = False
) -> Operation:
    """The operation ``f(x, *, params)`` of one of the backends' activations.

    Args:
        kind: its name in ``backends.reference.activation``.
        grad: ``grad(g, x, *params)``, its gradient in differentiable operations: runs where gradients are recorded. On
            arrays the backend's own does.
        promote: "float": integers become the default float dtype.
        by_result: the gradient is the same at f(x) as at x, so that calls in place need not keep x.

    Returns:
        The operation.

    Example:
        >>> from autograd.ops.comparison import where
        >>> leaky = activation("leaky_relu", lambda g, x, slope: where(x > 0, g, g * slope))
        >>> leaky(ag.tensor([-2.0, 2.0]), params=(0.5,))
        tensor([-1.,  2.])
    """

    def forward(be: Any, x: Any, *, params: tuple[float, ...] = ()) -> Any:
        return be.activation(x, kind, params)

    def gradient(g: Any, x: Any, *, params: tuple[float, ...] = ()) -> Any:
        if isinstance(x, Variable):
            return grad(g, x, *params)
        return registry.of(x).activation_grad(g, x, kind, params)

    made: Operation = op(promote=promote, complex="analytic" if promote else "", name=kind)(forward)
    made.grad(x=gradient)
    if by_result:
        made.over(lambda be, x, *, params=(): be.activation_(x, kind, params), by_result=True)
    return made
