"""CuPy's functions, with channels-last results of channels-last arrays."""

from __future__ import annotations

import numpy as np
import pytest

from backends.cuda import Cuda
from backends.cuda.layout import is_channels_last


def channels_last(be: Cuda, *shape: int, seed: int = 0) -> tuple[np.ndarray, object]:
    n, c, *s = shape
    a = np.random.default_rng(seed).standard_normal((n, *s, c)).astype("float32")
    return np.moveaxis(a, -1, 1), be.xp.moveaxis(be.asarray(a), -1, 1)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 5), (2, 3, 2, 3, 2)])
def test_the_layout_is_kept(cuda: Cuda, shape: tuple[int, ...]) -> None:
    (a, x), (b, y) = channels_last(cuda, *shape), channels_last(cuda, *shape, seed=1)
    bias = np.arange(3, dtype="float32").reshape(3, *[1] * (len(shape) - 2))
    cases = [
        (cuda.xp.add(x, y), a + b),
        (cuda.xp.add(x, cuda.asarray(np.ascontiguousarray(b))), a + b),
        (cuda.xp.multiply(x, 2.0), a * 2),
        (cuda.xp.subtract(1.0, x), 1 - a),
        (cuda.xp.multiply(x, cuda.asarray(bias)), a * bias),
        (cuda.xp.exp(x), np.exp(a)),
        (cuda.xp.where(x > 0, x, y), np.where(a > 0, a, b)),
        (cuda.xp.clip(x, -0.5, 0.5), a.clip(-0.5, 0.5)),
    ]
    for got, expected in cases:
        assert is_channels_last(got)
        np.testing.assert_allclose(cuda.to_numpy(got), expected, rtol=1e-6)
    mantissa, exponent = cuda.xp.frexp(x)
    assert is_channels_last(mantissa) and is_channels_last(exponent)


def test_everything_else_is_cupys(cuda: Cuda) -> None:
    a = cuda.asarray(np.arange(6.0).reshape(2, 3))
    assert cuda.xp.add(a, a).flags.c_contiguous
    assert cuda.xp.add(a.T, 1).shape == (3, 2)
    out = cuda.xp.empty((2, 3))
    assert cuda.xp.add(a, 1, out=out) is out
    assert cuda.xp.add.reduce(a).shape == (3,)
    assert isinstance(a, cuda.xp.ndarray)
    x = cuda.xp.zeros((2, 4, 5, 3)).transpose(0, 3, 1, 2)
    small = cuda.xp.add(x[:1, :, :1, :1], cuda.xp.ones((2, 3, 4, 5)))  # the larger one decides
    assert small.flags.c_contiguous
    with pytest.raises(AttributeError):
        cuda.xp.no_such_function
