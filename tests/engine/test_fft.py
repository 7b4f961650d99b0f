"""Frequencies of Fourier transforms, and what programs do with them."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.errors import DtypeError


@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_frequencies(torch, name: str, n: int) -> None:
    for kwargs in ({}, {"d": 0.3}, {"dtype": "float64"}):
        ours = getattr(ag.fft, name)(n, **kwargs)
        theirs = getattr(torch.fft, name)(n, **(kwargs | {"dtype": torch.float64} if "dtype" in kwargs else kwargs))
        assert ours.dtype.name in str(theirs.dtype)
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=2e-7)
    assert ag.fft.fftfreq(3, requires_grad=True).requires_grad
    with pytest.raises(DtypeError, match=r"fftfreq: expected a floating or complex dtype, got .*int64"):
        ag.fft.fftfreq(3, dtype=ag.int64)


def test_precision_and_dtype_are_kept() -> None:
    assert ag.fft.fft(ag.ones(4)).dtype is ag.complex64 and ag.fft.irfft(ag.fft.rfft(ag.ones(4))).dtype is ag.float32
    assert ag.fft.fft(ag.arange(4)).dtype is ag.complex64 and ag.fft.rfft(ag.arange(4)).dtype is ag.complex64
    assert ag.fft.fft(ag.ones(4, dtype=ag.float64)).dtype is ag.complex128


def test_spectral_convolution(torch) -> None:
    """A Fourier layer: the lowest frequencies times complex weights, and back."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 8, 8)), rng.standard_normal((3, 2, 4, 3)) + 1j * rng.standard_normal((3, 2, 4, 3))

    def layer(lib, x, w):
        h = lib.fft.rfft2(x)
        out = lib.zeros(2, 2, 8, 5, dtype=lib.complex128)
        out[:, :, :4, :3] = lib.einsum("bixy,ioxy->boxy", h[:, :, :4, :3], w)
        return lib.fft.irfft2(out, s=(8, 8))

    ours = [ag.tensor(a, requires_grad=True) for a in (x, w)]
    theirs = [torch.tensor(a, requires_grad=True) for a in (x, w)]
    y, z = layer(ag, *ours), layer(torch, *theirs)
    np.testing.assert_allclose(y.numpy(force=True), z.detach().numpy(), atol=1e-12)
    (y**2).sum().backward()
    (z**2).sum().backward()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), atol=1e-10)
