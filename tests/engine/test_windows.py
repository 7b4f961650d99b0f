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
    with pytest.raises(ValueError, match=f"{name}: expected a length >= 0, got -1"):
        getattr(ag, name)(-1)


SYMMETRIC = {name: {} for name in ag.signal.windows.__all__} | {
    "exponential": {"tau": 2.0},
    "gaussian": {"std": 1.5},
    "general_cosine": {"a": [0.4, 0.5, 0.1]},
    "kaiser": {"beta": 3.0},
}


@pytest.mark.parametrize("name", SYMMETRIC)
def test_symmetric_windows_are_torchs(torch, name: str) -> None:
    calls = [SYMMETRIC[name]] + ([{"center": 2.0, "sym": False}] if name == "exponential" else [])
    for n in (0, 1, 2, 5, 8):
        for options in [*calls, {"sym": False} | SYMMETRIC[name]]:
            ours, theirs = (getattr(lib.signal.windows, name)(n, dtype=lib.float64, **options) for lib in (ag, torch))
            np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1e-12)


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda w: w.hann(-1), "hann: expected a length >= 0, got -1"),
        (lambda w: w.gaussian(3, std=0), "gaussian: expected std > 0, got 0"),
        (lambda w: w.exponential(3, tau=-1), "exponential: expected tau > 0, got -1"),
        (lambda w: w.exponential(3, center=1.0), "exponential: expected center with sym=False only"),
        (lambda w: w.kaiser(3, beta=-1), "kaiser: expected beta >= 0, got -1"),
        (lambda w: w.general_cosine(3, a=[]), "general_cosine: expected at least one weight, got none"),
    ],
)
def test_windows_that_there_are_not(call, text) -> None:
    with pytest.raises(ValueError, match=text):
        call(ag.signal.windows)


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
