"""What NVRTC's machine code needs: registers, spills, shared memory.

``python -m tests.backends.nvrtc_report [sm_90 ...]`` compiles every variant that the backend may launch on these
devices (on four of them by default, which takes a quarter of an hour), prints what each entry point needs, and fails
if one needs too much.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from functools import cache
from struct import unpack_from
from typing import NamedTuple

import pytest

from backends.cuda import compiler, nvrtc
from backends.cuda.launch import entries
from backends.errors import BackendUnavailable
from tests.backends.cuda_variants import FAMILIES, SHARED, SIZES, Variant, launchable

REGISTERS = 65536  # of a multiprocessor
UNASKED = 48 << 10  # bytes of static shared memory that a block has at most, and of both kinds without asking
DEVICES = ("sm_90", "sm_75", "sm_100", "sm_80")
_NUMBERS = {"spill": r"(\d+) bytes spill stores", "registers": r"Used (\d+) registers", "shared": r"(\d+) bytes smem"}
_SECTION = "<IIQQQQIIQQ"  # header: name, type, flags, address, offset, size, link and the rest
_MAX_THREADS = 0x0504  # EIATTR_MAX_THREADS of the section .nv.info.<entry point>, after EIFMT_SVAL


class Usage(NamedTuple):
    """What one entry point needs."""

    registers: int  # of a thread
    spill: int  # bytes of registers that a thread keeps in memory
    shared: int  # bytes of static shared memory
    threads: int  # that __launch_bounds__ promises at most, 256 where there is none


def load() -> nvrtc.Nvrtc:
    """NVRTC. Without it the test is skipped, but fails on Linux x86-64, where ``pip install '.[test]'`` brings it."""
    try:
        return nvrtc.load()
    except BackendUnavailable as missing:
        if sys.platform == "linux" and platform.machine() == "x86_64":
            pytest.fail(f"{missing}. For tests: pip install '.[test]'")
        pytest.skip(str(missing))


def measure(variant: Variant, arch: str) -> dict[str, Usage]:
    """Compiles a variant.

    Returns:
        What its entry points need, by name.
    """
    flags = (*compiler.OPTIONS, *variant.options, f"-arch={arch}", "--ptxas-options=-v")
    cubin, log = load().compile(compiler.source(variant.family), flags, f"{variant.family}.cu")
    threads = most_threads(cubin)
    found = {}
    for name, text in re.findall(r"Compiling entry function '(\w+)'(.*?)(?=Compiling entry|\Z)", log, re.DOTALL):
        numbers = {what: int(m[1]) if (m := re.search(p, text)) else 0 for what, p in _NUMBERS.items()}
        found[name] = Usage(threads=threads.get(name, 256), **numbers)
    return found


@cache
def chosen() -> tuple[tuple[Variant, str], ...]:
    """What the tests compile: every family for each of ``DEVICES``, in each of its dtypes and shapes, with each macro.

    Some 110 of the 800 compilations there are, found greedily; of equally good ones the first.
    """
    found = []
    for family in FAMILIES:
        pairs = [(variant, arch) for arch in DEVICES for variant in launchable(arch) if variant.family == family]
        missing = set().union(*(_features(*pair) for pair in pairs))
        while missing:
            best = max(pairs, key=lambda pair: len(missing & _features(*pair)))
            missing -= _features(*best)
            found.append(best)
    return tuple(found)


def _features(variant: Variant, arch: str) -> set[object]:
    whole = SIZES.get(variant.dtype) is None  # whole numbers differ by what their sums are made in
    return {arch, compiler.TYPES[variant.dtype][whole], variant.shape, *variant.defines}


def complaints(variant: Variant, arch: str, found: dict[str, Usage]) -> list[str]:
    """What an entry point of a variant needs too much of on a device, and which entry points are missing."""
    said = [] if set(found) == set(entries(compiler.source(variant.family))) else [f"only {sorted(found)} are reported"]
    dynamic = dict(variant.shared)
    for name, used in found.items():
        if used.spill:
            said.append(f"{name} spills {used.spill} bytes")
        if -(-used.registers // 8) * 8 * used.threads > REGISTERS:  # registers are given out by eights
            said.append(f"{name}: {used.threads} threads of {used.registers} registers")
        if used.shared > UNASKED or used.shared + dynamic.get(name, 0) > SHARED[arch]:
            said.append(f"{name}: {used.shared} bytes of static and {dynamic.get(name, 0)} of dynamic shared memory")
    return said


def most_threads(cubin: bytes) -> dict[str, int]:
    """The threads of a block that ``__launch_bounds__`` promises at most, by entry point, from a 64-bit ELF file."""
    (table,) = unpack_from("<Q", cubin, 0x28)
    size, count, names = unpack_from("<HHH", cubin, 0x3A)
    headers = [unpack_from(_SECTION, cubin, table + i * size) for i in range(count)]
    text = headers[names][4]
    found = {}
    for header in headers:
        start = text + header[0]
        name = cubin[start : cubin.index(b"\0", start)].decode()
        if name.startswith(".nv.info."):
            for key, value in _attributes(cubin[header[4] : header[4] + header[5]]):
                if key == _MAX_THREADS:
                    x, y, z = unpack_from("<III", value)
                    found[name.removeprefix(".nv.info.")] = x * y * z
    return found


def _attributes(info: bytes) -> Iterator[tuple[int, bytes]]:
    """Format and attribute as one number, and the value of each record: only EIFMT_SVAL (4) has bytes of its own."""
    at = 0
    while at < len(info):
        kind, attribute, size = unpack_from("<BBH", info, at)
        at += 4
        value = info[at : at + size] if kind == 4 else b""
        at += len(value)
        yield attribute << 8 | kind, value


def main(devices: tuple[str, ...]) -> int:
    """Prints the report of all variants.

    Returns:
        1 if one needs too much, else 0.
    """
    failed = 0
    for arch in devices or DEVICES:
        for variant in launchable(arch):
            found = measure(variant, arch)
            for name, used in found.items():
                print(arch, variant, name, *(f"{what} {number}" for what, number in used._asdict().items()), flush=True)
            for complaint in complaints(variant, arch, found):
                failed = 1
                print("TOO MUCH:", arch, variant, complaint, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
