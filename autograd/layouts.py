"""How the elements of a tensor are kept: ``strided``, or, of a ``SparseTensor``, ``sparse_coo`` or ``sparse_csr``."""

from __future__ import annotations


class layout:
    """A way to keep elements, as ``torch.layout``.

    Args:
        name: such as "strided".

    Example:
        >>> ag.ones(2).layout is ag.strided, ag.strided
        (True, autograd.strided)
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"autograd.{self._name}"

    def __reduce__(self) -> str:
        return self._name


strided = layout("strided")
sparse_coo = layout("sparse_coo")
sparse_csr = layout("sparse_csr")
