"""How far draws advance along the random stream. Pure integers, no arrays."""

from __future__ import annotations


def random_blocks(kind: str, n: int, itemsize: int) -> int:
    """Blocks of four words that a draw of ``n`` elements takes; the next draw begins at offset + this.

    Args:
        kind: the kernel: "random_bits", "uniform", "normal", "randint", "permutation" or "dropout".
        n: elements drawn.
        itemsize: of the dtype, in bytes; matters to "uniform" and "normal" only.

    Returns:
        ceil(words / 4).

    Raises:
        KeyError: for another kind.

    Example:
        >>> random_blocks("uniform", 5, 4), random_blocks("uniform", 5, 8), random_blocks("normal", 5, 4)
        (2, 3, 2)
    """
    per_unit = 2 if itemsize == 8 else 1
    words = {
        "random_bits": n,
        "uniform": n * per_unit,
        "normal": (n + n % 2) * per_unit,
        "randint": 2 * n,
        "permutation": 2 * n,
        "dropout": n,
    }
    return -(-words[kind] // 4)
