"""Products of matrices."""

from __future__ import annotations

from math import prod

from backends.protocol import Array, Backend


def matmul(be: Backend, a: Array, b: Array) -> Array:
    """The matrix product c[..., m, n] = sum over k of a[..., m, k] * b[..., k, n].

    Args:
        a: (*B,M,K), or (K,) for a row; any dtype.
        b: (*B,K,N), or (K,) for a column; of the dtype of ``a``. The axes *B of both broadcast.

    Returns:
        (*B,M,N) without the axis of an operand that is a vector, of the operands' dtype; sums of float16 are kept in
        float32.

    Raises:
        ValueError: the inner sizes differ, the batch axes do not broadcast, or an operand is 0-d.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).matmul(np.array([[1, 2], [3, 4]]), np.array([1, 1]))
        array([3, 7])
    """
    if a.dtype.char == "e":
        return be.xp.matmul(a.astype("float32"), b.astype("float32")).astype(a.dtype)
    return be.xp.matmul(a, b)


def linear(be: Backend, x: Array, w: Array, b: Array | None) -> Array:
    """y[..., o] = sum over i of x[..., i] * w[o, i], plus b[o].

    Args:
        x: (*,I).
        w: (O,I).
        b: (O,), () or None.

    Returns:
        (*,O).

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).linear(np.array([1.0, 2.0]), np.array([[1.0, 1.0], [0.0, 3.0]]), np.array([0.5, 0.0]))
        array([3.5, 6. ])
    """
    y = be.matmul(_rows(x), w.T)  # (M,I) (I,O) -> (M,O)
    if b is not None:
        y += b
    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], w.shape[0])


def linear_grad(
    be: Backend, g: Array, x: Array, w: Array, needs: tuple[bool, ...]
) -> tuple[Array | None, Array | None, Array | None]:
    """Gradients of ``linear``: g w, g^T x and the sum of g over all axes but the last.

    Args:
        g: (*,O).
        x, w: as of ``linear``.
        needs: which of the three are computed.

    Returns:
        (*,I), (O,I) and (O,); None for what is not needed.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> g, x, w = np.ones((2, 1)), np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0]])
        >>> Reference(np).linear_grad(g, x, w, (True, True, False))
        (array([[5., 6.],
               [5., 6.]]), array([[4., 6.]]), None)
    """
    rows = _rows(g)
    return (
        be.linear(g, w.T, None) if needs[0] else None,
        be.matmul(rows.T, _rows(x)) if needs[1] else None,  # (O,M) (M,I) -> (O,I)
        be.channel_sum(rows) if needs[2] else None,
    )


def _rows(a: Array) -> Array:
    """(*,N) as (M,N); M is computed, as -1 is not known without elements."""
    return a if a.ndim == 2 else a.reshape(prod(a.shape[:-1]), a.shape[-1])
