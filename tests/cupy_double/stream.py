"""Streams and events. Work is done at once and in order; what reaches the host asynchronously waits for its stream.

A copy into pinned memory leaves garbage there until the stream is synchronised. A copy from pinned memory on a stream
that is not the current one leaves garbage in the array until the streams are ordered; changing the source before the
copy is done raises.
"""

from __future__ import annotations

import itertools
import time
import weakref
from collections.abc import Callable
from typing import Any

from tests.cupy_double import log
from tests.cupy_double.errors import CUDARuntimeError

_handles = itertools.count(0x5000, 0x10)
_events = itertools.count(0x9000, 0x10)


class Stream:
    """A CUDA stream."""

    null: Stream
    ptds: Stream

    def __init__(
        self, null: bool = False, non_blocking: bool = False, ptds: bool = False, priority: int | None = None
    ) -> None:
        self.ptr = 0 if null else 2 if ptds else next(_handles)
        self.device_id = -1 if null else 0
        self.is_non_blocking = non_blocking
        self.priority = priority or 0
        self._waiting: list[Callable[[], None]] = []
        self._events: list[Event] = []
        _streams.add(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and self.ptr == other.ptr

    def __hash__(self) -> int:
        return hash(self.ptr)

    def __repr__(self) -> str:
        return f"<Stream {self.ptr} (device {self.device_id})>"

    def __enter__(self) -> Stream:
        _stack.append(current())
        self.use()
        return self

    def __exit__(self, *error: object) -> None:
        _stack.pop().use()

    def use(self) -> Stream:
        """Makes this the current stream."""
        global _current
        _current = self
        self._deliver()  # what follows on this stream comes after its copies
        return self

    @property
    def done(self) -> bool:
        """Whether all work is done."""
        return not self._waiting

    def synchronize(self) -> None:
        """Waits for all work given to the stream."""
        log.synchronize("Stream.synchronize()")
        self._finish()

    def record(self, event: Event | None = None) -> Event:
        """Records an event, a new one by default."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Work given from now on comes after the event."""
        log.record("stream", "wait_event")
        event._deliver()

    def launch_host_func(self, callback: Callable[[Any], Any], arg: Any) -> None:
        """Calls ``callback(arg)`` when the work so far is done."""
        self._waiting.append(lambda: callback(arg))

    def _deliver(self) -> None:
        waiting, self._waiting = self._waiting, []
        for copy in waiting:
            copy()

    def _finish(self) -> None:
        """The host knows that everything given so far is done, events included."""
        self._deliver()
        for event in self._events:
            event._reached = True
        self._events.clear()


class Event:
    """A place in the work of a stream."""

    def __init__(self, block: bool = False, disable_timing: bool = False, interprocess: bool = False) -> None:
        self.ptr = next(_events)
        self._timed = not disable_timing
        self._stream: Stream | None = None
        self._time = 0.0
        self._reached = False

    @property
    def done(self) -> bool:
        """Whether the stream has got here."""
        return self._stream is None or self._reached

    def record(self, stream: Stream | None = None) -> None:
        """Marks the place in the stream, the current one by default."""
        log.record("stream", "Event.record")
        self._stream = current() if stream is None else stream
        self._time, self._reached = time.perf_counter(), False
        self._stream._events.append(self)

    def synchronize(self) -> None:
        """Waits for the event."""
        log.synchronize("Event.synchronize()")
        if self._stream is not None:
            self._stream._finish()

    def _deliver(self) -> None:
        if self._stream is not None:
            self._stream._deliver()


def get_elapsed_time(start_event: Event, end_event: Event) -> float:
    """Milliseconds between two events; the later one must have been waited for."""
    for event in (start_event, end_event):
        if event._stream is None or not event._timed:
            raise CUDARuntimeError("cudaErrorInvalidResourceHandle")
    if not end_event._reached:
        raise CUDARuntimeError("cudaErrorNotReady")
    return 1e3 * (end_event._time - start_event._time)


def current(device_id: int = -1) -> Stream:
    """The current stream."""
    return _current


def synchronize_all(what: str) -> None:
    """Waits for all work on the device."""
    log.synchronize(what)
    for stream in list(_streams):
        stream._finish()


_streams: weakref.WeakSet[Stream] = weakref.WeakSet()
_stack: list[Stream] = []
Stream.null = Stream(null=True)
Stream.ptds = Stream(ptds=True)
_current = Stream.null
