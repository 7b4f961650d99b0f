"""What a layer is: an object that owns parameters, buffers and other layers, and computes when called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, Self

import autograd as ag
from autograd.dtypes import as_dtype
from autograd.grad_mode import no_grad
from autograd.sparse_tensor import SparseTensor
from autograd.tensor import Tensor
from nn import hooks, registration, state
from nn.hooks import RemovableHandle
from nn.parameter import Buffer, Parameter, is_lazy
from nn.placing import conversion
from nn.state import IncompatibleKeys

__all__ = ["Module"]


_TABLES = (
    "_parameters", "_buffers", "_modules", "_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks",
    "_backward_hooks", "_state_dict_pre_hooks", "_state_dict_hooks", "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)  # fmt: skip


class Module:
    """The base of all layers and models: subclass it, make the parts in ``__init__``, compute in ``forward``.

    Parameters, buffers and modules that are assigned to attributes are registered: ``parameters()`` finds them,
    ``state_dict()`` saves them, ``to()`` moves them.

    Attributes:
        training: True in training, False in evaluation; see ``train`` and ``eval``.

    Example:
        >>> class Net(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.scale = nn.Parameter(ag.tensor([2.0]))
        ...     def forward(self, x):
        ...         return x * self.scale
        >>> net = Net()
        >>> net(ag.ones(2))
        tensor([2., 2.], grad_fn=<mulBackward>)
        >>> list(net.state_dict())
        ['scale']
    """

    training: bool
    _version = 1
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]

    def __init__(self) -> None:
        self.__dict__.update(training=True, _non_persistent_buffers_set=set(), **{table: {} for table in _TABLES})

    def __setstate__(self, state: dict[str, Any]) -> None:
        Module.__init__(self)  # what a file from elsewhere lacks
        self.__dict__.update(state)

    def _no_forward(self, *args: Any, **kwargs: Any) -> Any:
        """The computation, which a subclass defines; call the module itself, so that its hooks run too.

        Args:
            args, kwargs: whatever the subclass takes.

        Returns:
            Whatever it gives.
        """
        raise NotImplementedError(f"{type(self).__name__}: expected the class to define forward(). Write it")

    forward: Callable[..., Any] = _no_forward

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or hooks.everywhere
        ):
            return hooks.call(self, args, kwargs)
        return self.forward(*args, **kwargs)

    # -- registration ------------------------------------------------------------------------------------------------
    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter under an attribute's name.

        Args:
            name: the attribute; without dots.
            param: the parameter, or None for one that is absent (and not in ``state_dict``).

        Raises:
            TypeError: ``param`` is no Parameter, or a plain tensor.
            KeyError: the name is taken, empty, or has a dot.
        """
        registration.check(self, "_parameters", name, param, Parameter, "Wrap it in nn.Parameter")
        if param is not None and not param.is_leaf:
            raise ValueError(
                f"{self._get_name()}: expected a leaf as parameter {name!r}, got a result of recorded operations. "
                "Compute it in forward() instead"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | SparseTensor | None, persistent: bool = True) -> None:
        """Adds a tensor that belongs to the state but is not trained.

        Args:
            name: the attribute; without dots.
            tensor: the buffer, dense or sparse, or None for one that is absent.
            persistent: whether ``state_dict`` has it.

        Raises:
            TypeError: no Tensor.
            KeyError: the name is taken, empty, or has a dot.
        """
        registration.check(self, "_buffers", name, tensor, (Tensor, SparseTensor), "Make it one with autograd.tensor")
        self._buffers[name] = tensor  # type: ignore[assignment] # everywhere else sparse ones go as tensors
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Adds a module below this one.

        Args:
            name: the attribute; without dots.
            module: the module, or None for one that is absent.

        Raises:
            TypeError: no Module.
            KeyError: the name is taken, empty, or has a dot.
        """
        registration.check(self, "_modules", name, module, Module, "Is a call missing or too many?")
        self._modules[name] = module

    def register_module(self, name: str, module: Module | None) -> None:
        """Another name of ``add_module``."""
        self.add_module(name, module)

    def __getattr__(self, name: str) -> Any:
        tables = self.__dict__
        for table in ("_parameters", "_buffers", "_modules"):
            found = tables.get(table)
            if found and name in found:
                return found[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        tables = self.__dict__
        if isinstance(value, Parameter):
            self._forget(name, "_buffers", "_modules")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            self._forget(name, "_parameters", "_buffers")
            self.add_module(name, value)
        elif isinstance(value, Buffer):
            self._forget(name, "_parameters", "_modules")
            self.register_buffer(name, value, value.persistent)
        elif name in tables.get("_parameters", ()):
            self.register_parameter(name, value)
        elif name in tables.get("_modules", ()):
            self.add_module(name, value)
        elif name in tables.get("_buffers", ()):
            self.register_buffer(name, value, name not in self._non_persistent_buffers_set)
        else:
            object.__setattr__(self, name, value)

    def _forget(self, name: str, *tables: str) -> None:
        for table in tables:
            self.__dict__.get(table, {}).pop(name, None)
        self.__dict__.get("_non_persistent_buffers_set", set()).discard(name)
        self.__dict__.pop(name, None)

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = chain(object.__dir__(self), self._parameters, self._buffers, self._modules)
        return sorted({name for name in names if not name[:1].isdigit()})

    # -- walking -----------------------------------------------------------------------------------------------------
    def children(self) -> Iterator[Module]:
        """The modules directly below, each once."""
        return (child for _, child in self.named_children())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below with their names, each once."""
        seen: set[Module] = set()
        for name, child in self._modules.items():
            if child is not None and child not in seen:
                seen.add(child)
                yield name, child

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with dotted names.

        Args:
            memo: modules to leave out; those found are added.
            prefix: put before every name.
            remove_duplicate: give a module that is in several places once only.

        Returns:
            An iterator of (name, module).
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                yield from child.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters as ``named_parameters`` gives them, without the names."""
        return (param for _, param in self.named_parameters(recurse=recurse))

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with dotted names.

        Args:
            prefix: put before every name.
            recurse: also those of the modules below.
            remove_duplicate: give a parameter that is in several places once only.

        Returns:
            An iterator of (name, parameter).
        """
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers as ``named_buffers`` gives them, without the names."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with dotted names; arguments as for ``named_parameters``."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def _named_members(self, table: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[Any]:
        owners = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        seen: set[int] = set()
        for at, owner in owners:
            for name, t in owner.__dict__[table].items():
                if t is None or id(t) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(t))
                yield f"{at}.{name}" if at else name, t

    def get_submodule(self, target: str) -> Module:
        """The module under a dotted name.

        Args:
            target: such as "encoder.layers.0"; empty for this module.

        Returns:
            The module.

        Raises:
            AttributeError: nothing, or no module, has this name.
        """
        module = self
        for name in filter(None, target.split(".")):
            found = getattr(module, name, None)
            if not isinstance(found, Module):
                raise registration.absent("submodule", target, module, name)
            module = found
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter under a dotted name, such as "encoder.weight"; as ``get_submodule``."""
        found: Parameter = self._get_member(target, Parameter, "_parameters")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer under a dotted name, such as "norm.running_mean"; as ``get_submodule``."""
        found: Tensor = self._get_member(target, (Tensor, SparseTensor), "_buffers")
        return found

    def _get_member(self, target: str, kind: Any, table: str) -> Any:
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        found = owner.__dict__[table].get(name)
        if not isinstance(found, kind):
            raise registration.absent(table.strip("_")[:-1], target, owner, name)
        return found

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Puts a module at a dotted name, in place of the one there.

        Args:
            target: such as "encoder.layers.0"; not empty.
            module: the new module.
            strict: there must be one at ``target`` already.

        Raises:
            ValueError: ``target`` is empty, or ``module`` no Module.
            AttributeError: the path does not exist.
        """
        if not target or not isinstance(module, Module):
            raise ValueError(f"set_submodule: expected a name and a Module, got {target!r} and {type(module).__name__}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            self.get_submodule(target)
        setattr(parent, name, module)

    # -- changing all at once ----------------------------------------------------------------------------------------
    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Calls a function with every module below and then with this one, as initialisers need it.

        Args:
            fn: the function.
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Sets training (True) or evaluation (False) for this module and all below: dropout and batch norm differ.

        Args:
            mode: the value of ``training``.
        """
        if not isinstance(mode, bool):
            raise ValueError(f"train: expected mode to be a bool, got {type(mode).__name__}")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Sets evaluation: ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freezes (False) or unfreezes all parameters: ``requires_grad_`` of each."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clears the gradients of all parameters.

        Args:
            set_to_none: drop them (True), or fill them with zeros.
        """
        for p in self.parameters():
            if set_to_none:
                p.grad = None
            elif p.grad is not None:
                p.grad = p.grad.detach().zero_()

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replaces the memory of all parameters, their gradients, and buffers; a subclass may add tensors of its own."""
        for child in self.children() if recurse else ():
            child._apply(fn)
        for p in self._parameters.values():
            if p is not None:
                with no_grad():
                    changed, grad = fn(p), None if p.grad is None else fn(p.grad)
                p.grad, p.data = None, changed
                p.grad = grad
        for name, b in self._buffers.items():
            if is_lazy(b):
                b.data = fn(b)  # type: ignore[union-attr,arg-type]
            elif b is not None:
                self._buffers[name] = fn(b)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Moves and casts all parameters and buffers, in place: by device, dtype, both, or a tensor that has them.

        Args:
            args: as for ``Tensor.to``; only floating and complex tensors are cast.
            kwargs: device=, dtype=, non_blocking=, memory_format= (of 4-d and 5-d tensors).

        Raises:
            TypeError: a dtype that is neither floating nor complex.
            DeviceError: the device is not there.
        """
        return self._apply(conversion(args, kwargs))

    def cpu(self) -> Self:
        """Moves all parameters and buffers to the CPU, in place."""
        return self.to("cpu")

    def cuda(self, device: Any = None) -> Self:
        """Moves all parameters and buffers to a GPU (None: the current one), in place; see ``to``."""
        return self.to("cuda" if device is None else device)

    def type(self, dst_type: Any) -> Self:
        """Casts all parameters and buffers to a dtype, in place; see ``to``."""
        return self._apply(lambda t: t.to(dtype=as_dtype(dst_type)))

    def float(self) -> Self:
        """Casts floating parameters and buffers to float32, in place."""
        return self._cast_floating("float32")

    def double(self) -> Self:
        """Casts floating parameters and buffers to float64, in place."""
        return self._cast_floating("float64")

    def half(self) -> Self:
        """Casts floating parameters and buffers to float16, in place."""
        return self._cast_floating("float16")

    def bfloat16(self) -> Self:
        """Casts floating parameters and buffers to bfloat16, in place."""
        return self._cast_floating("bfloat16")

    def _cast_floating(self, kind: str) -> Self:
        return self._apply(lambda t: t.to(dtype=as_dtype(kind)) if t.is_floating_point() else t)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Moves all parameters and buffers to a device without their values, as ``empty_like`` gives them."""
        return self._apply(lambda t: ag.empty_like(t, device=device), recurse)

    def share_memory(self) -> Self:
        """Moves CPU parameters and buffers into memory that processes forked afterwards share and see change."""
        return self._apply(lambda t: t.detach().share_memory_())

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing: ``forward`` runs as it is. Arguments are accepted."""

    # -- state -------------------------------------------------------------------------------------------------------
    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """All parameters and persistent buffers by their dotted names, sharing memory with the module.

        Args:
            destination: a dictionary to fill; None for a new one.
            prefix: put before every name.
            keep_vars: give the tensors themselves instead of detached ones.
            args: these three by position, as old programs give them.

        Returns:
            An ordered dictionary.
        """
        given: list[Any] = [*args, *[destination, prefix, keep_vars][len(args) :]]
        return state.state_dict(self, *given)

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copies a state into the parameters and buffers: everything, or (if anything does not fit) nothing.

        Args:
            state_dict: tensors by name, as ``state_dict()`` gives them.
            strict: the names must be the module's, exactly.
            assign: take the given tensors themselves instead of copying into the module's.

        Returns:
            (missing_keys, unexpected_keys).

        Raises:
            RuntimeError: shapes that differ, and with ``strict`` names that differ; all of them are listed.
            TypeError: no dictionary.
        """
        return state.load_state_dict(self, state_dict, strict, assign)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Puts the module's own entries into ``destination``; a subclass may add to it."""
        state.save_own(self, destination, prefix, keep_vars)

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Plans the load of the module's own entries; a subclass may rename or add entries of ``state_dict`` before."""
        state.load_own(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)

    def get_extra_state(self) -> Any:
        """What else a subclass wants in ``state_dict``; it then defines this and ``set_extra_state``."""
        raise RuntimeError(f"{type(self).__name__}: expected get_extra_state() to be defined beside set_extra_state()")

    def set_extra_state(self, state: Any) -> None:
        """Takes back what ``get_extra_state`` gave."""
        raise RuntimeError(f"{type(self).__name__}: expected set_extra_state() to be defined beside get_extra_state()")

    # -- hooks -------------------------------------------------------------------------------------------------------
    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Calls ``hook(module, args)`` before every forward; what it returns replaces the arguments.

        Args:
            hook: the function; with ``with_kwargs``: ``hook(module, args, kwargs)``, which may return (args, kwargs).
            prepend: before the other hooks.
            with_kwargs: also pass keyword arguments.

        Returns:
            A handle; ``remove()`` takes the hook away.
        """
        return hooks.register(self._forward_pre_hooks, hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Calls ``hook(module, args, output)`` after every forward; what it returns replaces the output.

        Args:
            hook: the function; with ``with_kwargs``: ``hook(module, args, kwargs, output)``.
            prepend: before the other hooks.
            with_kwargs: also pass keyword arguments.
            always_call: also (with output None) when forward raises.

        Returns:
            A handle; ``remove()`` takes the hook away.
        """
        return hooks.register(self._forward_hooks, hook, prepend, with_kwargs, always_call)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls ``hook(module, grad_output)`` when the gradients of the outputs are known; it may return others.

        Args:
            hook: the function.
            prepend: before the other hooks.

        Returns:
            A handle; ``remove()`` takes the hook away.
        """
        return hooks.register(self._backward_pre_hooks, hook, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The old name of ``register_full_backward_hook``."""
        return self.register_full_backward_hook(hook)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Calls ``hook(module, grad_input, grad_output)`` when gradients of the inputs are known; it may return others.

        Args:
            hook: the function; the tuples have None for what needs no gradient.
            prepend: before the other hooks.

        Returns:
            A handle; ``remove()`` takes the hook away.
        """
        return hooks.register(self._backward_hooks, hook, prepend)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls ``hook(module, prefix, keep_vars)`` before ``state_dict`` reads the module."""
        return hooks.register(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls ``hook(module, state_dict, prefix, local_metadata)`` after ``state_dict``; it may change that."""
        return hooks.register(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls the hook with the arguments of ``_load_from_state_dict``, module first, before anything is compared."""
        return hooks.register(self._load_state_dict_pre_hooks, hook)

    _register_state_dict_hook, _register_load_state_dict_pre_hook = register_state_dict_post_hook, hooks.older_load_hook

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Calls ``hook(module, incompatible_keys)`` after ``load_state_dict``; it may take keys off the two lists."""
        return hooks.register(self._load_state_dict_post_hooks, hook)

    # -- printing ----------------------------------------------------------------------------------------------------
    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What a subclass wants to show between the brackets of its ``repr``."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        below = [f"({name}): " + repr(child).replace("\n", "\n  ") for name, child in self._modules.items()]
        if not below and len(extra) <= 1:
            return f"{self._get_name()}({''.join(extra)})"
        return f"{self._get_name()}(\n  " + "\n  ".join(extra + below) + "\n)"
