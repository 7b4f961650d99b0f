"""Modules and parameters in sequences and dictionaries."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from operator import attrgetter, index, itemgetter
from typing import Any, Self

from autograd.tensor import Tensor
from nn.hooks import unobserved
from nn.module import Module
from nn.modules.activation import ReLU
from nn.modules.normalization import BATCH_NORMS
from nn.parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


def _place(name: str, i: int, length: int, stop: bool = False) -> int:
    """A place in a sequence counted from the front; with ``stop`` also the one behind the last.

    Raises:
        IndexError: there is no such place.
    """
    at = index(i)
    if not -length <= at < length + stop:
        raise IndexError(f"{name}: expected an index in [{-length}, {length - 1 + stop}], got {at}")
    return at + length if at < 0 else at


class _Listed(Module):
    """What Sequential and ModuleList share: modules under the names "0", "1", ..."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __getitem__(self, i: Any) -> Any:
        parts = list(self._modules.values())
        if isinstance(i, slice):
            return self._of(list(self._modules.items())[i])
        return parts[_place(type(self).__name__, i, len(parts))]

    def __setitem__(self, i: int, module: Module) -> None:
        name = list(self._modules)[_place(type(self).__name__, i, len(self))]
        setattr(self, name, module)

    def __delitem__(self, i: int | slice) -> None:
        parts = list(self._modules.values())
        if not isinstance(i, slice):
            i = _place(type(self).__name__, i, len(parts))
        del parts[i]
        self._renumber(parts)

    def _of(self, items: list[tuple[str, Any]]) -> Any:
        raise NotImplementedError

    def _renumber(self, parts: Iterable[Any]) -> None:
        named = {str(i): part for i, part in enumerate(parts)}
        self._modules.clear()
        for name, part in named.items():
            self.add_module(name, part)

    def append(self, module: Module) -> Self:
        """Puts a module at the end: ``add_module`` under the next number."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Any]) -> Self:
        """Puts several modules at the end, each as ``append`` does."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"extend: expected an iterable of modules, got {type(modules).__name__}. Use append for one"
            )
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Puts a module before a place, as list.insert; the others behind it move up, as ``append`` numbers them."""
        if not isinstance(module, Module):
            raise TypeError(f"insert: expected a Module, got {type(module).__name__}")
        parts = list(self._modules.values())
        parts.insert(_place("insert", index, len(parts), stop=True), module)
        self._renumber(parts)
        return self

    def pop(self, key: int | slice) -> Any:
        """Takes a module out and returns it; the others behind it move down, as ``append`` numbers them."""
        out = self[key]
        del self[key]
        return out


class Sequential(_Listed):
    """Modules one after the other: each gets what the one before returned.

    Args:
        args: the modules, or one dictionary of modules by name.

    Raises:
        TypeError: one is no Module.

    Example:
        >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.ReLU())
        >>> net(ag.ones(3, 2, 2)).shape
        Size([3, 2])
        >>> net[1], len(net[:2])
        (Linear(in_features=4, out_features=2, bias=True), 2)
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        one = args[0] if len(args) == 1 else None
        for name, module in one.items() if isinstance(one, Mapping) else enumerate(args):
            self.add_module(str(name), module)

    def _of(self, items: list[tuple[str, Any]]) -> Any:
        return type(self)(dict(items))

    def forward(self, input: Any) -> Any:
        """Runs the modules in their order; in training a batch normalization and the ReLU behind it as one operation.

        Args:
            input: what the first takes.

        Returns:
            What the last returns.
        """
        norm: Any = None  # the module before, where it waits for a ReLU
        for module in self:
            if norm is not None and type(module) is ReLU and unobserved(module):
                input, norm = norm.forward_relu(input), None
                continue
            if norm is not None:
                input, norm = norm(input), None
            if type(module) in BATCH_NORMS and module.training and unobserved(module):
                norm = module
            else:
                input = module(input)
        return input if norm is None else norm(input)

    def __add__(self, other: Any) -> Any:
        return Sequential(*self, *other) if isinstance(other, Sequential) else NotImplemented

    def __iadd__(self, other: Any) -> Any:
        return self.extend(other) if isinstance(other, Sequential) else NotImplemented

    def __mul__(self, times: int) -> Any:
        return Sequential(*self._repeated(times)) if isinstance(times, int) else NotImplemented

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Any:
        return self.extend(self._repeated(times)[len(self) :]) if isinstance(times, int) else NotImplemented

    def _repeated(self, times: int) -> list[Any]:
        if times < 1:
            raise ValueError(f"Sequential: expected at least one repetition, got {times}")
        return list(self) * times


class ModuleList(_Listed):
    """A list of modules, each registered under its index.

    Args:
        modules: an iterable of modules.

    Raises:
        TypeError: one is no Module.

    Example:
        >>> layers = nn.ModuleList([nn.Linear(2, 3), nn.Linear(3, 2)])
        >>> x = ag.ones(1, 2)
        >>> for layer in layers:
        ...     x = layer(x)
        >>> x.shape, list(layers.state_dict())
        (Size([1, 2]), ['0.weight', '0.bias', '1.weight', '1.bias'])
    """

    def __init__(self, modules: Iterable[Any] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _of(self, items: list[tuple[str, Any]]) -> Any:
        return type(self)(module for _, module in items)

    def __add__(self, other: Iterable[Any]) -> ModuleList:
        return ModuleList(chain(self, other))

    def __iadd__(self, modules: Iterable[Any]) -> Self:
        return self.extend(modules)

    def __repr__(self) -> str:
        runs: list[tuple[int, int, str]] = []  # first, last, text of equal neighbours
        for i, text in enumerate(map(repr, self)):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        lines = [f"({i}): {t}" if i == j else f"({i}-{j}): {j - i + 1} x {t}" for i, j, t in runs]
        below = "".join("\n  " + line.replace("\n", "\n  ") for line in lines)
        return f"{self._get_name()}({below}\n)" if lines else f"{self._get_name()}()"


class ModuleDict(Module):
    """A dictionary of modules, each registered under its key.

    Args:
        modules: a mapping, or pairs, from str to Module.

    Raises:
        TypeError: a value is no Module.
        KeyError: a key is no name for an attribute.

    Example:
        >>> heads = nn.ModuleDict({"small": nn.Linear(4, 2), "large": nn.Linear(4, 8)})
        >>> heads["large"](ag.ones(1, 4)).shape
        Size([1, 8])
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Removes all modules."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Removes a module and returns it: ``pop`` of a dictionary."""
        return self._modules.pop(key)

    def keys(self) -> Iterable[str]:
        """The keys, in the order of insertion."""
        return self._modules.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """(key, module) pairs, in the order of insertion."""
        return self._modules.items()

    def values(self) -> Iterable[Any]:
        """The modules, in the order of insertion."""
        return self._modules.values()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Adds or replaces modules by key: ``update`` of a dictionary."""
        for key, module in _pairs("ModuleDict", modules):
            self[key] = module


def _pairs(name: str, given: Any) -> Iterable[tuple[Any, Any]]:
    """The (key, value) pairs of a mapping, a module that behaves like one, or an iterable of pairs."""
    if hasattr(given, "items"):
        return list(given.items())
    if not isinstance(given, Iterable):
        raise TypeError(f"{name}: expected a mapping or an iterable of pairs, got {type(given).__name__}")
    found = [tuple(pair) for pair in given]
    if any(len(pair) != 2 for pair in found):
        raise ValueError(f"{name}: expected pairs of key and value, got an element of another length")
    return found


def _as_parameter(value: Any) -> Any:
    """A tensor as a Parameter, anything else as it is."""
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def _shown(key: object, value: Any, what: Callable[[Tensor], object]) -> str:
    """One line about a member of a ParameterList or ParameterDict, further in than those of modules, as in PyTorch."""
    if not isinstance(value, Tensor):
        return f"  ({key}): Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    where = f" ({value.device})" if value.is_cuda else ""
    return f"  ({key}): {kind} containing: [{what(value)} of size {'x'.join(map(str, value.shape))}{where}]"


class ParameterList(Module):
    """A list of parameters, each registered under its index; tensors become parameters, other values are only kept.

    Args:
        values: an iterable.

    Example:
        >>> weights = nn.ParameterList([ag.ones(2), ag.ones(3)])
        >>> weights.append(ag.zeros(1))
        ParameterList(
            (0): Parameter containing: [autograd.float32 of size 2]
            (1): Parameter containing: [autograd.float32 of size 3]
            (2): Parameter containing: [autograd.float32 of size 1]
        )
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return type(self)(self[j] for j in range(*i.indices(len(self))))
        return getattr(self, str(_place("ParameterList", i, len(self))))

    def __setitem__(self, i: int, value: Any) -> None:
        setattr(self, str(_place("ParameterList", i, len(self))), _as_parameter(value))

    def append(self, value: Any) -> Self:
        """Puts a value at the end, as ``append`` of a list; returns the list."""
        self._size += 1
        self[-1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Puts several values at the end, each as ``append`` does; returns the list."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"extend: expected an iterable of tensors, got {type(values).__name__}. Use append for one")
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def extra_repr(self) -> str:
        """One line for each value."""
        return "\n".join(_shown(i, value, attrgetter("dtype")) for i, value in enumerate(self))


class ParameterDict(Module):
    """A dictionary of parameters, each registered under its key; tensors become parameters, other values are only kept.

    Args:
        parameters: a mapping, or pairs, from str to tensor.

    Raises:
        KeyError: no such key, or one that is no name for an attribute.

    Example:
        >>> scales = nn.ParameterDict({"left": ag.ones(2)})
        >>> scales["right"] = ag.zeros(2)
        >>> [name for name, _ in scales.named_parameters()]
        ['left', 'right']
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"ParameterDict: expected a str as key, got {type(key).__name__}")
        if key not in self._keys and hasattr(self, key):
            raise KeyError(f"ParameterDict: expected a key that is no attribute yet, got {key!r}")
        setattr(self, key, _as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __or__(self, other: Any) -> ParameterDict:
        out = self.copy()
        out.update(other)
        return out

    def __ior__(self, other: Any) -> Self:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Another dictionary of the same parameters."""
        return ParameterDict(self.items())

    def clear(self) -> None:
        """Removes all."""
        for key in list(self._keys):
            del self[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default: ``get`` of a dictionary."""
        return getattr(self, key) if key in self._keys else default

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of a key, set to the default where there is none: ``setdefault`` of a dictionary."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        """Removes a value and returns it: ``pop`` of a dictionary."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Removes the last pair of key and value and returns it."""
        if not self._keys:
            raise KeyError("popitem: expected at least one parameter, got an empty ParameterDict")
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new dictionary with one value for all keys: ``fromkeys`` of a dictionary."""
        return ParameterDict((key, default) for key in keys)

    def keys(self) -> Iterable[str]:
        """The keys, in the order of insertion."""
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """(key, value) pairs, in the order of insertion."""
        return [(key, self[key]) for key in self._keys]

    def values(self) -> Iterable[Any]:
        """The values, in the order of insertion."""
        return [self[key] for key in self._keys]

    def update(self, parameters: Any) -> None:
        """Adds or replaces values as ``update`` of a dictionary; those of a plain one by the order of their keys."""
        pairs = _pairs("ParameterDict", parameters)
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            pairs = sorted(pairs, key=itemgetter(0))
        for key, value in pairs:
            self[key] = value

    def extra_repr(self) -> str:
        """One line for each value."""
        return "\n".join(_shown(key, value, Tensor.type) for key, value in self.items())
