"""A table of vectors as a layer."""

from __future__ import annotations

from typing import Any, Self

import autograd as ag
from autograd.errors import ShapeError
from autograd.grad_mode import no_grad
from autograd.tensor import Tensor
from nn import functional as F
from nn import init
from nn.module import Module
from nn.parameter import Parameter
from nn.registration import registered

__all__ = ["Embedding", "EmbeddingBag"]


class Embedding(Module):
    """A table whose rows are looked up by number.

    The table starts normal with mean 0 and variance 1; the row ``padding_idx`` starts with zeros.

    Args:
        num_embeddings, embedding_dim: rows R and width D of the table.
        padding_idx: a row that gets no gradient.
        max_norm: looked-up rows longer than this are shortened to it, in place.
        norm_type: p of the norm that measures length.
        scale_grad_by_freq: divide each row's gradient by how often it was looked up.
        sparse: accepted; gradients are dense.
        _weight, _freeze: the table, and not to train it; see ``from_pretrained``.
        device, dtype: of the table.

    Attributes:
        weight: (R,D).

    Raises:
        IndexError: ``padding_idx`` is no row.

    Example:
        >>> nn.Embedding(10, 3)(ag.tensor([[1, 2], [4, 5]])).shape
        Size([2, 2, 3])
    """

    weight: Parameter = registered()

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise IndexError(f"Embedding: expected padding_idx below {num_embeddings} rows, got {padding_idx}")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse = (
            max_norm, norm_type, scale_grad_by_freq, sparse,
        )  # fmt: skip
        if _weight is None:
            table = ag.empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
            self.weight = Parameter(table, requires_grad=not _freeze)
            self.reset_parameters()
        else:
            if _weight.raw.shape != (num_embeddings, embedding_dim):
                raise ShapeError(
                    f"Embedding: expected weight of shape ({num_embeddings}, {embedding_dim}), got {_weight.raw.shape}"
                )
            self.weight = Parameter(_weight, requires_grad=not _freeze)

    def reset_parameters(self) -> None:
        """Draws a new table."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        defaults = {"padding_idx": None, "max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False}
        changed = [(k, getattr(self, k)) for k, v in defaults.items() if getattr(self, k) != v]
        return text + "".join(f", {k}={v}" for k, v in changed) + (", sparse=True" if self.sparse else "")

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """A layer around a table that is there already.

        Args:
            embeddings: (R,D); its memory is shared.
            freeze: do not train it.
            padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse: as for the class.

        Returns:
            The layer.

        Raises:
            ShapeError: no table.
        """
        if embeddings.raw.ndim != 2:
            raise ShapeError(f"from_pretrained: expected embeddings (rows, features), got {embeddings.raw.shape}")
        rows, width = embeddings.raw.shape
        how = (padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        return cls(rows, width, *how, _weight=embeddings, _freeze=freeze)


class EmbeddingBag(Module):
    """A table whose rows are looked up in bags, which are added up, averaged or their maximum taken.

    Args:
        num_embeddings, embedding_dim: rows R and width D of the table.
        max_norm, norm_type, scale_grad_by_freq, sparse: as for ``Embedding``.
        mode: "sum", "mean" or "max".
        _weight: the table; see ``from_pretrained``.
        include_last_offset: the last offset is where the last bag ends.
        padding_idx: a row that does not count.
        device, dtype: of the table.

    Attributes:
        weight: (R,D), normal with mean 0 and variance 1 at the start; the row ``padding_idx`` zeros.

    Raises:
        IndexError: ``padding_idx`` is no row.

    Example:
        >>> nn.EmbeddingBag(10, 3)(ag.tensor([1, 2, 4, 5, 4]), ag.tensor([0, 2])).shape
        Size([2, 3])
    """

    weight: Parameter = registered()

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise IndexError(f"EmbeddingBag: expected padding_idx below {num_embeddings} rows, got {padding_idx}")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse = (
            max_norm, norm_type, scale_grad_by_freq, sparse,
        )  # fmt: skip
        self.mode, self.include_last_offset = mode, include_last_offset
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        if _weight is None:
            self.weight = Parameter(ag.empty(num_embeddings, embedding_dim, device=device, dtype=dtype))
            self.reset_parameters()
        else:
            if _weight.raw.shape != (num_embeddings, embedding_dim):
                raise ShapeError(
                    f"EmbeddingBag: expected weight of shape ({num_embeddings}, {embedding_dim}), got "
                    f"{_weight.raw.shape}"
                )
            self.weight = Parameter(_weight)

    def reset_parameters(self) -> None:
        """Draws a new table."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode, self.sparse,
            per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        defaults = {"max_norm": None, "norm_type": 2.0, "scale_grad_by_freq": False}
        changed = [(k, getattr(self, k)) for k, v in defaults.items() if getattr(self, k) != v]
        changed.append(("mode", repr(self.mode)))
        if self.padding_idx is not None:
            changed.append(("padding_idx", self.padding_idx))
        return f"{self.num_embeddings}, {self.embedding_dim}" + "".join(f", {k}={v}" for k, v in changed)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """A layer around a table that is there already.

        Args:
            embeddings: (R,D); its memory is shared.
            freeze: do not train it.
            max_norm, norm_type, scale_grad_by_freq, mode, sparse, include_last_offset, padding_idx: as for the class.

        Returns:
            The layer.

        Raises:
            ShapeError: no table.
        """
        if embeddings.raw.ndim != 2:
            raise ShapeError(f"from_pretrained: expected embeddings (rows, features), got {embeddings.raw.shape}")
        rows, width = embeddings.raw.shape
        how = (max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings, include_last_offset, padding_idx)
        layer = cls(rows, width, *how)
        layer.weight.requires_grad_(not freeze)
        return layer
