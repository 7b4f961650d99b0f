"""Spectra of the frames of a signal, and the signal again from them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from autograd.dtypes import FLOAT
from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.op import wrap
from autograd.ops.axes import _permute
from autograd.ops.complex import view_as_real
from autograd.ops.fourier import fft, ifft, irfft, rfft
from autograd.ops.joining import cat
from autograd.ops.rearrange import flip
from autograd.ops.shape import expand
from autograd.ops.views import _slice, _unslice, _unwindow, _windows

if TYPE_CHECKING:
    from autograd.tensor import Tensor

_MODES = ("constant", "reflect", "replicate", "circular")
_NO_OVERLAP = 1e-11  # squares of windows that add up to less cannot be divided by


def _padded(name: str, x: Any, pad: int, mode: str) -> Any:
    """The signal (*,L) with ``pad`` elements more at both ends."""
    n = x.raw.shape[-1]
    if mode not in _MODES:
        raise ArgumentError(f"{name}: expected pad_mode to be one of {', '.join(_MODES)}, got {mode!r}")
    if not pad:
        return x
    if mode == "constant":
        return _unslice(x, index=(..., slice(pad, pad + n)), shape=(*x.raw.shape[:-1], n + 2 * pad))
    if pad > n - (mode == "reflect"):
        raise ShapeError(
            f"{name}: expected a signal longer than its padding of {pad}, got {n} elements. Set center=False"
        )

    def part(start: int, stop: int) -> Any:
        return _slice(x, index=(..., slice(start, stop)))

    if mode == "reflect":
        return cat([flip(part(1, pad + 1), (-1,)), x, flip(part(n - 1 - pad, n - 1), (-1,))], -1)
    if mode == "circular":
        return cat([part(n - pad, n), x, part(0, pad)], -1)
    ends = [expand(part(at, at + 1), *x.raw.shape[:-1], pad) for at in (0, n - 1)]
    return cat([ends[0], x, ends[1]], -1)


def _whole_window(name: str, x: Any, window: Any, win_length: int, n_fft: int) -> Any:
    """The window (ones by default) with zeros around it, n_fft elements long."""
    if window is None:
        part = x.real.raw.dtype
        window = wrap(x.backend.xp.ones(win_length, part), x.backend)
    if window.raw.shape != (win_length,):
        raise ShapeError(f"{name}: expected a window of shape ({win_length},), got {tuple(window.raw.shape)}")
    left = (n_fft - win_length) // 2
    return window if win_length == n_fft else _unslice(window, index=(slice(left, left + win_length),), shape=(n_fft,))


def _lengths(name: str, n_fft: int, hop_length: int | None, win_length: int | None) -> tuple[int, int]:
    """The step from frame to frame, and the length of the window."""
    hop, win = n_fft // 4 if hop_length is None else hop_length, n_fft if win_length is None else win_length
    if hop <= 0:
        raise ArgumentError(f"{name}: expected hop_length > 0, got {hop}")
    if not 0 < win <= n_fft:
        raise ArgumentError(f"{name}: expected win_length in [1, {n_fft}], got {win}")
    return hop, win


def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    """The short-time Fourier transform: y[k, t] = sum over j of window[j] x[t hop + j] exp(-2 pi i j k / n_fft).

    Args:
        input: (L,) or (B,L), floating or complex.
        n_fft: points of a frame.
        hop_length: from one frame to the next; default: n_fft // 4.
        win_length: points of the window, in the middle of a frame; default: n_fft.
        window: (win_length,); default: ones.
        center: pad the signal by n_fft // 2 at both ends, so that frame t is around x[t hop].
        pad_mode: with what: "reflect", "replicate", "circular" or "constant" (zeros).
        normalized: divide by the root of n_fft.
        onesided: only frequencies 0 to n_fft // 2; default: where signal and window are real.
        return_complex: complex numbers, else pairs of real ones along a further axis. Must be given for real signals.
        align_to_window: with ``center=False``: begin with the window, not the frame, at x[0].

    Returns:
        (F,T) or (B,F,T) complex: F frequencies, T frames.

    Raises:
        DtypeError: integers, or half the frequencies of complex numbers.
        ShapeError: a signal shorter than a frame, of more than two axes, or a window of another length.
        ValueError: lengths that are not positive, or an unknown ``pad_mode``.

    Example:
        >>> x = ag.sin(ag.arange(32) * (ag.pi / 4))
        >>> ag.stft(x, 16, window=ag.hann_window(16), return_complex=True).abs().sum(1).argmax()
        tensor(2)
    """
    if input.dtype.category < FLOAT:
        raise DtypeError(f"stft: expected floating or complex numbers, got {input.dtype}. Cast it first")
    if input.raw.ndim not in (1, 2):
        raise ShapeError(f"stft: expected a signal of shape (L,) or (B,L), got {tuple(input.raw.shape)}")
    hop, win = _lengths("stft", n_fft, hop_length, win_length)
    real = not (input.is_complex() or (window is not None and window.is_complex()))
    if return_complex is None and real:
        raise ArgumentError("stft: expected return_complex for a real signal. Pass return_complex=True")
    if onesided and not real:
        raise DtypeError("stft: expected onesided=False for complex numbers, whose negative frequencies are others")
    x: Any = input
    if center:
        if align_to_window is not None:
            raise ArgumentError("stft: expected align_to_window with center=False only")
        x = _padded("stft", x, n_fft // 2, pad_mode)
    elif align_to_window:
        x = _padded("stft", x, (n_fft - win) // 2, "constant")
    if not 0 < n_fft <= x.raw.shape[-1]:
        raise ShapeError(f"stft: expected n_fft in [1, {x.raw.shape[-1]}], got {n_fft}")
    frames = _windows(x, axis=x.raw.ndim - 1, size=n_fft, step=hop)  # (*,T,n_fft)
    frames = frames * _whole_window("stft", x, window, win, n_fft)
    transform = rfft if real and onesided is not False else fft
    y = _swapped(transform(frames, norm="ortho" if normalized else None))
    return y if return_complex is not False else view_as_real(y)


def _swapped(x: Any) -> Any:
    """The last two axes exchanged."""
    n = x.raw.ndim
    return _permute(x, axes=(*range(n - 2), n - 1, n - 2))


def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """The inverse of ``stft`` with the same arguments: frames times the window, added up, over the sum of its squares.

    Args:
        input: (F,T) or (B,F,T), complex: F frequencies, T frames.
        n_fft: points of a frame.
        hop_length: from one frame to the next; default: n_fft // 4.
        win_length: points of the window, in the middle of a frame; default: n_fft.
        window: (win_length,); default: ones.
        center: that the signal was padded by n_fft // 2 at both ends.
        normalized: that the spectra were divided by the root of n_fft.
        onesided: that there are only frequencies 0 to n_fft // 2; default: unless F is n_fft.
        length: of the signal; default: what the frames cover.
        return_complex: the signal is complex.

    Returns:
        (L,) or (B,L).

    Raises:
        DtypeError: real numbers, or a complex signal of half its frequencies.
        ShapeError: another number of frequencies or axes, a window of another length, or windows that leave gaps.
        ValueError: lengths that are not positive.

    Example:
        >>> x = ag.arange(8.0)
        >>> w = ag.hann_window(4)
        >>> ag.istft(ag.stft(x, 4, window=w, return_complex=True), 4, window=w, length=8).round().abs()
        tensor([0., 1., 2., 3., 4., 5., 6., 7.])

    Source:
        Griffin and Lim, Signal Estimation from Modified Short-Time Fourier Transform, 1984.
    """
    if not input.is_complex():
        raise DtypeError(f"istft: expected complex numbers, as stft gives with return_complex=True, got {input.dtype}")
    if input.raw.ndim not in (2, 3) or not input.raw.size:
        raise ShapeError(f"istft: expected spectra of shape (F,T) or (B,F,T), not empty, got {tuple(input.raw.shape)}")
    hop, win = _lengths("istft", n_fft, hop_length, win_length)
    if hop > win:
        raise ArgumentError(f"istft: expected hop_length in [1, {win}], got {hop}")
    half = input.raw.shape[-2] != n_fft if onesided is None else onesided
    if half and (return_complex or (window is not None and window.is_complex())):
        raise DtypeError("istft: expected all frequencies (onesided=False) for a complex signal or window")
    if input.raw.shape[-2] != (n_fft // 2 + 1 if half else n_fft):
        raise ShapeError(
            f"istft: expected {n_fft // 2 + 1 if half else n_fft} frequencies for n_fft={n_fft}, got "
            f"{input.raw.shape[-2]}. Are frequencies and frames exchanged?"
        )
    whole = _whole_window("istft", input, window, win, n_fft)
    norm, spectra = "ortho" if normalized else None, _swapped(input)
    frames = ifft(spectra, norm=norm) if return_complex else irfft(spectra, n_fft, norm=norm)
    count = frames.raw.shape[-2]
    total = n_fft + hop * (count - 1)
    start = n_fft // 2 if center else 0
    stop = min(start + length, total) if length is not None else total - start
    y = _added_up(frames * whole, hop, total)
    weight = _added_up(expand(whole * whole, count, n_fft), hop, total)
    part = (..., slice(start, stop))
    y, weight = _slice(y, index=part), _slice(weight, index=part)
    if bool((abs(weight.raw) < _NO_OVERLAP).any()):
        raise ShapeError(
            "istft: expected windows that overlap everywhere, got gaps. Take a shorter hop_length, or center=True"
        )
    y = y / weight
    if length is not None and length > stop - start:
        warnings.warn(f"istft: the frames give {stop - start} elements; zeros fill up to length={length}", stacklevel=2)
        y = _unslice(y, index=(..., slice(0, stop - start)), shape=(*y.raw.shape[:-1], length))
    return y


def _added_up(frames: Any, hop: int, total: int) -> Any:
    """Frames (*,T,n), each added ``hop`` further on, as (*,total)."""
    shape = (*frames.raw.shape[:-2], total)
    return _unwindow(frames, axis=len(shape) - 1, size=frames.raw.shape[-1], step=hop, shape=shape)
