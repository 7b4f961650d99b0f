"""PyTorch's ``torch.autograd.graph``: what happens to the arrays that a graph keeps, and hooks on several tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, NamedTuple

from autograd import packing
from autograd.errors import GraphError
from autograd.node import Handle, Variable, add_hook, last_write, tick
from autograd.node import Node as Node
from autograd.op import refresh

__all__ = [
    "GradientEdge",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]

_refusal: ContextVar[str] = ContextVar("refusal", default="")


class saved_tensors_hooks:
    """Inside, every tensor that is kept for backward is handed to ``pack_hook``, and what that returned is kept instead.

    Args:
        pack_hook: called with the tensor, without history; returns anything. It must not modify the tensor.
        unpack_hook: called in backward with what was returned; gives a tensor of the same values.

    Raises:
        RuntimeError: inside ``disable_saved_tensors_hooks``.

    Example:
        >>> from autograd.graph import saved_tensors_hooks
        >>> x, kept = ag.tensor([1.0, 2.0], requires_grad=True), []
        >>> with saved_tensors_hooks(lambda t: kept.append(t) or len(kept) - 1, lambda i: kept[i]):
        ...     y = (x * x).sum()
        >>> y.backward(); len(kept), x.grad
        (2, tensor([2., 4.]))
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook
        self._outer: list[packing.Hooks | None] = []

    def __enter__(self) -> None:
        if refusal := _refusal.get():
            raise RuntimeError(refusal)
        self._outer.append(packing.start((self.pack_hook, self.unpack_hook)))

    def __exit__(self, *exc: object) -> None:
        packing.stop(self._outer.pop())


class save_on_cpu(saved_tensors_hooks):
    """Inside, what is kept for backward lies in the host's memory, and is copied back when backward needs it.

    Args:
        pin_memory: in page-locked memory, from which copies run beside the kernels.
        device_type: accepted; every tensor returns to its own device.

    Example:
        >>> from autograd.graph import save_on_cpu
        >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> with save_on_cpu():
        ...     y = (x * x).sum()
        >>> y.backward(); x.grad
        tensor([2., 4.])
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        def pack(t: Any) -> tuple[Any, Any]:
            host = t.cpu()
            return t.device, host.pin_memory() if pin_memory and t.is_cuda else host

        super().__init__(pack, lambda kept: kept[1].to(kept[0], non_blocking=pin_memory))


class allow_mutation_on_saved_tensors(saved_tensors_hooks):
    """Inside, tensors that backward needs may be written in place: backward has copies, made when they are kept.

    Example:
        >>> from autograd.graph import allow_mutation_on_saved_tensors
        >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> with allow_mutation_on_saved_tensors():
        ...     y = x.clone(); z = (y**2).sum(); _ = y.zero_()
        >>> z.backward(); x.grad
        tensor([2., 4.])
    """

    def __init__(self) -> None:
        super().__init__(lambda t: t.clone(), lambda t: t)


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Inside, ``saved_tensors_hooks`` raises.

    Args:
        error_message: the text of the RuntimeError.

    Returns:
        A context manager.

    Example:
        >>> from autograd.graph import disable_saved_tensors_hooks, save_on_cpu
        >>> with disable_saved_tensors_hooks("not here"), save_on_cpu():
        ...     pass
        Traceback (most recent call last):
        RuntimeError: not here
    """
    token = _refusal.set(error_message)
    try:
        yield
    finally:
        _refusal.reset(token)


class GradientEdge(NamedTuple):
    """Where in the graph the gradient of a tensor arrives.

    Attributes:
        node: the node that it enters.
        output_nr: for which of the node's outputs.
        ownership_token: None.

    Example:
        >>> from autograd.graph import GradientEdge
        >>> GradientEdge(None, 0).output_nr
        0
    """

    node: Any
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """Where in the graph the gradient of a tensor arrives.

    Args:
        tensor: one that requires grad.

    Returns:
        Its node, and the index of the output.

    Raises:
        GraphError: the tensor does not require grad.

    Example:
        >>> from autograd.graph import get_gradient_edge
        >>> get_gradient_edge(ag.ones(2, requires_grad=True).exp()).node.name()
        'expBackward'
    """
    node = refresh(tensor)
    if node is None:
        raise GraphError(
            "get_gradient_edge: expected a tensor that requires grad. Call requires_grad_() on a leaf before"
        )
    return GradientEdge(node, getattr(node, "index", 0))


def increment_version(tensor: Any) -> None:
    """Notes that the memory of tensors was written by something that the engine does not see.

    Args:
        tensor: one, or an iterable of them.

    Example:
        >>> from autograd.graph import increment_version
        >>> x = ag.ones(2); increment_version(x); x._version
        1
    """
    for t in [tensor] if isinstance(tensor, Variable) else tensor:
        t.stamp[0], t.stamp[1] = tick(), "increment_version"
        last_write[0] = t.stamp[0]
        t.stamp[2] += 1


class _Handles:
    """The handles of one hook on several tensors."""

    def __init__(self, handles: Sequence[Handle]) -> None:
        self._handles = handles

    def remove(self) -> None:
        """Takes the hook away from all of them."""
        for handle in self._handles:
            handle.remove()

    def __enter__(self) -> _Handles:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


def register_multi_grad_hook(
    tensors: Sequence[Any], fn: Callable[[Any], None], *, mode: Literal["all", "any"] = "all"
) -> _Handles:
    """Calls a function when the gradients of several tensors have been computed.

    Args:
        tensors: that require grad.
        fn: ``fn([gradients])`` once those of all tensors are there; with mode "any", ``fn(gradient)`` of the first.
        mode: "all" or "any". A backward that reaches only some of the tensors calls nothing under "all".

    Returns:
        A handle with ``remove()``.

    Raises:
        ValueError: another mode.

    Example:
        >>> from autograd.graph import register_multi_grad_hook
        >>> a, b = ag.tensor(2.0, requires_grad=True), ag.tensor(3.0, requires_grad=True)
        >>> handle = register_multi_grad_hook([a, b], print)
        >>> (a * b).backward()
        [tensor(3.), tensor(2.)]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"register_multi_grad_hook: expected mode 'all' or 'any', got {mode!r}")
    arrived: dict[int, Any] = {}

    def hook_of(i: int) -> Callable[[Any], None]:
        def hook(g: Any) -> None:
            if i in arrived:  # another backward has begun
                arrived.clear()
            arrived[i] = g
            if mode == "any" and len(arrived) == 1:
                fn(g)
            if len(arrived) == len(tensors):
                found = [arrived[at] for at in range(len(tensors))]
                arrived.clear()
                if mode == "all":
                    fn(found)

        return hook

    return _Handles([add_hook(refresh(t), hook_of(i)) for i, t in enumerate(tensors)])
