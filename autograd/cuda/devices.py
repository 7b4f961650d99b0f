"""Which GPUs there are, what they are, and which of them is the current one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autograd.device import backend_of, select_gpu
from autograd.device import device as device_type
from autograd.errors import DeviceError
from backends import registry
from backends.errors import BackendUnavailable


def backend(place: Any = None) -> Any:
    """The backend of a GPU given as a device, its name, its index, or None for the current one.

    Raises:
        DeviceError: it is not there, or not a GPU.
    """
    where = device_type("cuda", place) if isinstance(place, int) else device_type("cuda" if place is None else place)
    if where.type != "cuda":
        raise DeviceError(f"cuda: expected a GPU, got {where}")
    return backend_of(where)


def is_available() -> bool:
    """Whether tensors can be put on a GPU here.

    Returns:
        False where CuPy, a driver or a device is missing; ``python -m autograd info`` says which.

    Example:
        >>> isinstance(ag.cuda.is_available(), bool)
        True
    """
    return registry.available()["cuda"] == "ok"


def device_count() -> int:
    """How many GPUs there are.

    Returns:
        0 where there is none.

    Example:
        >>> ag.cuda.device_count() >= 0
        True
    """
    try:
        be: Any = registry.get("cuda", 0)
    except BackendUnavailable:
        return 0
    return int(be.xp.cuda.runtime.getDeviceCount())


def init() -> None:
    """Connects to the current GPU now instead of when the first tensor is put there.

    Raises:
        DeviceError: there is none; the message says what is missing.

    Example:
        >>> if ag.cuda.is_available():
        ...     ag.cuda.init()
    """
    backend()


def is_initialized() -> bool:
    """Whether a GPU was used so far.

    Returns:
        False before the first tensor on a GPU, and where there is none.

    Example:
        >>> ag.cuda.is_initialized() <= ag.cuda.is_available()
        True
    """
    return bool(registry.made("cuda"))


def current_device() -> int:
    """The index of the GPU that "cuda" stands for.

    Returns:
        0 unless ``set_device`` said otherwise.

    Raises:
        DeviceError: there is none.

    Example:
        >>> ag.cuda.current_device() if ag.cuda.is_available() else 0
        0
    """
    return int(backend().index)


def set_device(device: Any) -> None:
    """Makes a GPU the one that "cuda" stands for.

    Args:
        device: its index, name or device.

    Raises:
        DeviceError: it is not there.

    Example:
        >>> if ag.cuda.is_available():
        ...     ag.cuda.set_device(0)
    """
    select_gpu(backend(device).index)


class device:
    """A ``with`` block in which another GPU is the current one.

    Args:
        device: its index, name or device; None or -1 changes nothing.

    Example:
        >>> if ag.cuda.is_available():
        ...     with ag.cuda.device(0):
        ...         x = ag.ones(2, device="cuda")
    """

    def __init__(self, device: Any) -> None:
        self.idx = -1 if device is None or device == -1 else int(backend(device).index)
        self._before = -1

    def __enter__(self) -> device:
        if self.idx >= 0:
            self._before = current_device()
            select_gpu(self.idx)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before >= 0:
            select_gpu(self._before)
            self._before = -1


class device_of(device):
    """A ``with`` block in which the GPU of a tensor is the current one; a tensor on the CPU changes nothing.

    Args:
        obj: a tensor.

    Example:
        >>> with ag.cuda.device_of(ag.ones(1)):
        ...     pass
    """

    def __init__(self, obj: Any) -> None:
        super().__init__(obj.get_device())


def synchronize(device: Any = None) -> None:
    """Waits until all work given to a GPU is done; for measuring times.

    Args:
        device: which GPU; default: the current one.

    Raises:
        DeviceError: there is no such GPU.

    Example:
        >>> if ag.cuda.is_available():
        ...     ag.cuda.synchronize()
    """
    backend(device).synchronize()


@dataclass(frozen=True, slots=True)
class DeviceProperties:
    """What a GPU is; see ``get_device_properties``.

    Attributes:
        name: as the driver calls it.
        major, minor: the compute capability.
        total_memory: in bytes.
        multi_processor_count: streaming multiprocessors.
        warp_size: threads of a warp.
        max_threads_per_multi_processor: that can be there at once.
        regs_per_multiprocessor: 32-bit registers.
        shared_memory_per_block, shared_memory_per_block_optin, shared_memory_per_multiprocessor: in bytes.
        L2_cache_size: in bytes.

    Example:
        >>> ag.cuda.get_device_properties().name if ag.cuda.is_available() else None
    """

    name: str
    major: int
    minor: int
    total_memory: int
    multi_processor_count: int
    warp_size: int
    max_threads_per_multi_processor: int
    regs_per_multiprocessor: int
    shared_memory_per_block: int
    shared_memory_per_block_optin: int
    shared_memory_per_multiprocessor: int
    L2_cache_size: int


def get_device_properties(device: Any = None) -> DeviceProperties:
    """What a GPU is.

    Args:
        device: which GPU; default: the current one.

    Returns:
        Its name, capability, memory and sizes.

    Raises:
        DeviceError: there is no such GPU.

    Example:
        >>> ag.cuda.get_device_properties(0).total_memory > 0 if ag.cuda.is_available() else True
        True
    """
    be = backend(device)
    facts = be.xp.cuda.runtime.getDeviceProperties(be.index)
    return DeviceProperties(
        name=facts["name"].decode(),
        major=facts["major"],
        minor=facts["minor"],
        total_memory=facts["totalGlobalMem"],
        multi_processor_count=facts["multiProcessorCount"],
        warp_size=facts["warpSize"],
        max_threads_per_multi_processor=facts["maxThreadsPerMultiProcessor"],
        regs_per_multiprocessor=facts["regsPerMultiprocessor"],
        shared_memory_per_block=facts["sharedMemPerBlock"],
        shared_memory_per_block_optin=facts["sharedMemPerBlockOptin"],
        shared_memory_per_multiprocessor=facts["sharedMemPerMultiprocessor"],
        L2_cache_size=facts["l2CacheSize"],
    )


def get_device_name(device: Any = None) -> str:
    """The name of a GPU.

    Args:
        device: which GPU; default: the current one.

    Returns:
        As the driver calls it.

    Raises:
        DeviceError: there is no such GPU.

    Example:
        >>> isinstance(ag.cuda.get_device_name(), str) if ag.cuda.is_available() else True
        True
    """
    return get_device_properties(device).name


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """The compute capability of a GPU.

    Args:
        device: which GPU; default: the current one.

    Returns:
        Such as (9, 0).

    Raises:
        DeviceError: there is no such GPU.

    Example:
        >>> ag.cuda.get_device_capability() >= (5, 0) if ag.cuda.is_available() else True
        True
    """
    facts = get_device_properties(device)
    return facts.major, facts.minor


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the current GPU computes in bfloat16.

    Args:
        including_emulation: also where it is slow, which is every GPU.

    Returns:
        False where there is no GPU.

    Example:
        >>> ag.cuda.is_bf16_supported() <= ag.cuda.is_available()
        True
    """
    return is_available() and (including_emulation or get_device_capability() >= (8, 0))
