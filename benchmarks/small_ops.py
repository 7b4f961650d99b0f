"""Times small operations of one engine, for ``overhead``.

Imports nothing of this repository, so that it also runs as a file in an environment where another engine is installed:
``python -I benchmarks/small_ops.py --engine mygrad``
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
from collections.abc import Callable
from typing import Any

SIZES = (1, 1_000, 100_000)
LINKS = 333  # of a chain; three operations each
SIDE = 8  # of the matrices of single operations
CALLS, REPETITIONS = 500, 15  # of a single operation
SINGLE: dict[str, Callable[[Any, Any, Any], Any]] = {  # of the library and two matrices
    "add": lambda library, x, y: x + y,
    "mul": lambda library, x, y: x * y,
    "relu": lambda library, x, y: library.relu(x),
    "sum": lambda library, x, y: x.sum(),
    "matmul": lambda library, x, y: x @ y,
    "x[0]": lambda library, x, y: x[0],
    "reshape": lambda library, x, y: x.reshape(SIDE * SIDE),
    "transpose": lambda library, x, y: x.transpose(0, 1),
    "cat": lambda library, x, y: library.cat([x, y]),
}
Chain = Callable[[], Callable[[], Any]]  # runs forward, and returns what runs backward


def tensors(library: Any, size: int) -> Chain:
    """The chain in ours and in PyTorch."""
    x, w, b = (library.full((size,), v, requires_grad=True) for v in (0.01, 1.0, 0.0))
    seed, tanh = library.ones(size), library.tanh

    def forward() -> Callable[[], Any]:
        y = x
        for _ in range(LINKS):
            y = tanh(y * w + b)
        return lambda: y.backward(seed)

    return forward


def mygrad(library: Any, size: int) -> Chain:
    """The chain in MyGrad."""
    import numpy as np

    x, w, b = (library.tensor(np.full(size, v, np.float32)) for v in (0.01, 1.0, 0.0))
    seed, tanh = np.ones(size, np.float32), library.tanh

    def forward() -> Callable[[], Any]:
        y = x
        for _ in range(LINKS):
            y = tanh(y * w + b)
        return lambda: y.backward(seed)

    return forward


def hips(library: Any, size: int) -> Chain:
    """The chain in HIPS autograd, which traces a function."""
    import numpy as np

    tanh = importlib.import_module("autograd.numpy").tanh
    inputs = [np.full(size, v, np.float32) for v in (0.01, 1.0, 0.0)]
    seed = np.ones(size, np.float32)

    def chain(x: Any, w: Any, b: Any) -> Any:
        for _ in range(LINKS):
            x = tanh(x * w + b)
        return x

    traced = library.make_vjp(chain, (0, 1, 2))

    def forward() -> Callable[[], Any]:
        backward, _ = traced(*inputs)
        return lambda: backward(seed)

    return forward


ENGINES: dict[str, tuple[str, Callable[[Any, int], Chain]]] = {  # what is imported, and the chain in it
    "twingrad": ("autograd", tensors),
    "torch": ("torch", tensors),
    "mygrad": ("mygrad", mygrad),
    "autograd": ("autograd", hips),
}


def measure(engine: str) -> dict[str, float]:
    """Microseconds per operation: the best of many repetitions, by size and direction, of an engine that is warm."""
    module, chain = ENGINES[engine]
    library = importlib.import_module(module)
    figures: dict[str, float] = {}
    for size in SIZES[:2]:  # what is loaded or compiled when it is first asked for is in ``startup``; no threads yet
        chain(library, size)()()
    for size in SIZES:
        run, times = chain(library, size), []
        for _ in range(30 if size < 10_000 else 10):
            start = time.perf_counter()
            backward = run()
            middle = time.perf_counter()
            backward()
            times.append((middle - start, time.perf_counter() - start))
        figures[f"forward {size}"], figures[f"forward+backward {size}"] = (
            min(t) / (3 * LINKS) * 1e6 for t in zip(*times, strict=True)
        )
    if chain is tensors:
        for name, operation in SINGLE.items():
            figures |= single(library, name, operation)
    return figures


def single(library: Any, name: str, operation: Callable[[Any, Any, Any], Any]) -> dict[str, float]:
    """One operation on two matrices, with the graph recorded, and with ``backward`` besides."""
    x, y = (library.full((SIDE, SIDE), 0.5, requires_grad=True) for _ in range(2))
    seed = library.ones(operation(library, x, y).shape)

    def forward() -> None:
        operation(library, x, y)

    def both() -> None:
        operation(library, x, y).backward(seed)
        x.grad = y.grad = None

    return {f"forward {name}": best(forward), f"forward+backward {name}": best(both)}


def best(work: Callable[[], None]) -> float:
    """Microseconds of one call."""
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        for _ in range(CALLS):
            work()
        times.append(time.perf_counter() - start)
    return min(times) / CALLS * 1e6


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=ENGINES)
    print(json.dumps(measure(parser.parse_args().engine)))
