"""The pool of threads: every piece of every loop runs once, whoever sleeps, is late or asks at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
    import os, sys, threading, time, warnings
    warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
    import numba, numpy as np
    from backends.cpu.kernels import jit, pool

    threads = int(sys.argv[1])
    assert jit.get_num_threads() == threads == numba.config.NUMBA_NUM_THREADS
    names = [thread.name for thread in threading.enumerate()]
    assert [name for name in names if "kernels" in name] == [f"kernels {t}" for t in range(1, threads)], names

    prange, pool.shared[0] = pool.prange, 1

    @numba.njit(nogil=True)
    def count(pieces, runs, work):
        for piece in prange(pieces):
            runs[piece] += 1
            for _ in range(work):
                runs[piece] += 1
                runs[piece] -= 1

    def rounds(number, work, pause=0.0, most=9):
        runs = np.zeros(most, np.int64)
        expected = np.zeros(most, np.int64)
        for i in range(number):
            pieces = 1 + i % most
            count(pieces, runs, work)
            expected[:pieces] += 1
            time.sleep(pause)
        assert (runs == expected).all(), (runs, expected)

    rounds(3000, 0)  # one after the other
    rounds(300, 20_000)
    rounds(20, 10, pause=0.02)  # workers have gone to sleep
    failed = []

    def beside():
        try:
            rounds(500, 1000)
        except AssertionError as error:
            failed.append(error)

    others = [threading.Thread(target=beside) for _ in range(3)]  # loops at the same time
    for other in others:
        other.start()
    rounds(500, 1000)
    for other in others:
        other.join()
    assert not failed, failed

    numba.set_num_threads(1)
    rounds(20, 0)
    numba.set_num_threads(threads)
    rounds(20, 0)
    time.sleep(0.1)  # workers sleep
    child = os.fork()
    if child == 0:
        rounds(20, 0)  # alone
        sys.exit(7)  # by way of what runs at exit
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    print("all once")
"""


@pytest.mark.skipif(os.name != "posix", reason="there Numba's own pool serves")
@pytest.mark.parametrize("threads", (2, 5))
def test_every_piece_runs_once(threads) -> None:
    environment = os.environ | {"NUMBA_NUM_THREADS": str(threads)}
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(threads)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (answer.returncode, answer.stdout) == (0, "all once\n"), answer.stderr
