"""Windows of spectra."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.errors import DtypeError

WINDOWS = {
    "hann_window": ({},),
    "hamming_window": ({}, {"alpha": 0.5, "beta": 0.4}),
    "blackman_window": ({},),
    "bartlett_window": ({},),
    "kaiser_window": ({}, {"beta": 5.0}),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_windows_are_torchs(torch, name: str) -> None:
    for options in WINDOWS[name]:
        for n in (0, 1, 2, 5, 8):
            for periodic in (True, False):
                ours, theirs = (getattr(lib, name)(n, periodic, dtype=lib.float64, **options) for lib in (ag, torch))
                np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-12)
    assert getattr(ag, name)(4).dtype is ag.float32
    with pytest.raises(DtypeError, match=f"{name}: expected a floating dtype, got autograd.int64"):
        getattr(ag, name)(4, dtype=ag.int64)
    with pytest.raises(ValueError, match=f"{name}: expected window_length >= 0, got -1"):
        getattr(ag, name)(-1)


def test_a_signal_comes_back(torch) -> None:
    """Through spectra of any frames, and the gradient through both; zeros where there are no frames."""
    x = ag.randn(2, 50, dtype=ag.float64, requires_grad=True)
    for n_fft, hop, win in ((8, 2, 8), (9, 3, 7), (16, 5, 12)):
        window = ag.hann_window(win, dtype=ag.float64)
        spectra = x.stft(n_fft, hop, win, window, return_complex=True)
        back = spectra.istft(n_fft, hop, win, window, length=50)
        reached = n_fft // 2 + hop * ((50 // hop) - 1)
        np.testing.assert_allclose(back.detach().numpy()[:, :reached], x.detach().numpy()[:, :reached], atol=1e-12)
    spectra.abs().pow(2).sum().backward()
    assert x.grad.shape == (2, 50)
    with pytest.warns(UserWarning, match="istft: the frames give 54 elements; zeros fill up to length=60"):
        padded = ag.istft(ag.ones(5, 26, dtype=ag.complex64), 8, window=ag.hann_window(8), length=60)
    assert padded.shape == (60,) and padded[-1].item() == 0
