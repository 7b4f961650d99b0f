"""The threads that share a kernel's parallel loop.

Numba cuts a parallel loop into as many pieces as there are threads and gives them to ``numba_parallel_for``, a function
that it looks up by name. Here each piece has a thread it belongs to, whose cache may hold what it needs; but whoever has
nothing left to do takes pieces of others::

    the caller, thread 0                         thread t
    writes down what is to be done               looks at JOBS: a new number?
    JOBS = next number, pieces         ------>   TAKEN[t] = this number, if it was less: the piece is mine
    TAKEN[0] = this number, if it was less       runs it
    runs it                                      DONE + 1
    DONE + 1                                     the same with pieces t + 1, t + 2, ..., t - 1
    the same with pieces 1, 2, ...               looks on for a while, then sleeps
    waits until all are done

So a worker whose core another process holds delays nobody: the caller finds its piece still there. And where every
thread has a core, the worker is looking when the caller writes. What is computed does not depend on who took a piece.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import threading
from typing import Any

import numba
import numpy as np
from llvmlite import binding
from numba import types
from numba.np.ufunc import parallel

from backends.cpu.kernels.atomic import add, address_of, call, exchange, load, pause, replace

_LOOKS = 100_000  # at JOBS before a worker sleeps, 1 to 4 ms: longer than Python takes from one kernel to the next
_LOOKS_AT_DONE = 1_000  # before the caller offers its core to whoever holds up the last piece

# The pool's memory, in bytes from its beginning: what different threads write lies on different lines of the cache.
_LINE = 64
_JOBS, _DONE, _SLEEPERS, _BUSY, _STOP, _JOB, _MUTEX, _CONDITION, _TAKEN = (
    _LINE * i for i in (0, 1, 2, 3, 4, 5, 6, 8, 10)
)
_SIZE = _TAKEN + _LINE * numba.config.NUMBA_NUM_THREADS
_PIECES = 0xFFFF  # the part of JOBS that says how many pieces there are; the rest is the number of the job

_memory = np.zeros(_SIZE + _LINE, np.uint8)
_POOL = _memory.ctypes.data + -_memory.ctypes.data % _LINE
binding.add_symbol("twingrad_pool", _POOL)

_address = types.int64
_lock = types.ExternalFunction("pthread_mutex_lock", types.int32(_address))
_unlock = types.ExternalFunction("pthread_mutex_unlock", types.int32(_address))
_wait = types.ExternalFunction("pthread_cond_wait", types.int32(_address, _address))
_wake = types.ExternalFunction("pthread_cond_broadcast", types.int32(_address))
_offer_core = types.ExternalFunction("sched_yield", types.int32())


@numba.njit(error_model="numpy")
def _run(job: int, piece: int) -> None:
    """One piece of a job, which is the words that ``parallel_for`` was called with.

    The loop's body takes arrays of addresses and of sizes: the arguments, each ``piece`` steps further; and the sizes,
    with 1 for the number of pieces.
    """
    body, arguments, sizes, steps = load(job), load(job + 8), load(job + 16), load(job + 24)
    data, inner, count = load(job + 32), load(job + 40), load(job + 48)
    memory = np.empty(count + 1 + inner, np.int64)
    for j in range(count):
        memory[j] = load(arguments + 8 * j) + piece * load(steps + 8 * j)
    memory[count] = 1
    for j in range(1, 1 + inner):
        memory[count + j] = load(sizes + 8 * j)
    place = memory.ctypes.data
    call(body, place, place + 8 * count, steps, data)
    memory[0] = 0  # a use: after the last one Numba would free the memory that is pointed to


@numba.njit(error_model="numpy")
def _help(pool: int, jobs: int, first: int) -> None:
    """Runs the pieces of a job that nobody has taken, from the first one on."""
    pieces = jobs & _PIECES
    for i in range(first, first + pieces):
        taken = pool + _TAKEN + _LINE * (i % pieces)
        job, before = load(pool + _JOB), load(taken)
        if before < jobs and replace(taken, before, jobs):  # so its caller still waits, and it is the job that was read
            _run(job, i % pieces)
            add(pool + _DONE, 1)


@numba.njit(error_model="numpy")
def _wake_sleepers(pool: int) -> None:
    if load(pool + _SLEEPERS):
        _lock(pool + _MUTEX)
        _wake(pool + _CONDITION)
        _unlock(pool + _MUTEX)


@numba.njit(error_model="numpy")
def _sleep(pool: int, seen: int) -> None:
    """Until there is a new job."""
    _lock(pool + _MUTEX)
    add(pool + _SLEEPERS, 1)  # before the next look: either that sees the caller, or the caller sees a sleeper
    while load(pool + _JOBS) == seen and not load(pool + _STOP):
        _wait(pool + _CONDITION, pool + _MUTEX)
    add(pool + _SLEEPERS, -1)
    _unlock(pool + _MUTEX)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _work(pool: int, thread: int) -> None:
    """What a worker does until it is stopped."""
    seen = looks = 0
    while not load(pool + _STOP):
        jobs = load(pool + _JOBS)
        if jobs != seen:
            _help(pool, jobs, thread)
            seen, looks = jobs, 0
        elif looks < _LOOKS:
            pause()
            looks += 1
        else:
            _sleep(pool, seen)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _stop(pool: int) -> None:
    """Ends the workers."""
    exchange(pool + _STOP, 1)
    _wake_sleepers(pool)


def _parallel_for(
    body: int, arguments: int, sizes: int, steps: int, data: int, inner: int, count: int, threads: int
) -> None:
    """Runs all pieces of a loop: ``numba_parallel_for``."""
    words = np.array((body, arguments, sizes, steps, data, inner, count))
    job, pieces, pool = words.ctypes.data, load(sizes), address_of("twingrad_pool")
    if pieces == 1 or pieces > threads or exchange(pool + _BUSY, 1):  # BUSY: with the loop of another Python thread
        for piece in range(pieces):
            _run(job, piece)
        words[0] = 0  # as above
        return
    exchange(pool + _JOB, job)
    exchange(pool + _DONE, 0)
    jobs = (load(pool + _JOBS) | _PIECES) + 1 + pieces
    exchange(pool + _JOBS, jobs)
    _wake_sleepers(pool)
    _help(pool, jobs, 0)
    looks = 0
    while load(pool + _DONE) < pieces:
        pause()
        looks += 1
        if looks > _LOOKS_AT_DONE:
            _offer_core()
    words[0] = 0  # as above
    exchange(pool + _BUSY, 0)


_entry: Any = None  # the machine code of the above, which lives as long as this


def start(threads: int) -> None:
    """Makes Numba's parallel loops run here from now on, and starts the workers.

    Args:
        threads: how many run a loop, the caller among them.

    Example:
        >>> start.__name__  # called once, when the first kernel is loaded
        'start'
    """
    global _entry
    _entry = numba.cfunc(types.void(*[_address] * 8), cache=True, error_model="numpy")(_parallel_for)
    _work.compile((_address, _address))
    _stop.compile((_address,))
    parallel._launch_threads()  # cuts loops into pieces, and looks up its own threads' function: ours replaces it
    system = ctypes.CDLL(None)
    system.pthread_mutex_init(ctypes.c_void_p(_POOL + _MUTEX), None)
    system.pthread_cond_init(ctypes.c_void_p(_POOL + _CONDITION), None)
    binding.add_symbol("numba_parallel_for", _entry.address)
    workers = [
        threading.Thread(target=_work, args=(_POOL, t), daemon=True, name=f"kernels {t}") for t in range(1, threads)
    ]
    for worker in workers:
        worker.start()

    def stop() -> None:  # before the interpreter takes the machine code away
        _stop(_POOL)
        for worker in workers:
            worker.join()

    atexit.register(stop)
    os.register_at_fork(after_in_child=lambda: atexit.unregister(stop))  # there are no workers in a child
