"""Profilers: which operations ran, how often, inside what; nothing is left of them afterwards."""

from __future__ import annotations

import gzip
import json
import threading
from pathlib import Path

import pytest

import autograd as ag
import nn
from autograd import engine
from autograd.ops.elementwise import exp
from autograd.profiler import ProfilerAction, ProfilerActivity, profile, record_function, schedule
from autograd.tracing import EventList
from autograd.tracing import profile as trace


def counts(events: EventList) -> dict[str, int]:
    return {e.key: e.count for e in events.key_averages()}


def test_operations_and_their_gradients_are_counted() -> None:
    x = ag.ones(3, requires_grad=True)
    with profile(activities=[ProfilerActivity.CPU]) as p:
        with record_function("forward"):
            y = x.exp().exp().sum()
        y.backward()
    found = counts(p.events())
    assert found["exp"] == 2
    assert found["forward"] == found["sum"] == found["backward"] == 1
    forward = next(e for e in p.events() if e.name == "forward")
    assert [child.name for child in forward.cpu_children] == ["exp", "exp", "sum"]
    parts = sum(child.cpu_time_total for child in forward.cpu_children)
    assert forward.self_cpu_time_total == pytest.approx(forward.cpu_time_total - parts)
    assert p.events().self_cpu_time_total == pytest.approx(
        sum(e.cpu_time_total for e in p.events() if e.cpu_parent is None)
    )


def test_nothing_is_left() -> None:
    forward, backward = exp.op.forward, engine.backward
    two, three = ag.ones(2), ag.ones(3)
    with trace(), pytest.raises(RuntimeError, match="broadcast"), profile():
        two.add(three)
    with trace(), profile():
        assert exp.op.forward is not forward
    assert exp.op.forward is forward
    assert engine.backward is backward
    with trace(enabled=False) as off:
        assert exp.op.forward is forward
    assert off.function_events == []
    with record_function("nothing measures"):
        pass


def test_values_do_not_change() -> None:
    model, x = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3)), ag.randn(2, 1, 4, 4)
    expected = model(x)
    with profile(record_shapes=True, profile_memory=True, with_stack=True) as p:
        assert ag.equal(model(x), expected)
    table = p.key_averages(group_by_input_shape=True, group_by_stack_n=1).table(sort_by="self_cpu_time_total")
    assert "[2, 1, 4, 4]" in table
    assert "test_profiler.py" in table
    assert "CPU Mem" in table
    assert "conv" in table
    assert p.key_averages().table(row_limit=1).count("\n") == 6


def test_table_is_sorted() -> None:
    with trace() as p:
        for _ in range(3):
            ag.ones(2).exp()
        ag.ones(2).sin()
    rows = p.key_averages().table(sort_by="count", header="Title", time_unit="us").splitlines()
    assert rows[0] == "Title"
    assert [row.split()[0] for row in rows[4:6]] == ["exp", "sin"]
    assert p.total_average().count == 4
    assert "exp" in str(p)


def test_threads_have_their_own_stack() -> None:
    with profile() as p, record_function("outer"):
        thread = threading.Thread(target=lambda: ag.ones(2).exp())
        thread.start()
        thread.join()
    assert next(e for e in p.events() if e.name == "exp").cpu_parent is None


def test_schedule_of_steps() -> None:
    plan = schedule(wait=1, warmup=1, active=2, repeat=1, skip_first=1)
    assert [plan(i) for i in range(6)] == [
        ProfilerAction.NONE,
        ProfilerAction.NONE,
        ProfilerAction.WARMUP,
        ProfilerAction.RECORD,
        ProfilerAction.RECORD_AND_SAVE,
        ProfilerAction.NONE,
    ]
    ready = []
    with profile(schedule=plan, on_trace_ready=lambda p: ready.append((p.step_num, counts(p.events())))) as p:
        for _ in range(8):
            ag.ones(2).exp()
            p.step()
    assert ready == [(5, {"ProfilerStep#3": 1, "exp": 2, "ProfilerStep#4": 1})]
    with pytest.raises(ValueError, match="schedule: expected active > 0 and no negative number, got wait=-1"):
        schedule(wait=-1, warmup=0, active=1)


def test_files(tmp_path: Path) -> None:
    handler = ag.profiler.tensorboard_trace_handler(str(tmp_path / "log"), use_gzip=True)
    with profile(with_stack=True, on_trace_ready=handler) as p:
        ag.ones(2).exp()
        p.add_metadata("text", "a")
        p.add_metadata_json("value", "[1]")
    p.export_chrome_trace(str(tmp_path / "trace.json"))
    written = json.loads((tmp_path / "trace.json").read_text())
    assert (written["text"], written["value"]) == ("a", [1])
    assert [e["name"] for e in written["traceEvents"]] == ["exp"]
    (compressed,) = (tmp_path / "log").iterdir()
    assert json.loads(gzip.decompress(compressed.read_bytes()))["traceEvents"][0]["ph"] == "X"
    p.export_stacks(str(tmp_path / "stacks"))
    assert "test_profiler.py" in (tmp_path / "stacks").read_text()


def test_benchmark() -> None:
    from autograd.utils.benchmark import Compare, Measurement, Timer

    seen: list[int] = []
    found = Timer("f()", globals={"f": lambda: seen.append(1)}, label="f", sub_label="a", num_threads=2).timeit(5)
    assert len(seen) == 6
    assert found.number_per_run == 5
    assert found.iqr == 0
    blocks = Timer("sum(range(9))").blocked_autorange(min_run_time=1e-3)
    assert sum(blocks.raw_times) >= 1e-3
    assert "median" in repr(blocks)
    assert Timer("1").adaptive_autorange(10, min_run_time=1e-4).median > 0
    other = Measurement(1, [2.0, 4.0, 3.0], {"label": "f", "sub_label": "a", "description": "slow", "num_threads": 2})
    assert (other.mean, other.median, other.iqr) == (3, 3, 1)
    assert "3.00 s" in str(Compare([found, other]))
    with pytest.raises(ValueError, match="Timer: expected language 'python', got 'c\\+\\+'"):
        Timer(language="c++")
