"""PyTorch's ``torch.autograd.profiler``: how long operations take, by name.

Nothing measures while no profiler runs: the first puts a clock around the forward of every operation, the last takes it
away. Gradients are operations, too; what backward does on plain arrays counts as its own time. On a GPU an operation's
time on the CPU is that of its launch; its time on the device is that between two events on the stream.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ContextDecorator, nullcontext
from pathlib import Path
from typing import Any

from autograd import engine
from autograd.cuda import Event
from autograd.node import is_ours
from autograd.op import Op

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg", "emit_itt", "emit_nvtx", "profile", "record_function"]


class _Trace:
    """What one profiler asked for, and what it has seen."""

    def __init__(self, shapes: bool = False, memory: bool = False, stack: bool = False, device: bool = False) -> None:
        self.shapes, self.memory, self.stack, self.device = shapes, memory, stack, device
        self.events = EventList()

    def start(self) -> None:
        with _lock:
            _traces.append(self)
            if len(_traces) == 1:
                _plain["backward"] = engine.backward
                vars(engine)["backward"] = _timed("backward", engine.backward)
                for op in Op.made:
                    _plain[op] = op.forward
                    op.forward = _timed(op.name, op.forward)

    def stop(self) -> None:
        with _lock:
            _traces.remove(self)
            if not _traces:
                vars(engine)["backward"] = _plain.pop("backward")
                for op, forward in _plain.items():
                    op.forward = forward
                _plain.clear()
        for event in self.events:
            event.finish()


_traces: list[_Trace] = []
_plain: dict[Any, Callable[..., Any]] = {}
_lock = threading.RLock()
_open = threading.local()  # .events: those that have begun and not ended, the innermost last


def _timed(name: str, forward: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(forward)
    def run(*args: Any, **kwargs: Any) -> Any:
        event = _begin(name, args)
        try:
            result = forward(*args, **kwargs)
        except BaseException:
            event.end()
            raise
        event.end(result)
        return result

    return run


def _begin(name: str, args: tuple[Any, ...] = ()) -> FunctionEvent:
    """An event that runs from now on, in all profilers."""
    running = vars(_open).setdefault("events", [])
    event = FunctionEvent(name, running[-1] if running else None)
    running.append(event)
    for trace in _traces:
        trace.events.append(event)
    if any(trace.shapes for trace in _traces):
        event.input_shapes = [list(a.shape) if hasattr(a, "shape") else [] for a in args[1:]]
    if any(trace.stack for trace in _traces):
        event.stack = _stack()
    if args and getattr(args[0], "name", "") == "cuda" and any(trace.device for trace in _traces):
        event.on_device = Event(enable_timing=True), Event(enable_timing=True)
        event.on_device[0].record()
    event.start = time.perf_counter_ns()
    return event


def _stack() -> list[str]:
    """The user's frames, the innermost first."""
    found, frame = [], sys._getframe(3)
    while frame is not None:
        code = frame.f_code
        if not is_ours(code.co_filename):
            found.append(f"{code.co_filename}({frame.f_lineno}): {code.co_name}")
        frame = frame.f_back  # type: ignore[assignment]
    return found


class FunctionEvent:
    """One run of an operation, or of a ``record_function`` block. Times are in microseconds, memory in bytes.

    Args:
        name: of the operation.
        parent: the event that it is part of, if any.

    Attributes:
        name, key: of the operation.
        cpu_time_total, self_cpu_time_total: with what it calls, and without.
        device_time_total: between its first and last kernel, where a GPU was asked for.
        cpu_memory_usage: of its results.
        input_shapes, stack: where asked for.
        cpu_parent, cpu_children: the event that it is part of, and its parts.

    Example:
        >>> from autograd.tracing import profile
        >>> with profile() as p:
        ...     _ = ag.ones(2).exp()
        >>> [event.name for event in p.function_events]
        ['exp']
    """

    def __init__(self, name: str, parent: FunctionEvent | None = None) -> None:
        self.name = self.key = name
        self.cpu_parent, self.cpu_children = parent, list[FunctionEvent]()
        if parent is not None:
            parent.cpu_children.append(self)
        self.thread = threading.get_ident()
        self.input_shapes: list[list[int]] = []
        self.stack: list[str] = []
        self.on_device: Any = None
        self.cpu_memory_usage = 0
        self.device_time_total = 0.0
        self.start = self.stop = 0
        self.count = 1

    def end(self, result: Any = None) -> None:
        """Says that it has run.

        Args:
            result: the arrays that it gave.
        """
        self.stop = time.perf_counter_ns()
        if self.on_device is not None:
            self.on_device[1].record()
        _open.events.remove(self)
        if any(trace.memory for trace in _traces):
            parts = result if isinstance(result, (tuple, list)) else (result,)
            self.cpu_memory_usage = sum(a.nbytes for a in parts if getattr(a, "base", self) is None)

    def finish(self) -> None:
        """Its time on the device, which is known when the device is done."""
        if self.on_device is not None:
            first, last = self.on_device
            last.synchronize()
            self.device_time_total = 1e3 * first.elapsed_time(last)
            self.on_device = None

    @property
    def cpu_time_total(self) -> float:
        """From beginning to end."""
        return max(self.stop - self.start, 0) / 1e3

    cpu_time = cpu_time_total

    @property
    def self_cpu_time_total(self) -> float:
        """Without its parts."""
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.cpu_children)

    @property
    def self_device_time_total(self) -> float:
        """Without its parts."""
        return self.device_time_total - sum(child.device_time_total for child in self.cpu_children)

    def __repr__(self) -> str:
        return f"<FunctionEvent {self.name} {self.cpu_time_total:.3f}us>"


class FunctionEventAvg:
    """All events of one name, together. Totals are sums over them, in microseconds and bytes.

    Args:
        key: the name.

    Attributes:
        key: the name.
        count: how many they are.
        cpu_time_total, self_cpu_time_total, device_time_total, self_device_time_total, cpu_memory_usage: sums.
        cpu_time, device_time: means.
        input_shapes, stack: of the first, where events were grouped by them.

    Example:
        >>> from autograd.tracing import profile
        >>> with profile() as p:
        ...     _ = ag.ones(2).exp().exp()
        >>> [(average.key, average.count) for average in p.key_averages()]
        [('exp', 2)]
    """

    def __init__(self, key: str = "") -> None:
        self.key, self.count = key, 0
        self.cpu_time_total = self.self_cpu_time_total = 0.0
        self.device_time_total = self.self_device_time_total = 0.0
        self.cpu_memory_usage = self.self_cpu_memory_usage = 0
        self.input_shapes: list[list[int]] = []
        self.stack: list[str] = []

    def add(self, event: Any) -> FunctionEventAvg:
        """Takes an event in.

        Args:
            event: the event.

        Returns:
            This average.
        """
        self.count += event.count
        self.cpu_time_total += event.cpu_time_total
        self.self_cpu_time_total += event.self_cpu_time_total
        self.device_time_total += event.device_time_total
        self.self_device_time_total += event.self_device_time_total
        self.cpu_memory_usage += event.cpu_memory_usage
        self.self_cpu_memory_usage += event.cpu_memory_usage
        return self

    @property
    def cpu_time(self) -> float:
        """The mean of the total time on the CPU."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def device_time(self) -> float:
        """The mean of the total time on the device."""
        return self.device_time_total / self.count if self.count else 0.0

    cuda_time, cuda_time_total = device_time, property(lambda self: self.device_time_total)
    self_cuda_time_total = property(lambda self: self.self_device_time_total)

    def __repr__(self) -> str:
        return (
            f"<FunctionEventAvg key={self.key} count={self.count} self_cpu_time={_time(self.self_cpu_time_total)} "
            f"cpu_time={_time(self.cpu_time)}>"
        )


class EventList(list[Any]):
    """Events, or averages of them, as a list that can be grouped, printed and written.

    Example:
        >>> from autograd.tracing import profile
        >>> with profile() as p:
        ...     _ = ag.ones(2).exp()
        >>> "exp" in p.key_averages().table(sort_by="cpu_time_total")
        True
    """

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all events, counted once."""
        return float(sum(event.self_cpu_time_total for event in self))

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """The events by name.

        Args:
            group_by_input_shape: those on other shapes are others.
            group_by_stack_n: those from other lines are others: how many frames count.

        Returns:
            A ``FunctionEventAvg`` for each, in the order of their first events.
        """
        found: dict[Any, FunctionEventAvg] = {}
        for event in self:
            shapes = event.input_shapes if group_by_input_shape else []
            key = event.key, str(shapes), tuple(event.stack[:group_by_stack_n])
            if key not in found:
                found[key] = FunctionEventAvg(event.key)
                found[key].input_shapes, found[key].stack = shapes, event.stack[:group_by_stack_n]
            found[key].add(event)
        return EventList(found.values())

    def total_average(self) -> FunctionEventAvg:
        """The sum of all."""
        total = FunctionEventAvg("Total")
        for event in self:
            total.add(event)
        return total

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
        time_unit: str | None = None,
    ) -> str:
        """The events as text, one a line.

        Args:
            sort_by: an attribute, the largest first: "cpu_time_total", "self_cpu_time_total", "count", ...
            row_limit: how many lines; -1 for all.
            max_src_column_width, max_name_column_width, max_shapes_column_width: where longer texts are cut.
            header: a title.
            top_level_events_only: leave out what is part of another event.
            time_unit: "us", "ms" or "s" for all times; default: what suits each.

        Returns:
            The text.

        Raises:
            AttributeError: ``sort_by`` is none of theirs.
        """
        rows = [e for e in self if not top_level_events_only or getattr(e, "cpu_parent", None) is None]
        if sort_by is not None:
            by = sort_by.replace("cuda_", "device_").replace("xpu_", "device_")
            rows.sort(key=lambda e: getattr(e, by), reverse=True)
        rows = rows[: len(rows) if row_limit < 0 else row_limit]
        whole = self.self_cpu_time_total or 1.0
        on_device = any(e.device_time_total for e in self)
        titles = ["Name", "Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg"]
        titles += ["Self CUDA", "CUDA total", "CUDA time avg"] if on_device else []
        memory = any(e.cpu_memory_usage for e in self)
        titles += ["CPU Mem"] if memory else []
        titles += ["# of Calls"]
        shapes = any(e.input_shapes for e in self)
        titles += ["Input Shapes"] if shapes else []
        source = any(e.stack for e in self)
        titles += ["Source Location"] if source else []
        lines = []
        for e in rows:
            own, total = e.self_cpu_time_total, e.cpu_time_total
            line = [_cut(e.key, max_name_column_width), f"{100 * own / whole:.2f}%", _time(own, time_unit)]
            line += [f"{100 * total / whole:.2f}%", _time(total, time_unit), _time(e.cpu_time, time_unit)]
            if on_device:
                parts = e.self_device_time_total, e.device_time_total, e.device_time_total / e.count
                line += [_time(part, time_unit) for part in parts]
            line += [_bytes(e.cpu_memory_usage)] if memory else []
            line += [str(e.count)]
            line += [_cut(str(e.input_shapes), max_shapes_column_width)] if shapes else []
            line += [_cut(e.stack[0] if e.stack else "", max_src_column_width)] if source else []
            lines.append(line)
        widths = [max(map(len, column)) for column in zip(titles, *lines, strict=True)]
        rule = "  ".join("-" * width for width in widths)
        text = [rule, "  ".join(t.rjust(w) for t, w in zip(titles, widths, strict=True)), rule]
        text += ["  ".join(t.rjust(w) for t, w in zip(line, widths, strict=True)) for line in lines]
        title = [header] if header is not None else []
        return "\n".join([*title, *text, rule, f"Self CPU time total: {_time(whole, time_unit)}", ""])

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Writes the events for chrome://tracing or Perfetto.

        Args:
            path: of the file, JSON.
        """
        found = [
            {
                "ph": "X",
                "cat": "cpu_op",
                "name": event.name,
                "pid": os.getpid(),
                "tid": event.thread,
                "ts": event.start / 1e3,
                "dur": event.cpu_time_total,
                "args": {"Input Dims": event.input_shapes} if event.input_shapes else {},
            }
            for event in self
        ]
        Path(path).write_text(json.dumps({"displayTimeUnit": "ms", "traceEvents": found}))

    def export_stacks(self, path: str | os.PathLike[str], metric: str = "self_cpu_time_total") -> None:
        """Writes the lines that events came from with their times, for flame graphs.

        Args:
            path: of the file: frames, the outermost first, then microseconds.
            metric: the attribute to write.
        """
        lines = [
            f"{';'.join(reversed(event.stack))} {int(getattr(event, metric.replace('cuda_', 'device_')))}"
            for event in self
            if event.stack
        ]
        Path(path).write_text("\n".join(lines))

    def __str__(self) -> str:
        return self.table()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _time(us: float, unit: str | None = None) -> str:
    unit = unit or ("s" if us >= 1e6 else "ms" if us >= 1e3 else "us")
    return f"{us / {'s': 1e6, 'ms': 1e3, 'us': 1.0}[unit]:.3f}{unit}"


def _bytes(count: int) -> str:
    for unit, size in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if abs(count) >= size:
            return f"{count / size:.2f} {unit}"
    return f"{count} B"


class record_function(ContextDecorator):
    """Gives a block of code, or a function, a name that profilers show.

    Args:
        name: the name.
        args: accepted.

    Example:
        >>> from autograd.tracing import profile, record_function
        >>> with profile() as p, record_function("twice"):
        ...     _ = ag.ones(2) * 2
        >>> [average.key for average in p.key_averages()]
        ['twice', 'mul']
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args
        self._events: list[FunctionEvent | None] = []

    def __enter__(self) -> record_function:
        self._events.append(_begin(self.name) if _traces else None)
        return self

    def __exit__(self, *exc: object) -> None:
        event = self._events.pop()
        if event is not None:
            event.end()


class profile:
    """Measures the operations of a block, on all threads.

    Args:
        enabled: False measures nothing.
        use_cuda, use_device: also the time on the GPU.
        record_shapes: keep the shapes of inputs.
        with_flops, with_modules, use_kineto, use_cpu, experimental_config, acc_events, custom_trace_id_callback: accepted.
        profile_memory: the bytes of results.
        with_stack: keep the lines that operations came from.

    Attributes:
        function_events: the events, after the block.

    Example:
        >>> from autograd.tracing import profile
        >>> with profile(record_shapes=True) as p:
        ...     _ = (ag.ones(2, 3) @ ag.ones(3, 4)).sum()
        >>> [(e.name, e.input_shapes) for e in p.function_events]
        [('matmul', [[2, 3], [3, 4]]), ('sum', [[2, 4]])]
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        experimental_config: Any = None,
        acc_events: bool = False,
        custom_trace_id_callback: Any = None,
    ) -> None:
        self.enabled = enabled
        self._trace = _Trace(record_shapes, profile_memory, with_stack, use_cuda or use_device == "cuda")

    @property
    def function_events(self) -> EventList:
        """The events."""
        return self._trace.events

    def __enter__(self) -> profile:
        if self.enabled:
            self._trace.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self.enabled:
            self._trace.stop()

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """The events by name.

        Args:
            group_by_input_shape, group_by_stack_n: as for ``EventList.key_averages``.

        Returns:
            A ``FunctionEventAvg`` for each.
        """
        return self.function_events.key_averages(group_by_input_shape, group_by_stack_n)

    def table(self, *args: Any, **kwargs: Any) -> str:
        """The events as text.

        Args:
            args, kwargs: as for ``EventList.table``.

        Returns:
            The text.
        """
        return self.function_events.table(*args, **kwargs)

    def total_average(self) -> FunctionEventAvg:
        """The sum of all."""
        return self.function_events.total_average()

    @property
    def self_cpu_time_total(self) -> float:
        """The time of all events, counted once."""
        return self.function_events.self_cpu_time_total

    def export_chrome_trace(self, path: str | os.PathLike[str]) -> None:
        """Writes the events for chrome://tracing or Perfetto.

        Args:
            path: of the file, JSON.
        """
        self.function_events.export_chrome_trace(path)

    def export_stacks(self, path: str | os.PathLike[str], metric: str = "self_cpu_time_total") -> None:
        """Writes stacks.

        Args:
            path, metric: as for ``EventList.export_stacks``.
        """
        self.function_events.export_stacks(path, metric)

    def __str__(self) -> str:
        return self.table()


def emit_nvtx(enabled: bool = True, record_shapes: bool = False) -> Any:
    """A context manager that changes nothing; NVIDIA's tools see the kernels by their own names.

    Args:
        enabled, record_shapes: accepted.

    Returns:
        A context manager.

    Example:
        >>> from autograd.tracing import emit_nvtx
        >>> with emit_nvtx():
        ...     pass
    """
    return nullcontext()


emit_itt = emit_nvtx
