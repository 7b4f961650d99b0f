"""Samples for ``autograd/ops/spectrogram.py``."""

from __future__ import annotations

import numpy as np

from autograd.errors import DtypeError, ShapeError
from tests.op_samples.record import Error, Op, Sample, uniform

WINDOW = np.array([0.5, 1.0, 2.0, 1.0])
ONE = np.ones(9, "float32")
SPECTRUM = np.ones((3, 5), "complex64")


def signals(rng: np.random.Generator) -> list[Sample]:
    calls = (
        {},
        {"hop_length": 3, "window": WINDOW, "pad_mode": "constant"},
        {"win_length": 2, "window": np.array([1.0, 2.0]), "normalized": True, "pad_mode": "replicate"},
        {"center": False, "onesided": False, "hop_length": 2},
        {"center": False, "win_length": 2, "align_to_window": True, "pad_mode": "constant"},
        {"pad_mode": "circular", "return_complex": False},
    )
    found = [Sample(uniform(rng, (2, 9)), 4, **({"return_complex": True} | kwargs)) for kwargs in calls]
    return [*found, Sample(uniform(rng, (9,)), 5, return_complex=True)]


def spectra(rng: np.random.Generator) -> list[Sample]:
    calls = (
        {},
        {"hop_length": 2, "window": WINDOW, "normalized": True},
        {"win_length": 3, "window": np.array([1.0, 2.0, 1.0]), "length": 3},
        {"center": False, "onesided": True, "window": WINDOW},
    )
    window = np.array([1.0, 0.5, 2.0, 1.0])
    found = [Sample(uniform(rng, (2, 3, 5)) + 1j * uniform(rng, (2, 3, 5)), 4, **kwargs) for kwargs in calls]
    whole = uniform(rng, (4, 3)) + 1j * uniform(rng, (4, 3))
    return [*found, Sample(whole, 4, return_complex=True, window=window), Sample(whole, 4, window=window)]


OPS = [
    Op(
        "stft",
        signals,
        errors=(
            Error(DtypeError, "stft: expected floating or complex numbers, got autograd.int64", np.ones(9, int), 4),
            Error(DtypeError, "stft: expected onesided=False for complex numbers", SPECTRUM, 4, onesided=True),
            Error(
                ShapeError, r"stft: expected a signal of shape \(L,\) or \(B,L\), got \(1, 1, 9\)", ONE[None, None], 4
            ),
            Error(ShapeError, r"stft: expected n_fft in \[1, 9\], got 10", ONE, 10, center=False, return_complex=True),
            Error(
                ShapeError, "stft: expected a signal longer than its padding of 9, got 9", ONE, 18, return_complex=True
            ),
            Error(
                ShapeError,
                r"stft: expected a window of shape \(4,\), got \(9,\)",
                ONE,
                4,
                None,
                None,
                ONE,
                return_complex=True,
            ),
            Error(ValueError, "stft: expected return_complex for a real signal", ONE, 4),
            Error(ValueError, "stft: expected hop_length > 0, got 0", ONE, 4, 0),
            Error(ValueError, r"stft: expected win_length in \[1, 4\], got 5", ONE, 4, win_length=5),
            Error(
                ValueError,
                "stft: expected pad_mode to be one of .*, got 'x'",
                ONE,
                4,
                pad_mode="x",
                return_complex=True,
            ),
            Error(
                ValueError,
                "stft: expected align_to_window with center=False only",
                ONE,
                4,
                align_to_window=True,
                return_complex=True,
            ),
        ),
    ),
    Op(
        "istft",
        spectra,
        dtypes=("float64",),
        errors=(
            Error(DtypeError, "istft: expected complex numbers, as stft gives", ONE[None], 4),
            Error(DtypeError, r"istft: expected all frequencies \(onesided=False\)", SPECTRUM, 4, return_complex=True),
            Error(
                ShapeError,
                r"istft: expected spectra of shape \(F,T\) or \(B,F,T\), not empty, got \(5,\)",
                SPECTRUM[0],
                4,
            ),
            Error(ShapeError, "istft: expected 4 frequencies for n_fft=6, got 3. Are frequencies", SPECTRUM, 6),
            Error(
                ShapeError,
                "istft: expected windows that overlap everywhere",
                SPECTRUM,
                4,
                window=np.zeros(4, "float32"),
            ),
            Error(ValueError, r"istft: expected hop_length in \[1, 4\], got 5", SPECTRUM, 4, 5),
        ),
    ),
]
