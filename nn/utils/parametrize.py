"""Parameters that are computed from others: a module's attribute becomes the result of a module of its own.

``register_parametrization(layer, "weight", symmetric)`` moves the parameter to ``layer.parametrizations.weight.original``;
``layer.weight`` is then ``symmetric(original)`` whenever it is read, with gradients through it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from autograd.errors import DtypeError, ShapeError
from autograd.grad_mode import no_grad
from autograd.tensor import Tensor
from nn.module import Module
from nn.modules.container import ModuleDict, ModuleList
from nn.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]

_cache: dict[tuple[int, str], Any] = {}
_caching = [0]  # how many ``cached`` there are around


@contextmanager
def cached() -> Iterator[None]:
    """Inside, every parametrized tensor is computed once only, when it is first read.

    Returns:
        A context manager.

    Example:
        >>> from nn.utils import parametrize
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
        >>> with parametrize.cached():
        ...     layer.weight is layer.weight
        True
    """
    _caching[0] += 1
    try:
        yield
    finally:
        _caching[0] -= 1
        if not _caching[0]:
            _cache.clear()


def _check_like(name: str, result: Any, shape: Any, dtype: Any) -> None:
    """That a computed tensor can stand for the original."""
    if not isinstance(result, Tensor):
        raise ValueError(f"{name}: expected a tensor, got {type(result).__name__}")
    if result.dtype != dtype:
        raise DtypeError(
            f"{name}: expected a tensor of the original's dtype {dtype}, got {result.dtype}. Pass unsafe=True if that is meant"
        )
    if result.shape != shape:
        raise ShapeError(
            f"{name}: expected a tensor of the original's shape {tuple(shape)}, got {tuple(result.shape)}. Pass unsafe=True "
            "if that is meant"
        )


class ParametrizationList(ModuleList):
    """The modules that compute one tensor, one after the other, and what they compute it from.

    Args:
        modules: the modules.
        original: the tensor; what the last module's ``right_inverse`` and the others' give for it is kept.
        unsafe: do not compare the results' shapes and dtypes with the tensor's.

    Attributes:
        original: what they compute it from; ``original0``, ``original1``, ... where the first module takes several.

    Example:
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
        >>> [name for name, _ in layer.parametrizations.weight.named_parameters()]
        ['original0', 'original1']
    """

    original: Tensor

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        new: Any = original
        with no_grad():
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    with suppress(NotImplementedError):  # then the tensor gets another value
                        new = module.right_inverse(new)
        self.is_tensor = isinstance(new, Tensor)
        if not self.is_tensor and not isinstance(new, Sequence):
            raise ValueError(
                f"ParametrizationList: expected right_inverse to return a tensor or several, got {type(new).__name__}"
            )
        self.ntensors = 1 if self.is_tensor else len(new)
        for name, t in self._named(new):
            if isinstance(original, Parameter):
                made = original if t is original else Parameter(t, requires_grad=original.requires_grad)
                self.register_parameter(name, made)
            else:
                self.register_buffer(name, t)
        if not unsafe:
            _check_like("ParametrizationList", self(), shape, dtype)

    def _named(self, values: Any) -> list[tuple[str, Any]]:
        return [("original", values)] if self.is_tensor else [(f"original{i}", t) for i, t in enumerate(values)]

    def right_inverse(self, value: Tensor) -> None:
        """Sets the originals so that the result is ``value``; the modules need ``right_inverse`` for it.

        Args:
            value: the tensor wanted.
        """
        new: Any = value
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"right_inverse: expected {type(module).__name__} to have a right_inverse(), it has none. "
                        "Assign to the originals instead"
                    )
                new = module.right_inverse(new)
            for name, t in self._named(new):
                getattr(self, name).data = t.detach()

    def forward(self) -> Any:
        """The tensor."""
        first, *rest = self
        x = (
            first(self.original)
            if self.is_tensor
            else first(*[getattr(self, f"original{i}") for i in range(self.ntensors)])
        )
        for module in rest:
            x = module(x)
        return x


def _with_property(module: Module, name: str) -> None:
    """Gives the module's class, made a class of its own at first, a property that computes the tensor."""

    def read(self: Any) -> Any:
        if not _caching[0]:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = self.parametrizations[name]()
        return _cache[key]

    def write(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(read, write))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Makes a parameter or buffer the result of a module; of several, each is applied to the result of the one before.

    Args:
        module: has the parameter or buffer.
        tensor_name: its name.
        parametrization: computes the tensor; with ``right_inverse`` the tensor starts with the value that it has, and can be
            assigned to.
        unsafe: do not compare shapes and dtypes.

    Returns:
        The module, whose class is now one of its own.

    Raises:
        ValueError: no parameter or buffer has this name.
        ShapeError: the result has another shape.
        DtypeError: the result has another dtype.

    Example:
        >>> class Symmetric(nn.Module):
        ...     def forward(self, x):
        ...         return x.triu() + x.triu(1).T
        >>> layer = nn.utils.parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
        >>> bool((layer.weight == layer.weight.T).all()), list(layer.state_dict())
        (True, ['bias', 'parametrizations.weight.original'])
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        present: Any = getattr(module, "parametrizations")[tensor_name]  # noqa: B009
        if not unsafe:
            with no_grad():
                before = getattr(module, tensor_name)
                _check_like("register_parametrization", parametrization(before), before.shape, before.dtype)
        present.append(parametrization)
        present.unsafe |= unsafe
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(
            f"register_parametrization: expected a parameter or buffer of {type(module).__name__}, it has none named "
            f"{tensor_name!r}"
        )
    table: dict[str, Any] = module._parameters if tensor_name in module._parameters else module._buffers
    made = ParametrizationList([parametrization], table[tensor_name], unsafe)
    del table[tensor_name]
    if not is_parametrized(module):
        cls = type(module)
        module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), {"__module__": cls.__module__})
        module.parametrizations = ModuleDict()
    _with_property(module, tensor_name)
    getattr(module, "parametrizations")[tensor_name] = made  # noqa: B009
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module, or one of its tensors, is parametrized.

    Args:
        module: the module.
        tensor_name: the tensor; None for any.

    Returns:
        Whether it is.

    Example:
        >>> nn.utils.parametrize.is_parametrized(nn.utils.parametrizations.weight_norm(nn.Linear(2, 3)), "bias")
        False
    """
    found = module._modules.get("parametrizations")
    if not isinstance(found, ModuleDict):
        return False
    return tensor_name in found if tensor_name is not None else len(found) > 0


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Makes a parametrized tensor a parameter or buffer again.

    Args:
        module: the module.
        tensor_name: the tensor.
        leave_parametrized: keep its present value; otherwise the original, if there is one only.

    Returns:
        The module; without other parametrizations it is of its old class.

    Raises:
        ValueError: it is not parametrized, or has several originals and ``leave_parametrized=False``.

    Example:
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
        >>> list(nn.utils.parametrize.remove_parametrizations(layer, "weight").state_dict())
        ['bias', 'weight']
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(
            f"remove_parametrizations: expected a parametrized tensor, {tensor_name!r} of {type(module).__name__} is none"
        )
    lists: Any = module._modules["parametrizations"]
    found = lists[tensor_name]
    if not leave_parametrized and not found.is_tensor:
        raise ValueError(
            f"remove_parametrizations: expected one original to keep for {tensor_name!r}, got {found.ntensors}. "
            "Pass leave_parametrized=True"
        )
    originals = dict(found.named_parameters(recurse=False))
    with no_grad():
        value = found().detach() if leave_parametrized else found.original
    if originals:
        first = next(iter(originals.values()))
        if found.is_tensor:
            first.data = value.detach()
            value = first
        else:
            value = Parameter(value, requires_grad=any(p.requires_grad for p in originals.values()))
    delattr(type(module), tensor_name)
    del lists[tensor_name]
    if originals:
        module.register_parameter(tensor_name, value)
    else:
        module.register_buffer(tensor_name, value)
    if not len(lists):
        del module._modules["parametrizations"]
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had before it was parametrized.

    Args:
        module: the module.

    Returns:
        The class.

    Example:
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
        >>> type(layer).__name__, nn.utils.parametrize.type_before_parametrizations(layer).__name__
        ('ParametrizedLinear', 'Linear')
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Gives another module the parametrizations of one, and their originals.

    Args:
        from_module: is parametrized.
        to_module: gets them; has the same tensors.
        tensor_name: of one tensor only; None for all.

    Returns:
        ``to_module``.

    Example:
        >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
        >>> other = nn.utils.parametrize.transfer_parametrizations_and_params(layer, nn.Linear(2, 3))
        >>> bool((other.weight == layer.weight).all())
        True
    """
    lists: Any = from_module._modules.get("parametrizations", {})
    for name in [tensor_name] if tensor_name is not None else list(lists):
        for parametrization in lists[name]:
            register_parametrization(to_module, name, parametrization, unsafe=True)
        own: Any = getattr(to_module, "parametrizations")[name]  # noqa: B009
        for key, t in [*lists[name]._parameters.items(), *lists[name]._buffers.items()]:
            getattr(own, key).data = t.detach().clone()
    return to_module
