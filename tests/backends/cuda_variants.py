"""Every variant of the kernels that the backend may launch, by device: what must compile, and how it is launched."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from backends.cuda import attention, compiler, conv_direct, conv_tensor, pooling, rows
from backends.cuda.layout import FLOATS
from backends.geometry import Conv
from tests.emulator import Emulator
from tests.emulator.emulator import Module

SHARED = {  # most bytes of shared memory that a block may ask a device for
    "sm_75": 64 << 10,
    "sm_80": 163 << 10,
    "sm_86": 99 << 10,
    "sm_89": 99 << 10,
    "sm_90": 227 << 10,
    "sm_100": 227 << 10,
    "sm_120": 99 << 10,
}
SIZES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}  # bytes
FAMILIES = sorted(path.stem for path in compiler.KERNELS.glob("*.cu"))


class Variant(NamedTuple):
    """One compilation of a family."""

    family: str
    dtype: str
    defines: tuple[str, ...] = ()
    shared: tuple[tuple[str, int], ...] = ()  # entry point, the most bytes of dynamic shared memory it is launched with

    def __str__(self) -> str:
        return "-".join([self.family, self.dtype, *self.defines])

    @property
    def shape(self) -> tuple[str, ...]:
        """The macros that say how a block's work is cut, and not of what kind the numbers are."""
        tensor = self.family in ("conv_tensor", "conv_tensor_weight")
        return tuple(macro for macro in self.defines if macro.startswith(_SHAPES)) if tensor else self.defines

    @property
    def options(self) -> tuple[str, ...]:
        """As the compiler is given them."""
        return compiler.defines(self.dtype, self.defines)


@cache
def launchable(arch: str) -> tuple[Variant, ...]:
    """What the backend may launch on a device."""
    found: dict[Variant, None] = {}
    for family in FAMILIES:
        make = _SPECIAL.get(family, _plain)
        found |= dict.fromkeys(make(family, arch))
    return tuple(found)


@cache
def known() -> frozenset[tuple[str, tuple[str, ...]]]:
    """Family and options of whatever may be launched on any device."""
    return frozenset((variant.family, variant.options) for arch in SHARED for variant in launchable(arch))


class KnownOnly(Emulator):
    """An emulator that compiles of the backend's kernels only variants that are in the tables here."""

    def compile(self, source: str, options: tuple[str, ...], name: str) -> Module:
        """The compiled source."""
        family = name.removesuffix(".cu")
        if family in FAMILIES:
            assert (family, options) in known(), (
                f"tests/backends/cuda_variants.py does not know {family} with {options}"
            )
        return super().compile(source, options, name)


def _plain(family: str, arch: str) -> Iterator[Variant]:
    """One variant for each dtype of ``FLOATS``."""
    for dtype in ("float32", *sorted(FLOATS - {"float32"})):
        sums = max(SIZES[dtype], 4)
        shared = {
            "normalization_layer": [("layer_norm_block", rows.KEPT)],
            "pooling": [(name, pooling._PART * (sums + 4)) for name in ("pool_scatter", "pool_scatter_long")],
            "softmax": [("softmax_block", rows.KEPT)],
        }
        yield Variant(family, dtype, (), tuple(shared.get(family, ())))


def _matmul(family: str, arch: str) -> Iterator[Variant]:
    for dtype in ("float32", *(name for name in compiler.TYPES if name != "float32")):
        yield Variant(family, dtype)


def _conv(family: str, arch: str) -> Iterator[Variant]:
    for dtype in SIZES:
        for tile in conv_direct.TILES[dtype == "float64" :]:
            yield from (Variant(family, dtype, tile.defines + axes) for axes in _AXES)


def _conv_axes(family: str, arch: str) -> Iterator[Variant]:
    yield from (Variant(family, dtype, axes) for dtype in SIZES for axes in _AXES)


def _conv_tensor(family: str, arch: str) -> Iterator[Variant]:
    direction, entry = ("weight", "weight_gradient") if family == "conv_tensor_weight" else ("forward", "convolve")
    for dtype, bf16 in _OPERANDS if int(arch[3:]) >= 80 else ():
        for tile in conv_tensor.TILES:
            for channels in (64, 4):  # pixels of copies of 16 bytes, and of 8
                geo = Conv((8, 8), (1, 1), (1, 1), (0, 0), (1, 1), 1, (8, 8))
                sizes = dtype, 1, channels, channels, geo
                launch = conv_tensor._launch(132, SHARED[arch], *sizes, direction, tile, bf16)
                shared = launch.tile.shared(dtype, direction)
                if shared + (8 << 10) <= SHARED[arch]:  # as _tiles chooses
                    yield Variant(family, dtype, launch.defines, ((entry, shared),))


def _conv_tensor_layout(family: str, arch: str) -> Iterator[Variant]:
    for dtype, bf16 in _OPERANDS if int(arch[3:]) >= 80 else ():
        yield Variant(family, dtype, ("operand_t=bfloat_t",) if bf16 else ())


def _attention(family: str, arch: str) -> Iterator[Variant]:
    gradient = family == "attention_grad"
    for dtype in ("float32", "float16", "float64"):
        for width in attention._WIDTHS:
            tile = attention._tile(SHARED[arch], width, max(SIZES[dtype], 4), gradient)
            if tile is not None:
                counts = {"attention_grad_q": (2, 1), "attention_grad_kv": (2, 2)} if gradient else {family: (1, 1)}
                shared = tuple((entry, tile.shared(*count)) for entry, count in counts.items())
                yield Variant(family, dtype, tile.defines, shared)


_SHAPES = ("TILE_M", "TILE_N", "WARP_M", "WARP_N")
_AXES = ((), ("AXES=3",))
_OPERANDS = ("float32", False), ("float16", False), ("bfloat16", False), ("float32", True)
_SPECIAL = {
    "attention": _attention,
    "attention_grad": _attention,
    "conv": _conv,
    "conv_columns": _conv_axes,
    "conv_narrow": _conv_axes,
    "conv_tensor": _conv_tensor,
    "conv_tensor_layout": _conv_tensor_layout,
    "conv_tensor_weight": _conv_tensor,
    "matmul": _matmul,
}
