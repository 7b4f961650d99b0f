"""How the elements of a tensor are kept: ``strided``, the only layout here."""

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
