"""Drawing the recorded graph, as text in the DOT language of Graphviz. Nothing is needed to write it; ``dot -Tsvg`` draws it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

from autograd.node import Leaf, Output, Variable
from autograd.op import refresh
from autograd.utils.tree import tree_leaves

__all__ = ["make_dot"]

_STYLES = {
    "leaf": 'style=filled, fillcolor="#cfe2f3"',
    "operation": 'style="filled,rounded", fillcolor="#eeeeee"',
    "output": 'style=filled, fillcolor="#d9ead3"',
}
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def make_dot(
    outputs: Any,
    names: Mapping[str, Any] | Iterable[tuple[str, Any]] = (),
    *,
    values: bool = False,
    gradients: bool = False,
    max_elements: int = 16,
) -> str:
    """The graph behind some results as DOT text: from leaves (blue) through operations (grey) to the results (green).

    An operation shows its name and the shape of its result, a leaf its name and shape. A tensor given in ``names`` puts its
    name on the node that made it; its value, and its gradient (for a non-leaf: after ``retain_grad()``), can be shown too.

    Args:
        outputs: a tensor, or a structure of tensors, that were recorded.
        names: names of leaves and of results in between: a dictionary, or pairs such as ``model.named_parameters()``.
        values: show the values of leaves and named tensors.
        gradients: show their gradients.
        max_elements: tensors with more elements than this are not written out.

    Returns:
        The text of a ``digraph``.

    Raises:
        ValueError: nothing was recorded.

    Example:
        >>> from autograd.graphviz import make_dot
        >>> w = ag.tensor(3.0, requires_grad=True)
        >>> print(make_dot(w * 2, {"w": w}))
        digraph {
          graph [rankdir=LR]
          node [shape=box, fontname="monospace"]
          n0 [label="w\\n()", style=filled, fillcolor="#cfe2f3"]
          n1 [label="mul\\n()", style=filled, fillcolor="#d9ead3"]
          n0 -> n1
        }
    """
    ends = [_node(t) for t in tree_leaves(outputs) if isinstance(t, Variable)]
    ends = [node for node in ends if node is not None]
    if not ends:
        raise ValueError(
            "make_dot: expected at least one tensor that requires grad, got none. Was it made under no_grad()?"
        )
    known = {_node(t): (name, t) for name, t in dict(names).items() if _node(t) is not None}
    ids: dict[Any, str] = {}
    lines = ["digraph {", "  graph [rankdir=LR]", '  node [shape=box, fontname="monospace"]']
    edges = []
    for node in _ordered(ends):
        ids[node] = f"n{len(ids)}"
        tensor: Any
        name, tensor = known.get(node, (None, node.variable if isinstance(node, Leaf) else None))
        label = [_title(node, name), str(tuple(node.shape))]
        if tensor is not None:
            label += [f"value = {_numbers(tensor, max_elements)}"] if values else []
            label += [f"gradient = {_numbers(tensor.grad, max_elements)}"] if gradients else []
        kind = "leaf" if isinstance(node, Leaf) else "output" if node in ends else "operation"
        text = "\n".join(label).translate(_ESCAPES)
        lines.append(f'  {ids[node]} [label="{text}", {_STYLES[kind]}]')
        edges += [f"  {ids[parent]} -> {ids[node]}" for parent in node.inputs if parent is not None]
    return "\n".join([*lines, *edges, "}"])


def _node(t: Any) -> Any:
    return t.node if t.alias is None else refresh(t)


def _ordered(ends: list[Any]) -> list[Any]:
    """All nodes behind some, parents first."""
    order = list(dict.fromkeys(ends))
    seen = set(order)
    for node in order:  # grows while it is walked
        for parent in node.inputs:
            if parent is not None and parent not in seen:
                seen.add(parent)
                order.append(parent)
    return sorted(order, key=attrgetter("seq"))


def _title(node: Any, name: str | None) -> str:
    if isinstance(node, Leaf):
        return name or "leaf"
    operation = f"{node.op.name}[{node.index}]" if isinstance(node, Output) else node.op.name
    return f"{name} = {operation}" if name else operation


def _numbers(t: Any, most: int) -> str:
    if t is None:
        return "none"
    if t.numel() > most:
        return f"{t.numel()} numbers"
    rounded: Any = t.detach().tolist()
    return _text(rounded)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
