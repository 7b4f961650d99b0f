"""The loss of a sequence of labels whose places in time are not known. Letters: T steps, N batch, C classes, S labels,
and L = 2S+1 states: the labels with a blank before, between and behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autograd as ag
from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.op import op, wrap
from nn.functional.reduction import reduced, reduction_of

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _behind(xp: Any, x: Any, steps: int) -> Any:
    """States (...,L) moved on by some places, with log 0 at the beginning."""
    y = xp.full_like(x, -np.inf)
    y[..., steps:] = x[..., : x.shape[-1] - steps]
    return y


def _logsum(xp: Any, parts: list[Any]) -> Any:
    """log(sum of exp) over a list, -inf where all are."""
    top = parts[0]
    for part in parts[1:]:
        top = xp.maximum(top, part)
    safe = xp.where(top == -np.inf, 0, top)
    total = sum(xp.exp(part - safe) for part in parts)
    return xp.where(top == -np.inf, -np.inf, xp.log(xp.where(total > 0, total, 1)) + safe)


@op(outputs=("loss",), kept=("alpha",))
def _ctc(be: Any, log_probs: Any, states: Any, skips: Any, steps: Any, lengths: Any) -> Any:
    xp = be.xp
    emitted = xp.take_along_axis(log_probs, states[None], 2)  # (T,N,C), (N,L) -> (T,N,L)
    alpha = xp.full_like(emitted, -np.inf)
    if len(alpha):
        alpha[0, :, :2] = emitted[0, :, :2]
    for t in range(1, len(alpha)):
        before = alpha[t - 1]
        jump = xp.where(skips, _behind(xp, before, 2), -np.inf)
        alpha[t] = _logsum(xp, [before, _behind(xp, before, 1), jump]) + emitted[t]
    return _ends(xp, alpha, steps, lengths).astype(log_probs.dtype), alpha


def _ends(xp: Any, alpha: Any, steps: Any, lengths: Any) -> Any:
    """-log of the probability to be at the last label or the blank behind it after the last step, (N,)."""
    if not len(alpha):
        return xp.where(lengths == 0, 0.0, np.inf)
    rows = xp.arange(len(steps))
    last = alpha[xp.maximum(steps - 1, 0), rows]
    blank = xp.take_along_axis(last, 2 * lengths[:, None], 1)[:, 0]
    label = xp.take_along_axis(last, xp.maximum(2 * lengths - 1, 0)[:, None], 1)[:, 0]
    loss = -_logsum(xp, [blank, xp.where(lengths > 0, label, -np.inf)])
    return xp.where(steps > 0, loss, xp.where(lengths == 0, 0.0, np.inf))


@op
def _ctc_grad(
    be: Any, g: Any, log_probs: Any, states: Any, skips: Any, steps: Any, lengths: Any, loss: Any, alpha: Any
) -> Any:
    xp = be.xp
    emitted = xp.take_along_axis(log_probs, states[None], 2)
    at = xp.arange(states.shape[1])
    ends = (at == 2 * lengths[:, None]) | ((at == 2 * lengths[:, None] - 1) & (lengths > 0)[:, None])
    found = xp.where(loss == np.inf, 0, loss)
    beta, share = xp.full_like(emitted[0], -np.inf), xp.zeros_like(emitted)
    ahead = xp.zeros_like(skips)  # whether the state after the next can be reached
    ahead[:, :-2] = skips[:, 2:]
    for t in range(len(alpha) - 1, -1, -1):
        next_, over = xp.full_like(beta, -np.inf), xp.full_like(beta, -np.inf)
        next_[:, :-1], over[:, :-2] = beta[:, 1:], beta[:, 2:]
        on = _logsum(xp, [beta, next_, xp.where(ahead, over, -np.inf)])
        start = xp.where(ends, 0.0, -np.inf)
        rest = xp.where((steps - 1 == t)[:, None], start, xp.where((steps - 1 > t)[:, None], on, -np.inf))
        beta = rest + emitted[t]
        share[t] = xp.exp(alpha[t] + rest + found[:, None])  # of the probability that goes through this state
    classes = (states[:, :, None] == xp.arange(log_probs.shape[2])).astype(log_probs.dtype)
    through = xp.matmul(share.transpose(1, 0, 2), classes).transpose(1, 0, 2)  # (N,T,L) (N,L,C) -> (T,N,C)
    used = xp.arange(len(alpha))[:, None] < steps
    scale = xp.where((loss == np.inf) & (g != 0), np.nan, g)  # there is none where the loss is infinite
    gradient = xp.where(used[:, :, None], (xp.exp(log_probs) - through) * scale[None, :, None], 0)
    return gradient.astype(log_probs.dtype)


_ctc.grad(
    log_probs=lambda g, log_probs, states, skips, steps, lengths, loss, alpha: _ctc_grad(
        g, log_probs, states, skips, steps, lengths, loss, alpha
    )
)


@_ctc.composed
def _ctc_definition(log_probs: Any, states: Any, skips: Any, steps: Any, lengths: Any) -> Any:
    """In differentiable operations; the gradient has exp(log_probs) besides, as that of PyTorch."""
    count, batch, _ = log_probs.shape
    emitted = log_probs.gather(2, states.unsqueeze(0).expand(count, batch, -1))
    nothing = ag.full_like(emitted[0], -1e30)
    at = ag.arange(states.shape[1], device=log_probs.device)
    alpha = ag.where(at < 2, emitted[0], nothing)
    last = alpha
    for t in range(1, count):
        one = ag.cat([nothing[:, :1], alpha[:, :-1]], 1)
        two = ag.where(skips, ag.cat([nothing[:, :2], alpha[:, :-2]], 1)[:, : states.shape[1]], nothing)
        alpha = ag.stack([alpha, one, two]).logsumexp(0) + emitted[t]
        last = ag.where((steps - 1 == t).unsqueeze(1), alpha, last)
    ends = (at == 2 * lengths.unsqueeze(1)) | ((at == 2 * lengths.unsqueeze(1) - 1) & (lengths > 0).unsqueeze(1))
    used = (ag.arange(count, device=log_probs.device).unsqueeze(1) < steps).unsqueeze(2)
    extra = ag.where(used, log_probs.exp(), 0.0).sum((0, 2))
    return extra - extra.detach() - ag.where(ends, last, nothing).logsumexp(1)


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log of the probability that a sequence of classes, with repetitions and then blanks taken away, is the target.

    Args:
        log_probs: logarithms of probabilities (T,N,C), or (T,C), as ``log_softmax`` gives them.
        targets: labels (N,S), padded at their ends, or all behind each other (sum of target_lengths,); integers, not
            ``blank``.
        input_lengths: for each sample how many of the T steps count; a tensor or a sequence (N,).
        target_lengths: for each sample how many labels it has.
        blank: the class of no label.
        reduction: "none", "sum", or "mean": each loss is divided by its number of labels first.
        zero_infinity: 0 in place of an infinite loss, where the target is too long for the input; gradients too.

    Returns:
        (N,), or 0-d where reduced. The gradient is meant for ``log_softmax`` behind it, as PyTorch's: exp(log_probs) is added
        to that for ``log_probs`` themselves, which makes no difference there.

    Raises:
        ShapeError: axes or lengths that do not fit.
        DtypeError: labels that are no integers, or log_probs that are not floating.
        ValueError: a length or the blank out of range.

    Example:
        >>> p = ag.full((4, 1, 3), 1 / 3).log()
        >>> F.ctc_loss(p, ag.tensor([[1, 2]]), [4], [2], reduction="none").exp()
        tensor([5.4000])

    Source: Graves et al., Connectionist Temporal Classification, 2006.
    """
    reduction = reduction_of("ctc_loss", reduction)
    if not log_probs.is_floating_point() or targets.raw.dtype.kind not in "iu":
        raise DtypeError(
            f"ctc_loss: expected floating log_probs and integer targets, got {log_probs.dtype} and {targets.dtype}"
        )
    if log_probs.ndim not in (2, 3):
        raise ShapeError(f"ctc_loss: expected log_probs (T,N,C) or (T,C), got {tuple(log_probs.shape)}")
    single = log_probs.ndim == 2
    if single:
        log_probs = log_probs.unsqueeze(1)
        targets = targets.unsqueeze(0) if targets.ndim == 1 else targets
    count, batch, classes = log_probs.shape
    steps, lengths = (_lengths(name, given, batch) for name, given in
                      (("input_lengths", input_lengths), ("target_lengths", target_lengths)))  # fmt: skip
    if not 0 <= blank < classes:
        raise ArgumentError(f"ctc_loss: expected blank in [0, {classes - 1}], got {blank}")
    if batch and (steps.max() > count or steps.min() < 0):
        raise ArgumentError(f"ctc_loss: expected input_lengths in [0, {count}], got {steps.tolist()}")
    be = log_probs.backend
    labels = _padded(targets, lengths, batch)
    states = np.full((batch, 2 * labels.shape[1] + 1), blank)
    states[:, 1::2] = np.clip(labels, 0, classes - 1)
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    loss: Tensor = _ctc(log_probs, *[wrap(be.asarray(a), be) for a in (states, skips, steps, lengths)])
    if zero_infinity:
        loss = ag.where(loss == np.inf, 0.0, loss)
    if single:
        loss = loss.squeeze(0)
        lengths = lengths[0]
    if reduction == "mean":
        divisors = wrap(be.asarray(np.maximum(lengths, 1), log_probs.raw.dtype), be)
        return (loss / divisors).mean()
    return reduced(loss, reduction)


def _lengths(name: str, given: Any, batch: int) -> Any:
    """Lengths as a NumPy array (N,)."""
    host = given.backend.to_numpy(given.raw) if hasattr(given, "raw") else np.asarray(given)
    host = host.reshape(-1).astype("int64")
    if host.shape != (batch,):
        raise ShapeError(f"ctc_loss: expected {name} ({batch},), got {host.shape}")
    return host


def _padded(targets: Tensor, lengths: Any, batch: int) -> Any:
    """The labels as a NumPy array (N,S)."""
    host = targets.backend.to_numpy(targets.raw).astype("int64")
    longest = int(lengths.max()) if batch else 0
    if host.ndim == 2 and host.shape[0] == batch and host.shape[1] >= longest and (not batch or lengths.min() >= 0):
        return host[:, :longest]
    if host.ndim != 1 or host.size != lengths.sum() or (batch and lengths.min() < 0):
        raise ShapeError(
            f"ctc_loss: expected targets ({batch},{longest}) or ({int(lengths.sum())},) to match target_lengths, got "
            f"{host.shape}"
        )
    labels = np.zeros((batch, longest), "int64")
    labels[np.arange(longest) < lengths[:, None]] = host
    return labels
