"""From a kernel's source to its start: includes, variants, the cache on disk, how arguments lie in memory."""

from __future__ import annotations

import ctypes
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backends.cuda import compiler
from backends.cuda.launch import Kernel, Kernels, Parameter, entries

SOURCE = """
// extern "C" __global__ void not_a_kernel(int n) {}
extern "C" __global__ void __launch_bounds__(256) first(const scalar_t* __restrict__ x, scalar_t* y, // the result
                                                        long long n, acc_t scale) {}
template <class T> __global__ void hidden(T* x) {}
extern "C" __global__ void
second(const Geometry geo, unsigned n, const long long* index) {}
extern "C" __global__ void third() {}
"""
TYPES = {"scalar_t": "half_t", "acc_t": "float"}


def array(address: int) -> Any:
    return SimpleNamespace(data=SimpleNamespace(ptr=address))


class Recorder:
    """A device that notes what it is asked for and copies the arguments as a driver does."""

    arch, multiprocessors, shared_memory, validate, fault = "sm_90", 1, 1 << 16, None, None

    def __init__(self, sizes: tuple[int, ...] = ()) -> None:
        self.sizes, self.compiled, self.started = sizes, [], []

    def compile(self, source: str, options: tuple[str, ...], name: str) -> Any:
        self.compiled.append((name, options))
        return SimpleNamespace(function=lambda entry, shared: (entry, shared))

    def start(self, function, gx, gy, gz, bx, by, bz, shared, params) -> None:
        table = (ctypes.c_void_p * len(self.sizes)).from_address(params)
        arguments = [ctypes.string_at(address, size) for address, size in zip(table, self.sizes, strict=True)]
        self.started.append((function, (gx, gy, gz), (bx, by, bz), shared, arguments))


def kernel(name: str, device: Recorder) -> Kernel:
    return Kernel(name, entries(SOURCE)[name], TYPES, device.compile("", (), ""), device)


def test_entry_points_and_their_parameters_are_read_from_the_source() -> None:
    assert list(entries(SOURCE)) == ["first", "second", "third"]
    assert entries(SOURCE)["first"] == (
        Parameter("pointer", "scalar_t", "x", True),
        Parameter("pointer", "scalar_t", "y", False),
        Parameter("number", "long long", "n", False),
        Parameter("number", "acc_t", "scale", False),
    )
    assert [p.kind for p in entries(SOURCE)["second"]] == ["struct", "number", "pointer"]


def test_arguments_lie_where_the_driver_reads_them() -> None:
    device = Recorder((8, 8, 8, 4))
    kernel("first", device)(3, (8, 4), array(4096), None, 1 << 40, 0.5, shared=100)
    expected = [struct.pack("Q", 4096), struct.pack("Q", 0), struct.pack("q", 1 << 40), struct.pack("f", 0.5)]
    assert device.started == [(("first", 100), (3, 1, 1), (8, 4, 1), 100, expected)]


@pytest.mark.parametrize("length", [4, 12, 33, 64])
def test_a_struct_travels_by_value(length: int) -> None:
    device = Recorder((length, 4, 8))
    launch, geometry = kernel("second", device), bytes(range(length))
    for n in (7, 8):
        launch((1, 2), 32, geometry, n, array(64))
        assert device.started[-1][4] == [geometry, struct.pack("I", n), struct.pack("Q", 64)]
        assert device.started[-1][1] == (1, 2, 1)


def test_a_grid_without_blocks_does_nothing() -> None:
    device = Recorder()
    kernel("third", device)(0, 32)
    kernel("third", device)((4, 0), 32)
    assert not device.started
    kernel("third", device)((4, 1, 2), 32)
    assert len(device.started) == 1


def test_a_wrong_number_of_arguments_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        kernel("first", Recorder())(1, 32, None)


def test_each_variant_is_compiled_once() -> None:
    device = Recorder()
    kernels = Kernels(device)
    dtype = {name: np.dtype(name) for name in ("float32", "float64")}
    relu = kernels("elementwise", "relu", dtype["float32"])
    assert kernels("elementwise", "relu", dtype["float32"]) is relu
    kernels("elementwise", "sigmoid", dtype["float32"])
    kernels("elementwise", "relu", dtype["float64"])
    kernels("elementwise", "relu", dtype["float64"], ("TILE=4",))
    assert device.compiled == [
        ("elementwise.cu", ("-Dscalar_t=float", "-Dacc_t=float")),
        ("elementwise.cu", ("-Dscalar_t=double", "-Dacc_t=double")),
        ("elementwise.cu", ("-Dscalar_t=double", "-Dacc_t=double", "-DTILE=4")),
    ]


def test_includes_are_pasted_once_and_lines_keep_their_numbers(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a.cuh").write_text("#pragma once\nint a;\n")
    (tmp_path / "b.cuh").write_text('#include "a.cuh"\nint b;\n')
    (tmp_path / "k.cu").write_text('#include "a.cuh"\n#include "b.cuh"\nint k;\n')
    monkeypatch.setattr(compiler, "KERNELS", tmp_path)
    text = compiler.source.__wrapped__("k")
    assert [text.count(f"int {name};") for name in "abk"] == [1, 1, 1]
    assert "#include" not in text
    assert '#line 3 "k.cu"\nint k;' in text
    assert '#line 2 "b.cuh"\nint b;' in text


class Compiler:
    """In place of NVRTC."""

    version = (13, 0)

    def __init__(self) -> None:
        self.calls = 0

    def compile(self, source: str, options: tuple[str, ...], name: str) -> tuple[bytes, str]:
        self.calls += 1
        return source.encode() + b"!", ""


@pytest.fixture
def nvrtc(tmp_path: Path, monkeypatch) -> Compiler:
    fake = Compiler()
    monkeypatch.setattr(compiler.nvrtc, "load", lambda: fake)
    monkeypatch.setenv("TWINGRAD_CACHE", str(tmp_path / "cache"))
    return fake


def test_machine_code_is_kept_on_disk(nvrtc: Compiler, tmp_path: Path) -> None:
    for _ in range(3):
        assert compiler.machine_code("int a;", ("-DX",), "sm_90", "f.cu") == b"int a;!"
    assert nvrtc.calls == 1
    (file,) = (tmp_path / "cache" / "cuda").iterdir()
    assert file.name.startswith("f-sm_90-") and file.suffix == ".cubin"


def test_the_cache_sees_source_options_architecture_and_compiler(nvrtc: Compiler) -> None:
    compiler.machine_code("int a;", ("-DX",), "sm_90", "f.cu")
    for change in [("int b;", ("-DX",), "sm_90"), ("int a;", ("-DY",), "sm_90"), ("int a;", ("-DX",), "sm_80")]:
        before = nvrtc.calls
        compiler.machine_code(*change, "f.cu")
        assert nvrtc.calls == before + 1
    nvrtc.version = (13, 1)
    compiler.machine_code("int a;", ("-DX",), "sm_90", "f.cu")
    assert nvrtc.calls == 5


def test_a_cache_that_cannot_be_written_does_no_harm(nvrtc: Compiler, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TWINGRAD_CACHE", str(tmp_path / "file"))
    assert compiler.machine_code("int a;", (), "sm_90", "f.cu") == b"int a;!"
