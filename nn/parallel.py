"""Models on several devices or processes, in the form that one device has: a model around a model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nn.module import Module

__path__: list[str] = []  # a package to the import system: autograd/aliases.py answers for what is below

__all__ = ["DataParallel", "DistributedDataParallel"]


class _Wrapper(Module):
    """Calls the module inside."""

    module: Module

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class DataParallel(_Wrapper):
    """A model whose batches would be shared among GPUs; all of a batch goes to the device where the model is.

    Args:
        module: the model.
        device_ids, output_device, dim: accepted.

    Attributes:
        module: the model; its names in ``state_dict`` begin with "module.".

    Example:
        >>> model = nn.DataParallel(nn.Linear(2, 3))
        >>> model(ag.ones(1, 2)).shape, list(model.state_dict())
        (Size([1, 3]), ['module.weight', 'module.bias'])
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.dim, self.module, self.device_ids, self.output_device = dim, module, device_ids or [], output_device


class DistributedDataParallel(_Wrapper):
    """A model whose gradients would be averaged over processes; with one process they are what they are.

    Args:
        module: the model.
        device_ids, output_device, dim, broadcast_buffers, init_sync, process_group, bucket_cap_mb: accepted.
        find_unused_parameters, check_reduction, gradient_as_bucket_view, static_graph: accepted.

    Attributes:
        module: the model; its names in ``state_dict`` begin with "module.".

    Example:
        >>> model = nn.parallel.DistributedDataParallel(nn.Linear(2, 3))
        >>> with model.no_sync():
        ...     model(ag.ones(1, 2)).sum().backward()
        >>> model.module.weight.grad.shape
        Size([3, 2])
    """

    def __init__(
        self,
        module: Module,
        device_ids: Any = None,
        output_device: Any = None,
        dim: int = 0,
        broadcast_buffers: bool = True,
        init_sync: bool = True,
        process_group: Any = None,
        bucket_cap_mb: float | None = None,
        find_unused_parameters: bool = False,
        check_reduction: bool = False,
        gradient_as_bucket_view: bool = False,
        static_graph: bool = False,
    ) -> None:
        super().__init__()
        self.dim, self.module, self.device_ids, self.output_device = dim, module, device_ids, output_device
        self.broadcast_buffers, self.find_unused_parameters = broadcast_buffers, find_unused_parameters
        self.require_backward_grad_sync = True

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Inside, gradients are added up without an exchange, as they always are here."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    @contextmanager
    def join(
        self, divide_by_initial_world_size: bool = True, enable: bool = True, throw_on_early_termination: bool = False
    ) -> Iterator[DistributedDataParallel]:
        """For processes with different numbers of batches; with one there is nothing to wait for.

        Args:
            divide_by_initial_world_size, enable, throw_on_early_termination: accepted.

        Returns:
            A context manager.
        """
        yield self
