"""PyTorch's ``torch.backends``: what kernels may round, and whether they must repeat themselves.

``backends.cuda.matmul.allow_tf32`` and ``backends.cudnn.allow_tf32``, ``.benchmark``, ``.deterministic`` are read and
assigned; cuDNN itself is not used, its switches are those of our own convolutions. Other switches of PyTorch's choose
between libraries that this one does not have; assigning to a name that is not here raises AttributeError.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backends.precision import settings

__path__: list[str] = []  # a package to the import system: autograd/aliases.py answers for what is below

__all__ = [
    "are_deterministic_algorithms_enabled",
    "cuda",
    "cudnn",
    "get_float32_matmul_precision",
    "mkl",
    "mkldnn",
    "mps",
    "openmp",
    "set_float32_matmul_precision",
    "use_deterministic_algorithms",
]


class _Switch:
    """An attribute that is one of the settings."""

    def __init__(self, name: str, doc: str) -> None:
        self.name, self.__doc__ = name, doc

    def __get__(self, owner: object, kind: type) -> bool:
        return bool(getattr(settings, self.name))

    def __set__(self, owner: object, value: bool) -> None:
        setattr(settings, self.name, _checked(self.name, value))


def _checked(name: str, value: bool) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"backends: expected True or False for {name}, got {value!r}")
    return value


class _Matmul:
    """Matrix products of float32 on a GPU."""

    __slots__ = ()

    @property
    def allow_tf32(self) -> bool:
        """Whether factors may be rounded to 10 bits after the point, which is several times faster."""
        return settings.matmul_tf32

    @allow_tf32.setter
    def allow_tf32(self, value: bool) -> None:
        set_float32_matmul_precision("high" if _checked("allow_tf32", value) else "highest")


class _Cuda:
    """GPUs."""

    __slots__ = ("matmul",)

    def __init__(self) -> None:
        self.matmul = _Matmul()

    def flash_sdp_enabled(self) -> bool:
        """True: attention is computed block by block wherever its kernel runs."""
        return True

    def mem_efficient_sdp_enabled(self) -> bool:
        """True: as for ``flash_sdp_enabled``."""
        return True

    def math_sdp_enabled(self) -> bool:
        """True: attention that a kernel does not cover is computed by matrix products."""
        return True

    def enable_flash_sdp(self, enabled: bool) -> None:
        """Accepted: there is one kernel, and it is chosen by what it can do.

        Args:
            enabled: True or False.
        """

    enable_mem_efficient_sdp = enable_math_sdp = enable_cudnn_sdp = enable_flash_sdp

    def is_built(self) -> bool:
        """Whether this library can use GPUs at all; whether there is one, says ``autograd.cuda.is_available``."""
        return True


class _Cudnn:
    """Convolutions on a GPU, under the name that PyTorch gives their switches.

    Attributes:
        enabled: may be set; there is nothing that it switches.
    """

    __slots__ = ("enabled",)

    def __init__(self) -> None:
        self.enabled = True

    allow_tf32 = _Switch("conv_tf32", "Whether factors may be rounded to 10 bits after the point.")
    benchmark = _Switch("benchmark", "Whether the first call with new shapes may time algorithms and keep the fastest.")
    deterministic = _Switch("deterministic", "Whether the same input must give the same bits on every run.")

    def is_available(self) -> bool:
        """Whether cuDNN is used: never."""
        return False

    def version(self) -> None:
        """The version of cuDNN: None, it is not used."""

    @contextmanager
    def flags(
        self, enabled: bool = False, benchmark: bool = False, deterministic: bool = False, allow_tf32: bool = True
    ) -> Iterator[None]:
        """A block with other switches.

        Args:
            enabled, benchmark, deterministic, allow_tf32: their values in the block.

        Yields:
            Nothing.
        """
        before = self.enabled, self.benchmark, self.deterministic, self.allow_tf32
        self.enabled, self.benchmark, self.deterministic, self.allow_tf32 = (
            enabled, benchmark, deterministic, allow_tf32
        )  # fmt: skip
        try:
            yield
        finally:
            self.enabled, self.benchmark, self.deterministic, self.allow_tf32 = before


class _Mps:
    """The GPUs of Apple, which this library does not use; programs ask before they choose a device."""

    __slots__ = ()

    def is_available(self) -> bool:
        """False."""
        return False

    def is_built(self) -> bool:
        """False."""
        return False


class _Absent:
    """A library for the CPU that is not used; programs ask before they set something about it."""

    __slots__ = ()

    def is_available(self) -> bool:
        """False."""
        return False


cuda, cudnn, mps = _Cuda(), _Cudnn(), _Mps()
mkl, mkldnn, openmp = _Absent(), _Absent(), _Absent()


def set_float32_matmul_precision(precision: str) -> None:
    """What a GPU's matrix products of float32 may round their factors to.

    Args:
        precision: "highest": nothing; "high": TF32, 10 bits after the point; "medium": bfloat16, 7 bits.

    Raises:
        ValueError: none of these.

    Example:
        >>> ag.set_float32_matmul_precision("highest")
    """
    if precision not in ("highest", "high", "medium"):
        raise ValueError(f'set_float32_matmul_precision: expected "highest", "high" or "medium", got {precision!r}')
    settings.matmul_tf32, settings.matmul_bf16 = precision != "highest", precision == "medium"


def get_float32_matmul_precision() -> str:
    """What ``set_float32_matmul_precision`` or ``backends.cuda.matmul.allow_tf32`` have chosen.

    Returns:
        "highest", "high" or "medium".

    Example:
        >>> ag.get_float32_matmul_precision()
        'highest'
    """
    if not settings.matmul_tf32:
        return "highest"
    return "medium" if settings.matmul_bf16 else "high"


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Whether the same input must give the same bits on every run.

    Args:
        mode: whether.
        warn_only: accepted: every operation here can be deterministic, so there is nothing to warn of.

    Example:
        >>> ag.use_deterministic_algorithms(False)
    """
    settings.deterministic = bool(mode)


def are_deterministic_algorithms_enabled() -> bool:
    """Whether the same input must give the same bits on every run.

    Returns:
        What ``use_deterministic_algorithms`` was told; False before.

    Example:
        >>> ag.are_deterministic_algorithms_enabled()
        False
    """
    return settings.deterministic
