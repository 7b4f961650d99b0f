"""Compiles the CUDA kernels that the other measurements will ask for, on all cores, into the cache on disk.

``python -m benchmarks compile_cuda [--arch sm_90]``

A kernel is compiled when it is first called, one after the other: minutes, in which a GPU would wait. This needs none.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context
from typing import Any

from backends import registry
from backends.cuda import compiler, conv_direct, conv_tensor
from backends.geometry import Conv

DTYPES = ("float32", "float16", "float64")
FAMILIES = sorted(path.stem for path in compiler.KERNELS.glob("*.cu"))
MULTIPROCESSORS, SHARED = 132, 227 << 10  # on which the choice of a tile depends, not its code
Variant = tuple[str, str, tuple[str, ...]]  # family, dtype, macros


def main(words: list[str] | None = None) -> None:
    """Compiles, and says how many and how long."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks compile_cuda")
    parser.add_argument("--arch", default="", help="such as sm_90; default: the GPU's")
    arguments = parser.parse_args(words)
    device: Any = None if arguments.arch else registry.get("cuda")
    arch = arguments.arch or device.device.arch
    begin, found = time.perf_counter(), list(variants())
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        sizes = list(pool.map(work, [(variant, arch) for variant in found]))
    print(f"{len(found)} variants for {arch}, {sum(sizes) >> 10} KiB, {time.perf_counter() - begin:.0f} s")


def variants() -> Iterator[Variant]:
    """The slow ones first: convolutions in every shape of a block, then each family as it comes."""
    for dtype, tile, channels in product(("float32", "float16"), conv_tensor.TILES, (64, 4)):
        for family, direction in (("conv_tensor", "forward"), ("conv_tensor_weight", "weight")):
            geo = Conv((9, 9), (3, 3), (1, 1), (1, 1), (1, 1), 1, (9, 9))
            if channels == 64 or dtype == "float16":  # with 4 channels of 2 bytes the copies are shorter
                yield family, dtype, defines(dtype, channels, geo, direction, tile)
    for dtype, block in product(("float32", "float16"), conv_direct.TILES):
        yield "conv", dtype, block.defines
    for dtype, family in product(DTYPES, FAMILIES):
        if dtype in conv_tensor.SIZE or not family.startswith("conv_tensor"):
            yield family, dtype, ()


def defines(dtype: str, channels: int, geo: Conv, direction: str, tile: conv_tensor.Tile) -> tuple[str, ...]:
    """The macros of one shape of a block."""
    key = MULTIPROCESSORS, SHARED, dtype, 8, channels, 64, geo, direction, tile, False
    return conv_tensor._launch(*key).defines


def work(task: tuple[Variant, str]) -> int:
    """Compiles one; the bytes of its code."""
    (family, dtype, macros), arch = task
    return len(compiler.machine_code(compiler.source(family), compiler.defines(dtype, macros), arch, f"{family}.cu"))


if __name__ == "__main__":
    main()
