"""NVRTC compiles every kernel for old and new GPUs; none spills registers, all fit their blocks."""

from __future__ import annotations

import re

import pytest

from backends.cuda import compiler, nvrtc
from backends.errors import BackendUnavailable
from tests.backends import nvrtc_report
from tests.backends.cuda_variants import FAMILIES, SHARED, Variant, known, launchable
from tests.backends.nvrtc_report import DEVICES, Usage, chosen, complaints, measure


@pytest.mark.parametrize("variant, arch", [pytest.param(*pair, id=f"{pair[0]}-{pair[1]}") for pair in chosen()])
def test_fits_the_device(variant: Variant, arch: str) -> None:
    if int(arch[3:]) not in nvrtc_report.load().architectures:
        pytest.skip(f"this NVRTC does not compile for {arch}")
    found = measure(variant, arch)
    assert complaints(variant, arch, found) == [], found


WHOLE_NUMBERS = {"bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"}


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_compiled_is_of_every_kind(family: str) -> None:
    pairs = [(variant, arch) for variant, arch in chosen() if variant.family == family]
    every = [(variant, arch) for arch in DEVICES for variant in launchable(arch) if variant.family == family]
    assert {arch for _, arch in pairs} == {arch for _, arch in every}
    assert {variant.dtype for variant, _ in every} - {variant.dtype for variant, _ in pairs} <= WHOLE_NUMBERS
    assert {variant.shape for variant, _ in pairs} == {variant.shape for variant, _ in every}


NARROW = Variant("softmax", "float32", shared=(("f", 60 << 10),))
USAGES = {
    "all is well": (Usage(registers=128, spill=0, shared=128, threads=512), None),
    "registers spill": (Usage(40, 12, 0, 256), "f spills 12 bytes"),
    "too many registers": (Usage(129, 0, 0, 512), "f: 512 threads of 129 registers"),
    "too much static memory": (Usage(40, 0, (48 << 10) + 16, 256), "f: 49168 bytes of static"),
    "too much memory in all": (Usage(40, 0, (4 << 10) + 16, 256), "f: 4112 bytes of static and 61440 of dynamic"),
}


@pytest.mark.parametrize("case", USAGES)
def test_complaints(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    used, says = USAGES[case]
    monkeypatch.setattr(compiler, "source", lambda family: 'extern "C" __global__ void f(int n) {}')
    said = complaints(NARROW, "sm_75", {"f": used})
    assert said == [] if says is None else len(said) == 1 and said[0].startswith(says)
    assert complaints(NARROW, "sm_75", {})[0] == "only [] are reported"


def test_bounds_of_threads_are_read_from_the_machine_code() -> None:
    used = measure(next(v for v in launchable("sm_90") if v.family == "conv_tensor_weight"), "sm_90")
    assert used["weight_gradient"].threads == 256 and used["weight_gradient"].registers > 64
    bare = 'extern "C" __global__ void __launch_bounds__(96) f(int* p) { *p = 1; }'
    cubin, _ = nvrtc_report.load().compile(bare, ("-arch=sm_90",), "bare.cu")
    assert nvrtc_report.most_threads(cubin) == {"f": 96}


def test_what_is_not_in_the_table_is_refused() -> None:
    assert ("relu", ()) not in known()
    assert ("elementwise", compiler.defines("float16")) in known()
    assert ("elementwise", compiler.defines("float16", ("WIDTH=3",))) not in known()
    assert set(DEVICES) <= set(SHARED)


# -- NVRTC itself ------------------------------------------------------------------------------------------------------


def test_what_does_not_compile_is_shown() -> None:
    with pytest.raises(nvrtc.CompileError, match=r"wrong\.cu does not compile with -arch=sm_90:\n(.|\n)*missing"):
        nvrtc_report.load().compile("void f() { missing; }", ("-arch=sm_90",), "wrong.cu")


def test_without_nvrtc_the_sentence_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvrtc, "_candidates", lambda: ["libnone.so"])
    with pytest.raises(BackendUnavailable, match=re.escape(nvrtc.MISSING)):
        nvrtc.load.__wrapped__()


@pytest.mark.parametrize("machine, outcome", [("x86_64", "Failed"), ("aarch64", "Skipped")])
def test_tests_without_nvrtc(machine: str, outcome: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvrtc, "load", nvrtc.load.__wrapped__)
    monkeypatch.setattr(nvrtc, "_candidates", list)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: machine)
    with pytest.raises(BaseException, match="NVRTC") as caught:  # pytest's outcomes are no Exception
        nvrtc_report.load()
    assert type(caught.value).__name__ == outcome


def test_the_code_does_not_depend_on_the_moment() -> None:
    flags = (*compiler.OPTIONS, *compiler.defines("float32"), "-arch=sm_90")
    source = compiler.source("dropout")
    first, second = (nvrtc_report.load().compile(source, flags, "dropout.cu")[0] for _ in range(2))
    assert first == second
