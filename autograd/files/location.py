"""Where the tensors of a file go, and views into what it stores."""

from __future__ import annotations

import os
from typing import Any

from autograd.device import backend_of
from autograd.device import device as device_type
from autograd.errors import DeviceError


def name_of(f: Any) -> str:
    """How messages call a path or a file object."""
    if hasattr(f, "read") or hasattr(f, "write"):
        return str(getattr(f, "name", f"a {type(f).__name__}"))
    return os.fspath(f)


class Storage:
    """What a function given as ``map_location`` sees of stored elements: their device, and ways to another."""

    def __init__(self, where: Any) -> None:
        self.device = device_type(where)

    def cpu(self) -> Storage:
        """These elements on the CPU."""
        return Storage("cpu")

    def cuda(self, device: Any = None) -> Storage:
        """These elements on a GPU."""
        return Storage("cuda" if device is None else device_type("cuda", device) if isinstance(device, int) else device)


class Location:
    """The devices that tensors of a file go to.

    Args:
        name: how messages call the file.
        wanted: ``map_location`` of ``load``.
    """

    def __init__(self, name: str, wanted: Any) -> None:
        self.name, self.wanted = name, wanted

    def backend(self, saved: str) -> Any:
        """The backend for what was saved from a device.

        Raises:
            DeviceError: the device is not there; the message names the file.
        """
        where = self.wanted
        if isinstance(where, dict):
            where = where.get(saved, saved)
        elif callable(where):
            moved = where(Storage("cpu"), saved)
            where = saved if moved is None else moved.device
        where = saved if where is None else where
        try:
            return backend_of(where)
        except DeviceError as e:
            raise DeviceError(f"load: {self.name} has tensors for {where}: {e}. Pass map_location='cpu'") from e


def row_major(shape: Any) -> tuple[int, ...]:
    """The strides, in elements, of an array without gaps."""
    steps, step = [], 1
    for n in reversed(shape):
        steps.append(step)
        step *= max(n, 1)
    return tuple(reversed(steps))


def within(raw: Any, xp: Any, offset: int, shape: Any, strides: Any) -> Any:
    """A strided view of an array, checked not to leave it."""
    reach = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if min([offset, *shape, *strides]) < 0 or 0 in shape or reach >= raw.size:
        raise ValueError(f"a view of {shape} with strides {strides} at {offset} leaves the {raw.size} elements stored")
    steps = [s * raw.itemsize for s in strides]
    return xp.lib.stride_tricks.as_strided(raw.reshape(-1)[offset:], shape, steps)
