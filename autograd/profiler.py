"""PyTorch's ``torch.profiler``: measures part of a training run, by a schedule of its steps."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Any

from autograd import cuda
from autograd.tracing import EventList, record_function
from autograd.tracing import profile as trace

__all__ = [
    "ProfilerAction",
    "ProfilerActivity",
    "kineto_available",
    "profile",
    "record_function",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]


class ProfilerActivity(Enum):
    """What to measure.

    Example:
        >>> ag.profiler.ProfilerActivity.CPU.name
        'CPU'
    """

    CPU = 0
    CUDA = 2
    XPU = 1


class ProfilerAction(Enum):
    """What a profiler does in one step.

    Example:
        >>> ag.profiler.schedule(wait=1, warmup=0, active=1)(0).name
        'NONE'
    """

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def supported_activities() -> set[ProfilerActivity]:
    """What can be measured here.

    Returns:
        CPU, and CUDA where there is a GPU.

    Example:
        >>> ag.profiler.ProfilerActivity.CPU in ag.profiler.supported_activities()
        True
    """
    return {ProfilerActivity.CPU} | ({ProfilerActivity.CUDA} if cuda.is_available() else set())


def kineto_available() -> bool:
    """False: PyTorch's tracing library has no part in this.

    Example:
        >>> ag.profiler.kineto_available()
        False
    """
    return False


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, skip_first_wait: int = 0
) -> Callable[[int], ProfilerAction]:
    """A schedule: of each cycle of steps, only the last few are measured.

    Args:
        wait: steps at the beginning of a cycle that are not measured.
        warmup: steps after them, not kept either.
        active: steps that are measured.
        repeat: number of cycles; 0 goes on for ever.
        skip_first: steps before the first cycle.
        skip_first_wait: not 0: the first cycle begins without ``wait``.

    Returns:
        A function of the number of a step.

    Raises:
        ValueError: a negative number, or nothing active.

    Example:
        >>> f = ag.profiler.schedule(wait=1, warmup=1, active=2)
        >>> [f(step).name for step in range(5)]
        ['NONE', 'WARMUP', 'RECORD', 'RECORD_AND_SAVE', 'NONE']
    """
    if min(wait, warmup, repeat, skip_first) < 0 or active <= 0:
        raise ValueError(
            f"schedule: expected active > 0 and no negative number, got {wait=} {warmup=} {active=} {repeat=}"
        )

    def action(step: int) -> ProfilerAction:
        if step < skip_first:
            return ProfilerAction.NONE
        step -= skip_first
        if skip_first_wait:
            step += wait
        length = wait + warmup + active
        if repeat and step >= repeat * length:
            return ProfilerAction.NONE
        at = step % length
        if at < wait:
            return ProfilerAction.NONE
        if at < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if at < length - 1 else ProfilerAction.RECORD_AND_SAVE

    return action


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[profile], None]:
    """What to do when a trace is ready: write it into a folder.

    Args:
        dir_name: the folder; made where it is missing.
        worker_name: begins the file's name; default: that of the machine and process.
        use_gzip: compress.

    Returns:
        A function for ``on_trace_ready``.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> with ag.profiler.profile(on_trace_ready=ag.profiler.tensorboard_trace_handler(folder, "a")):
        ...     _ = ag.ones(2).exp()
        >>> [name.split(".")[0] for name in os.listdir(folder)]
        ['a']
    """

    def write(p: profile) -> None:
        Path(dir_name).mkdir(parents=True, exist_ok=True)
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        ending = ".pt.trace.json.gz" if use_gzip else ".pt.trace.json"
        p.export_chrome_trace(str(Path(dir_name) / f"{worker}.{time.time_ns()}{ending}"))

    return write


class profile:
    """Measures the operations of a block, or of some of its steps.

    Args:
        activities: what to measure; default: the CPU, and the GPU where there is one.
        schedule: which steps; default: all.
        on_trace_ready: called with the profiler when a cycle of the schedule, or the block, has ended.
        record_shapes: keep the shapes of inputs.
        profile_memory: the bytes of results.
        with_stack: keep the lines that operations came from.
        with_flops, with_modules, experimental_config, execution_trace_observer, acc_events, custom_trace_id_callback:
            accepted.
        use_cuda: as CUDA among ``activities``.

    Attributes:
        step_num: how often ``step`` was called.

    Example:
        >>> from autograd.profiler import ProfilerActivity, profile, record_function
        >>> with profile(activities=[ProfilerActivity.CPU]) as p, record_function("double"):
        ...     _ = ag.ones(2) * 2
        >>> [(average.key, average.count) for average in p.key_averages()]
        [('double', 1), ('mul', 1)]
    """

    def __init__(
        self,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[..., Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        experimental_config: Any = None,
        execution_trace_observer: Any = None,
        acc_events: bool = False,
        use_cuda: bool | None = None,
        custom_trace_id_callback: Any = None,
    ) -> None:
        self.activities = set(supported_activities() if activities is None else activities)
        device = ProfilerActivity.CUDA in self.activities or bool(use_cuda)
        self._options: dict[str, Any] = {
            "use_cuda": device,
            "record_shapes": record_shapes,
            "profile_memory": profile_memory,
            "with_stack": with_stack,
        }
        self.schedule, self.on_trace_ready, self.step_num = schedule, on_trace_ready, 0
        self.current_action = ProfilerAction.NONE
        self._trace = trace(**self._options)
        self._metadata: dict[str, Any] = {}
        self._step: record_function | None = None
        self._running = False

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begins, with step 0."""
        self._go_on(self._action())

    def stop(self) -> None:
        """Ends; a trace that is being made is ready."""
        self._end_step()
        if self._running:
            self._ready()
        self.current_action = ProfilerAction.NONE

    def step(self) -> None:
        """Says that the next step begins."""
        self._end_step()
        before = self.current_action
        self.step_num += 1
        if self._running and before is ProfilerAction.RECORD_AND_SAVE:
            self._ready()
        self._go_on(self._action())

    def _action(self) -> ProfilerAction:
        return ProfilerAction.RECORD if self.schedule is None else self.schedule(self.step_num)

    def _go_on(self, action: ProfilerAction) -> None:
        self.current_action = action
        recording = action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        if recording and not self._running:
            self._trace = trace(**self._options)
            self._trace.__enter__()
            self._running = True
        if recording and self.schedule is not None:
            self._step = record_function(f"ProfilerStep#{self.step_num}")
            self._step.__enter__()

    def _end_step(self) -> None:
        if self._step is not None:
            self._step.__exit__()
            self._step = None

    def _ready(self) -> None:
        self._trace.__exit__()
        self._running = False
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def events(self) -> EventList:
        """The events of the last trace.

        Returns:
            A list of ``FunctionEvent``.
        """
        return self._trace.function_events

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """The events by name.

        Args:
            group_by_input_shape, group_by_stack_n: as for ``EventList.key_averages``.

        Returns:
            A ``FunctionEventAvg`` for each.
        """
        return self._trace.key_averages(group_by_input_shape, group_by_stack_n)

    def add_metadata(self, key: str, value: str) -> None:
        """Puts a text into the trace that ``export_chrome_trace`` writes.

        Args:
            key, value: the text and its name.
        """
        self._metadata[key] = value

    def add_metadata_json(self, key: str, value: str) -> None:
        """Puts a value into the trace that ``export_chrome_trace`` writes.

        Args:
            key: its name.
            value: JSON.
        """
        self._metadata[key] = json.loads(value)

    def export_chrome_trace(self, path: str) -> None:
        """Writes the last trace for chrome://tracing or Perfetto.

        Args:
            path: of the file; one that ends in .gz is compressed.
        """
        plain = path.removesuffix(".gz")
        self._trace.export_chrome_trace(plain)
        if self._metadata:
            file = Path(plain)
            file.write_text(json.dumps(json.loads(file.read_text()) | self._metadata))
        if plain != path:
            with Path(plain).open("rb") as source, gzip.open(path, "wb") as target:
                shutil.copyfileobj(source, target)
            Path(plain).unlink()

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """Writes stacks.

        Args:
            path, metric: as for ``EventList.export_stacks``.
        """
        self._trace.export_stacks(path, metric)
