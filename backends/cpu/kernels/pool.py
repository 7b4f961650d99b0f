"""The threads that share a kernel's parallel loop.

A kernel is one function, compiled once. ``prange(n)`` in it asks the pool which part of the n it is to do: all of them,
or, where threads share the loop, none, since by then they have done it. For each thread runs the same function with the
same arguments, and there ``prange`` gives its piece::

    the caller, thread 0                         thread t
    writes down function and arguments           looks at JOBS: a new number?
    JOBS = next number, pieces         ------>   TAKEN[t] = this number, if it was less: the piece is mine
    TAKEN[0] = this number, if it was less       runs it
    runs it                                      DONE + 1
    DONE + 1                                     the same with pieces t + 1, t + 2, ..., t - 1
    the same with pieces 1, 2, ...               looks on for a while, then sleeps
    waits until all are done

So whoever has nothing left to do takes pieces of others, and a worker whose core another process holds delays nobody: the
caller finds its piece still there. And where every thread has a core, the worker is looking when the caller writes. What
is computed does not depend on who took a piece.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import threading
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.ufunc import parallel

from backends.cpu.kernels.atomic import add, address_of, call, exchange, load, pause, replace, store
from backends.cpu.kernels.inlined import Inlined

_LOOKS = 100_000  # at JOBS before a worker sleeps, 1 to 4 ms: longer than Python takes from one kernel to the next
_LOOKS_AT_DONE = 1_000  # before the caller offers its core to whoever holds up the last piece

# The pool's memory, in bytes from its beginning: what different threads write lies on different lines of the cache.
_LINE = 64
_JOBS, _DONE, _SLEEPERS, _BUSY, _STOP, _JOB, _SHARED, _MUTEX, _CONDITION, _TAKEN = (
    _LINE * i for i in (0, 1, 2, 3, 4, 5, 6, 7, 9, 11)
)
_KEY = _SHARED + 8  # under which a thread finds its piece
_FAILED = _DONE + 8
_SIZE = _TAKEN + _LINE * numba.config.NUMBA_NUM_THREADS
_PIECES = 0xFFFF  # the part of JOBS that says how many pieces there are; the rest is the number of the job

_memory = np.zeros(_SIZE + _LINE, np.uint8)
_POOL = _memory.ctypes.data + -_memory.ctypes.data % _LINE
binding.add_symbol("twingrad_pool", _POOL)

shared = _memory.data[_POOL + _SHARED - _memory.ctypes.data :]
"""Whether the next loop of this process is shared among threads. It changes speed, never results."""

_word = types.int64
_lock = types.ExternalFunction("pthread_mutex_lock", types.int32(_word))
_unlock = types.ExternalFunction("pthread_mutex_unlock", types.int32(_word))
_wait = types.ExternalFunction("pthread_cond_wait", types.int32(_word, _word))
_wake = types.ExternalFunction("pthread_cond_broadcast", types.int32(_word))
_own = types.ExternalFunction("pthread_getspecific", _word(types.uint32))
_set_own = types.ExternalFunction("pthread_setspecific", types.int32(types.uint32, _word))
_offer_core = types.ExternalFunction("sched_yield", types.int32())
_threads = types.ExternalFunction("get_num_threads", types.int32())


@Inlined
def _help(pool: int, jobs: int, first: int) -> None:
    """Runs the pieces of a job that nobody has taken, from the first one on."""
    pieces, key = jobs & _PIECES, np.uint32(load(pool + _KEY))
    for i in range(first, first + pieces):
        piece = i % pieces
        taken = pool + _TAKEN + _LINE * piece
        function, arguments, before = load(pool + _JOB), load(pool + _JOB + 8), load(taken)
        if before < jobs and replace(taken, before, jobs):  # so its caller still waits, and it is the job that was read
            _set_own(key, piece << 16 | pieces)
            if call(function, arguments):
                store(pool + _FAILED, 1)
            _set_own(key, 0)
            add(pool + _DONE, 1)


@Inlined
def _wake_sleepers(pool: int) -> None:
    if load(pool + _SLEEPERS):
        _lock(pool + _MUTEX)
        _wake(pool + _CONDITION)
        _unlock(pool + _MUTEX)


@Inlined
def _sleep(pool: int, seen: int) -> None:
    """Until there is a new job."""
    _lock(pool + _MUTEX)
    add(pool + _SLEEPERS, 1)  # before the next look: either that sees the caller, or the caller sees a sleeper
    while load(pool + _JOBS) == seen and not load(pool + _STOP):
        _wait(pool + _CONDITION, pool + _MUTEX)
    add(pool + _SLEEPERS, -1)
    _unlock(pool + _MUTEX)


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


def _stop(pool: int) -> None:
    """Ends the workers."""
    exchange(pool + _STOP, 1)
    _wake_sleepers(pool)


def _share(function: int, arguments: int, size: int, span: int) -> int:
    """Writes the caller's part of a loop to ``span``, first and last + 1; gives whether a piece of it failed."""
    pool = address_of("twingrad_pool")
    own = _own(np.uint32(load(pool + _KEY)))
    if own:  # this thread runs a piece
        piece, pieces = own >> 16, own & _PIECES
        store(span, size * piece // pieces)
        store(span + 8, size * (piece + 1) // pieces)
        return 0
    store(span + 8, max(size, 0))
    pieces = min(int(_threads()), size) if load(pool + _SHARED) & 1 else 1
    if pieces < 2 or exchange(pool + _BUSY, 1):  # BUSY: with the loop of another Python thread
        store(span, 0)
        return 0
    store(pool + _JOB, function)
    store(pool + _JOB + 8, arguments)
    store(pool + _DONE, 0)
    store(pool + _FAILED, 0)
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
    store(span, size)
    failed = load(pool + _FAILED)
    exchange(pool + _BUSY, 0)
    return failed


@intrinsic
def prange(context: Any, size: Any) -> tuple[Any, Callable[..., Any]] | None:
    """The part of range(size) that the running thread is to do, unsigned: such an index is never counted from the end."""
    if not isinstance(size, types.Integer):
        return None
    kind = types.unsigned_range_state64_type

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        function, word = builder.function, ir.IntType(64)
        function.attributes.add("noinline")
        own = function.args[2:]  # after those for the result and for an exception
        packed = cgutils.alloca_once(builder, ir.LiteralStructType([value.type for value in own]))
        for i, value in enumerate(own):
            builder.store(value, cgutils.gep_inbounds(builder, packed, 0, i))
        span = cgutils.alloca_once(builder, word, size=2)
        size = context.cast(builder, values[0], signature.args[0], types.int64)
        share = cgutils.get_or_insert_function(builder.module, ir.FunctionType(word, [word] * 4), "twingrad_share")
        places = [builder.ptrtoint(pointer, word) for pointer in (_piece(function, packed.type), packed, span)]
        failed = builder.call(share, [*places[:2], size, places[2]])
        with cgutils.if_unlikely(builder, cgutils.is_not_null(builder, failed)):
            context.call_conv.return_user_exc(builder, MemoryError, ("a thread of a kernel found no memory",))
        part = cgutils.create_struct_proxy(kind)(context, builder)
        part.start = builder.load(span)
        part.stop = builder.load(cgutils.gep_inbounds(builder, span, 1))
        part.step = ir.Constant(word, 1)
        return part._getvalue()

    return kind(size), code


def _piece(function: Any, packed: Any) -> Any:
    """A function of one word, where the arguments are, that calls ``function`` and gives whether it failed."""
    word = ir.IntType(64)
    piece = ir.Function(function.module, ir.FunctionType(word, [word]), f"{function.name}.piece")
    piece.linkage = "internal"
    builder = ir.IRBuilder(piece.append_basic_block())
    place = builder.inttoptr(piece.args[0], packed)
    values = [builder.load(cgutils.gep_inbounds(builder, place, 0, i)) for i in range(len(function.args) - 2)]
    results = [builder.alloca(argument.type.pointee) for argument in function.args[:2]]
    status = builder.call(function, [*results, *values])
    builder.ret(builder.zext(status, word))
    return piece


_entry: Any = None  # the machine code of ``_share``, which lives as long as this


def start(threads: int, digest: str) -> None:
    """Makes kernels' loops run here, and starts the workers.

    Args:
        threads: how many run a loop, the caller among them.
        digest: of the files that the pool is made of; numba's cache looks at this one only.

    Example:
        >>> start.__name__  # called once, when the first kernel is loaded
        'start'
    """
    global _entry
    for function in (_share, _work, _stop):
        function.__qualname__ = f"{function.__name__}.{digest}"
    parallel._launch_threads()  # for ``get_num_threads``: Numba's own threads stay asleep
    system, key = ctypes.CDLL(None), ctypes.c_uint32()
    system.pthread_key_create(ctypes.byref(key), None)
    system.pthread_mutex_init(ctypes.c_void_p(_POOL + _MUTEX), None)
    system.pthread_cond_init(ctypes.c_void_p(_POOL + _CONDITION), None)
    ctypes.c_uint32.from_address(_POOL + _KEY).value = key.value
    _entry = numba.cfunc(_word(*[_word] * 4), cache=True, error_model="numpy")(_share)
    binding.add_symbol("twingrad_share", _entry.address)
    if threads == 1:
        return
    work, stop = (
        numba.njit(signature, nogil=True, cache=True, error_model="numpy")(function)
        for function, signature in ((_work, types.void(_word, _word)), (_stop, types.void(_word)))
    )
    workers = [
        threading.Thread(target=work, args=(_POOL, t), daemon=True, name=f"kernels {t}") for t in range(1, threads)
    ]
    for worker in workers:
        worker.start()

    def stop_all() -> None:  # before the interpreter takes the machine code away
        stop(_POOL)
        for worker in workers:
            worker.join()

    def forget() -> None:  # a child has no workers, but maybe a mutex that one held: without sleepers it is left alone
        atexit.unregister(stop_all)
        ctypes.c_int64.from_address(_POOL + _SLEEPERS).value = 0

    atexit.register(stop_all)
    os.register_at_fork(after_in_child=forget)
