"""Averages of a model over its training: stochastic weight averaging, exponential moving averages.

In programs they are found in ``optim.swa_utils``, as in PyTorch; they are models, hence they live here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any

import autograd as ag
from autograd.grad_mode import no_grad
from autograd.tensor import Tensor
from nn.module import Module
from nn.modules.normalization import _BatchNorm

__all__ = [
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

AverageFn = Callable[[Tensor, Tensor, Any], Tensor]
MultiAverageFn = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def _check_decay(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"AveragedModel: expected a decay in [0, 1], got {decay}")


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverageFn:
    """The exponential moving average, for ``AveragedModel(multi_avg_fn=)``: a = decay * a + (1 - decay) * p.

    Args:
        decay: the share that stays, in [0, 1].

    Returns:
        A function of the averages, the parameters and their count, which writes into the averages.

    Raises:
        ValueError: a decay outside of [0, 1].

    Example:
        >>> from optim.swa_utils import get_ema_multi_avg_fn
        >>> a = ag.zeros(1)
        >>> get_ema_multi_avg_fn(0.75)([a], [ag.ones(1)], 1); a
        tensor([0.2500])
    """
    _check_decay(decay)

    def update(averages: Sequence[Tensor], parameters: Sequence[Tensor], _: Any) -> None:
        for a, p in zip(averages, parameters, strict=True):
            if a.is_floating_point() or a.is_complex():
                a.lerp_(p.to(a.dtype), 1 - decay)
            else:
                a.copy_(a * decay + p * (1 - decay))

    return update


def get_swa_multi_avg_fn() -> MultiAverageFn:
    """The plain mean of all models so far, for ``AveragedModel(multi_avg_fn=)``: a = a + (p - a) / (count + 1).

    Returns:
        A function of the averages, the parameters and their count, which writes into the averages.

    Example:
        >>> from optim.swa_utils import get_swa_multi_avg_fn
        >>> a = ag.zeros(1)
        >>> get_swa_multi_avg_fn()([a], [ag.ones(1)], 1); a
        tensor([0.5000])
    """

    def update(averages: Sequence[Tensor], parameters: Sequence[Tensor], count: Any) -> None:
        for a, p in zip(averages, parameters, strict=True):
            a.copy_(a + (p.to(a.dtype) - a) / (count + 1))

    return update


def get_ema_avg_fn(decay: float = 0.999) -> AverageFn:
    """The exponential moving average, for ``AveragedModel(avg_fn=)``.

    Args:
        decay: the share that stays, in [0, 1].

    Returns:
        A function of the average, the parameter and their count, which gives the new average.

    Raises:
        ValueError: a decay outside of [0, 1].

    Example:
        >>> from optim.swa_utils import get_ema_avg_fn
        >>> get_ema_avg_fn(0.75)(ag.zeros(1), ag.ones(1), 1)
        tensor([0.2500])
    """
    _check_decay(decay)
    return lambda average, parameter, _: decay * average + (1 - decay) * parameter


def get_swa_avg_fn() -> AverageFn:
    """The plain mean of all models so far, for ``AveragedModel(avg_fn=)``.

    Returns:
        A function of the average, the parameter and their count, which gives the new average.

    Example:
        >>> from optim.swa_utils import get_swa_avg_fn
        >>> get_swa_avg_fn()(ag.zeros(1), ag.ones(1), 1)
        tensor([0.5000])
    """
    return lambda average, parameter, count: average + (parameter - average) / (count + 1)


class AveragedModel(Module):
    """A copy of a model that holds averages of its parameters; call ``update_parameters`` when they have changed.

    Args:
        model: whose parameters to average.
        device: where to keep the averages; None: where the parameters are.
        avg_fn: the new average of one parameter, from the average, the parameter, and how many there were.
        multi_avg_fn: the same for all at once, in place. Without either the plain mean.
        use_buffers: average buffers too; otherwise they are copied.

    Attributes:
        module: the copy.
        n_averaged: how many models were averaged.

    Raises:
        ValueError: both functions.

    Example:
        >>> from optim.swa_utils import AveragedModel
        >>> model = nn.Linear(1, 1)
        >>> averaged = AveragedModel(model)
        >>> for value in (1.0, 3.0):
        ...     _ = nn.init.constant_(model.weight, value)
        ...     averaged.update_parameters(model)
        >>> averaged.module.weight.item(), averaged.n_averaged.item()
        (2.0, 2)

    Source: Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018.
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: AverageFn | None = None,
        multi_avg_fn: MultiAverageFn | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: expected one of avg_fn and multi_avg_fn, got both")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", ag.tensor(0, dtype=ag.int64, device=device))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Takes the present parameters of a model into the averages.

        Args:
            model: of the same form.
        """
        with no_grad():
            own, other = (
                [t.detach() for t in (chain(m.parameters(), m.buffers()) if self.use_buffers else m.parameters())]
                for m in (self.module, model)
            )
            other = [p.to(a.device) for a, p in zip(own, other, strict=True)]
            count = int(self.n_averaged)
            if count == 0:
                for a, p in zip(own, other, strict=True):
                    a.copy_(p)
            elif self.avg_fn is not None:
                for a, p in zip(own, other, strict=True):
                    a.copy_(self.avg_fn(a, p, self.n_averaged.to(a.device)))
            else:
                (self.multi_avg_fn or get_swa_multi_avg_fn())(own, other, self.n_averaged)
            if not self.use_buffers:
                for a, p in zip(self.module.buffers(), model.buffers(), strict=True):
                    a.copy_(p.detach())
            self.n_averaged.add_(1)


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Computes the running statistics of a model's batch norms anew, as the mean over some data.

    Args:
        loader: batches, or lists and tuples that begin with one.
        model: the model; afterwards training or evaluating as before.
        device: where to bring the batches; None: they stay.

    Example:
        >>> from optim.swa_utils import update_bn
        >>> model = nn.BatchNorm1d(1)
        >>> update_bn([ag.tensor([[1.0], [3.0]])], model); model.running_mean
        tensor([2.])
    """
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    if not norms:
        return
    momenta, training = [m.momentum for m in norms], model.training
    for m in norms:
        m.reset_running_stats()
        m.momentum = None
    model.train()
    try:
        with no_grad():
            for batch in loader:
                x = batch[0] if isinstance(batch, (list, tuple)) else batch
                model(x if device is None else x.to(device))
    finally:
        for m, momentum in zip(norms, momenta, strict=True):
            m.momentum = momentum
        model.train(training)
