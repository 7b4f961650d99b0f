"""What ``make gpu`` runs, rehearsed in small: a card is lent for minutes, so a typing error would cost all of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backends import registry
from backends.cuda import Cuda, conv_tensor
from backends.geometry import Conv
from backends.precision import settings
from benchmarks import compile_cuda, gpu, kernels_cuda, speedup

SMALL = {
    "ROUNDS": 1, "LAUNCHES": 2, "CALLS": 1, "DELAY": 64, "COPY": 1024, "SQUARE": 16, "LONG": 1024, "ROWS": ((8, 16),),
    "PLANES": (2, 4, 7, 7), "PRODUCTS": (16,), "ATTENTION": (1, 2, 8, 4), "TABLE": (32, 8, 10),
    "PARAMETERS": [(4, 3, 3, 3), (5,)],
    "CONVOLUTIONS": {"strided": (2, 8, 9, 9, 16, 3, 2, 1), "depthwise": (2, 8, 6, 6, 8, 3, 1, 1)},
}  # fmt: skip


def test_every_kernel_has_its_row(cuda: Cuda, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SMALL.items():
        monkeypatch.setattr(kernels_cuda, name, value)
    kept: dict[str, Any] = {}
    monkeypatch.setattr(kernels_cuda, "keep", lambda question, figures: kept.update(figures))
    monkeypatch.setattr(settings, "conv_tf32", True)
    kernels_cuda.main(["--keep"])
    assert {"card", "clocks before", "clocks after", "peaks", "launch", "kernels", "choices"} == kept.keys()
    assert len(kept["kernels"]) == 4 + 4 + 2 * 6 + 2 + 3 + 2 * 2 * 3
    assert all(row["us"] > 0 for row in kept["kernels"].values())
    assert {name for name, row in kept["kernels"].items() if "tuned us" in row} == {
        f"{case} {label} {direction}"
        for case in SMALL["CONVOLUTIONS"]  # type: ignore[attr-defined]
        for label in ("tf32", "half")
        for direction in ("forward", "input", "weight")
    }
    assert not settings.benchmark


@pytest.mark.parametrize("model", ["mlp", "lenet5"])
@pytest.mark.parametrize("variant", ["eager", "tuned"])
def test_a_step_is_measured(cuda: Cuda, variant: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speedup, "WARM_UP", 1)
    monkeypatch.setattr(settings, "benchmark", False)
    monkeypatch.setattr(settings, "matmul_tf32", False)
    arguments = SimpleNamespace(engine="twingrad", batch=2, optimizer="sgd", seconds=0.0, variant=variant)
    row = speedup.measure(arguments, model, "cuda")  # type: ignore[arg-type]
    assert row["samples"] == 2 and row["ms"] > 0 and row["memory"] > 0


def test_a_row_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = {"ms": 2.0, "samples": 4, "flops": 1e6, "bytes": 1e6}

    def child(module: str, engine: str, *words: str) -> Any:
        if "--rates" in words:
            return {"flops": 1e9, "bytes": 1e9}
        if "graph" in words:
            raise RuntimeError("torch: no memory")
        return row

    monkeypatch.setattr(speedup, "child", child)
    monkeypatch.setattr(speedup, "_present", lambda device: True)
    monkeypatch.setattr(speedup, "results", lambda name: tmp_path / name)
    monkeypatch.setattr("benchmarks.harness.results", lambda name: tmp_path / name)
    monkeypatch.setattr(speedup.importlib.util, "find_spec", lambda name: name != "matplotlib")
    speedup.main(["--models", "mlp", "--devices", "cuda", "--keep"])
    speedup.main(["--models", "lenet5", "--devices", "cpu", "cuda", "--keep"])
    figures = speedup._kept("speedup_sgd")
    assert set(figures["models"]) == {"mlp", "lenet5"} and set(figures["rates"]) == {"cpu", "cuda"}
    assert figures["models"]["mlp"]["cuda torch graph"] == {"failed": "torch: no memory"}
    text = speedup.table(figures)
    assert "failed: torch: no memory" in text
    assert "1.0x" in text


def test_every_part_can_be_run() -> None:
    parts = gpu.parts()
    assert {"compile", "kernel tests", "kernels", "tests", "steps alexnet"} <= parts.keys()
    for part in parts.values():
        paths = [word for word in part.command if word.startswith("tests/") or word.endswith("test_cuda.py")]
        assert all((gpu.ROOT / path).exists() for path in paths), part
        if "benchmarks" in part.command:
            question = part.command[part.command.index("benchmarks") + 1]
            assert (gpu.ROOT / "benchmarks" / f"{question}.py").exists()


@pytest.mark.parametrize(
    "code, limit, end", [("", 60, "ended well"), ("; exit 3", 60, "FAILED"), ("; sleep 60", 2, "STOPPED after 2 s")]
)
def test_a_part_ends(code: str, limit: float, end: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gpu, "results", lambda name: tmp_path / name)
    found = gpu.run("a part", gpu.Part(["sh", "-c", f"echo 1{code}"], limit))
    assert (found["end"], found["ended well"]) == (end, end == "ended well")
    assert found["last lines"] == ["1"]
    assert (tmp_path / "gpu_a_part.log").read_text() == "1\n"


def test_it_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> None:
    def part(code: str) -> gpu.Part:
        return gpu.Part([sys.executable, "-c", code], 60)

    monkeypatch.setattr(gpu, "results", lambda name: tmp_path / name)
    monkeypatch.setattr(gpu, "parts", lambda: {"good": part("print('sun')"), "bad": part("exit(1)")})
    monkeypatch.setattr(registry, "available", lambda: {"cuda": "ok"})
    for words, said in (([], "good: ended well"), ([], "good: done before"), (["--again"], "good: ended well")):
        with pytest.raises(SystemExit, match=r"^failed: bad$"):
            gpu.main(words)
        assert said in capsys.readouterr().out
    gpu.main(["--minutes", "0.1", "--again"])
    assert "not begun for lack of time: good, bad" in capsys.readouterr().out
    record = json.loads((tmp_path / "gpu.json").read_text())
    assert record["good"]["last lines"] == ["sun"] and "hardware" in record and "clocks" in record
    monkeypatch.setattr(gpu, "parts", lambda: {"smoke": part("exit(1)"), "other": part("")})
    with pytest.raises(SystemExit, match=r"^failed: smoke; "):
        gpu.main([])
    assert "other" not in json.loads((tmp_path / "gpu.json").read_text())
    monkeypatch.setattr(registry, "available", lambda: {"cuda": "cuda: no driver"})
    with pytest.raises(SystemExit, match=r"^cuda: no driver$"):
        gpu.main([])


def test_convolutions_find_their_code_compiled() -> None:
    compiled = set(compile_cuda.variants())
    for dtype in ("float32", "float16"):
        for n, c, h, w, o, k, stride, padding in kernels_cuda.CONVOLUTIONS.values():
            geo = Conv.of(
                (n, c, h, w), (o, c, k, k), stride=(stride,) * 2, padding=(padding,) * 2, dilation=(1, 1), groups=1
            )
            for direction in ("forward", "weight"):
                family = "conv_tensor_weight" if direction == "weight" else "conv_tensor"
                for tile in conv_tensor._tiles(132, 227 << 10, dtype, n, c, o, geo, direction)[:6]:
                    key = 132, 227 << 10, dtype, n, c, o, geo, direction, tile, False
                    assert (family, dtype, conv_tensor._launch(*key).defines) in compiled
