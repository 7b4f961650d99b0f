"""The device: its facts, and the part of the CUDA runtime that CuPy hands out. There is one device, number 0."""

from __future__ import annotations

from typing import Any

from tests.cupy_double import memory, stream
from tests.cupy_double.errors import CUDARuntimeError

PROPERTIES: dict[str, Any] = {
    "name": b"CPU behind a double of CuPy",
    "major": 9,
    "minor": 0,
    "multiProcessorCount": 2,
    "totalGlobalMem": memory.CAPACITY,
    "sharedMemPerBlock": 49152,
    "sharedMemPerBlockOptin": 232448,
    "sharedMemPerMultiprocessor": 233472,
    "regsPerBlock": 65536,
    "regsPerMultiprocessor": 65536,
    "warpSize": 32,
    "maxThreadsPerBlock": 1024,
    "maxThreadsPerMultiProcessor": 2048,
    "maxThreadsDim": (1024, 1024, 64),
    "maxGridSize": (2147483647, 65535, 65535),
    "clockRate": 1980000,
    "memoryClockRate": 2619000,
    "memoryBusWidth": 5120,
    "l2CacheSize": 52428800,
    "concurrentKernels": 1,
    "ECCEnabled": 1,
    "canMapHostMemory": 1,
}
ATTRIBUTES = {
    "MultiProcessorCount": 2,
    "MaxThreadsPerBlock": 1024,
    "MaxSharedMemoryPerBlock": 49152,
    "MaxSharedMemoryPerBlockOptin": 232448,
    "WarpSize": 32,
    "L2CacheSize": 52428800,
}


class Device:
    """A device by its number, the current one by default."""

    def __init__(self, device: Any = None) -> None:
        self.id = 0 if device is None else int(device)

    def __int__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self) -> int:
        return self.id

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"

    def __enter__(self) -> Device:
        set_device(self.id)
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def use(self) -> None:
        """Makes this the current device."""
        set_device(self.id)

    def synchronize(self) -> None:
        """Waits for all work on the device."""
        set_device(self.id)
        stream.synchronize_all("Device.synchronize()")

    @property
    def compute_capability(self) -> str:
        """Like "90"."""
        return f"{PROPERTIES['major']}{PROPERTIES['minor']}"

    @property
    def mem_info(self) -> tuple[int, int]:
        """Free and total bytes."""
        return mem_get_info()

    @property
    def attributes(self) -> dict[str, int]:
        """Facts by name."""
        return dict(ATTRIBUTES)

    @property
    def pci_bus_id(self) -> str:
        """The place on the bus."""
        return "0000:00:00.0"


def set_device(device: int) -> None:
    """Makes a device the current one."""
    if device != 0:
        raise CUDARuntimeError("cudaErrorInvalidDevice")


def get_device_properties(device: int) -> dict[str, Any]:
    """Facts about a device."""
    set_device(device)
    return dict(PROPERTIES)


def mem_get_info() -> tuple[int, int]:
    """Free and total bytes."""
    return memory.CAPACITY - memory.default_pool.total_bytes(), memory.CAPACITY


def stream_synchronize(handle: int) -> None:
    """Waits for the stream with this handle."""
    for each in list(stream._streams):
        if each.ptr == handle:
            each.synchronize()
            return
    raise CUDARuntimeError("cudaErrorInvalidResourceHandle")


RUNTIME: dict[str, Any] = {
    "CUDARuntimeError": CUDARuntimeError,
    "getDeviceCount": lambda: 1,
    "getDevice": lambda: 0,
    "setDevice": set_device,
    "getDeviceProperties": get_device_properties,
    "memGetInfo": mem_get_info,
    "deviceSynchronize": lambda: stream.synchronize_all("deviceSynchronize()"),
    "streamSynchronize": stream_synchronize,
    "runtimeGetVersion": lambda: 13020,
    "driverGetVersion": lambda: 13020,
    "is_hip": False,
}
