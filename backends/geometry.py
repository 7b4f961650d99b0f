"""Shape arithmetic of windows: convolution, pooling, unfolding. Pure integers, no arrays.

Letters used in shape comments everywhere: N batch, C channels in, O channels out, G groups,
S the spatial sizes (D,H,W), K the kernel sizes, OS the output sizes.
"""

from __future__ import annotations

from typing import NamedTuple

Sizes = tuple[int, ...]


def window_count(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool = False) -> int:
    """Number of window positions along one axis.

    floor((size + 2*padding - dilation*(kernel-1) - 1) / stride) + 1. With ``ceil`` the division rounds up, but a
    last window that would start in the right padding is dropped.

    Args:
        size, kernel, stride, padding, dilation: along this axis, in elements.
        ceil: round up.

    Returns:
        The count; zero or negative when the window does not fit.

    Example:
        >>> window_count(5, 3, 2, 1, 1), window_count(6, 3, 2, 0, 1), window_count(6, 3, 2, 0, 1, ceil=True)
        (3, 2, 3)
    """
    span = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil:
        return span // stride + 1
    count = -(-span // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count


class Conv(NamedTuple):
    """Geometry of one convolution: x (N,C,*size), w (O,C/groups,*kernel) -> y (N,O,*out).

    Example:
        >>> Conv.of((2, 3, 8, 8), (4, 3, 3, 3), stride=(2, 2), padding=(1, 1), dilation=(1, 1), groups=1).out
        (4, 4)
    """

    size: Sizes
    kernel: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes
    groups: int
    out: Sizes

    @classmethod
    def of(cls, x_shape: Sizes, w_shape: Sizes, *, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int) -> Conv:
        """Geometry from the shapes of input and weight; the output size follows."""
        size, kernel = tuple(x_shape[2:]), tuple(w_shape[2:])
        out = tuple(map(window_count, size, kernel, stride, padding, dilation))
        return cls(size, kernel, stride, padding, dilation, groups, out)


class Pool(NamedTuple):
    """Geometry of one pooling (or unfolding): x (N,C,*size) -> y (N,C,*out).

    ``count_include_pad`` and ``divisor`` (0: the window's own count) matter to averages only.

    Example:
        >>> Pool.of((2, 3, 6, 6), kernel=(3, 3), stride=(2, 2), padding=(0, 0), dilation=(1, 1), ceil=True).out
        (3, 3)
    """

    size: Sizes
    kernel: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes
    out: Sizes
    count_include_pad: bool = True
    divisor: int = 0

    @classmethod
    def of(
        cls,
        x_shape: Sizes,
        *,
        kernel: Sizes,
        stride: Sizes,
        padding: Sizes,
        dilation: Sizes,
        ceil: bool = False,
        count_include_pad: bool = True,
        divisor: int = 0,
    ) -> Pool:
        """Geometry from the input's shape; the output size follows."""
        size = tuple(x_shape[2:])
        counts = (window_count(*axis, ceil=ceil) for axis in zip(size, kernel, stride, padding, dilation, strict=True))
        return cls(size, kernel, stride, padding, dilation, tuple(counts), count_include_pad, divisor)


def adaptive_bounds(size: int, out: int) -> list[tuple[int, int]]:
    """Start and end of each adaptive-pooling window along one axis: [floor(i*size/out), ceil((i+1)*size/out)).

    Example:
        >>> adaptive_bounds(5, 3)
        [(0, 2), (1, 4), (3, 5)]
    """
    return [(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]
