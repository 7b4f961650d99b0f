"""Where the time of a training step goes: every call of a CPU kernel, and the Python before it.

``python -m benchmarks timeline --workload lstm [--optimizer adam] [--steps 40] [--by kernel]``

The steps are those of ``race``. A call is recorded by its place in the step, and the figures are medians over the steps; what
runs outside kernels, NumPy's functions included, is the gap before the next one. Recording costs about a third of a
microsecond a call.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from statistics import median
from time import perf_counter_ns
from typing import Any, NamedTuple

from benchmarks.harness import hardware
from benchmarks.race import OPTIMIZERS, WARM_UP, training_step
from benchmarks.workloads import WORKLOADS


class Call(NamedTuple):
    """A kernel's call in one step, in microseconds."""

    name: str
    work: int  # what the kernel was asked for: elements, or multiplications
    gap: float  # since the call before, or the beginning of the step
    time: float


def main(words: list[str] | None = None) -> None:
    """Prints a line for each call, or for each kernel, and the sums."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks timeline")
    parser.add_argument("--workload", choices=WORKLOADS, default="mlp")
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="sgd")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--by", choices=("call", "kernel"), default="call")
    arguments = parser.parse_args(words)
    calls, total = measure(arguments.workload, arguments.optimizer, arguments.steps)
    print(hardware())
    print(*(by_call if arguments.by == "call" else by_kernel)(calls), sep="\n")
    inside = sum(call.time for call in calls)
    between = sum(call.gap for call in calls)
    print(f"{len(calls)} calls {inside:.0f} us, between them {between:.0f} us, a step {total:.0f} us")


def measure(workload: str, optimizer: str, steps: int) -> tuple[list[Call], float]:
    """The calls of a step and the time of a whole one, medians."""
    import autograd

    autograd.manual_seed(0)
    entry = WORKLOADS[workload]
    step, _ = training_step(autograd, entry.build(autograd, autograd.nn, entry.cpu_batch), optimizer)
    for i in range(WARM_UP):
        step(i)
    recorded = []
    with _Recorder() as recorder:
        for i in range(steps):
            recorder.begin()
            step(i)
            recorded.append(recorder.end())
    return _medians([calls for calls, _ in recorded]), median(time for _, time in recorded)


def _medians(steps: list[list[Call]]) -> list[Call]:
    """Call by call, over the steps that made the calls that most of them made."""
    names = [tuple(call.name for call in calls) for calls in steps]
    usual = max(set(names), key=names.count)
    alike = [calls for calls, name in zip(steps, names, strict=True) if name == usual]
    return [
        same[0]._replace(gap=median(call.gap for call in same), time=median(call.time for call in same))
        for same in zip(*alike, strict=True)
    ]


class _Recorder:
    """While entered, every call of a kernel is written down."""

    def __enter__(self) -> _Recorder:
        from backends.cpu.kernels.jit import Kernel

        self._calls: list[tuple[str, int, int, int]] = []
        self._kernel, self._chosen = Kernel, Kernel.__call__

        def call(kernel: Any, work: int) -> Any:
            return self._recorded(kernel.name, work, self._chosen(kernel, work))

        Kernel.__call__ = call  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        self._kernel.__call__ = self._chosen  # type: ignore[method-assign]

    def _recorded(self, name: str, work: int, run: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(*arguments: Any) -> Any:
            begin = perf_counter_ns()
            result = run(*arguments)
            self._calls.append((name, work, begin, perf_counter_ns()))
            return result

        return recorded

    def begin(self) -> None:
        """A step begins."""
        self._calls.clear()
        self._begin = perf_counter_ns()

    def end(self) -> tuple[list[Call], float]:
        """The calls of the step, and its time in microseconds."""
        last, calls = self._begin, []
        end = perf_counter_ns()
        for name, work, begin, after in self._calls:
            calls.append(Call(name, work, (begin - last) / 1e3, (after - begin) / 1e3))
            last = after
        return calls, (end - self._begin) / 1e3


def by_call(calls: list[Call]) -> list[str]:
    """A line for each, in the order of the step."""
    lines = [f"{'kernel':<28}{'work':>14}{'gap us':>10}{'us':>10}"]
    return lines + [f"{call.name:<28}{call.work:>14}{call.gap:>10.1f}{call.time:>10.1f}" for call in calls]


def by_kernel(calls: list[Call]) -> list[str]:
    """A line for each kernel, the one that takes longest first."""
    kernels: dict[str, list[Call]] = {}
    for call in calls:
        kernels.setdefault(call.name, []).append(call)
    sums = [
        (sum(c.time for c in same), sum(c.gap for c in same), len(same), name) for name, same in kernels.items()
    ]  # fmt: skip
    lines = [f"{'kernel':<28}{'calls':>7}{'gap us':>10}{'us':>10}"]
    return lines + [f"{name:<28}{count:>7}{gap:>10.1f}{time:>10.1f}" for time, gap, count, name in sorted(sums)[::-1]]


if __name__ == "__main__":
    main()
