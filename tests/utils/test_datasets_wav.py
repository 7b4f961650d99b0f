"""Sound files: every width of a sample, channels, and damaged ones."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

import autograd as ag
from autograd.utils.datasets import read_wav

SAMPLES = [0.0, 0.5, -1.0, 0.25]


def wav(data: bytes, bits: int, channels: int = 1, tag: bytes = b"data", code: int = 1) -> bytes:
    """A WAV file of 8,000 samples a second."""
    width = channels * bits // 8
    form = struct.pack("<IHHIIHH", 16, code, channels, 8000, 8000 * width, width, bits)
    body = b"WAVEfmt " + form + tag + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("bits", (8, 16, 24, 32))
def test_integers_become_fractions(bits: int, tmp_path: Path) -> None:
    whole = [int(x * (1 << bits - 1)) + (128 if bits == 8 else 0) for x in SAMPLES]
    data = b"".join(n.to_bytes(bits // 8, "little", signed=bits > 8) for n in whole)
    (tmp_path / "a.wav").write_bytes(wav(data, bits))
    sound, rate = read_wav(tmp_path / "a.wav")
    assert (sound.dtype, sound.tolist(), rate) == (ag.float32, [SAMPLES], 8000)


@pytest.mark.parametrize("dtype", (np.int16, np.float32, np.float64))
def test_channels_come_first(dtype: type, tmp_path: Path) -> None:
    stereo = np.array([SAMPLES, SAMPLES[::-1]]).T
    scale = 1 << 15 if dtype is np.int16 else 1
    wavfile.write(tmp_path / "a.wav", 44100, (stereo * scale).astype(dtype))
    sound, rate = read_wav(str(tmp_path / "a.wav"))
    assert (sound.tolist(), rate, sound.is_contiguous()) == (stereo.T.tolist(), 44100, True)
    sound += 1  # nobody else's memory


def test_other_chunks_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(b"\0\x40", 16) + b"odd " + struct.pack("<I", 4) + b"abcd")
    assert read_wav(tmp_path / "a.wav")[0].tolist() == [[0.5]]


GOOD = wav(bytes(12), 16)
DAMAGED = [
    (b"", "File format b'' not understood"),
    (b"PK\3\4" + GOOD[4:], r"File format b'PK\\x03\\x04' not understood"),
    (GOOD[:8] + b"AVI " + GOOD[12:], "Not a WAV file"),
    (GOOD[:20], "requires a buffer of 16 bytes"),
    (GOOD[:36], "Unexpected end of file"),
    (GOOD[:-4], "Reached EOF prematurely"),
    (GOOD[:-3], "Reached EOF prematurely"),
    (wav(bytes(12), 16, tag=b"LIST"), "no samples"),
    (wav(bytes(12), 16, code=7), "MULAW"),
]


@pytest.mark.parametrize("content, text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file(content: bytes, text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"expected a whole, uncompressed WAV file, found: .*{text}") as e:
        read_wav(path)
    assert str(e.value).startswith(f"read_wav: {path}: ")
