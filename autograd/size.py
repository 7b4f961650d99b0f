"""The type of a shape."""

from __future__ import annotations


class Size(tuple[int, ...]):
    """A shape: a tuple of ints that prints and counts as ``torch.Size``.

    Example:
        >>> ag.zeros(2, 3).shape.numel()
        6
    """

    def __repr__(self) -> str:
        return f"Size({list(self)})"

    def numel(self) -> int:
        """The product of the sizes."""
        count = 1
        for n in self:
            count *= n
        return count
