"""Adding an operation from outside: ``Function`` with ``forward`` and ``backward``, as in PyTorch."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from autograd import engine
from autograd.dtypes import INEXACT
from autograd.errors import GraphError
from autograd.function_node import Context, FunctionNode, declared
from autograd.function_node import Context as FunctionCtx  # noqa: F401 (PyTorch's name, for annotations)
from autograd.grad_mode import enable_grad, is_grad_enabled, no_grad
from autograd.node import Output, Variable, outside, tick
from autograd.op import refresh, written
from autograd.ops.shape import identity


class Function:
    """A differentiable operation defined by the user; subclass it and call ``YourFunction.apply(...)``.

    Either ``forward(ctx, *args)``, or ``forward(*args)`` with ``setup_context(ctx, inputs, output)``; and
    ``backward(ctx, *grads)``, which returns one gradient per argument of forward (None where there is none). Written in
    differentiable operations on ``ctx.saved_tensors``, backward can itself be differentiated.

    Raises:
        GraphError: ``backward`` returns the wrong number of gradients, or a saved tensor was modified in place.
        ShapeError: a gradient has the wrong shape.

    Example:
        >>> class Square(ag.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x * x
        ...     @staticmethod
        ...     def backward(ctx, g):
        ...         x, = ctx.saved_tensors
        ...         return 2 * x * g
        >>> x = ag.tensor(3.0, requires_grad=True)
        >>> Square.apply(x).backward(); x.grad
        tensor(6.)
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """The computation, on tensors that are not recorded.

        Args:
            args, kwargs: ``ctx`` first (unless there is a ``setup_context``), then the arguments of ``apply``.

        Returns:
            A tensor or a tuple.
        """
        raise NotImplementedError("Function: expected a subclass with a static forward")

    @staticmethod
    def setup_context(ctx: Context, inputs: tuple[Any, ...], output: Any) -> None:
        """Saves for backward, where forward takes no ``ctx``.

        Args:
            ctx: what backward will receive.
            inputs: the arguments of ``apply``.
            output: what forward returned.

        Returns:
            None.
        """
        raise NotImplementedError("Function: expected a subclass with a static setup_context, or a forward with ctx")

    @staticmethod
    def backward(ctx: Context, *grads: Any) -> Any:
        """The gradients with respect to the arguments of forward.

        Args:
            ctx: what forward saved.
            grads: one gradient per output, of its shape.

        Returns:
            One gradient per argument of forward, of its shape; None where there is none.
        """
        raise NotImplementedError("Function: expected a subclass with a static backward")

    @staticmethod
    def jvp(ctx: Context, *tangents: Any) -> Any:
        """The tangents of the outputs; of a function without ``backward``, both modes of differentiation are made of it.

        Args:
            ctx: what forward saved.
            tangents: one for each argument of forward, of its shape; None where there is none.

        Returns:
            One tangent per output, of its shape.
        """
        raise NotImplementedError("Function: expected a subclass with a static jvp or backward")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.jvp is not Function.jvp and cls.backward is Function.backward:
            cls.backward = staticmethod(_transposed(cls))  # type: ignore[method-assign]

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Runs forward and records it.

        Args:
            args: tensors and anything else; passed on as they are.

        Returns:
            What forward returns.
        """
        ctx = Context()
        nodes = [_node(a) if isinstance(a, Variable) else None for a in args]
        ctx.needs_input_grad = tuple(n is not None for n in nodes)
        if cls.jvp is not Function.jvp:
            ctx.like = tuple(args)
        with no_grad():
            if cls.setup_context is not Function.setup_context:
                result = cls.forward(*args)
                cls.setup_context(ctx, args, result)
            else:
                result = cls.forward(ctx, *args)
        if not (is_grad_enabled() and any(ctx.needs_input_grad)):
            return result
        outputs = result if isinstance(result, tuple) else (result,)
        outputs = tuple(
            identity(o.detach()) if any(o is a for a in args) and not any(o is d for d in ctx.dirty) else o
            for o in outputs
        )
        cls._record(ctx, nodes, outputs)
        return outputs if isinstance(result, tuple) else outputs[0]

    @classmethod
    def _record(cls, ctx: Context, nodes: list[Any], outputs: tuple[Any, ...]) -> None:
        first = next((o for o in outputs if isinstance(o, Variable)), None)
        if first is None:
            raise GraphError(f"{cls.__name__}: expected forward to return a Tensor, got {type(outputs[0]).__name__}")
        node = FunctionNode()
        node.cls, node.ctx, node.plan = cls, ctx, declared(cls.__name__, len(outputs))
        node.inputs, node.params, node.saved = tuple(nodes), {}, ()
        node.shape, node.backend, node.seq, node.hooks = first.raw.shape, first.backend, tick(), None
        node.code, node.instruction = outside(sys._getframe(1))
        node.shapes = [o.raw.shape if isinstance(o, Variable) else None for o in outputs]
        node.dtypes = [o.raw.dtype if isinstance(o, Variable) else None for o in outputs]
        for i, o in enumerate(outputs):
            if not isinstance(o, Variable) or o.raw.dtype.kind not in INEXACT:
                continue
            if any(o is n for n in ctx.non_differentiable):
                continue
            out = Output(node, i, o.raw.shape)
            if any(o is d for d in ctx.dirty):
                written(o, cls.__name__, out)
            else:
                o.node, o.alias = out, None
        ctx.keep(node, outputs)  # last: the writes of forward itself are no modification


InplaceFunction = Function  # PyTorch's base of functions that may write into their input: any may, by ``mark_dirty``


def _node(t: Variable) -> Any:
    return t.node if t.alias is None else refresh(t)


def _transposed(cls: type[Function]) -> Callable[..., Any]:
    """The ``backward`` of a function that has only a ``jvp``: what that does is linear in the tangents."""

    def backward(ctx: Context, *grads: Any) -> Any:
        if ctx.linear is None:
            with enable_grad():
                tangents = [
                    x.detach().clone().zero_().requires_grad_() if need else None
                    for x, need in zip(ctx.like, ctx.needs_input_grad, strict=True)
                ]
                outputs = cls.jvp(ctx, *tangents)
            ctx.linear = tangents, outputs if isinstance(outputs, tuple) else (outputs,)
        tangents, outputs = ctx.linear
        pairs = [(y, g) for y, g in zip(outputs, grads, strict=True) if y is not None and y.requires_grad]
        ys, gs = zip(*pairs, strict=True) if pairs else ((), ())
        wanted = [t for t in tangents if t is not None]
        found = iter(engine.gradients(ys, wanted, gs, retain_graph=True, create_graph=is_grad_enabled()))
        return tuple([None if t is None else next(found) for t in tangents])

    return backward


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Declares that a ``backward`` is not written in differentiable operations: differentiating it raises.

    Args:
        backward: the static method of a ``Function``.

    Returns:
        The method, whose results carry no history.

    Example:
        >>> class Twice(ag.autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         return x + x
        ...     @staticmethod
        ...     @ag.autograd.once_differentiable
        ...     def backward(ctx, g):
        ...         return 2 * g
    """

    @functools.wraps(backward)
    def wrapped(ctx: Context, *grads: Any) -> Any:
        recorded = is_grad_enabled() and any(isinstance(g, Variable) and g.node is not None for g in grads)
        with no_grad():
            results = backward(ctx, *grads)
        if not recorded:
            return results
        many = results if isinstance(results, tuple) else (results,)
        marked = tuple(
            _Once.apply(*[g for g in grads if isinstance(g, Variable)], r) if isinstance(r, Variable) else r
            for r in many
        )
        return marked if isinstance(results, tuple) else marked[0]

    return wrapped


class _Once(Function):
    """Passes its last argument on and refuses to be differentiated."""

    @staticmethod
    def forward(ctx: Context, *args: Any) -> Any:
        return args[-1].clone()

    @staticmethod
    def backward(ctx: Context, *grads: Any) -> Any:
        raise GraphError("once_differentiable: this gradient cannot be differentiated again. Remove the decorator "
                         "and write backward in differentiable operations")  # fmt: skip
