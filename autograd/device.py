"""Where a tensor lives: ``cpu``, ``cuda:i``, or ``meta`` (nowhere: it has a shape and no values)."""

from __future__ import annotations

from typing import Any

from autograd.errors import DeviceError
from backends import registry
from backends.errors import BackendUnavailable

KINDS = ("cpu", "cuda", "meta")


class device:
    """A device, as ``torch.device``: ``device("cuda:1")``, ``device("cuda", 1)``, ``device("cpu")``. As a context
    manager it is the default device of a block: of the tensors, and so of the layers, made inside.

    Attributes:
        type: "cpu", "cuda" or "meta".
        index: which one, or None for the current one.

    Raises:
        DeviceError: no such kind of device.

    Example:
        >>> ag.device("cuda:1").index, ag.device("cpu")
        (1, device(type='cpu'))
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, type: str | device, index: int | None = None) -> None:
        if isinstance(type, device):
            index = type.index if index is None else index
        kind, _, number = str(type).partition(":")
        if kind not in KINDS or (number and not number.isdigit()):
            raise DeviceError(f"device: expected one of cpu, cuda, cuda:0, cuda:1, ..., got {type!r}")
        self.type = kind
        self.index = int(number) if number else index

    def __enter__(self) -> device:
        backend_of(self)
        _outer.append(_default[0])
        _default[0] = self
        return self

    def __exit__(self, *exc: object) -> None:
        _default[0] = _outer.pop()

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))


_device = device  # where an argument bears the name
_default = [device("cpu")]
_outer: list[device] = []  # the defaults outside of ``with device(...)`` blocks
_current_gpu = [0]  # what "cuda" without an index is


def backend_of(spec: Any = None) -> Any:
    """The backend that serves a device, a name of one, or (None) the default device.

    Raises:
        DeviceError: the device is not there; the message says what is missing.
    """
    where = _default[0] if spec is None else device("cuda", spec) if isinstance(spec, int) else device(spec)
    try:
        return registry.get(where.type, index_of(where))
    except BackendUnavailable as e:
        raise DeviceError(f"device {e}") from e  # it begins with the name


def index_of(where: device) -> int:
    """The index of a device; where it names none, that of the current GPU."""
    if where.index is not None:
        return where.index
    return _current_gpu[0] if where.type == "cuda" else 0


def select_gpu(index: int) -> None:
    """Makes a GPU, whose backend exists, the current one."""
    _current_gpu[0] = index
    registry.get("cuda", index).xp.cuda.Device(index).use()


def set_default_device(device: Any) -> None:
    """Sets the device of new tensors; models and programs then move with one line.

    Args:
        device: a device or its name.

    Raises:
        DeviceError: the device is not there.

    Example:
        >>> ag.set_default_device("cpu")
    """
    where = "cpu" if device is None else device
    backend_of(where)
    _default[0] = _device(where)


def get_default_device() -> device:
    """The device of new tensors.

    Example:
        >>> ag.get_default_device()
        device(type='cpu')
    """
    return _default[0]
