"""Compiling the emulator's runtime and kernel sources with g++, into a cache on disk."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent

_COMMON = ("-std=c++17", "-fPIC", "-fno-strict-aliasing", "-fno-math-errno", "-fno-trapping-math")
# Instances of one template in two modules must not share their static variables, which are shared memory here.
_KERNEL = (*_COMMON, "-fno-gnu-unique", "-fno-exceptions", "-ffp-contract=fast", "-w", "-fmax-errors=5")
_LINK = ("-shared", "-nostartfiles", "-Wl,-Bsymbolic")  # start files would add variables of their own to shared memory
_FAST = ("-O1",)  # what -O2 takes longer to compile, tests do not gain
_CHECK = (
    "-O1",
    "-g1",
    "-fsanitize=thread",
    "-fsanitize=alignment,bounds,signed-integer-overflow,shift-exponent,integer-divide-by-zero",
    "-fno-tree-loop-distribute-patterns",  # no memset instead of a loop: the checkers see accesses, not calls
)

# What __global__ and __launch_bounds__ become (cuda.h), in front of a kernel's name.
_NESTED = r"[^()]*"
for _ in range(4):
    _NESTED = rf"(?:[^()]|\({_NESTED}\))*"
_BOUNDS = rf"__attribute__\(\(launch_bounds\(({_NESTED})\)\)\)"
_MARK = r"__attribute__\(\(used, noinline\)\)"
_KERNELS = re.compile(rf'extern\s+"C"\s+{_MARK}\s*(?:{_BOUNDS}\s*)?void\s+(?:{_BOUNDS}\s*)?(?!__attribute__)(\w+)\s*\(')


def runtime() -> Path:
    """The runtime as a shared library."""
    command = ("-shared", "-O2", "-fno-semantic-interposition", "-fvisibility-inlines-hidden", *_COMMON, *_processor())
    texts = _texts("runtime.cpp", *_headers())
    return _cached("runtime", (command, texts), lambda out: _gcc(*command, str(HERE / "runtime.cpp"), "-o", str(out)))


def kernels(source: str, options: tuple[str, ...], name: str, *, check: bool) -> Path:
    """A kernel source as a shared library that exports the table ``emu_entries``.

    Args:
        source: CUDA C++ that includes nothing.
        options: NVRTC's; macros count here.
        name: of the source, in messages.
        check: with the calls to the checkers.

    Returns:
        The library's path.

    Raises:
        RuntimeError: there is no g++, or the source does not compile; with its messages.
    """
    library = runtime()
    macros = tuple(option for option in options if option.startswith(("-D", "-U")))
    flags = (*_KERNEL, *_processor(), *(_CHECK if check else _FAST))

    def build(out: Path) -> None:
        text = f'#include "cuda.h"\n#line 1 "{name}"\n{source}\n'
        plain = _gcc("-E", "-x", "c++", "-std=c++17", "-nostdinc", f"-I{HERE}", *macros, "-", "-o", "-", text=text)
        file = out.with_suffix(".ii")
        file.write_text(plain + _table(plain, name))
        compiled = out.with_suffix(".o")
        _gcc("-c", "-fpreprocessed", *flags, str(file), "-o", str(compiled))
        # In a command of its own: with -fsanitize the sanitizers' libraries would be linked.
        _gcc(*_LINK, str(compiled), str(library), "-lm", "-o", str(out))

    return _cached(Path(name).stem, (source, name, macros, flags, _LINK, str(library), _texts(*_headers())), build)


def _table(source: str, name: str) -> str:
    """C++ that lists the kernels of a preprocessed source, each with a function to call it by a table of arguments."""
    found = [(m[3], m[1] or m[2] or "") for m in _KERNELS.finditer(source)]
    if len(found) != len(re.findall(_MARK, source)):
        raise RuntimeError(
            f'{name}: every __global__ function must be declared as extern "C" __global__ void name(...)'
        )
    calls = "".join(
        f"""__attribute__((no_sanitize("thread"))) static void emu_call_{kernel}(void** arguments) {{
    emu::call(&{kernel}, arguments);
}}
static int emu_signature_{kernel}(emu::ParameterType* out) {{ return emu::signature(&{kernel}, out); }}
"""
        for kernel, _ in found
    )
    rows = "".join(
        f'    {{"{kernel}", emu_call_{kernel}, emu_signature_{kernel}, emu::most_threads({bounds})}},\n'
        for kernel, bounds in found
    )
    return f"""
# 1 "table"
{calls}
extern "C" {{
extern const emu::Entry emu_entries[] = {{
{rows}    {{nullptr, nullptr, nullptr, 0}},
}};
extern char __bss_start[], _end[];
void emu_static_shared(char** bounds) {{
    bounds[0] = __bss_start;
    bounds[1] = _end;
}}
}}
"""


def source_lines(library: Path, offset: str) -> str:
    """Where the instruction at an offset of a library comes from: "a.cuh:12, called from b.cu:34"."""
    shown = subprocess.run(["addr2line", "-i", "-e", str(library), offset], capture_output=True, text=True, check=False)
    places = []
    for line in shown.stdout.splitlines():
        path, _, number = line.split(" ")[0].rpartition(":")
        place = f"{Path(path).name}:{number}"
        if Path(path).parent != HERE and place not in places:  # the emulator's own headers are of no interest
            places.append(place)
    return ", called from ".join(places) or offset


def folder() -> Path:
    """Where builds are kept: $TWINGRAD_CACHE, else the user's cache folder."""
    if chosen := os.environ.get("TWINGRAD_CACHE"):
        return Path(chosen) / "emulator"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "twingrad" / "emulator"


def _cached(stem: str, inputs: object, build: Callable[[Path], None]) -> Path:
    """The file that ``build`` writes, found again by the hash of its inputs; many processes may ask at once."""
    key = hashlib.sha256(repr((_version(), inputs)).encode()).hexdigest()[:24]
    path = folder() / f"{stem}-{key}.so"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            built = Path(scratch) / path.name
            build(built)
            os.replace(built, path)
    return path


def _gcc(*arguments: str, text: str | None = None) -> str:
    command = [_compiler(), *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"emulator: the build failed\n{done.stderr[:6000]}\n{' '.join(command)}")
    return done.stdout


@cache
def _compiler() -> str:
    found = shutil.which("g++")
    if found is None:
        raise RuntimeError(
            "emulator: g++ is not installed, and without a GPU the kernels run by it. Install g++ 11 or newer "
            "(Debian, Ubuntu: apt-get install g++)"
        )
    return found


@cache
def _version() -> str:
    return subprocess.run(
        [_compiler(), "-dumpfullversion", "-dumpmachine"], capture_output=True, text=True, check=True
    ).stdout


@cache
def _processor() -> tuple[str, ...]:
    """The flag for fused multiply-add, as the GPU has it, where this processor has it too."""
    try:
        words = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return ()
    return ("-march=x86-64-v3",) if {"avx2", "fma", "bmi2", "f16c", "movbe"} <= words else ()


@cache
def _headers() -> tuple[str, ...]:
    return tuple(sorted(path.name for path in HERE.glob("*.h")))


def _texts(*names: str) -> tuple[str, ...]:
    return tuple((HERE / name).read_text() for name in names)
