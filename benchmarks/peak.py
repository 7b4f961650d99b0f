"""What this processor can do just now: multiply-adds on numbers in its first cache, bytes of a copy.

``python -m benchmarks.peak``. The first is the ceiling of every matrix product and convolution. On a shared machine both
change from minute to minute, so a race measures them before and after.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np
from numba import get_num_threads, njit, prange

from backends.cpu.kernels.tile import TILE_ROWS, tile_add, tile_vectors
from backends.cpu.kernels.vector import lanes_of

DEPTH, TURNS = 128, 2000  # products in a tile; tiles of a timing
VECTORS = tile_vectors(TILE_ROWS)
WIDTH = VECTORS * lanes_of(4)
SUMS = TILE_ROWS * WIDTH


@njit(parallel=True, error_model="numpy")
def _multiply(threads: int, weights: Any, table: Any, x: Any, y: Any) -> None:
    for thread in prange(threads):  # each sum goes on from the last, or the compiler would leave out all turns but one
        for _ in range(TURNS):
            tile_add(
                TILE_ROWS, VECTORS, weights, 0, table, 0, DEPTH, x, thread * DEPTH * WIDTH, y, thread * SUMS, WIDTH,
            )  # fmt: skip


def measure(seconds: float = 0.5) -> dict[str, float]:
    """Operations per second on all threads, and bytes per second of a copy; the best of many."""
    threads = get_num_threads()
    weights, table = np.ones(DEPTH * TILE_ROWS, np.float32), np.arange(DEPTH) * WIDTH
    x, y = np.ones(threads * DEPTH * WIDTH, np.float32), np.zeros(threads * SUMS, np.float32)
    long, copy = np.ones(1 << 24, np.float32), np.empty(1 << 24, np.float32)
    operations = 2.0 * threads * TURNS * DEPTH * SUMS
    return {
        "flops": operations / _best(lambda: _multiply(threads, weights, table, x, y), seconds),
        "bytes": 2.0 * long.nbytes / _best(lambda: np.copyto(copy, long), seconds),
    }


def _best(work: Any, seconds: float) -> float:
    """The shortest time of one call."""
    work()
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < seconds or len(times) < 3:
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def main(words: list[str] | None = None) -> None:
    """Prints both as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peak")
    parser.add_argument("--engine", default="twingrad")  # the harness names one; the processor has none
    parser.parse_args(words)
    print(json.dumps(measure()))


if __name__ == "__main__":
    main()
