"""Rows of a table looked up by number, and numbers as one-hot vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.formats import rows
from autograd.op import op, wrap, written

if TYPE_CHECKING:
    from autograd.tensor import Tensor


@op
def _rows(be: Any, table: Any, index: Any) -> Any:
    return be.gather_rows(table, index)  # (R,D), (*) -> (*,D)


@op
def _rows_added(be: Any, x: Any, index: Any, *, rows: int) -> Any:
    return be.scatter_rows(be.reshape(x, (index.size, x.shape[-1])), index.reshape(-1), rows)  # (*,D), (*) -> (R,D)


_rows.grad(table=lambda g, index, table_shape: _rows_added(g, index, rows=table_shape[0]))
_rows_added.grad(x=lambda g, index, **_: _rows(g, index))


@op
def _gradient_scale(be: Any, g: Any, index: Any, *, rows: int, skip: int, by_frequency: bool) -> Any:
    """What each looked-up row's gradient is multiplied by: 0 at the row ``skip``, else 1 or 1 / how often it occurs."""
    scale = (index != skip).astype(g.dtype)[..., None]
    if by_frequency:
        counts = be.scatter_rows(be.xp.ones((index.size, 1), "float64"), index.reshape(-1), rows)
        scale = scale / be.gather_rows(counts, index).astype(g.dtype)
    return scale


@op
def _scaled_rows(be: Any, table: Any, index: Any, *, skip: int, by_frequency: bool) -> Any:
    return be.gather_rows(table, index)


_scaled_rows.grad(
    table=lambda g, index, table_shape, **how: _rows_added(
        g * _gradient_scale(g, index, rows=table_shape[0], **how), index, rows=table_shape[0]
    )
)


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of a table: y[..., :] = weight[input[...], :].

    Args:
        input: row numbers (*), integers.
        weight: the table (R,D).
        padding_idx: a row that gets no gradient; negative ones count from the end.
        max_norm: looked-up rows longer than this are first shortened to it, in place and outside the graph.
        norm_type: p of the norm that measures length.
        scale_grad_by_freq: divide each row's gradient by how often the row occurs in ``input``.
        sparse: accepted; gradients are dense.

    Returns:
        (*,D).

    Raises:
        DtypeError: row numbers that are no integers.
        ShapeError: a table of another number of axes.
        IndexError: a row that is not there.

    Example:
        >>> F.embedding(ag.tensor([2, 0]), ag.tensor([[1.0], [2.0], [3.0]]))
        tensor([[3.],
                [1.]])
    """
    index, table = input.raw, weight.raw
    if index.dtype.kind not in "iu":
        raise DtypeError(f"embedding: expected row numbers of an integer dtype, got {input.dtype}. Cast with .long()")
    if table.ndim != 2:
        raise ShapeError(f"embedding: expected weight (rows, features), got {table.shape}")
    rows = table.shape[0]
    if not input.is_cuda and (wrong := input.backend.check_positions(index, 0, rows)) is not None:
        raise IndexError(
            f"embedding: expected row numbers in [0, {rows - 1}] to match weight {table.shape}, got {wrong}"
        )
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise IndexError(f"embedding: expected padding_idx in [{-rows}, {rows - 1}], got {padding_idx}")
    if max_norm is not None:
        _shorten(weight, index, max_norm, norm_type)
    places = wrap(index.astype("int64", copy=False), input.backend)
    if padding_idx is None and not scale_grad_by_freq:
        y: Tensor = _rows(weight, places)
    else:
        skip = -1 if padding_idx is None else padding_idx % rows
        y = _scaled_rows(weight, places, skip=skip, by_frequency=scale_grad_by_freq)
    return y


def _shorten(weight: Tensor, index: Any, max_norm: float, norm_type: float) -> None:
    """Rows that are looked up brought to length ``max_norm``, where they are longer."""
    xp = weight.backend.xp
    used = xp.unique(index)
    length = (abs(weight.raw[used]) ** norm_type).sum(1, keepdims=True) ** (1 / norm_type)
    weight.raw[used] *= xp.where(length > max_norm, max_norm / (length + 1e-7), 1).astype(weight.raw.dtype)
    written(weight, "embedding (max_norm)", None, track=False)


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Rows of a table looked up in bags, and each bag's rows added up, averaged or their maximum taken.

    Args:
        input: row numbers (B,N), a bag each row; or (M,), with ``offsets``.
        weight: the table (R,D).
        offsets: (B,), where each bag begins in ``input``.
        max_norm, norm_type, scale_grad_by_freq, sparse: as for ``embedding``.
        mode: "sum", "mean" or "max"; an empty bag gives zeros.
        per_sample_weights: factors like ``input`` on the rows, for "sum".
        include_last_offset: the last of ``offsets`` is no bag, but where the last bag ends.
        padding_idx: a row that does not count.

    Returns:
        (B,D).

    Raises:
        ShapeError: input, offsets or factors that do not fit each other.
        DtypeError: row numbers that are no integers.
        ValueError: another mode, or factors with "mean" or "max".

    Example:
        >>> table = ag.tensor([[1.0], [2.0], [4.0]])
        >>> F.embedding_bag(ag.tensor([0, 2, 1]), table, ag.tensor([0, 2]), mode="sum")
        tensor([[5.],
                [2.]])
    """
    if mode not in ("sum", "mean", "max"):
        raise ArgumentError(f'embedding_bag: expected mode "sum", "mean" or "max", got {mode!r}')
    if per_sample_weights is not None and mode != "sum":
        raise ArgumentError(f'embedding_bag: expected per_sample_weights with mode "sum" only, got it with {mode!r}')
    if per_sample_weights is not None and per_sample_weights.shape != input.shape:
        raise ShapeError(
            f"embedding_bag: expected per_sample_weights {tuple(input.shape)}, got {tuple(per_sample_weights.shape)}"
        )
    be = input.backend
    bags, count = _bags(input, offsets, include_last_offset)
    places, factors = input.reshape(-1), per_sample_weights
    factors = None if factors is None else factors.reshape(-1)
    if padding_idx is not None:
        (kept,) = (places.raw != padding_idx % weight.raw.shape[0]).nonzero()
        places, bags = wrap(places.raw[kept], be), bags[kept]
        factors = None if factors is None else factors[wrap(kept, be)]
    rows = embedding(places, weight, None, max_norm, norm_type, scale_grad_by_freq)
    if mode == "max":
        empty = rows.new_zeros((count, rows.shape[1]))
        return empty.index_reduce(0, wrap(bags, be), rows, "amax", include_self=False)
    if factors is not None:
        rows = rows * factors.unsqueeze(1)
    y: Tensor = _rows_added(rows, wrap(bags, be), rows=count)
    if mode == "mean":
        sizes = be.xp.bincount(bags, minlength=count).clip(1, None)[:, None]
        y = y / wrap(be.asarray(sizes, y.raw.dtype), be)
    return y


def _bags(input: Tensor, offsets: Tensor | None, include_last: bool) -> tuple[Any, int]:
    """The bag of each row number, and how many bags there are."""
    xp, shape = input.backend.xp, input.raw.shape
    if len(shape) == 2 and offsets is None:
        return xp.repeat(xp.arange(shape[0]), shape[1]), shape[0]
    if len(shape) != 1 or offsets is None or offsets.raw.ndim != 1:
        got = "none" if offsets is None else tuple(offsets.raw.shape)
        raise ShapeError(
            f"embedding_bag: expected input (B,N), or (M,) with offsets (B,), got {shape} and offsets {got}"
        )
    starts = offsets.raw[:-1] if include_last else offsets.raw
    return xp.searchsorted(starts, xp.arange(shape[0]), side="right") - 1, starts.shape[0]


@op
def _one_hot(be: Any, x: Any, *, classes: int) -> Any:
    return (rows(x)[..., None] == be.xp.arange(classes)).astype("int64")


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Class numbers as vectors that are 1 at the class and 0 elsewhere.

    Args:
        tensor: class numbers (*), integers.
        num_classes: C; -1 for the largest number + 1, for which a GPU must be waited for.

    Returns:
        (*,C), int64.

    Raises:
        DtypeError: numbers that are no integers.
        ValueError: a negative number, one too large (with ``num_classes`` on the CPU only: a GPU gives zeros for it), or
            nothing to count from.

    Example:
        >>> F.one_hot(ag.tensor([0, 2]))
        tensor([[1, 0, 0],
                [0, 0, 1]])
    """
    raw = tensor.raw
    if raw.dtype.kind not in "iu":
        raise DtypeError(f"one_hot: expected class numbers of an integer dtype, got {tensor.dtype}. Cast with .long()")
    if not raw.size and num_classes < 1:
        raise ArgumentError(f"one_hot: expected num_classes of at least 1 for an empty tensor, got {num_classes}")
    classes = num_classes
    if num_classes == -1 or not tensor.is_cuda:
        low, high = (int(raw.min()), int(raw.max())) if raw.size else (0, 0)
        classes = high + 1 if num_classes == -1 else num_classes
        if low < 0 or (raw.size and high >= classes):
            raise ArgumentError(
                f"one_hot: expected class numbers in [0, {classes - 1}], got numbers from {low} to {high}"
            )
    y: Tensor = _one_hot(tensor, classes=classes)
    return y
