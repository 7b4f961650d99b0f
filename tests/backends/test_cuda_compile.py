"""NVRTC compiles every kernel for every architecture and dtype; none spills registers, all fit their blocks."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from backends.cuda import compiler, nvrtc
from backends.cuda.launch import entries
from backends.errors import BackendUnavailable

try:
    NVRTC = nvrtc.load()
except BackendUnavailable as missing:
    pytest.skip(str(missing), allow_module_level=True)

ARCHITECTURES = [f"sm_{number}" for number in (75, 80, 86, 89, 90, 100, 120) if number in NVRTC.architectures]
FAMILIES = sorted(path.stem for path in compiler.KERNELS.glob("*.cu"))
REGISTERS, STATIC_SHARED = 65536, 48 << 10  # of a multiprocessor; bytes of a block


class Special(NamedTuple):
    """What is compiled of a family."""

    dtypes: tuple[str, ...] = ("float32", "float16", "bfloat16", "float64")
    defines: tuple[tuple[str, ...], ...] = ((),)
    least: int = 75  # compute capability


SPECIAL: dict[str, Special] = {
    "attention": Special(("float32", "float64"), (("TILE_T=64", "TILE_S=64", "WIDTH=128"),)),
    "attention_grad": Special(("float32", "float64"), (("TILE_T=64", "TILE_S=32", "WIDTH=128"),)),
    "conv": Special(defines=((), ("AXES=3", "TILE_M=128", "TILE_N=64", "TILE_K=8", "THREAD_M=8", "THREAD_N=4"))),
    "conv_columns": Special(defines=((), ("AXES=3",))),
    "conv_narrow": Special(defines=((), ("AXES=3",))),
    "conv_tensor": Special(("float32", "float16", "bfloat16"), least=80),
    "conv_tensor_layout": Special(("float32", "float16", "bfloat16"), least=80),
    "conv_tensor_weight": Special(("float32", "float16", "bfloat16"), least=80),
    "matmul": Special(("float32", "float16", "bfloat16", "float64", "bool", "int32", "int64")),
}


def usage(log: str) -> dict[str, dict[str, int]]:
    """What ptxas says of each entry point."""
    found: dict[str, dict[str, int]] = {}
    for name, text in re.findall(r"Compiling entry function '(\w+)'(.*?)(?=Compiling entry|\Z)", log, re.DOTALL):
        numbers = {
            "spill": r"(\d+) bytes spill stores",
            "registers": r"Used (\d+) registers",
            "shared": r"(\d+) bytes smem",
        }
        found[name] = {what: int(m[1]) if (m := re.search(p, text)) else 0 for what, p in numbers.items()}
    return found


class Variant(NamedTuple):
    """One compilation."""

    family: str
    dtype: str
    defines: tuple[str, ...]
    arch: str

    def __str__(self) -> str:
        return "-".join([self.family, self.dtype, *self.defines, self.arch])


def variants() -> list[Variant]:
    """float32 for every architecture, other dtypes for the oldest and one of today's."""
    rows = []
    for family in FAMILIES:
        special = SPECIAL.get(family, Special())
        archs = [arch for arch in ARCHITECTURES if int(arch[3:]) >= special.least]
        for dtype in special.dtypes:
            for defines in special.defines:
                chosen = archs if dtype == "float32" else [archs[0], "sm_90"]
                rows += [Variant(family, dtype, defines, arch) for arch in dict.fromkeys(chosen)]
    return rows


@pytest.mark.parametrize("variant", variants(), ids=str)
def test_compiles_without_spills(variant: Variant) -> None:
    source = compiler.source(variant.family)
    flags = (*compiler.OPTIONS, *compiler.defines(variant.dtype, variant.defines))
    _, log = NVRTC.compile(source, (*flags, f"-arch={variant.arch}", "--ptxas-options=-v"), f"{variant.family}.cu")
    report = usage(log)
    assert set(report) == set(entries(source))
    for name, used in report.items():
        assert used["spill"] == 0, (name, used)
        assert used["registers"] * threads(source, name) <= REGISTERS, (name, used)
        assert used["shared"] <= STATIC_SHARED, (name, used)


def threads(source: str, name: str) -> int:
    """The most threads of a block that the entry point promises, 256 where it promises nothing."""
    bound = re.search(rf"__launch_bounds__\((\d+)[^)]*\)\s*(?:void\s+)?{name}\b", source)
    return int(bound[1]) if bound else 256


def test_what_does_not_compile_is_shown() -> None:
    with pytest.raises(nvrtc.CompileError, match=r"wrong\.cu does not compile with -arch=sm_90:\n(.|\n)*missing"):
        NVRTC.compile("void f() { missing; }", ("-arch=sm_90",), "wrong.cu")


def test_without_nvrtc_the_sentence_says_where_it_comes_from(monkeypatch) -> None:
    monkeypatch.setattr(nvrtc, "_candidates", lambda: ["libnone.so"])
    with pytest.raises(BackendUnavailable, match=re.escape(nvrtc.MISSING)):
        nvrtc.load.__wrapped__()


def test_the_code_does_not_depend_on_the_moment() -> None:
    flags = (*compiler.OPTIONS, *compiler.defines("float32"), "-arch=sm_90")
    first, second = (NVRTC.compile(compiler.source("elementwise"), flags, "elementwise.cu")[0] for _ in range(2))
    assert first == second
