"""Sums of products over named axes.

Every call becomes pairwise products: repeated letters take a diagonal, letters that occur only once are summed first,
and then two operands at a time are contracted by one matrix product, in the order that costs least.
"""

from __future__ import annotations

import string
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.node import Variable
from autograd.op import op
from autograd.ops.arguments import axes_of
from autograd.ops.axes import _permute
from autograd.ops.out import into
from autograd.ops.reduction import _sum
from autograd.ops.shape import _reshape
from autograd.ops.views import _diagonal

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# -- two operands -----------------------------------------------------------------------------------------------------


@op(complex="analytic")
def _contract(be: Any, a: Any, b: Any, *, left: str, right: str, kept: str) -> Any:
    """The sum of products: no letter twice in an operand, and each one in the other operand or in the output."""
    batch = [c for c in kept if c in left and c in right]  # in the order of the output, which is then seldom turned
    inner = [c for c in left if c in right and c not in kept]
    rows, columns = [c for c in kept if c not in right], [c for c in kept if c not in left]
    size = dict(zip(left, a.shape, strict=True)) | dict(zip(right, b.shape, strict=True))

    def arranged(x: Any, letters: str, groups: tuple[list[str], list[str]]) -> Any:
        x = x.transpose([letters.index(c) for c in [*batch, *groups[0], *groups[1]]])
        return x.reshape([size[c] for c in batch] + [prod(size[c] for c in group) for group in groups])

    if inner:
        y = be.matmul(arranged(a, left, (rows, inner)), arranged(b, right, (inner, columns)))
    else:  # nothing to sum: a product of elements
        y = arranged(a, left, (rows, [])) * arranged(b, right, ([], columns))
    letters = [*batch, *rows, *columns]
    return y.reshape([size[c] for c in letters]).transpose([letters.index(c) for c in kept])


_contract.grad(
    a=lambda g, b, *, left, right, kept: _contract(g, b, left=kept, right=right, kept=left),
    b=lambda g, a, *, left, right, kept: _contract(g, a, left=kept, right=left, kept=right),
)

# -- reading an equation ----------------------------------------------------------------------------------------------


def _parsed(equation: str, ndims: tuple[int, ...]) -> tuple[list[str], str]:
    """The letters of each operand and of the output; the axes of an ellipsis get letters that the equation leaves free.

    Raises:
        ValueError: the equation cannot be read.
        ShapeError: it does not fit the operands.
    """
    text = equation.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ndims):
        raise ShapeError(f"einsum: expected {len(terms)} operands for {equation!r}, got {len(ndims)}")
    letters = set(text) - set(".,->")
    if not letters <= set(string.ascii_letters) or any(
        t.count(".") not in (0, 3) or ("." in t and "..." not in t) for t in terms
    ):
        raise ArgumentError(f"einsum: expected letters, commas, one ... per operand and one ->, got {equation!r}")
    spread = [n - len(t) + 3 for t, n in zip(terms, ndims, strict=True) if "..." in t]
    for t, n in zip(terms, ndims, strict=True):
        if len(t) != n and not ("..." in t and len(t) - 3 <= n):
            raise ShapeError(f"einsum: expected {t.replace('...', '')!r} to name the axes of its operand, got {n} axes")
    free = "".join(c for c in string.ascii_letters if c not in letters)[: max(spread, default=0)]
    terms = [
        t.replace("...", free[len(free) - (n - len(t) + 3) :] if "..." in t else "")
        for t, n in zip(terms, ndims, strict=True)
    ]
    joined = "".join(terms)
    if not arrow:
        output = free + "".join(sorted(c for c in letters if joined.count(c) == 1))
    output = output.replace("...", free)
    if len(set(output)) != len(output) or not set(output) <= set(joined):
        raise ArgumentError(f"einsum: expected an output of letters of the operands, each once, got {equation!r}")
    return terms, output


def _from_lists(args: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The other way to call it, einsum(x, [0, 1], y, [1, 2], [0, 2]), as an equation and operands."""

    def term(numbers: Any) -> str:
        return "".join("..." if n is Ellipsis else string.ascii_letters[n] for n in numbers)

    pairs = len(args) // 2
    equation = ",".join(term(args[2 * i + 1]) for i in range(pairs))
    return equation + ("->" + term(args[-1]) if len(args) % 2 else ""), tuple(args[2 * i] for i in range(pairs))


@lru_cache(1024)
def _order(terms: tuple[str, ...], output: str, shapes: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]]:
    """Which operands to contract, step by step; results go to the end of the list."""
    if len(terms) < 3:
        return [tuple(range(len(terms)))]
    blanks = [np.broadcast_to(np.float32(0), shape) for shape in shapes]
    path, _ = np.einsum_path(f"{','.join(terms)}->{output}", *blanks, optimize="greedy")
    return path[1:]


# -- public -----------------------------------------------------------------------------------------------------------


def einsum(equation: Any, *operands: Any) -> Tensor:
    """The sum of products of operands whose axes are named by letters.

    Axes with the same letter run together; letters that the output lacks are summed over. A letter twice in one operand
    takes the diagonal; ``...`` stands for any axes, broadcast. Without ``->`` the output has the letters that occur
    once, in alphabetical order.

    Args:
        equation: such as "bij,bjk->bik".
        operands: one tensor per term, of one dtype. Or, in place of an equation, tensors and lists of axis numbers in
            turn, and at the end perhaps the list of the output.

    Returns:
        A tensor with the axes of the output.

    Raises:
        DtypeError: the dtypes differ.
        ShapeError: the operands do not fit the equation or each other.
        ValueError: the equation cannot be read.

    Example:
        >>> x = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> ag.einsum("ij,jk->ik", x, x), ag.einsum("ii", x)
        (tensor([[ 7., 10.],
                [15., 22.]]), tensor(5.))
    """
    if not isinstance(equation, str):
        equation, operands = _from_lists((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    dtypes = {x.raw.dtype for x in operands}
    if len(dtypes) > 1:
        raise DtypeError(f"einsum: expected one dtype, got {' and '.join(sorted(map(str, dtypes)))}. Cast with .to()")
    terms, output = _parsed(equation, tuple(x.raw.ndim for x in operands))
    parts = [_without_repeats(x, term) for x, term in zip(operands, terms, strict=True)]
    parts = _of_one_size(equation, parts)
    parts = [
        _summed(x, term, output + "".join(t for j, (_, t) in enumerate(parts) if j != i))
        for i, (x, term) in enumerate(parts)
    ]
    x, term = _contracted(parts, output)
    return x if term == output else _permute(x, axes=tuple(term.index(c) for c in output))


def _contracted(parts: list[tuple[Any, str]], output: str) -> tuple[Any, str]:
    """The operands, two at a time, in the order that costs least, until one is left."""
    order = _order(tuple(t for _, t in parts), output, tuple(tuple(x.raw.shape) for x, _ in parts))
    for step in order:
        (x, term), *others = [parts[i] for i in step]
        parts = [part for i, part in enumerate(parts) if i not in step]
        while others:
            (y, other), *others = others
            waiting = output + "".join(t for _, t in parts + others)
            kept = "".join(c for c in dict.fromkeys(term + other) if c in waiting)
            kept = output if sorted(kept) == sorted(output) else kept
            x, term = _contract(x, y, left=term, right=other, kept=kept), kept
        parts.append((x, term))
    return parts[0]


def _without_repeats(x: Any, term: str) -> tuple[Any, str]:
    """Letters that occur twice in a term, once: the diagonal of their axes, which becomes the last one."""
    for c in dict.fromkeys(term):
        while term.count(c) > 1:
            i = term.index(c)
            j = term.index(c, i + 1)
            if x.raw.shape[i] != x.raw.shape[j]:
                raise ShapeError(f"einsum: expected equal sizes for {c!r} in {term!r}, got shape {tuple(x.raw.shape)}")
            x = _diagonal(x, offset=0, axis1=i, axis2=j)
            term = term[:i] + term[i + 1 : j] + term[j + 1 :] + c
    return x, term


def _of_one_size(equation: str, parts: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Each letter with one size: axes of size 1 that would have to be broadcast are dropped."""
    size: dict[str, int] = {}
    for x, term in parts:
        for c, n in zip(term, x.raw.shape, strict=True):
            if size.setdefault(c, n) != n:
                if 1 not in (size[c], n):
                    shapes = " and ".join(str(tuple(x.raw.shape)) for x, _ in parts)
                    raise ShapeError(f"einsum: expected one size for {c!r} in {equation!r}, got shapes {shapes}")
                size[c] = n if size[c] == 1 else size[c]
    out = []
    for x, term in parts:
        kept = "".join(c for c, n in zip(term, x.raw.shape, strict=True) if n == size[c])
        out.append((x if kept == term else _reshape(x, shape=tuple(size[c] for c in kept)), kept))
    return out


def _summed(x: Any, term: str, elsewhere: str) -> tuple[Any, str]:
    """The letters that occur nowhere else, summed over."""
    axes = tuple(i for i, c in enumerate(term) if c not in elsewhere)
    return (_sum(x, axes=axes, keepdim=False) if axes else x), "".join(c for c in term if c in elsewhere)


def tensordot(a: Tensor, b: Tensor, dims: Any = 2, out: Any = None) -> Tensor:
    """The sum of products over some axes of both tensors.

    Args:
        a, b: tensors of one dtype.
        dims: how many axes, the last of ``a`` and the first of ``b``; or two lists of axes that go together.
        out: a tensor to write the result into.

    Returns:
        The other axes of ``a`` and then those of ``b``.

    Raises:
        ShapeError: the sizes differ.

    Example:
        >>> ag.tensordot(ag.ones(2, 3, 4), ag.ones(3, 4, 5), 2).shape
        Size([2, 5])
    """
    if isinstance(dims, Variable):
        dims = dims.raw.tolist()
    m, n = a.raw.ndim, b.raw.ndim
    if isinstance(dims, int):
        if not 0 <= dims <= min(m, n):
            raise ShapeError(f"tensordot: expected dims in [0, {min(m, n)}], got {dims}")
        dims = (range(m - dims, m), range(dims))
    first, second = ([d] if isinstance(d, int) else list(d) for d in dims)
    ia, ib = (axes_of("tensordot", d, k) if d else () for d, k in ((first, m), (second, n)))
    pairs = list(zip(ia, ib, strict=False))
    if len(ia) != len(ib) or any(1 not in (p := (a.raw.shape[i], b.raw.shape[j])) and p[0] != p[1] for i, j in pairs):
        raise ShapeError(
            f"tensordot: expected equal sizes along {ia} and {ib}, got {tuple(a.raw.shape)} and {tuple(b.raw.shape)}"
        )
    left, right = list(string.ascii_letters[:m]), list(string.ascii_letters[m : m + n])
    for i, j in pairs:
        right[j] = left[i]
    rest = [c for k, c in enumerate(left) if k not in ia] + [c for k, c in enumerate(right) if k not in ib]
    return into(out, einsum(f"{''.join(left)},{''.join(right)}->{''.join(rest)}", a, b), "tensordot")
