"""What the CPU's measurements make of their figures, and that every row can run; no clock is looked at."""

from __future__ import annotations

import subprocess
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from backends.cpu import Cpu
from benchmarks import kernels_cpu, overhead, peak, race, small_ops, startup, sweep, timeline


def test_a_fall_of_the_ratios_is_told() -> None:
    before = {name: {"ratio": 2.0} for name in ("mlp sgd", "lstm sgd", "gru sgd")}
    assert race.slower({"mlp sgd": {"ratio": 1.85}, "unet sgd": {"ratio": 0.1}}, before) == []
    assert race.slower({"mlp sgd": {"ratio": 1.5}, "lstm sgd": {"ratio": 2.0}, "gru sgd": {"ratio": 2.4}}, before) == [
        "mlp sgd: the ratio is 25% below the one kept; 20% are tolerated"
    ]
    assert race.slower({name: {"ratio": 1.7} for name in before}, before) == [
        "geometric mean: the ratio is 15% below the one kept; 10% are tolerated"
    ]


def test_another_machine_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race, "hardware", lambda: {"processor": "new", "numpy": "2"})
    row = {"mlp sgd": {"ratio": 1.0}}
    race.check(row, row, {"processor": "old", "numpy": "2"})
    assert capsys.readouterr().out == (
        "the figures kept are of another machine or of other versions: processor old, now new\nas fast as the figures kept\n"
    )
    with pytest.raises(SystemExit, match="mlp sgd: the ratio is 50% below the one kept"):
        race.check({"mlp sgd": {"ratio": 0.5}}, row, race.hardware())


def test_nothing_to_check_against_is_said_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(race, "kept", lambda question: ({}, {}))
    with pytest.raises(SystemExit):
        race.main(["--check", "--workloads", "mlp"])
    assert f"results/{race.KEPT}.json, which has none of these; keep figures first by --keep" in capsys.readouterr().err


def test_the_ceiling_is_that_of_a_real_product() -> None:
    weights, table = np.ones(peak.DEPTH * peak.TILE_ROWS, np.float32), np.arange(peak.DEPTH) * peak.WIDTH
    x, y = np.ones(2 * peak.DEPTH * peak.WIDTH, np.float32), np.zeros(2 * peak.SUMS, np.float32)
    peak._multiply(2, weights, table, x, y)
    assert (y == peak.TURNS * peak.DEPTH).all()  # 256,000: exact in float32


def test_a_timeline_has_the_calls_of_most_steps() -> None:
    calls, _ = timeline.measure("mlp", "sgd", 3)
    names = [call.name for call in calls]
    assert names.count("linear_grad") >= 2
    assert names[-1] == "sgd_momentum"
    usual = [timeline.Call("a", 1, 1.0, 2.0)]
    assert timeline._medians([usual, [usual[0]._replace(time=4.0)], [*usual, *usual]]) == [("a", 1, 1.0, 3.0)]
    assert timeline.by_kernel([*usual, *usual])[1].split() == ["a", "2", "2.0", "4.0"]
    assert timeline.by_call(usual)[1].split() == ["a", "1", "1.0", "2.0"]


def test_fits() -> None:
    sizes = (1, 10, 100)
    line = sweep.fit(sizes, [5.0 + 2.0 * n for n in sizes])
    np.testing.assert_allclose(line["terms"], [5, 2])
    assert line["deviation"] < 1e-9
    assert sweep.fit(sizes, [3.0 * n**2 for n in sizes])["exponent"] == pytest.approx(2)
    np.testing.assert_allclose(sweep.fit((1, 2, 3, 4), [1, 5, 11, 19], 2)["terms"], [-1, 1, 1], atol=1e-9)


def test_sweep_draws_and_prints(tmp_path: Path) -> None:
    figures = {}
    for name in ("batch", "chain", "lstm", "transformer"):
        sizes = sweep.AXES[name].sizes
        laws = {"ms": [float(n) for n in sizes], "memory": [1e6 * n for n in sizes]}
        laws |= {"time": sweep.fit(sizes, laws["ms"]), "bytes": sweep.fit(sizes, laws["memory"])}
        laws |= {"parabola": sweep.fit(sizes, laws["ms"], 2)} if sweep.AXES[name].quadratic else {}
        figures[name] = {"sizes": sizes} | dict.fromkeys(sweep.ENGINES, laws)
        assert "exponent 1.00" in sweep.table(name, figures[name])
    assert "n^2 us, at most 0% off" in sweep.table("transformer", figures["transformer"])
    pytest.importorskip("matplotlib")
    sweep.picture(figures, str(tmp_path / "sweep.png"))
    assert (tmp_path / "sweep.png").stat().st_size > 10_000


@pytest.mark.parametrize("axis", sweep.AXES)
def test_a_step_of_each_axis(axis: str) -> None:
    step = sweep.AXES[axis].build(autograd, 4)
    step(0)


def test_a_peer_that_cannot_be_installed_is_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def run(command: list[str], **options: Any) -> None:
        if "pip" in command:
            raise subprocess.CalledProcessError(1, command, stderr="no network\nERROR: no distribution found\n")
        Path(command[-1]).mkdir(parents=True)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(overhead.subprocess, "run", run)
    assert overhead.environment("mygrad") is None
    assert "MyGrad is left out, as it could not be installed: ERROR: no distribution" in capsys.readouterr().out
    assert not list((tmp_path / "twingrad" / "peers").iterdir())


def test_small_operations_and_their_table(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SIZES": (2,), "LINKS": 2, "CALLS": 1, "REPETITIONS": 1}.items():
        monkeypatch.setattr(small_ops, name, value)
    figures = small_ops.measure("twingrad")
    assert len(figures) == 2 * (1 + len(small_ops.SINGLE)) and all(value > 0 for value in figures.values())
    text = overhead.table({"twingrad": [figures], "torch": [figures]}, ["2 elements"], ["2"])
    assert text.endswith("1.00")


def test_first_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "STEPS", 1)
    assert list(startup.first_steps("twingrad", "lenet5")) == ["import", "step 1"]


def test_rows_of_kernels_have_names_of_their_own() -> None:
    rows = [row for family in kernels_cpu.FAMILIES for row in family()]
    assert len({row.name for row in rows}) == len(rows) > 100


def test_small_rows_of_kernels_run() -> None:
    cpu, rng = Cpu(np, "cpu"), np.random.default_rng(0)
    for row in (row for family in kernels_cpu.FAMILIES for row in family()):
        if sum(map(prod, row.shapes)) < 500_000:
            arrays = [rng.standard_normal(shape, np.float32) for shape in row.shapes]
            row.ours(cpu, *(row.prepare[0](cpu, *arrays) if row.prepare else arrays))
