"""Batching a function written for one example."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from autograd.errors import ShapeError
from autograd.node import Variable
from autograd.ops.joining import stack
from autograd.random import default_generator
from autograd.utils.tree import tree_flatten, tree_leaves, tree_prefix


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that applies ``func`` to every example of a batch: what ``torch.vmap`` computes, not its speed.

    It is a loop over the batch and a ``stack`` of the results, so every operation, branch on values and nested
    transformation inside ``func`` just works, at the cost of one call per example. Gradients flow through.

    Args:
        func: takes and returns structures of tensors, for one example.
        in_dims: the axis of each argument that counts the examples, None for an argument that is the same for all: an
            int for all arguments, or a tuple with one entry per argument (an int, None, or a structure like the argument's).
            Arguments by name are split along axis 0.
        out_dims: the axis of the results that counts the examples: an int, or a structure like the output's; None for a
            result that is the same for all, of which the first is returned.
        randomness: "error": drawing random numbers raises; "different": every example draws its own; "same": all draw
            the same ones.
        chunk_size: accepted; the examples are computed one by one.

    Returns:
        A function of batched arguments. An output of shape s becomes s with the batch size inserted at ``out_dims``.

    Raises:
        ValueError: ``in_dims`` fits no argument, or is None for all; another ``randomness``.
        ShapeError: batch sizes differ, or are zero.
        RuntimeError: random numbers were drawn under ``randomness="error"``.

    Example:
        >>> from autograd.func import vmap
        >>> x, w = ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([1.0, 10.0])
        >>> vmap(lambda row, w: (row * w).sum(), in_dims=(0, None))(x, w)
        tensor([21., 43.])
    """
    if randomness not in ("error", "different", "same"):
        raise ValueError(f"vmap: expected randomness to be 'error', 'different' or 'same', got {randomness!r}")

    @functools.wraps(func)
    def batched(*args: Any, **kwargs: Any) -> Any:
        leaves, rebuild = tree_flatten((args, kwargs))
        dims = _per_leaf("in_dims", in_dims, args)
        dims += [0] * (len(leaves) - len(dims))
        size = _batch_size(leaves, dims)
        parts = [[leaf] * size if d is None else leaf.unbind(d) for leaf, d in zip(leaves, dims, strict=True)]
        generator = default_generator()
        state = generator.get_state()
        results = []
        for example in zip(*parts, strict=True):
            if randomness == "same":
                generator.set_state(state)
            one, named = rebuild(list(example))
            results.append(func(*one, **named))
            if randomness == "error" and generator.get_state().tolist() != state.tolist():
                raise RuntimeError(
                    "vmap: expected a function without random numbers, got one that draws them. "
                    "Pass randomness='different' or randomness='same'"
                )
        _, rebuild = tree_flatten(results[0])
        columns = zip(*map(tree_leaves, results), strict=True)
        dims = _per_leaf("out_dims", out_dims, results[0])
        return rebuild(
            [column[0] if d is None else _stacked(column, d) for column, d in zip(columns, dims, strict=True)]
        )

    return batched


def _per_leaf(name: str, dims: Any, tree: Any) -> list[Any]:
    """The entry of ``in_dims`` or ``out_dims`` for every leaf."""
    try:
        found = tree_prefix(dims, tree)
    except ValueError as e:
        raise ValueError(f"vmap: {name} does not fit: {e}") from None
    for d in found:
        if not isinstance(d, int) and d is not None:
            raise ValueError(f"vmap: expected ints in {name}, got {d!r}")
    return found


def _batch_size(leaves: Sequence[Any], dims: Sequence[int | None]) -> int:
    sizes = set()
    for leaf, d in zip(leaves, dims, strict=True):
        if d is None:
            continue
        if not isinstance(leaf, Variable):
            raise ValueError(
                f"vmap: expected a tensor to split along axis {d}, got {type(leaf).__name__}. Give it in_dims None"
            )
        if not -leaf.raw.ndim <= d < leaf.raw.ndim:
            raise IndexError(f"vmap: expected an axis of shape {tuple(leaf.raw.shape)} in in_dims, got {d}")
        sizes.add(leaf.raw.shape[d])
    if not sizes:
        raise ValueError("vmap: expected at least one tensor with an axis to split, got None for all in in_dims")
    if len(sizes) > 1 or 0 in sizes:
        raise ShapeError(f"vmap: expected one batch size of at least 1, got {sorted(sizes)}")
    return int(sizes.pop())


def _stacked(column: Sequence[Any], dim: int) -> Any:
    for y in column:
        if not isinstance(y, Variable):
            raise TypeError(f"vmap: expected the function to return tensors, got {type(y).__name__}")
    return stack(list(column), dim)
