"""Convolution over 1, 2 or 3 spatial axes as one matrix product per image and group."""

from __future__ import annotations

from math import prod

from backends.geometry import Conv
from backends.protocol import Array, Backend
from backends.reference._precision import narrow, wide
from backends.reference._windows import add_windows, windows


def _columns(be: Backend, x: Array, geo: Conv) -> Array:
    """Windows of x (N,C,*S) as matrices (N, G, C/G*prod(K), prod(OS))."""
    nd, n, c = len(geo.size), x.shape[0], x.shape[1]
    view = windows(be, x, geo)  # (N,C,*OS,*K)
    view = view.transpose(0, 1, *range(2 + nd, 2 + 2 * nd), *range(2, 2 + nd))  # (N,C,*K,*OS)
    return view.reshape(n, geo.groups, c // geo.groups * prod(geo.kernel), prod(geo.out))


def _weights(w: Array, geo: Conv) -> Array:
    """w (O,C/G,*K) as matrices (G, O/G, C/G*prod(K))."""
    return w.reshape(geo.groups, w.shape[0] // geo.groups, w.shape[1] * prod(geo.kernel))


def _outputs(g: Array, geo: Conv) -> Array:
    """g (N,O,*OS) as matrices (N, G, O/G, prod(OS))."""
    return g.reshape(g.shape[0], geo.groups, g.shape[1] // geo.groups, prod(geo.out))


def conv(be: Backend, x: Array, w: Array, b: Array | None, geo: Conv) -> Array:
    """Cross-correlation, plus a bias per output channel.

    y[n,o,i] = b[o] + sum over c,k of w[o,c,k] * x[n,c, i*stride - padding + k*dilation].

    Args:
        x: (N,C,*S).
        w: (O,C/G,*K).
        b: (O,) or None.
        geo: the geometry.

    Returns:
        (N,O,*OS).

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> x, w = np.arange(4.0).reshape(1, 1, 4), np.ones((1, 1, 2))
        >>> geo = Conv.of(x.shape, w.shape, stride=(1,), padding=(0,), dilation=(1,), groups=1)
        >>> Reference(np).conv(x, w, None, geo)
        array([[[1., 3., 5.]]])
    """
    y = be.matmul(_weights(wide(w), geo), _columns(be, wide(x), geo))  # (G,O/G,CK) @ (N,G,CK,L) -> (N,G,O/G,L)
    y = y.reshape(x.shape[0], w.shape[0], *geo.out)
    if b is not None:
        y += b.reshape(-1, *[1] * len(geo.out))
    return narrow(y, x)


def conv_input(be: Backend, g: Array, w: Array, geo: Conv) -> Array:
    """Gradient of ``conv`` with respect to x; also the forward of a transposed convolution.

    Args:
        g: (N,O,*OS).
        w: (O,C/G,*K).
        geo: the geometry of the convolution whose input is asked for.

    Returns:
        (N,C,*S).
    """
    nd, n = len(geo.size), g.shape[0]
    cols = be.matmul(_weights(wide(w), geo).swapaxes(1, 2), _outputs(wide(g), geo))  # (N,G,CK,L)
    cols = cols.reshape(n, w.shape[1] * geo.groups, *geo.kernel, *geo.out)
    cols = cols.transpose(0, 1, *range(2 + nd, 2 + 2 * nd), *range(2, 2 + nd))  # (N,C,*OS,*K)
    return narrow(add_windows(be, cols, geo), g)


def conv_weight(be: Backend, g: Array, x: Array, geo: Conv) -> Array:
    """Gradient of ``conv`` with respect to w.

    Args:
        g: (N,O,*OS).
        x: (N,C,*S).
        geo: the geometry.

    Returns:
        (O,C/G,*K).
    """
    pairs = be.matmul(_outputs(wide(g), geo), _columns(be, wide(x), geo).swapaxes(2, 3))  # (N,G,O/G,CK)
    return narrow(pairs.sum(0).reshape(g.shape[1], x.shape[1] // geo.groups, *geo.kernel), x)
