"""PyTorch's ``torch.utils.benchmark``: how long a statement takes, and tables of such times."""

from __future__ import annotations

import statistics
import sys
import timeit
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from autograd import accelerator
from autograd.threads import get_num_threads, set_num_threads

__all__ = ["Compare", "Measurement", "Timer", "timer"]


def timer() -> float:
    """Seconds of a clock, once a GPU, if there is one, is done.

    Returns:
        Seconds.

    Example:
        >>> from autograd.utils.benchmark import timer
        >>> timer() <= timer()
        True
    """
    if accelerator.is_available():
        accelerator.synchronize()
    return perf_counter()


class Measurement:
    """What ``Timer`` found.

    Args:
        number_per_run: how often the statement ran between two looks at the clock.
        raw_times: the seconds between them.
        task: label, sub_label, description, stmt and num_threads.

    Attributes:
        times: seconds of one run of the statement, one for each pair of looks.
        mean, median, iqr: of ``times``.

    Example:
        >>> from autograd.utils.benchmark import Measurement
        >>> Measurement(10, [1.0, 3.0], {"stmt": "pass"}).median
        0.2
    """

    def __init__(self, number_per_run: int, raw_times: list[float], task: dict[str, Any]) -> None:
        self.number_per_run, self.raw_times, self.task = number_per_run, raw_times, task
        self.label, self.sub_label = task.get("label"), task.get("sub_label")
        self.description, self.stmt = task.get("description"), task.get("stmt")
        self.num_threads = task.get("num_threads", 1)

    @property
    def times(self) -> list[float]:
        """Seconds of one run."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def mean(self) -> float:
        """Of ``times``."""
        return statistics.fmean(self.times)

    @property
    def median(self) -> float:
        """Of ``times``."""
        return statistics.median(self.times)

    @property
    def iqr(self) -> float:
        """The distance between the quartiles of ``times``."""
        if len(self.raw_times) < 2:
            return 0.0
        first, _, third = statistics.quantiles(self.times, n=4, method="inclusive")
        return third - first

    @property
    def title(self) -> str:
        """What was measured."""
        return ": ".join(filter(None, (self.label or self.stmt, self.sub_label)))

    def __repr__(self) -> str:
        runs, threads = len(self.raw_times), self.num_threads
        lines = [f"{type(self).__module__}.Measurement", self.title, self.description]
        lines += [f"  {_seconds(self.median)} median" if runs > 1 else f"  {_seconds(self.mean)}"]
        lines += [f"  {_seconds(self.iqr)} between the quartiles"] if runs > 3 else []
        lines += [f"  {runs} times {self.number_per_run} runs on {threads} thread{'s' * (threads > 1)}"]
        return "\n".join(filter(None, lines))


class Timer:
    """Measures a statement: with a number of threads, and with the GPU done before each look at the clock.

    Args:
        stmt: Python code.
        setup: code that runs before.
        global_setup: accepted: only for C++.
        timer: the clock, a function without arguments.
        globals: names that the code knows, besides ``torch``, which is this library.
        label, sub_label, description: what tables call it.
        env: accepted, likewise.
        num_threads: of the CPU's kernels.
        language: "python".

    Raises:
        ValueError: another language.

    Example:
        >>> from autograd.utils.benchmark import Timer
        >>> Timer("x.exp()", globals={"x": ag.ones(3)}).timeit(10).mean > 0
        True
    """

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Any = "python",
    ) -> None:
        if str(language).lower() not in ("python", "py"):
            raise ValueError(f"Timer: expected language 'python', got {language!r}")
        names = {"torch": sys.modules["autograd"], **(globals or {})}
        self._timer = timeit.Timer(stmt, setup, timer, names)
        self._task: dict[str, Any] = {
            "label": label,
            "sub_label": sub_label,
            "description": description,
            "stmt": stmt,
            "num_threads": num_threads,
        }

    def _run(self, number: int) -> float:
        before = get_num_threads()
        set_num_threads(self._task["num_threads"] or 1)
        try:
            return max(self._timer.timeit(number), 1e-9)
        finally:
            set_num_threads(before)

    def timeit(self, number: int = 1000000) -> Measurement:
        """Runs the statement a number of times, after a few that do not count.

        Args:
            number: how often.

        Returns:
            The measurement, with one time.
        """
        self._run(max(number // 100, 1))
        return Measurement(number, [self._run(number)], self._task)

    def blocked_autorange(
        self, callback: Callable[[int, float], Any] | None = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Runs the statement in blocks, so long that looking at the clock costs nothing, for a time.

        Args:
            callback: called with (number, seconds) of every block.
            min_run_time: seconds, altogether.

        Returns:
            The measurement, with one time for each block.
        """
        number, target = 1, min_run_time / 100
        while self._run(number) < target and number < 10**9:
            number *= 10
        times: list[float] = []
        while sum(times) < min_run_time:
            times.append(self._run(number))
            if callback is not None:
                callback(number, times[-1])
        return Measurement(number, times, self._task)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Callable[[int, float], Any] | None = None,
    ) -> Measurement:
        """As ``blocked_autorange``, until the quartiles are close to each other.

        Args:
            threshold: largest distance of the quartiles, as a share of the median.
            min_run_time, max_run_time: seconds, altogether.
            callback: called with (number, seconds) of every block.

        Returns:
            The measurement.
        """
        found = self.blocked_autorange(callback, min_run_time)
        while len(found.raw_times) < 4 or found.iqr > threshold * found.median:
            if sum(found.raw_times) >= max_run_time:
                break
            found.raw_times.append(self._run(found.number_per_run))
        return found


class Compare:
    """Measurements as a table: a line for each sub-label, a column for each description.

    Args:
        results: the measurements.

    Example:
        >>> from autograd.utils.benchmark import Compare, Measurement
        >>> Compare([Measurement(1, [2e-6], {"label": "sum", "sub_label": "4", "description": "ours"})]).print()
        sum      ours
        4     2.00 us
    """

    def __init__(self, results: Iterable[Measurement]) -> None:
        self._results = list(results)

    def extend_results(self, results: Iterable[Measurement]) -> None:
        """Adds measurements.

        Args:
            results: the measurements.
        """
        self._results += list(results)

    def trim_significant_figures(self) -> None:
        """Nothing: three figures are shown."""

    def colorize(self, rowwise: bool = False) -> None:
        """Nothing: tables have no colours.

        Args:
            rowwise: accepted.
        """

    def highlight_warnings(self) -> None:
        """Nothing: there are none."""

    def __str__(self) -> str:
        tables = []
        for label in dict.fromkeys(m.label for m in self._results):
            part = [m for m in self._results if m.label == label]
            columns = list(dict.fromkeys(m.description or m.stmt for m in part))
            cells: dict[Any, dict[Any, str]] = {}
            for m in part:
                row = m.sub_label or m.stmt, m.num_threads
                cells.setdefault(row, {})[m.description or m.stmt] = _seconds(m.median)
            several = len({threads for _, threads in cells}) > 1
            lines = [[label or "", *map(str, columns)]]
            for (name, threads), values in cells.items():
                first = f"{name} ({threads} threads)" if several else str(name)
                lines.append([first, *[values.get(c, "") for c in columns]])
            widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
            for first, *rest in lines:
                cut = [value.rjust(width) for value, width in zip(rest, widths[1:], strict=True)]
                tables.append("  ".join([first.ljust(widths[0]), *cut]))
        return "\n".join(tables)

    def print(self) -> None:
        """Shows the table."""
        print(self)  # noqa: T201  what it is for


def _seconds(s: float) -> str:
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us")):
        if s >= size:
            return f"{s / size:.2f} {unit}"
    return f"{s / 1e-9:.2f} ns"
