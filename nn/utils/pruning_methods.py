"""Ways to prune: which elements of a tensor go. ``prune`` has the functions that apply them."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import autograd as ag
from autograd.tensor import Tensor
from nn.module import Module

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "hook_of",
]


class BasePruningMethod(ABC):
    """What all ways to prune share: define ``compute_mask``, and ``PRUNING_TYPE``.

    Attributes:
        PRUNING_TYPE: "unstructured" (elements), "structured" (along an axis) or "global".

    Example:
        >>> class Every2nd(nn.utils.prune.BasePruningMethod):
        ...     PRUNING_TYPE = "unstructured"
        ...     def compute_mask(self, t, default_mask):
        ...         mask = default_mask.clone()
        ...         mask.view(-1)[::2] = 0
        ...         return mask
        >>> Every2nd.apply(layer := nn.Linear(2, 2), "weight").compute_mask(ag.ones(4), ag.ones(4))
        tensor([0., 1., 0., 1.])
    """

    PRUNING_TYPE: ClassVar[str]
    _tensor_name: str

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Which elements stay.

        Args:
            t: what the elements are judged by.
            default_mask: the mask so far, 1 at the elements that are left.

        Returns:
            A mask like ``default_mask``, 0 also at the elements to prune now.
        """

    def apply_mask(self, module: Module) -> Tensor:
        """The original times the mask.

        Args:
            module: has been pruned.

        Returns:
            The pruned tensor.
        """
        name = self._tensor_name
        mask, original = getattr(module, f"{name}_mask"), getattr(module, f"{name}_orig")
        result: Tensor = mask.to(original.dtype) * original
        return result

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prunes a parameter, on top of how it is pruned already.

        Args:
            module: has the parameter.
            name: of the parameter.
            args, kwargs: what the class takes.
            importance_scores: judge the elements by these instead of the parameter's.

        Returns:
            The method that was put on the module.
        """
        key, present = hook_of(module, name)
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        original = getattr(module, name) if present is None else getattr(module, f"{name}_orig")
        scores = original if importance_scores is None else importance_scores
        if scores.shape != original.shape:
            raise ValueError(
                f"prune: expected importance_scores of the parameter's shape {tuple(original.shape)}, got "
                f"{tuple(scores.shape)}"
            )
        if present is not None:
            container = present if isinstance(present, PruningContainer) else PruningContainer(present)
            container.add_pruning_method(method)
            del module._forward_pre_hooks[key]
            method = container
            default = getattr(module, f"{name}_mask").to(scores.dtype)
        else:
            module.register_parameter(f"{name}_orig", module._parameters.pop(name))
            default = ag.ones_like(original)
        try:
            with ag.no_grad():
                mask = method.compute_mask(scores.detach(), default)
        except BaseException:
            if present is None:
                module.register_parameter(name, module._parameters.pop(f"{name}_orig"))
            else:
                container._pruning_methods = container._pruning_methods[:-1]
                module.register_forward_pre_hook(present)
            raise
        module.register_buffer(f"{name}_mask", mask.detach())
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """A tensor pruned, without a module.

        Args:
            t: the tensor.
            default_mask: a mask to begin with; None: all elements are left.
            importance_scores: judge the elements by these instead.

        Returns:
            ``t`` times the mask.
        """
        scores = t if importance_scores is None else importance_scores
        mask = ag.ones_like(t) if default_mask is None else default_mask
        result: Tensor = t * self.compute_mask(scores, mask)
        return result

    def remove(self, module: Module) -> None:
        """Makes the pruned tensor a parameter again.

        Args:
            module: has been pruned.
        """
        name = self._tensor_name
        weight = self.apply_mask(module)
        if name in module.__dict__:
            delattr(module, name)
        original: Any = module._parameters.pop(f"{name}_orig")
        original.data = weight.detach()
        del module._buffers[f"{name}_mask"]
        setattr(module, name, original)


def hook_of(module: Module, name: str) -> tuple[int, Any]:
    """The pruning method on a parameter.

    Args:
        module: has the parameter.
        name: of the parameter.

    Returns:
        Its key among the hooks, and the method; None if there is none.

    Example:
        >>> nn.utils.pruning_methods.hook_of(nn.Linear(2, 3), "weight")
        (-1, None)
    """
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return key, hook
    return -1, None


class PruningContainer(BasePruningMethod):
    """Several methods on one parameter: each prunes what the ones before have left.

    Args:
        args: the methods.

    Example:
        >>> layer = nn.Linear(4, 4)
        >>> for _ in range(2):
        ...     _ = nn.utils.prune.l1_unstructured(layer, "weight", 0.5)
        >>> layer.weight_mask.sum()
        tensor(4.)
    """

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Adds a method behind the others.

        Args:
            method: for the same parameter.

        Raises:
            TypeError: no pruning method.
            ValueError: one for another parameter.
        """
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"PruningContainer: expected a BasePruningMethod, got {type(method).__name__}")
        if method._tensor_name != self._tensor_name:
            raise ValueError(
                f"PruningContainer: expected a method for {self._tensor_name!r}, got one for {method._tensor_name!r}"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Any:
        return iter(self._pruning_methods)

    def __getitem__(self, index: int) -> BasePruningMethod:
        return self._pruning_methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the last method on what is left.

        Args:
            t: what the elements are judged by.
            default_mask: the mask so far.

        Returns:
            A mask like ``default_mask``.
        """
        method, mask = self._pruning_methods[-1], default_mask.to(t.dtype)
        if method.PRUNING_TYPE == "unstructured":
            places: Any = mask == 1
        elif method.PRUNING_TYPE == "global":
            places = ...
        else:
            axis = method.dim % t.ndim  # type: ignore[attr-defined]
            others = tuple(i for i in range(t.ndim) if i != axis)
            (kept,) = (mask.sum(others) != 0).nonzero(as_tuple=True)
            places = (slice(None),) * axis + (kept,)
        result = mask.clone()
        result[places] = method.compute_mask(t[places], mask[places])
        return result


class Identity(BasePruningMethod):
    """Prunes nothing: the mask is all ones.

    Example:
        >>> nn.utils.prune.Identity().prune(ag.ones(2))
        tensor([1., 1.])
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask


class _Unstructured(BasePruningMethod):
    PRUNING_TYPE = "unstructured"

    def __init__(self, amount: float) -> None:
        self.amount = _amount(amount)

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count = _count(self.amount, t.numel())
        mask = default_mask.clone()
        if count:
            flat = mask.reshape(-1)
            flat[ag.topk(self._scores(t).reshape(-1), count, largest=False).indices] = 0
            mask = flat.reshape(mask.shape)
        return mask

    def _scores(self, t: Tensor) -> Tensor:
        raise NotImplementedError


class RandomUnstructured(_Unstructured):
    """Prunes elements by chance.

    Args:
        amount: how many: an int, or a fraction between 0 and 1.

    Example:
        >>> nn.utils.prune.RandomUnstructured(0.5).prune(ag.ones(4)).sum()
        tensor(2.)
    """

    def _scores(self, t: Tensor) -> Tensor:
        return ag.rand_like(t)


class L1Unstructured(_Unstructured):
    """Prunes the elements of the least magnitude.

    Args:
        amount: how many: an int, or a fraction between 0 and 1.

    Example:
        >>> nn.utils.prune.L1Unstructured(1).prune(ag.tensor([3.0, -1.0, 2.0]))
        tensor([3., -0., 2.])
    """

    def _scores(self, t: Tensor) -> Tensor:
        return t.abs()


class _Structured(BasePruningMethod):
    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        self.amount, self.dim = _amount(amount), dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if t.ndim < 2:
            raise ValueError(f"prune: expected at least two axes for structured pruning, got shape {tuple(t.shape)}")
        axis = self.dim % t.ndim
        count = _count(self.amount, t.shape[axis])
        if not count:
            return default_mask
        keep = ag.ones(t.shape[axis], dtype=t.dtype, device=t.device)
        keep[ag.topk(self._scores(t, axis), count, largest=False).indices] = 0
        return default_mask * keep.reshape([-1 if i == axis else 1 for i in range(t.ndim)])

    def _scores(self, t: Tensor, axis: int) -> Tensor:
        raise NotImplementedError


class RandomStructured(_Structured):
    """Prunes whole channels along an axis by chance.

    Args:
        amount: how many: an int, or a fraction between 0 and 1.
        dim: the axis.

    Example:
        >>> nn.utils.prune.RandomStructured(1, 0).prune(ag.ones(3, 2)).sum()
        tensor(4.)
    """

    def _scores(self, t: Tensor, axis: int) -> Tensor:
        return ag.rand(t.shape[axis], device=t.device)


class LnStructured(_Structured):
    """Prunes the whole channels along an axis that have the least norm.

    Args:
        amount: how many: an int, or a fraction between 0 and 1.
        n: p of the norm; also inf, -inf, "fro" and "nuc".
        dim: the axis.

    Example:
        >>> nn.utils.prune.LnStructured(1, 2, 0).prune(ag.tensor([[1.0, 2.0], [1.0, 1.0]]))
        tensor([[1., 2.],
                [0., 0.]])
    """

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _scores(self, t: Tensor, axis: int) -> Tensor:
        others = tuple(i for i in range(t.ndim) if i != axis)
        result: Tensor = ag.norm(t, p=self.n, dim=others)
        return result


class CustomFromMask(BasePruningMethod):
    """Prunes where a given mask is 0.

    Args:
        mask: like the parameter.

    Example:
        >>> nn.utils.prune.CustomFromMask(ag.tensor([1, 0])).prune(ag.ones(2))
        tensor([1., 0.])
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask * self.mask.to(default_mask.dtype)


def _amount(amount: float) -> float:
    """An amount that makes sense."""
    if not isinstance(amount, numbers.Real) or isinstance(amount, bool):
        raise TypeError(f"prune: expected a number of elements or a fraction, got {type(amount).__name__}")
    if (isinstance(amount, numbers.Integral) and amount < 0) or (
        not isinstance(amount, numbers.Integral) and not 0 <= amount <= 1
    ):
        raise ValueError(f"prune: expected an int of at least 0 or a fraction in [0, 1], got {amount}")
    return amount


def _count(amount: float, size: int) -> int:
    """How many of ``size`` an amount stands for."""
    if isinstance(amount, numbers.Integral):
        if int(amount) > size:
            raise ValueError(f"prune: expected at most {size} elements to prune, got {amount}")
        return int(amount)
    return round(amount * size)
