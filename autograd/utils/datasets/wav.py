"""The WAV format: sound as it was sampled."""

from __future__ import annotations

import struct
import warnings
from os import PathLike
from typing import Any

import numpy as np

import autograd as ag


def read_wav(path: str | PathLike[str]) -> tuple[Any, int]:
    """A sound from an uncompressed WAV file.

    Integers of 8 to 32 bits become fractions of the largest, as in ``torchaudio.load``; floats are taken as they are.

    Args:
        path: of the file.

    Returns:
        A float32 tensor (channels, samples), for integer samples in [-1, 1), and the number of samples a second.

    Raises:
        ValueError: not such a file, or a truncated one.

    Example:
        >>> import tempfile
        >>> from scipy.io import wavfile
        >>> from autograd.utils.datasets import read_wav
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     wavfile.write(f"{folder}/a.wav", 8000, np.array([[0, 16384], [-32768, 0]], np.int16))
        ...     read_wav(f"{folder}/a.wav")
        (tensor([[ 0.0000, -1.0000],
                [ 0.5000,  0.0000]]), 8000)
    """
    from scipy.io import wavfile  # takes long to import, and few read sound

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", wavfile.WavFileWarning)
            warnings.filterwarnings("ignore", r"Chunk \(non-data\) not understood", wavfile.WavFileWarning)
            rate, samples = wavfile.read(path)
    except (ValueError, struct.error, UnboundLocalError, wavfile.WavFileWarning) as error:
        reason = "no samples" if isinstance(error, UnboundLocalError) else error  # SciPy's, where a chunk is missing
        raise ValueError(f"read_wav: {path}: expected a whole, uncompressed WAV file, found: {reason}") from error
    if samples.dtype == np.uint8:  # 8 bits alone have no sign: silence is 128
        samples = (samples.astype(np.float32) - 128) / 128
    elif samples.dtype.kind == "i":
        samples = samples / -float(np.iinfo(samples.dtype).min)
    channels = samples[:, None] if samples.ndim == 1 else samples
    return ag.from_numpy(np.ascontiguousarray(channels.T, np.float32)), int(rate)
